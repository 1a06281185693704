//! Batches: many at once, in order, as much as fits, and nothing twice.

use std::collections::VecDeque;

use thalweg::mpmc::{SendError, TryRecvError, TrySendError};

use crate::harness::*;

#[test]
fn send_many_sends_all_in_order() {
    let (sender, receiver) = channel(usize::MAX);
    let mut batch: VecDeque<_> = (0..1_000).collect();
    assert_eq!(task(sender.send_many(&mut batch)).finishes(), Ok(()));
    assert!(batch.is_empty());
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), (0..1_000).collect::<Vec<_>>());
}

#[test]
fn send_many_goes_on_as_room_comes() {
    for capacity in [1, 2, 3, 16] {
        let (sender, receiver) = channel(capacity);
        let mut batch: VecDeque<_> = (0..50).collect();
        let mut send = task(sender.send_many(&mut batch));
        let mut received = Vec::new();
        while send.settle().is_pending() {
            assert!(receiver.len() <= capacity && receiver.is_full(), "it fills what there is");
            received.push(receiver.try_recv().unwrap());
        }
        received.extend(receiver.try_iter());
        assert_eq!(received, (0..50).collect::<Vec<_>>());
    }
}

#[test]
fn send_many_hands_over_at_capacity_zero() {
    let (sender, receiver) = channel(0);
    let mut batch: VecDeque<_> = (0..10).collect();
    let mut send = task(sender.send_many(&mut batch));
    let mut eater = task(async {
        let mut eaten = Vec::new();
        while eaten.len() < 10 {
            eaten.push(receiver.recv().await.unwrap());
        }
        eaten
    });
    drive(&mut [&mut send, &mut eater]);
    assert_eq!((send.output(), eater.output()), (Ok(()), (0..10).collect()));
}

/// Cancelled half-way: what was not sent is in the deque, in order, and what was sent is not.
#[test]
fn dropped_send_many_leaves_the_rest() {
    for polls in 0..4 {
        let (sender, receiver) = channel(2);
        let mut batch: VecDeque<_> = (0..10).collect();
        let mut send = task(sender.send_many(&mut batch));
        let mut received = Vec::new();
        for _ in 0..polls {
            send.waits();
            received.extend(receiver.try_recv());
        }
        drop(send);
        received.extend(receiver.try_iter());
        received.extend(batch);
        assert_eq!(received, (0..10).collect::<Vec<_>>(), "polls {polls}");
    }
}

#[test]
fn try_send_many_sends_what_fits() {
    let (sender, receiver) = channel(3);
    let mut batch: VecDeque<_> = (0..5).collect();
    assert_eq!(sender.try_send_many(&mut batch), Err(TrySendError::Full(())));
    assert_eq!(batch, [3, 4]);
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(sender.try_send_many(&mut batch), Err(TrySendError::Full(())));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(sender.try_send_many(&mut batch), Ok(()));
    assert!(batch.is_empty());
    assert_eq!(receiver.try_recv(), Ok(4));
}

#[test]
fn empty_batch_is_sent_at_once() {
    for capacity in CAPACITIES {
        let (sender, _receiver) = channel::<usize>(capacity);
        while capacity != usize::MAX && sender.try_send(1).is_ok() {}
        let mut nothing = VecDeque::new();
        assert_eq!(sender.try_send_many(&mut nothing), Ok(()), "capacity {capacity}");
        assert_eq!(task(sender.send_many(&mut nothing)).finishes(), Ok(()), "capacity {capacity}");
    }
}

#[test]
fn batch_to_a_closed_channel_stays() {
    let (sender, receiver) = channel(4);
    receiver.close();
    let mut batch = VecDeque::from([1, 2]);
    assert_eq!(sender.try_send_many(&mut batch), Err(TrySendError::Closed(())));
    assert_eq!(task(sender.send_many(&mut batch)).finishes(), Err(SendError(())));
    assert_eq!(batch, [1, 2]);
}

