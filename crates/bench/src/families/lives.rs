//! Channels and handles made and dropped: what those pay who make many.

use std::hint::black_box;
use std::time::Instant;

use super::streams::Kind;
use crate::cell::{Cell, Entrants, Length, Metric, Place, Plan, Sample};
use crate::channel::{Capacity, Channel, Rx, Tx, Visit, offers};
use crate::message::{Message, Tally};
use crate::runtime::Flavor;

const PER_LIFE: &[Metric] = &[Metric::less("ns each")];
const LENGTH: Length = Length::Timed { most: 100_000 };

#[derive(Clone, Copy)]
enum Life {
    /// A channel is made and dropped.
    Channel,
    /// A channel is made, carries one message, and is dropped.
    Used,
    /// A sender is cloned and dropped.
    Sender,
}

fn live<C>(life: Life, capacity: Capacity, count: u64) -> Sample
where
    C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
{
    let (kept, _rx) = C::open(capacity).ok_or("not offered")?;
    let mut tally = Tally::default();
    let start = Instant::now();
    for number in 0..count {
        match life {
            Life::Channel => drop(black_box(C::open(capacity))),
            Life::Sender => drop(black_box(kept.clone())),
            Life::Used => {
                let (mut tx, mut rx) = C::open(capacity).ok_or("not offered")?;
                if tx.try_put(number)
                    && let Some(message) = rx.try_take()
                {
                    tally.add(&message);
                }
            }
        }
    }
    let elapsed = start.elapsed();
    if matches!(life, Life::Used) {
        tally.verify(count)?;
    }
    Ok(vec![elapsed.as_nanos() as f64 / count as f64])
}

struct Collect {
    life: Life,
    capacity: Capacity,
    entrants: Entrants,
}

impl Visit<u64> for Collect {
    fn channel<C>(&mut self)
    where
        C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
    {
        let (life, capacity) = (self.life, self.capacity);
        let offered = offers::<u64, C>(capacity, 1);
        self.entrants.add(C::NAMED, offered, move |_, count| live::<C>(life, capacity, count));
    }
}

pub(super) fn cells(_: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    let (bounded, unbounded) = (Capacity::Bounded(128), Capacity::Unbounded);
    let lives = [
        ("channel", Life::Channel, bounded),
        ("channel", Life::Channel, unbounded),
        ("channel and a message", Life::Used, bounded),
        ("channel and a message", Life::Used, unbounded),
        ("clone of a sender", Life::Sender, bounded),
    ];
    for kind in [Kind::Mpmc, Kind::Mpsc] {
        for (what, life, capacity) in lives {
            let mut collect = Collect { life, capacity, entrants: Entrants::default() };
            kind.visit::<u64>(&mut collect);
            let place = Place::new(kind.name(), what).capacity(capacity).payload(u64::BYTES);
            cells.push(Cell::new(place, Flavor::Current, PER_LIFE, LENGTH, collect.entrants));
        }
    }
    cells
}
