//! What channels take of memory: bytes as they were asked for, and how often it was asked.
//!
//! Nothing runs here but the channels, by hand and with a waker that does nothing, so the numbers are exact.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::broadcast::{Broadcast, VisitBroadcast};
use super::oneshot::{Once, VisitOnce};
use super::streams::Kind;
use super::watch::{VisitWatch, Watched};
use crate::cell::{Fold, Place};
use crate::channel::{Capacity, Channel, Delivery, Named, Rx, Tx, Visit};
use crate::counting::Count;
use crate::message::Message;
use crate::options::Options;
use crate::peers;
use crate::row::{Outcome, Row};
use crate::stats::Summary;

pub(crate) const NAME: &str = "memory";
pub(crate) const ABOUT: &str = "bytes as they were asked for, and how often it was asked";

const REPEATS: u64 = 1_000;
const BURST: u64 = 100_000;

/// Polls until it is ready; a channel may ask for a few polls more.
fn finish<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    let mut cx = Context::from_waker(Waker::noop());
    (0..10).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

fn is_pending<F: Future>(future: Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

/// What is asked of a channel: the number, or that there is none.
type Question<C> = fn(&mut <C as Channel<u64>>::Tx, &mut <C as Channel<u64>>::Rx) -> Result<f64, String>;

/// Allocations of each of many, once the first few have made room.
fn allocations(mut act: impl FnMut(u64) -> Result<(), String>) -> Result<f64, String> {
    (0..REPEATS).try_for_each(&mut act)?;
    let start = Count::now();
    (0..REPEATS).try_for_each(&mut act)?;
    Ok(Count::now().allocations_since(start) / REPEATS as f64)
}

fn ready_pairs(tx: &mut impl Tx<u64>, rx: &mut impl Rx<u64>) -> Result<f64, String> {
    allocations(|number| {
        finish(pin!(tx.put(number))).ok_or("still pending")?.map_err(|_| "closed")?;
        finish(pin!(rx.take())).ok_or("still pending")?.message().ok_or("closed")?;
        Ok(())
    })
}

fn waiting_receives(tx: &mut impl Tx<u64>, rx: &mut impl Rx<u64>) -> Result<f64, String> {
    allocations(|number| {
        let mut received = pin!(rx.take());
        if !is_pending(received.as_mut()) || !tx.try_put(number) {
            return Err("did not wait".into());
        }
        finish(received).ok_or("still pending")?.message().ok_or("closed")?;
        Ok(())
    })
}

fn waiting_sends(tx: &mut impl Tx<u64>, rx: &mut impl Rx<u64>) -> Result<f64, String> {
    while tx.try_put(0) {}
    allocations(|number| {
        let mut sent = pin!(tx.put(number));
        if !is_pending(sent.as_mut()) {
            return Err("did not wait".into());
        }
        rx.try_take().ok_or("empty")?;
        finish(sent).ok_or("still pending")?.map_err(|_| "closed")?;
        Ok(())
    })
}

fn burst(tx: &mut impl Tx<u64>, rx: &mut impl Rx<u64>) -> Result<(f64, f64), String> {
    let start = Count::now();
    if !(0..BURST).all(|number| tx.try_put(number)) {
        return Err("full".into());
    }
    let allocations = Count::now().allocations_since(start) / BURST as f64;
    (0..BURST).try_for_each(|_| rx.try_take().map(drop)).ok_or("empty")?;
    Ok((allocations, Count::now().bytes_since(start)))
}

fn fill(tx: &mut impl Tx<u64>, count: u64) -> Result<f64, String> {
    let start = Count::now();
    if !(0..count).all(|number| tx.try_put(number)) {
        return Err("full".into());
    }
    Ok(Count::now().bytes_since(start))
}

/// Collects rows.
struct Weigh<'a> {
    options: &'a Options,
    kind: &'static str,
    capacity: Option<Capacity>,
    rows: Vec<Row>,
}

