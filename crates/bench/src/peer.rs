//! What every measured channel must offer, and its type-erased form.
//!
//! Loops are generic over [`Peer`], so each channel is called directly; only whole rounds are
//! called through a pointer ([`Contender`]).

use tokio::runtime::Runtime;

use crate::{fairness, grid, pair, storm};

/// How many messages a channel holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capacity {
    Bounded(usize),
    Unbounded,
}

impl std::fmt::Display for Capacity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bounded(capacity) => write!(f, "cap {capacity}"),
            Self::Unbounded => f.write_str("unbounded"),
        }
    }
}

/// What a channel promises about a send that is dropped while pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Another project; a dropped pending send was not sent.
    Strict,
    /// Another project; a dropped pending send may be delivered, or a dropped receive may lose.
    Loose,
    /// Ours; always strict, and never a peer to compare with.
    Ours,
}

/// Who is measured.
#[derive(Clone, Copy)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: Kind,
}

/// One channel of `u64`, configured as its authors advise.
pub(crate) trait Peer: 'static {
    const NAME: &'static str;
    const VERSION: &'static str;
    const KIND: Kind;

    type Sender: Clone + Send + Sync + 'static;
    type Receiver: Clone + Send + Sync + 'static;

    /// A fresh channel, or `None` if this capacity is not offered.
    fn open(capacity: Capacity) -> Option<(Self::Sender, Self::Receiver)>;
    /// The channel's own future, unwrapped: one more layer would cost more than some channels do.
    fn send(sender: &Self::Sender, message: u64) -> impl Future<Output = Result<(), impl Send>> + Send;
    fn recv(receiver: &Self::Receiver) -> impl Future<Output = Result<u64, impl Send>> + Send;
    fn try_send(sender: &Self::Sender, message: u64) -> bool;
    fn try_recv(receiver: &Self::Receiver) -> Option<u64>;
}

/// A peer whose rounds can be kept in a list and interleaved.
#[derive(Clone, Copy)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: Kind,
    pub(crate) offers: fn(Capacity) -> bool,
    pub(crate) grid: fn(&Runtime, grid::Shape, u64) -> Result<f64, String>,
    pub(crate) pair: fn(&Runtime, pair::Shape, u64) -> Result<f64, String>,
    pub(crate) storm: fn(&Runtime, storm::Shape, u64) -> Result<storm::Round, String>,
    pub(crate) fairness: fn(&Runtime, fairness::Shape, u64) -> Result<fairness::Round, String>,
}

impl From<Contender> for Named {
    fn from(Contender { name, version, kind, .. }: Contender) -> Named {
        Named { name, version, kind }
    }
}

pub(crate) fn contender<P: Peer>() -> Contender {
    Contender {
        name: P::NAME,
        version: P::VERSION,
        kind: P::KIND,
        offers: |capacity| P::open(capacity).is_some(),
        grid: grid::round::<P>,
        pair: pair::round::<P>,
        storm: storm::round::<P>,
        fairness: fairness::round::<P>,
    }
}
