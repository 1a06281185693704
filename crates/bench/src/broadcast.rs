//! Every message to every receiver, none lost: capacities times numbers of receivers times runtimes.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::host::{Flavor, Host};
use crate::peer::{Kind, Named};
use crate::report::{Cell, Table};
use crate::{Options, interleave};

const ROUND: Duration = Duration::from_millis(4);
const CAPACITIES: [usize; 2] = [128, 1024];
const RECEIVERS: [usize; 3] = [1, 4, 16];

#[derive(Clone, Copy)]
struct Shape {
    capacity: usize,
    receivers: usize,
}

/// A broadcast channel of `u64`, used so that nothing is lost.
trait Broadcast: 'static {
    const NAMED: Named;
    type Sender: Send + 'static;
    type Receiver: Send + 'static;

    fn open(shape: Shape) -> (Self::Sender, Vec<Self::Receiver>);
    fn send(sender: &mut Self::Sender, message: u64) -> impl Future<Output = bool> + Send;
    /// `None` at the end, or if messages were missed.
    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send;
}

#[derive(Clone, Copy)]
pub(crate) struct Contender {
    named: Named,
    round: fn(&Runtime, Shape, u64) -> Result<f64, String>,
}

impl From<Contender> for Named {
    fn from(contender: Contender) -> Named {
        contender.named
    }
}

/// Everybody, in the order of the columns.
pub(crate) fn peers() -> Vec<Contender> {
    fn contender<B: Broadcast>() -> Contender {
        Contender { named: B::NAMED, round: round::<B> }
    }
    vec![contender::<Postage>(), contender::<AsyncBroadcast>(), contender::<Tokio>(), contender::<Thalweg>()]
}

/// Nanoseconds a delivery when `messages` of them go through one fresh channel to all receivers.
fn round<B: Broadcast>(runtime: &Runtime, shape: Shape, messages: u64) -> Result<f64, String> {
    let (sender, receivers) = B::open(shape);
    let stream = stream::<B>(sender, receivers, messages);
    let (elapsed, received) = runtime.block_on(async { tokio::spawn(stream).await.expect("a task panicked") });
    for (count, sum) in &received {
        if (*count, *sum) != (messages, messages * (messages - 1) / 2) {
            return Err(format!("wrong: {count} of {messages} messages"));
        }
    }
    Ok(elapsed.as_nanos() as f64 / (messages * received.len() as u64) as f64)
}

/// Runs as a task, so that on two workers it starts where its tasks will run.
async fn stream<B: Broadcast>(
    mut sender: B::Sender,
    receivers: Vec<B::Receiver>,
    messages: u64,
) -> (Duration, Vec<(u64, u64)>) {
    let start = Instant::now();
    let receivers: Vec<_> = receivers.into_iter().map(|receiver| tokio::spawn(drain::<B>(receiver))).collect();
    let sender = tokio::spawn(async move {
        for message in 0..messages {
            assert!(B::send(&mut sender, message).await, "closed under its sender");
        }
    });
    sender.await.expect("the sender panicked");
    let (mut end, mut received) = (start, Vec::new());
    for receiver in receivers {
        let (its_end, count, sum) = receiver.await.expect("a receiver panicked");
        end = end.max(its_end);
        received.push((count, sum));
    }
    (end - start, received)
}

async fn drain<B: Broadcast>(mut receiver: B::Receiver) -> (Instant, u64, u64) {
    let (mut count, mut sum) = (0, 0);
    while let Some(message) = B::recv(&mut receiver).await {
        count += 1;
        sum += message;
    }
    (Instant::now(), count, sum)
}

pub(crate) fn run(options: &Options) -> Vec<Table> {
    let peers = options.choose(peers());
    let tables = Flavor::ALL.into_iter().map(|flavor| {
        let mut host = Host::new(flavor);
        let mut table = Table::new(format!("Broadcast, nothing lost, {flavor}"), "ns a delivery", &peers);
        for capacity in CAPACITIES {
            for receivers in RECEIVERS {
                let name = format!("broadcast, {flavor}, cap {capacity}, 1x{receivers}");
                if options.wants(&name) {
                    table.push(cell(options, &mut host, name, Shape { capacity, receivers }, &peers));
                }
            }
        }
        table
    });
    tables.collect()
}

