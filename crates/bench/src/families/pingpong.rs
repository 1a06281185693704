//! A message there and one back, one at a time: latency, between tasks and between threads.

use std::time::Instant;

use super::streams::Kind;
use crate::cell::{Cell, Entrants, Length, Metric, Place, Plan};
use crate::channel::{BlockingRx, BlockingTx, Capacity, Channel, Delivery, Rx, Tx, Visit, VisitBlocking, offers};
use crate::message::{Message, Tally};
use crate::peers;
use crate::runtime::{Flavor, Spawner};

const PER_TRIP: &[Metric] = &[Metric::less("ns a round trip")];

/// Two channels: there, and back.
type Two<C> = [(<C as Channel<u64>>::Tx, <C as Channel<u64>>::Rx); 2];

fn two<C: Channel<u64>>(capacity: Capacity) -> Result<Two<C>, String> {
    let open = || C::open(capacity).ok_or("not offered");
    Ok([open()?, open()?])
}

async fn tasks<C>(spawner: Spawner, [(mut there, mut over), (mut back, mut home)]: Two<C>, trips: u64) -> (f64, Tally)
where
    C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
{
    let echo = spawner.spawn(async move {
        while let Some(message) = over.take().await.message() {
            assert!(back.put(message).await.is_ok(), "closed under its sender");
        }
    });
    let caller = spawner.spawn(async move {
        let (start, mut tally) = (Instant::now(), Tally::default());
        for number in 0..trips {
            assert!(there.put(number).await.is_ok(), "closed under its sender");
            if let Some(message) = home.take().await.message() {
                tally.add(&message);
            }
        }
        (start.elapsed().as_nanos() as f64 / trips as f64, tally)
    });
    let result = caller.await;
    echo.await;
    result
}

fn threads<C>([(mut there, mut over), (mut back, mut home)]: Two<C>, trips: u64) -> (f64, Tally)
where
    C: Channel<u64, Tx: BlockingTx<u64>, Rx: BlockingRx<u64>>,
{
    let echo = std::thread::spawn(move || {
        while let Some(message) = over.take_blocking() {
            assert!(back.put_blocking(message), "closed under its sender");
        }
    });
    let (mut start, mut tally) = (Instant::now(), Tally::default());
    // The first trip waits for the thread to be there.
    for number in 0..trips {
        if number == 1 {
            start = Instant::now();
        }
        assert!(there.put_blocking(number), "closed under its sender");
        if let Some(message) = home.take_blocking() {
            tally.add(&message);
        }
    }
    let elapsed = start.elapsed();
    drop(there);
    echo.join().expect("the echo panicked");
    (elapsed.as_nanos() as f64 / (trips - 1) as f64, tally)
}

struct Collect {
    capacity: Capacity,
    entrants: Entrants,
}

impl Visit<u64> for Collect {
    fn channel<C>(&mut self)
    where
        C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
    {
        let capacity = self.capacity;
        self.entrants.add(C::NAMED, offers::<u64, C>(capacity, 1), move |runtime, trips| {
            let two = two::<C>(capacity)?;
            let (each, tally) = runtime.run(|spawner| tasks::<C>(spawner, two, trips));
            tally.verify(trips)?;
            Ok(vec![each])
        });
    }
}

impl VisitBlocking<u64> for Collect {
    fn channel<C>(&mut self)
    where
        C: Channel<u64, Tx: BlockingTx<u64>, Rx: BlockingRx<u64>>,
    {
        let capacity = self.capacity;
        self.entrants.add(C::NAMED, offers::<u64, C>(capacity, 1), move |_, trips| {
            let (each, tally) = threads::<C>(two::<C>(capacity)?, trips);
            tally.verify(trips)?;
            Ok(vec![each])
        });
    }
}

pub(super) fn cells(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    let capacities = plan.choose(&[Capacity::Bounded(1)], &[Capacity::Bounded(0), Capacity::Unbounded]);
    for kind in [Kind::Mpmc, Kind::Mpsc] {
        for flavor in plan.flavors() {
            for &capacity in capacities.iter().filter(|capacity| **capacity == Capacity::Bounded(1)) {
                let mut collect = Collect { capacity, entrants: Entrants::default() };
                kind.visit::<u64>(&mut collect);
                let place = Place::new(kind.name(), "").capacity(capacity).payload(u64::BYTES);
                cells.push(Cell::new(place, flavor, PER_TRIP, Length::Timed { most: 50_000 }, collect.entrants));
            }
        }
    }
    for capacity in capacities {
        let mut collect = Collect { capacity, entrants: Entrants::default() };
        peers::blocking(&mut collect);
        let place = Place::new("blocking", "").capacity(capacity).payload(u64::BYTES);
        cells.push(Cell::new(place, Flavor::Threads, PER_TRIP, Length::Timed { most: 50_000 }, collect.entrants));
    }
    cells
}
