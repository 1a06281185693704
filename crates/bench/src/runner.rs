//! Rounds of all peers in turns, A B C A B C ..., so that a change of the machine meets all of them alike.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use crate::cell::{Cell, Entrant, Fold, Length, Plan, Round};
use crate::channel::Standing;
use crate::families::Family;
use crate::host::Hosts;
use crate::load::Ticks;
use crate::options::Options;
use crate::peers;
use crate::row::{Outcome, Row};
use crate::stats::Summary;

/// How often a cell that did not settle is measured again.
const AGAIN: usize = 2;

/// What one peer did in one cell so far.
struct Lane {
    round: Option<Round>,
    length: u64,
    /// For each metric, that of each round.
    samples: Vec<Vec<f64>>,
    fault: Option<String>,
}

/// A cell in the course of being measured.
struct Trial {
    cell: Cell,
    lanes: Vec<Lane>,
    others: Option<f64>,
}

pub(crate) struct Runner<'a> {
    options: &'a Options,
    plan: Plan,
    hosts: Hosts,
    start: Instant,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(options: &'a Options) -> Self {
        Self::with_plan(options, Plan::here(options.quick))
    }

    pub(crate) fn with_plan(options: &'a Options, plan: Plan) -> Self {
        Self { options, plan, hosts: Hosts::default(), start: Instant::now() }
    }

    /// The cells of a family that were asked for, with the peers that were.
    pub(crate) fn cells(&self, family: &Family) -> Vec<Cell> {
        let mut cells = (family.cells)(self.plan);
        for cell in &mut cells {
            cell.place.family = family.name.into();
            cell.entrants.retain(|entrant| self.options.wants_peer(entrant.named.name));
        }
        cells.retain(|cell| self.options.wants_cell(&cell.place));
        cells
    }

    /// Measures a family: all its cells once, then again those that did not settle.
    pub(crate) fn measure(&mut self, family: &Family) -> Vec<Row> {
        let mut trials: Vec<Trial> = self.cells(family).into_iter().map(Trial::new).collect();
        let total = trials.len();
        for (index, trial) in trials.iter_mut().enumerate() {
            self.say(&format!("{} {}/{total} {}", family.name, index + 1, trial.cell.place.label()));
            trial.calibrate(&mut self.hosts, self.options.round());
            trial.run(&mut self.hosts, self.options.rounds);
        }
        for pass in 1..=AGAIN {
            let seldom = |trial: &&mut Trial| matches!(trial.cell.length, Length::Seldom { .. });
            for trial in trials.iter_mut().filter(|trial| !trial.is_settled() && !seldom(trial)) {
                if self.start.elapsed() < self.options.patience() {
                    self.say(&format!("{}, again ({pass}): {}", family.name, trial.cell.place.label()));
                    trial.run(&mut self.hosts, self.options.rounds);
                }
            }
        }
        self.finish(family, &trials);
        trials.iter().flat_map(Trial::rows).collect()
    }

    /// One line that is written over, where somebody looks on.
    fn say(&self, text: &str) {
        if stderr().is_terminal() {
            let seconds = self.start.elapsed().as_secs();
            let text: String = text.chars().take(100).collect();
            eprint!("\r\x1b[2K{:02}:{:02} {text}", seconds / 60, seconds % 60);
            let _ = stderr().flush();
        }
    }

    fn finish(&self, family: &Family, trials: &[Trial]) {
        self.say("");
        let wild = trials.iter().filter(|trial| !trial.is_settled()).count();
        let seconds = self.start.elapsed().as_secs();
        let cells = trials.len();
        if stderr().is_terminal() {
            eprint!("\r\x1b[2K");
        }
        eprintln!("{:02}:{:02} {}: {cells} cells, {wild} of them unsettled", seconds / 60, seconds % 60, family.name);
    }
}

