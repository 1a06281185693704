//! The layers that are tried, from the quickest to the slowest.

use std::ops::Range;
use std::time::Duration;

pub(super) struct Layer {
    pub(super) name: &'static str,
    /// What is built, as cargo's arguments.
    pub(super) build: &'static str,
    pub(super) package: &'static str,
    pub(super) flags: &'static str,
    /// What is known of the tests stands in this file: layers may share what is built.
    pub(super) tests: &'static str,
    /// Those of the tests that take so long by themselves.
    pub(super) taking: Range<Duration>,
    /// The longest that a run may take.
    pub(super) limit: Duration,
    /// It needs minutes to let one live: who is named in the kept list, with the reason why nobody can tell it from the
    /// original, is not asked after.
    pub(super) is_slow: bool,
}

/// What some layer does not see, its tests do not reach: no need to say so here.
pub(super) const LAYERS: [Layer; 8] = [
    Layer {
        name: "fuzz",
        build: "-p thalweg-fuzz --test corpus",
        package: "fuzz",
        flags: "",
        tests: "fuzz",
        taking: ANY,
        limit: seconds(60),
        is_slow: false,
    },
    Layer { name: "it", taking: Duration::ZERO..LONG, ..IT },
    // Where tokio has no budget to ask first there are shorter ways.
    Layer {
        name: "it-default",
        build: "-p thalweg --test it --config profile.dev.package.thalweg.opt-level=0",
        tests: "it-default",
        taking: Duration::ZERO..LONG,
        ..IT
    },
    // What is there only where no panic can be caught.
    Layer {
        name: "it-bare",
        build: "-p thalweg --no-default-features --test it --config profile.dev.package.thalweg.opt-level=0",
        tests: "it-bare",
        taking: Duration::ZERO..LONG,
        ..IT
    },
    Layer {
        name: "record",
        build: "-p thalweg --all-features --test record --config profile.dev.package.thalweg.opt-level=0",
        package: "thalweg",
        flags: "",
        tests: "record",
        taking: ANY,
        limit: seconds(120),
        is_slow: false,
    },
    Layer { name: "storms", taking: LONG..Duration::MAX, is_slow: true, ..IT },
    Layer {
        name: "loom",
        build: "-p thalweg --release --lib --test loom",
        package: "thalweg",
        flags: "--cfg thalweg_loom",
        tests: "loom",
        taking: ANY,
        limit: seconds(600),
        is_slow: true,
    },
    Layer {
        name: "shuttle",
        build: "-p thalweg --features sink --release --test shuttle",
        package: "thalweg",
        flags: "--cfg thalweg_shuttle",
        tests: "shuttle",
        taking: ANY,
        limit: seconds(600),
        is_slow: true,
    },
];

const IT: Layer = Layer {
    name: "it",
    // With optimisation it takes five minutes to compile these tests.
    build: "-p thalweg --all-features --lib --test it --test alloc --config profile.dev.package.thalweg.opt-level=0",
    package: "thalweg",
    flags: "",
    tests: "it",
    taking: ANY,
    limit: seconds(240),
    is_slow: false,
};

/// A few tests take as long as all the others, and are about what happens by chance.
const LONG: Duration = seconds(2);

const ANY: Range<Duration> = Duration::ZERO..Duration::MAX;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
