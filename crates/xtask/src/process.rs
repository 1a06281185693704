//! Child processes: each with a time limit, their output passed on and, where it says so, counted.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::step::{Outcome, Stop};

/// Runs `command` with its output on ours.
pub(crate) fn run(mut command: Command, limit: Duration) -> Outcome {
    let (status, _) = watch(&mut command, limit, Output::PassedOn)?;
    verdict(&command, status).map(|()| String::new())
}

/// Runs `command` with all it says going to a file.
pub(crate) fn run_logged(mut command: Command, log: &Path, limit: Duration) -> Outcome {
    let file = || File::create(log).map_err(|error| Stop::Failed(format!("cannot write {}: {error}", log.display())));
    let out = file()?;
    let errors = out.try_clone().map_err(|error| Stop::Failed(error.to_string()))?;
    command.stdout(out).stderr(errors);
    let (status, _) = watch(&mut command, limit, Output::PassedOn)?;
    verdict(&command, status).map(|()| String::new())
}

/// Runs `command` with its output on ours, and returns what it wrote to its standard output.
pub(crate) fn run_and_keep(mut command: Command, limit: Duration) -> Result<Vec<String>, Stop> {
    let (status, lines) = watch(&mut command, limit, Output::PassedOnAndKept)?;
    verdict(&command, status)?;
    Ok(lines)
}

/// Runs tests, and says how many. That none ran is a failure: a layer that ran nothing shows nothing.
pub(crate) fn run_tests(command: Command, limit: Duration) -> Outcome {
    run_tests_and_keep(command, limit).map(|(count, _)| count)
}

/// The same, and all they wrote.
pub(crate) fn run_tests_and_keep(mut command: Command, limit: Duration) -> Result<(String, Vec<String>), Stop> {
    let (status, lines) = watch(&mut command, limit, Output::PassedOnAndKept)?;
    verdict(&command, status)?;
    Ok((counted(&command, &lines)?, lines))
}

/// Runs tests that are to be green, without a word of theirs.
pub(crate) fn run_tests_quietly(mut command: Command, limit: Duration) -> Outcome {
    command.stderr(Stdio::null());
    let (status, lines) = watch(&mut command, limit, Output::Kept)?;
    verdict(&command, status)?;
    counted(&command, &lines)
}

fn counted(command: &Command, lines: &[String]) -> Outcome {
    how_many(lines).map_err(|_| Stop::Failed(format!("no test ran in: {}", shown(command))))
}

/// How many tests passed, by these lines of theirs.
pub(crate) fn how_many(lines: &[String]) -> Outcome {
    match lines.iter().filter_map(|line| tests_in(line)).sum() {
        0 => Err(Stop::Failed("no test ran".to_owned())),
        1 => Ok("1 test".to_owned()),
        count => Ok(format!("{count} tests")),
    }
}

/// The standard output of `command`, which is expected to succeed.
pub(crate) fn read(mut command: Command, limit: Duration) -> Result<String, Stop> {
    let (status, lines) = watch(&mut command, limit, Output::Kept)?;
    verdict(&command, status)?;
    Ok(lines.join("\n"))
}

/// The standard output of `command`, and whether it succeeded.
pub(crate) fn read_either(mut command: Command, limit: Duration) -> Result<(bool, Vec<String>), Stop> {
    command.stderr(Stdio::null());
    let (status, lines) = watch(&mut command, limit, Output::Kept)?;
    Ok((status.success(), lines))
}

/// How a command that may well fail ended: `None` when it was still running at the limit.
pub(crate) fn probe(mut command: Command, limit: Duration) -> Result<Option<ExitStatus>, Stop> {
    match watch(&mut command, limit, Output::Dropped) {
        Ok((status, _)) => Ok(Some(status)),
        Err(Stop::Failed(reason)) if reason.starts_with(TOO_LONG) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// How a command ended that is stopped at the first line it writes that says enough.
pub(crate) enum Ended {
    Said(String),
    Itself(ExitStatus),
    Late,
}

pub(crate) fn first_line(
    mut command: Command,
    limit: Duration,
    is_enough: impl Fn(&str) -> bool + Send + 'static,
) -> Result<Ended, Stop> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child =
        command.spawn().map_err(|error| Stop::NotRun(format!("cannot start {}: {error}", shown(&command))))?;
    let (said, heard) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        thread::spawn(move || {
            let lines = BufReader::new(out).lines().map_while(Result::ok);
            lines.filter(|line| is_enough(line)).for_each(|line| drop(said.send(line)));
        });
    }
    // The end of its output, if it does not say it.
    let line = match hear(&heard, limit) {
        Ok(line) => Some(line),
        Err(mpsc::RecvTimeoutError::Disconnected) => None,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            end(&mut child);
            return Ok(Ended::Late);
        }
    };
    if let Some(line) = line {
        end(&mut child);
        return Ok(Ended::Said(line));
    }
    Ok(wait(&mut child, limit).map_or(Ended::Late, Ended::Itself))
}

