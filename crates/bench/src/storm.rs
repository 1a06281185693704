//! Cancellation storm: every second receive and every second send gets one poll, and is dropped
//! a turn of the executor later if it was pending. Whatever was accepted must arrive, once.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::host::{Flavor, Host};
use crate::peer::{Capacity, Contender, Peer};
use crate::report::{Cell, Column, Table};
use crate::{Options, interleave};

const MESSAGES: u64 = 20_000;
const CAPACITIES: [Capacity; 4] =
    [Capacity::Bounded(0), Capacity::Bounded(1), Capacity::Bounded(16), Capacity::Unbounded];

#[derive(Clone, Copy)]
pub(crate) struct Shape {
    capacity: Capacity,
    side: u64,
}

/// What one storm did.
#[derive(Clone, Copy)]
pub(crate) struct Round {
    each: f64,
    lost: u64,
    doubled: u64,
    ghosts: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Accepted,
    Cancelled,
}

pub(crate) fn round<P: Peer>(runtime: &Runtime, shape: Shape, messages: u64) -> Result<Round, String> {
    let (sender, receiver) = P::open(shape.capacity).ok_or("not offered")?;
    let storm = storm::<P>(sender, receiver, shape.side, messages / shape.side);
    let (elapsed, fates, arrivals) = runtime.block_on(async { tokio::spawn(storm).await.expect("a task panicked") });
    let mut round = Round { each: elapsed.as_nanos() as f64 / fates.len() as f64, lost: 0, doubled: 0, ghosts: 0 };
    let mut counts = vec![0_u64; fates.len()];
    for message in arrivals {
        counts[message as usize] += 1;
    }
    for (fate, count) in fates.into_iter().zip(counts) {
        match fate {
            Fate::Accepted if count == 0 => round.lost += 1,
            Fate::Cancelled if count > 0 => round.ghosts += 1,
            _ => {}
        }
        round.doubled += count.saturating_sub(1);
    }
    Ok(round)
}

async fn storm<P: Peer>(
    sender: P::Sender,
    receiver: P::Receiver,
    side: u64,
    each: u64,
) -> (Duration, Vec<Fate>, Vec<u64>) {
    let start = Instant::now();
    let receivers: Vec<_> = (0..side).map(|_| tokio::spawn(gather::<P>(receiver.clone()))).collect();
    drop(receiver);
    let senders: Vec<_> =
        (0..side).map(|index| tokio::spawn(scatter::<P>(sender.clone(), index * each, each))).collect();
    drop(sender);
    let (mut fates, mut arrivals) = (Vec::new(), Vec::new());
    for sender in senders {
        fates.extend(sender.await.expect("a sender panicked"));
    }
    for receiver in receivers {
        arrivals.extend(receiver.await.expect("a receiver panicked"));
    }
    (start.elapsed(), fates, arrivals)
}

async fn scatter<P: Peer>(sender: P::Sender, first: u64, each: u64) -> Vec<Fate> {
    let mut fates = Vec::with_capacity(each as usize);
    for message in first..first + each {
        let sent = P::send(&sender, message);
        let accepted = if message % 2 == 0 { Some(sent.await) } else { once(sent).await };
        let accepted = accepted.map(|sent| assert!(sent.is_ok(), "closed under its senders"));
        fates.push(if accepted.is_some() { Fate::Accepted } else { Fate::Cancelled });
    }
    fates
}

async fn gather<P: Peer>(receiver: P::Receiver) -> Vec<u64> {
    let mut arrivals = Vec::new();
    for turn in 0_u64.. {
        let received = P::recv(&receiver);
        let received = if turn % 2 == 0 { Some(received.await) } else { once(received).await };
        match received {
            Some(Ok(message)) => arrivals.push(message),
            Some(Err(_)) => break,
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
        tokio::task::yield_now().await;
    }
    first
}

pub(crate) fn run(options: &Options, peers: &[Contender]) -> Vec<Table> {
    let mut table = Table::new(
        "Cancellation storm".into(),
        "ns a send attempt; lost / doubled / ghosts of all rounds together when not all zero",
        peers,
    );
    for flavor in Flavor::ALL {
        let mut host = Host::new(flavor);
        for capacity in CAPACITIES {
            for side in [1, 4] {
                let name = format!("{flavor}, {capacity}, {side}x{side}");
                if options.wants(&name) {
                    table.push(cell(options, &mut host, name, Shape { capacity, side }, peers));
                }
            }
        }
    }
    vec![table]
}

fn cell(options: &Options, host: &mut Host, name: String, shape: Shape, peers: &[Contender]) -> Cell {
    let mut wrongs = vec![(0, 0, 0); peers.len()];
    let columns = interleave(options, peers, |index, peer| {
        (peer.offers)(shape.capacity).then(|| {
            let storm = peer.storm;
            let round = host.run(move |runtime| storm(runtime, shape, MESSAGES))?;
            let wrong = &mut wrongs[index];
            *wrong = (wrong.0 + round.lost, wrong.1 + round.doubled, wrong.2 + round.ghosts);
            Ok(round.each)
        })
    });
    let columns = columns.into_iter().zip(wrongs).map(|(column, (lost, doubled, ghosts))| {
        if lost + doubled + ghosts == 0 {
            return column;
        }
        Column { note: Some(format!("{lost} / {doubled} / {ghosts}")), ..column }
    });
    Cell::new(name, columns.collect())
}
