//! Eight receivers on one channel of capacity 16, and of capacity 1: does each get its share, and how long does one wait?

use std::time::{Duration, Instant};

use crate::cell::{Cell, Entrants, Fold, Length, Metric, Place, Plan, Sample};
use crate::channel::{Capacity, Channel, Delivery, Rx, Tx, Visit, offers};
use crate::message::{Message, Tally};
use crate::peers;
use crate::runtime::{Flavor, Runtime, Spawner};
use crate::stats::percentile;

const RECEIVERS: u64 = 8;
const MESSAGES: u64 = 40_000;
const METRICS: &[Metric] = &[
    Metric::less("ns a message"),
    Metric { unit: "least / most served", fold: Fold::More },
    Metric::less("p50 wait, ns"),
    Metric::less("p99 wait, ns"),
    Metric::less("p99.9 wait, ns"),
];

/// What one receiver got, and how long each of its receives took.
type Served = (Tally, Vec<u32>);

#[derive(Clone, Copy)]
struct Shape {
    capacity: Capacity,
    senders: u64,
    work: Duration,
}

fn round<C>(runtime: &Runtime, shape: Shape, messages: u64) -> Sample
where
    C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
{
    let (tx, rx) = C::open(shape.capacity).ok_or("not offered")?;
    let each = messages / shape.senders;
    let (elapsed, served) = runtime.run(|spawner| serve::<C>(spawner, tx, rx, shape, each));
    let total = each * shape.senders;
    let (mut tally, mut counts, mut all) = (Tally::default(), Vec::new(), Vec::new());
    for (its_tally, waits) in served {
        tally.merge(its_tally);
        counts.push(waits.len());
        all.extend(waits);
    }
    tally.verify(total)?;
    let least = counts.iter().min().copied().unwrap_or(0);
    let most = counts.iter().max().copied().unwrap_or(1);
    let [half, most_waits, nearly_all] = [0.5, 0.99, 0.999].map(|share| f64::from(percentile(&mut all, share)));
    let each = elapsed.as_nanos() as f64 / total as f64;
    Ok(vec![each, least as f64 / most as f64, half, most_waits, nearly_all])
}

async fn serve<C>(spawner: Spawner, tx: C::Tx, rx: C::Rx, shape: Shape, each: u64) -> (Duration, Vec<Served>)
where
    C: Channel<u64, Tx: Tx<u64>, Rx: Rx<u64>>,
{
    let start = Instant::now();
    let mut receivers = Vec::new();
    for _ in 1..RECEIVERS {
        let rx = C::share(&rx).expect("offered for several receivers");
        receivers.push(spawner.spawn(consume(rx, shape.work)));
    }
    receivers.push(spawner.spawn(consume(rx, shape.work)));
    for sender in 0..shape.senders {
        let mut tx = tx.clone();
        // Its end is seen by that of the receivers.
        let sending = async move {
            for message in sender * each..(sender + 1) * each {
                assert!(tx.put(message).await.is_ok(), "closed under its senders");
            }
        };
        spawner.spawn(sending).detach();
    }
    drop(tx);
    let mut served = Vec::new();
    for receiver in receivers {
        served.push(receiver.await);
    }
    (start.elapsed(), served)
}

/// How long each receive took, but for the last one, which ends with the channel.
async fn consume(mut rx: impl Rx<u64>, work: Duration) -> Served {
    let (mut tally, mut waits) = (Tally::default(), Vec::with_capacity(MESSAGES as usize));
    loop {
        let start = Instant::now();
        let Some(message) = rx.take().await.message() else { return (tally, waits) };
        let received = Instant::now();
        tally.add(&message);
        waits.push((received - start).as_nanos().try_into().unwrap_or(u32::MAX));
        while !work.is_zero() && received.elapsed() < work {}
    }
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
        let offered = offers::<u64, C>(shape.capacity, RECEIVERS);
        self.entrants.add(C::NAMED, offered, move |runtime, messages| round::<C>(runtime, shape, messages));
    }
}

pub(super) fn cells(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut flavors = plan.flavors();
    flavors.insert(1, Flavor::Workers(1));
    for flavor in flavors {
        for (capacity, senders) in [(16, 1), (16, 4), (1, 4)] {
            let capacity = Capacity::Bounded(capacity);
            for nanos in plan.choose(&[0], &[500]) {
                let shape = Shape { capacity, senders, work: Duration::from_nanos(nanos) };
                let mut collect = Collect { shape, entrants: Entrants::default() };
                peers::mpmc(&mut collect);
                let place = Place::new("mpmc", format!("{nanos} ns of work")).capacity(capacity);
                let place = place.topology(senders, RECEIVERS).payload(u64::BYTES);
                cells.push(Cell::new(place, flavor, METRICS, Length::Fixed(MESSAGES), collect.entrants));
            }
        }
    }
    cells
}
