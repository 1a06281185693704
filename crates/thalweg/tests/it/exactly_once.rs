//! Promise 1: what was sent is received once, or dropped once when the last receiver leaves, or handed back. Under any cancellation, close or drop.

use std::{
    sync::{Arc, Barrier},
    task::Poll,
    thread,
    time::Duration,
};

use futures_lite::future::block_on;
use thalweg::mpmc::{Receiver, Sender, TrySendError};

use crate::harness::*;

type Body<R> = Box<dyn FnOnce() -> R + Send>;

/// Sends `count` messages in every way there is, and tells which were accepted.
fn produce(sender: Sender<Message>, ledger: Ledger, count: usize, mut random: Random) -> Vec<usize> {
    let mut accepted = Vec::new();
    for _ in 0..count {
        let message = ledger.message();
        let id = message.id;
        let sent = match random.below(6) {
            0 | 1 => block_on(sender.send(message)).is_ok(),
            2 => sender.try_send(message).is_ok(),
            3 => matches!(task(sender.send(message)).poll(), Poll::Ready(Ok(()))),
            4 => {
                let mut send = task(sender.send(message));
                let polled = (0..=random.below(3)).find_map(|_| match send.poll() {
                    Poll::Ready(result) => Some(result),
                    Poll::Pending => None,
                });
                match polled {
                    Some(result) => result.is_ok(),
                    None => {
                        let back = send.pinned().cancel().expect("a pending send has its message");
                        assert_eq!(back.id, id);
                        false
                    }
                }
            }
            _ => match block_on(sender.reserve()) {
                Ok(permit) if random.chance(2) => permit.send(message).is_ok(),
                _ => false,
            },
        };
        accepted.extend(sent.then_some(id));
        if random.chance(8) {
            thread::yield_now();
        }
    }
    accepted
}

/// Receives in every way there is until the channel is closed and empty.
fn consume(receiver: Receiver<Message>, mut random: Random) -> Vec<usize> {
    let mut received = Vec::new();
    loop {
        match random.below(4) {
            0 => match block_on(receiver.recv()) {
                Ok(message) => received.push(message.id),
                Err(_) => return received,
            },
            1 => received.extend(receiver.try_recv().ok().map(|message| message.id)),
            2 => {
                if let Poll::Ready(Ok(message)) = task(receiver.recv()).poll() {
                    received.push(message.id);
                }
            }
            _ => {
                let mut batch = Vec::new();
                let _ = receiver.try_recv_many(&mut batch, 3);
                received.extend(batch.iter().map(|message| message.id));
            }
        }
        if random.chance(8) {
            thread::yield_now();
        }
    }
}

fn storm(sender: Sender<Message>, receiver: Receiver<Message>, seed: u64) {
    let ledger = Ledger::new();
    let mut producers: Vec<Body<Vec<usize>>> = Vec::new();
    let mut consumers: Vec<Body<Vec<usize>>> = Vec::new();
    for n in 0..3 {
        let (sender, receiver, ledger) = (sender.clone(), receiver.clone(), ledger.clone());
        producers.push(Box::new(move || produce(sender, ledger, 400, Random::new(seed + n))));
        consumers.push(Box::new(move || consume(receiver, Random::new(seed + 100 + n))));
    }
    drop((sender, receiver));
    producers.append(&mut consumers);
    let mut results = threads(producers);
    let received = results.split_off(3).concat();
    same_multiset(received, results.concat());
    ledger.all_dropped_once();
}

/// The storm: sends and receives of every kind, half of them cancelled. kanal #50 lost, others doubled or sent ghosts.
#[test]
fn storm_of_cancellations_loses_doubles_and_ghosts_nothing() {
    for capacity in CAPACITIES {
        for seed in 0..4 {
            println!("capacity {capacity}, seed {seed}");
            let (sender, receiver) = channel(capacity);
            within(Duration::from_secs(20), state_of(&receiver), move || storm(sender, receiver, seed));
        }
    }
}

