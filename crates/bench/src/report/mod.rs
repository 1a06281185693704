//! The report: tables and pictures, made from rows alone.

pub(crate) mod bars;
pub(crate) mod heat;
pub(crate) mod markdown;
mod svg;
mod verdicts;

use crate::cell::{Fold, Place};
use crate::channel::Standing;
use crate::row::{Outcome, Row};

/// All rows of one family, kind and unit: cells by peers.
pub(crate) struct Grid<'a> {
    pub(crate) family: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) peers: Vec<&'a str>,
    pub(crate) lines: Vec<Line<'a>>,
}

/// A cell: for each peer of the grid its row, or `None` where it was not asked.
pub(crate) struct Line<'a> {
    pub(crate) place: &'a Place,
    pub(crate) rows: Vec<Option<&'a Row>>,
}

impl Line<'_> {
    /// How many times as much as the best of these peers someone takes: 1 is the best, 2 twice as bad.
    pub(crate) fn ratio(&self, row: &Row, among: impl Fn(&Row) -> bool) -> Option<f64> {
        let value = row.summary()?.value;
        let those = self.rows.iter().flatten().filter(|row| among(row));
        let values = those.filter_map(|row| Some(row.summary()?.value));
        let (best, ratio) = match row.fold {
            Fold::Less => values.min_by(f64::total_cmp).map(|best| (best, value / best))?,
            Fold::More => values.max_by(f64::total_cmp).map(|best| (best, best / value))?,
            Fold::Sum => return None,
        };
        if value == best {
            // Two zeros, too.
            return Some(1.0);
        }
        ratio.is_finite().then_some(ratio)
    }
}

/// All grids, in the order in which their first rows come.
pub(crate) fn grids(rows: &[Row]) -> Vec<Grid<'_>> {
    let mut grids: Vec<Grid<'_>> = Vec::new();
    for row in rows {
        let place = &row.place;
        let of_grid =
            |grid: &&mut Grid<'_>| (grid.family, grid.kind, grid.unit) == (&place.family, &place.kind, &row.unit);
        let grid = match grids.iter_mut().find(of_grid) {
            Some(grid) => grid,
            None => {
                let (family, kind, unit) = (&place.family, &place.kind, &row.unit);
                grids.push(Grid { family, kind, unit, peers: Vec::new(), lines: Vec::new() });
                grids.last_mut().expect("one was pushed")
            }
        };
        grid.add(row);
    }
    grids
}

impl<'a> Grid<'a> {
    fn add(&mut self, row: &'a Row) {
        let column = match self.peers.iter().position(|peer| *peer == row.peer) {
            Some(column) => column,
            None => {
                self.peers.push(&row.peer);
                self.peers.len() - 1
            }
        };
        let line = match self.lines.iter_mut().position(|line| *line.place == row.place) {
            Some(line) => line,
            None => {
                self.lines.push(Line { place: &row.place, rows: Vec::new() });
                self.lines.len() - 1
            }
        };
        let rows = &mut self.lines[line].rows;
        rows.resize(rows.len().max(column + 1), None);
        rows[column] = Some(row);
    }

    pub(crate) fn title(&self) -> String {
        if self.family == self.kind { self.family.to_owned() } else { format!("{}, {}", self.family, self.kind) }
    }

    pub(crate) fn is_loose(&self, peer: &str) -> bool {
        let mut rows = self.lines.iter().flat_map(|line| &line.rows).flatten();
        rows.any(|row| row.peer == peer && row.standing == Standing::Loose)
    }

    /// Where its cells ran, each once.
    pub(crate) fn runtimes(&self) -> Vec<&'a str> {
        let mut runtimes: Vec<&str> = Vec::new();
        for line in &self.lines {
            if !runtimes.contains(&line.place.runtime.as_str()) {
                runtimes.push(&line.place.runtime);
            }
        }
        runtimes
    }

    /// What went wrong with a peer in some cell of one runtime.
    pub(crate) fn fault(&self, peer: &str, runtime: &str) -> Option<&'a str> {
        let lines = self.lines.iter().filter(|line| line.place.runtime == runtime);
        let mut rows = lines.flat_map(|line| &line.rows).flatten().filter(|row| row.peer == peer);
        rows.find_map(|row| match &row.outcome {
            Outcome::Failed(fault) => Some(fault.as_str()),
            _ => None,
        })
    }

    /// The ratios of a peer to the best, in the cells of one runtime that it offers.
    pub(crate) fn ratios(&self, peer: &str, runtime: &str) -> Vec<f64> {
        let lines = self.lines.iter().filter(|line| line.place.runtime == runtime);
        let ratio = |line: &Line<'_>| {
            let row = line.rows.iter().flatten().find(|row| row.peer == peer)?;
            line.ratio(row, |_| true)
        };
        lines.filter_map(ratio).collect()
    }
}
