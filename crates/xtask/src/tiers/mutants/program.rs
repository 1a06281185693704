//! The test programs of a layer: built from a copy of the sources, and run with a mutant or without.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::apart;
use crate::process::{self, Ended};
use crate::scratch::failed;
use crate::step::Stop;
use crate::workspace::{Workspace, minutes};

use super::SOURCES;
use super::layer::Layer;
use super::switches::{CHOSEN, REACHED};

pub(super) struct Program {
    /// Of cargo's target: the same in each tree.
    pub(super) name: String,
    path: PathBuf,
    /// Where cargo would run it.
    folder: PathBuf,
}

/// Which mutant is on.
#[derive(Clone, Copy)]
pub(super) enum Turned<'a> {
    Off,
    On(usize),
    /// None, and all that are reached are added to this file.
    Noted(&'a Path),
}

/// How some tests of a program ended.
#[derive(Debug, PartialEq)]
pub(super) enum End {
    Passed,
    /// The first that failed.
    Failed(String),
    /// All of the program, by this signal or status.
    Died(String),
    Late,
}

impl Program {
    /// Where it is, and from when.
    pub(super) fn state(&self) -> Result<String, Stop> {
        let read = |error| failed("read", &self.path, error);
        let built = fs::metadata(&self.path).and_then(|file| file.modified()).map_err(read)?;
        Ok(format!("{} {built:?}", self.path.display()))
    }

    /// The names of all tests in it.
    pub(super) fn tests(&self) -> Result<Vec<String>, Stop> {
        apart::names(&self.path)
    }

    pub(super) fn run(&self, turned: Turned, tests: &[&str], limit: Duration) -> Result<End, Stop> {
        let mut command = Command::new("sh");
        // A loop that never ends may also take memory for ever.
        command.args(["-c", "ulimit -v 16000000; exec \"$0\" \"$@\""]).arg(&self.path).arg("--exact").args(tests);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder).env("LOOM_MAX_PREEMPTIONS", "2");
        match turned {
            Turned::Off => &mut command,
            Turned::On(number) => command.env(CHOSEN, number.to_string()),
            Turned::Noted(file) => command.env(REACHED, file),
        };
        Ok(match process::first_line(command, limit, |line| failed_in(line).is_some())? {
            Ended::Said(line) => End::Failed(failed_in(&line).unwrap_or_default().to_owned()),
            Ended::Itself(status) if status.success() => End::Passed,
            Ended::Itself(status) => End::Died(status.to_string()),
            Ended::Late => End::Late,
        })
    }
}

/// The test that failed, if this line says so.
fn failed_in(line: &str) -> Option<&str> {
    let test = line.strip_suffix(" ... FAILED")?.strip_prefix("test ")?;
    Some(test.strip_suffix(" - should panic").unwrap_or(test))
}

/// The test programs of a layer; or where the errors are.
pub(super) fn build(
    workspace: &Workspace,
    layer: &Layer,
    tree: &Path,
) -> Result<Result<Vec<Program>, Vec<Error>>, Stop> {
    let mut command = cargo(workspace, layer, tree, &format!("test {}", layer.build));
    command.arg("--no-run");
    let (success, messages) = said(command)?;
    let folder = tree.join("crates").join(layer.package);
    let (mut programs, mut errors) = (Vec::new(), Vec::new());
    for message in messages {
        let (target, path) = (message["target"]["name"].as_str(), message["executable"].as_str());
        if let (true, Some(name), Some(path)) = (message["profile"]["test"] == true, target, path) {
            programs.push(Program { name: name.to_owned(), path: PathBuf::from(path), folder: folder.clone() });
        }
        if message["message"]["level"] == "error" {
            errors.extend(errors_in(&message["message"]));
        }
    }
    Ok(if success { Ok(programs) } else { Err(errors) })
}