/// tokio #6521: a batch wakes as many as it has messages for, first come, first served.
#[test]
fn batch_wakes_one_receiver_a_message_in_order() {
    for size in 0..5 {
        let (sender, receiver) = channel(16);
        let mut receives: Vec<_> = (0..4).map(|_| task(receiver.recv())).collect();
        receives.iter_mut().for_each(|receive| receive.waits());
        sender.try_send_many(&mut (0..size).collect()).unwrap();
        let woken: Vec<_> = receives.iter().map(|receive| receive.woken()).collect();
        assert_eq!(woken, (0..4).map(|n| n < size).collect::<Vec<_>>());
        for (n, receive) in receives.iter_mut().enumerate().take(size) {
            assert_eq!(receive.finishes(), Ok(n));
        }
    }
}

#[test]
fn batch_taken_wakes_one_sender_a_room_in_order() {
    for taken in 0..5 {
        for drained in [false, true] {
            let (sender, receiver) = filled(4, taken);
            let mut sends: Vec<_> = (0..6).map(|n| task(sender.send(100 + n))).collect();
            let extra: Vec<_> = (taken..4).map(|_| sender.try_reserve().unwrap()).collect();
            sends.iter_mut().for_each(|send| send.waits());
            if drained {
                assert_eq!(receiver.drain().count(), taken);
            } else if taken > 0 {
                assert_eq!(receiver.try_recv_many(&mut Vec::new(), 9), Ok(taken));
            }
            let woken: Vec<_> = sends.iter().map(|send| send.woken()).collect();
            assert_eq!(woken, (0..6).map(|n| n < taken).collect::<Vec<_>>(), "{taken} taken, drained {drained}");
            drop(extra);
        }
    }
}

#[test]
fn recv_many_takes_what_is_there_up_to_the_limit() {
    for limit in [1, 2, 5, 15, 16, 17, 100] {
        let (_sender, receiver) = filled(usize::MAX, 40);
        let mut batch = vec![999];
        assert_eq!(task(receiver.recv_many(&mut batch, limit)).finishes(), Ok(limit.min(40)));
        assert_eq!(batch[0], 999, "what was in the buffer stays");
        assert_eq!(batch[1..], (0..limit.min(40)).collect::<Vec<_>>());
        let mut rest = VecDeque::new();
        assert_eq!(receiver.try_recv_many(&mut rest, usize::MAX).unwrap_or(0), 40 - limit.min(40));
        assert_eq!(rest, (limit.min(40)..40).collect::<Vec<_>>());
    }
}

#[test]
fn recv_many_of_none_is_none() {
    let (sender, receiver) = filled(4, 2);
    let mut batch = Vec::new();
    assert_eq!(receiver.try_recv_many(&mut batch, 0), Ok(0));
    assert_eq!(task(receiver.recv_many(&mut batch, 0)).finishes(), Ok(0));
    drop(receiver.drain());
    assert_eq!(task(receiver.recv_many(&mut batch, 0)).finishes(), Ok(0), "it does not wait for nothing");
    sender.close();
    assert_eq!(receiver.try_recv_many(&mut batch, 0), Ok(0));
    assert!(batch.is_empty());
}

#[test]
fn recv_many_waits_for_one_only() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut batch = Vec::new();
        assert_eq!(receiver.try_recv_many(&mut batch, 5), Err(TryRecvError::Empty));
        let mut receive = task(receiver.recv_many(&mut batch, 5));
        receive.waits();
        sender.try_send(1).unwrap();
        assert_eq!(receive.finishes(), Ok(1));
        drop(receive);
        assert_eq!(batch, [1]);
    }
}

