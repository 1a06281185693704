//! Mutants: small changes of the core, each of which some layer of tests must catch.
//!
//! The layers are tried from the quickest to the slowest, each on what those before let live: the fuzzer's drawn
//! programs, `unit` and `it`, loom, shuttle. Who outlives them all must be named, with a reason, in the kept list.
//!
//! A full run takes days of a small machine, so it goes in parts of a few mutants. A part that is done is done, until
//! the file it is of changes; `--minutes` ends a run after the part at hand, and the next goes on from there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::Options;
use crate::copy::{Changed, copy_sources};
use crate::process;
use crate::scratch::failed;
use crate::step::{Outcome, Step, Stop};
use crate::workspace::{Workspace, minutes};

const LIST: &str = "crates/thalweg/tests/mutants/survivors.txt";
const SOURCES: &str = "crates/thalweg/src";
const VERSION: &str = "27.1.0";

/// How many mutants make a part.
const PART: usize = 8;

/// A layer: the compiler's flags, cargo-mutants' own arguments, and those of the tests.
struct Layer {
    name: &'static str,
    flags: &'static str,
    of: &'static str,
    tests: &'static str,
    /// Seconds after which tests that go on for ever count as having caught it.
    limit: u32,
}

const LAYERS: [Layer; 4] = [
    Layer { name: "fuzz", flags: "", of: "--test-package thalweg-fuzz", tests: "--test corpus drawn", limit: 40 },
    Layer { name: "it", flags: "", of: "--all-features", tests: "--lib --test it", limit: 120 },
    Layer {
        name: "loom",
        flags: "--cfg thalweg_loom",
        of: "--cargo-arg=--release",
        tests: "--lib --test loom",
        limit: 600,
    },
    Layer {
        name: "shuttle",
        flags: "--cfg thalweg_shuttle",
        of: "--cargo-arg=--release",
        tests: "--test shuttle",
        limit: 600,
    },
];

pub(crate) fn step<'a>(workspace: &'a Workspace, options: &[String]) -> Result<Step<'a>, String> {
    let options = Options::read(options, &["--file", "--minutes"], &["--in-diff"])?;
    let time = Duration::from_secs(60 * options.number("--minutes", 24 * 60)?);
    let wanted = options.value("--file").map(str::to_owned);
    let in_diff = options.has("--in-diff");
    let about = "small changes of the core, each of which some layer must catch";
    Ok(Step::new("mutants", about, move || run(workspace, wanted.as_deref(), in_diff, time)))
}

fn run(workspace: &Workspace, wanted: Option<&str>, in_diff: bool, time: Duration) -> Outcome {
    let tool = tool(workspace)?;
    let mut files = Vec::new();
    find_files(&workspace.root.join(SOURCES), &mut files)?;
    files.retain(|file| wanted.is_none_or(|wanted| file.ends_with(wanted)));
    if in_diff {
        let mut diff = Command::new("git");
        diff.args(["diff", "--name-only", "main", "--", SOURCES]).current_dir(&workspace.root);
        let changed = process::read(diff, minutes(1))?;
        files.retain(|file| changed.lines().any(|line| line == relative(workspace, file)));
    }
    if files.is_empty() {
        return Ok("no file of the core is concerned".to_owned());
    }
    let mut tally = Tally::default();
    let deadline = Instant::now() + time;
    for file in &files {
        of_file(workspace, &tool, file, deadline, &mut tally)?;
    }
    tally.verdict(&known(workspace)?)
}

/// What became of the mutants that were tried.
#[derive(Default)]
struct Tally {
    caught: BTreeMap<&'static str, usize>,
    survivors: Vec<String>,
    /// Files of which every mutant was tried, and of which not.
    whole: Vec<String>,
    parts: Vec<String>,
}

