//! Other crates' own tests and examples, with their names changed to ours. Nothing of them is kept in the repository:
//! their sources are those that cargo has fetched, at the versions that the workspace has locked.
//!
//! To add one: a row in `PEERS`, what the row needs among this package's dev-dependencies, so that it is fetched, and
//! the names of its layers in docs/testing.md.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process;
use crate::scratch::{Scratch, failed};
use crate::step::{Outcome, Step, Stop};
use crate::workspace::{Workspace, minutes};

/// Some tests of a crate, and what has to be known to run them on ours.
pub(crate) struct Peer {
    /// The name of the layer that runs the tests; the one that runs the examples is called the same, with `-doc`.
    layer: &'static str,
    /// The crate they come from, which a package of the workspace depends on.
    package: &'static str,
    /// The files in its folder `tests`; all of them where none is named.
    files: &'static [&'static str],
    /// The files below its `src` with the examples; no layer where none is named.
    examples: &'static [&'static str],
    /// Paths that are written differently here, theirs and ours. Nothing else is changed.
    paths: &'static [(&'static str, &'static str)],
    /// What the tests need besides the two crates: the end of their manifest.
    manifest: &'static str,
    /// Tests that do not hold for us, each with the reason, which docs/compat.md explains. A name that the peer no
    /// longer has is a failure, so that this list cannot grow stale.
    differences: &'static [(&'static str, &'static str)],
}

