//! Memcheck, which finds reads of what was never written, and needs no compiler but ours.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::sanitize::LEAKS;
use super::{CORPUS, IT, Tests, UNIT};
use crate::debian;
use crate::scratch::failed;
use crate::step::{Step, Stop};
use crate::workspace::{Workspace, minutes};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Definite leaks fail; what is still reachable at the end, such as a runtime's threads, does not.
const VALGRIND: &str = "valgrind --quiet --leak-check=full --show-leak-kinds=definite \
                        --errors-for-leak-kinds=definite --error-exitcode=99 \
                        --num-callers=60 --fair-sched=yes";

/// Files of `it` that say something of memory. It is some fifty times slower so: the models that draw many histories,
/// and tests of time and fairness, are left out.
const FILES: [&str; 15] = [
    "batches::",
    "broadcast::",
    "cancel::",
    "capacity::",
    "closing::",
    "errors::",
    "exactly_once::",
    "force_send::",
    "mpsc::",
    "no_foreign_code::",
    "oneshot::",
    "permits::",
    "runs::",
    "value_back::",
    "watch::found::",
];

/// What one test target may take.
pub(crate) const LIMIT: Duration = minutes(25);

pub(crate) fn step(workspace: &Workspace) -> Step<'_> {
    Step::new("valgrind", "programs, unit tests and a part of `it` under memcheck", move || {
        let runner = runner(workspace)?;
        let tests = |arguments: &str| {
            let filter = match arguments {
                _ if arguments.contains("--no-run") || !arguments.contains("--test it") => String::new(),
                _ => format!("-- {}", FILES.join(" ")),
            };
            cargo(workspace, &runner, &format!("{arguments} {filter}"))
        };
        Tests { seconds: 1, build: minutes(15), run: LIMIT }.run(&[CORPUS, UNIT, IT], tests)
    })
}

/// What cargo has to put before a test program.
pub(crate) fn runner(workspace: &Workspace) -> Result<String, Stop> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(Stop::NotRun("needs Linux on x86-64".to_owned()));
    }
    debian::install(&["valgrind", "libc6-dbg"])?;
    Ok(format!("{VALGRIND} --suppressions={}", suppressions(workspace)?.display()))
}

/// Cargo's `test`, one test at a time, each under memcheck.
pub(crate) fn cargo(workspace: &Workspace, runner: &str, arguments: &str) -> Command {
    let mut command = workspace.cargo("valgrind", arguments);
    command
        .env("CARGO_BUILD_TARGET", TARGET)
        .env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", runner)
        .env("RUST_TEST_THREADS", "1")
        .env("THALWEG_FUZZ_DRAWS", "300");
    command
}

/// The list that LeakSanitizer reads, in valgrind's words. It knows functions by what the linker calls them, which has the
/// parts of a name in the same order.
fn suppressions(workspace: &Workspace) -> Result<PathBuf, Stop> {
    let list = workspace.root.join(LEAKS);
    let text = fs::read_to_string(&list).map_err(|error| failed("read", &list, error))?;
    let names = text.lines().filter_map(|line| line.strip_prefix("leak:"));
    let ours: String = names
        .map(|name| {
            let function = name.replace("::", "*");
            format!("{{\n{name}\nMemcheck:Leak\n...\nfun:*{function}*\n}}\n")
        })
        .collect();
    let to = workspace.target.join("valgrind.supp");
    fs::write(&to, ours).map_err(|error| failed("write", &to, error))?;
    Ok(to)
}
