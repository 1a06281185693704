//! What went wrong in other one-shot channels, or in channels where it could happen to one too: each test is named after
//! it. Those that need two threads at once are loom models.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    thread,
};

use futures_lite::future::{block_on, poll_once};
use thalweg::oneshot::{Receiver, Sender, channel, error::TryRecvError};

use crate::harness::{Call, Ledger, Message, Probe, in_time, panics, task};
use crate::oneshot::{held, poll, poll_closed};

/// kanal #50: a wait that was dropped after the send, and before it was polled again, took the message with it.
#[test]
fn message_went_with_a_cancelled_wait() {
    let (tx, mut rx) = channel();
    {
        let mut wait = task(&mut rx);
        wait.waits();
        tx.send(1).unwrap();
        assert!(wait.woken());
    }
    assert_eq!(rx.try_recv(), Ok(1));
}

/// flume #120: the sender that was gone was seen before the message it had sent.
#[test]
fn end_was_told_before_the_message() {
    let (tx, mut rx) = channel();
    assert!(poll(&mut rx, &Probe::new()).is_pending());
    tx.send(1).unwrap();
    assert!(!rx.is_empty());
    assert_eq!(block_on(rx), Ok(1));
}

/// tokio #6603 and others: empty, closed and terminated mixed up.
#[test]
fn empty_was_taken_for_closed() {
    let (tx, mut rx) = channel::<u64>();
    assert_eq!((rx.is_empty(), rx.is_terminated(), tx.is_closed()), (true, false, false));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    rx.close();
    assert_eq!((rx.is_empty(), rx.is_terminated(), tx.is_closed()), (true, false, true));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    assert_eq!((rx.is_empty(), rx.is_terminated(), tx.is_closed()), (true, true, true));
    let (tx, mut rx) = channel();
    tx.send(1).unwrap();
    rx.close();
    assert_eq!((rx.is_empty(), rx.is_terminated()), (false, false));
    assert_eq!(block_on(&mut rx), Ok(1));
    assert_eq!((rx.is_empty(), rx.is_terminated()), (true, true));
}

/// RUSTSEC-2021-0124: closed, then sent, then received all the same.
#[test]
fn closed_channel_took_a_message() {
    let ledger = Ledger::new();
    let (tx, mut rx) = channel();
    rx.close();
    assert!(tx.send(ledger.message()).is_err());
    assert!(matches!(rx.try_recv(), Err(TryRecvError::Closed)));
    ledger.all_dropped_once();
}

/// tokio #6558: the waker, and with it the task, lived as long as the sender.
#[test]
fn waker_outlived_the_receiver() {
    let (tx, mut rx) = channel::<u64>();
    let probe = Probe::new();
    assert!(poll(&mut rx, &probe).is_pending());
    drop(rx);
    assert_eq!(held(&probe), 0);
    drop(tx);
    assert_eq!(probe.wakes(), 0);
}

/// tokio #8095: it lived on after `close`, too.
#[test]
fn waker_outlived_a_close() {
    let (tx, mut rx) = channel::<u64>();
    let probe = Probe::new();
    assert!(poll(&mut rx, &probe).is_pending());
    rx.close();
    assert_eq!((held(&probe), probe.wakes()), (0, 0));
    drop(tx);
}

/// tokio #7886: the message lived as long as whoever had the sender's side.
#[test]
fn message_outlived_the_receiver() {
    let ledger = Ledger::new();
    let (mut tx, rx) = channel::<Message>();
    assert!(poll_closed(&mut tx, &Probe::new()).is_pending());
    tx.send(ledger.message()).unwrap();
    drop(rx);
    ledger.all_dropped_once();
}

/// kanal #15, oneshot 0.1.3: the first waker was kept, not the last.
#[test]
fn first_waker_was_kept() {
    let (tx, mut rx) = channel();
    let (first, second) = (Probe::new(), Probe::new());
    for probe in [&first, &second, &first] {
        assert!(poll(&mut rx, probe).is_pending());
    }
    tx.send(1).unwrap();
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
}

