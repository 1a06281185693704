//! The pictures in docs/pictures, and those in the documentation of each kind of channel, drawn anew. The layers `diagram` and
//! `record` fail when one is stale.

use std::process::ExitCode;

use crate::process;
use crate::workspace::{Workspace, minutes};

pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    // Those that are made by hand, and those of real runs.
    let tests = ["test -p thalweg-diagram --test pictures", "test -p thalweg --all-features --test record pictures"];
    let all_drawn = tests.iter().all(|arguments| {
        let mut command = workspace.cargo("", arguments);
        command.env("THALWEG_PICTURES", "write");
        process::run_tests(command, minutes(8)).is_ok()
    });
    if all_drawn { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
