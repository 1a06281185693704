//! Tests that are built once, and run with one mutant after another.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::copy::{Changed, copy_sources};
use crate::process::{self, Ended};
use crate::scratch::failed;
use crate::step::Stop;
use crate::workspace::{Workspace, minutes};

use super::SOURCES;
use super::found::{Found, Verdict};
use super::layer::Layer;
use super::mutant::Mutant;
use super::switches::{self, CHOSEN, SWITCH, Switched};

/// Test programs of a layer, built.
pub(super) struct Trial<'a> {
    workspace: &'a Workspace,
    layer: &'a Layer,
    tree: PathBuf,
    programs: Vec<PathBuf>,
    /// After which tests that go on for ever count as having caught it.
    limit: Duration,
}

/// The least time a layer gets: a busy machine is no hang.
const LEAST: Duration = Duration::from_secs(4);

impl<'a> Trial<'a> {
    /// Builds the tests with all mutants in them, but for those that turn out to have no place behind a switch.
    pub(super) fn switched(
        workspace: &'a Workspace,
        layer: &'a Layer,
        mutants: &[Mutant],
        found: &mut Found,
    ) -> Result<Self, Stop> {
        let tree = workspace.target.join("mutants/tree");
        let mut trial = Trial { workspace, layer, tree, programs: Vec::new(), limit: LEAST };
        for _ in 0..60 {
            let texts = trial.write(mutants, found)?;
            let errors = match trial.build()? {
                Ok(programs) => {
                    trial.programs = programs;
                    trial.measure()?;
                    return Ok(trial);
                }
                Err(errors) => errors,
            };
            let mut any = false;
            for error in &errors {
                let Some(text) = texts.get(&error.file) else { continue };
                let (numbers, is_own) = text.at(error.place);
                let verdict = if is_own && error.is_of_types() { Verdict::Unbuilt } else { Verdict::Apart };
                for mutant in numbers.iter().map(|&number| &mutants[number]) {
                    if found.has_switch(mutant) {
                        found.add(mutant, "-", verdict.clone())?;
                        any = true;
                    }
                }
            }
            if !any {
                return Err(Stop::Failed(format!("{}: no mutant explains these errors: {errors:?}", layer.name)));
            }
        }
        Err(Stop::Failed(format!("{}: the tests with all mutants in them do not build", layer.name)))
    }

    /// The sources with all mutants in them that are not apart.
    fn write(&self, mutants: &[Mutant], found: &mut Found) -> Result<HashMap<String, Switched>, Stop> {
        let mut of_file: HashMap<&str, Vec<(usize, &Mutant)>> = HashMap::new();
        for (number, mutant) in mutants.iter().enumerate() {
            if found.has_switch(mutant) {
                of_file.entry(&mutant.file).or_default().push((number, mutant));
            }
        }
        let (mut changed, mut texts) = (Changed::new(), HashMap::new());
        for (file, chosen) in of_file {
            let path = self.workspace.root.join(SOURCES).join(file);
            let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
            let (switched, apart) = switches::switched(&text, &chosen)?;
            for number in apart {
                found.add(&mutants[number], "-", Verdict::Apart)?;
            }
            changed.insert(path, switched.text.clone());
            texts.insert(file.to_owned(), switched);
        }
        let root = self.workspace.root.join(SOURCES).join("lib.rs");
        let text = fs::read_to_string(&root).map_err(|error| failed("read", &root, error))?;
        changed.insert(root, text + SWITCH);
        copy_sources(&self.workspace.root, &self.tree, &changed)?;
        Ok(texts)
    }

    /// For mutants that are tried apart: the tests as they are.
    pub(super) fn apart(workspace: &'a Workspace, layer: &'a Layer) -> Result<Self, Stop> {
        let tree = workspace.target.join("mutants/apart");
        copy_sources(&workspace.root, &tree, &Changed::new())?;
        let mut trial = Trial { workspace, layer, tree, programs: Vec::new(), limit: LEAST };
        trial.programs = trial.build()?.map_err(|_| Stop::Failed(format!("{}: the tests do not build", layer.name)))?;
        trial.measure()?;
        Ok(trial)
    }

    /// The test programs; or where the errors are, by file and byte.
    fn build(&self) -> Result<Result<Vec<PathBuf>, Vec<Error>>, Stop> {
        // Cargo gives programs of both trees the same name, and builds all anew when flags change: a folder for each.
        let flags = if self.layer.flags.is_empty() { "plain" } else { self.layer.name };
        let folder = self.tree.with_extension("built").join(flags);
        let mut command = self.workspace.cargo(&folder.to_string_lossy(), &format!("test {}", self.layer.build));
        command
            .args(["--no-run", "--message-format=json"])
            .current_dir(&self.tree)
            .env("RUSTFLAGS", format!("--cap-lints=allow {}", self.layer.flags))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            // Built once and run thousands of times.
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
        let (success, lines) = process::read_either(command, minutes(30))?;
        let messages = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let (mut programs, mut found) = (Vec::new(), Vec::new());
        for message in messages {
            if let (true, Some(program)) = (message["profile"]["test"] == true, message["executable"].as_str()) {
                programs.push(PathBuf::from(program));
            }
            if message["message"]["level"] == "error" {
                found.extend(errors(&message["message"]));
            }
        }
        Ok(if success { Ok(programs) } else { Err(found) })
    }

