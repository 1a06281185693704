//! What recording costs: the same program without the feature, and with it where no channel is recorded, in instructions by
//! callgrind; and what an event takes, in nanoseconds.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::process;
use crate::scratch::Scratch;
use crate::step::Stop;
use crate::workspace::{Workspace, minutes};

const PROGRAM: &str = include_str!("cost/program.txt");

/// By their names in the program, and what is done each time.
const OPERATIONS: [(&str, &str); 14] = [
    ("try", "`mpmc`: `try_send`, `try_recv`"),
    ("await", "`send().await`, `recv().await`"),
    ("waits-1", "a message at capacity 1, with its waits"),
    ("waits-0", "a message at capacity 0"),
    ("mpsc-waits-1", "`mpsc`: a message at capacity 1, with its waits"),
    ("made", "`mpmc`: a channel made and dropped"),
    ("cloned", "a sender cloned and dropped"),
    ("oneshot", "`oneshot`: made, sent, received"),
    ("oneshot-waits", "the same, with a wait"),
    ("oneshot-made", "made and dropped"),
    ("broadcast", "`broadcast`: a send, two `try_recv`"),
    ("broadcast-made", "a channel of 8 made and dropped"),
    ("watch", "`watch`: a send, a `borrow_and_update`"),
    ("watch-made", "made and dropped"),
];

/// How often; the second count is of twice as many.
const TIMES: u64 = 4_000;

pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    match measure(workspace) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Failed(reason) | Stop::NotRun(reason)) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn measure(workspace: &Workspace) -> Result<(), Stop> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Err(Stop::NotRun("valgrind is not installed; on Debian: apt-get install valgrind".to_owned()));
    }
    let without = build(workspace, "without")?;
    let with = build(workspace, "with")?;
    println!("| instructions | without the feature | with it, not recorded | more |\n| --- | --- | --- | --- |");
    for (name, about) in OPERATIONS {
        let (before, after) = (count(&without, name)?, count(&with, name)?);
        println!("| {about} | {before:.0} | {after:.0} | {:.0} |", after - before);
    }
    for _ in 0..3 {
        let mut command = Command::new(&with);
        command.arg("event");
        let said = process::read(command, minutes(2))?;
        let (event, clock) = said.trim().split_once(' ').unwrap_or((&said, "?"));
        println!("an event takes {event} ns, of which reading the clock takes {clock}");
    }
    Ok(())
}

/// The program, with thalweg's default features and perhaps `record`.
fn build(workspace: &Workspace, which: &str) -> Result<PathBuf, Stop> {
    let manifest = format!(
        "[package]\nname = \"cost\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
         [features]\nrecord = [\"thalweg/record\"]\n\
         [dependencies]\nfutures-lite = \"2\"\nthalweg = {{ path = {:?} }}\n",
        workspace.root.join("crates/thalweg")
    );
    let scratch = Scratch::at(workspace, workspace.target.join("scratch/cost").join(which), &manifest)?;
    scratch.write("src/main.rs", PROGRAM)?;
    let target = workspace.target.join("scratch/cost-built").join(which);
    let features = if which == "with" { "--features record" } else { "" };
    let mut command = scratch.cargo(workspace, &format!("build --release {features}"));
    command.env("CARGO_TARGET_DIR", &target);
    process::run(command, minutes(10))?;
    Ok(target.join("release/cost"))
}

/// Instructions each time: what twice as many times take more, without the start of the program.
fn count(program: &Path, operation: &str) -> Result<f64, Stop> {
    let collect = |times: u64| {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).arg(operation);
        let output = command.arg(times.to_string()).output();
        let output = output.map_err(|error| Stop::NotRun(format!("valgrind does not start: {error}")))?;
        let text = String::from_utf8_lossy(&output.stderr);
        let collected = text.lines().find_map(|line| line.split("Collected : ").nth(1));
        match (output.status.success(), collected.and_then(|count| count.trim().parse::<u64>().ok())) {
            (true, Some(count)) => Ok(count),
            _ => Err(Stop::Failed(format!("{operation}: valgrind says {text}"))),
        }
    };
    Ok((collect(2 * TIMES)?.saturating_sub(collect(TIMES)?)) as f64 / TIMES as f64)
}
