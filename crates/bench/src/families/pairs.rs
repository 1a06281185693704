//! One task, nobody else: what an uncontended send and receive cost together.

use std::time::Instant;

use super::streams::Kind;
use crate::cell::{Cell, Entrants, Length, Metric, Place, Plan};
use crate::channel::{Capacity, Channel, Delivery, Rx, Tx, Visit, offers};
use crate::message::{Message, Tally};
use crate::runtime::Flavor;

const PER_PAIR: &[Metric] = &[Metric::less("ns a pair")];
const LENGTH: Length = Length::Timed { most: 300_000 };

fn try_pairs<C>(tx: &mut C::Tx, rx: &mut C::Rx, pairs: u64) -> Tally
where
    C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
{
    let mut tally = Tally::default();
    for number in 0..pairs {
        if tx.try_put(number)
            && let Some(message) = rx.try_take()
        {
            tally.add(&message);
        }
    }
    tally
}

async fn await_pairs<C>(tx: &mut C::Tx, rx: &mut C::Rx, pairs: u64) -> Tally
where
    C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
{
    let mut tally = Tally::default();
    for number in 0..pairs {
        if tx.put(number).await.is_ok()
            && let Some(message) = rx.take().await.message()
        {
            tally.add(&message);
        }
    }
    tally
}

struct Collect {
    capacity: Capacity,
    tries: bool,
    entrants: Entrants,
}

impl Visit<u64> for Collect {
    fn channel<C>(&mut self)
    where
        C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
    {
        let (capacity, tries) = (self.capacity, self.tries);
        self.entrants.add(C::NAMED, offers::<u64, C>(capacity, 1), move |runtime, pairs| {
            let (mut tx, mut rx) = C::open(capacity).ok_or("not offered")?;
            let start = Instant::now();
            let tally = match tries {
                true => try_pairs::<C>(&mut tx, &mut rx, pairs),
                false => runtime.block_on(await_pairs::<C>(&mut tx, &mut rx, pairs)),
            };
            let elapsed = start.elapsed();
            tally.verify(pairs)?;
            Ok(vec![elapsed.as_nanos() as f64 / pairs as f64])
        });
    }
}

pub(super) fn cells(_: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    for kind in [Kind::Mpmc, Kind::Mpsc] {
        for tries in [true, false] {
            for capacity in [Capacity::Bounded(1), Capacity::Bounded(128), Capacity::Unbounded] {
                let mut collect = Collect { capacity, tries, entrants: Entrants::default() };
                kind.visit::<u64>(&mut collect);
                let what = if tries { "try" } else { "await" };
                let place = Place::new(kind.name(), what).capacity(capacity).payload(u64::BYTES);
                cells.push(Cell::new(place, Flavor::Current, PER_PAIR, LENGTH, collect.entrants));
            }
        }
    }
    cells
}