/// Whether the core compiles at all: soon known, other than with its tests.
pub(super) fn compiles(workspace: &Workspace, layer: &Layer, tree: &Path) -> Result<bool, Stop> {
    Ok(said(cargo(workspace, layer, tree, "check -p thalweg --all-features"))?.0)
}

fn cargo(workspace: &Workspace, layer: &Layer, tree: &Path, arguments: &str) -> Command {
    // Cargo gives programs of both trees the same name, and builds all anew when flags change: a folder for each.
    let flags = if layer.flags.is_empty() { "plain" } else { layer.name };
    let folder = tree.with_extension("built").join(flags);
    let mut command = workspace.cargo(&folder.to_string_lossy(), arguments);
    command
        .arg("--message-format=json")
        .current_dir(tree)
        .env("RUSTFLAGS", format!("--cap-lints=allow {}", layer.flags))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        // Built once and run thousands of times.
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    command
}

/// Whether cargo succeeds, and what it says.
fn said(command: Command) -> Result<(bool, Vec<Value>), Stop> {
    let (success, lines) = process::read_either(command, minutes(30))?;
    Ok((success, lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()))
}

/// What the compiler says of a file of the core.
#[derive(Debug)]
pub(super) struct Error {
    pub(super) file: String,
    /// In bytes.
    pub(super) place: usize,
    code: String,
}

impl Error {
    /// No such operator, no such trait, no such name: it is wrong wherever it stands.
    pub(super) fn is_of_types(&self) -> bool {
        ["E0277", "E0368", "E0369", "E0423", "E0425", "E0433", "E0599", "E0600"].contains(&self.code.as_str())
    }
}

fn errors_in(message: &Value) -> Vec<Error> {
    let code = message["code"]["code"].as_str().unwrap_or_default();
    let spans = message["spans"].as_array().into_iter().flatten();
    let error = |span: &Value| {
        let name = span["file_name"].as_str()?;
        let file = name.split_once(SOURCES)?.1.trim_start_matches('/').to_owned();
        Some(Error { file, place: usize::try_from(span["byte_start"].as_u64()?).ok()?, code: code.to_owned() })
    };
    spans.filter(|span| span["is_primary"] == true).filter_map(error).collect()
}

/// Does as `script` says when it is to run tests.
#[cfg(test)]
pub(super) fn scripted(name: &str, script: &str) -> (Program, PathBuf) {
    let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("program");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    Command::new("chmod").arg("+x").arg(&path).status().unwrap();
    (Program { name: name.to_owned(), path, folder: folder.clone() }, folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_named_by_the_program() {
        let (program, folder) = scripted("names", "echo 'a::b: test'; echo 'c: benchmark'; echo");
        assert_eq!(program.tests().unwrap(), ["a::b"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn how_tests_end_and_with_which_mutant() {
        let script = r#"case "$THALWEG_MUTANT" in
            1) echo "test $2 ... FAILED"; sleep 60;;
            2) echo "test $2 - should panic ... FAILED"; sleep 60;;
            3) kill -ABRT $$;;
            4) sleep 60;;
            "") echo "$3" > "${THALWEG_MUTANTS_REACHED:-/dev/null}";;
        esac"#;
        let (program, folder) = scripted("ends", script);
        let run = |turned| program.run(turned, &["a::b", "c"], Duration::from_secs(2)).unwrap();
        assert_eq!(run(Turned::Off), End::Passed);
        assert_eq!(run(Turned::On(1)), End::Failed("a::b".to_owned()));
        assert_eq!(run(Turned::On(2)), End::Failed("a::b".to_owned()));
        assert!(matches!(run(Turned::On(3)), End::Died(_)));
        assert_eq!(run(Turned::On(4)), End::Late);
        let noted = folder.join("noted");
        assert_eq!(run(Turned::Noted(&noted)), End::Passed);
        assert_eq!(fs::read_to_string(noted).unwrap(), "c\n");
        fs::remove_dir_all(folder).unwrap();
    }
}
