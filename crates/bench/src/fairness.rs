//! Eight receivers on one channel of capacity 16: does each get its share, and how long does one wait?

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::host::{Flavor, Host};
use crate::peer::{Capacity, Contender, Peer};
use crate::report::{Cell, Column, Table};
use crate::stats::{Summary, percentile};
use crate::{Options, interleave};

const CAPACITY: Capacity = Capacity::Bounded(16);
const RECEIVERS: u64 = 8;
const MESSAGES: u64 = 40_000;

#[derive(Clone, Copy)]
pub(crate) struct Shape {
    producers: u64,
    work: Duration,
}

#[derive(Clone, Copy)]
pub(crate) struct Round {
    each: f64,
    share: f64,
    wait: f64,
}

pub(crate) fn round<P: Peer>(runtime: &Runtime, shape: Shape, messages: u64) -> Result<Round, String> {
    let (sender, receiver) = P::open(CAPACITY).ok_or("not offered")?;
    let served = serve::<P>(sender, receiver, shape, messages / shape.producers);
    let (elapsed, waits) = runtime.block_on(async { tokio::spawn(served).await.expect("a task panicked") });
    // The last receive of each ends with the channel; it is no message.
    let counts: Vec<_> = waits.iter().map(|waits| waits.len()).collect();
    let mut all: Vec<u32> = waits.into_iter().flatten().collect();
    if all.len() as u64 != messages {
        return Err(format!("wrong: {} of {messages} messages", all.len()));
    }
    let least = *counts.iter().min().expect("there are receivers");
    let most = *counts.iter().max().expect("there are receivers");
    Ok(Round {
        each: elapsed.as_nanos() as f64 / messages as f64,
        share: least as f64 / most as f64,
        wait: f64::from(percentile(&mut all, 0.99)),
    })
}

async fn serve<P: Peer>(
    sender: P::Sender,
    receiver: P::Receiver,
    shape: Shape,
    each: u64,
) -> (Duration, Vec<Vec<u32>>) {
    let start = Instant::now();
    let receivers: Vec<_> = (0..RECEIVERS).map(|_| tokio::spawn(consume::<P>(receiver.clone(), shape.work))).collect();
    drop(receiver);
    for _ in 0..shape.producers {
        let sender = sender.clone();
        tokio::spawn(async move {
            for message in 0..each {
                assert!(P::send(&sender, message).await.is_ok(), "closed under its senders");
            }
        });
    }
    drop(sender);
    let mut waits = Vec::new();
    for receiver in receivers {
        waits.push(receiver.await.expect("a receiver panicked"));
    }
    (start.elapsed(), waits)
}

async fn consume<P: Peer>(receiver: P::Receiver, work: Duration) -> Vec<u32> {
    let mut waits = Vec::with_capacity(MESSAGES as usize);
    loop {
        let start = Instant::now();
        if P::recv(&receiver).await.is_err() {
            return waits;
        }
        let received = Instant::now();
        waits.push((received - start).as_nanos().try_into().unwrap_or(u32::MAX));
        while !work.is_zero() && received.elapsed() < work {}
    }
}

pub(crate) fn run(options: &Options, peers: &[Contender]) -> Vec<Table> {
    let mut table = Table::new(
        "Fairness: 8 receivers, capacity 16".into(),
        "least over most served; p99 wait of a receive in µs; ns a message",
        peers,
    );
    table.ratios = false;
    for flavor in Flavor::ORDERS {
        let mut host = Host::new(flavor);
        for producers in [1, 4] {
            for nanos in [0, 500] {
                let name = format!("{flavor}, {producers} producers, {nanos} ns of work");
                if options.wants(&name) {
                    let shape = Shape { producers, work: Duration::from_nanos(nanos) };
                    table.push(cell(options, &mut host, name, shape, peers));
                }
            }
        }
    }
    vec![table]
}

fn cell(options: &Options, host: &mut Host, name: String, shape: Shape, peers: &[Contender]) -> Cell {
    let mut rounds: Vec<(Vec<f64>, Vec<f64>)> = vec![Default::default(); peers.len()];
    let columns = interleave(options, peers, |index, peer| {
        (peer.offers)(CAPACITY).then(|| {
            let fairness = peer.fairness;
            let round = host.run(move |runtime| fairness(runtime, shape, MESSAGES))?;
            rounds[index].0.push(round.share);
            rounds[index].1.push(round.wait);
            Ok(round.each)
        })
    });
    let columns = columns.into_iter().zip(rounds).map(|(column, (shares, waits))| {
        let (Some(share), Some(wait)) = (Summary::of(&shares), Summary::of(&waits)) else {
            return column;
        };
        let note = format!("{:.2}; {:.1}", share.median, wait.median / 1000.0);
        Column { note: Some(note), ..column }
    });
    Cell::new(name, columns.collect())
}
