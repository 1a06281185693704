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
//! those of them under loom, `corpus` for the programs of `crates/fuzz`, and `it-default` is `it` with the default features;
//! what follows goes to the test program as a filter. Of a program of many modules only those are built that have tests
//! which the filter names. Of several such lines each must catch it. Before the target may stand `sanitize-address`,
//! `sanitize-thread` or `valgrind`, for the long tier that is to see the defect.
//! A line `tier: long` leaves it to `cargo xtask canaries`, which runs all; `cargo xtask test` runs the others. A line
//! `seconds: 60` says that loom needs that much a model, and does not find it in the time that it has in the layer.
//!
//! `cargo xtask canaries` first runs the same tests without a defect: what is red by itself would catch everything. What
//! `cargo xtask test` runs here its other layers have shown to be green.

mod built;
#[cfg(test)]
mod listed;
mod narrow;
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use program::{Program, Under};

use crate::copy::{Changed, copy_sources};
use crate::process;
use crate::scratch::failed;
use crate::step::{Outcome, Step, Stop};
use crate::workspace::{Workspace, minutes};

const FOLDER: &str = "crates/thalweg/tests/canaries";
const TESTS: &str = "crates/thalweg/tests";

/// The seconds that loom has a model: as in its layer, and when that was not enough, as capacities may come first at which
/// there is nothing to find.
const LAYER: &str = "2";
const MORE: &str = "60";

/// `long`: also those that are left out of a landing's checks, to keep it short.
pub(crate) fn step<'a>(workspace: &'a Workspace, names: &'a [String], long: bool) -> Step<'a> {
    Step::new("canaries", "kept defects, each of which the tests must catch", move || run(workspace, names, long))
}

struct Canary {
    name: String,
    what: String,
    catches: Vec<Catch>,
    /// What loom needs, if it is more than its layer has.
    seconds: Option<String>,
    long: bool,
    patch: PathBuf,
}

/// The tests that are to notice it.
struct Catch {
    /// As it stands in the patch.
    line: String,
    program: Program,
    filter: Vec<String>,
}

/// How it was noticed.
enum Caught {
    AtOnce,
    /// By loom, with more time than its layer has.
    WithMore,
    ByHanging,
}

fn run(workspace: &Workspace, names: &[String], long: bool) -> Outcome {
    let canaries = find(&workspace.root.join(FOLDER))?;
    let is_chosen = |canary: &&Canary| match names {
        [] => long || !canary.long,
        names => names.contains(&canary.name),
    };
    if let Some(unknown) = names.iter().find(|name| canaries.iter().all(|canary| canary.name != **name)) {
        let known: Vec<&str> = canaries.iter().map(|canary| canary.name.as_str()).collect();
        return Err(Stop::Failed(format!("there is no canary `{unknown}`; there are: {}", known.join(", "))));
    }
    let chosen: Vec<&Canary> = canaries.iter().filter(is_chosen).collect();
    if chosen.is_empty() {
        return Err(Stop::Failed(format!("no canary in {FOLDER}")));
    }
    let place = Place { workspace, tree: workspace.target.join("canaries").join("tree") };
    // A few by name say by themselves whether they compile.
    if names.is_empty() {
        println!("all {} compile, seen in {} builds", canaries.len(), place.build_all(&canaries)?);
    }
    let is_due = |catch: &&Catch| long || catch.program.under == Under::Nothing;
    let red = if long { place.controls(&chosen)? } else { Vec::new() };
    let mut tally = Tally::default();
    for canary in chosen {
        for catch in canary.catches.iter().filter(is_due) {
            let started = Instant::now();
            let outcome = match red.contains(&catch.line.as_str()) {
                true => Err(Stop::Failed("its tests are not green without it".to_owned())),
                false => place.caught(canary, catch),
            };
            let said = tally.add(canary, catch, outcome);
            let seconds = started.elapsed().as_secs_f64();
            println!("{} ({}): {}: {said}, {seconds:.1} s", canary.name, catch.line, canary.what);
        }
    }
    tally.outcome()
}

/// How it went.
#[derive(Default)]
struct Tally<'a> {
    caught: usize,
    with_more: Vec<&'a str>,
    not_run: usize,
    missed: Vec<&'a str>,
}

impl<'a> Tally<'a> {
    /// What is to be said of it.
    fn add(&mut self, canary: &'a Canary, catch: &Catch, outcome: Result<Caught, Stop>) -> String {
        match outcome {
            Ok(how) => {
                self.caught += 1;
                match how {
                    Caught::AtOnce => "caught".to_owned(),
                    Caught::ByHanging => "caught: it hangs".to_owned(),
                    Caught::WithMore => {
                        self.with_more.push(&canary.name);
                        format!("caught with more than the {LAYER} s a model that the layer has")
                    }
                }
            }
            Err(Stop::NotRun(reason)) if catch.program.under != Under::Nothing => {
                self.not_run += 1;
                format!("not run: {reason}")
            }
            Err(Stop::Failed(reason) | Stop::NotRun(reason)) => {
                self.missed.push(&canary.name);
                reason
            }
        }
    }

    fn outcome(self) -> Outcome {
        if !self.missed.is_empty() {
            return Err(Stop::Failed(format!("not shown to be caught: {}", self.missed.join(", "))));
        }
        let mut said = format!("{} defects caught", self.caught);
        if !self.with_more.is_empty() {
            said += &format!(", with more time than the layer loom has: {}", self.with_more.join(", "));
        }
        if self.not_run > 0 {
            said += &format!(", {} not run", self.not_run);
        }
        if self.caught == 0 { Err(Stop::NotRun(said)) } else { Ok(said) }
    }
}