/// futures #264, #282: a wait for the end that began after the end waited for ever.
#[test]
fn wait_for_the_end_began_too_late() {
    for close in [false, true] {
        let (mut tx, mut rx) = channel::<u64>();
        if close {
            rx.close();
        }
        drop(rx);
        let probe = Probe::new();
        assert!(poll_closed(&mut tx, &probe).is_ready());
        assert_eq!(held(&probe), 0);
    }
}

/// tokio #3689, futures #2211: a waker that panicked when it was cloned left the channel in the middle of something.
#[test]
fn panic_of_a_clone_stuck() {
    let (mut tx, mut rx) = channel();
    let bad = Probe::new();
    bad.arm(|call| assert!(call != Call::Clone, "as planned"));
    panics(|| poll(&mut rx, &bad));
    panics(|| poll_closed(&mut tx, &bad));
    let good = Probe::new();
    assert!(poll(&mut rx, &good).is_pending());
    panics(|| poll(&mut rx, &bad));
    assert_eq!((held(&good), held(&bad)), (1, 0), "the one before is still there");
    tx.send(1).unwrap();
    assert_eq!(good.wakes(), 1);
    assert_eq!(block_on(rx), Ok(1));
}

/// A waker that panics when it is woken: the message was sent, and whatever else lay there is dropped.
#[test]
fn panic_of_a_wake_lost_the_message() {
    let ledger = Ledger::new();
    let (mut tx, mut rx) = channel();
    let (bad, other) = (Probe::new(), Probe::new());
    bad.arm(|call| assert!(call != Call::Wake, "as planned"));
    assert!(poll(&mut rx, &bad).is_pending());
    assert!(poll_closed(&mut tx, &other).is_pending());
    let message = ledger.message();
    panics(move || tx.send(message));
    assert_eq!((held(&bad), held(&other)), (0, 0));
    drop(rx.try_recv().unwrap());
    ledger.all_dropped_once();
}

/// The same in each of the other places where a waker is woken.
#[test]
fn panic_of_a_wake_left_an_end_behind() {
    let places: [fn(Sender<Box<u64>>, Receiver<Box<u64>>); 3] = [
        |tx, mut rx| {
            panics(|| drop(tx));
            assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
        },
        |tx, rx| {
            panics(|| drop(rx));
            assert!(tx.is_closed());
            assert!(tx.send(Box::new(1)).is_err());
        },
        |tx, mut rx| {
            panics(|| rx.close());
            assert!(tx.is_closed());
            assert!(block_on(rx).is_err());
        },
    ];
    for place in places {
        let (mut tx, mut rx) = channel();
        let bad = Probe::new();
        assert!(poll(&mut rx, &bad).is_pending());
        assert!(poll_closed(&mut tx, &bad).is_pending());
        bad.arm(|call| assert!(call != Call::Wake, "as planned"));
        place(tx, rx);
        assert_eq!(held(&bad), 0);
    }
}

/// A waker that panics when it is dropped, because another took its place: that one is registered.
#[test]
fn panic_of_a_dropped_waker_lost_the_new_one() {
    let (tx, mut rx) = channel();
    let (bad, good) = (Probe::new(), Probe::new());
    assert!(poll(&mut rx, &bad).is_pending());
    bad.arm(|call| assert!(call != Call::Drop, "as planned"));
    panics(|| poll(&mut rx, &good));
    bad.disarm();
    tx.send(1).unwrap();
    assert_eq!((bad.wakes(), good.wakes()), (0, 1));
    assert_eq!(block_on(rx), Ok(1));
}

/// tokio #7094, futures #2886: a destructor that panicked leaked the rest, or ran again.
#[test]
fn panic_of_a_message_left_the_channel_behind() {
    struct Bad(#[allow(dead_code, reason = "it is dropped")] Message);
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("as planned");
        }
    }
    let ledger = Ledger::new();
    let (mut tx, rx) = channel();
    let probe = Probe::new();
    assert!(poll_closed(&mut tx, &probe).is_pending());
    assert!(tx.send(Bad(ledger.message())).is_ok());
    panics(|| drop(rx));
    assert_eq!(held(&probe), 0);
    ledger.all_dropped_once();
}

