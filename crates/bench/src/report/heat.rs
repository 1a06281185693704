//! Heat maps: cells by peers, each box the ratio to the best of its row.

use super::svg::{EMPTY, FAINT, INK, PAPER, Svg, Tie, heat};
use super::{Grid, grids};
use crate::cell::Fold;
use crate::row::{Outcome, Row};
use crate::stats::geometric_mean;

const BOX: [f64; 2] = [46.0, 16.0];
const HEAD: f64 = 92.0;
const LABELS: f64 = 250.0;
const MARGIN: f64 = 12.0;
/// The width of the line below.
const LEGEND: f64 = 780.0;

/// One box.
#[derive(Clone, Debug, PartialEq)]
enum Mark {
    /// The ratio to the best, and whether it has settled.
    Ratio(f64, bool),
    Fault(String),
    Absent,
}

/// A row of boxes, or a heading without any.
struct Strip {
    label: String,
    marks: Vec<Mark>,
}

/// All cells of one family; `None` if there is nothing to compare.
pub(crate) fn family(rows: &[Row], family: &str) -> Option<String> {
    let mine: Vec<Row> =
        rows.iter().filter(|row| row.place.family == family && row.fold != Fold::Sum).cloned().collect();
    let grids: Vec<Grid<'_>> = grids(&mine).into_iter().filter(|grid| grid.peers.len() > 1).collect();
    let names = names(&grids);
    let mut strips = Vec::new();
    for grid in &grids {
        strips.push(Strip { label: format!("{}: {}", grid.title(), grid.unit), marks: Vec::new() });
        for line in &grid.lines {
            let row_of = |name: &&str| line.rows.iter().flatten().find(|row| row.peer == **name).copied();
            let mark = |name| row_of(name).map_or(Mark::Absent, |row| mark(line.ratio(row, |_| true), row));
            strips.push(Strip { label: line.place.label(), marks: names.iter().map(mark).collect() });
        }
    }
    (!grids.is_empty()).then(|| draw(&heads(&names, &grids), &strips))
}

/// One row a family, kind and runtime: the geometric mean of a peer's ratios in the cells that it offers, or what went
/// wrong with it in one of them.
pub(crate) fn overview(rows: &[Row]) -> Option<String> {
    let timed: Vec<Row> =
        rows.iter().filter(|row| row.fold == Fold::Less && row.unit.starts_with("ns")).cloned().collect();
    let grids: Vec<Grid<'_>> = grids(&timed).into_iter().filter(|grid| grid.peers.len() > 1).collect();
    let names = names(&grids);
    let mut strips: Vec<Strip> = Vec::new();
    for grid in &grids {
        for runtime in grid.runtimes() {
            // Of fairness only the time is drawn here.
            let only = if grid.family == "fairness" { "time of " } else { "" };
            let label = format!("{only}{}, {runtime}", grid.title());
            if strips.iter().any(|strip| strip.label == label) {
                continue;
            }
            // All units of the same cells together.
            let same = grids.iter().filter(|other| other.title() == grid.title());
            let mark = |name: &&str| {
                if let Some(fault) = same.clone().find_map(|grid| grid.fault(name, runtime)) {
                    return Mark::Fault(first_word(fault));
                }
                let ratios: Vec<f64> = same.clone().flat_map(|grid| grid.ratios(name, runtime)).collect();
                geometric_mean(&ratios).map_or(Mark::Absent, |mean| Mark::Ratio(mean, true))
            };
            let marks = names.iter().map(mark).collect();
            strips.push(Strip { label, marks });
        }
    }
    (!strips.is_empty()).then(|| draw(&heads(&names, &grids), &strips))
}

fn mark(ratio: Option<f64>, row: &Row) -> Mark {
    match (&row.outcome, ratio) {
        (Outcome::Failed(fault), _) => Mark::Fault(first_word(fault)),
        (Outcome::Measured(summary), Some(ratio)) => Mark::Ratio(ratio, summary.is_settled()),
        _ => Mark::Absent,
    }
}

fn first_word(fault: &str) -> String {
    fault.split([':', ' ']).next().unwrap_or("").to_owned()
}

/// Every peer once, ours last.
fn names<'a>(grids: &[Grid<'a>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for peer in grids.iter().flat_map(|grid| &grid.peers) {
        if !names.contains(peer) {
            names.push(peer);
        }
    }
    names.sort_by_key(|name| *name == "thalweg");
    names
}

/// The names as column heads: those of loose peers with a mark.
fn heads(names: &[&str], grids: &[Grid<'_>]) -> Vec<String> {
    let loose = |name: &str| grids.iter().any(|grid| grid.is_loose(name));
    names.iter().map(|name| format!("{name}{}", if loose(name) { "*" } else { "" })).collect()
}

fn draw(heads: &[String], strips: &[Strip]) -> String {
    let width = (LABELS + BOX[0] * heads.len() as f64 + HEAD / 2.0 + MARGIN).max(LEGEND);
    let height = HEAD + BOX[1] * strips.len() as f64 + 3.0 * MARGIN;
    let mut svg = Svg::new(width, height);
    for (column, head) in heads.iter().enumerate() {
        svg.slanted([LABELS + BOX[0] * (column as f64 + 0.4), HEAD - 6.0], head, head == "thalweg");
    }
    for (index, strip) in strips.iter().enumerate() {
        let y = HEAD + BOX[1] * index as f64;
        let base = y + BOX[1] - 4.5;
        if strip.marks.is_empty() {
            svg.bold([MARGIN, base], &strip.label, Tie::Start, INK);
            continue;
        }
        svg.text([LABELS - 6.0, base], &strip.label, Tie::End, INK);
        for (column, mark) in strip.marks.iter().enumerate() {
            let x = LABELS + BOX[0] * column as f64;
            let (fill, text, ink) = match mark {
                Mark::Ratio(ratio, settled) => {
                    let text = if *ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") };
                    (heat(*ratio), text + if *settled { "" } else { "~" }, heat(*ratio).contrast())
                }
                Mark::Fault(fault) => (INK, fault.clone(), PAPER),
                Mark::Absent => (EMPTY, "-".into(), FAINT),
            };
            svg.rect([x + 0.5, y + 0.5], [BOX[0] - 1.0, BOX[1] - 1.0], fill);
            svg.text([x + BOX[0] / 2.0, base], &text, Tie::Middle, ink);
        }
    }
    let legend = "1.00 is the best of its row, 2.00 takes twice as long; ~ has not settled; - is not offered; \
        * may lose or deliver what was cancelled";
    svg.text([MARGIN, height - MARGIN], legend, Tie::Start, FAINT);
    svg.finish()
}
