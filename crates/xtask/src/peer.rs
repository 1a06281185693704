//! async-channel's own tests and examples, with its name changed to ours. Nothing of it is kept in the repository:
//! its sources are those that cargo has fetched.

use std::fs;
use std::path::Path;

use crate::process;
use crate::scratch::{Scratch, failed};
use crate::step::{Outcome, Stop};
use crate::workspace::{Workspace, minutes};

const PEER: &str = "async-channel";

/// Tests of the peer that do not hold for us, each with the reason, which docs/compat.md explains. A name that the
/// peer no longer has is a failure, so that this list cannot grow stale.
const DIFFERENCES: &[(&str, &str)] = &[];

const DEV_DEPENDENCIES: &str = "\
futures-core = \"0.3\"
[features]
default = [\"std\"]
std = []
[dev-dependencies]
easy-parallel = \"3\"
futures-lite = \"2\"";

/// Its integration tests, in which only the line that imports it is another.
pub(crate) fn tests(workspace: &Workspace) -> Outcome {
    let scratch = Scratch::new(workspace, "async-channel-tests", "2021", DEV_DEPENDENCIES)?;
    scratch.write("src/lib.rs", "")?;
    let folder = source(workspace)?.join("tests");
    let mut all = String::new();
    let mut files = 0;
    for entry in fs::read_dir(&folder).map_err(|error| failed("read", &folder, error))?.flatten() {
        let text = read(&entry.path())?;
        let text = with_our_name(&text).map_err(|why| Stop::Failed(format!("{}: {why}", entry.path().display())))?;
        scratch.write(&format!("tests/{}", entry.file_name().to_string_lossy()), &text)?;
        all.push_str(&text);
        files += 1;
    }
    if files == 0 {
        return Err(Stop::NotRun(format!("the published {PEER} has no tests")));
    }
    for (name, reason) in DIFFERENCES {
        if !all.contains(&format!("fn {name}()")) {
            return Err(Stop::Failed(format!("{PEER} has no test `{name}` any more")));
        }
        println!("left out: {name}: {reason}");
    }
    // A layer of two small programs: not worth a tighter limit than a busy machine needs.
    let mut command = scratch.cargo(workspace, "test --tests -- --exact");
    command.args(DIFFERENCES.iter().flat_map(|(name, _)| ["--skip", name]));
    process::run_tests(command, minutes(5))
}

/// The examples in its documentation.
pub(crate) fn examples(workspace: &Workspace) -> Outcome {
    let scratch = Scratch::new(workspace, "async-channel-examples", "2021", DEV_DEPENDENCIES)?;
    let path = source(workspace)?.join("src/lib.rs");
    let examples = examples_in(&read(&path)?).replace("async_channel::", "thalweg::mpmc::");
    scratch.write("examples.md", &examples)?;
    scratch.write("src/lib.rs", "#![doc = include_str!(\"../examples.md\")]\n")?;
    process::run_tests(scratch.cargo(workspace, "test --doc"), minutes(5))
}

fn source(workspace: &Workspace) -> Result<std::path::PathBuf, Stop> {
    let missing = || Stop::NotRun(format!("cargo has not fetched {PEER}"));
    workspace.folder_of(PEER).ok_or_else(missing)
}

fn read(path: &Path) -> Result<String, Stop> {
    fs::read_to_string(path).map_err(|error| failed("read", path, error))
}

/// The text with its one import of the peer turned into one of ours, and nothing else changed.
fn with_our_name(text: &str) -> Result<String, String> {
    let changed = text.replace("\nuse async_channel::", "\nuse thalweg::mpmc::");
    let ours = changed.matches("use thalweg::mpmc::").count();
    if ours != 1 || changed.contains("async_channel") {
        return Err(format!("expected one import of {PEER}, and no other mention; found {ours}"));
    }
    Ok(changed)
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
    fn only_the_import_changes() {
        let text = "//! x\nuse async_channel::{bounded};\nfn f() {}\n";
        assert_eq!(with_our_name(text).unwrap(), "//! x\nuse thalweg::mpmc::{bounded};\nfn f() {}\n");
        assert!(with_our_name("fn f() { async_channel::bounded(1) }\n").is_err());
        assert!(with_our_name("fn f() {}\n").is_err());
    }

    #[test]
    fn takes_the_examples_out_of_the_documentation() {
        let source = "/// Says.\n///\n/// ```\n/// let a = 1;\n/// ```\nfn f() {}\n// ``` not this\n";
        assert_eq!(examples_in(source), "```\nlet a = 1;\n```\n");
    }
}
