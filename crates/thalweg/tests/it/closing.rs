//! Promise 9: closing is one-way and gentle. Either end may close, what was accepted can be received, and everybody who waits is told.

use std::{
    sync::{Arc, Barrier},
    task::Poll,
};

use futures_core::{FusedStream, Stream};
use thalweg::mpmc::{Receiver, RecvError, SendError, Sender, TryRecvError, TrySendError};

use crate::harness::*;

/// The ways to close: by name from either end, or by leaving.
const CLOSINGS: [fn(Option<Sender<usize>>, &Receiver<usize>) -> Option<Sender<usize>>; 3] = [
    |sender, _| sender.inspect(|sender| assert!(sender.close())),
    |sender, receiver| sender.inspect(|_| assert!(receiver.close())),
    |_, _| None,
];

#[test]
fn only_the_first_close_is_the_one() {
    let (sender, receiver) = channel::<usize>(1);
    let (sender2, receiver2) = (sender.clone(), receiver.clone());
    assert!(!sender.is_closed() && !receiver.is_closed());
    assert!(receiver.close());
    assert!(!receiver.close() && !sender.close() && !sender2.close() && !receiver2.close());
    assert!(sender.is_closed() && sender2.is_closed() && receiver.is_closed() && receiver2.is_closed());
    assert!(sender.clone().is_closed() && receiver.clone().is_closed());
}

/// The sender that a try wakes as it finds nothing sends a last message in that moment, and closes.
#[test]
fn what_comes_in_the_midst_of_a_try_is_found_before_the_end() {
    let (sender, receiver) = filled(1, 1);
    let mut neglected = task(sender.send(1));
    let mut woken = task(sender.send(2));
    neglected.waits();
    woken.waits();
    assert_eq!(receiver.try_recv(), Ok(0));
    let last = sender.clone();
    woken.probe().arm(move |call| {
        if call == Call::Wake {
            assert_eq!((last.try_send(3), last.close()), (Ok(()), true));
        }
    });
    assert_eq!(receiver.try_recv(), Ok(3));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn one_of_many_racing_closes_is_the_one() {
    in_time(|| {
        for _ in 0..200 {
            let (sender, receiver) = channel::<usize>(1);
            let start = Arc::new(Barrier::new(4));
            let bodies: Vec<Box<dyn FnOnce() -> bool + Send>> = (0..4)
                .map(|n| {
                    let (sender, receiver, start) = (sender.clone(), receiver.clone(), start.clone());
                    Box::new(move || {
                        start.wait();
                        if n % 2 == 0 { sender.close() } else { receiver.close() }
                    }) as Box<_>
                })
                .collect();
            assert_eq!(threads(bodies).iter().filter(|first| **first).count(), 1);
        }
    });
}

#[test]
fn leaving_closes_too() {
    let (sender, receiver) = channel::<usize>(1);
    let other = sender.clone();
    drop(sender);
    assert!(!receiver.is_closed());
    drop(other);
    assert!(receiver.is_closed());
    assert!(!receiver.close(), "it was closed by the last to leave");

    let (sender, receiver) = channel::<usize>(1);
    let other = receiver.clone();
    drop(receiver);
    assert!(!sender.is_closed());
    drop(other);
    assert!(sender.is_closed() && !sender.close());
}

#[test]
fn what_was_accepted_can_be_received() {
    for capacity in [3, 16, usize::MAX] {
        for close in CLOSINGS {
            let (sender, receiver) = filled(capacity, 3);
            let sender = close(Some(sender), &receiver);
            if let Some(sender) = &sender {
                assert_eq!(sender.try_send(9), Err(TrySendError::Closed(9)));
            }
            assert!(receiver.is_closed() && receiver.len() == 3);
            assert_eq!(receiver.try_recv(), Ok(0));
            assert_eq!(task(receiver.recv()).finishes(), Ok(1));
            let mut batch = Vec::new();
            assert_eq!(task(receiver.recv_many(&mut batch, 5)).finishes(), Ok(1));
            assert_eq!(batch, [2]);
            assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
            assert_eq!(task(receiver.recv()).finishes(), Err(RecvError));
            assert_eq!(task(receiver.recv_owned()).finishes(), Err(RecvError));
            assert_eq!(task(receiver.recv_many(&mut batch, 5)).finishes(), Err(RecvError));
            assert_eq!(receiver.try_recv_many(&mut batch, 5), Err(TryRecvError::Closed));
            assert_eq!(receiver.try_iter().next(), None);
        }
    }
}

#[test]
fn everybody_who_receives_is_told() {
    for capacity in CAPACITIES {
        for close in CLOSINGS {
            let (sender, receiver) = channel(capacity);
            let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
            receives.iter_mut().for_each(|receive| receive.waits());
            let _sender = close(Some(sender), &receiver);
            for receive in &mut receives {
                assert!(receive.woken(), "capacity {capacity}");
                assert_eq!(receive.finishes(), Err(RecvError));
            }
        }
    }
}

#[test]
fn everybody_who_sends_is_told() {
    for capacity in [0, 1, 2] {
        for receiver_leaves in [false, true] {
            let (sender, receiver) = filled(capacity, capacity);
            let mut sends: Vec<_> = (0..3).map(|n| task(sender.send(100 + n))).collect();
            let mut reserve = task(sender.reserve());
            let mut owned = task(sender.clone().reserve_owned());
            sends.iter_mut().for_each(|send| send.waits());
            reserve.waits();
            owned.waits();
            let receiver = if receiver_leaves {
                drop(receiver);
                None
            } else {
                receiver.close();
                Some(receiver)
            };
            for (n, send) in sends.iter_mut().enumerate() {
                assert!(send.woken());
                assert_eq!(send.finishes(), Err(SendError(100 + n)));
            }
            assert!(reserve.woken() && owned.woken());
            assert!(reserve.finishes().is_err() && owned.finishes().is_err());
            if let Some(receiver) = receiver {
                assert_eq!(receiver.try_iter().count(), capacity, "what was queued is still there");
            }
        }
    }
}

/// The message came before the end, and the woken receiver finds it.
#[test]
fn woken_receiver_gets_its_message_though_the_end_came_first() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut receive = task(receiver.recv());
        receive.waits();
        sender.try_send(1).unwrap();
        sender.close();
        assert_eq!(receive.finishes(), Ok(1));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    }
}

