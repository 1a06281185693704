//! How the cost of a message grows with the number of tasks on its channel, and with that of channels.

use std::time::Instant;

use super::streams::{self, Kind};
use crate::cell::{Cell, Entrants, Length, Metric, Place, Plan, Sample};
use crate::channel::{Capacity, Channel, Delivery, Rx, Tx, Visit, offers};
use crate::message::{Message, Tally};
use crate::runtime::{Flavor, Runtime, Spawner};

/// Small, as that of channels which exist in great numbers would be.
const CAPACITY: Capacity = Capacity::Bounded(4);
const METRICS: &[Metric] = &[Metric::less("ns a message"), Metric::less("ns a channel, made, awaited and dropped")];

/// So many channels, each with a task that waits for its message: the time to send it to each, and that of their lives.
fn idle<C>(runtime: &Runtime, channels: u64) -> Sample
where
    C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
{
    let (send, life, tally) = runtime.run(|spawner| wake_all::<C>(spawner, channels));
    tally.verify(channels)?;
    Ok(vec![send / channels as f64, life / channels as f64])
}

async fn wake_all<C>(spawner: Spawner, channels: u64) -> (f64, f64, Tally)
where
    C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
{
    let start = Instant::now();
    let (mut senders, mut receivers) = (Vec::new(), Vec::new());
    for _ in 0..channels {
        let (tx, mut rx) = C::open(CAPACITY).expect("offered");
        senders.push(tx);
        receivers.push(spawner.spawn(async move {
            let first = rx.take().await.message();
            // It stays until its sender goes, so that the channels' ends do not fall into the time of the messages.
            let end = rx.take().await.message();
            first.filter(|_| end.is_none())
        }));
    }
    // On one thread all tasks have been polled when one that is started after them has.
    spawner.spawn(async {}).await;
    let sending = Instant::now();
    for (number, tx) in (0..).zip(&mut senders) {
        assert!(tx.put(number).await.is_ok(), "closed under its sender");
    }
    spawner.spawn(async {}).await;
    let sent = sending.elapsed();
    drop(senders);
    let mut tally = Tally::default();
    for receiver in receivers {
        if let Some(message) = receiver.await {
            tally.add(&message);
        }
    }
    (sent.as_nanos() as f64, start.elapsed().as_nanos() as f64, tally)
}

struct Collect(Entrants);

impl Visit<u64> for Collect {
    fn channel<C>(&mut self)
    where
        C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
    {
        self.0.add(C::NAMED, offers::<u64, C>(CAPACITY, 1), idle::<C>);
    }
}

pub(super) fn cells(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut capacities = plan.choose(&[128], &[16, 1024]).into_iter().map(Capacity::Bounded).collect::<Vec<_>>();
    capacities.extend(plan.choose(&[], &[Capacity::Unbounded]));
    for flavor in plan.flavors() {
        for &capacity in &capacities {
            for tasks in [1, 4, 16, 64] {
                let shape = streams::Shape { capacity, senders: tasks, receivers: tasks };
                cells.push(streams::cell::<u64>(Kind::Mpmc, flavor, shape));
            }
        }
    }
    for kind in [Kind::Mpmc, Kind::Mpsc] {
        for channels in plan.choose(&[1_000], &[100_000, 1_000_000]) {
            let mut collect = Collect(Entrants::default());
            kind.visit::<u64>(&mut collect);
            let place = Place::new(kind.name(), format!("{channels} idle channels")).capacity(CAPACITY);
            let length = Length::Seldom { length: channels, rounds: if channels > 1_000 { 3 } else { 15 } };
            cells.push(Cell::new(place.payload(u64::BYTES), Flavor::Current, METRICS, length, collect.0));
        }
    }
    cells
}
