//! One message a channel: made, sent, received, by one task or between two.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::cell::{Cell, Entrants, Length, Metric, Place, Plan, Sample};
use crate::channel::Named;
use crate::message::{Message, Tally};
use crate::peers;
use crate::runtime::{Flavor, Runtime};

const PER_CHANNEL: &[Metric] = &[Metric::less("ns a channel")];

/// What every one-shot channel offers.
pub(crate) trait Once: 'static {
    const NAMED: Named;

    type Tx: Send + 'static;
    /// The channel's own future, unwrapped.
    type Rx: Future<Output = Result<u64, Self::Error>> + Send + 'static;
    type Error: Send;

    fn open() -> (Self::Tx, Self::Rx);
    fn send(tx: Self::Tx, message: u64) -> bool;
}

pub(crate) trait VisitOnce {
    fn channel<P: Once>(&mut self);
}

#[derive(Clone, Copy)]
enum Question {
    /// Made and dropped.
    Made,
    /// Sent, then awaited.
    Ready,
    /// Polled, then sent, then polled again.
    Pending,
    /// A task asks, another one answers.
    Request,
}

fn answer<P: Once>(question: Question, runtime: &Runtime, count: u64) -> Sample {
    let start = Instant::now();
    let tally = match question {
        Question::Made => {
            (0..count).for_each(|_| drop(black_box(P::open())));
            return Ok(vec![start.elapsed().as_nanos() as f64 / count as f64]);
        }
        Question::Ready => runtime.block_on(ready::<P>(count)),
        Question::Pending => pending::<P>(count)?,
        Question::Request => requests::<P>(runtime, count),
    };
    let elapsed = start.elapsed();
    tally.verify(count)?;
    Ok(vec![elapsed.as_nanos() as f64 / count as f64])
}

async fn ready<P: Once>(count: u64) -> Tally {
    let mut tally = Tally::default();
    for number in 0..count {
        let (tx, rx) = P::open();
        assert!(P::send(tx, number), "closed under its sender");
        if let Ok(message) = rx.await {
            tally.add(&message);
        }
    }
    tally
}

/// By hand, with a waker that does nothing, as the channel cannot know: what the channel itself adds to a wait.
fn pending<P: Once>(count: u64) -> Result<Tally, String> {
    let mut cx = Context::from_waker(black_box(Waker::noop()));
    let mut tally = Tally::default();
    for number in 0..count {
        let (tx, rx) = P::open();
        let mut rx = pin!(rx);
        if rx.as_mut().poll(&mut cx).is_ready() || !P::send(tx, number) {
            return Err("ready too early".into());
        }
        match rx.poll(&mut cx) {
            Poll::Ready(Ok(message)) => tally.add(&message),
            _ => return Err("not ready".into()),
        }
    }
    Ok(tally)
}

/// The requests travel by tokio's `mpsc`, whoever carries the answers.
fn requests<P: Once>(runtime: &Runtime, count: u64) -> Tally {
    runtime.run(|spawner| async move {
        let (ask, mut asked) = tokio::sync::mpsc::channel::<(u64, P::Tx)>(1);
        let server = spawner.spawn(async move {
            while let Some((request, answer)) = asked.recv().await {
                assert!(P::send(answer, request), "closed under its sender");
            }
        });
        let client = spawner.spawn(async move {
            let mut tally = Tally::default();
            for number in 0..count {
                let (tx, rx) = P::open();
                assert!(ask.send((number, tx)).await.is_ok(), "the server has gone");
                if let Ok(message) = rx.await {
                    tally.add(&message);
                }
            }
            tally
        });
        let tally = client.await;
        server.await;
        tally
    })
}

struct Collect {
    question: Question,
    entrants: Entrants,
}

impl VisitOnce for Collect {
    fn channel<P: Once>(&mut self) {
        let question = self.question;
        self.entrants.add(P::NAMED, true, move |runtime, count| answer::<P>(question, runtime, count));
    }
}

pub(super) fn cells(plan: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut add = |what, question, flavor| {
        let mut collect = Collect { question, entrants: Entrants::default() };
        peers::oneshot(&mut collect);
        let place = Place::new("oneshot", what).payload(u64::BYTES);
        cells.push(Cell::new(place, flavor, PER_CHANNEL, Length::Timed { most: 100_000 }, collect.entrants));
    };
    add("made and dropped", Question::Made, Flavor::Current);
    add("sent, then awaited", Question::Ready, Flavor::Current);
    add("polled, then sent", Question::Pending, Flavor::Current);
    let mut flavors = plan.flavors();
    flavors.insert(1, Flavor::Workers(1));
    for flavor in flavors {
        add("request and response", Question::Request, flavor);
    }
    cells
}
