//! The layers of `cargo xtask test`. What each shows and does not is in docs/testing.md.

use std::fs;
use std::process::Command;

use crate::process;
use crate::scratch::{Scratch, failed};
use crate::step::{Outcome, Step, Stop};
use crate::workspace::{Workspace, minutes};
use crate::{canaries, contract, mermaid, models, peer, wrapper};

/// The layers. Every test target of the crate is one, so that none can be forgotten here.
pub(crate) fn all(workspace: &Workspace) -> Vec<Step<'_>> {
    let plain = |name: &str, about: &str, arguments: String| {
        Step::new(name, about, move || {
            process::run_tests(workspace.cargo("", &format!("test -p thalweg {arguments}")), minutes(8))
        })
    };
    let with_all = "--all-features";
    // Each target is one crate, whose first half keeps one processor busy: built at once they keep all.
    let mut layers = vec![Step::new("build", "the test programs of those that follow", move || {
        process::run(workspace.cargo("", &format!("test -p thalweg {with_all} --lib --tests --no-run")), minutes(15))
    })];
    layers.push(plain("unit", "tests beside the code", format!("{with_all} --lib")));
    // Two are run by a model checker, under a cfg of their own; with 64 bits there is nothing to run in `wrap`, which
    // `cargo xtask i686` has.
    let elsewhere = |target: &str| matches!(target, "loom" | "shuttle" | "wrap");
    for target in workspace.targets("thalweg", "test") {
        if !elsewhere(&target) {
            layers.push(plain(&target, about(&target), format!("{with_all} --test {target}")));
        }
    }
    let bare = "--no-default-features --test it".to_owned();
    layers.extend([
        plain("alloc-default", "the same with the default features", "--test alloc".to_owned()),
        plain("it-default", "the same with the default features", "--test it".to_owned()),
        plain("it-bare", "the same without the feature std", bare),
        plain("it-release", "the same as users build it", format!("--release {with_all} --lib --test it")),
        plain("it-release-default", "the same with the default features", "--release --lib --test it".to_owned()),
        plain("doc", "the examples in the documentation", format!("{with_all} --doc")),
    ]);
    layers.push(Step::new("it-recorded", "the same, each channel recorded", || recorded(workspace)));
    layers.push(Step::new("corpus", "programs over all channels, as their models", || {
        process::run_tests(workspace.cargo("", "test -p thalweg-fuzz --test corpus"), minutes(5))
    }));
    layers.push(Step::new("docs", "the examples in README and docs", || docs(workspace)));
    layers.extend(models::layers(workspace));
    layers.extend(peer::steps(workspace));
    let real = "all of them built, and the main job on this repository";
    let both = "each item of async-channel and of tokio's channels, and each difference, on both";
    layers.push(Step::new("compat", both, || {
        process::run_tests(
            workspace.cargo("", "test -p xtask --test items --test compat --test compat_tokio"),
            minutes(5),
        )
    }));
    layers.push(contract::step(workspace));
    layers.push(Step::new("recording", "the file of a recorded run", || {
        process::run_tests(workspace.cargo("", "test -p thalweg-recording"), minutes(5))
    }));
    layers.push(Step::new("diagram", "pictures of recorded runs", || {
        process::run_tests(workspace.cargo("", "test -p thalweg-diagram"), minutes(8))
    }));
    layers.push(Step::new("metrics", "the numbers of channels, as a recorder of metrics gets them", || {
        process::run_tests(workspace.cargo("", "test -p thalweg-metrics"), minutes(5))
    }));
    layers.push(Step::new("console", "channels as resources, as a subscriber of tracing is told of them", || {
        process::run_tests(workspace.cargo("", "test -p thalweg-console"), minutes(5))
    }));
    layers.push(Step::new("mermaid", "what Mermaid's own parser says of our Mermaid texts", || {
        mermaid::check(workspace)
    }));
    layers.push(Step::new("examples", real, || examples(workspace)));
    layers.push(canaries::step(workspace, &[], false));
    layers.push(Step::new("tools", "the project's own tools", || tools(workspace)));
    layers
}

fn about(target: &str) -> &str {
    match target {
        "it" => "the promises, a file each",
        "alloc" => "what is allocated, counted",
        "compile_fail" => "programs that must not compile",
        "tidy" => "the house rules",
        "record" => "what is recorded is what happened",
        "process" => "out of memory, and an end with everything pending, each in a process of its own",
        "soak" => "what goes in comes out, on threads and runtimes drawn by lot",
        "actor" => "requests and answers from end to end",
        "chat" => "a chat over loopback from end to end",
        "checksum" => "the main job from end to end",
        _ => "tests of the crate",
    }
}

/// A channel that is recorded goes another way than one that is not: all promises once more.
fn recorded(workspace: &Workspace) -> Outcome {
    let mut command = workspace.cargo("", "test -p thalweg --features record --test it");
    wrapper::set(&mut command, "thalweg_recorded");
    process::run_tests(command, minutes(8))
}

/// Compiles and runs every block of code in the texts that readers copy from.
fn docs(workspace: &Workspace) -> Outcome {
    let mut texts = vec![workspace.root.join("README.md")];
    let folder = workspace.root.join("docs");
    for entry in fs::read_dir(&folder).map_err(|error| failed("read", &folder, error))?.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "md") {
            texts.push(entry.path());
        }
    }
    texts.sort();
    let dependencies = "futures-lite = \"2\"\nfutures-core = \"0.3\"";
    let scratch = Scratch::new(workspace, "docs", "2024", &["record"], dependencies)?;
    let mut library = String::new();
    for (number, path) in texts.iter().enumerate() {
        library.push_str(&format!("#[doc = include_str!({path:?})]\npub mod text{number} {{}}\n"));
    }
    scratch.write("src/lib.rs", &library)?;
    process::run_tests(scratch.cargo(workspace, "test --doc"), minutes(5))
}

/// Builds all examples, then has the main job sum up this repository and coreutils check every line of it.
fn examples(workspace: &Workspace) -> Outcome {
    let names = workspace.targets("thalweg", "example");
    if names.is_empty() {
        return Err(Stop::Failed("there are no examples".to_owned()));
    }
    let arguments = "build --release -p thalweg --examples --all-features";
    process::run(workspace.cargo("", arguments), minutes(20))?;
    let list = workspace.target.join("checksums");
    let arguments = "run --release -p thalweg --all-features --example checksum -- crates --output";
    let mut command = workspace.cargo("", arguments);
    command.arg(&list);
    process::run(command, minutes(5))?;
    let lines = fs::read_to_string(&list).map_err(|error| failed("read", &list, error))?;
    if lines.lines().count() == 0 {
        return Err(Stop::Failed("the checksum example wrote no line".to_owned()));
    }
    let mut check = Command::new("sha256sum");
    check.args(["--check", "--strict", "--quiet"]).arg(&list).current_dir(&workspace.root);
    process::run(check, minutes(2))?;
    Ok(format!("{}; sha256sum agrees on {} files", names.join(", "), lines.lines().count()))
}

/// Tests of this program itself.
fn tools(workspace: &Workspace) -> Outcome {
    process::run_tests(workspace.cargo("", "test -p xtask --bins"), minutes(8))
}