impl Tally {
    fn verdict(&self, known: &BTreeMap<String, String>) -> Outcome {
        let caught: Vec<String> = self.caught.iter().map(|(layer, count)| format!("{layer} {count}")).collect();
        println!("caught by: {}", caught.join(", "));
        println!("all mutants were tried of: {}", self.whole.join(" "));
        println!("not all were tried of: {}", self.parts.join(" "));
        let unknown: Vec<&String> = self.survivors.iter().filter(|name| !known.contains_key(*name)).collect();
        let tried = |name: &String| self.whole.iter().any(|file| name.starts_with(&format!("{file}: ")));
        let gone: Vec<&String> = known.keys().filter(|name| tried(name) && !self.survivors.contains(name)).collect();
        unknown.iter().for_each(|name| println!("SURVIVES: {name}"));
        gone.iter().for_each(|name| println!("caught by now, to be struck off the list: {name}"));
        if !unknown.is_empty() || !gone.is_empty() {
            let text = format!("{} survive and are not in {LIST}, {} in it are caught", unknown.len(), gone.len());
            return Err(Stop::Failed(text));
        }
        let tried = self.caught.values().sum::<usize>() + self.survivors.len();
        if tried == 0 {
            return Err(Stop::NotRun("no part was done in the time given".to_owned()));
        }
        Ok(format!(
            "{tried} mutants tried, {} survive as listed; {} files whole, {} not",
            self.survivors.len(),
            self.whole.len(),
            self.parts.len()
        ))
    }
}

/// The kept list: a name and its reason.
fn known(workspace: &Workspace) -> Result<BTreeMap<String, String>, Stop> {
    let path = workspace.root.join(LIST);
    let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
    let mut known = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once(" -- ") {
            Some((name, reason)) if !reason.trim().is_empty() => known.insert(name.to_owned(), reason.to_owned()),
            _ => return Err(Stop::Failed(format!("{LIST}: no reason in: {line}"))),
        };
    }
    Ok(known)
}

fn of_file(workspace: &Workspace, tool: &Path, file: &Path, deadline: Instant, tally: &mut Tally) -> Result<(), Stop> {
    let name = relative(workspace, file);
    let mut list = Command::new(tool);
    list.args(["mutants", "--list", "-p", "thalweg", "-f", &name]).current_dir(&workspace.root);
    let count = process::read(list, minutes(2))?.lines().filter(|line| !line.is_empty()).count();
    let parts = count.div_ceil(PART);
    let folder = workspace.target.join("mutants").join(name.trim_start_matches(SOURCES).replace('/', "_"));
    renew(&folder, file)?;
    let short = name.trim_start_matches(SOURCES).trim_start_matches('/').to_owned();
    let mut done = 0;
    for part in 0..parts {
        let record = folder.join(part.to_string());
        if !record.join("done").exists() {
            if Instant::now() >= deadline {
                continue;
            }
            println!("{short}: part {} of {parts}", part + 1);
            self::part(workspace, tool, &name, &format!("{part}/{parts}"), &record)?;
        }
        done += 1;
        count_part(&record, &short, tally)?;
    }
    let which = if done == parts { &mut tally.whole } else { &mut tally.parts };
    which.push(short);
    Ok(())
}

/// What is known of a file that has changed since is known no more.
fn renew(folder: &Path, file: &Path) -> Result<(), Stop> {
    let text = fs::read(file).map_err(|error| failed("read", file, error))?;
    let copy = folder.join("source");
    if fs::read(&copy).is_ok_and(|there| there == text) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|error| failed("create", folder, error))?;
    fs::write(&copy, text).map_err(|error| failed("write", &copy, error))
}

