//! Every message to every receiver, none lost.

use std::time::{Duration, Instant};

use crate::cell::{Cell, Entrants, Length, Metric, Place, Plan, Sample};
use crate::channel::{Capacity, Delivery, Named};
use crate::message::{Message, Tally};
use crate::peers;
use crate::runtime::{Runtime, Spawner};

const PER_DELIVERY: &[Metric] = &[Metric::less("ns a delivery")];

/// A broadcast channel, used so that nothing is lost.
pub(crate) trait Broadcast: 'static {
    const NAMED: Named;

    type Tx: Send + 'static;
    type Rx: Send + 'static;

    fn open(capacity: usize, receivers: u64) -> (Self::Tx, Vec<Self::Rx>);
    fn send(tx: &mut Self::Tx, message: u64) -> impl Future<Output = impl Send> + Send;
    /// Nothing at the end, or if messages were missed: then the count is wrong.
    fn recv(rx: &mut Self::Rx) -> impl Future<Output = impl Delivery<u64>> + Send;
}

pub(crate) trait VisitBroadcast {
    fn channel<B: Broadcast>(&mut self);
}

#[derive(Clone, Copy)]
struct Shape {
    capacity: usize,
    receivers: u64,
}

/// Nanoseconds a delivery, when all together there are about so many.
fn round<B: Broadcast>(runtime: &Runtime, shape: Shape, deliveries: u64) -> Sample {
    let messages = (deliveries / shape.receivers).max(1);
    let (tx, all) = B::open(shape.capacity, shape.receivers);
    let (elapsed, tallies) = runtime.run(|spawner| stream::<B>(spawner, tx, all, messages));
    for tally in &tallies {
        tally.verify(messages)?;
    }
    Ok(vec![elapsed.as_nanos() as f64 / (messages * shape.receivers) as f64])
}

async fn stream<B: Broadcast>(spawner: Spawner, mut tx: B::Tx, all: Vec<B::Rx>, count: u64) -> (Duration, Vec<Tally>) {
    let start = Instant::now();
    let receivers: Vec<_> = all.into_iter().map(|rx| spawner.spawn(drain::<B>(rx))).collect();
    let sender = spawner.spawn(async move {
        for number in 0..count {
            B::send(&mut tx, number).await;
        }
    });
    sender.await;
    let (mut end, mut tallies) = (start, Vec::new());
    for receiver in receivers {
        let (its_end, tally) = receiver.await;
        end = end.max(its_end);
        tallies.push(tally);
    }
    (end - start, tallies)
}

async fn drain<B: Broadcast>(mut rx: B::Rx) -> (Instant, Tally) {
    let mut tally = Tally::default();
    while let Some(message) = B::recv(&mut rx).await.message() {
        tally.add(&message);
    }
    (Instant::now(), tally)
}

struct Collect {
    shape: Shape,
    entrants: Entrants,
}

impl VisitBroadcast for Collect {
    fn channel<B: Broadcast>(&mut self) {
        let shape = self.shape;
        self.entrants.add(B::NAMED, true, move |runtime, deliveries| round::<B>(runtime, shape, deliveries));
    }
}

pub(super) fn cells(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    for flavor in plan.flavors() {
        for capacity in plan.choose(&[128], &[1024]) {
            for receivers in [1, 4, 16] {
                let mut collect = Collect { shape: Shape { capacity, receivers }, entrants: Entrants::default() };
                peers::broadcast(&mut collect);
                let place = Place::new("broadcast", "").capacity(Capacity::Bounded(capacity));
                let place = place.topology(1, receivers).payload(u64::BYTES);
                let length = Length::Timed { most: 400_000 };
                cells.push(Cell::new(place, flavor, PER_DELIVERY, length, collect.entrants));
            }
        }
    }
    cells
}
