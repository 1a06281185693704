//! Tables as Markdown and as CSV.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::peer::{Kind, Named};
use crate::stats::Summary;

/// What one peer did in one cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    pub(crate) samples: Vec<f64>,
    pub(crate) fault: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) offered: bool,
}

pub(crate) struct Cell {
    name: String,
    columns: Vec<Column>,
}

impl Cell {
    pub(crate) fn new(name: String, columns: Vec<Column>) -> Self {
        eprintln!("{name}");
        Self { name, columns }
    }
}

pub(crate) struct Table {
    title: String,
    unit: &'static str,
    peers: Vec<Named>,
    cells: Vec<Cell>,
    pub(crate) ratios: bool,
}

impl Table {
    pub(crate) fn new<P: Copy + Into<Named>>(title: String, unit: &'static str, peers: &[P]) -> Self {
        Self { title, unit, peers: peers.iter().map(|&peer| peer.into()).collect(), cells: Vec::new(), ratios: true }
    }

    pub(crate) fn push(&mut self, cell: Cell) {
        self.cells.push(cell);
    }

    /// A project with two adapters is one column; at most one of them offers a cell.
    fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::new();
        for peer in &self.peers {
            if !names.contains(&peer.name) {
                names.push(peer.name);
            }
        }
        names
    }

    fn column<'a>(&self, cell: &'a Cell, name: &str) -> Option<(&'a Column, Kind)> {
        let pairs = self.peers.iter().zip(&cell.columns);
        pairs
            .filter(|(peer, column)| peer.name == name && column.offered)
            .map(|(peer, column)| (column, peer.kind))
            .next()
    }

    /// The fastest of the other projects, or of the strict ones among them.
    fn best(&self, cell: &Cell, wanted: impl Fn(Kind) -> bool) -> Option<f64> {
        let pairs = self.peers.iter().zip(&cell.columns);
        let medians = pairs
            .filter(|(peer, column)| wanted(peer.kind) && column.fault.is_none())
            .filter_map(|(_, column)| Some(Summary::of(&column.samples)?.median));
        medians.min_by(f64::total_cmp)
    }

    pub(crate) fn markdown(&self) -> String {
        if self.cells.is_empty() {
            return String::new();
        }
        let names = self.names();
        let mut text = format!("## {}\n\n{}", self.title, self.unit);
        if self.ratios {
            text += "; ours with (ratio to the best peer, ratio to the best strict peer)";
        }
        let _ = write!(text, "\n\n| cell | {} |\n| --- |", names.join(" | "));
        text += &" --- |".repeat(names.len());
        text.push('\n');
        for cell in &self.cells {
            let _ = write!(text, "| {} |", cell.name);
            for name in &names {
                let _ = write!(text, " {} |", self.entry(cell, name));
            }
            text.push('\n');
        }
        text
    }

    fn entry(&self, cell: &Cell, name: &str) -> String {
        let Some((column, kind)) = self.column(cell, name) else {
            return "not offered".into();
        };
        if let Some(fault) = &column.fault {
            return format!("**{fault}**");
        }
        let Some(summary) = Summary::of(&column.samples) else {
            return "no round".into();
        };
        let digits = if summary.median < 100.0 { 1 } else { 0 };
        let mut entry = format!("{:.digits$}", summary.median);
        if summary.is_rough() {
            entry.push('~');
        }
        if self.ratios && kind == Kind::Ours {
            let ratio = |best: Option<f64>| best.map_or("-".into(), |best| format!("{:.2}", summary.median / best));
            let peers = ratio(self.best(cell, |kind| kind != Kind::Ours));
            let strict = ratio(self.best(cell, |kind| kind == Kind::Strict));
            let _ = write!(entry, " ({peers}, {strict})");
        }
        match &column.note {
            Some(note) if self.ratios => format!("{entry}; **{note}**"),
            Some(note) => format!("{note}; {entry}"),
            None => entry,
        }
    }

    pub(crate) fn csv(&self) -> String {
        let mut text = String::new();
        for cell in &self.cells {
            for name in self.names() {
                let Some((column, _)) = self.column(cell, name) else {
                    continue;
                };
                let summary = Summary::of(&column.samples);
                let median = summary.map_or(String::new(), |s| format!("{:.3}", s.median));
                let error = summary.map_or(String::new(), |s| format!("{:.3}", s.error));
                let fault = column.fault.as_deref().unwrap_or("");
                let note = column.note.as_deref().unwrap_or("").replace(';', ",");
                let rounds = column.samples.len();
                let _ = writeln!(text, "{};{};{name};{median};{error};{rounds};{fault};{note}", self.title, cell.name);
            }
        }
        text
    }
}

pub(crate) const CSV_HEAD: &str = "table;cell;peer;median_ns;standard_error_ns;rounds;fault;note\n";

/// Where and with what the tables were made.
pub(crate) fn heading(peers: &[Named], rounds: usize) -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown").to_owned()
    };
    let guest = if field("flags").contains("hypervisor") { ", virtual" } else { "" };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let rustc = std::process::Command::new("rustc").arg("-V").output();
    let rustc = rustc.map_or("rustc unknown".into(), |out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let mut versions: Vec<_> = peers.iter().map(|peer| format!("{} {}", peer.name, peer.version)).collect();
    versions.dedup();
    format!(
        "{}; {cores} x {}{guest}; {rustc}; tokio 1; {}. Medians of {rounds} rounds, interleaved; `~`: standard error above 5 %.\n",
        now(),
        field("model name"),
        versions.join(", "),
    )
}

/// The date and time, UTC, by the civil-from-days method.
fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3600, rest / 60 % 60)
}
