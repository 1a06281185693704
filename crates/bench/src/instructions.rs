//! Instructions an operation takes, counted by callgrind: the same on a busy machine as on a quiet one.
//!
//! One round of a cell runs twice under valgrind, the second time twice as long; the difference is what the operations
//! took, without the start of the program. The counts of ours are kept in a file, and may not grow.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::cell::{Cell, Plan};
use crate::families;
use crate::machine;
use crate::options::Options;
use crate::runner::Runner;
use crate::runtime::Flavor;

const KEPT: &str = "crates/bench/results/instructions.csv";
/// Families whose work does not depend on chance.
const FAMILIES: [&str; 8] = ["mpmc", "mpsc", "pair", "create", "pingpong", "oneshot", "broadcast", "watch"];
const LENGTH: u64 = 16_000;
/// By how much a count may grow.
const TOLERANCE: f64 = 1.02;

/// Instructions an operation, by family, cell and peer.
type Counts = BTreeMap<[String; 3], f64>;

/// Counts what was chosen, and compares it with what is kept, or keeps it.
pub(crate) fn run(options: &Options, keep: bool) -> Result<(), String> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Err("valgrind is not installed, so nothing was counted; on Debian: apt-get install valgrind".into());
    }
    let kept = Path::new(KEPT);
    let (compiler, old) = read(kept)?;
    let new = count(options)?;
    for (key, count) in &new {
        let before = old.get(key).map_or(String::new(), |before| format!("  ({before:.1} kept)"));
        println!("{:<70} {count:>9.1}{before}", key.join(", "));
    }
    if keep {
        let mut all = old;
        all.extend(new);
        return crate::write(kept, &write(&all));
    }
    if old.is_empty() {
        return Err(format!("{KEPT} has no counts to compare with; --keep makes these the ones"));
    }
    if compiler != machine::rustc() {
        println!("\nThe kept counts are of {compiler}: not compared. --keep makes new ones.");
        return Ok(());
    }
    verdict(&old, &new)
}

fn verdict(old: &Counts, new: &Counts) -> Result<(), String> {
    let grown = new.iter().filter_map(|(key, count)| {
        let before = old.get(key).filter(|before| key[2] == "thalweg" && *count > **before * TOLERANCE)?;
        Some(format!("{}: {before:.1} before, {count:.1} now", key.join(", ")))
    });
    let grown: Vec<String> = grown.collect();
    let compared = new.keys().filter(|key| old.contains_key(*key)).count();
    println!("\n{compared} counts compared, {} not known before", new.len() - compared);
    if grown.is_empty() {
        return Ok(());
    }
    Err(format!("more than 2 % more instructions:\n{}", grown.join("\n")))
}

/// The cells of one thread.
fn cells(options: &Options) -> Vec<Cell> {
    // The quick choice of cells, whatever was asked for: the kept file is of these.
    let runner = Runner::with_plan(options, Plan { quick: true, cores: 1 });
    let wanted = |family: &&families::Family| FAMILIES.contains(&family.name) && options.wants_family(family.name);
    let cells = families::ALL.iter().filter(wanted).flat_map(|family| runner.cells(family));
    cells.filter(|cell| cell.flavor == Flavor::Current).collect()
}

fn count(options: &Options) -> Result<Counts, String> {
    let mut counts = Counts::new();
    for cell in cells(options) {
        for entrant in cell.entrants.iter().filter(|entrant| entrant.round.is_some()) {
            // Unless others were asked for, ours alone.
            let name = entrant.named.name;
            if name != "thalweg" && !options.names_peers() {
                continue;
            }
            let key = [cell.place.family.clone(), format!("{}, {}", cell.place.kind, cell.place.label()), name.into()];
            let (once, twice) = (collect(&key, LENGTH)?, collect(&key, 2 * LENGTH)?);
            counts.insert(key, twice.saturating_sub(once) as f64 / LENGTH as f64);
        }
    }
    if counts.is_empty() { Err("no cell of one thread was chosen".into()) } else { Ok(counts) }
}

/// Instructions of the whole program with one round of this length.
fn collect(key: &[String; 3], length: u64) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    command.arg("--once").args(key).arg(length.to_string());
    let output = command.output().map_err(|error| format!("valgrind does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split("Collected : ").nth(1));
    let count = collected.and_then(|rest| rest.trim().parse().ok());
    match (output.status.success(), count) {
        (true, Some(count)) => Ok(count),
        _ => Err(format!("{}: valgrind says {text}", key.join(", "))),
    }
}

/// One round, on this thread: what is run under valgrind.
pub(crate) fn once(options: &Options, family: &str, cell: &str, peer: &str, length: u64) -> Result<(), String> {
    let found = cells(options)
        .into_iter()
        .find(|one| one.place.family == family && format!("{}, {}", one.place.kind, one.place.label()) == cell);
    let found = found.ok_or("there is no such cell")?;
    let entrant = found.entrants.iter().find(|entrant| entrant.named.name == peer);
    let round = entrant.and_then(|entrant| entrant.round.clone()).ok_or("it does not offer this cell")?;
    round(&found.flavor.build(), length).map(drop)
}

fn read(file: &Path) -> Result<(String, Counts), String> {
    let (mut compiler, mut counts) = (String::from("nothing"), Counts::new());
    let Ok(text) = std::fs::read_to_string(file) else { return Ok((compiler, counts)) };
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(known) = line.strip_prefix("# ") {
            compiler = known.into();
            continue;
        }
        let fields: Vec<&str> = line.split(';').collect();
        let [family, cell, peer, count] = fields[..] else { return Err(format!("{KEPT}: no count: {line}")) };
        let count = count.parse().map_err(|_| format!("{KEPT}: no number: {line}"))?;
        counts.insert([family, cell, peer].map(str::to_owned), count);
    }
    Ok((compiler, counts))
}

fn write(counts: &Counts) -> String {
    let lines = counts.iter().map(|(key, count)| format!("{};{count:.1}\n", key.join(";")));
    format!("# {}\n{}", machine::rustc(), lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(peer: &str, count: f64) -> Counts {
        Counts::from([(["pair".into(), "try".into(), peer.into()], count)])
    }

    #[test]
    fn growth_fails() {
        assert!(verdict(&counts("thalweg", 100.0), &counts("thalweg", 103.0)).is_err());
        assert!(verdict(&counts("thalweg", 100.0), &counts("thalweg", 101.0)).is_ok());
        assert!(verdict(&counts("kanal", 100.0), &counts("kanal", 200.0)).is_ok(), "others may do as they like");
        assert!(verdict(&Counts::new(), &counts("thalweg", 100.0)).is_ok());
    }
}
