//! The pictures in docs/pictures, and those in the documentation of each kind of channel, drawn anew. The layers `diagram` and
//! `record` fail when one is stale. That of the main job's own run is drawn from a recording that is kept beside it.

use std::process::ExitCode;

use crate::process;
use crate::step::Stop;
use crate::workspace::{Workspace, minutes};

/// All of them; with `--run` the main job is recorded anew, on this repository.
pub(crate) fn run(workspace: &Workspace, options: &[String]) -> ExitCode {
    if let Some(unknown) = options.iter().find(|option| *option != "--run") {
        eprintln!("xtask: there is no option `{unknown}`; there is: --run");
        return ExitCode::from(2);
    }
    let recorded = if options.is_empty() { Ok(()) } else { main_job(workspace) };
    let drawn = recorded.and_then(|()| draw(workspace));
    if drawn.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn draw(workspace: &Workspace) -> Result<(), Stop> {
    // That of the main job, and those of the small programs.
    for tests in
        ["test -p thalweg-diagram --test pictures the_picture", "test -p thalweg --all-features --test record pictures"]
    {
        let mut command = workspace.cargo("", tests);
        command.env("THALWEG_PICTURES", "write");
        process::run_tests(command, minutes(8))?;
    }
    Ok(())
}

fn main_job(workspace: &Workspace) -> Result<(), Stop> {
    let job = "run --release -p thalweg --features record --example checksum -- crates --workers 2 --stats";
    let mut command = workspace.cargo("", job);
    command
        .args(["--diagram", "docs/pictures/checksum-run.thalweg", "--output"])
        .arg(workspace.target.join("checksums"));
    process::run(command, minutes(8)).map(drop)
}
