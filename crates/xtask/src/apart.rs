//! Tests in processes of their own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::process;
use crate::step::Stop;
use crate::workspace::minutes;

/// Does some work for each, as many at a time as there are processors, and two at least: tests also wait.
pub(crate) fn each<T: Sync>(all: &[T], work: impl Fn(usize, &T) -> Result<(), Stop> + Sync) -> Result<(), Stop> {
    let next = AtomicUsize::new(0);
    let some = || {
        while let number = next.fetch_add(1, Ordering::Relaxed)
            && let Some(one) = all.get(number)
        {
            // The other worker need not go on.
            work(number, one).inspect_err(|_| next.store(all.len(), Ordering::Relaxed))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(2, |count| count.get().max(2));
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(some)).collect();
        let panicked = || Stop::Failed("a worker panicked".to_owned());
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| Err(panicked())))
    })
}

/// The names of all tests of a program.
pub(crate) fn names(program: &Path) -> Result<Vec<String>, Stop> {
    let mut command = Command::new(program);
    command.args(["--list", "--format", "terse"]);
    let text = process::read(command, minutes(1))?;
    Ok(text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

/// Builds what this `cargo test` would run: the programs.
pub(crate) fn built(mut command: Command) -> Result<Vec<PathBuf>, Stop> {
    command.args(["--no-run", "--message-format=json-render-diagnostics"]);
    let text = process::read(command, minutes(15))?;
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs = messages.filter(|message| message["profile"]["test"] == true);
    Ok(programs.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).collect())
}

/// Runs each test of these programs, as `prepared` says. How many passed, and all they wrote. Each may take so long.
pub(crate) fn run(
    programs: &[PathBuf],
    prepared: impl Fn(&mut Command) + Sync,
    limit: Duration,
) -> Result<(String, Vec<String>), Stop> {
    let mut tests = Vec::new();
    for program in programs {
        tests.extend(names(program)?.into_iter().map(|name| (program, name)));
    }
    let (said, failed) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let poisoned = |_| Stop::Failed("a worker panicked".to_owned());
    each(&tests, |_, (program, name)| {
        let mut command = Command::new(program);
        command.args(["--exact", name]);
        prepared(&mut command);
        let (success, mut lines) = process::read_either(command, limit)?;
        if success {
            lines.retain(|line| !line.is_empty() && line != "running 1 test");
        } else {
            failed.lock().map_err(poisoned)?.push(name.clone());
        }
        let is_summary = |line: &&String| line.starts_with("test result: ok");
        lines.iter().filter(|line| !is_summary(line)).for_each(|line| println!("{line}"));
        said.lock().map_err(poisoned)?.append(&mut lines);
        Ok(())
    })?;
    let failed = failed.into_inner().map_err(|_| Stop::Failed("a worker panicked".to_owned()))?;
    if !failed.is_empty() {
        return Err(Stop::Failed(failed.join(", ")));
    }
    let said = said.into_inner().map_err(|_| Stop::Failed("a worker panicked".to_owned()))?;
    Ok((process::how_many(&said)?, said))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A program that has two tests, of which this one fails.
    fn program(failing: &str) -> (PathBuf, PathBuf) {
        let folder = std::env::temp_dir().join(format!("xtask-apart-{failing}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("program");
        let script = format!(
            "#!/bin/sh\nif [ $1 = --list ]; then echo 'a::b: test'; echo 'c: test'; echo 'd: benchmark'; exit; fi\n\
             [ $2 = {failing} ] && exit 101\necho \"model $2: $EXTRA\"; echo 'test result: ok. 1 passed; 0 failed'\n"
        );
        fs::write(&path, script).unwrap();
        Command::new("chmod").arg("+x").arg(&path).status().unwrap();
        (folder, path)
    }

    #[test]
    fn each_test_has_a_process() {
        for (failing, ends) in [("none", true), ("c", false)] {
            let (folder, path) = program(failing);
            let end = run(
                &[path],
                |command| {
                    command.env("EXTRA", "4");
                },
                Duration::from_secs(20),
            );
            match end {
                Ok((count, mut lines)) => {
                    lines.sort();
                    assert_eq!((count.as_str(), &*lines[0], &*lines[1]), ("2 tests", "model a::b: 4", "model c: 4"));
                    assert!(ends);
                }
                Err(Stop::Failed(which)) => assert!(!ends && which == "c", "{which}"),
                Err(stop) => panic!("{stop:?}"),
            }
            fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn where_there_is_no_test_it_fails() {
        assert!(matches!(run(&[], |_| (), Duration::from_secs(20)), Err(Stop::Failed(_))));
    }
}
