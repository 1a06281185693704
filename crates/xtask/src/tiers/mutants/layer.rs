//! The layers that are tried, from the quickest to the slowest.

use std::time::Duration;

pub(super) struct Layer {
    pub(super) name: &'static str,
    /// What is built, as cargo's arguments.
    pub(super) build: &'static str,
    pub(super) package: &'static str,
    pub(super) flags: &'static str,
    /// The longest that tests may take for one mutant.
    pub(super) limit: Duration,
}

/// What some layer does not see, its tests do not reach: no need to say so here.
pub(super) const LAYERS: [Layer; 5] = [
    Layer {
        name: "fuzz",
        build: "-p thalweg-fuzz --test corpus",
        package: "fuzz",
        flags: "",
        limit: Duration::from_secs(60),
    },
    Layer {
        name: "it",
        // With optimisation it takes five minutes to compile these tests.
        build: "-p thalweg --all-features --lib --test it --test alloc \
                --config profile.dev.package.thalweg.opt-level=0",
        package: "thalweg",
        flags: "",
        limit: Duration::from_secs(240),
    },
    Layer {
        name: "record",
        build: "-p thalweg --all-features --test record --config profile.dev.package.thalweg.opt-level=0",
        package: "thalweg",
        flags: "",
        limit: Duration::from_secs(120),
    },
    Layer {
        name: "loom",
        build: "-p thalweg --release --lib --test loom",
        package: "thalweg",
        flags: "--cfg thalweg_loom",
        limit: Duration::from_secs(600),
    },
    Layer {
        name: "shuttle",
        build: "-p thalweg --release --test shuttle",
        package: "thalweg",
        flags: "--cfg thalweg_shuttle",
        limit: Duration::from_secs(600),
    },
];