impl Trial {
    fn new(cell: Cell) -> Self {
        let lane = |entrant: &Entrant| Lane {
            round: entrant.round.clone(),
            length: 0,
            samples: vec![Vec::new(); cell.metrics.len()],
            fault: entrant.excuse.map(str::to_owned),
        };
        let lanes = cell.entrants.iter().map(lane).collect();
        Self { cell, lanes, others: None }
    }

    /// Finds how many operations make a round of this duration, for each peer.
    fn calibrate(&mut self, hosts: &mut Hosts, wanted: Duration) {
        for lane in &mut self.lanes {
            let most = match self.cell.length {
                Length::Fixed(length) | Length::Seldom { length, .. } => {
                    lane.length = length;
                    continue;
                }
                Length::Timed { most } => most,
            };
            let Some(round) = &lane.round else { continue };
            lane.length = 500.min(most);
            for _ in 0..2 {
                match hosts.run(&self.cell, round, lane.length) {
                    Ok(sample) => {
                        let each = sample[0].max(0.01);
                        lane.length = ((wanted.as_nanos() as f64 / each) as u64).clamp(200.min(most), most);
                    }
                    Err(fault) => {
                        lane.fault = Some(fault);
                        break;
                    }
                }
            }
        }
    }

    /// A peer that fails a round is not asked again.
    fn run(&mut self, hosts: &mut Hosts, rounds: usize) {
        let rounds = match self.cell.length {
            Length::Seldom { rounds: few, .. } => few.min(rounds),
            _ => rounds,
        };
        let before = Ticks::now();
        for _ in 0..rounds {
            for lane in &mut self.lanes {
                let (Some(round), None) = (&lane.round, &lane.fault) else { continue };
                match hosts.run(&self.cell, round, lane.length) {
                    Ok(sample) => {
                        for (samples, value) in lane.samples.iter_mut().zip(sample) {
                            samples.push(value);
                        }
                    }
                    Err(fault) => lane.fault = Some(fault),
                }
            }
        }
        if let (Some(before), Some(after)) = (before, Ticks::now()) {
            let others = after.foreign_since(before);
            self.others = Some(self.others.map_or(others, |known| f64::max(known, others)));
        }
    }

    /// Whether those that a verdict hangs on did: ours, the best, and the best strict one. By the first metric.
    fn is_settled(&self) -> bool {
        let lanes = self.lanes.iter().zip(&self.cell.entrants).filter(|(lane, _)| lane.fault.is_none());
        let summaries: Vec<(Standing, Summary)> = lanes
            .filter_map(|(lane, entrant)| Some((entrant.named.standing, Summary::of(&lane.samples[0], Fold::Less)?)))
            .collect();
        let best = |wanted: fn(Standing) -> bool| {
            let those = summaries.iter().filter(|(standing, _)| wanted(*standing)).map(|(_, summary)| summary);
            those.min_by(|a, b| a.value.total_cmp(&b.value)).is_none_or(Summary::is_settled)
        };
        best(|standing| standing == Standing::Ours)
            && best(|standing| standing != Standing::Ours)
            && best(|standing| standing == Standing::Strict)
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (index, metric) in self.cell.metrics.iter().enumerate() {
            for (lane, entrant) in self.lanes.iter().zip(&self.cell.entrants) {
                let outcome = match (&lane.fault, Summary::of(&lane.samples[index], metric.fold)) {
                    (Some(fault), _) => Outcome::Failed(fault.clone()),
                    (None, Some(summary)) => Outcome::Measured(summary),
                    (None, None) => Outcome::NotOffered,
                };
                rows.push(Row {
                    place: self.cell.place.clone(),
                    peer: entrant.named.name.into(),
                    version: peers::version(entrant.named.name).into(),
                    standing: entrant.named.standing,
                    unit: metric.unit.into(),
                    fold: metric.fold,
                    outcome,
                    others: self.others.unwrap_or(-1.0),
                });
            }
        }
        rows
    }
}
