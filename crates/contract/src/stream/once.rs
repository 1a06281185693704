//! Promises 1 and 2: every message once, and in order.

use std::collections::VecDeque;
use std::thread;

use futures_lite::future::block_on;

use super::{ANY, Capacity, Nothing, Refused, Stream, offered, open};
use crate::hand::Dice;
use crate::message::{Ledger, Message};
use crate::outcome::{Outcome, broken, ensure};

/// Threads that send and receive as fast as they can, and ends that leave with messages between them.
pub(crate) fn exactly_once<S: Stream>() -> Outcome {
    for capacity in offered::<S>(&ANY)? {
        between_threads::<S>(capacity)?;
        left_behind::<S>(capacity)?;
    }
    Ok(())
}

const SENDERS: usize = 2;
const EACH: usize = 3_000;

fn between_threads<S: Stream>(capacity: Capacity) -> Outcome {
    let (tx, rx) = open::<S>(capacity)?;
    let ledger = Ledger::default();
    let receivers: Vec<S::Rx> = S::share(&rx).into_iter().chain([rx]).collect();
    let receiving: Vec<_> = receivers
        .into_iter()
        .map(|mut rx| {
            thread::spawn(move || {
                let mut got = Vec::new();
                while let Some(message) = block_on(S::recv(&mut rx)) {
                    got.push(message.id);
                }
                got
            })
        })
        .collect();
    let sending: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (mut tx, ledger) = (tx.clone(), ledger.clone());
            thread::spawn(move || (0..EACH).all(|_| block_on(S::send(&mut tx, ledger.message())).is_ok()))
        })
        .collect();
    drop(tx);
    let sent = sending.into_iter().all(|thread| thread.join().unwrap());
    ensure(sent, || format!("{capacity}: a send failed while receivers were there"))?;
    let mut got: Vec<u64> = receiving.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    got.sort_unstable();
    ensure(got.windows(2).all(|pair| pair[0] != pair[1]), || format!("{capacity}: a message was received twice"))?;
    ensure(got.len() == SENDERS * EACH, || format!("{capacity}: a message was sent and not received"))?;
    accounted(&ledger, capacity)
}

/// The ends leave, in either order, while messages are in the channel.
fn left_behind<S: Stream>(capacity: Capacity) -> Outcome {
    for receiver_first in [true, false] {
        let (mut tx, rx) = open::<S>(capacity)?;
        let ledger = Ledger::default();
        for _ in 0..5 {
            let _ = S::try_send(&mut tx, ledger.message());
        }
        if receiver_first {
            drop(rx);
            drop(tx);
        } else {
            drop(tx);
            drop(rx);
        }
        accounted(&ledger, capacity)?;
    }
    Ok(())
}

fn accounted(ledger: &Ledger, capacity: Capacity) -> Outcome {
    ensure(ledger.dropped_twice() == 0, || format!("{capacity}: a message was dropped twice"))?;
    ensure(ledger.alive() == 0, || format!("{capacity}: {} messages were never dropped", ledger.alive()))
}

/// Against a plain queue, and each producer's own order between threads.
pub(crate) fn order<S: Stream>() -> Outcome {
    for capacity in offered::<S>(&ANY[1..])? {
        as_a_queue::<S>(capacity)?;
    }
    producers_keep_theirs::<S>()
}

fn as_a_queue<S: Stream>(capacity: Capacity) -> Outcome {
    let (mut tx, mut rx) = open::<S>(capacity)?;
    let mut model = VecDeque::new();
    let mut dice = Dice::new(7);
    for id in 0..10_000 {
        if dice.below(2) == 0 {
            match S::try_send(&mut tx, Message::plain(id)) {
                Ok(()) => model.push_back(id),
                Err(Refused::Full(_)) => {}
                Err(Refused::Closed(_)) => return broken(format!("{capacity}: an open channel said closed")),
            }
        } else {
            let seen = S::try_recv(&mut rx).map(|message| message.id);
            let expected = model.pop_front().ok_or(Nothing::Empty);
            ensure(seen == expected, || format!("{capacity}: step {id} gave {seen:?} instead of {expected:?}"))?;
        }
    }
    Ok(())
}

fn producers_keep_theirs<S: Stream>() -> Outcome {
    for capacity in offered::<S>(&ANY)? {
        let (tx, mut rx) = open::<S>(capacity)?;
        let sending: Vec<_> = (0..2_u64)
            .map(|who| {
                let mut tx = tx.clone();
                thread::spawn(move || {
                    for number in 0..EACH as u64 {
                        let _ = block_on(S::send(&mut tx, Message::plain(who << 32 | number)));
                    }
                })
            })
            .collect();
        drop(tx);
        let mut last = [None, None];
        while let Some(message) = block_on(S::recv(&mut rx)) {
            let (who, number) = ((message.id >> 32) as usize, message.id as u32);
            ensure(last[who].is_none_or(|before| before < number), || {
                format!("{capacity}: a producer's order changed")
            })?;
            last[who] = Some(number);
        }
        sending.into_iter().for_each(|thread| thread.join().unwrap());
    }
    Ok(())
}
