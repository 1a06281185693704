//! Cancellation: every second send and every second receive is dropped after one poll.
//!
//! Lost is what a completed send sent and nobody received. Doubled is what was received twice. A ghost is what was
//! received though its send had been dropped.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::streams::{Kind, Shape};
use crate::cell::{Cell, Entrants, Fold, Length, Metric, Place, Plan, Sample};
use crate::channel::{Capacity, Channel, Delivery, Rx, Tx, Visit, offers};
use crate::message::Message;
use crate::runtime::{Runtime, Spawner, yield_now};

const MESSAGES: u64 = 20_000;
const METRICS: &[Metric] = &[
    Metric::less("ns a send attempt"),
    Metric { unit: "lost", fold: Fold::Sum },
    Metric { unit: "doubled", fold: Fold::Sum },
    Metric { unit: "ghosts", fold: Fold::Sum },
];

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Accepted,
    Cancelled,
}

fn round<C>(runtime: &Runtime, shape: Shape, messages: u64) -> Sample
where
    C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
{
    let (tx, rx) = C::open(shape.capacity).ok_or("not offered")?;
    let (elapsed, fates, arrivals) =
        runtime.run(|spawner| storm::<C>(spawner, tx, rx, shape, messages / shape.senders));
    let mut counts = vec![0_u64; fates.len()];
    for number in arrivals {
        *counts.get_mut(number as usize).ok_or("wrong: a message nobody sent")? += 1;
    }
    let (mut lost, mut doubled, mut ghosts) = (0, 0, 0);
    for (fate, &count) in fates.iter().zip(&counts) {
        match fate {
            Fate::Accepted if count == 0 => lost += 1,
            Fate::Cancelled if count > 0 => ghosts += 1,
            _ => {}
        }
        doubled += count.saturating_sub(1);
    }
    let each = elapsed.as_nanos() as f64 / fates.len() as f64;
    Ok(vec![each, lost as f64, doubled as f64, ghosts as f64])
}

async fn storm<C>(spawner: Spawner, tx: C::Tx, rx: C::Rx, shape: Shape, each: u64) -> (Duration, Vec<Fate>, Vec<u64>)
where
    C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
{
    let start = Instant::now();
    let mut receivers = Vec::new();
    for _ in 1..shape.receivers {
        receivers.push(spawner.spawn(gather(C::share(&rx).expect("offered for several receivers"))));
    }
    receivers.push(spawner.spawn(gather(rx)));
    let scatters = (0..shape.senders).map(|index| spawner.spawn(scatter(tx.clone(), index * each, each)));
    let senders: Vec<_> = scatters.collect();
    drop(tx);
    let (mut fates, mut arrivals) = (Vec::new(), Vec::new());
    for sender in senders {
        fates.extend(sender.await);
    }
    for receiver in receivers {
        arrivals.extend(receiver.await);
    }
    (start.elapsed(), fates, arrivals)
}

async fn scatter(mut tx: impl Tx<u64>, first: u64, count: u64) -> Vec<Fate> {
    let mut fates = Vec::with_capacity(count as usize);
    for number in first..first + count {
        let sent = tx.put(number);
        let accepted = if number % 2 == 0 { Some(sent.await) } else { once(sent).await };
        let accepted = accepted.map(|sent| assert!(sent.is_ok(), "closed under its senders"));
        fates.push(if accepted.is_some() { Fate::Accepted } else { Fate::Cancelled });
    }
    fates
}

async fn gather(mut rx: impl Rx<u64>) -> Vec<u64> {
    let mut arrivals = Vec::new();
    for turn in 0_u64.. {
        let received = rx.take();
        let received = if turn % 2 == 0 { Some(received.await) } else { once(received).await };
        match received.map(Delivery::message) {
            Some(Some(number)) => arrivals.push(number),
            Some(None) => break,
            None => {}
        }
    }
    arrivals
}

/// Polls once; if pending, lets the other tasks run, and drops the future without a second poll.
async fn once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let first = poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await;
    if first.is_none() {
        yield_now().await;
    }
    first
}

struct Collect {
    shape: Shape,
    entrants: Entrants,
}

impl Visit<u64> for Collect {
    fn channel<C>(&mut self)
    where
        C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
    {
        let shape = self.shape;
        let offered = offers::<u64, C>(shape.capacity, shape.receivers);
        if let (true, Some(reason)) = (offered, C::EXCUSE) {
            return self.entrants.excuse(C::NAMED, reason);
        }
        self.entrants.add(C::NAMED, offered, move |runtime, messages| round::<C>(runtime, shape, messages));
    }
}

pub(super) fn cells(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut capacities = plan.choose(&[1, 16], &[0]).into_iter().map(Capacity::Bounded).collect::<Vec<_>>();
    capacities.push(Capacity::Unbounded);
    for (kind, sides) in [(Kind::Mpmc, [(1, 1), (4, 4)]), (Kind::Mpsc, [(1, 1), (4, 1)])] {
        for flavor in plan.flavors() {
            for &capacity in &capacities {
                for (senders, receivers) in sides {
                    let shape = Shape { capacity, senders, receivers };
                    let mut collect = Collect { shape, entrants: Entrants::default() };
                    kind.visit::<u64>(&mut collect);
                    let place = Place::new(kind.name(), "").capacity(capacity).topology(senders, receivers);
                    let place = place.payload(u64::BYTES);
                    cells.push(Cell::new(place, flavor, METRICS, Length::Fixed(MESSAGES), collect.entrants));
                }
            }
        }
    }
    cells
}
