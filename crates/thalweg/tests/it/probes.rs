//! The probes that told the peers apart, one test each, in their order (P15 is `misuse`, P16 is `permits`, P13 counts in `tests/alloc.rs`).

use std::task::Poll;

use thalweg::mpmc::{TryRecvError, TrySendError};

use crate::harness::*;

/// Park a receive, send, drop the future: is the message still there, and at the front?
#[test]
fn p1_message_of_a_dropped_receive_is_at_the_front() {
    for capacity in [2, 16, usize::MAX] {
        let (sender, receiver) = channel(capacity);
        let mut receive = task(receiver.recv());
        receive.waits();
        sender.try_send(1).unwrap();
        sender.try_send(2).unwrap();
        drop(receive);
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2]);
    }
}

/// Two parked receives, one send, drop the woken one: is the other woken and ready?
#[test]
fn p2_other_receive_is_woken_and_ready() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut first = task(receiver.recv());
        let mut second = task(receiver.recv());
        first.waits();
        second.waits();
        sender.try_send(1).unwrap();
        drop(first);
        assert!(second.woken());
        assert_eq!(second.poll(), Poll::Ready(Ok(1)));
    }
}

/// Full, park a send, drop it: is the value dropped once, and never delivered?
#[test]
fn p3_value_of_a_dropped_send_is_dropped_once_and_never_delivered() {
    for capacity in [0, 1, 2] {
        let ledger = Ledger::new();
        let (sender, receiver) = channel(capacity);
        (0..capacity).for_each(|_| sender.try_send(ledger.message()).unwrap());
        let mut send = task(sender.send(ledger.message()));
        send.waits();
        drop(send);
        assert_eq!(ledger.drops_of(capacity), 1);
        assert_eq!(
            receiver.try_iter().map(|message| message.id).collect::<Vec<_>>(),
            (0..capacity).collect::<Vec<_>>()
        );
        assert!(task(receiver.recv()).settle().is_pending());
        ledger.all_dropped_once();
    }
}

/// Drop the last receiver with messages queued: are they dropped at once?
#[test]
fn p4_queue_is_freed_with_the_last_receiver() {
    for capacity in BUFFERED {
        let ledger = Ledger::new();
        let (sender, receiver) = channel(capacity);
        sender.try_send(ledger.message()).unwrap();
        drop(receiver);
        assert_eq!(ledger.alive(), 0);
        let error = sender.try_send(ledger.message()).unwrap_err();
        assert!(error.is_closed());
        assert_eq!(error.into_inner().id, 1);
        ledger.all_dropped_once();
    }
}

/// Close with messages queued: how many can still be received; does try_send fail with the value?
#[test]
fn p5_close_keeps_all_that_was_queued() {
    let (sender, receiver) = filled(3, 3);
    receiver.close();
    assert_eq!(sender.try_send(9), Err(TrySendError::Closed(9)));
    assert_eq!(receiver.try_iter().count(), 3);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

/// Full, two parked senders: what is len; after one receive, who is woken, and what is delivered in which order?
#[test]
fn p6_parked_senders_do_not_count_and_wake_in_order() {
    let (sender, receiver) = filled(2, 2);
    let mut first = task(sender.send(10));
    let mut second = task(sender.send(11));
    first.waits();
    second.waits();
    assert_eq!(receiver.len(), 2);
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!((first.wakes(), second.wakes(), receiver.len()), (1, 0, 1));
    assert_eq!(first.finishes(), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(second.finishes(), Ok(()));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [10, 11]);
}

/// Can a fresh try_send overtake the woken sender? It can, there is room; and the sender is next.
#[test]
fn p7_try_send_may_overtake_and_the_sender_is_next() {
    let (sender, receiver) = filled(1, 1);
    let mut first = task(sender.send(10));
    let mut second = task(sender.send(11));
    first.waits();
    second.waits();
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(sender.try_send(50), Ok(()));
    first.waits();
    assert_eq!(receiver.try_recv(), Ok(50));
    assert!(first.woken() && !second.woken());
    assert_eq!(first.finishes(), Ok(()));
}

/// Two parked receives, one send: can try_recv take it? It can; and the receive is next.
#[test]
fn p8_try_recv_may_overtake_and_the_receive_is_next() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut first = task(receiver.recv());
        let mut second = task(receiver.recv());
        first.waits();
        second.waits();
        sender.try_send(1).unwrap();
        assert_eq!(receiver.try_recv(), Ok(1));
        first.waits();
        sender.try_send(2).unwrap();
        assert!(first.woken() && !second.woken());
        assert_eq!(first.finishes(), Ok(2));
    }
}