/// A hand-over that was accepted survives: the receiver leaves, the channel closes, the next receiver has it.
#[test]
fn accepted_hand_over_survives_the_end() {
    let (sender, receiver) = channel(0);
    let mut receive = task(receiver.recv());
    receive.waits();
    sender.try_send(1).unwrap();
    drop(sender);
    drop(receive);
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn sends_that_never_ran_fail_after_the_end() {
    let (sender, receiver) = channel(4);
    let mut send = task(sender.send(1));
    let mut owned = task(sender.send_owned(2));
    receiver.close();
    assert_eq!(send.finishes(), Err(SendError(1)));
    assert_eq!(owned.finishes(), Err(SendError(2)));
    assert!(receiver.is_empty());
}

#[test]
fn closed_fires_at_either_end_for_every_reason() {
    for reason in 0..4 {
        let (sender, receiver) = channel::<usize>(1);
        let (sender2, receiver2) = (sender.clone(), receiver.clone());
        match reason {
            0 | 1 => {
                let mut at_sender = task(sender.closed());
                let mut at_receiver = task(receiver.closed());
                at_sender.waits();
                at_receiver.waits();
                if reason == 0 {
                    sender2.close()
                } else {
                    receiver2.close()
                };
                assert!(at_sender.woken() && at_receiver.woken());
                at_sender.finishes();
                at_receiver.finishes();
                task(sender2.closed()).finishes();
                task(receiver2.closed()).finishes();
            }
            2 => {
                let mut at_receiver = task(receiver.closed());
                at_receiver.waits();
                drop(sender);
                at_receiver.waits();
                drop(sender2);
                assert!(at_receiver.woken());
                at_receiver.finishes();
            }
            _ => {
                let mut at_sender = task(sender.closed());
                at_sender.waits();
                drop(receiver);
                at_sender.waits();
                drop(receiver2);
                assert!(at_sender.woken());
                at_sender.finishes();
            }
        }
    }
}

#[test]
fn closed_does_not_wait_for_the_queue() {
    let (sender, receiver) = filled(2, 2);
    let mut closed = task(receiver.closed());
    closed.waits();
    sender.close();
    closed.finishes();
    assert_eq!(receiver.len(), 2);
}

/// async-channel #60: a weak handle must not bring a closed channel back.
#[test]
fn weak_handles_keep_nothing_open_and_revive_nothing() {
    let (sender, receiver) = channel::<usize>(1);
    let (weak_sender, weak_receiver) = (sender.downgrade(), receiver.downgrade());
    let (weak_sender, weak_receiver) = (weak_sender.clone(), weak_receiver.clone());
    assert_eq!((sender.sender_count(), sender.receiver_count()), (1, 1));
    let upgraded = weak_sender.upgrade().unwrap();
    assert!(upgraded.same_channel(&sender));
    assert_eq!(sender.sender_count(), 2);
    drop(sender);
    assert!(!receiver.is_closed(), "an upgraded handle counts");
    let upgraded_receiver = weak_receiver.upgrade().unwrap();
    assert!(upgraded_receiver.same_channel(&receiver));
    drop(upgraded_receiver);
    drop(upgraded);
    assert!(receiver.is_closed());
    assert!(weak_sender.upgrade().is_none() && weak_receiver.upgrade().is_none());
    drop(receiver);
    assert!(weak_sender.upgrade().is_none() && weak_receiver.upgrade().is_none());
}

#[test]
fn weak_handles_of_a_closed_channel_upgrade_no_more() {
    let (sender, receiver) = channel::<usize>(1);
    let (weak_sender, weak_receiver) = (sender.downgrade(), receiver.downgrade());
    sender.close();
    assert!(weak_sender.upgrade().is_none() && weak_receiver.upgrade().is_none());
}

#[test]
fn weak_upgrade_races_the_last_handle_soundly() {
    in_time(|| {
        for _ in 0..500 {
            let (sender, receiver) = channel::<usize>(4);
            let weak = sender.downgrade();
            let upgrader = std::thread::spawn(move || weak.upgrade().map(|sender| sender.try_send(1)));
            drop(sender);
            let upgraded = upgrader.join().unwrap();
            assert!(receiver.is_closed());
            assert_eq!(receiver.try_iter().count(), usize::from(matches!(upgraded, Some(Ok(())))));
        }
    });
}

#[test]
fn owned_futures_are_handles_and_borrowed_ones_are_not() {
    let (sender, receiver) = channel::<usize>(0);
    let send = task(sender.send(1));
    let receive = task(receiver.recv());
    assert_eq!((sender.sender_count(), sender.receiver_count()), (1, 1));
    drop((send, receive));
    let mut send = task(sender.send_owned(1));
    let mut receive = task(receiver.recv_owned());
    assert_eq!((sender.sender_count(), sender.receiver_count()), (2, 2));
    let weak = sender.downgrade();
    drop((sender, receiver));
    drive(&mut [&mut receive, &mut send]);
    assert_eq!((send.output(), receive.output()), (Ok(()), Ok(1)));
    drop((send, receive));
    assert!(weak.upgrade().is_none());
}

#[test]
fn handles_are_counted() {
    let (sender, receiver) = channel::<usize>(1);
    let senders: Vec<_> = (0..4).map(|_| sender.clone()).collect();
    let receivers: Vec<_> = (0..2).map(|_| receiver.clone()).collect();
    for (senders, receivers) in
        [(sender.sender_count(), sender.receiver_count()), (receiver.sender_count(), receiver.receiver_count())]
    {
        assert_eq!((senders, receivers), (5, 3));
    }
    drop((senders, receivers));
    assert_eq!((receiver.sender_count(), sender.receiver_count()), (1, 1));
    drop(receiver);
    assert_eq!((sender.sender_count(), sender.receiver_count()), (1, 0));
}

#[test]
fn same_channel_tells_channels_apart() {
    let (sender, receiver) = channel::<usize>(1);
    let (other_sender, other_receiver) = channel::<usize>(1);
    assert!(sender.same_channel(&sender.clone()) && receiver.same_channel(&receiver.clone()));
    assert!(!sender.same_channel(&other_sender) && !receiver.same_channel(&other_receiver));
}

#[test]
fn close_and_drain_takes_what_is_left_and_only_that() {
    let ledger = Ledger::new();
    let (sender, receiver) = channel(4);
    (0..3).for_each(|_| sender.try_send(ledger.message()).unwrap());
    let mut waiting = task(receiver.recv());
    let mut drain = receiver.close_and_drain();
    assert!(sender.is_closed() && receiver.is_empty());
    assert_eq!(drain.len(), 3);
    assert_eq!(drain.next().unwrap().id, 0);
    assert_eq!(ledger.alive(), 2);
    drop(drain);
    ledger.all_dropped_once();
    assert!(waiting.finishes().is_err());
}

#[test]
fn stream_has_terminated_when_it_said_none_and_not_before() {
    for capacity in BUFFERED {
        let (sender, mut receiver) = channel(capacity);
        sender.try_send(1).unwrap();
        assert!(!receiver.is_terminated());
        drop(sender);
        assert!(!receiver.is_terminated());
        let probe = Probe::new();
        let waker = probe.waker();
        let mut cx = std::task::Context::from_waker(&waker);
        let mut next = || {
            let polled = std::pin::Pin::new(&mut receiver).poll_next(&mut cx);
            (polled, receiver.is_terminated())
        };
        assert_eq!(next(), (std::task::Poll::Ready(Some(1)), false));
        assert_eq!(next(), (std::task::Poll::Ready(None), true));
        assert_eq!(next(), (std::task::Poll::Ready(None), true));
    }
}

/// rust #58042 and others: a close that meets sends and receives in full flight on threads ends them all.
#[test]
fn close_in_full_flight_ends_everybody() {
    for capacity in CAPACITIES {
        in_time(move || {
            for _ in 0..50 {
                let (sender, receiver) = channel(capacity);
                let mut bodies: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
                for _ in 0..2 {
                    let (sender, receiver) = (sender.clone(), receiver.clone());
                    bodies.push(Box::new(move || while futures_lite::future::block_on(sender.send(1)).is_ok() {}));
                    bodies.push(Box::new(move || while futures_lite::future::block_on(receiver.recv()).is_ok() {}));
                }
                bodies.push(Box::new(move || {
                    std::thread::yield_now();
                    assert!(receiver.close());
                    drop(sender);
                }));
                threads(bodies);
            }
        });
    }
}

/// All who wait have wakers that panic: the first panic comes out, nobody is forgotten, and the process lives.
#[cfg(feature = "std")]
#[test]
fn many_panicking_wakers_do_not_abort() {
    let (sender, receiver) = channel::<usize>(1);
    let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
    for receive in &mut receives {
        receive.waits();
        receive.probe().arm(|call| {
            if call == Call::Wake {
                panic!("waker")
            }
        });
    }
    panics(|| sender.close());
    assert!(receives.iter().all(|receive| receive.woken()));
    receives.iter_mut().for_each(|receive| assert!(receive.finishes().is_err()));
}

/// Between a look at the channel and the wait, foreign code clones the waker: here it closes the channel, or makes what was
/// looked for.
#[test]
fn what_happens_while_a_waker_is_cloned_is_not_missed() {
    for closes in [true, false] {
        let (sender, receiver) = filled(1, 1);
        let (other, taker) = (sender.clone(), receiver.clone());
        let mut send = task(sender.send(9));
        send.probe().arm(move |call| match call {
            Call::Clone if closes => assert!(other.close()),
            Call::Clone => assert_eq!(taker.try_recv(), Ok(0)),
            _ => {}
        });
        let expected = if closes { Err(SendError(9)) } else { Ok(()) };
        assert_eq!(send.poll(), Poll::Ready(expected), "closes: {closes}");
        send.probe().disarm();
        let (sender, receiver) = filled(1, 0);
        let other = sender.clone();
        let mut receive = task(receiver.recv());
        receive.probe().arm(move |call| match call {
            Call::Clone if closes => assert!(other.close()),
            Call::Clone => other.try_send(8).unwrap(),
            _ => {}
        });
        assert_eq!(receive.poll(), Poll::Ready(if closes { Err(RecvError) } else { Ok(8) }), "closes: {closes}");
        receive.probe().disarm();
    }
}
