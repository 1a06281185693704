//! The long tiers: what takes too long for a landing, or needs more than Rust. Each is a command of its own; none is
//! part of `ci`.

pub(crate) mod foreign;
pub(crate) mod fuzz;
pub(crate) mod miri;
pub(crate) mod mutants;
pub(crate) mod sanitize;
pub(crate) mod soak;
pub(crate) mod valgrind;

use std::process::Command;
use std::time::Duration;

use crate::process;
use crate::step::{Outcome, Step, Stop};
use crate::workspace::Workspace;

/// Every long tier, with its options as by default.
pub(crate) fn all(workspace: &Workspace) -> Result<Vec<Step<'_>>, String> {
    let mut steps = sanitize::steps(workspace, &[])?;
    steps.push(valgrind::step(workspace));
    steps.push(foreign::i686(workspace));
    steps.push(foreign::aarch64(workspace));
    steps.push(mutants::step(workspace, &[])?);
    steps.push(fuzz::step(workspace, &[])?);
    steps.push(soak::step(workspace, &[])?);
    steps.push(miri::step(workspace, &[])?);
    Ok(steps)
}

/// Test targets of the crate, built and run in some configuration.
pub(crate) struct Tests {
    /// How long the soak may last.
    pub(crate) seconds: u32,
    pub(crate) build: Duration,
    /// The limit of one target.
    pub(crate) run: Duration,
}

impl Tests {
    /// Builds and runs each target, the others too when one fails. `cargo` makes a command of arguments; those behind ` -- `
    /// are the test program's.
    pub(crate) fn run(&self, targets: &[&str], cargo: impl Fn(&str) -> Command) -> Outcome {
        let (mut said, mut failed) = (Vec::new(), Vec::new());
        for target in targets {
            // Built first, so that the limit is the tests' own.
            let program = target.split(" -- ").next().unwrap_or(target);
            process::run(cargo(&format!("test {program} --no-run")), self.build)?;
            let mut command = cargo(&format!("test {target}"));
            command.env("THALWEG_SOAK_SECONDS", self.seconds.to_string());
            // Instruments and emulators make threads some ten times slower: that is no hang.
            command.env("THALWEG_PATIENCE", "15");
            let name = program.rsplit(['-', ' ']).next().unwrap_or(program);
            match process::run_tests(command, self.run) {
                Ok(count) => said.push(format!("{name}: {count}")),
                Err(Stop::Failed(reason) | Stop::NotRun(reason)) => failed.push(format!("{name}: {reason}")),
            }
        }
        if failed.is_empty() { Ok(said.join(", ")) } else { Err(Stop::Failed(failed.join("; "))) }
    }
}

/// Test targets, as arguments of cargo. The corpus comes first: it is built soonest, and finds most of what is wrong
/// everywhere.
pub(crate) const CORPUS: &str = "-p thalweg-fuzz --test corpus";
pub(crate) const UNIT: &str = "-p thalweg --all-features --lib";
pub(crate) const IT: &str = "-p thalweg --all-features --test it";
pub(crate) const SOAK: &str = "-p thalweg --all-features --test soak";

/// Flags of the compiler as cargo reads them from the environment, where paths may hold spaces.
pub(crate) fn flags(flags: &[String]) -> String {
    flags.join("\u{1f}")
}

/// What stands after a command: options with a number, such as `--minutes 5`, and without.
pub(crate) struct Options {
    given: Vec<(String, Option<String>)>,
}

impl Options {
    pub(crate) fn read(words: &[String], with_value: &[&str], without: &[&str]) -> Result<Options, String> {
        let mut given = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if with_value.contains(&word.as_str()) {
                let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
                given.push((word.clone(), Some(value.clone())));
            } else if without.contains(&word.as_str()) {
                given.push((word.clone(), None));
            } else {
                let known = [with_value, without].concat().join(" ");
                return Err(format!("there is no option `{word}`; there are: {known}"));
            }
        }
        Ok(Options { given })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| given == name)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| given == name)?.1.as_deref()
    }

    pub(crate) fn number(&self, name: &str, otherwise: u64) -> Result<u64, String> {
        let Some(text) = self.value(name) else { return Ok(otherwise) };
        text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("{name} is no number: {text}"))
    }
}
