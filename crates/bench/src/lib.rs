//! Measures thalweg and its peers, in turns, and draws the report. `cargo xtask bench --help` says how.

mod cell;
mod channel;
mod families;
mod host;
mod load;
mod machine;
mod message;
mod options;
mod peers;
mod report;
mod row;
mod runner;
mod runtime;
mod stats;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use options::{Options, Task, USAGE};
use row::Results;
use runner::Runner;

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(fault) => {
            eprintln!("{fault}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    match &options.task {
        Task::Help => print!("{USAGE}"),
        Task::List => list(options),
        Task::Draw(file) => write_report(&read(file)?, &options.out)?,
        Task::Measure => measure(options)?,
        Task::Instructions { .. } | Task::Once { .. } => return Err("not yet".into()),
    }
    Ok(())
}

fn list(options: &Options) {
    let runner = Runner::new(options);
    for family in families::ALL.iter().filter(|family| options.wants_family(family.name)) {
        println!("{}: {}", family.name, family.about);
        for cell in runner.cells(family) {
            println!("  {}", cell.place);
        }
    }
}

/// Measures, and after each family writes what there is, so that nothing is lost when it is interrupted.
fn measure(options: &Options) -> Result<(), String> {
    let mut results = Results { facts: machine::facts(options), rows: Vec::new() };
    let mut runner = Runner::new(options);
    for family in families::ALL.iter().filter(|family| options.wants_family(family.name)) {
        results.rows.extend(runner.measure(family));
        write(&options.out.join("results.csv"), &results.write())?;
    }
    write_report(&results, &options.out)?;
    let file = options.out.join("results.csv");
    eprintln!("\nThe report is {}.", options.out.join("report.md").display());
    eprintln!("To have this machine taken into the comparison, send {}.", file.display());
    Ok(())
}

fn write_report(results: &Results, folder: &Path) -> Result<(), String> {
    write(&folder.join("report.md"), &report::markdown::report(results, &[]))
}

fn read(file: &Path) -> Result<Results, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Results::read(&text)
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(file, text));
    written.map_err(|error| format!("cannot write {}: {error}", file.display()))
}