/// tokio #5429 and others: a waker that used the channel while it was woken, replaced, cloned or dropped hung, or met it
/// in the middle of something. Here each of its calls may be the one that sends, closes, or drops either end.
#[test]
fn waker_used_the_channel() {
    type Ends = (Option<Sender<Message>>, Option<Receiver<Message>>);
    let acts: [fn(&mut Ends, &Ledger); 5] = [
        |ends, ledger| drop(ends.0.take().map(|tx| tx.send(ledger.message()))),
        |ends, _| drop(ends.0.take()),
        |ends, _| drop(ends.1.take()),
        |ends, _| ends.1.iter_mut().for_each(Receiver::close),
        |ends, _| drop(ends.1.as_mut().map(Receiver::try_recv)),
    ];
    for call in [Call::Clone, Call::Wake, Call::Drop] {
        for act in acts {
            for replaced in [false, true] {
                in_time(move || {
                    let ledger = Ledger::new();
                    let ends = Arc::new(Mutex::new((None, None)));
                    let probe = Probe::new();
                    let (hooked, book) = (ends.clone(), ledger.clone());
                    probe.arm(move |done| {
                        if done == call {
                            // What is in use just now is not there to be taken.
                            let mut taken = match hooked.try_lock() {
                                Ok(mut ends) => std::mem::take(&mut *ends),
                                Err(_) => return,
                            };
                            act(&mut taken, &book);
                            drop(taken);
                        }
                    });
                    // The receiver is polled while the sender is in the waker's reach.
                    let (tx, mut rx) = channel();
                    ends.lock().unwrap().0 = Some(tx);
                    let other = Probe::new();
                    let mut told = poll(&mut rx, &probe).is_ready();
                    if replaced && !told {
                        told = poll(&mut rx, &other).is_ready();
                    }
                    // The sender sends while the receiver is in the waker's reach.
                    let tx = ends.lock().unwrap().0.take();
                    if !told {
                        ends.lock().unwrap().1 = Some(rx);
                    }
                    drop(tx.map(|tx| tx.send(ledger.message())));
                    let rest = std::mem::take(&mut *ends.lock().unwrap());
                    drop(rest);
                    probe.disarm();
                    assert_eq!((held(&probe), held(&other)), (0, 0));
                    ledger.all_dropped_once();
                });
            }
        }
    }
}

/// kanal d3702c0: messages without a size.
#[test]
fn message_without_size_was_counted_wrong() {
    static DROPS: Mutex<usize> = Mutex::new(0);
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            *DROPS.lock().unwrap() += 1;
        }
    }
    let (tx, rx) = channel();
    assert!(tx.send(Nothing).is_ok());
    assert!(block_on(rx).is_ok());
    let (tx, rx) = channel();
    assert!(tx.send(Nothing).is_ok());
    drop(rx);
    let (tx, _) = channel();
    assert!(tx.send(Nothing).is_err());
    assert_eq!(*DROPS.lock().unwrap(), 3);
}

/// crossbeam #1146: a message that was big was put on the stack once too often. Without optimisation, and where each
/// channel is recorded, there are sixteen copies of the small one there.
#[test]
fn big_message_overflowed_the_stack() {
    in_time(|| {
        let thread = thread::Builder::new().stack_size(256 << 10).spawn(|| {
            let (tx, rx) = channel::<Box<[[u8; 1 << 10]; 1 << 10]>>();
            drop((tx, rx));
            // A channel for a message that would not fit the stack can at least be made in pieces that do.
            let (tx, mut rx) = channel::<[u8; 8 << 10]>();
            tx.send([7; 8 << 10]).unwrap();
            rx.try_recv().unwrap()[8_000]
        });
        assert_eq!(thread.unwrap().join().unwrap(), 7);
    });
}

