//! The pictures in docs/pictures, and those in the documentation of each kind of channel, drawn anew. The layers `diagram` and
//! `record` fail when one is stale. But for that of the main job's own run, which is another each time.

use std::process::ExitCode;

use crate::process;
use crate::step::Stop;
use crate::workspace::{Workspace, minutes};

/// Those that come out the same each time; with `--run` the main job on this repository as well.
pub(crate) fn run(workspace: &Workspace, options: &[String]) -> ExitCode {
    if let Some(unknown) = options.iter().find(|option| *option != "--run") {
        eprintln!("xtask: there is no option `{unknown}`; there is: --run");
        return ExitCode::from(2);
    }
    let drawn = made(workspace).and_then(|()| if options.is_empty() { Ok(()) } else { main_job(workspace) });
    if drawn.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn made(workspace: &Workspace) -> Result<(), Stop> {
    // Those that are made by hand, and those of the small programs.
    for tests in ["test -p thalweg-diagram --test pictures", "test -p thalweg --all-features --test record pictures"] {
        let mut command = workspace.cargo("", tests);
        command.env("THALWEG_PICTURES", "write");
        process::run_tests(command, minutes(8))?;
    }
    Ok(())
}

fn main_job(workspace: &Workspace) -> Result<(), Stop> {
    let job = "run --release -p thalweg --features record --example checksum -- crates --workers 2 --stats";
    let mut command = workspace.cargo("", job);
    command.args(["--diagram", "docs/pictures/checksum-run.svg", "--output"]).arg(workspace.target.join("checksums"));
    process::run(command, minutes(8)).map(drop)
}
