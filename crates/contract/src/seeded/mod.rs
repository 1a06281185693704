//! Channels with one promise broken each, made of ours by a few lines of damage. Each probe must say so of at least one.

mod broadcast;
mod hooks;
mod oneshot;
mod stream;

use crate::column::Column;
use crate::outcome::Outcome;
use crate::run::{self, Cell};
use crate::{child::Verdict, ours};

/// A defect, and the probes that must see it.
pub(crate) type Seed = (Column, &'static [&'static str]);

fn seeds() -> Vec<Seed> {
    [stream::seeds(), oneshot::seeds(), broadcast::seeds()].into_iter().flatten().collect()
}

/// Which defect this process is to look at, by the name of its column.
pub(crate) fn choose(name: &str) {
    stream::choose(name);
    oneshot::choose(name);
    broadcast::choose(name);
}

pub(crate) fn columns() -> Vec<Column> {
    seeds().into_iter().map(|(column, _)| column).collect()
}

/// A hang is expected of some of them, so they are given less time than others. That is a matter of patience, not of
/// the verdict: what hangs never comes back.
const SECONDS: u64 = 4;

/// Those that may hang. Any other that does was not seen for what it is.
const HANGS: [&str; 2] = ["works under a lock", "a waiting receive shuts it"];

/// Runs each defect under the probes that must see it, and fails when one sees nothing, or when a probe has no defect.
pub(crate) fn all_are_seen() -> Result<(), String> {
    let seeds = seeds();
    let mut cells = Vec::new();
    for (column, probes) in &seeds {
        for probe in *probes {
            let known = column.probes.iter().find(|(name, _): &&(&str, fn() -> Outcome)| name == probe);
            let (probe, _) = known.ok_or_else(|| format!("{} names a probe {probe} that is none", column.name))?;
            cells.push(Cell { column, probe });
        }
    }
    let found = run::run(&cells, SECONDS, super::workers());
    let mut missed = Vec::new();
    for finding in &found {
        println!("{:<9} {:<28} {:<18} {}", finding.kind, finding.name, finding.probe, finding.verdict.text());
        let hangs = finding.verdict.text().starts_with("hangs") && !HANGS.contains(&&*finding.name);
        if hangs || !matches!(finding.verdict, Verdict::Broken(_)) {
            missed.push(format!("{} of {} is not seen by {}", finding.name, finding.kind, finding.probe));
        }
    }
    for column in ours::columns().iter().filter(|column| matches!(column.kind, "mpmc" | "oneshot" | "broadcast")) {
        for (probe, _) in &column.probes {
            if !found.iter().any(|finding| finding.kind == column.kind && finding.probe == *probe) {
                missed.push(format!("nothing shows that {probe} of {} can fail", column.kind));
            }
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("\n")) }
}
