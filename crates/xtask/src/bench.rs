//! The benchmark: built as it is to be measured, then run with the arguments as they are.

use std::process::ExitCode;

use crate::process;
use crate::step::Stop;
use crate::workspace::{Workspace, minutes};

/// Longer than the whole of it ever takes.
const LIMIT: u64 = 3 * 60;

pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> ExitCode {
    let build = workspace.cargo("", "build --release -p thalweg-bench --bins");
    let outcome = process::run(build, minutes(60)).and_then(|_| {
        // By cargo, which knows where the program is, and from the root, where results go.
        let mut command = workspace.cargo("", "run --quiet --release -p thalweg-bench --");
        command.args(arguments);
        process::run(command, minutes(LIMIT))
    });
    match outcome {
        Ok(_) => ExitCode::SUCCESS,
        Err(Stop::Failed(reason) | Stop::NotRun(reason)) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}
