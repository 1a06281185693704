//! What was asked for on the command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::cell::{Cell, Place, Plan};
use crate::families::{self, memory};

pub(crate) const USAGE: &str = "\
cargo xtask bench [options]

  --quick           a choice of cells, fewer rounds: less than two minutes
  --family A,B      only these families (--list names them)
  --cell 'A,B'      only cells whose name holds each of these, capacities and topologies as a whole: --cell 'mpsc,cap 1,4x1,tokio 2'
  --peer A,B        only these peers, and thalweg
  --rounds N        so many rounds of each cell, at first
  --out FOLDER      where the results go (target/bench)
  --list            names the families, and the cells that these options choose
  --draw FILE       measures nothing, makes the report from a file of results
  --instructions    counts instructions under valgrind, compares them with those that are kept
  --keep            with --instructions: keeps the new counts

It writes results.csv, report.md and pictures. Without --quick it takes less than an hour.
To have a machine taken into the comparison, run it there with nothing else and send results.csv, in an issue or a pull request.
";

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Task {
    Measure,
    List,
    Draw(PathBuf),
    Instructions {
        keep: bool,
    },
    /// One round of one peer, for a tool that looks on: family, label of the cell, peer, length.
    Once {
        family: String,
        cell: String,
        peer: String,
        length: u64,
    },
    Help,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) task: Task,
    pub(crate) quick: bool,
    pub(crate) rounds: usize,
    pub(crate) out: PathBuf,
    families: Vec<String>,
    cell: Vec<String>,
    peers: Vec<String>,
}

impl Options {
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut words = words.into_iter();
        let mut options = Self {
            task: Task::Measure,
            quick: false,
            rounds: 0,
            out: PathBuf::from("target/bench"),
            families: Vec::new(),
            cell: Vec::new(),
            peers: Vec::new(),
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => options.quick = true,
                "--family" => options.families = list(&value()?),
                "--cell" => options.cell = list(&value()?),
                "--peer" => options.peers = list(&value()?),
                "--rounds" => options.rounds = number(&value()?)? as usize,
                "--out" => options.out = value()?.into(),
                "--list" => options.task = Task::List,
                "--draw" => options.task = Task::Draw(value()?.into()),
                "--instructions" => options.task = Task::Instructions { keep: false },
                "--keep" => options.task = Task::Instructions { keep: true },
                "--once" => {
                    let (family, cell, peer) = (value()?, value()?, value()?);
                    options.task = Task::Once { family, cell, peer, length: number(&value()?)? };
                }
                "help" | "-h" | "--help" => options.task = Task::Help,
                _ => return Err(format!("there is no option `{word}`")),
            }
        }
        if options.rounds == 0 {
            options.rounds = if options.quick { 5 } else { 15 };
        }
        let known = |name: &String| name == memory::NAME || families::ALL.iter().any(|family| family.name == name);
        match options.families.iter().find(|name| !known(name)) {
            Some(name) => {
                let known: Vec<&str> = families::ALL.iter().map(|family| family.name).collect();
                Err(format!("there is no family `{name}`; there are {}, {}", known.join(", "), memory::NAME))
            }
            None => Ok(options),
        }
    }

    pub(crate) fn wants_family(&self, name: &str) -> bool {
        self.families.is_empty() || self.families.iter().any(|wanted| wanted == name)
    }

    pub(crate) fn wants_cell(&self, place: &Place) -> bool {
        let name = place.to_string();
        self.cell.iter().all(|part| match part.split_once('x') {
            _ if part.starts_with("cap ") => place.capacity == *part,
            Some((senders, receivers)) if number(senders).is_ok() && number(receivers).is_ok() => {
                place.topology == *part
            }
            _ => name.contains(part),
        })
    }

    /// Fails where a cell or a peer was asked for that there is not: nothing measured would look like a result.
    pub(crate) fn check(&self) -> Result<(), String> {
        // Memory has no cells of this kind; its peers are those of the others.
        let is_memory_alone = !families::ALL.iter().any(|family| self.wants_family(family.name));
        let mut cells: Vec<Cell> = Vec::new();
        for family in families::ALL.iter().filter(|family| is_memory_alone || self.wants_family(family.name)) {
            let mut of_family = (family.cells)(Plan::here(self.quick));
            of_family.iter_mut().for_each(|cell| cell.place.family = family.name.into());
            cells.extend(of_family.into_iter().filter(|cell| is_memory_alone || self.wants_cell(&cell.place)));
        }
        if cells.is_empty() {
            return Err(format!("no cell is named `{}`; --list names those of the families", self.cell.join(",")));
        }
        let mut known: Vec<&str> =
            cells.iter().flat_map(|cell| cell.entrants.iter().map(|entrant| entrant.named.name)).collect();
        known.sort_unstable();
        known.dedup();
        match self.peers.iter().find(|peer| !known.contains(&peer.as_str())) {
            Some(peer) => Err(format!("no peer `{peer}` takes part; those that do: {}", known.join(", "))),
            None => Ok(()),
        }
    }

    /// Ours is always wanted: it is what the others are compared with.
    pub(crate) fn wants_peer(&self, name: &str) -> bool {
        let wanted = |wanted: &String| wanted == name || name == "thalweg" || name == "machine";
        self.peers.is_empty() || self.peers.iter().any(wanted)
    }

    /// Whether some peers were asked for by name.
    pub(crate) fn names_peers(&self) -> bool {
        !self.peers.is_empty()
    }

    /// How long a round is to take.
    pub(crate) fn round(&self) -> Duration {
        Duration::from_millis(if self.quick { 2 } else { 4 })
    }

    /// When cells are no longer measured again.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(if self.quick { 100 } else { 50 * 60 })
    }
}