/// The same with batches, closes and drops of whole sides in the middle: nothing is received that was not accepted, and nothing is dropped twice.
#[test]
fn closing_in_the_middle_loses_nothing_accepted() {
    for capacity in CAPACITIES {
        for seed in 0..10 {
            in_time(move || {
                let ledger = Ledger::new();
                let (sender, receiver) = channel(capacity);
                let closer = sender.clone();
                let mut bodies: Vec<Body<Vec<usize>>> = Vec::new();
                for n in 0..2 {
                    let (sender, receiver, ledger) = (sender.clone(), receiver.clone(), ledger.clone());
                    bodies.push(Box::new(move || produce(sender, ledger, 100, Random::new(seed * 7 + n))));
                    bodies.push(Box::new(move || consume(receiver, Random::new(seed * 7 + n))));
                }
                bodies.push(Box::new(move || {
                    thread::sleep(Duration::from_micros(seed * 40));
                    closer.close();
                    Vec::new()
                }));
                drop((sender, receiver));
                let results = threads(bodies);
                let accepted = [&results[0][..], &results[2][..]].concat();
                let received = [&results[1][..], &results[3][..]].concat();
                same_multiset(received, accepted);
                ledger.all_dropped_once();
            });
        }
    }
}

/// futures #909, #2304: a message whose send says Ok while the last receiver leaves must not be trapped as long as a sender lives.
#[test]
fn send_that_races_the_last_receiver_is_refused_or_dropped_at_once() {
    for capacity in CAPACITIES {
        in_time(move || {
            for round in 0..400 {
                let ledger = Ledger::new();
                let (sender, receiver) = channel(capacity);
                let start = Arc::new(Barrier::new(2));
                let (start2, sender2, ledger2) = (start.clone(), sender.clone(), ledger.clone());
                let racer = thread::spawn(move || {
                    start2.wait();
                    for _ in 0..3 {
                        let _ = sender2.try_send(ledger2.message());
                    }
                });
                start.wait();
                if round % 2 == 0 {
                    let _ = receiver.try_recv();
                }
                drop(receiver);
                racer.join().unwrap();
                assert_eq!(ledger.alive(), 0, "trapped while the sender lives: {sender:?}");
                ledger.all_dropped_once();
            }
        });
    }
}

/// tokio #6558, futures #909 and others: messages that wait for nobody are freed when the last receiver goes.
#[test]
fn last_receiver_takes_the_queue_with_it() {
    for capacity in BUFFERED {
        let ledger = Ledger::new();
        let (sender, receiver) = channel(capacity);
        let other = receiver.clone();
        while ledger.built() < capacity.min(40) {
            sender.try_send(ledger.message()).unwrap();
        }
        drop(other);
        assert_eq!(ledger.alive(), ledger.built(), "one receiver is left");
        drop(receiver);
        ledger.all_dropped_once();
    }
}

/// Each way out of the channel ends the message's life once.
#[test]
fn every_exit_drops_once() {
    let ledger = Ledger::new();
    let (sender, receiver) = channel(2);
    sender.try_send(ledger.message()).unwrap();
    sender.try_send(ledger.message()).unwrap();
    assert!(matches!(sender.try_send(ledger.message()), Err(TrySendError::Full(_))));
    assert_eq!(sender.force_send(ledger.message()).unwrap().unwrap().id, 0);
    let mut cancelled = task(sender.send(ledger.message()));
    cancelled.waits();
    drop(cancelled);
    drop(task(sender.send(ledger.message())));
    drop(task(sender.send_owned(ledger.message())));
    let mut pending = task(sender.send(ledger.message()));
    pending.waits();
    assert_eq!(receiver.try_recv().unwrap().id, 1);
    assert!(pending.finishes().is_ok());
    let mut refused = task(sender.send_owned(ledger.message()));
    refused.waits();
    drop(receiver.drain());
    sender.try_send(ledger.message()).unwrap();
    sender.close();
    assert!(matches!(sender.try_send(ledger.message()), Err(TrySendError::Closed(_))));
    assert!(refused.finishes().is_err());
    drop(pending);
    drop((refused, receiver, sender));
    ledger.all_dropped_once();
}

/// A channel that is dropped with operations of every kind waiting on it.
#[test]
fn abandoned_channel_frees_everything() {
    for capacity in CAPACITIES {
        let ledger = Ledger::new();
        let (sender, receiver) = channel(capacity);
        let mut receives = [task(receiver.recv_owned()), task(receiver.recv_owned())];
        receives.iter_mut().for_each(|receive| receive.waits());
        let mut sends: Vec<_> = (0..5).map(|_| task(sender.send_owned(ledger.message()))).collect();
        sends.iter_mut().for_each(|send| drop(send.poll()));
        let mut closed = task(sender.closed());
        closed.waits();
        drop(closed);
        drop((receiver, sender));
        drop(sends);
        drop(receives);
        ledger.all_dropped_once();
    }
}
