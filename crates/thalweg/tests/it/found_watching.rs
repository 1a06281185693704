//! What attacks found of those who look after sleepers, and whose poll a waker that panics ended: each test is named after what
//! went wrong.

use std::{
    fmt::Debug,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll},
};

use crate::harness::*;

/// At capacity 0 a receiver that comes offers itself to the first sender. Where the waker of that one panicked it had not
/// looked after the others, and took its place in the line for a sign that it had: polled again, however often, it slept, and
/// so did the second sender, who had come to a receiver that waits.
#[test]
fn receiver_of_a_rendezvous_relied_on_a_sender_whose_waker_had_panicked() {
    for panicking in [false, true] {
        let (sender, mut receiver) = thalweg::mpsc::channel::<usize>(0);
        let (mut first, mut second) = (task(sender.send(1)), task(sender.send(2)));
        first.waits();
        second.waits();
        let waker = Probe::new().waker();
        let mut cx = Context::from_waker(&waker);
        if panicking {
            first.probe().arm(|call| assert_ne!(call, Call::Wake));
            panics(|| receiver.poll_recv(&mut cx));
            first.probe().disarm();
        }
        // The first one is neglected from here on: its task was not woken.
        for _ in 0..100 {
            assert!(receiver.poll_recv(&mut cx).is_pending());
        }
        assert!(second.woken(), "a receiver waits for it (panicking: {panicking})");
    }
}

/// The same of `mpmc`, where it depends on how many messages had passed: the place in the line is then as if it had looked.
#[test]
fn receive_of_a_rendezvous_relied_on_a_sender_whose_waker_had_panicked() {
    for (before, panicking) in [(0, false), (1, false), (0, true), (1, true)] {
        let (sender, receiver) = channel::<usize>(0);
        for n in 0..before {
            let mut receive = task(receiver.recv());
            receive.waits();
            sender.try_send(n).unwrap();
            assert_eq!(receive.poll(), Poll::Ready(Ok(n)));
        }
        let (mut first, mut second) = (task(sender.send(1)), task(sender.send(2)));
        first.waits();
        second.waits();
        let mut receive = task(receiver.recv());
        if panicking {
            first.probe().arm(|call| assert_ne!(call, Call::Wake));
            panics(|| receive.poll());
            first.probe().disarm();
        }
        for _ in 0..100 {
            assert!(receive.poll().is_pending());
        }
        assert!(second.woken(), "a receive waits for it (before: {before}, panicking: {panicking})");
    }
}

/// A receive whose offer met a waker that panics had begun to watch, and nobody knew that it had to wake itself. Others of its
/// side slept because it watched, and so did a sender.
#[test]
fn watcher_relied_on_one_whose_poll_had_panicked() {
    for panicking in [false, true] {
        let (sender, receiver) = channel::<usize>(0);
        let mut sends: Vec<_> = (1..=4).map(|n| task(sender.send(n))).collect();
        sends.iter_mut().for_each(|send| send.waits());
        let [mut first, mut second, mut third] = [0; 3].map(|_| task(receiver.recv()));
        assert!(first.poll().is_pending());
        if panicking {
            sends[1].probe().arm(|call| assert_ne!(call, Call::Wake));
            panics(|| second.poll());
            sends[1].probe().disarm();
        } else {
            assert!(second.poll().is_pending());
        }
        // The third send, to which this one offers itself, is neglected.
        assert!(third.poll().is_pending());
        assert_eq!(sends[0].poll(), Poll::Ready(Ok(())));
        assert_eq!(first.poll(), Poll::Ready(Ok(1)));
        polled_when_woken(&mut second, &mut third);
        assert!(sends[3].woken(), "panicking: {panicking}");
    }
}

/// The same of one whose own poll unwound each time, and which came back as often as it was woken.
#[test]
fn receive_was_not_woken_when_its_poll_had_panicked() {
    let (sender, receiver) = channel::<usize>(0);
    let mut sends: Vec<_> = (0..3).map(|n| task(sender.send(n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    sends[..2].iter().for_each(|send| send.probe().arm(|call| assert_ne!(call, Call::Wake)));
    let mut receive = task(receiver.recv());
    for _ in 0..20 {
        let _ = catch_unwind(AssertUnwindSafe(|| receive.poll()));
        if !receive.woken() {
            break;
        }
    }
    sends[..2].iter().for_each(|send| send.probe().disarm());
    assert!(sends[2].woken());
}

/// The same where the waker that a watching receive nudges panics.
#[test]
fn watching_receive_relied_on_one_whose_nudge_had_panicked() {
    let (sender, receiver) = filled(1, 1);
    let mut sends: Vec<_> = (1..5).map(|message| task(sender.send(message))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    // The first send is woken, and neglected.
    assert_eq!(receiver.try_recv(), Ok(0));
    let [mut taker, mut watcher, mut other] = [0; 3].map(|_| task(receiver.recv()));
    for receive in [&mut taker, &mut watcher, &mut other] {
        assert!(receive.poll().is_pending() && receive.woken());
    }
    sends[1].probe().arm(|call| assert_ne!(call, Call::Wake));
    panics(|| other.poll());
    sends[1].probe().disarm();
    sender.try_send(9).unwrap();
    assert_eq!(taker.finishes(), Ok(9));
    assert!(sends[2].woken(), "and is neglected");
    polled_when_woken(&mut watcher, &mut other);
    assert!(sends[3].woken());
}

/// The same of sends.
#[test]
fn watching_send_relied_on_one_whose_nudge_had_panicked() {
    let (sender, receiver) = channel::<usize>(1);
    let mut receives: Vec<_> = (0..4).map(|_| task(receiver.recv())).collect();
    receives.iter_mut().for_each(|receive| receive.waits());
    // The first receive is woken, and neglected.
    sender.try_send(1).unwrap();
    let [mut putter, mut watcher, mut other] = [2, 3, 4].map(|n| task(sender.send(n)));
    for send in [&mut putter, &mut watcher, &mut other] {
        assert!(send.poll().is_pending() && send.woken());
    }
    receives[1].probe().arm(|call| assert_ne!(call, Call::Wake));
    panics(|| other.poll());
    receives[1].probe().disarm();
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(putter.finishes(), Ok(()));
    assert!(receives[2].woken(), "and is neglected");
    polled_when_woken(&mut watcher, &mut other);
    assert!(receives[3].woken());
}

/// Both find nothing, and are polled as often as they are woken.
fn polled_when_woken<F: Future<Output: Debug>>(one: &mut Task<F>, other: &mut Task<F>) {
    for _ in 0..100 {
        for task in [&mut *one, &mut *other] {
            if task.woken() {
                let polled = task.poll();
                assert!(polled.is_pending(), "{polled:?}");
            }
        }
    }
}
