//! A cell: one question, put to every peer in the same words.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::channel::{Capacity, Named};
use crate::runtime::{Flavor, Runtime};

/// What one round measured, one number for each metric of its cell; or what went wrong.
pub(crate) type Sample = Result<Vec<f64>, String>;

/// Does so many operations, verifies what came of them, and tells what they took.
pub(crate) type Round = Arc<dyn Fn(&Runtime, u64) -> Sample + Send + Sync>;

/// Where a number stands: the coordinates of a cell. Those that make no difference are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) family: String,
    pub(crate) kind: String,
    pub(crate) what: String,
    pub(crate) capacity: String,
    pub(crate) topology: String,
    pub(crate) runtime: String,
    pub(crate) payload: String,
}

impl Place {
    pub(crate) fn new(kind: &str, what: impl Into<String>) -> Self {
        Self { kind: kind.into(), what: what.into(), ..Self::default() }
    }

    pub(crate) fn capacity(self, capacity: Capacity) -> Self {
        Self { capacity: capacity.to_string(), ..self }
    }

    pub(crate) fn topology(self, senders: u64, receivers: u64) -> Self {
        Self { topology: format!("{senders}x{receivers}"), ..self }
    }

    pub(crate) fn payload(self, bytes: usize) -> Self {
        Self { payload: format!("{bytes} B"), ..self }
    }

    /// What tells this cell from the others of its family and kind.
    pub(crate) fn label(&self) -> String {
        // Messages are of 8 bytes where nothing is said of them.
        let payload = if self.payload == "8 B" { "" } else { &self.payload };
        let parts = [self.runtime.as_str(), &self.what, &self.capacity, &self.topology, payload];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.family, self.kind, self.label())
    }
}

/// How the samples of many rounds become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    /// The median, and less is better.
    Less,
    /// The median, and more is better.
    More,
    /// The sum over all rounds; there should be none.
    Sum,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric {
    pub(crate) unit: &'static str,
    pub(crate) fold: Fold,
}

impl Metric {
    pub(crate) const fn less(unit: &'static str) -> Self {
        Self { unit, fold: Fold::Less }
    }
}

pub(crate) const PER_MESSAGE: &[Metric] = &[Metric::less("ns a message")];

/// How many operations make a round.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    /// As many as take a few milliseconds with each peer, and no more than this.
    Timed { most: u64 },
    /// So many, whoever it is.
    Fixed(u64),
    /// So many, in so many rounds: what takes too long to be repeated as often as the rest.
    Seldom { length: u64, rounds: usize },
}

impl Length {
    /// After how long a round has hung. All but the seldom ones take a few milliseconds; theirs grow with the machine's
    /// load and with what a peer makes of a million channels.
    pub(crate) fn patience(self) -> Duration {
        Duration::from_secs(if matches!(self, Self::Seldom { .. }) { 180 } else { 15 })
    }
}

/// A peer at its start.
pub(crate) struct Entrant {
    pub(crate) named: Named,
    /// `None` if it does not offer this.
    pub(crate) round: Option<Round>,
    /// Why it is not asked though it offers this.
    pub(crate) excuse: Option<&'static str>,
}

/// Everybody who takes part in a cell, in the order of the columns.
#[derive(Default)]
pub(crate) struct Entrants(pub(crate) Vec<Entrant>);

impl Entrants {
    /// Adds a peer. A project that has several types for one kind of channel is added once for each and takes part once,
    /// with the first that offers the cell.
    pub(crate) fn add(
        &mut self,
        named: Named,
        offered: bool,
        round: impl Fn(&Runtime, u64) -> Sample + Send + Sync + 'static,
    ) {
        let round: Option<Round> = if offered { Some(Arc::new(round)) } else { None };
        match self.0.iter_mut().find(|known| known.named.name == named.name) {
            Some(known) => known.round = known.round.take().or(round),
            None => self.0.push(Entrant { named, round, excuse: None }),
        }
    }

    /// Adds a peer that is not asked, for a reason that the table shows.
    pub(crate) fn excuse(&mut self, named: Named, reason: &'static str) {
        self.0.push(Entrant { named, round: None, excuse: Some(reason) });
    }
}

pub(crate) struct Cell {
    pub(crate) place: Place,
    pub(crate) flavor: Flavor,
    /// The first one is what the length of a round is measured by.
    pub(crate) metrics: &'static [Metric],
    pub(crate) length: Length,
    pub(crate) entrants: Vec<Entrant>,
}

impl Cell {
    pub(crate) fn new(
        place: Place,
        flavor: Flavor,
        metrics: &'static [Metric],
        length: Length,
        entrants: Entrants,
    ) -> Self {
        let place = Place { runtime: flavor.to_string(), ..place };
        Self { place, flavor, metrics, length, entrants: entrants.0 }
    }
}

/// Which cells are to be measured, and how thoroughly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) quick: bool,
    /// Processors of this machine.
    pub(crate) cores: usize,
}

impl Plan {
    pub(crate) fn here(quick: bool) -> Self {
        Self { quick, cores: std::thread::available_parallelism().map_or(1, usize::from) }
    }

    /// Where tasks run in most families. Two workers everywhere, so that machines can be compared, and all of them
    /// where there are more.
    pub(crate) fn flavors(self) -> Vec<Flavor> {
        let mut flavors = vec![Flavor::Current, Flavor::Workers(2)];
        if !self.quick {
            flavors.push(Flavor::Smol);
        }
        if self.cores > 2 {
            flavors.push(Flavor::Workers(self.cores));
        }
        flavors
    }

    /// All of these, or when in a hurry those of the first list only.
    pub(crate) fn choose<T: Copy>(self, quick: &[T], more: &[T]) -> Vec<T> {
        let more = if self.quick { &[][..] } else { more };
        quick.iter().chain(more).copied().collect()
    }
}