/// Two parked receives, one send: can the second one take it, when it is polled without having been woken? At most after it stepped back.
#[test]
fn p9_second_receive_does_not_rob_the_first_at_once() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut first = task(receiver.recv());
        let mut second = task(receiver.recv());
        assert!(first.poll().is_pending() && second.poll().is_pending());
        sender.try_send(1).unwrap();
        assert!(second.poll().is_pending(), "capacity {capacity}");
        assert_eq!(first.poll(), Poll::Ready(Ok(1)));
        second.waits();
        sender.try_send(2).unwrap();
        assert_eq!(second.finishes(), Ok(2));
    }
}

/// The first parked sender is never polled again: does the rest go on?
#[test]
fn p10_neglected_sender_stops_nobody() {
    for capacity in [0, 1, 2] {
        let (sender, receiver) = filled(capacity, capacity);
        let mut neglected = task(sender.send(99));
        neglected.waits();
        let mut behind = task(sender.send(100));
        behind.waits();
        let mut eater = task(async {
            let mut eaten = Vec::new();
            while eaten.len() < capacity + 1 {
                eaten.push(receiver.recv().await.unwrap());
            }
            eaten
        });
        drive(&mut [&mut behind, &mut eater]);
        assert_eq!(eater.output().last(), Some(&100));
        assert_eq!(behind.output(), Ok(()));
    }
}

/// Re-poll with another waker, receive and send: is only the new one woken? (kanal #15)
#[test]
fn p11_last_waker_wins() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut receive = task(receiver.recv());
        receive.waits();
        let old = receive.swap_waker();
        receive.waits();
        let before = old.wakes();
        sender.try_send(1).unwrap();
        assert!(receive.woken());
        assert_eq!((old.wakes(), std::sync::Arc::strong_count(&old)), (before, 1));
        assert_eq!(receive.finishes(), Ok(1));
    }
    for capacity in BOUNDED {
        let (sender, receiver) = filled(capacity, capacity);
        let mut send = task(sender.send(9));
        send.waits();
        let old = send.swap_waker();
        send.waits();
        let before = old.wakes();
        receiver.try_recv().unwrap();
        assert!(send.woken());
        assert_eq!((old.wakes(), std::sync::Arc::strong_count(&old)), (before, 1));
        assert_eq!(send.finishes(), Ok(()));
    }
}

/// Capacity 0 with no receiver, a receiver that waits, one that was cancelled.
#[test]
fn p12_hand_over_needs_a_live_receiver() {
    let (sender, receiver) = channel(0);
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
    let mut receive = task(receiver.recv());
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)), "it does not wait before it is polled");
    receive.waits();
    drop(receive);
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)), "it was cancelled");
    let mut receive = task(receiver.recv());
    receive.waits();
    assert_eq!(sender.try_send(1), Ok(()));
    assert_eq!(receive.finishes(), Ok(1));
    let mut receive = task(receiver.recv());
    receive.waits();
    assert_eq!(sender.try_send(2), Ok(()));
    drop(receive);
    assert_eq!(receiver.try_recv(), Ok(2), "cancelled after the hand-over: kept for the next");
}

/// 100,000 spurious polls after a stolen wake: one place in the line, one waker (flume #182, postage). Bytes are counted in `tests/alloc.rs`.
#[test]
fn p14_spurious_polls_leave_nothing_behind() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut receive = task(receiver.recv());
        receive.waits();
        sender.try_send(1).unwrap();
        assert_eq!(receiver.try_recv(), Ok(1));
        for _ in 0..100_000 {
            assert!(receive.poll().is_pending());
        }
        assert_eq!(receiver.waiting_receivers(), 1);
        assert_eq!(std::sync::Arc::strong_count(receive.probe()), 2, "its own, and the channel's one");
        sender.try_send(2).unwrap();
        assert_eq!(receive.finishes(), Ok(2));
        assert_eq!(std::sync::Arc::strong_count(receive.probe()), 1);
    }
}
