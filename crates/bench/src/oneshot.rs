//! One message a channel: made, sent, received, by one task or between two. All that arrives is counted and summed up.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::runtime::Runtime;

use crate::host::{Flavor, Host};
use crate::peer::{Kind, Named};
use crate::report::{Cell, Table};
use crate::{Options, interleave};

const CHANNELS: u64 = 100_000;
const REQUESTS: u64 = 20_000;

/// What every one-shot channel offers.
trait Once: 'static {
    const NAMED: Named;

    type Sender: Send + 'static;
    /// The channel's own future, unwrapped.
    type Receiver: Future<Output = Result<u64, Self::Error>> + Send + 'static;
    type Error: Send;

    fn open() -> (Self::Sender, Self::Receiver);
    fn send(sender: Self::Sender, message: u64) -> bool;
}

/// One round of a cell: the nanoseconds that each channel took.
type Round = fn(&Runtime) -> Result<f64, String>;

#[derive(Clone, Copy)]
pub(crate) struct Contender {
    named: Named,
    rounds: [Round; 4],
}

impl From<Contender> for Named {
    fn from(contender: Contender) -> Named {
        contender.named
    }
}

const CELLS: [(&str, &[Flavor]); 4] = [
    ("made and dropped", &[Flavor::Current]),
    ("sent, then awaited", &[Flavor::Current]),
    ("polled, then sent", &[Flavor::Current]),
    ("request and response", &Flavor::ORDERS),
];

fn contender<P: Once>() -> Contender {
    Contender { named: P::NAMED, rounds: [made::<P>, ready::<P>, pending::<P>, requests::<P>] }
}

/// Everybody, in the order of the columns.
pub(crate) fn peers() -> Vec<Contender> {
    vec![
        contender::<Oneshot>(),
        contender::<AsyncOneshot>(),
        contender::<Tokio>(),
        contender::<Futures>(),
        contender::<Thalweg>(),
    ]
}

/// Nanoseconds a channel, if the messages that arrived are `0..count`.
fn verdict(start: Instant, count: u64, sum: u64) -> Result<f64, String> {
    let elapsed = start.elapsed();
    if sum != count * (count - 1) / 2 {
        return Err(format!("wrong: {sum}"));
    }
    Ok(elapsed.as_nanos() as f64 / count as f64)
}

fn made<P: Once>(_: &Runtime) -> Result<f64, String> {
    let start = Instant::now();
    for _ in 0..CHANNELS {
        drop(std::hint::black_box(P::open()));
    }
    Ok(start.elapsed().as_nanos() as f64 / CHANNELS as f64)
}

fn ready<P: Once>(runtime: &Runtime) -> Result<f64, String> {
    let start = Instant::now();
    let sum = runtime.block_on(async {
        let mut sum = 0;
        for message in 0..CHANNELS {
            let (sender, receiver) = P::open();
            assert!(P::send(sender, message));
            sum += receiver.await.unwrap_or(u64::MAX / CHANNELS);
        }
        sum
    });
    verdict(start, CHANNELS, sum)
}

/// By hand, with a waker that does nothing, as the channel cannot know: what the channel itself adds to a wait.
fn pending<P: Once>(_: &Runtime) -> Result<f64, String> {
    let mut cx = Context::from_waker(std::hint::black_box(Waker::noop()));
    let start = Instant::now();
    let mut sum = 0;
    for message in 0..CHANNELS {
        let (sender, receiver) = P::open();
        let mut receiver = pin!(receiver);
        if receiver.as_mut().poll(&mut cx).is_ready() || !P::send(sender, message) {
            return Err("ready too early".into());
        }
        match receiver.poll(&mut cx) {
            Poll::Ready(Ok(message)) => sum += message,
            _ => return Err("not ready".into()),
        }
    }
    verdict(start, CHANNELS, sum)
}