    /// Runs the tests without a mutant, which must pass.
    fn measure(&mut self) -> Result<(), Stop> {
        let started = Instant::now();
        self.limit = self.layer.limit;
        let words = (self.layer.runs)("").pop().unwrap_or_default();
        if let Some(by) = self.run(usize::MAX, &words)? {
            return Err(Stop::Failed(format!("{}: without any mutant it fails: {by}", self.layer.name)));
        }
        let took = started.elapsed();
        println!("{}: {:.1} s without a mutant", self.layer.name, took.as_secs_f64());
        self.limit = (took * 4).clamp(LEAST, self.layer.limit);
        Ok(())
    }

    /// Tries the mutant of this number.
    pub(super) fn of(&self, number: usize, mutant: &Mutant) -> Result<Verdict, Stop> {
        for words in (self.layer.runs)(&mutant.file) {
            // What fails by chance catches nothing: once more.
            for _ in 0..2 {
                let Some(by) = self.run(number, &words)? else { break };
                let Some(test) = by.strip_prefix("test ") else { return Ok(Verdict::Caught(by)) };
                if self.fails_alone(number, test)? {
                    return Ok(Verdict::Caught(test.to_owned()));
                }
            }
        }
        Ok(Verdict::Lives)
    }

    /// Tries a mutant that has no switch.
    pub(super) fn of_apart(&mut self, mutant: &Mutant) -> Result<Verdict, Stop> {
        let path = self.tree.join(SOURCES).join(&mutant.file);
        let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
        let write = |text: &str| fs::write(&path, text).map_err(|error| failed("write", &path, error));
        write(&mutant.applied(&text))?;
        let built = self.build();
        write(&text)?;
        match built? {
            Ok(programs) => self.programs = programs,
            Err(_) => return Ok(Verdict::Unbuilt),
        }
        self.of(usize::MAX, mutant)
    }

    /// Who fails first, if anyone.
    fn run(&self, number: usize, words: &[&str]) -> Result<Option<String>, Stop> {
        for program in &self.programs {
            let command = self.command(program, number, words);
            match process::first_line(command, self.limit, |line| line.ends_with(FAILED))? {
                Ended::Said(line) => return Ok(Some(line.trim_end_matches(FAILED).to_owned())),
                Ended::Itself(status) if !status.success() => return Ok(Some(status.to_string())),
                Ended::Itself(_) => {}
                Ended::Late => return Ok(Some("no end".to_owned())),
            }
        }
        Ok(None)
    }

    fn fails_alone(&self, number: usize, test: &str) -> Result<bool, Stop> {
        for program in &self.programs {
            let command = self.command(program, number, &[test, "--exact"]);
            if !matches!(process::first_line(command, self.limit, |_| false)?, Ended::Itself(status) if status.success())
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn command(&self, program: &Path, number: usize, words: &[&str]) -> Command {
        let mut command = Command::new("sh");
        // A loop that never ends may also take memory for ever.
        command.args(["-c", "ulimit -v 16000000; exec \"$0\" \"$@\""]).arg(program).args(words);
        let package = self.tree.join("crates").join(self.layer.package);
        command.env("CARGO_MANIFEST_DIR", &package).current_dir(package).env("LOOM_MAX_PREEMPTIONS", "2");
        command.env(CHOSEN, number.to_string());
        command
    }
}

const FAILED: &str = " ... FAILED";

/// What the compiler says of a file of the core.
#[derive(Debug)]
struct Error {
    file: String,
    /// In bytes.
    place: usize,
    code: String,
}

impl Error {
    /// No such operator, no such trait: it is wrong wherever it stands.
    fn is_of_types(&self) -> bool {
        ["E0277", "E0368", "E0369", "E0599", "E0600"].contains(&self.code.as_str())
    }
}

fn errors(message: &Value) -> Vec<Error> {
    let code = message["code"]["code"].as_str().unwrap_or_default();
    let spans = message["spans"].as_array().into_iter().flatten();
    let error = |span: &Value| {
        let name = span["file_name"].as_str()?;
        let file = name.split_once(SOURCES)?.1.trim_start_matches('/').to_owned();
        Some(Error { file, place: usize::try_from(span["byte_start"].as_u64()?).ok()?, code: code.to_owned() })
    };
    spans.filter(|span| span["is_primary"] == true).filter_map(error).collect()
}
