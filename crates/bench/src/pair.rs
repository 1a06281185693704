//! One task, nobody else: what an uncontended send and receive cost together.

use std::time::Instant;

use tokio::runtime::Runtime;

use crate::host::{Flavor, Host};
use crate::peer::{Capacity, Contender, Peer};
use crate::report::{Cell, Table};
use crate::{Options, interleave};

const PAIRS: u64 = 200_000;

#[derive(Clone, Copy)]
pub(crate) struct Shape {
    capacity: Capacity,
    tries: bool,
}

pub(crate) fn round<P: Peer>(runtime: &Runtime, shape: Shape, pairs: u64) -> Result<f64, String> {
    let (sender, receiver) = P::open(shape.capacity).ok_or("not offered")?;
    let start = Instant::now();
    let sum = if shape.tries {
        try_pairs::<P>(&sender, &receiver, pairs)
    } else {
        runtime.block_on(await_pairs::<P>(&sender, &receiver, pairs))
    };
    let elapsed = start.elapsed();
    match sum {
        Some(sum) if sum == pairs * (pairs - 1) / 2 => Ok(elapsed.as_nanos() as f64 / pairs as f64),
        sum => Err(format!("wrong: {sum:?}")),
    }
}

fn try_pairs<P: Peer>(sender: &P::Sender, receiver: &P::Receiver, pairs: u64) -> Option<u64> {
    let mut sum = 0;
    for message in 0..pairs {
        if !P::try_send(sender, message) {
            return None;
        }
        sum += P::try_recv(receiver)?;
    }
    Some(sum)
}

async fn await_pairs<P: Peer>(sender: &P::Sender, receiver: &P::Receiver, pairs: u64) -> Option<u64> {
    let mut sum = 0;
    for message in 0..pairs {
        P::send(sender, message).await.ok()?;
        sum += P::recv(receiver).await.ok()?;
    }
    Some(sum)
}

pub(crate) fn run(options: &Options, peers: &[Contender]) -> Vec<Table> {
    let mut host = Host::new(Flavor::Current);
    let mut table = Table::new("Uncontended pair, one task".into(), "ns a pair", peers);
    for tries in [true, false] {
        for capacity in [Capacity::Bounded(1), Capacity::Bounded(128), Capacity::Unbounded] {
            let name = format!("{}, {capacity}", if tries { "try pair" } else { "await pair" });
            if !options.wants(&name) {
                continue;
            }
            let shape = Shape { capacity, tries };
            let columns = interleave(options, peers, |_, peer| {
                let pair = peer.pair;
                (peer.offers)(capacity).then(|| host.run(move |runtime| pair(runtime, shape, PAIRS)))
            });
            table.push(Cell::new(name, columns));
        }
    }
    vec![table]
}
