//! The promises as probes of thalweg and its peers: built, then run with the arguments as they are.

use std::process::ExitCode;

use crate::process;
use crate::step::{Step, Stop};
use crate::workspace::{Workspace, minutes};

pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> ExitCode {
    let build = workspace.cargo("", "build --quiet -p thalweg-contract");
    let outcome = process::run(build, minutes(20)).and_then(|_| {
        let mut command = workspace.cargo("", "run --quiet -p thalweg-contract --");
        command.args(arguments);
        process::run(command, minutes(20))
    });
    match outcome {
        Ok(_) => ExitCode::SUCCESS,
        Err(Stop::Failed(reason) | Stop::NotRun(reason)) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// What of it every landing runs: ours, the seeded defects, and whether the page is that of its findings. No peer is
/// built for it.
pub(crate) fn step(workspace: &Workspace) -> Step<'_> {
    Step::new("contract", "the promises as probes: ours, seeded defects, and the page", || {
        process::run_tests(workspace.cargo("", "test -p thalweg-contract --no-default-features"), minutes(5))
    })
}
