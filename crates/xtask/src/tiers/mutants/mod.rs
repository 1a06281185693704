//! Mutants: small changes of the core, each of which some layer of tests must catch.
//!
//! cargo-mutants says which there are. All are built at once, each behind a switch, so that a trial costs no more than
//! to run tests until one fails: those that reach the switch, as a run of each test by itself has shown, the quickest
//! first. The layers are tried from the quickest to the slowest, each on what those before let live. Who outlives them
//! all must be named, with a reason, in the kept list; who is named there is spared the slow ones.
//!
//! What was found out is kept until the function it is in changes. `--minutes` ends a run, and the next goes on from there;
//! `--tried` says what is known, and runs nothing; `--again` tries anew what lived, after tests were written; `--apart`
//! tries those only that have no place behind a switch.

mod found;
mod layer;
mod mutant;
mod program;
mod reach;
mod switches;
mod trial;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use found::{Found, Verdict};
use layer::{LAYERS, Layer};
use mutant::Mutant;
use trial::Trial;

use super::Options;
use crate::apart::each;
use crate::process;
use crate::scratch::failed;
use crate::step::{Outcome, Step, Stop};
use crate::workspace::{Workspace, minutes};

const LIST: &str = "crates/thalweg/tests/mutants/survivors.txt";
const SOURCES: &str = "crates/thalweg/src";
const VERSION: &str = "27.1.0";

pub(crate) fn step<'a>(workspace: &'a Workspace, options: &[String]) -> Result<Step<'a>, String> {
    let with_value = ["--file", "--minutes", "--layer"];
    let options = Options::read(options, &with_value, &["--in-diff", "--tried", "--again", "--apart"])?;
    let time = Duration::from_secs(60 * options.number("--minutes", 24 * 60)?);
    if let Some(unknown) = options.value("--layer").filter(|name| LAYERS.iter().all(|layer| layer.name != *name)) {
        return Err(format!("no layer of mutants is called {unknown}"));
    }
    let about = "small changes of the core, each of which some layer must catch";
    Ok(Step::new("mutants", about, move || run(workspace, &options, time)))
}

fn run(workspace: &Workspace, options: &Options, time: Duration) -> Outcome {
    let deadline = Instant::now() + time;
    let known = known(workspace)?;
    let tool = tool(workspace)?;
    let mutants = mutant::list(workspace, &tool)?;
    let chosen = chosen(workspace, options, &mutants)?;
    if chosen.is_empty() {
        return Ok("no file of the core is concerned".to_owned());
    }
    let folder = workspace.target.join("mutants");
    fs::create_dir_all(&folder).map_err(|error| failed("create", &folder, error))?;
    let mut found = Found::load(folder.join("found.txt"), &workspace.root.join(SOURCES), &mutants)?;
    if options.has("--again") {
        found.forget_the_living(&chosen.iter().map(|&number| &mutants[number]).collect::<Vec<_>>())?;
    }
    if !options.has("--tried") {
        let wanted = |layer: &&Layer| options.value("--layer").is_none_or(|name| name == layer.name);
        // Those apart come last: each is built by itself.
        let alone = options.has("--apart");
        for are_apart in [false, true].into_iter().skip(usize::from(alone)) {
            for layer in LAYERS.iter().filter(wanted) {
                let (mutants, chosen, known) = (&mutants, &chosen, &known);
                let trials = Trials { workspace, layer, mutants, chosen, known, are_apart, alone, deadline };
                trials.run(&mut found)?;
            }
        }
    }
    let tally = Tally::of(chosen.iter().map(|&number| &mutants[number]), &found, &known);
    if options.has("--tried") {
        tally.files.iter().for_each(|(file, of_file)| println!("{file}: {}", of_file.text()));
    }
    tally.verdict(&known)
}

/// The numbers of those that are to be tried: of the files that the options name.
fn chosen(workspace: &Workspace, options: &Options, mutants: &[Mutant]) -> Result<Vec<usize>, Stop> {
    let mut changed = String::new();
    if options.has("--in-diff") {
        let mut diff = Command::new("git");
        diff.args(["diff", "--name-only", "main", "--", SOURCES]).current_dir(&workspace.root);
        changed = process::read(diff, minutes(1))?;
    }
    let wanted = |mutant: &Mutant| {
        // A path's end, or a folder's beginning.
        let named = |part: &str| Path::new(&mutant.file).ends_with(part) || Path::new(&mutant.file).starts_with(part);
        let differs = || changed.lines().any(|line| line.ends_with(&format!("{SOURCES}/{}", mutant.file)));
        options.value("--file").is_none_or(|names| names.split(',').any(named))
            && (!options.has("--in-diff") || differs())
    };
    Ok((0..mutants.len()).filter(|&number| wanted(&mutants[number])).collect())
}

/// What is to be tried in a layer.
struct Trials<'a> {
    workspace: &'a Workspace,
    layer: &'a Layer,
    mutants: &'a [Mutant],
    chosen: &'a [usize],
    known: &'a Known,
    are_apart: bool,
    /// Those that are not apart were not tried before.
    alone: bool,
    deadline: Instant,
}