impl Weigh<'_> {
    /// `None` is not offered. A project with several types comes several times; what it offers stays.
    fn add(&mut self, named: Named, what: &str, result: Option<Result<f64, String>>) {
        let unit = if what.starts_with("allocations") { "allocations" } else { "bytes" };
        let mut place = Place::new(self.kind, what).payload(u64::BYTES);
        place.family = NAME.into();
        if let Some(capacity) = self.capacity {
            place = place.capacity(capacity);
        }
        if !self.options.wants_cell(&place) || !self.options.wants_peer(named.name) {
            return;
        }
        let outcome = match result {
            None => Outcome::NotOffered,
            Some(Err(fault)) => Outcome::Failed(fault),
            Some(Ok(value)) => Outcome::Measured(Summary { value, error: 0.0, low: value, high: value, rounds: 1 }),
        };
        let same = |row: &&mut Row| row.place == place && row.peer == named.name;
        if let Some(row) = self.rows.iter_mut().find(same) {
            if row.outcome == Outcome::NotOffered {
                row.outcome = outcome;
            }
            return;
        }
        let (peer, version) = (named.name.into(), peers::version(named.name).into());
        let (standing, unit) = (named.standing, unit.into());
        self.rows.push(Row { place, peer, version, standing, unit, fold: Fold::Less, outcome, others: -1.0 });
    }

    /// A channel just made: bytes, and allocations.
    fn fresh<C>(&mut self, named: Named, open: impl Fn() -> Option<C>) {
        // What a project makes once in a program is no channel's.
        drop(open());
        let start = Count::now();
        let made = open();
        let count = Count::now();
        let offered = made.is_some();
        drop(black_box(made));
        self.add(named, "bytes of a fresh channel", offered.then(|| Ok(count.bytes_since(start))));
        self.add(named, "allocations of a fresh channel", offered.then(|| Ok(count.allocations_since(start))));
    }

    /// Asks a fresh channel.
    fn ask<C>(&mut self, what: &str, question: Question<C>)
    where
        C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
    {
        let capacity = self.capacity.unwrap_or(Capacity::Unbounded);
        let result = C::open(capacity).map(|(mut tx, mut rx)| question(&mut tx, &mut rx));
        self.add(C::NAMED, what, result);
    }
}

impl Visit<u64> for Weigh<'_> {
    fn channel<C>(&mut self)
    where
        C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
    {
        let capacity = self.capacity.unwrap_or(Capacity::Unbounded);
        self.fresh(C::NAMED, || C::open(capacity));
        self.ask::<C>("bytes more with a message", |tx, _| fill(tx, 1));
        self.ask::<C>("bytes of a sender", |tx, _| Ok(size_of_val(tx) as f64));
        self.ask::<C>("bytes of a receiver", |_, rx| Ok(size_of_val(rx) as f64));
        self.ask::<C>("bytes of a send", |tx, _| Ok(size_of_val(&tx.put(0)) as f64));
        self.ask::<C>("bytes of a receive", |_, rx| Ok(size_of_val(&rx.take()) as f64));
        self.ask::<C>("allocations of a ready pair", ready_pairs);
        self.ask::<C>("allocations of a receive that waits", waiting_receives);
        match capacity {
            Capacity::Unbounded => {
                self.ask::<C>("allocations of a message of a burst", |tx, rx| Ok(burst(tx, rx)?.0));
                self.ask::<C>("bytes kept after a burst of 100 000", |tx, rx| Ok(burst(tx, rx)?.1));
            }
            Capacity::Bounded(_) => {
                self.ask::<C>("allocations of a send that waits", waiting_sends);
            }
        }
    }
}

impl VisitOnce for Weigh<'_> {
    fn channel<P: Once>(&mut self) {
        self.fresh(P::NAMED, || Some(P::open()));
        self.add(P::NAMED, "bytes of a sender", Some(Ok(size_of::<P::Tx>() as f64)));
        self.add(P::NAMED, "bytes of a receiver", Some(Ok(size_of::<P::Rx>() as f64)));
    }
}

impl VisitBroadcast for Weigh<'_> {
    fn channel<B: Broadcast>(&mut self) {
        let Some(Capacity::Bounded(capacity)) = self.capacity else { return };
        self.fresh(B::NAMED, || Some(B::open(capacity, 1)));
        self.add(B::NAMED, "bytes of a sender", Some(Ok(size_of::<B::Tx>() as f64)));
        self.add(B::NAMED, "bytes of a receiver", Some(Ok(size_of::<B::Rx>() as f64)));
    }
}

impl VisitWatch for Weigh<'_> {
    fn channel<W: Watched>(&mut self) {
        self.fresh(W::NAMED, || Some(W::open(1)));
        self.add(W::NAMED, "bytes of a sender", Some(Ok(size_of::<W::Tx>() as f64)));
        self.add(W::NAMED, "bytes of a receiver", Some(Ok(size_of::<W::Rx>() as f64)));
    }
}

/// All of it.
pub(crate) fn rows(options: &Options) -> Vec<Row> {
    let mut weigh = Weigh { options, kind: "", capacity: None, rows: Vec::new() };
    for kind in [Kind::Mpmc, Kind::Mpsc] {
        weigh.kind = kind.name();
        for capacity in [Capacity::Bounded(1), Capacity::Bounded(128), Capacity::Unbounded] {
            weigh.capacity = Some(capacity);
            kind.visit::<u64>(&mut weigh);
        }
    }
    (weigh.kind, weigh.capacity) = ("oneshot", None);
    peers::oneshot(&mut weigh);
    (weigh.kind, weigh.capacity) = ("broadcast", Some(Capacity::Bounded(128)));
    peers::broadcast(&mut weigh);
    (weigh.kind, weigh.capacity) = ("watch", None);
    peers::watch(&mut weigh);
    weigh.rows
}
