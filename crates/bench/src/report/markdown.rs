//! The tables.

use std::fmt::Write as _;

use super::{Grid, Line, grids, verdicts};
use crate::cell::Fold;
use crate::channel::Standing;
use crate::families;
use crate::row::{Outcome, Results, Row};

const LEGEND: &str = "\
Medians; compare within a row, where peers took turns, and not between rows or runs. `~`: the standard error is above
5 %, so the number has not settled. `-`: not offered. **Bold**: the best of the row, or what should not be there. In
parentheses after ours: the ratio to the best peer, and to the best strict peer; below 1 ours is better. Strict peers keep
what a dropped future promises (it did not happen); loose ones, marked *, do not. Messages have 8 bytes where nothing is
said of them. `others`: what other programs took of the machine meanwhile. `spread`: between which two numbers half of our rounds were; that of
the peers is in `results.csv`.
";

/// The whole report.
pub(crate) fn report(results: &Results, pictures: &[String]) -> String {
    let mut text = String::from("# thalweg among its peers\n\n");
    for (name, value) in &results.facts {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let _ = writeln!(text, "\n{LEGEND}");
    for picture in pictures {
        let _ = writeln!(text, "![{0}]({0})\n", picture);
    }
    text += &verdicts::table(results);
    for grid in grids(&results.rows) {
        text += &table(&grid);
    }
    text
}

fn table(grid: &Grid<'_>) -> String {
    let about = families::about(grid.family);
    let mut text = format!("## {}: {}\n\n{about}\n\n| cell |", grid.title(), grid.unit);
    for peer in &grid.peers {
        let _ = write!(text, " {peer}{} |", if grid.is_loose(peer) { "\\*" } else { "" });
    }
    let _ = write!(text, " others | spread |\n| --- |{}", " ---: |".repeat(grid.peers.len() + 2));
    text.push('\n');
    for line in &grid.lines {
        let _ = write!(text, "| {} |", line.place.label());
        for column in 0..grid.peers.len() {
            let _ = write!(text, " {} |", entry(line, line.rows.get(column).copied().flatten()));
        }
        let others = line.rows.iter().flatten().next().map_or(-1.0, |row| row.others);
        let others = if others < 0.0 { String::new() } else { format!("{others:.0} %") };
        let _ = writeln!(text, " {others} | {} |", spread(line));
    }
    text.push('\n');
    text
}

/// Of what is ours, or the machine's.
fn spread(line: &Line<'_>) -> String {
    let ours = line.rows.iter().flatten().find(|row| row.standing == Standing::Ours || line.rows.len() == 1);
    match ours.map(|row| &row.outcome) {
        Some(Outcome::Measured(summary)) if summary.rounds > 1 => {
            format!("{} to {}", shown(summary.low), shown(summary.high))
        }
        _ => String::new(),
    }
}

fn entry(line: &Line<'_>, row: Option<&Row>) -> String {
    let Some(row) = row else { return "-".into() };
    let summary = match &row.outcome {
        Outcome::NotOffered => return "-".into(),
        Outcome::Failed(fault) => return format!("**{fault}**"),
        Outcome::Measured(summary) => summary,
    };
    let mut entry = shown(summary.value);
    if row.fold == Fold::Sum {
        return if summary.value == 0.0 { entry } else { format!("**{entry}**") };
    }
    if !summary.is_settled() {
        entry.push('~');
    }
    if line.ratio(row, |_| true) == Some(1.0) && line.rows.len() > 1 {
        entry = format!("**{entry}**");
    }
    if row.standing == Standing::Ours {
        let ratio = |ratio: Option<f64>| ratio.map_or("-".into(), |ratio| format!("{ratio:.2}"));
        let best = ratio(line.ratio(row, |row| row.standing != Standing::Ours));
        let strict = ratio(line.ratio(row, |row| row.standing == Standing::Strict));
        let _ = write!(entry, " ({best}, {strict})");
    }
    entry
}

/// Three digits, or all of a whole number.
pub(crate) fn shown(value: f64) -> String {
    match value {
        value if value >= 100.0 || value == value.trunc() => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}
