//! The programs of tests that canaries name, and how each is built and run.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::models;
use crate::step::Stop;
use crate::tiers::sanitize::{self, Sanitizer};
use crate::tiers::valgrind;
use crate::workspace::{Workspace, minutes};

/// A lost wake-up shows as a hang. Loops are short enough to end long before this when nothing is wrong.
const HANG: Duration = Duration::from_secs(90);

/// A program of tests, plain or under an instrument.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Program {
    pub(super) under: Under,
    /// As the header has it: `it`, `it-default`, `unit`.
    pub(super) name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Under {
    Nothing,
    Address,
    Thread,
    Memcheck,
}

const INSTRUMENTS: [(&str, Under); 3] =
    [("sanitize-address", Under::Address), ("sanitize-thread", Under::Thread), ("valgrind", Under::Memcheck)];

impl Program {
    /// The program that the words begin with, and what follows.
    pub(super) fn read(words: &str) -> (Program, Vec<String>) {
        let mut words = words.split_whitespace().peekable();
        let named = |word: &&str| INSTRUMENTS.iter().find(|(name, _)| name == word).map(|(_, under)| *under);
        let under = words.peek().and_then(named);
        if under.is_some() {
            words.next();
        }
        let name = words.next().unwrap_or_default().to_owned();
        (Program { under: under.unwrap_or(Under::Nothing), name }, words.map(str::to_owned).collect())
    }

    /// Its name as a target of cargo; what is no target has none of that name.
    pub(super) fn target(&self) -> &str {
        self.name.strip_suffix("-default").unwrap_or(&self.name)
    }

    pub(super) fn checker(&self) -> Option<&'static str> {
        match self.name.as_str() {
            "models" | "loom" => Some("loom"),
            "shuttle" => Some("shuttle"),
            _ => None,
        }
    }

    pub(super) fn is_loom(&self) -> bool {
        self.checker() == Some("loom")
    }

    /// How long it may run before that is a hang.
    pub(super) fn limit(&self) -> Duration {
        match self.under {
            // A model checker tells a hang from a long run by itself.
            Under::Nothing if self.checker().is_some() => minutes(5),
            Under::Nothing => HANG,
            Under::Address => Sanitizer::Address.limit(),
            Under::Thread => Sanitizer::Thread.limit(),
            Under::Memcheck => valgrind::LIMIT,
        }
    }

    /// Cargo's `test` of it in this copy of the sources. The folders are those of the layers, where the dependencies are
    /// built already.
    pub(super) fn cargo(&self, workspace: &Workspace, tree: &Path, more: &str) -> Result<Command, Stop> {
        let mut command = match (self.checker(), self.under) {
            (Some(checker), _) => {
                let tests = if self.name == "models" { "--lib".to_owned() } else { format!("--test {checker}") };
                models::cargo(workspace, checker, checker, &format!("{tests} {more}"))
            }
            (None, Under::Nothing) => workspace.cargo("", &self.plain(more)),
            (None, Under::Address) => self.sanitized(workspace, Sanitizer::Address, more)?,
            (None, Under::Thread) => self.sanitized(workspace, Sanitizer::Thread, more)?,
            (None, Under::Memcheck) => valgrind::cargo(workspace, &valgrind::runner(workspace)?, &self.plain(more)),
        };
        command.current_dir(tree);
        if self.under == Under::Nothing {
            // Nobody reads these programs' backtraces, and they are built once for each defect.
            command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        } else {
            command.env("THALWEG_PATIENCE", "15");
        }
        Ok(command)
    }

    fn sanitized(&self, workspace: &Workspace, by: Sanitizer, more: &str) -> Result<Command, Stop> {
        Ok(by.cargo(workspace, &sanitize::compiler(workspace)?, &self.plain(more)))
    }

    fn plain(&self, more: &str) -> String {
        let features = if self.name.ends_with("-default") { "" } else { "--all-features" };
        match self.target() {
            "corpus" => format!("test -p thalweg-fuzz --test corpus {more}"),
            "unit" => format!("test -p thalweg {features} --lib {more}"),
            target => format!("test -p thalweg {features} --test {target} {more}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instrument_comes_before_the_program() {
        let (program, filter) = Program::read("it a:: b");
        assert!(program.under == Under::Nothing && program.name == "it" && filter == ["a::", "b"]);
        let (program, filter) = Program::read("sanitize-thread it-default a");
        assert!(program.under == Under::Thread && program.target() == "it" && filter == ["a"]);
    }
}
