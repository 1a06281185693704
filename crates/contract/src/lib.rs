//! The promises of thalweg as probes that run on any channel, and what they find with thalweg and its peers.
//!
//! `cargo xtask contract` runs them all and writes docs/promises.md. A probe is generic over an adapter, one file a crate;
//! it polls futures by hand and counts wakes, and runs in a process of its own, so that one that hangs or aborts is a
//! finding like any other. The defects in `seeded` show that each probe can fail.

mod broadcast;
mod child;
mod column;
mod counting;
mod findings;
mod hand;
mod message;
mod oneshot;
mod ours;
mod outcome;
mod page;
#[cfg(feature = "peers")]
mod peers;
/// Only ours are looked at.
#[cfg(not(feature = "peers"))]
mod peers {
    pub(crate) fn columns() -> Vec<crate::column::Column> {
        Vec::new()
    }
}
mod promises;
mod run;
mod seeded;
mod stream;
mod traits;

pub use counting::Counting;

use std::fs;
use std::process::ExitCode;

use child::Verdict;
use column::Column;
use findings::{Finding, Findings};

const USAGE: &str = "\
cargo xtask contract [OPTION...]

Without an option: every probe on thalweg and on every peer, in a minute or two; writes crates/contract/findings.tsv and
docs/promises.md. Fails when a promise is not kept by thalweg.

  --check        runs them all and writes nothing; fails when the findings or the page are stale too
  --kind KIND    mpmc, mpsc, oneshot, broadcast or threads
  --peer NAME    one crate, as the page names it
  --probe NAME   one probe, as the page names it; with any of these three what was seen is printed, nothing written
  --ours         thalweg only; fails when a promise is not kept
  --seeded       the seeded defects; fails when one is not seen
  --draw         docs/promises.md again, from the findings of the last run
  --list         the names
";

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match act(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

/// How many probes run beside each other: a few more than processors, as one that hangs mostly sleeps.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from) + 2
}

fn columns() -> Vec<Column> {
    let mut columns = peers::columns();
    columns.extend(ours::columns());
    columns
}

fn act(words: &[&str]) -> Result<(), String> {
    match words {
        ["probe", kind, name, probe, seconds] => {
            seeded::choose(name);
            let column = columns().into_iter().chain(seeded::columns()).find(|c| c.kind == *kind && c.name == *name);
            let seconds = seconds.parse().map_err(|_| "no number of seconds".to_owned())?;
            column
                .and_then(|column| child::run(&column, probe, seconds))
                .ok_or_else(|| "there is no such probe".to_owned())
        }
        [] => write(),
        ["--check"] => check(),
        ["--draw"] => draw(&Findings::kept()?),
        ["--ours"] => some(&|_, name, _| name.starts_with("thalweg")),
        ["--seeded"] => seeded::all_are_seen(),
        ["--list"] => {
            for column in columns() {
                let probes: Vec<&str> = column.probes.iter().map(|(name, _)| *name).collect();
                println!("{} {}: {}", column.kind, column.name, probes.join(" "));
            }
            Ok(())
        }
        ["--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        _ => chosen(words),
    }
}

/// By `--kind`, `--peer`, `--probe`, in any number and order.
fn chosen(words: &[&str]) -> Result<(), String> {
    if words.len() % 2 == 1 || words.chunks(2).any(|pair| !matches!(pair[0], "--kind" | "--peer" | "--probe")) {
        return Err(format!("what is {}?\n\n{USAGE}", words.join(" ")));
    }
    let is = |option: &str, value: &str| words.chunks(2).all(|pair| pair[0] != option || pair[1] == value);
    some(&|kind, name, probe| is("--kind", kind) && is("--peer", name) && is("--probe", probe))
}

/// Runs some and prints what they found.
fn some(wanted: &dyn Fn(&str, &str, &str) -> bool) -> Result<(), String> {
    let columns = columns();
    let cells = run::cells(&columns, wanted);
    if cells.is_empty() {
        return Err("nothing is called so; --list names all".to_owned());
    }
    let findings = Findings { facts: Vec::new(), all: run::run(&cells, run::SECONDS, workers()) };
    for Finding { kind, name, probe, verdict } in &findings.all {
        println!("{kind:<9} {name:<18} {probe:<18} {:<11} {}", verdict.word(), verdict.text());
    }
    ours_kept(&findings)
}

fn all() -> Findings {
    let columns = columns();
    let cells = run::cells(&columns, |_, _, _| true);
    Findings { facts: run::facts(&columns), all: run::run(&cells, run::SECONDS, workers()) }
}

fn write() -> Result<(), String> {
    let findings = all();
    fs::write(findings::file(), findings.write()).map_err(|error| error.to_string())?;
    draw(&findings)?;
    let count = |word: &str| findings.all.iter().filter(|finding| finding.verdict.word() == word).count();
    let counts = ["kept", "broken", "differs", "not offered"].map(|word| format!("{} {word}", count(word)));
    println!("{} probes: {}; written to docs/promises.md", findings.all.len(), counts.join(", "));
    ours_kept(&findings)
}

fn draw(findings: &Findings) -> Result<(), String> {
    let page = findings::root().join("docs/promises.md");
    fs::write(page, page::page(findings)).map_err(|error| error.to_string())
}

fn check() -> Result<(), String> {
    let kept = Findings::kept()?;
    let now = all();
    let changes = page::changes(&kept, &now.all);
    if !changes.is_empty() {
        return Err(format!("stale, run `cargo xtask contract`:\n{}", changes.join("\n")));
    }
    let text = fs::read_to_string(findings::root().join("docs/promises.md")).map_err(|error| error.to_string())?;
    if text != page::page(&kept) {
        return Err("docs/promises.md is stale, run `cargo xtask contract`".to_owned());
    }
    println!("{} probes found what docs/promises.md says", now.all.len());
    ours_kept(&now)
}

fn ours_kept(findings: &Findings) -> Result<(), String> {
    let faults: Vec<String> = findings
        .own_faults()
        .into_iter()
        .map(|Finding { kind, name, probe, verdict }| format!("{kind} {name} {probe}: {}", Verdict::text(verdict)))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(format!("not kept by thalweg:\n{}", faults.join("\n"))) }
}
