//! Only the newest value: stored with nobody there, looked at, and told to all who wait.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::cell::{Cell, Entrants, Length, Metric, Place, Plan, Sample};
use crate::channel::Named;
use crate::message::Message;
use crate::peers;
use crate::runtime::{Flavor, Runtime, Spawner, yield_now};

const PER_OPERATION: &[Metric] = &[Metric::less("ns each")];
const PER_DELIVERY: &[Metric] = &[Metric::less("ns a delivery")];

/// A channel that holds the newest value.
pub(crate) trait Watched: 'static {
    const NAMED: Named;

    type Tx: Send + 'static;
    type Rx: Send + 'static;

    /// Begins with 0, which all receivers have seen.
    fn open(receivers: u64) -> (Self::Tx, Vec<Self::Rx>);
    fn set(tx: &mut Self::Tx, value: u64);
    /// The value of now, as seen.
    fn look(rx: &mut Self::Rx) -> u64;
    /// Waits for a value that was not seen; `None` at the end.
    fn next(rx: &mut Self::Rx) -> impl Future<Output = Option<u64>> + Send;
}

pub(crate) trait VisitWatch {
    fn channel<W: Watched>(&mut self);
}

#[derive(Clone, Copy)]
enum Question {
    Made,
    Set,
    SetAndLook,
    Look,
    /// Each value is set when all receivers have seen the last.
    Lockstep(u64),
    /// Values are set one after the other; who waits sees what there is when it comes.
    Stream(u64),
}

fn answer<W: Watched>(question: Question, runtime: &Runtime, count: u64) -> Sample {
    match question {
        Question::Lockstep(receivers) => return lockstep::<W>(runtime, receivers, count),
        Question::Stream(receivers) => return stream::<W>(runtime, receivers, count),
        _ => {}
    }
    let (mut tx, mut all) = W::open(1);
    let start = Instant::now();
    for number in 1..=count {
        match question {
            Question::Made => drop(black_box(W::open(1))),
            Question::Set => W::set(&mut tx, number),
            Question::Look => drop(black_box(W::look(&mut all[0]))),
            _ => {
                W::set(&mut tx, number);
                if W::look(&mut all[0]) != number {
                    return Err(format!("wrong: {number} was not seen"));
                }
            }
        }
    }
    let elapsed = start.elapsed();
    let last = W::look(&mut all[0]);
    if last != if matches!(question, Question::Made | Question::Look) { 0 } else { count } {
        return Err(format!("wrong: the last value is {last}"));
    }
    Ok(vec![elapsed.as_nanos() as f64 / count as f64])
}

/// Every value is seen by every receiver, so that all peers do the same work.
fn lockstep<W: Watched>(runtime: &Runtime, receivers: u64, deliveries: u64) -> Sample {
    let values = (deliveries / receivers).max(1);
    let (mut tx, all) = W::open(receivers);
    let each = runtime.run(|spawner| async move {
        let seen = Arc::new(AtomicU64::new(0));
        let tasks = follow::<W>(&spawner, all, &seen);
        let sender = spawner.spawn(async move {
            let start = Instant::now();
            for value in 1..=values {
                W::set(&mut tx, value);
                while seen.load(Ordering::Acquire) < value * receivers {
                    yield_now().await;
                }
            }
            start.elapsed().as_nanos() as f64 / (values * receivers) as f64
        });
        let each = sender.await;
        for task in tasks {
            verify(task.await, values, true)?;
        }
        Ok::<_, String>(each)
    })?;
    Ok(vec![each])
}

/// Every receiver sees some of the values, in order, and the last one. The time is that until all have.
fn stream<W: Watched>(runtime: &Runtime, receivers: u64, values: u64) -> Sample {
    let (mut tx, all) = W::open(receivers);
    let elapsed = runtime.run(|spawner| async move {
        let tasks = follow::<W>(&spawner, all, &Arc::new(AtomicU64::new(0)));
        let start = Instant::now();
        let sender = spawner.spawn(async move {
            for value in 1..=values {
                W::set(&mut tx, value);
                // Now and then the others may run, on one thread too.
                if value % 16 == 0 {
                    yield_now().await;
                }
            }
        });
        sender.await;
        for task in tasks {
            verify(task.await, values, false)?;
        }
        Ok::<_, String>(start.elapsed())
    })?;
    Ok(vec![elapsed.as_nanos() as f64 / values as f64])
}

/// What a receiver saw: how many values, and the last; or that they went backwards.
type Seen = Result<(u64, u64), String>;

fn follow<W: Watched>(spawner: &Spawner, all: Vec<W::Rx>, seen: &Arc<AtomicU64>) -> Vec<crate::runtime::Joining<Seen>> {
    let task = |mut rx: W::Rx| {
        let seen = seen.clone();
        spawner.spawn(async move {
            let (mut count, mut last) = (0, 0);
            while let Some(value) = W::next(&mut rx).await {
                if value < last {
                    return Err(format!("wrong: {value} after {last}"));
                }
                // To be told of one value twice, as happens with postage, takes time but is no second value.
                if value > last {
                    (count, last) = (count + 1, value);
                    seen.fetch_add(1, Ordering::Release);
                }
            }
            Ok((count, last))
        })
    };
    all.into_iter().map(task).collect()
}

fn verify(seen: Seen, values: u64, every: bool) -> Result<(), String> {
    let (count, last) = seen?;
    if last != values || (every && count != values) {
        return Err(format!("wrong: {count} of {values} values, the last was {last}"));
    }
    Ok(())
}

struct Collect {
    question: Question,
    entrants: Entrants,
}

impl VisitWatch for Collect {
    fn channel<W: Watched>(&mut self) {
        let question = self.question;
        self.entrants.add(W::NAMED, true, move |runtime, count| answer::<W>(question, runtime, count));
    }
}

pub(super) fn cells(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut add = |place: Place, question, flavor, metrics| {
        let mut collect = Collect { question, entrants: Entrants::default() };
        peers::watch(&mut collect);
        let place = place.payload(u64::BYTES);
        cells.push(Cell::new(place, flavor, metrics, Length::Timed { most: 200_000 }, collect.entrants));
    };
    let single = [
        ("made and dropped", Question::Made),
        ("set", Question::Set),
        ("set and looked at", Question::SetAndLook),
        ("looked at", Question::Look),
    ];
    for (what, question) in single {
        add(Place::new("watch", what), question, Flavor::Current, PER_OPERATION);
    }
    for flavor in plan.flavors() {
        for receivers in [1, 4, 16] {
            let place = |what: &str| Place::new("watch", what).topology(1, receivers);
            add(place("lockstep"), Question::Lockstep(receivers), flavor, PER_DELIVERY);
            add(place("stream"), Question::Stream(receivers), flavor, PER_OPERATION);
        }
    }
    cells
}
