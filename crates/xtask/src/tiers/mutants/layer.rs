//! The layers that are tried, from the quickest to the slowest.

use std::time::Duration;

pub(super) struct Layer {
    pub(super) name: &'static str,
    /// What is built, as cargo's arguments.
    pub(super) build: &'static str,
    pub(super) package: &'static str,
    pub(super) flags: &'static str,
    /// Which tests concern a file: libtest's arguments. Of no file, all that any file gets.
    pub(super) filters: fn(&str) -> Vec<&'static str>,
    /// Whether the layer can see what is changed in a file.
    pub(super) sees: fn(&str) -> bool,
    /// The longest that the tests may take.
    pub(super) limit: Duration,
}

pub(super) const LAYERS: [Layer; 5] = [
    Layer {
        name: "fuzz",
        build: "-p thalweg-fuzz --test corpus",
        package: "fuzz",
        flags: "",
        filters: |_| vec!["drawn_programs"],
        sees: |file| !is_of_recording(file),
        limit: Duration::from_secs(60),
    },
    Layer {
        name: "it",
        build: "-p thalweg --all-features --lib --test it --test alloc",
        package: "thalweg",
        flags: "",
        filters: |_| Vec::new(),
        sees: |file| !is_of_recording(file),
        limit: Duration::from_secs(120),
    },
    Layer {
        name: "record",
        build: "-p thalweg --all-features --test record",
        package: "thalweg",
        flags: "",
        filters: |_| Vec::new(),
        sees: is_of_recording,
        limit: Duration::from_secs(120),
    },
    Layer {
        name: "loom",
        build: "-p thalweg --release --lib --test loom",
        package: "thalweg",
        flags: "--cfg thalweg_loom",
        filters: |_| Vec::new(),
        sees: |_| true,
        limit: Duration::from_secs(600),
    },
    Layer {
        name: "shuttle",
        build: "-p thalweg --release --test shuttle",
        package: "thalweg",
        flags: "--cfg thalweg_shuttle",
        filters: |_| Vec::new(),
        sees: |file| !is_of_recording(file),
        limit: Duration::from_secs(600),
    },
];

fn is_of_recording(file: &str) -> bool {
    file.starts_with("record/")
}
