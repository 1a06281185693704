//! A check with a name, and the table of how they went.

use std::time::{Duration, Instant};

/// Why a step did not pass.
#[derive(Debug)]
pub(crate) enum Stop {
    Failed(String),
    /// It could not be done here. Never counted as passed.
    NotRun(String),
}

/// What a step that passed has to say: how many tests ran, or nothing.
pub(crate) type Outcome = Result<String, Stop>;

pub(crate) struct Step<'a> {
    pub(crate) name: String,
    pub(crate) about: String,
    action: Box<dyn FnOnce() -> Outcome + 'a>,
}

impl<'a> Step<'a> {
    pub(crate) fn new(
        name: impl Into<String>,
        about: impl Into<String>,
        action: impl FnOnce() -> Outcome + 'a,
    ) -> Self {
        Step { name: name.into(), about: about.into(), action: Box::new(action) }
    }
}

/// Those of `steps` that are named; all of them when no name is given.
pub(crate) fn select<'a>(steps: Vec<Step<'a>>, names: &[String]) -> Result<Vec<Step<'a>>, String> {
    if let Some(unknown) = names.iter().find(|name| steps.iter().all(|step| step.name != **name)) {
        let known: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        return Err(format!("there is no layer `{unknown}`; there are: {}", known.join(", ")));
    }
    if names.is_empty() {
        return Ok(steps);
    }
    Ok(steps.into_iter().filter(|step| names.contains(&step.name)).collect())
}

/// Runs all of them, whatever happens to one, and prints the summary. True when none failed.
pub(crate) fn run_all(steps: Vec<Step<'_>>) -> bool {
    let started = Instant::now();
    let mut rows = Vec::new();
    for step in steps {
        println!("\n=== {}: {}", step.name, step.about);
        let started = Instant::now();
        let outcome = (step.action)();
        if let Err(Stop::Failed(reason) | Stop::NotRun(reason)) = &outcome {
            println!("--- {}: {reason}", step.name);
        }
        rows.push((step.name, started.elapsed(), outcome));
    }
    summarise(&rows, started.elapsed())
}

fn summarise(rows: &[(String, Duration, Outcome)], total: Duration) -> bool {
    let width = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let (mut passed, mut failed, mut not_run) = (0, 0, 0);
    println!("\n{:<width$}  {:>8}  result", "layer", "time");
    for (name, time, outcome) in rows {
        let result = match outcome {
            Ok(said) => {
                passed += 1;
                if said.is_empty() { "passed".to_owned() } else { format!("passed ({said})") }
            }
            Err(Stop::Failed(reason)) => {
                failed += 1;
                format!("FAILED: {reason}")
            }
            Err(Stop::NotRun(reason)) => {
                not_run += 1;
                format!("not run: {reason}")
            }
        };
        println!("{name:<width$}  {:>6.1} s  {result}", time.as_secs_f64());
    }
    println!("{:<width$}  {:>6.1} s", "total", total.as_secs_f64());
    if not_run > 0 {
        println!("\n{not_run} could not be run here and are not counted.");
    }
    println!("\n{passed} passed, {failed} failed");
    failed == 0
}
