//! `force_send`: room by displacing the oldest, which comes back.

use thalweg::mpmc::SendError;

use crate::harness::*;

#[test]
fn displaces_nothing_while_there_is_room() {
    for capacity in BUFFERED {
        let (sender, receiver) = channel(capacity);
        for n in 0..capacity.min(20) {
            assert_eq!(sender.force_send(n), Ok(None));
        }
        assert_eq!(receiver.len(), capacity.min(20));
    }
}

#[test]
fn displaces_the_oldest_when_full() {
    for capacity in BOUNDED {
        let (sender, receiver) = filled(capacity, capacity);
        for n in 0..3 * capacity {
            assert_eq!(sender.force_send(capacity + n), Ok(Some(n)));
            assert_eq!(receiver.len(), capacity);
        }
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), (3 * capacity..4 * capacity).collect::<Vec<_>>());
    }
}

#[test]
fn wakes_a_receiver_that_waits() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut receive = task(receiver.recv());
        receive.waits();
        assert_eq!(sender.force_send(1), Ok(None), "capacity {capacity}");
        assert!(receive.woken());
        assert_eq!(receive.finishes(), Ok(1));
    }
}

#[test]
fn comes_back_itself_when_there_is_nothing_to_displace() {
    let (sender, receiver) = channel(0);
    assert_eq!(sender.force_send(1), Ok(Some(1)), "nobody waits");
    assert!(receiver.is_empty());
    let (sender, receiver) = channel(2);
    let permits = sender.try_reserve_many(2).unwrap();
    assert_eq!(sender.force_send(1), Ok(Some(1)), "all rooms are reserved");
    assert_eq!((receiver.len(), sender.reserved()), (0, 2));
    drop(permits);
}

#[test]
fn displaces_messages_and_never_permits() {
    let (sender, receiver) = channel(2);
    let permit = sender.try_reserve().unwrap();
    assert_eq!(sender.force_send(1), Ok(None));
    assert_eq!(sender.force_send(2), Ok(Some(1)));
    permit.send(3).unwrap();
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn refuses_when_closed() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        receiver.close();
        assert_eq!(sender.force_send(1), Err(SendError(1)));
        drop(receiver);
        assert_eq!(sender.force_send(1), Err(SendError(1)));
    }
}

/// Senders that wait stay where they are: no room came free.
#[test]
fn waiting_senders_stay_in_line() {
    let (sender, receiver) = filled(1, 1);
    let mut send = task(sender.send(100));
    send.waits();
    assert_eq!(sender.force_send(1), Ok(Some(0)));
    send.waits();
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(send.finishes(), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(100));
}

/// A woken receiver whose message is displaced finds the newer one.
#[test]
fn woken_receiver_finds_the_newer_message() {
    let (sender, receiver) = channel(1);
    let mut receive = task(receiver.recv());
    receive.waits();
    sender.try_send(1).unwrap();
    assert_eq!(sender.force_send(2), Ok(Some(1)));
    assert_eq!(receive.finishes(), Ok(2));
}

/// Each message sent by force is received or displaced, once. On threads.
#[test]
fn every_message_is_received_or_displaced() {
    for capacity in [1, 2, 16] {
        in_time(move || {
            let ledger = Ledger::new();
            let (sender, receiver) = channel(capacity);
            let mut bodies: Vec<Box<dyn FnOnce() -> usize + Send>> = Vec::new();
            for _ in 0..2 {
                let (sender, ledger) = (sender.clone(), ledger.clone());
                bodies.push(Box::new(move || {
                    (0..1_000).filter(|_| sender.force_send(ledger.message()).unwrap().is_some()).count()
                }));
                let receiver = receiver.clone();
                bodies.push(Box::new(move || {
                    let mut received = 0;
                    while futures_lite::future::block_on(receiver.recv()).is_ok() {
                        received += 1;
                    }
                    received
                }));
            }
            drop((sender, receiver));
            assert_eq!(threads(bodies).iter().sum::<usize>(), 2_000);
            ledger.all_dropped_once();
        });
    }
}