/// tokio #7686, #7991 and ours: what was taken is in the buffer, what is not in the buffer was not taken.
#[test]
fn dropped_recv_many_took_nothing() {
    let (sender, receiver) = channel(4);
    let mut batch = Vec::new();
    let mut receive = task(receiver.recv_many(&mut batch, 5));
    receive.waits();
    sender.try_send_many(&mut VecDeque::from([1, 2, 3])).unwrap();
    drop(receive);
    assert!(batch.is_empty());
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn recv_many_fills_any_collection() {
    let (sender, receiver) = channel(16);
    let fill = || (0..4).for_each(|n| sender.try_send(3 - n).unwrap());
    fill();
    let mut set = std::collections::BTreeSet::new();
    assert_eq!(receiver.try_recv_many(&mut set, 9), Ok(4));
    assert!(set.iter().eq(&[0, 1, 2, 3]));
    fill();
    let mut deque = VecDeque::new();
    assert_eq!(task(receiver.recv_many(&mut deque, 9)).finishes(), Ok(4));
    assert_eq!(deque, [3, 2, 1, 0]);
}

#[test]
fn drain_takes_all_of_this_moment() {
    let (sender, receiver) = filled(4, 4);
    let drain = receiver.drain();
    assert!(receiver.is_empty(), "at once");
    sender.try_send(4).unwrap();
    assert_eq!(drain.len(), 4);
    assert_eq!(drain.size_hint(), (4, Some(4)));
    assert_eq!(drain.collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(receiver.drain().collect::<Vec<_>>(), [4]);
    assert_eq!(receiver.drain().count(), 0);
}

#[test]
fn dropped_drain_drops_the_rest_once() {
    for taken in 0..5 {
        let ledger = Ledger::new();
        let (sender, receiver) = channel(usize::MAX);
        (0..70).for_each(|_| sender.try_send(ledger.message()).unwrap());
        let mut drain = receiver.drain();
        drain.by_ref().take(taken).for_each(drop);
        assert_eq!(ledger.alive(), 70 - taken);
        drop(drain);
        ledger.all_dropped_once();
        sender.try_send(ledger.message()).unwrap();
        assert_eq!(receiver.try_recv().unwrap().id, 70);
    }
}

/// Drained messages belong to the drain, and outlive the channel.
#[test]
fn drain_outlives_the_channel() {
    let (sender, receiver) = filled(usize::MAX, 100);
    let drain = receiver.drain();
    drop((sender, receiver));
    assert_eq!(drain.sum::<usize>(), 4_950);
}

#[test]
fn try_iter_stops_where_it_is_empty_and_goes_on_later() {
    let (sender, receiver) = filled(4, 2);
    let mut messages = receiver.try_iter();
    assert_eq!((messages.next(), messages.next(), messages.next()), (Some(0), Some(1), None));
    sender.try_send(2).unwrap();
    assert_eq!(messages.next(), Some(2));
}

/// A batch takes what is there; who was woken for some of it is next.
#[test]
fn receiver_that_a_batch_overtook_is_first_in_line_again() {
    let (sender, receiver) = channel(16);
    let mut first = task(receiver.recv());
    let mut second = task(receiver.recv());
    first.waits();
    second.waits();
    sender.try_send(0).unwrap();
    let mut batch = Vec::new();
    assert_eq!(receiver.try_recv_many(&mut batch, 16), Ok(1));
    first.waits();
    sender.try_send(1).unwrap();
    assert!(first.woken() && !second.woken());
    assert_eq!(first.finishes(), Ok(1));
}

/// A buffer is foreign code: it is not called where there is nothing for it.
#[test]
fn buffer_is_extended_by_the_first_and_by_the_rest() {
    struct Counts(Vec<usize>);

    impl Extend<usize> for Counts {
        fn extend<I: IntoIterator<Item = usize>>(&mut self, messages: I) {
            self.0.push(messages.into_iter().count());
        }
    }

    for (limit, expected) in [(1, &[1][..]), (3, &[1, 2]), (9, &[1, 3])] {
        let (_sender, receiver) = filled(4, 4);
        let mut counts = Counts(Vec::new());
        assert_eq!(receiver.try_recv_many(&mut counts, limit), Ok(limit.min(4)));
        assert_eq!(counts.0, expected);
    }
}
