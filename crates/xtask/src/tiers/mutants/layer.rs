//! The layers that are tried, from the quickest to the slowest.

use std::time::Duration;

pub(super) struct Layer {
    pub(super) name: &'static str,
    /// What is built, as cargo's arguments.
    pub(super) build: &'static str,
    pub(super) package: &'static str,
    pub(super) flags: &'static str,
    /// The tests for a change in a file, as libtest's arguments: run after run, as long as it lives. The last are those
    /// that are run without any mutant, too.
    pub(super) runs: fn(&str) -> Vec<Vec<&'static str>>,
    /// Whether the layer can see what is changed in a file.
    pub(super) sees: fn(&str) -> bool,
    /// The longest that the tests may take.
    pub(super) limit: Duration,
}

pub(super) const LAYERS: [Layer; 6] = [
    Layer {
        name: "fuzz",
        build: "-p thalweg-fuzz --test corpus",
        package: "fuzz",
        flags: "",
        runs: |_| vec![vec!["drawn_programs"]],
        sees: |file| !is_of_recording(file),
        limit: Duration::from_secs(60),
    },
    Layer {
        name: "it",
        build: IT,
        package: "thalweg",
        flags: "",
        runs: |file| vec![quick(its_own(file)), quick(&[])],
        sees: |file| !is_of_recording(file),
        limit: Duration::from_secs(120),
    },
    // The same tests, those that take half of a second and more.
    Layer {
        name: "storms",
        build: IT,
        package: "thalweg",
        flags: "",
        runs: |_| vec![STORMS.to_vec()],
        sees: |file| !is_of_recording(file),
        limit: Duration::from_secs(240),
    },
    Layer {
        name: "record",
        build: "-p thalweg --all-features --lib --test record --config profile.dev.package.thalweg.opt-level=0",
        package: "thalweg",
        flags: "",
        runs: |_| vec![vec!["--skip", "raw::", "--skip", "linger"]],
        // What is noted for it is noted everywhere.
        sees: |_| true,
        limit: Duration::from_secs(120),
    },
    Layer {
        name: "loom",
        build: "-p thalweg --release --lib --test loom",
        package: "thalweg",
        flags: "--cfg thalweg_loom",
        runs: |file| vec![models(file).to_vec()],
        sees: |_| true,
        limit: Duration::from_secs(600),
    },
    Layer {
        name: "shuttle",
        build: "-p thalweg --release --test shuttle",
        package: "thalweg",
        flags: "--cfg thalweg_shuttle",
        runs: |file| vec![histories(file).to_vec()],
        sees: |file| !is_of_recording(file),
        limit: Duration::from_secs(600),
    },
];

fn is_of_recording(file: &str) -> bool {
    file.starts_with("record/") || file.ends_with("/named.rs")
}

// With optimisation it takes five minutes to compile these tests.
const IT: &str =
    "-p thalweg --all-features --lib --test it --test alloc --config profile.dev.package.thalweg.opt-level=0";

/// Tests that take half of a second and more, or are about threads that meet, by parts of their names.
const STORMS: &[&str] = &[
    "runtimes",
    "model",
    "storm",
    "order::",
    "fairness::eight",
    "quiet::nobody",
    "no_mixture",
    "neighbour_of",
    "full_flight",
    "threads_pass",
    "batches_pass",
    "tries_and_forced",
    "permits_and_batches",
    "threads_in_step",
    "race_lose",
    "threads_beside_tasks",
    "in_the_middle_loses",
    "messages_cost_nothing",
    "burst",
    "cancelled_waits",
    "deque_for_messages",
];

/// These, without the storms, and without those of the recording.
fn quick(words: &[&'static str]) -> Vec<&'static str> {
    words.iter().copied().chain(STORMS.iter().chain(&["record::"]).flat_map(|&storm| ["--skip", storm])).collect()
}

/// The tests of `it` that are about a part, and so the likeliest to see it changed.
fn its_own(file: &str) -> &'static [&'static str] {
    match part(file) {
        "raw" => &["raw::"],
        "broadcast" => &["broadcast"],
        "watch" => &["watch"],
        "oneshot" => &["oneshot"],
        "mpsc" => &["mpsc"],
        "error" => &["errors"],
        "park" => &["park::"],
        "coop" => &["coop", "budget"],
        _ => &["cancel"],
    }
}

/// The models under loom of a part: all would take minutes.
fn models(file: &str) -> &'static [&'static str] {
    match part(file) {
        "raw" => &["raw::", "flow::", "cancel::"],
        "park" | "sync" => &["park", "flow::"],
        "record" => &["record::"],
        "broadcast" => &["broadcast::"],
        "watch" => &["watch::"],
        "oneshot" => &["oneshot::"],
        "mpsc" => &["mpsc::"],
        _ => &["batch::", "cancel::", "close::", "flow::", "mpsc::", "permit::", "waker::"],
    }
}

fn histories(file: &str) -> &'static [&'static str] {
    match part(file) {
        "broadcast" => &["broadcast::"],
        "watch" => &["watch::"],
        "oneshot" => &["oneshot::"],
        "mpsc" => &["mpsc::"],
        _ => &["mpmc::", "mpsc::"],
    }
}

fn part(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or(file)
}