/// tokio #6558, again: messages that own ends of other channels, or of their own.
#[test]
fn chain_of_messages_deadlocked() {
    struct Link(Option<Receiver<Link>>, #[allow(dead_code, reason = "it is dropped")] Option<Sender<Link>>);
    in_time(|| {
        // Each message owns the receiver of the next channel.
        let (tx, first) = channel();
        let (mut tx, mut left) = (tx, 1_000);
        while left > 0 {
            let (next, rx) = channel();
            assert!(tx.send(Link(Some(rx), None)).is_ok());
            (tx, left) = (next, left - 1);
        }
        drop(tx);
        let mut links = 0;
        let mut rx = Some(first);
        while let Some(next) = rx.take() {
            if let Ok(link) = block_on(next) {
                links += 1;
                rx = link.0;
            }
        }
        assert_eq!(links, 1_000);
        // A message that owns the sender of the other channel, both ways.
        let ((one, left), (two, right)) = (channel(), channel());
        assert!(one.send(Link(None, Some(two))).is_ok());
        drop(left);
        assert!(block_on(right).is_err());
    });
}

/// rust #58042: a thread that is unwound while it waits.
#[test]
fn unwinding_through_a_wait_hung_the_sender() {
    in_time(|| {
        let (tx, rx) = channel::<u64>();
        let thread = thread::spawn(move || {
            block_on(async move {
                let mut rx = rx;
                assert!(poll_once(&mut rx).await.is_some(), "as planned");
            });
        });
        assert!(thread.join().is_err());
        assert!(tx.is_closed());
        assert_eq!(tx.send(1), Err(1));
    });
}

/// crossbeam #802: use while the thread's locals are destroyed.
#[test]
fn used_while_thread_locals_were_destroyed() {
    struct Late(Option<Sender<u64>>, Option<Receiver<u64>>);
    impl Drop for Late {
        fn drop(&mut self) {
            let (tx, mut rx) = channel();
            tx.send(1).unwrap();
            assert_eq!(rx.try_recv(), Ok(1));
            self.0.take().unwrap().send(2).unwrap();
            let mut cx = Context::from_waker(Waker::noop());
            assert_eq!(Pin::new(self.1.as_mut().unwrap()).poll(&mut cx), Poll::Ready(Ok(3)));
        }
    }
    thread_local! { static LATE: std::cell::RefCell<Option<Late>> = const { std::cell::RefCell::new(None) }; }
    in_time(|| {
        let (tx, rx) = channel();
        let (three, other) = channel();
        three.send(3).unwrap();
        thread::spawn(move || LATE.set(Some(Late(Some(tx), Some(other))))).join().unwrap();
        assert_eq!(block_on(rx), Ok(2));
    });
}

/// crossbeam #798 and others: a timeout too long to be told.
#[cfg(feature = "std")]
#[test]
fn longest_timeout_overflowed() {
    let (tx, mut rx) = channel();
    tx.send(1).unwrap();
    assert_eq!(rx.blocking_recv_timeout(std::time::Duration::MAX), Ok(1));
}

/// Two wakers that panicked in one call ended the process: the one of the other end, and the one's own that is let go.
#[test]
#[cfg(feature = "std")]
fn second_waker_that_panicked_ended_the_process() {
    let acts: [(fn(Sender<u8>, Receiver<u8>), bool); 4] = [
        (|sender, _receiver| sender.send(1).unwrap(), true),
        (|sender, _receiver| drop(sender), true),
        (|_sender, mut receiver| receiver.close(), false),
        (|_sender, receiver| drop(receiver), false),
    ];
    for (act, wakes_receiver) in acts {
        let (mut sender, mut receiver) = channel();
        let [of_sender, of_receiver] = [Probe::new(), Probe::new()];
        assert!(poll_closed(&mut sender, &of_sender).is_pending());
        assert!(poll(&mut receiver, &of_receiver).is_pending());
        of_sender.arm(|_| panic!("sender's"));
        of_receiver.arm(|_| panic!("receiver's"));
        panics(|| act(sender, receiver));
        let (woken, dropped) = if wakes_receiver { (&of_receiver, &of_sender) } else { (&of_sender, &of_receiver) };
        assert!(woken.woken() && !dropped.woken());
        assert_eq!((Arc::strong_count(woken), Arc::strong_count(dropped)), (1, 1), "both are let go");
    }
}
