//! Seeded defects: kept patches, each of which puts one known kind of bug back. A layer of tests that stays green
//! with the bug in it proves nothing, so here green is the failure.
//!
//! A canary is `crates/thalweg/tests/canaries/<name>.patch`: a diff against the repository's root, before which
//! stand, a line each,
//!
//! ```text
//! what: what is broken, and whose bug it was
//! caught-by: it cancel::
//! ```
//!
//! where the first word after `caught-by:` is a test target, or `unit` for the tests that stand beside the code, `models` for
//! those of them under loom, and `it-default` is `it` with the default features; what follows goes to the test program as a
//! filter. Of a program of many modules only those are built that have tests which the filter names.
//! A line `tier: long` leaves it to `cargo xtask canaries`, which runs all; `cargo xtask test` runs the others.

mod narrow;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::copy::{Changed, copy_sources};
use crate::process;
use crate::scratch::failed;
use crate::step::{Outcome, Step, Stop};
use crate::workspace::{Workspace, minutes};

const FOLDER: &str = "crates/thalweg/tests/canaries";
const TESTS: &str = "crates/thalweg/tests";

/// A lost wake-up shows as a hang. Loops are short enough to end long before this when nothing is wrong.
const HANG: Duration = Duration::from_secs(90);

/// A model stops when it has found the defect, and may have the time to do so on a busy machine. But capacities may come first at
/// which there is nothing to find, so it tries with little time before.
const SHORT: &str = "4";
const LONG: &str = "60";

/// `long`: also those that are left out of a landing's checks, to keep it short.
pub(crate) fn step<'a>(workspace: &'a Workspace, names: &'a [String], long: bool) -> Step<'a> {
    Step::new("canaries", "kept defects, each of which the tests must catch", move || run(workspace, names, long))
}

struct Canary {
    name: String,
    what: String,
    target: String,
    filter: Vec<String>,
    long: bool,
    patch: PathBuf,
}

fn run(workspace: &Workspace, names: &[String], long: bool) -> Outcome {
    let canaries = find(&workspace.root.join(FOLDER))?;
    let is_chosen = |canary: &&Canary| match names {
        [] => long || !canary.long,
        names => names.contains(&canary.name),
    };
    let chosen: Vec<&Canary> = canaries.iter().filter(is_chosen).collect();
    if chosen.is_empty() {
        return Err(Stop::Failed(format!("no canary in {FOLDER}")));
    }
    let tree = workspace.target.join("canaries").join("tree");
    let mut missed = Vec::new();
    for canary in &chosen {
        let started = Instant::now();
        let outcome = match caught(workspace, &tree, canary) {
            Ok(how) => how.to_owned(),
            Err(Stop::Failed(reason) | Stop::NotRun(reason)) => {
                missed.push(canary.name.as_str());
                reason
            }
        };
        println!("{}: {}: {outcome}, {:.1} s", canary.name, canary.what, started.elapsed().as_secs_f64());
    }
    if missed.is_empty() {
        return Ok(format!("{} defects caught", chosen.len()));
    }
    Err(Stop::Failed(format!("not shown to be caught: {}", missed.join(", "))))
}

fn find(folder: &Path) -> Result<Vec<Canary>, Stop> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed("read", folder, error))?.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "patch") {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(str::trim).ok_or_else(|| Stop::Failed(format!("{} has no line `{name}`", path.display())))
        };
        let mut words = field("caught-by:")?.split_whitespace().map(str::to_owned);
        found.push(Canary {
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            what: field("what:")?.to_owned(),
            target: words.next().unwrap_or_default(),
            filter: words.collect(),
            long: text.lines().any(|line| line == "tier: long"),
            patch: path.clone(),
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn apply(patch: &Path, tree: &Path) -> Result<(), Stop> {
    let mut command = Command::new("git");
    command.args(["apply", "--whitespace=nowarn"]).arg(patch).current_dir(tree);
    // The tree lies inside a repository; git would otherwise take its paths from there and skip them all.
    command.env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree));
    process::run(command, minutes(1))
        .map(drop)
        .map_err(|_| Stop::Failed(format!("{} does not apply to the code as it is", patch.display())))
}

/// Cargo tells a copy from the repository only by the age of files, and would take what it built with a defect in it
/// for the crate itself, or the crate for a defect. By their versions it never takes one for the other.
fn renumbered(root: &Path) -> Result<Changed, Stop> {
    let path = root.join("crates/thalweg/Cargo.toml");
    let manifest = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
    let changed = manifest.replacen("\"\nedition", "-defect\"\nedition", 1);
    if changed == manifest {
        return Err(Stop::Failed(format!("{} has no version before its edition", path.display())));
    }
    Ok(Changed::from([(path, changed)]))
}

/// Puts the defect in and runs the tests that are to catch it. Any other end than theirs is an error.
fn caught(workspace: &Workspace, tree: &Path, canary: &Canary) -> Result<&'static str, Stop> {
    let mut changed = renumbered(&workspace.root)?;
    let (target, features) = match canary.target.strip_suffix("-default") {
        Some(target) => (target, ""),
        None => (canary.target.as_str(), "--all-features"),
    };
    changed.extend(narrow::main_of(&workspace.root.join(TESTS).join(target), &canary.filter)?);
    copy_sources(&workspace.root, tree, &changed)?;
    apply(&canary.patch, tree)?;
    let (checker, tests) = match target {
        "unit" => (None, "--lib".to_owned()),
        "models" => (Some("loom"), "--lib".to_owned()),
        "loom" => (Some("loom"), "--test loom".to_owned()),
        "shuttle" => (Some("shuttle"), "--test shuttle".to_owned()),
        target => (None, format!("--test {target}")),
    };
    let cargo = |more: &str| {
        let release = if checker.is_some() { "--release" } else { features };
        // The folders of the layers, where the dependencies are built already.
        let arguments = format!("test -p thalweg {release} {tests} {more}");
        let mut command = workspace.cargo(checker.unwrap_or(""), &arguments);
        command
            .current_dir(tree)
            // Nobody reads these programs' backtraces, and they are built once for each defect.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("LOOM_MAX_PREEMPTIONS", "2");
        if let Some(checker) = checker {
            command.env("RUSTFLAGS", format!("--cfg thalweg_{checker}"));
        }
        command
    };
    // Code that does not compile would look like a catch.
    process::run(cargo("--no-run --quiet"), minutes(15))?;
    // A model checker tells a hang from a long run by itself.
    let limit = if checker.is_some() { minutes(5) } else { HANG };
    let end = |seconds: &str| {
        let mut test = cargo("--");
        test.args(&canary.filter).env("THALWEG_LOOM_SECONDS", seconds);
        process::probe(test, limit)
    };
    let mut ended = end(SHORT)?;
    if checker == Some("loom") && ended.is_some_and(|status| status.success()) {
        ended = end(LONG)?;
    }
    match ended {
        Some(status) if !status.success() => Ok("caught"),
        Some(_) => Err(Stop::Failed("NOT CAUGHT: the tests stay green".to_owned())),
        None if checker.is_some() => Err(Stop::Failed(format!("NOT CAUGHT within {} s", limit.as_secs()))),
        None => Ok("caught: it hangs"),
    }
}