const PEERS: &[Peer] = &[
    Peer {
        layer: "async-channel",
        package: "async-channel",
        files: &[],
        examples: &["lib.rs"],
        paths: &[("async_channel", "thalweg::mpmc")],
        manifest: "\
futures-core = \"0.3\"
[features]
default = [\"std\"]
std = []
[dev-dependencies]
easy-parallel = \"3\"
futures-lite = \"2\"",
        differences: &[],
    },
    Peer {
        layer: "tokio-oneshot",
        package: "tokio",
        files: &["sync_oneshot.rs"],
        examples: &["sync/oneshot.rs"],
        paths: &[("tokio::sync::oneshot", "thalweg::oneshot")],
        manifest: TOKIO,
        differences: &[],
    },
    Peer {
        layer: "tokio-mpsc",
        package: "tokio",
        files: &["sync_mpsc.rs", "sync_mpsc_weak.rs", "support/mpsc_stream.rs"],
        examples: &["sync/mpsc/bounded.rs", "sync/mpsc/unbounded.rs"],
        paths: &[("tokio::sync::mpsc", "thalweg::mpsc")],
        manifest: TOKIO_WITH_TIMER,
        differences: &[
            ("buffer_gteq_one", "`channel(0)` is a rendezvous here"),
            ("blocking_recv_async", BLOCKS),
            ("blocking_send_async", BLOCKS),
            ("reserve_disarm", FRESH),
            ("send_recv_buffer_limited", FRESH),
            ("failed_reserve_many_wakes_closed_receiver", HOLDS_NOTHING),
            ("cancelled_reserve_many_wakes_closed_receiver", HOLDS_NOTHING),
            ("failed_reserve_wakes_closed_receiver", HOLDS_NOTHING),
            ("cancelled_reserve_wakes_closed_receiver", HOLDS_NOTHING),
        ],
    },
    Peer {
        layer: "tokio-util-mpsc",
        package: "tokio-util",
        files: &["mpsc.rs"],
        examples: &[],
        paths: &[("tokio::sync::mpsc", "thalweg::mpsc"), ("tokio_util::sync::PollSender", "thalweg::mpsc::PollSender")],
        manifest: TOKIO_WITH_SINK,
        differences: &[("simple", GIVES_BACK), ("simple_ref", GIVES_BACK)],
    },
    Peer {
        layer: "tokio-broadcast",
        package: "tokio",
        files: &["sync_broadcast.rs", "sync_broadcast_weak.rs"],
        examples: &["sync/broadcast.rs"],
        paths: &[("tokio::sync::broadcast", "thalweg::broadcast")],
        manifest: TOKIO_WITH_BUDGET,
        differences: &[
            ("receiver_len_with_lagged", "it relies on a capacity of 3 being rounded up to 4; ours is exact"),
            ("lag_uses_power_of_two_buffer_length", "the same"),
            ("panic_in_clone", "the only receiver gets the message itself: there is no clone that could panic"),
        ],
    },
    Peer {
        layer: "tokio-watch",
        package: "tokio",
        files: &["sync_watch.rs"],
        examples: &["sync/watch.rs"],
        paths: &[("tokio::sync::watch", "thalweg::watch")],
        manifest: TOKIO_WITH_BUDGET,
        differences: &[],
    },
];

const BLOCKS: &str = "blocking calls inside a runtime block its thread and don't panic";
const FRESH: &str = "room that somebody was woken for and has yet to take may be taken by others, lest one that never \
    comes hold them up";
const HOLDS_NOTHING: &str = "who waits for room holds none: the receiver sees the end before, not after it leaves";

const GIVES_BACK: &str = "`send_item` after the receiver was dropped fails and gives the message back, rather than \
    dropping it and saying `Ok`";

/// What tokio's tests need. The features are those that they ask for by name.
const TOKIO: &str = "\
[features]
default = [\"full\", \"sync\"]
full = []
sync = []
[dev-dependencies]
futures = \"0.3\"
rand = \"0.9\"
tokio = { version = \"1\", features = [\"macros\", \"rt\", \"rt-multi-thread\", \"sync\", \"time\"] }
tokio-test = \"0.4\"";

/// The same, where some of the tests are about tokio's budget.
const TOKIO_WITH_BUDGET: &str = "\
[features]
default = [\"full\", \"sync\", \"thalweg/tokio\"]
full = []
sync = []
[dev-dependencies]
futures = \"0.3\"
rand = \"0.9\"
tokio = { version = \"1\", features = [\"macros\", \"rt\", \"rt-multi-thread\", \"sync\", \"time\"] }
tokio-test = \"0.4\"";

/// The same, with our `send_timeout`, which tokio's timer drives.
const TOKIO_WITH_TIMER: &str = "\
[features]
default = [\"full\", \"sync\", \"thalweg/tokio\"]
full = []
sync = []
[dev-dependencies]
futures = \"0.3\"
tokio = { version = \"1\", features = [\"macros\", \"rt\", \"rt-multi-thread\", \"sync\", \"test-util\", \"time\"] }
tokio-stream = \"0.1\"
tokio-test = \"0.4\"";

/// The same for tokio-util's, with our `Sink`.
const TOKIO_WITH_SINK: &str = "\
[features]
default = [\"thalweg/sink\"]
[dev-dependencies]
futures = \"0.3\"
tokio = { version = \"1\", features = [\"macros\", \"rt\", \"sync\"] }
tokio-test = \"0.4\"";

/// The layers: for each peer its tests, then its examples, if it has some.
pub(crate) fn steps(workspace: &Workspace) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for peer in PEERS {
        let about = format!("{}'s own tests, run on ours", peer.package);
        steps.push(Step::new(peer.layer, about, || tests(workspace, peer)));
        if !peer.examples.is_empty() {
            let about = format!("{}'s own examples, run on ours", peer.package);
            steps.push(Step::new(format!("{}-doc", peer.layer), about, || examples(workspace, peer)));
        }
    }
    steps
}

/// Its integration tests.
fn tests(workspace: &Workspace, peer: &Peer) -> Outcome {
    let scratch = Scratch::new(workspace, &format!("{}-tests", peer.layer), "2021", &[], peer.manifest)?;
    scratch.write("src/lib.rs", "")?;
    let folder = source(workspace, peer)?.join("tests");
    let mut all = String::new();
    for name in names(&folder, peer)? {
        let path = folder.join(&name);
        let text = read(&path)?;
        let text = with_our_names(&text, peer.paths);
        let text = text.map_err(|why| Stop::Failed(format!("{}: {why}", path.display())))?;
        scratch.write(&format!("tests/{name}"), &text)?;
        all.push_str(&text);
    }
    for (name, reason) in peer.differences {
        if !all.contains(&format!("fn {name}()")) {
            return Err(Stop::Failed(format!("{} has no test `{name}` any more", peer.package)));
        }
        println!("left out: {name}: {reason}");
    }
    // A layer of small programs: not worth a tighter limit than a busy machine needs.
    let mut command = scratch.cargo(workspace, "test --tests -- --exact");
    command.args(peer.differences.iter().flat_map(|(name, _)| ["--skip", name]));
    process::run_tests(command, minutes(5))
}

/// The examples in its documentation.
fn examples(workspace: &Workspace, peer: &Peer) -> Outcome {
    let scratch = Scratch::new(workspace, &format!("{}-examples", peer.layer), "2021", &[], peer.manifest)?;
    let folder = source(workspace, peer)?.join("src");
    let mut library = String::new();
    for (number, name) in peer.examples.iter().enumerate() {
        let path = folder.join(name);
        let examples = with_our_names(&examples_in(&read(&path)?), peer.paths);
        let examples = examples.map_err(|why| Stop::Failed(format!("{}: {why}", path.display())))?;
        scratch.write(&format!("examples{number}.md"), &examples)?;
        library.push_str(&format!("#[doc = include_str!(\"../examples{number}.md\")]\npub mod file{number} {{}}\n"));
    }
    scratch.write("src/lib.rs", &library)?;
    process::run_tests(scratch.cargo(workspace, "test --doc"), minutes(5))
}

fn source(workspace: &Workspace, peer: &Peer) -> Result<PathBuf, Stop> {
    let missing = || Stop::NotRun(format!("cargo has not fetched {}", peer.package));
    workspace.folder_of(peer.package).ok_or_else(missing)
}

/// The names of the files with its tests.
fn names(folder: &Path, peer: &Peer) -> Result<Vec<String>, Stop> {
    if !peer.files.is_empty() {
        return Ok(peer.files.iter().map(|&name| name.to_owned()).collect());
    }
    let entries = fs::read_dir(folder).map_err(|error| failed("read", folder, error))?;
    let names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if names.is_empty() {
        return Err(Stop::NotRun(format!("the published {} has no tests", peer.package)));
    }
    Ok(names)
}

fn read(path: &Path) -> Result<String, Stop> {
    fs::read_to_string(path).map_err(|error| failed("read", path, error))
}

/// The text with each path of the peer, wherever it stands as a whole, turned into ours, and nothing else changed.
/// A path that does not occur is an error: what runs then would be the peer itself, or nothing.
fn with_our_names(text: &str, paths: &[(&str, &str)]) -> Result<String, String> {
    let in_a_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut text = text.to_owned();
    for (theirs, ours) in paths {
        let mut changed = String::new();
        let mut rest = text.as_str();
        let mut found = 0;
        while let Some(at) = rest.find(theirs) {
            let (before, after) = (&rest[..at], &rest[at + theirs.len()..]);
            let whole = !before.ends_with(in_a_name) && !after.starts_with(in_a_name);
            found += usize::from(whole);
            changed.push_str(before);
            changed.push_str(if whole { ours } else { theirs });
            rest = after;
        }
        if found == 0 {
            return Err(format!("it does not name {theirs}"));
        }
        changed.push_str(rest);
        text = changed;
    }
    Ok(text)
}

/// All fenced blocks of a file's documentation, one after another.
fn examples_in(source: &str) -> String {
    let mut examples = String::new();
    let mut inside = false;
    for line in source.lines().map(str::trim_start) {
        let Some(text) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            inside = false;
            continue;
        };
        let fence = text.trim_start().starts_with("```");
        if inside || fence {
            examples.push_str(text.strip_prefix(' ').unwrap_or(text));
            examples.push('\n');
        }
        inside ^= fence;
    }
    examples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_paths_change() {
        let paths = [("tokio::sync::oneshot", "thalweg::oneshot")];
        let text = "use tokio::sync::oneshot;\nuse tokio::sync::oneshot::error::X;\n#[tokio::test]\nfn f() {}\n";
        let ours = "use thalweg::oneshot;\nuse thalweg::oneshot::error::X;\n#[tokio::test]\nfn f() {}\n";
        assert_eq!(with_our_names(text, &paths).unwrap(), ours);
        let other = "use tokio::sync::oneshot_like;\n";
        assert!(with_our_names(other, &paths).is_err());
        assert!(with_our_names("fn f() {}\n", &paths).is_err());
        let both = with_our_names("tokio::sync::oneshot tokio::sync::oneshots", &paths);
        assert_eq!(both.unwrap(), "thalweg::oneshot tokio::sync::oneshots");
    }

    #[test]
    fn takes_the_examples_out_of_the_documentation() {
        let source = "/// Says.\n///\n/// ```\n/// let a = 1;\n/// ```\nfn f() {}\n// ``` not this\n";
        assert_eq!(examples_in(source), "```\nlet a = 1;\n```\n");
    }
}
