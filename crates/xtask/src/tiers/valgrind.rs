//! Memcheck, which finds reads of what was never written, and needs no compiler but ours.

use std::fs;
use std::path::PathBuf;

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

pub(crate) fn step(workspace: &Workspace) -> Step<'_> {
    Step::new("valgrind", "programs, unit tests and a part of `it` under memcheck", move || {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err(Stop::NotRun("needs Linux on x86-64".to_owned()));
        }
        debian::install(&["valgrind", "libc6-dbg"])?;
        let valgrind = format!("{VALGRIND} --suppressions={}", suppressions(workspace)?.display());
        let cargo = |arguments: &str| {
            let filter = if arguments.contains("--no-run") {
                String::new()
            } else if arguments.contains("--test it") {
                format!("-- --test-threads=1 {}", FILES.join(" "))
            } else {
                "-- --test-threads=1".to_owned()
            };
            let arguments = format!("{arguments} --target {TARGET} {filter}");
            let mut command = workspace.cargo("valgrind", &arguments);
            command.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", &valgrind).env("THALWEG_FUZZ_DRAWS", "300");
            command
        };
        Tests { seconds: 1, build: minutes(15), run: minutes(25) }.run(&[CORPUS, UNIT, IT], cargo)
    })
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