/// A task asks, another answers; the requests travel by tokio's `mpsc`, whoever carries the answers.
fn requests<P: Once>(runtime: &Runtime) -> Result<f64, String> {
    runtime.block_on(async {
        let (ask, mut asked) = tokio::sync::mpsc::channel::<(u64, P::Sender)>(1);
        let start = Instant::now();
        let server = tokio::spawn(async move {
            let mut refused = 0;
            while let Some((request, answer)) = asked.recv().await {
                refused += u64::from(!P::send(answer, request));
            }
            refused
        });
        let client = tokio::spawn(async move {
            let mut sum = 0;
            for request in 0..REQUESTS {
                let (sender, receiver) = P::open();
                ask.send((request, sender)).await.expect("the server is there");
                sum += receiver.await.unwrap_or(u64::MAX / REQUESTS);
            }
            sum
        });
        let sum = client.await.map_err(|_| "panic")?;
        let refused = server.await.map_err(|_| "panic")?;
        verdict(start, REQUESTS, sum + refused)
    })
}

pub(crate) fn run(options: &Options) -> Vec<Table> {
    let peers = options.choose(peers());
    let mut table = Table::new("One-shot channels".into(), "ns a channel", &peers);
    for (index, (cell, flavors)) in CELLS.into_iter().enumerate() {
        for &flavor in flavors {
            let name = format!("{cell}, {flavor}");
            if options.wants(&name) {
                let mut host = Host::new(flavor);
                let columns = interleave(options, &peers, |_, peer| Some(host.run(peer.rounds[index])));
                table.push(Cell::new(name, columns));
            }
        }
    }
    vec![table]
}

struct Oneshot;

impl Once for Oneshot {
    const NAMED: Named = Named { name: "oneshot", version: "0.2.1", kind: Kind::Strict };
    type Sender = oneshot::Sender<u64>;
    type Receiver = oneshot::AsyncReceiver<u64>;
    type Error = oneshot::RecvError;

    fn open() -> (Self::Sender, Self::Receiver) {
        oneshot::async_channel()
    }

    fn send(sender: Self::Sender, message: u64) -> bool {
        sender.send(message).is_ok()
    }
}

struct AsyncOneshot;

impl Once for AsyncOneshot {
    const NAMED: Named = Named { name: "async-oneshot", version: "0.5.9", kind: Kind::Strict };
    type Sender = async_oneshot::Sender<u64>;
    type Receiver = async_oneshot::Receiver<u64>;
    type Error = async_oneshot::Closed;

    fn open() -> (Self::Sender, Self::Receiver) {
        async_oneshot::oneshot()
    }

    fn send(mut sender: Self::Sender, message: u64) -> bool {
        sender.send(message).is_ok()
    }
}

struct Tokio;

impl Once for Tokio {
    const NAMED: Named = Named { name: "tokio", version: "1.54.1", kind: Kind::Strict };
    type Sender = tokio::sync::oneshot::Sender<u64>;
    type Receiver = tokio::sync::oneshot::Receiver<u64>;
    type Error = tokio::sync::oneshot::error::RecvError;

    fn open() -> (Self::Sender, Self::Receiver) {
        tokio::sync::oneshot::channel()
    }

    fn send(sender: Self::Sender, message: u64) -> bool {
        sender.send(message).is_ok()
    }
}

struct Futures;

impl Once for Futures {
    const NAMED: Named = Named { name: "futures-channel", version: "0.3.34", kind: Kind::Strict };
    type Sender = futures_channel::oneshot::Sender<u64>;
    type Receiver = futures_channel::oneshot::Receiver<u64>;
    type Error = futures_channel::oneshot::Canceled;

    fn open() -> (Self::Sender, Self::Receiver) {
        futures_channel::oneshot::channel()
    }

    fn send(sender: Self::Sender, message: u64) -> bool {
        sender.send(message).is_ok()
    }
}

struct Thalweg;

impl Once for Thalweg {
    const NAMED: Named = Named { name: "thalweg", version: "0.1.0", kind: Kind::Ours };
    type Sender = thalweg::oneshot::Sender<u64>;
    type Receiver = thalweg::oneshot::Receiver<u64>;
    type Error = thalweg::oneshot::error::RecvError;

    fn open() -> (Self::Sender, Self::Receiver) {
        thalweg::oneshot::channel()
    }

    fn send(sender: Self::Sender, message: u64) -> bool {
        sender.send(message).is_ok()
    }
}
