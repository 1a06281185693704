//! Measures thalweg and its peers, in turns, and draws the report. `cargo xtask bench --help` says how.

mod cell;
mod channel;
mod counting;
mod families;
mod host;
mod instructions;
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
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

pub use counting::Counting;

use families::memory;
use options::{Options, Task, USAGE};
use row::{Results, Row};
use runner::Runner;

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    with_options(run)
}

/// The part of it that runs in a program of its own, whose allocator is [`Counting`]: prints rows.
pub fn memory() -> ExitCode {
    with_options(|options| {
        print!("{}", Results { facts: Vec::new(), rows: memory::rows(options) }.write());
        Ok(())
    })
}

fn with_options(act: impl FnOnce(&Options) -> Result<(), String>) -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(fault) => {
            eprintln!("{fault}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match act(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    match &options.task {
        Task::Help => {
            say(USAGE);
            Ok(())
        }
        Task::List => {
            options.check()?;
            say(&list(options));
            Ok(())
        }
        Task::Draw(file) => write_report(&read(file)?, &options.out).map(drop),
        Task::Measure => options.check().and_then(|()| measure(options)),
        Task::Instructions { keep } => instructions::run(options, *keep),
        Task::Once { family, cell, peer, length } => instructions::once(options, family, cell, peer, *length),
    }
}

/// On the standard output, whose reader may have seen enough before the end.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn list(options: &Options) -> String {
    let runner = Runner::new(options);
    let mut list = String::new();
    for family in families::ALL.iter().filter(|family| options.wants_family(family.name)) {
        list += &format!("{}: {}\n", family.name, family.about);
        list.extend(runner.cells(family).iter().map(|cell| format!("  {}\n", cell.place)));
    }
    list + &format!("{}: {}\n", memory::NAME, memory::ABOUT)
}

/// Measures, and after each family writes what there is, so that nothing is lost when it is interrupted.
fn measure(options: &Options) -> Result<(), String> {
    let file = options.out.join("results.csv");
    let mut results = Results { facts: machine::facts(options), rows: Vec::new() };
    if options.wants_family(memory::NAME) {
        results.rows.extend(weigh()?);
    }
    let mut runner = Runner::new(options);
    host::keep_quiet();
    for family in families::ALL.iter().filter(|family| options.wants_family(family.name)) {
        results.rows.extend(runner.measure(family));
        write(&file, &results.write())?;
    }
    write(&file, &results.write())?;
    // From what is written, so that whoever has only the file gets the same report.
    let report = write_report(&read(&file)?, &options.out)?;
    eprintln!("\nThe report is {}.", report.display());
    eprintln!("To have this machine taken into the comparison, send {}.", file.display());
    Ok(())
}

/// What the program beside this one has to say of memory.
fn weigh() -> Result<Vec<Row>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = program.with_file_name(format!("thalweg-bench-memory{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(&program).args(std::env::args_os().skip(1)).output();
    let output = output.map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    if !output.status.success() {
        return Err(format!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr)));
    }
    Ok(Results::read(&String::from_utf8_lossy(&output.stdout))?.rows)
}

/// Tables and pictures.
fn write_report(results: &Results, folder: &Path) -> Result<PathBuf, String> {
    let mut pictures = Vec::new();
    let mut draw = |name: String, picture: Option<String>| -> Result<(), String> {
        if let Some(picture) = picture {
            write(&folder.join(&name), &picture)?;
            pictures.push(name);
        }
        Ok(())
    };
    draw("overview.svg".into(), report::heat::overview(&results.rows))?;
    for family in families::ALL.iter().map(|family| family.name) {
        draw(format!("bars-{family}.svg"), report::bars::family(&results.rows, family))?;
        draw(format!("heat-{family}.svg"), report::heat::family(&results.rows, family))?;
    }
    let file = folder.join("report.md");
    write(&file, &report::markdown::report(results, &pictures))?;
    Ok(file)
}

fn read(file: &Path) -> Result<Results, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Results::read(&text)
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(file, text));
    written.map_err(|error| format!("cannot write {}: {error}", file.display()))
}
