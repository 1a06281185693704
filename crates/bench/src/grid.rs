//! Streams of messages: capacities times topologies times runtimes, peers interleaved round by round.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::host::{Flavor, Host};
use crate::peer::{Capacity, Contender, Peer};
use crate::report::{Cell, Table};
use crate::{Options, interleave};

const ROUND: Duration = Duration::from_millis(3);
const CAPACITIES: [Capacity; 5] =
    [Capacity::Bounded(0), Capacity::Bounded(1), Capacity::Bounded(16), Capacity::Bounded(128), Capacity::Unbounded];
const TOPOLOGIES: [(u64, u64); 4] = [(1, 1), (4, 4), (1, 4), (4, 1)];

#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) capacity: Capacity,
    pub(crate) senders: u64,
    pub(crate) receivers: u64,
}

/// Nanoseconds a message when `messages` of them go through one fresh channel.
pub(crate) fn round<P: Peer>(runtime: &Runtime, shape: Shape, messages: u64) -> Result<f64, String> {
    let (sender, receiver) = P::open(shape.capacity).ok_or("not offered")?;
    let each = messages / shape.senders;
    let stream = stream::<P>(sender, receiver, shape, each);
    let (elapsed, count, sum) = runtime.block_on(async { tokio::spawn(stream).await.expect("a task panicked") });
    let total = each * shape.senders;
    if (count, sum) != (total, total * (total - 1) / 2) {
        return Err(format!("wrong: {count} of {total} messages"));
    }
    Ok(elapsed.as_nanos() as f64 / total as f64)
}

/// Runs as a task, so that on two workers it starts where its tasks will run.
async fn stream<P: Peer>(sender: P::Sender, receiver: P::Receiver, shape: Shape, each: u64) -> (Duration, u64, u64) {
    let start = Instant::now();
    let receivers: Vec<_> = (0..shape.receivers).map(|_| tokio::spawn(drain::<P>(receiver.clone()))).collect();
    drop(receiver);
    let senders: Vec<_> =
        (0..shape.senders).map(|index| tokio::spawn(pour::<P>(sender.clone(), index * each, each))).collect();
    drop(sender);
    for sender in senders {
        sender.await.expect("a sender panicked");
    }
    let (mut end, mut count, mut sum) = (start, 0, 0);
    for receiver in receivers {
        let (its_end, its_count, its_sum) = receiver.await.expect("a receiver panicked");
        end = end.max(its_end);
        count += its_count;
        sum += its_sum;
    }
    (end - start, count, sum)
}

async fn pour<P: Peer>(sender: P::Sender, first: u64, each: u64) {
    for message in first..first + each {
        assert!(P::send(&sender, message).await.is_ok(), "closed under its senders");
    }
}

async fn drain<P: Peer>(receiver: P::Receiver) -> (Instant, u64, u64) {
    let (mut count, mut sum) = (0, 0);
    while let Ok(message) = P::recv(&receiver).await {
        count += 1;
        sum += message;
    }
    (Instant::now(), count, sum)
}

pub(crate) fn run(options: &Options, peers: &[Contender]) -> Vec<Table> {
    Flavor::ALL
        .into_iter()
        .map(|flavor| {
            let mut host = Host::new(flavor);
            let mut table = Table::new(format!("Streams, {flavor}"), "ns a message", peers);
            for capacity in CAPACITIES {
                for (senders, receivers) in TOPOLOGIES {
                    let name = format!("{flavor}, {capacity}, {senders}x{receivers}");
                    if options.wants(&name) {
                        let shape = Shape { capacity, senders, receivers };
                        table.push(cell(options, &mut host, name, shape, peers));
                    }
                }
            }
            table
        })
        .collect()
}

fn cell(options: &Options, host: &mut Host, name: String, shape: Shape, peers: &[Contender]) -> Cell {
    let mut lengths = Vec::new();
    for peer in peers {
        lengths.push(if (peer.offers)(shape.capacity) { calibrate(host, *peer, shape) } else { None });
    }
    let columns = interleave(options, peers, |index, peer| {
        let length = lengths[index].clone()?;
        Some(length.and_then(|length| {
            let grid = peer.grid;
            host.run(move |runtime| grid(runtime, shape, length))
        }))
    });
    Cell::new(name, columns)
}

/// How many messages make a round of the wished duration with this peer.
fn calibrate(host: &mut Host, peer: Contender, shape: Shape) -> Option<Result<u64, String>> {
    let grid = peer.grid;
    let mut length = 2_000;
    for _ in 0..2 {
        match host.run(move |runtime| grid(runtime, shape, length)) {
            Ok(each) => length = ((ROUND.as_nanos() as f64 / each) as u64).clamp(1_000, 200_000),
            Err(fault) => return Some(Err(fault)),
        }
    }
    if shape.capacity == Capacity::Unbounded {
        length = length.min(50_000);
    }
    Some(Ok(length / 4 * 4))
}