fn find(folder: &Path) -> Result<Vec<Canary>, Stop> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed("read", folder, error))?.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "patch") {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
        let fields = |name: &'static str| text.lines().filter_map(move |line| line.strip_prefix(name)).map(str::trim);
        let lacks = |name: &str| Stop::Failed(format!("{} has no line `{name}`", path.display()));
        let catches: Vec<Catch> = fields("caught-by:").map(Catch::read).collect();
        if catches.is_empty() {
            return Err(lacks("caught-by:"));
        }
        found.push(Canary {
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            what: fields("what:").next().ok_or_else(|| lacks("what:"))?.to_owned(),
            catches,
            seconds: fields("seconds:").next().map(str::to_owned),
            long: text.lines().any(|line| line == "tier: long"),
            patch: path.clone(),
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

impl Catch {
    fn read(line: &str) -> Catch {
        let (program, filter) = Program::read(line);
        Catch { line: line.to_owned(), program, filter }
    }
}

/// Git's `apply` in a folder that is no repository of its own: git would take its paths from one around it, and skip all.
fn apply(patch: &Path, tree: &Path, options: &[&str]) -> Result<(), Stop> {
    let mut command = Command::new("git");
    command.args(["apply", "--whitespace=nowarn"]).args(options).arg(patch).current_dir(tree);
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

/// Where defects are put in.
struct Place<'a> {
    workspace: &'a Workspace,
    tree: PathBuf,
}

impl Place<'_> {
    /// A fresh copy with those modules of the program that have tests which the filters name.
    fn prepare(&self, program: &Program, filters: &[String]) -> Result<(), Stop> {
        let root = &self.workspace.root;
        let mut changed = renumbered(root)?;
        changed.extend(narrow::main_of(&root.join(TESTS).join(program.target()), filters)?);
        copy_sources(root, &self.tree, &changed)
    }

    /// Builds it. Code that does not compile would look like a catch.
    fn build(&self, program: &Program) -> Result<(), Stop> {
        let limit = if program.under == Under::Nothing { minutes(15) } else { minutes(30) };
        process::run(program.cargo(self.workspace, &self.tree, "--no-run --quiet")?, limit).map(drop)
    }

    fn tests(&self, catch: &Catch, seconds: &str) -> Result<Command, Stop> {
        let mut tests = catch.program.cargo(self.workspace, &self.tree, "--")?;
        tests.args(&catch.filter).env("THALWEG_LOOM_SECONDS", seconds);
        Ok(tests)
    }

    /// Runs all that is to catch these without a defect, each once, and returns the lines of which it is not green.
    fn controls<'a>(&self, canaries: &[&'a Canary]) -> Result<Vec<&'a str>, Stop> {
        let mut programs: BTreeMap<&Program, Vec<&Catch>> = BTreeMap::new();
        for catch in canaries.iter().flat_map(|canary| &canary.catches) {
            let catches = programs.entry(&catch.program).or_default();
            if catches.iter().all(|other| other.line != catch.line) {
                catches.push(catch);
            }
        }
        let mut red = Vec::new();
        for (program, catches) in programs {
            let whole = catches.iter().any(|catch| catch.filter.is_empty());
            let filters = catches.iter().flat_map(|catch| catch.filter.clone());
            let filters: Vec<String> = if whole { Vec::new() } else { filters.collect() };
            self.prepare(program, &filters)?;
            match self.build(program) {
                // Nor will it be with a defect.
                Err(Stop::NotRun(_)) if program.under != Under::Nothing => continue,
                built => built?,
            }
            for catch in catches {
                let outcome = process::run_tests_quietly(self.tests(catch, LAYER)?, program.limit());
                let said = match outcome {
                    Ok(count) => count,
                    Err(Stop::Failed(reason) | Stop::NotRun(reason)) => {
                        red.push(catch.line.as_str());
                        format!("RED: {reason}")
                    }
                };
                println!("without a defect: {}: {said}", catch.line);
            }
        }
        Ok(red)
    }

    /// Puts the defect in and runs the tests that are to catch it. Any other end than theirs is an error.
    fn caught(&self, canary: &Canary, catch: &Catch) -> Result<Caught, Stop> {
        let program = &catch.program;
        self.prepare(program, &catch.filter)?;
        apply(&canary.patch, &self.tree, &[])?;
        self.build(program)?;
        let limit = program.limit();
        let budgets = match &canary.seconds {
            Some(seconds) if program.is_loom() => vec![seconds.as_str()],
            None if program.is_loom() => vec![LAYER, MORE],
            _ => vec![LAYER],
        };
        for seconds in budgets {
            match process::probe(self.tests(catch, seconds)?, limit)? {
                Some(status) if !status.success() && seconds == LAYER => return Ok(Caught::AtOnce),
                Some(status) if !status.success() => return Ok(Caught::WithMore),
                Some(_) => {}
                None if program.checker().is_none() => return Ok(Caught::ByHanging),
                None => return Err(Stop::Failed(format!("NOT CAUGHT within {} s", limit.as_secs()))),
            }
        }
        Err(Stop::Failed("NOT CAUGHT: the tests stay green".to_owned()))
    }
}