/// The kept list: names and reasons.
type Known = BTreeMap<String, String>;

/// Who is named is spared what takes long, and who is built by itself for each layer, all but the first two.
fn is_asked(layer: &Layer, mutant: &Mutant, found: &Found, known: &Known) -> bool {
    let is_early = || LAYERS[..2].iter().any(|early| early.name == layer.name);
    let is_dear = layer.is_slow || found.is(mutant, &Verdict::Apart) && !is_early();
    !is_dear || !known.contains_key(&mutant.name)
}

impl Trials<'_> {
    /// Whatever lives and was not tried.
    fn open(&self, found: &Found) -> Vec<usize> {
        let is_open = |mutant: &Mutant| {
            let is_settled = found.caught_by(mutant).is_some() || found.is(mutant, &Verdict::Unbuilt);
            let is_here = found.is(mutant, &Verdict::Apart) == self.are_apart;
            let is_due = is_asked(self.layer, mutant, found, self.known) && !found.is_tried(mutant, self.layer.name);
            is_here && is_due && !is_settled
        };
        self.chosen.iter().copied().filter(|&number| is_open(&self.mutants[number])).collect()
    }

    fn run(&self, found: &mut Found) -> Result<(), Stop> {
        let Trials { workspace, layer, mutants, .. } = *self;
        // Who is apart shows when all others are built.
        let is_unknown = || self.alone && !self.mutants.iter().any(|mutant| found.is(mutant, &Verdict::Apart));
        if self.open(found).is_empty() && !is_unknown() || Instant::now() >= self.deadline {
            return Ok(());
        }
        let trial = Trial::new(workspace, layer, mutants, found)?;
        // Less those that the compiler has refused just now.
        let open = self.open(found);
        println!("{}: {} to be tried", layer.name, open.len());
        if self.are_apart {
            for &number in &open {
                let others = self.beside(number, found);
                self.settle(number, found, || trial.of_apart(&mutants[number], &others))?;
            }
            return Ok(());
        }
        let (found, done) = (Mutex::new(found), AtomicUsize::new(0));
        each(&open, |_, &number| {
            if Instant::now() >= self.deadline {
                return Ok(());
            }
            let verdict = trial.of(number)?;
            let mut found = found.lock().map_err(|_| Stop::Failed("a worker panicked".to_owned()))?;
            self.settle(number, &mut found, || Ok(verdict))?;
            let done = 1 + done.fetch_add(1, Ordering::Relaxed);
            if done.is_multiple_of(100) {
                println!("{}: {done} of {}", layer.name, open.len());
            }
            Ok(())
        })
    }

    fn settle(
        &self,
        number: usize,
        found: &mut Found,
        verdict: impl FnOnce() -> Result<Verdict, Stop>,
    ) -> Result<(), Stop> {
        if Instant::now() >= self.deadline {
            return Ok(());
        }
        let (mutant, verdict) = (&self.mutants[number], verdict()?);
        if verdict == Verdict::Lives {
            println!("lives: {} (line {})", mutant.name, mutant.line);
        }
        found.add(mutant, self.layer.name, verdict)
    }

    /// Mutants with a switch in the same function.
    fn beside(&self, number: usize, found: &Found) -> Vec<usize> {
        let of = &self.mutants[number];
        let is_beside = |other: &Mutant| of.item.is_some() && other.item == of.item && other.file == of.file;
        let all = self.mutants.iter().enumerate();
        all.filter(|(_, other)| is_beside(other) && found.has_switch(other)).map(|(number, _)| number).collect()
    }
}

/// What is known of a file's mutants.
#[derive(Default)]
struct OfFile {
    caught: BTreeMap<String, usize>,
    unbuilt: usize,
    /// Tried in every layer.
    survivors: Vec<String>,
    /// Not tried in every layer, or in none.
    open: usize,
}

impl OfFile {
    fn text(&self) -> String {
        let caught: Vec<String> = self.caught.iter().map(|(layer, count)| format!("{layer} {count}")).collect();
        let (unbuilt, survive, open) = (self.unbuilt, self.survivors.len(), self.open);
        format!("caught by {}; {unbuilt} do not compile, {survive} survive, {open} to be tried", caught.join(", "))
    }

    fn add(&mut self, mutant: &Mutant, found: &Found, known: &Known) {
        let is_done = |layer: &Layer| !is_asked(layer, mutant, found, known) || found.is_tried(mutant, layer.name);
        if let Some(layer) = found.caught_by(mutant) {
            *self.caught.entry(layer.to_owned()).or_default() += 1;
        } else if found.is(mutant, &Verdict::Unbuilt) {
            self.unbuilt += 1;
        } else if LAYERS.iter().all(is_done) {
            self.survivors.push(mutant.name.clone());
        } else {
            self.open += 1;
        }
    }
}

/// What is known of all that were chosen.
#[derive(Default)]
struct Tally {
    files: BTreeMap<String, OfFile>,
}

