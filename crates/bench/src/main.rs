//! Measures thalweg and its peers, interleaved, and prints tables of medians and ratios.
//!
//! `cargo run --release -p thalweg-bench -- [grid|pair|storm|fairness|broadcast|oneshot]... [--peer a,b]
//! [--cell substring] [--rounds N] [--quick] [--csv FILE]`

mod broadcast;
mod fairness;
mod grid;
mod host;
mod load;
mod oneshot;
mod pair;
mod peer;
mod peers;
mod report;
mod stats;
mod storm;

use peer::{Contender, Named};
use report::Column;

const USAGE: &str = "usage: thalweg-bench [grid|pair|storm|fairness|broadcast|oneshot]... [--peer a,b] \
    [--cell substring] [--rounds N] [--quick] [--csv FILE]";

/// What was asked for.
pub(crate) struct Options {
    suites: Vec<String>,
    peers: Vec<String>,
    cell: String,
    rounds: usize,
    csv: Option<String>,
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { suites: Vec::new(), peers: Vec::new(), cell: String::new(), rounds: 15, csv: None };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "grid" | "pair" | "storm" | "fairness" | "broadcast" | "oneshot" => options.suites.push(word),
                "--peer" => options.peers = value()?.split(',').map(str::to_owned).collect(),
                "--cell" => options.cell = value()?,
                "--rounds" => options.rounds = value()?.parse().map_err(|_| "--rounds needs a number")?,
                "--quick" => options.rounds = 5,
                "--csv" => options.csv = Some(value()?),
                _ => return Err(format!("unknown argument {word}")),
            }
        }
        Ok(options)
    }

    /// The peers that were asked for: all, if none was named.
    pub(crate) fn choose<P: Copy + Into<Named>>(&self, mut peers: Vec<P>) -> Vec<P> {
        let named = |peer: &P| -> &'static str { Into::<Named>::into(*peer).name };
        peers.retain(|peer| self.peers.is_empty() || self.peers.iter().any(|wanted| wanted == named(peer)));
        peers
    }

    fn runs(&self, suite: &str) -> bool {
        self.suites.is_empty() || self.suites.iter().any(|wanted| wanted == suite)
    }

    /// Whether this cell is to be measured.
    pub(crate) fn wants(&self, cell: &str) -> bool {
        cell.contains(&self.cell)
    }
}

/// One column a peer: round by round, every peer once, so that a change of the machine meets all.
/// A peer that fails a round is not asked again in this cell. `None` means not offered.
pub(crate) fn interleave<P>(
    options: &Options,
    peers: &[P],
    mut round: impl FnMut(usize, &P) -> Option<Result<f64, String>>,
) -> Vec<Column> {
    let mut columns = vec![Column::default(); peers.len()];
    for _ in 0..options.rounds {
        for (index, peer) in peers.iter().enumerate() {
            if columns[index].fault.is_some() {
                continue;
            }
            let Some(result) = round(index, peer) else {
                continue;
            };
            columns[index].offered = true;
            match result {
                Ok(sample) => columns[index].samples.push(sample),
                Err(fault) => columns[index].fault = Some(fault),
            }
        }
    }
    columns
}

fn main() {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(fault) => {
            eprintln!("{fault}\n{USAGE}");
            std::process::exit(2);
        }
    };
    let peers = options.choose(peers::all());
    let names =
        peers.iter().map(|&peer| peer.into()).chain(options.choose(broadcast::peers()).into_iter().map(Into::into));
    let names = names.chain(options.choose(oneshot::peers()).into_iter().map(Into::into));
    println!("{}", report::heading(&names.collect::<Vec<_>>(), options.rounds));
    let suites: [(&str, fn(&Options, &[Contender]) -> Vec<report::Table>); 6] = [
        ("grid", grid::run),
        ("pair", pair::run),
        ("storm", storm::run),
        ("fairness", fairness::run),
        ("broadcast", |options, _| broadcast::run(options)),
        ("oneshot", |options, _| oneshot::run(options)),
    ];
    let mut csv = String::from(report::CSV_HEAD);
    for (name, run) in suites {
        if options.runs(name) {
            let start = load::Ticks::now();
            for table in run(&options, &peers) {
                println!("{}", table.markdown());
                csv += &table.csv();
            }
            if let (Some(start), Some(end)) = (start, load::Ticks::now()) {
                println!("Others took {:.0} % of the machine during this suite.\n", end.foreign_since(start));
            }
        }
    }
    if let Some(path) = &options.csv {
        if let Err(fault) = std::fs::write(path, csv) {
            eprintln!("cannot write {path}: {fault}");
            std::process::exit(1);
        }
    }
}
