//! Promise 2: one order a channel, of which each receiver sees a part and each producer's own order is kept.

use futures_lite::future::block_on;
use std::{
    collections::VecDeque,
    sync::{Arc, Barrier},
};
use thalweg::mpmc::{Receiver, Sender, TryRecvError};

use crate::harness::*;

fn rest(receiver: &Receiver<usize>) -> Vec<usize> {
    receiver.try_iter().collect()
}

#[test]
fn first_in_first_out() {
    for capacity in BUFFERED {
        let (sender, receiver) = channel(capacity);
        let mut next = 0;
        for round in 1..200 {
            let first = next;
            while next < first + round % 7 && sender.try_send(next).is_ok() {
                next += 1;
            }
            assert_eq!(rest(&receiver), (first..next).collect::<Vec<_>>());
        }
    }
}

/// flume 0.10.11 mixed up what came by different doors.
#[test]
fn every_door_leads_to_the_same_queue() {
    let (sender, receiver) = channel(usize::MAX);
    sender.try_send(0).unwrap();
    assert!(task(sender.send(1)).finishes().is_ok());
    assert!(task(sender.send_owned(2)).finishes().is_ok());
    sender.force_send(3).unwrap();
    sender.try_reserve().unwrap().send(4).unwrap();
    sender.try_send_many(&mut VecDeque::from([5, 6])).unwrap();
    assert!(task(sender.send_many(&mut VecDeque::from([7, 8]))).finishes().is_ok());
    let permits = sender.try_reserve_many(2).unwrap();
    permits.zip([9, 10]).for_each(|(permit, message)| permit.send(message).unwrap());
    sender.clone().try_reserve_owned().unwrap().send(11).unwrap();

    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(task(receiver.recv()).finishes(), Ok(1));
    assert_eq!(task(receiver.recv_owned()).finishes(), Ok(2));
    let mut batch = Vec::new();
    assert_eq!(receiver.try_recv_many(&mut batch, 2), Ok(2));
    assert_eq!(task(receiver.recv_many(&mut batch, 2)).finishes(), Ok(2));
    batch.extend(receiver.try_iter().take(1));
    batch.extend(receiver.drain());
    assert_eq!(batch, (3..12).collect::<Vec<_>>());
}

/// A message's place is decided when it is sent, not when its permit was given.
#[test]
fn permits_do_not_reserve_a_place_in_the_order() {
    let (sender, receiver) = channel(4);
    let early = sender.try_reserve().unwrap();
    sender.try_send(1).unwrap();
    early.send(2).unwrap();
    assert_eq!(rest(&receiver), [1, 2]);
}

#[test]
fn waiting_senders_deliver_in_the_order_they_came() {
    for capacity in [0, 1, 2] {
        let (sender, receiver) = filled(capacity, capacity);
        let mut sends: Vec<_> = (0..5).map(|n| task(sender.send(capacity + n))).collect();
        sends.iter_mut().for_each(|send| send.waits());
        let mut received = Vec::new();
        for _ in 0..capacity + 5 {
            let mut receive = task(receiver.recv());
            let mut all: Vec<&mut dyn Runnable> = vec![&mut receive];
            all.extend(sends.iter_mut().map(|send| send as &mut dyn Runnable));
            drive(&mut all);
            received.push(receive.output().unwrap());
        }
        assert_eq!(received, (0..capacity + 5).collect::<Vec<_>>(), "capacity {capacity}");
    }
}

/// Two producers, two consumers, on threads: each consumer sees each producer's messages in order.
#[test]
fn each_producers_order_is_kept() {
    for capacity in CAPACITIES {
        in_time(move || {
            let (sender, receiver) = channel(capacity);
            let mut bodies: Vec<Box<dyn FnOnce() -> Vec<(usize, usize)> + Send>> = Vec::new();
            for producer in 0..3 {
                let (sender, receiver) = (sender.clone(), receiver.clone());
                bodies.push(Box::new(move || {
                    for n in 0..1_000 {
                        match n % 3 {
                            0 => block_on(sender.send((producer, n))).unwrap(),
                            1 if capacity > 0 => block_on(sender.reserve()).unwrap().send((producer, n)).unwrap(),
                            _ => block_on(sender.send_many(&mut VecDeque::from([(producer, n)]))).unwrap(),
                        }
                    }
                    Vec::new()
                }));
                bodies.push(Box::new(move || {
                    let mut seen = Vec::new();
                    while let Ok(message) = block_on(receiver.recv()) {
                        seen.push(message);
                    }
                    seen
                }));
            }
            drop((sender, receiver));
            let seen = threads(bodies);
            for part in &seen {
                for producer in 0..3 {
                    let own: Vec<_> = part.iter().filter(|message| message.0 == producer).collect();
                    assert!(own.is_sorted(), "capacity {capacity}: out of order: {own:?}");
                }
            }
            assert_eq!(seen.iter().map(Vec::len).sum::<usize>(), 3_000);
        });
    }
}

/// flume #120: what was sent before the last sender left comes before the end, however the two race.
#[test]
fn the_end_comes_after_the_last_message() {
    for capacity in CAPACITIES {
        in_time(move || {
            for round in 0..300 {
                let (sender, receiver) = channel(capacity);
                let producer = std::thread::spawn(move || {
                    block_on(sender.send(round)).unwrap();
                });
                assert_eq!(block_on(receiver.recv()), Ok(round));
                assert!(block_on(receiver.recv()).is_err());
                producer.join().unwrap();
            }
        });
    }
}

/// The same for those who only try: empty and closed are one look, not two.
#[test]
fn the_end_comes_after_the_last_message_for_those_who_try() {
    in_time(|| {
        let start = Arc::new(Barrier::new(2));
        let (hand_over, handed) = std::sync::mpsc::channel::<Sender<usize>>();
        let started = start.clone();
        let producer = std::thread::spawn(move || {
            for sender in handed {
                started.wait();
                sender.try_send(1).unwrap();
                drop(sender);
            }
        });
        for round in 0..10_000 {
            let (sender, receiver) = channel(usize::MAX);
            hand_over.send(sender).unwrap();
            start.wait();
            let mut received = 0;
            loop {
                match receiver.try_recv() {
                    Ok(message) => received += message,
                    Err(TryRecvError::Empty) => std::hint::spin_loop(),
                    Err(TryRecvError::Closed) => break,
                }
            }
            assert_eq!(received, 1, "round {round}");
        }
        drop(hand_over);
        producer.join().unwrap();
    });
}

/// After displacing the oldest, the order of the others and the new one is as if the oldest had been received.
#[test]
fn displacing_keeps_the_order() {
    let (sender, receiver) = filled(3, 3);
    assert_eq!(sender.force_send(3), Ok(Some(0)));
    assert_eq!(sender.force_send(4), Ok(Some(1)));
    assert_eq!(rest(&receiver), [2, 3, 4]);
}