/// Tries the mutants of a part, layer after layer.
fn part(workspace: &Workspace, tool: &Path, file: &str, shard: &str, record: &Path) -> Result<(), Stop> {
    let _ = fs::remove_dir_all(record);
    fs::create_dir_all(record).map_err(|error| failed("create", record, error))?;
    let tree = workspace.target.join("mutants/tree");
    for layer in &LAYERS {
        // Also undoes what an interrupted run left in it.
        copy_sources(&workspace.root, &tree, &Changed::new())?;
        let mut command = Command::new(tool);
        command
            .args(["mutants", "--in-place", "--iterate", "--baseline", "skip", "--no-shuffle", "--no-times"])
            .args(["-p", "thalweg", "-f", file, "--sharding", "slice", "--shard", shard])
            .args(["--build-timeout", "300", "--timeout", &layer.limit.to_string()])
            .args(layer.of.split_whitespace())
            .arg("-o")
            .arg(record)
            .arg("--")
            .args(layer.tests.split_whitespace())
            .current_dir(&tree)
            .env("CARGO_TARGET_DIR", workspace.target.join("mutants/built").join(layer.name))
            .env("RUSTFLAGS", layer.flags)
            .env("RUST_BACKTRACE", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("LOOM_MAX_PREEMPTIONS", "2");
        // It fails when a mutant lives, which is what the next layer is for; what it did is in its files.
        let ended = process::probe(command, minutes(120))?.and_then(|status| status.code());
        let out = record.join("mutants.out");
        let lines = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_default();
        let caught = lines("caught.txt") + &lines("timeout.txt");
        fs::write(record.join(layer.name), caught).map_err(|error| failed("write", record, error))?;
        match ended {
            Some(0 | 3) => break,
            Some(2) => {}
            other => return Err(Stop::Failed(format!("cargo-mutants ended with {other:?}; see {}", out.display()))),
        }
    }
    let done = record.join("done");
    fs::write(&done, "").map_err(|error| failed("write", &done, error))
}

/// Adds what a part's files say. Places in a file are left out: a list of survivors must outlive other changes.
fn count_part(record: &Path, short: &str, tally: &mut Tally) -> Result<(), Stop> {
    let mut last = "";
    for layer in &LAYERS {
        if let Ok(caught) = fs::read_to_string(record.join(layer.name)) {
            *tally.caught.entry(layer.name).or_default() += caught.lines().count();
            last = layer.name;
        }
    }
    if last == LAYERS[LAYERS.len() - 1].name {
        let path = record.join("mutants.out/missed.txt");
        let missed = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
        tally.survivors.extend(missed.lines().map(|line| without_place(short, line)));
    }
    Ok(())
}

/// `crates/.../side.rs:56:9: replace a with b` as `raw/side.rs: replace a with b`.
fn without_place(short: &str, line: &str) -> String {
    let what = line.splitn(4, ':').last().unwrap_or(line).trim();
    format!("{short}: {what}")
}

fn relative(workspace: &Workspace, file: &Path) -> String {
    file.strip_prefix(&workspace.root).unwrap_or(file).display().to_string()
}

/// Sources, but for tests and models beside them, which need no test themselves.
fn find_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Stop> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(|error| failed("read", folder, error))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            find_files(&path, found)?;
        } else if !["_tests", "_loom", "models"].iter().any(|end| stem.ends_with(end)) {
            found.push(path);
        }
    }
    Ok(())
}

/// cargo-mutants of a known version, built once below the target folder.
fn tool(workspace: &Workspace) -> Result<PathBuf, Stop> {
    let root = workspace.target.join("tools");
    let binary = root.join("bin/cargo-mutants");
    let mut version = Command::new(&binary);
    version.args(["mutants", "--version"]);
    if binary.exists() && process::read(version, minutes(1)).is_ok_and(|text| text.contains(VERSION)) {
        return Ok(binary);
    }
    let mut command = workspace.cargo("tools/built", &format!("install cargo-mutants --locked --version ={VERSION}"));
    command.arg("--root").arg(&root);
    process::run(command, minutes(30)).map_err(|_| Stop::NotRun("cargo-mutants cannot be installed".to_owned()))?;
    Ok(binary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survivor_that_is_not_listed_fails_and_so_does_one_that_is_gone() {
        let listed = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "why".to_owned())).collect();
        let tally = Tally {
            survivors: vec![without_place("raw/side.rs", "crates/thalweg/src/raw/side.rs:56:9: replace a::b with 0")],
            whole: vec!["raw/side.rs".to_owned()],
            ..Tally::default()
        };
        assert_eq!(tally.survivors, ["raw/side.rs: replace a::b with 0"]);
        assert!(tally.verdict(&listed(&["raw/side.rs: replace a::b with 0"])).is_ok());
        assert!(matches!(tally.verdict(&listed(&[])), Err(Stop::Failed(_))));
        let more = listed(&["raw/side.rs: replace a::b with 0", "raw/side.rs: replace c with d"]);
        assert!(matches!(tally.verdict(&more), Err(Stop::Failed(_))));
        let elsewhere = listed(&["raw/side.rs: replace a::b with 0", "raw/queue.rs: replace c with d"]);
        assert!(tally.verdict(&elsewhere).is_ok(), "that file was not tried");
    }
}