fn list(words: &str) -> Vec<String> {
    words.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

fn number(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("`{word}` is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn chooses() {
        let options = parse("--quick --family mpsc,watch --cell mpsc,tokio --peer tokio").unwrap();
        assert!(options.wants_family("watch") && !options.wants_family("mpmc"));
        assert!(options.wants_peer("tokio") && options.wants_peer("thalweg") && !options.wants_peer("kanal"));
        let place = Place { family: "mpsc".into(), runtime: "tokio 1 thread".into(), ..Place::default() };
        assert!(options.wants_cell(&place));
        assert!(!options.wants_cell(&Place { runtime: "threads".into(), ..place }));
    }

    /// `cap 1` chose 16, 128 and 1024 as well, and `4x1` chose 64x1.
    #[test]
    fn capacity_and_topology_are_meant_as_a_whole() {
        let options = Options { cell: ["cap 1", "4x1", "tok"].map(str::to_owned).into(), ..parse("--quick").unwrap() };
        let place =
            Place { capacity: "cap 1".into(), topology: "4x1".into(), runtime: "tokio".into(), ..Place::default() };
        assert!(options.wants_cell(&place));
        assert!(!options.wants_cell(&Place { capacity: "cap 16".into(), ..place.clone() }));
        assert!(!options.wants_cell(&Place { topology: "64x1".into(), ..place }));
    }

    /// It measured nothing, and wrote that over what had been measured before.
    #[test]
    fn what_there_is_not_is_not_measured() {
        for (bad, says) in
            [("--cell zzz", "no cell"), ("--peer nobody", "kanal"), ("--family pair --peer std", "no peer")]
        {
            let fault = parse(bad).unwrap().check().unwrap_err();
            assert!(fault.contains(says), "{bad}: {fault}");
        }
        for good in ["--quick", "--cell mpsc --peer kanal", "--family memory", "--family memory --peer flume"] {
            assert_eq!(parse(good).unwrap().check(), Ok(()), "{good}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for bad in ["--famly mpsc", "--family nonsense", "--rounds x", "--cell"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