fn cell(options: &Options, host: &mut Host, name: String, shape: Shape, peers: &[Contender]) -> Cell {
    let lengths: Vec<_> = peers.iter().map(|peer| calibrate(host, *peer, shape)).collect();
    let columns = interleave(options, peers, |index, peer| {
        let round = peer.round;
        Some(lengths[index].clone().and_then(|length| host.run(move |runtime| round(runtime, shape, length))))
    });
    Cell::new(name, columns)
}

/// How many messages make a round of the wished duration with this peer.
fn calibrate(host: &mut Host, peer: Contender, shape: Shape) -> Result<u64, String> {
    let round = peer.round;
    let mut length = 2_000;
    for _ in 0..2 {
        let each = host.run(move |runtime| round(runtime, shape, length))?;
        length = ((ROUND.as_nanos() as f64 / (each * shape.receivers as f64)) as u64).clamp(1_000, 200_000);
    }
    Ok(length)
}

struct Thalweg;

impl Broadcast for Thalweg {
    const NAMED: Named = Named { name: "thalweg", version: "0.1.0", kind: Kind::Ours };
    type Sender = thalweg::broadcast::Sender<u64, thalweg::broadcast::Lossless>;
    type Receiver = thalweg::broadcast::Receiver<u64>;

    fn open(shape: Shape) -> (Self::Sender, Vec<Self::Receiver>) {
        let sender = thalweg::broadcast::Sender::lossless(shape.capacity);
        let receivers = (0..shape.receivers).map(|_| sender.subscribe()).collect();
        (sender, receivers)
    }

    async fn send(sender: &mut Self::Sender, message: u64) -> bool {
        sender.send(message).await.is_ok()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await.ok()
    }
}

struct Postage;

impl Broadcast for Postage {
    const NAMED: Named = Named { name: "postage", version: "0.5.0", kind: Kind::Strict };
    type Sender = postage::broadcast::Sender<u64>;
    type Receiver = postage::broadcast::Receiver<u64>;

    fn open(shape: Shape) -> (Self::Sender, Vec<Self::Receiver>) {
        let (sender, first) = postage::broadcast::channel(shape.capacity);
        let mut receivers: Vec<_> = (1..shape.receivers).map(|_| sender.subscribe()).collect();
        receivers.push(first);
        (sender, receivers)
    }

    async fn send(sender: &mut Self::Sender, message: u64) -> bool {
        postage::sink::Sink::send(sender, message).await.is_ok()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        postage::stream::Stream::recv(receiver).await
    }
}

struct AsyncBroadcast;

impl Broadcast for AsyncBroadcast {
    const NAMED: Named = Named { name: "async-broadcast", version: "0.7.2", kind: Kind::Strict };
    type Sender = async_broadcast::Sender<u64>;
    type Receiver = async_broadcast::Receiver<u64>;

    fn open(shape: Shape) -> (Self::Sender, Vec<Self::Receiver>) {
        let (sender, first) = async_broadcast::broadcast(shape.capacity);
        let mut receivers: Vec<_> = (1..shape.receivers).map(|_| sender.new_receiver()).collect();
        receivers.push(first);
        (sender, receivers)
    }

    async fn send(sender: &mut Self::Sender, message: u64) -> bool {
        sender.broadcast_direct(message).await.is_ok()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv_direct().await.ok()
    }
}

/// It writes over what is not read, so its sender paces itself: every half capacity it yields until there is as much room.
struct Tokio;

struct Paced {
    sender: tokio::sync::broadcast::Sender<u64>,
    half: usize,
    left: usize,
}

impl Broadcast for Tokio {
    const NAMED: Named = Named { name: "tokio, paced", version: "1.54.1", kind: Kind::Strict };
    type Sender = Paced;
    type Receiver = tokio::sync::broadcast::Receiver<u64>;

    fn open(shape: Shape) -> (Self::Sender, Vec<Self::Receiver>) {
        let sender = tokio::sync::broadcast::Sender::new(shape.capacity);
        let receivers = (0..shape.receivers).map(|_| sender.subscribe()).collect();
        (Paced { sender, half: shape.capacity / 2, left: 0 }, receivers)
    }

    async fn send(paced: &mut Paced, message: u64) -> bool {
        if paced.left == 0 {
            while paced.sender.len() > paced.half {
                tokio::task::yield_now().await;
            }
            paced.left = paced.half;
        }
        paced.left -= 1;
        paced.sender.send(message).is_ok()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await.ok()
    }
}