/// Waits in small steps: while all of us is stopped, as a busy machine may do, no time passes.
fn hear(heard: &mpsc::Receiver<String>, limit: Duration) -> Result<String, mpsc::RecvTimeoutError> {
    const STEP: Duration = Duration::from_millis(50);
    let mut waited = Duration::ZERO;
    loop {
        match heard.recv_timeout(STEP) {
            Err(mpsc::RecvTimeoutError::Timeout) if waited < limit => waited += STEP,
            other => return other,
        }
    }
}

const TOO_LONG: &str = "still running after";

#[derive(Clone, Copy, PartialEq)]
enum Output {
    PassedOn,
    PassedOnAndKept,
    Kept,
    Dropped,
}

fn watch(command: &mut Command, limit: Duration, output: Output) -> Result<(ExitStatus, Vec<String>), Stop> {
    match output {
        Output::PassedOn => {}
        Output::Dropped => {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        Output::PassedOnAndKept | Output::Kept => {
            command.stdout(Stdio::piped());
        }
    }
    let mut child = command
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| Stop::NotRun(format!("cannot start {}: {error}", shown(command))))?;
    let lines = child.stdout.take().map(|out| collect(out, output == Output::PassedOnAndKept));
    let status = wait(&mut child, limit)
        .ok_or_else(|| Stop::Failed(format!("{TOO_LONG} {} s: {}", limit.as_secs(), shown(command))))?;
    let lines = match lines {
        Some(reader) => reader.join().unwrap_or_default(),
        None => Vec::new(),
    };
    Ok((status, lines))
}

fn collect(out: impl Read + Send + 'static, pass_on: bool) -> JoinHandle<Vec<String>> {
    thread::spawn(move || {
        let mut lines = Vec::new();
        for line in BufReader::new(out).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if pass_on {
                println!("{line}");
            }
            lines.push(line);
        }
        lines
    })
}

/// The status of a child that ended in time. One that did not is killed, with all its descendants.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(20)),
            _ => break,
        }
    }
    end(child);
    None
}

/// Kills a child and all it started.
fn end(child: &mut Child) {
    let family = descendants(child.id());
    if !family.is_empty() {
        // Cargo's own death does not end the test it started.
        let ids = family.iter().map(u32::to_string);
        let _ = Command::new("kill").arg("-KILL").args(ids).status();
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// All processes below `root`, as Linux tells them; elsewhere none.
fn descendants(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name, in parentheses, may hold spaces; after it come the state and the parent's id.
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
        if let Some(parent) = parent.and_then(|parent| parent.parse().ok()) {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let below = children.remove(&id).unwrap_or_default();
        open.extend(&below);
        found.extend(below);
    }
    found
}

fn verdict(command: &Command, status: ExitStatus) -> Result<(), Stop> {
    if status.success() {
        return Ok(());
    }
    Err(Stop::Failed(format!("{status} from: {}", shown(command))))
}

fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    if let Some(name) = text.rsplit('/').next() {
        text = name.to_owned();
    }
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// How many tests passed, if this is libtest's summary of a binary.
fn tests_in(line: &str) -> Option<usize> {
    let rest = line.trim().strip_prefix("test result: ok. ")?;
    rest.split_once(" passed")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn counts_tests_and_refuses_none() {
        let line = "echo 'test result: ok. 7 passed; 0 failed; 0 ignored'";
        assert_eq!(run_tests(shell(line), SOON).unwrap(), "7 tests");
        assert_eq!(run_tests_quietly(shell(line), SOON).unwrap(), "7 tests");
        for run in [run_tests, run_tests_quietly] {
            assert!(matches!(run(shell("true"), SOON), Err(Stop::Failed(_))));
            assert!(matches!(run(shell(&format!("{line}; exit 1")), SOON), Err(Stop::Failed(_))));
        }
    }

    #[test]
    fn a_failing_command_fails() {
        assert!(matches!(run(shell("exit 3"), SOON), Err(Stop::Failed(_))));
        assert!(run(shell("exit 0"), SOON).is_ok());
    }

    #[test]
    fn a_hanging_command_is_ended_with_its_children() {
        let started = Instant::now();
        // The inner sleep holds the pipe: were it left alive, reading would last as long as it.
        let outcome = run_tests(shell("sleep 60; true"), Duration::from_millis(300));
        assert!(matches!(outcome, Err(Stop::Failed(reason)) if reason.starts_with(TOO_LONG)));
        assert!(started.elapsed() < SOON);
    }

    #[test]
    fn a_command_is_ended_when_it_has_said_enough() {
        let started = Instant::now();
        let script = "echo one; echo two; sleep 60";
        let ended = first_line(shell(script), SOON, |line| line == "two").unwrap();
        assert!(matches!(ended, Ended::Said(line) if line == "two"));
        assert!(
            matches!(first_line(shell("exit 3"), SOON, |_| true).unwrap(), Ended::Itself(status) if !status.success())
        );
        assert!(matches!(first_line(shell("sleep 60"), Duration::from_millis(300), |_| true).unwrap(), Ended::Late));
        assert!(started.elapsed() < SOON);
    }

    #[test]
    fn a_missing_program_is_not_a_pass() {
        let outcome = run(Command::new("no-such-program-here"), SOON);
        assert!(matches!(outcome, Err(Stop::NotRun(_))));
    }
}
