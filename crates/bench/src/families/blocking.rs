//! Streams of messages from threads to threads.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

use super::streams::Shape;
use crate::cell::{Cell, Entrants, Length, PER_MESSAGE, Place, Plan};
use crate::channel::{BlockingRx, BlockingTx, Capacity, Channel, VisitBlocking, offers};
use crate::message::{Message, Tally};
use crate::peers;
use crate::runtime::Flavor;

/// Sends `messages` through one fresh channel. The clock starts with the first of the threads, not when they are made, nor
/// when they are let go: whoever does that may come last.
fn round<C>(shape: Shape, messages: u64) -> Result<f64, String>
where
    C: Channel<u64, Tx: BlockingTx<u64>, Rx: BlockingRx<u64>>,
{
    let (tx, rx) = C::open(shape.capacity).ok_or("not offered")?;
    let each = messages / shape.senders;
    let mut handles = vec![rx];
    for _ in 1..shape.receivers {
        handles.push(C::share(&handles[0]).ok_or("not offered")?);
    }
    let gate = Arc::new(Barrier::new((shape.senders + shape.receivers) as usize + 1));
    let receivers: Vec<_> = handles.into_iter().map(|rx| drain(rx, gate.clone())).collect();
    let senders: Vec<_> = (0..shape.senders).map(|index| pour(tx.clone(), index * each, each, gate.clone())).collect();
    drop(tx);
    gate.wait();
    let (mut start, mut end, mut all) = (Instant::now(), None, Tally::default());
    for sender in senders {
        start = start.min(sender.join().map_err(|_| "panic")?);
    }
    for receiver in receivers {
        let (its_start, its_end, tally) = receiver.join().map_err(|_| "panic")?;
        (start, end) = (start.min(its_start), end.max(Some(its_end)));
        all.merge(tally);
    }
    all.verify(each * shape.senders)?;
    let took = end.ok_or("nobody receives")?.duration_since(start);
    Ok(took.as_nanos() as f64 / (each * shape.senders) as f64)
}

/// Its start.
fn pour(mut tx: impl BlockingTx<u64>, first: u64, count: u64, gate: Arc<Barrier>) -> thread::JoinHandle<Instant> {
    thread::spawn(move || {
        gate.wait();
        let start = Instant::now();
        for number in first..first + count {
            assert!(tx.put_blocking(number), "closed under its senders");
        }
        start
    })
}

/// Its start and its end, and what it received.
fn drain(mut rx: impl BlockingRx<u64>, gate: Arc<Barrier>) -> thread::JoinHandle<(Instant, Instant, Tally)> {
    thread::spawn(move || {
        gate.wait();
        let (start, mut tally) = (Instant::now(), Tally::default());
        while let Some(message) = rx.take_blocking() {
            tally.add(&message);
        }
        (start, Instant::now(), tally)
    })
}

struct Collect {
    shape: Shape,
    entrants: Entrants,
}

impl VisitBlocking<u64> for Collect {
    fn channel<C>(&mut self)
    where
        C: Channel<u64, Tx: BlockingTx<u64>, Rx: BlockingRx<u64>>,
    {
        let shape = self.shape;
        let offered = offers::<u64, C>(shape.capacity, shape.receivers);
        self.entrants.add(C::NAMED, offered, move |_, messages| Ok(vec![round::<C>(shape, messages)?]));
    }
}

pub(super) fn cells(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    let capacities = plan.choose(&[1, 16, 128], &[0]).into_iter().map(Capacity::Bounded);
    for capacity in capacities.chain([Capacity::Unbounded]) {
        for (senders, receivers) in [(1, 1), (4, 1), (4, 4)] {
            let mut collect = Collect { shape: Shape { capacity, senders, receivers }, entrants: Entrants::default() };
            peers::blocking(&mut collect);
            let place = Place::new("blocking", "").capacity(capacity).topology(senders, receivers).payload(u64::BYTES);
            let length = Length::Timed { most: 100_000 };
            cells.push(Cell::new(place, Flavor::Threads, PER_MESSAGE, length, collect.entrants));
        }
    }
    cells
}