impl Tally {
    fn of<'a>(mutants: impl Iterator<Item = &'a Mutant>, found: &Found, known: &Known) -> Tally {
        let mut tally = Tally::default();
        for mutant in mutants {
            tally.files.entry(mutant.file.clone()).or_default().add(mutant, found, known);
        }
        tally
    }

    fn verdict(&self, known: &Known) -> Outcome {
        let mut all = OfFile::default();
        let mut whole: HashSet<&str> = HashSet::new();
        for (file, of_file) in &self.files {
            of_file.caught.iter().for_each(|(layer, count)| *all.caught.entry(layer.clone()).or_default() += count);
            all.unbuilt += of_file.unbuilt;
            all.open += of_file.open;
            all.survivors.extend(of_file.survivors.iter().cloned());
            if of_file.open == 0 {
                whole.insert(file);
            }
        }
        let tried = |name: &str| name.split_once(": ").is_some_and(|(file, _)| whole.contains(file));
        let unknown: Vec<&String> = all.survivors.iter().filter(|name| !known.contains_key(*name)).collect();
        let gone: Vec<&String> = known.keys().filter(|name| tried(name) && !all.survivors.contains(name)).collect();
        unknown.iter().for_each(|name| println!("SURVIVES: {name}"));
        gone.iter().for_each(|name| println!("caught by now, to be struck off the list: {name}"));
        if !unknown.is_empty() || !gone.is_empty() {
            let text = format!("{} survive and are not in {LIST}, {} in it are caught", unknown.len(), gone.len());
            return Err(Stop::Failed(format!("{text}; {}", all.text())));
        }
        if all.open > 0 {
            return Err(Stop::NotRun(all.text()));
        }
        Ok(all.text())
    }
}

fn known(workspace: &Workspace) -> Result<Known, Stop> {
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

/// cargo-mutants of a known version: that of whoever runs us, or else one below the target folder, built there once.
fn tool(workspace: &Workspace) -> Result<PathBuf, Stop> {
    let root = workspace.target.join("tools");
    let own = root.join("bin/cargo-mutants");
    let is_known = |binary: &Path| {
        let mut version = Command::new(binary);
        version.args(["mutants", "--version"]);
        process::read(version, minutes(1)).is_ok_and(|text| text.contains(VERSION))
    };
    if let Some(there) = [Path::new("cargo-mutants"), &own].into_iter().find(|binary| is_known(binary)) {
        return Ok(there.to_owned());
    }
    println!("no cargo-mutants {VERSION} on the path or in {}: it is built there, which takes minutes", root.display());
    let mut command = workspace.cargo("tools/built", &format!("install cargo-mutants --locked --version ={VERSION}"));
    // It runs for seconds: to make it quick takes longer.
    command
        .arg("--root")
        .arg(&root)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off");
    process::run(command, minutes(30)).map_err(|_| Stop::NotRun("cargo-mutants cannot be installed".to_owned()))?;
    Ok(own)
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    #[test]
    fn who_is_named_has_outlived_all_without_the_slow_layers() {
        let mutant = Mutant {
            file: "raw/side.rs".to_owned(),
            name: "raw/side.rs: replace a::b with 0".to_owned(),
            line: 1,
            genre: String::new(),
            replacement: String::new(),
            span: ((1, 0), (1, 0)),
            item: None,
        };
        let path = env::temp_dir().join(format!("thalweg-found-{}", std::process::id()));
        let mut found = Found::load(path.clone(), Path::new(""), &[]).unwrap();
        let named = Known::from([(mutant.name.clone(), "why".to_owned())]);
        let outlived = |found: &Found, known: &Known| {
            let mut of_file = OfFile::default();
            of_file.add(&mutant, found, known);
            of_file.survivors.len()
        };
        for layer in LAYERS.iter().filter(|layer| !layer.is_slow) {
            assert_eq!(outlived(&found, &named), 0, "not tried by {}", layer.name);
            found.add(&mutant, layer.name, Verdict::Lives).unwrap();
        }
        assert_eq!((outlived(&found, &named), outlived(&found, &Known::new())), (1, 0));
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_survivor_that_is_not_listed_fails_and_so_does_one_that_is_gone() {
        let listed = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "why".to_owned())).collect();
        let name = "raw/side.rs: replace a::b with 0";
        let of_file = OfFile { survivors: vec![name.to_owned()], ..OfFile::default() };
        let tally = Tally { files: BTreeMap::from([("raw/side.rs".to_owned(), of_file)]) };
        assert!(tally.verdict(&listed(&[name])).is_ok());
        assert!(matches!(tally.verdict(&listed(&[])), Err(Stop::Failed(_))));
        let more = listed(&[name, "raw/side.rs: replace c with d"]);
        assert!(matches!(tally.verdict(&more), Err(Stop::Failed(_))));
        let elsewhere = listed(&[name, "raw/queue.rs: replace c with d"]);
        assert!(tally.verdict(&elsewhere).is_ok(), "that file was not tried");
    }
}
