//! Streams of messages from tasks to tasks, as fast as they go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::cell::{Cell, Entrants, Length, PER_MESSAGE, Place, Plan};
use crate::channel::{Capacity, Channel, Delivery, Rx, Tx, Visit, offers};
use crate::message::{Message, Parcel, Tally};
use crate::peers;
use crate::runtime::{Flavor, Runtime, Spawner};

/// A round of an unbounded channel may queue all of its messages, so it keeps to this many bytes of them.
const MOST_QUEUED: usize = 8 << 20;

#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) capacity: Capacity,
    pub(crate) senders: u64,
    pub(crate) receivers: u64,
}

/// Sends `messages` through one fresh channel; the nanoseconds that each took.
pub(crate) fn round<T: Message, C>(runtime: &Runtime, shape: Shape, messages: u64) -> Result<f64, String>
where
    C: Channel<T, Tx: Tx<T>, Rx: Rx<T>>,
{
    let (tx, rx) = C::open(shape.capacity).ok_or("not offered")?;
    let (elapsed, tally) = runtime.run(|spawner| stream::<T, C>(spawner, tx, rx, shape, messages));
    tally.verify(messages)?;
    Ok(elapsed.as_nanos() as f64 / messages as f64)
}

async fn stream<T: Message, C>(spawner: Spawner, tx: C::Tx, rx: C::Rx, shape: Shape, messages: u64) -> (Duration, Tally)
where
    C: Channel<T, Tx: Tx<T>, Rx: Rx<T>>,
{
    let stock = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let mut receivers = Vec::new();
    for _ in 1..shape.receivers {
        let rx = C::share(&rx).expect("offered for several receivers");
        receivers.push(spawner.spawn(drain(rx)));
    }
    receivers.push(spawner.spawn(drain(rx)));
    let pours = (0..shape.senders).map(|_| spawner.spawn(pour(tx.clone(), stock.clone(), messages)));
    let senders: Vec<_> = pours.collect();
    drop(tx);
    for sender in senders {
        sender.await;
    }
    let (mut end, mut all) = (start, Tally::default());
    for receiver in receivers {
        let (its_end, tally) = receiver.await;
        end = end.max(its_end);
        all.merge(tally);
    }
    (end - start, all)
}

/// Sends what is left of the messages, a few at a time, so that all senders are there to the end. With a share for each, one that
/// is preferred would be done early, and the others then have it easier: the channel would be paid for being unfair.
async fn pour<T: Message>(mut tx: impl Tx<T>, stock: Arc<AtomicU64>, messages: u64) {
    const AT_A_TIME: u64 = 16;
    loop {
        // Relaxed: a number is a number.
        let first = stock.fetch_add(AT_A_TIME, Relaxed);
        if first >= messages {
            return;
        }
        for number in first..messages.min(first + AT_A_TIME) {
            assert!(tx.put(T::new(number)).await.is_ok(), "closed under its senders");
        }
    }
}

async fn drain<T: Message>(mut rx: impl Rx<T>) -> (Instant, Tally) {
    let mut tally = Tally::default();
    while let Some(message) = rx.take().await.message() {
        tally.add(&message);
    }
    (Instant::now(), tally)
}

/// Collects who takes part in a cell of this shape.
struct Collect {
    shape: Shape,
    entrants: Entrants,
}

impl<T: Message> Visit<T> for Collect {
    fn channel<C>(&mut self)
    where
        C: Channel<T, Tx: Tx<T>, Rx: Rx<T>>,
    {
        let shape = self.shape;
        let offered = offers::<T, C>(shape.capacity, shape.receivers);
        self.entrants
            .add(C::NAMED, offered, move |runtime, messages| Ok(vec![round::<T, C>(runtime, shape, messages)?]));
    }
}

/// Which list of peers a cell asks.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Mpmc,
    Mpsc,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Mpmc => "mpmc",
            Self::Mpsc => "mpsc",
        }
    }

    pub(crate) fn visit<T: Message>(self, visit: &mut impl Visit<T>) {
        match self {
            Self::Mpmc => peers::mpmc(visit),
            Self::Mpsc => peers::mpsc(visit),
        }
    }
}

pub(crate) fn cell<T: Message>(kind: Kind, flavor: Flavor, shape: Shape) -> Cell {
    let mut collect = Collect { shape, entrants: Entrants::default() };
    kind.visit::<T>(&mut collect);
    let most = match shape.capacity {
        Capacity::Bounded(_) => 200_000,
        Capacity::Unbounded => (MOST_QUEUED / T::BYTES).min(50_000) as u64,
    };
    let place = Place::new(kind.name(), "").capacity(shape.capacity).topology(shape.senders, shape.receivers);
    let place = place.payload(T::BYTES);
    Cell::new(place, flavor, PER_MESSAGE, Length::Timed { most }, collect.entrants)
}

pub(crate) fn mpmc(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    let capacities = [0, 1, 16, 128].map(Capacity::Bounded);
    let mut capacities = plan.choose(&capacities, &[Capacity::Bounded(1024)]);
    capacities.push(Capacity::Unbounded);
    for flavor in plan.flavors() {
        for &capacity in &capacities {
            for (senders, receivers) in [(1, 1), (4, 1), (1, 4), (4, 4)] {
                cells.push(cell::<u64>(Kind::Mpmc, flavor, Shape { capacity, senders, receivers }));
            }
        }
    }
    cells
}

pub(crate) fn mpsc(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    for flavor in plan.flavors() {
        for capacity in [1, 16, 128].map(Capacity::Bounded).into_iter().chain([Capacity::Unbounded]) {
            for senders in plan.choose(&[1, 4, 16], &[64]) {
                cells.push(cell::<u64>(Kind::Mpsc, flavor, Shape { capacity, senders, receivers: 1 }));
            }
        }
    }
    cells
}

pub(crate) fn payload(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    for flavor in plan.flavors() {
        for capacity in [Capacity::Bounded(128), Capacity::Unbounded] {
            for (senders, receivers) in [(1, 1), (4, 4)] {
                let shape = Shape { capacity, senders, receivers };
                cells.push(cell::<Parcel<7>>(Kind::Mpmc, flavor, shape));
                cells.push(cell::<Parcel<31>>(Kind::Mpmc, flavor, shape));
                cells.push(cell::<Parcel<127>>(Kind::Mpmc, flavor, shape));
            }
        }
    }
    cells
}
