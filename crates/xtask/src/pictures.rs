//! The pictures in docs/pictures, drawn anew. The layer `diagram` fails when one is stale.

use std::process::ExitCode;

use crate::process;
use crate::workspace::{Workspace, minutes};

pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    let mut command = workspace.cargo("", "test -p thalweg-diagram --test pictures");
    command.env("THALWEG_PICTURES", "write");
    match process::run_tests(command, minutes(8)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
