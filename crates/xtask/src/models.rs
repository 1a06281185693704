//! The model checkers: how their programs are built and run, and the layers that run them.

use std::fs;
use std::process::Command;

use crate::apart;
use crate::process;
use crate::scratch::failed;
use crate::step::{Outcome, Step, Stop};
use crate::workspace::{Workspace, minutes};

/// Optimised, as they run as many orders as the time allows, but with the crate's own debug assertions: what must hold
/// when a lock is let go is asserted there, and positions begin a message before they wrap, which all but the smallest
/// models cross.
const ASSERTIONS: &str = "--config profile.release.package.thalweg.debug-assertions=true";

const BOUND: &str = "LOOM_MAX_PREEMPTIONS";
const DEFAULT_BOUND: &str = "2";

/// Cargo's `test` of the crate with everything built for this checker, in this folder below the target's.
pub(crate) fn cargo(workspace: &Workspace, checker: &str, folder: &str, arguments: &str) -> Command {
    let mut command =
        workspace.cargo(folder, &format!("{ASSERTIONS} test -p thalweg --features sink --release {arguments}"));
    command.env("RUSTFLAGS", format!("--cfg thalweg_{checker}"));
    if std::env::var_os(BOUND).is_none() {
        command.env(BOUND, DEFAULT_BOUND);
    }
    command
}

pub(crate) fn layers(workspace: &Workspace) -> [Step<'_>; 2] {
    [
        Step::new("loom", "small models, every order of their steps and of memory", || loom(workspace)),
        Step::new("shuttle", "random histories, each explained by a sequential model", || {
            process::run_tests(cargo(workspace, "shuttle", "shuttle", "--test shuttle"), minutes(20))
        }),
    ]
}

/// As many times more schedules as CI runs.
const LONG: &str = "10";

/// The histories once more, from many more scenarios.
pub(crate) fn schedules(workspace: &Workspace) -> Step<'_> {
    Step::new("schedules", "ten times as many scenarios and schedules as CI runs", || {
        let mut command = cargo(workspace, "shuttle", "shuttle", "--test shuttle");
        if std::env::var_os("THALWEG_SHUTTLE_FACTOR").is_none() {
            command.env("THALWEG_SHUTTLE_FACTOR", LONG);
        }
        process::run_tests(command, minutes(180))
    })
}

/// The models that may be cut short by the time.
const CUT: &str = "crates/thalweg/tests/loom/cut.txt";

/// Loom looks at the clock before the order of this number: a model with fewer is always run to its end.
const FIRST_LOOK: usize = 20_000;

/// The cellar is private: its models are beside it, and run in the same layer. Each test has a process: loom makes and frees
/// a stack for each thread of each order, and in one process the system lets only one thread at a time do that.
fn loom(workspace: &Workspace) -> Outcome {
    let command = cargo(workspace, "loom", "loom", "--lib --test loom");
    let folder = workspace.folder_of("thalweg").unwrap_or_else(|| workspace.root.clone());
    let bound = std::env::var_os(BOUND).unwrap_or_else(|| DEFAULT_BOUND.into());
    let prepared = |command: &mut Command| {
        // Models are told apart by the names of threads, of which a single one would run all tests.
        command.current_dir(&folder).env(BOUND, &bound).env("RUST_TEST_THREADS", "2");
    };
    let (tests, lines) = apart::run(&apart::built(command)?, prepared, minutes(20))?;
    let models: Vec<Model> = lines.iter().filter_map(|line| model_in(line)).collect();
    let cut = models.iter().filter(|model| model.is_cut).count();
    let path = workspace.root.join(CUT);
    let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
    // With other bounds there are other orders.
    if std::env::var_os(BOUND).is_none() {
        let wrong = against_the_list(&models, &text);
        if !wrong.is_empty() {
            return Err(Stop::Failed(format!("{CUT}: {}", wrong.join("; "))));
        }
    }
    Ok(format!("{tests}; of {} models of channels {cut} were cut short", models.len()))
}

/// A model of `tests/loom`, at one capacity.
struct Model<'a> {
    name: &'a str,
    orders: usize,
    is_cut: bool,
}

/// If this is the line that a model writes at its end: `model flow::two_senders#1: 4711 orders, complete`.
fn model_in(line: &str) -> Option<Model<'_>> {
    let (name, rest) = line.strip_prefix("model ")?.split_once(": ")?;
    let (orders, end) = rest.split_once(" orders, ")?;
    Some(Model { name, orders: orders.parse().ok()?, is_cut: end == "cut" })
}

/// What the list has too much or too little. Only whether the clock is looked at says something of the model, and not of
/// the machine.
fn against_the_list(models: &[Model], list: &str) -> Vec<String> {
    let listed: Vec<&str> = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut wrong = Vec::new();
    for model in models {
        match (listed.contains(&model.name), model.orders + 1 >= FIRST_LOOK) {
            (false, true) => wrong.push(format!("{} is not run to its end for certain", model.name)),
            (true, false) => wrong.push(format!("{} is always run to its end", model.name)),
            _ => {}
        }
    }
    let is_there = |name: &str| models.iter().any(|model| model.name == name);
    wrong.extend(listed.iter().filter(|name| !is_there(name)).map(|name| format!("there is no {name}")));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_and_their_list_are_compared() {
        let lines = ["model a::b#1: 19999 orders, cut", "model a::b#2: 12 orders, complete", "test a::b ... ok"];
        let models: Vec<Model> = lines.iter().filter_map(|line| model_in(line)).collect();
        assert_eq!(models.iter().map(|model| model.is_cut).collect::<Vec<_>>(), [true, false]);
        assert_eq!(against_the_list(&models, "# Why\na::b#1\n"), [""; 0]);
        assert_eq!(against_the_list(&models, "a::b#2\na::c#1\n").len(), 3);
    }
}
