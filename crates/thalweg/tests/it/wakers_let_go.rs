//! Promise 10 where a waker goes because another takes its place, or because the wait is over: it may call the channel.
//! The wakers do so when they are dropped, and at no other call: one that did when cloned would end the wait before.

use std::{
    collections::VecDeque,
    fmt::Debug,
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Waker},
};

use thalweg::{broadcast, mpsc};

use crate::harness::*;

/// Waits, then with another waker, then no more. `uses` takes every lock there is, and ends no wait.
#[track_caller]
fn lets_go<F: Future>(waiting: F, uses: impl Fn() + Send + Sync + Clone + 'static)
where
    F::Output: Debug,
{
    let mut waiting = task(waiting);
    waiting.waits();
    let old = arm(&waiting.swap_waker(), uses.clone());
    assert!(waiting.poll().is_pending());
    assert_eq!(old.load(SeqCst), 1, "the first waker was not let go");
    let last = arm(waiting.probe(), uses);
    drop(waiting);
    assert_eq!(last.load(SeqCst), 1, "the second waker was not let go");
}

/// Says how often it was dropped.
fn arm(probe: &Probe, uses: impl Fn() + Send + Sync + 'static) -> Arc<AtomicUsize> {
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = dropped.clone();
    probe.arm(move |call| {
        if call == Call::Drop {
            uses();
            count.fetch_add(1, SeqCst);
        }
    });
    dropped
}

/// Begins to wait, which takes the lock of the queue, and gives up.
fn begin<F: Future>(waiting: F) {
    let _ = pin!(waiting).poll(&mut Context::from_waker(Waker::noop())).is_ready();
}

#[test]
fn of_mpmc() {
    in_time(|| {
        for (capacity, messages) in [(0, 0), (1, 0), (1, 1), (2, 2)] {
            let (tx, rx) = filled(capacity, messages);
            let (sender, receiver) = (tx.clone(), rx.clone());
            let uses = move || {
                let _ = (sender.len(), sender.waiting_senders(), receiver.waiting_receivers());
                begin(sender.closed());
            };
            if messages == 0 {
                lets_go(rx.recv(), uses.clone());
                lets_go(rx.recv_many(&mut Vec::new(), 2), uses.clone());
            }
            if messages == capacity {
                lets_go(tx.send(7), uses.clone());
                lets_go(tx.send_many(&mut VecDeque::from([7, 8])), uses.clone());
                lets_go(tx.reserve(), uses.clone());
            }
            lets_go(tx.closed(), uses.clone());
            lets_go(rx.closed(), uses);
        }
    });
}

#[test]
fn of_mpsc() {
    in_time(|| {
        let (tx, _rx) = mpsc::channel(1);
        let sender = tx.clone();
        let uses = move || {
            let _ = sender.capacity();
            begin(sender.closed());
        };
        lets_go(tx.closed(), uses.clone());
        tx.try_send(0).unwrap();
        lets_go(tx.send(7), uses.clone());
        lets_go(tx.reserve(), uses.clone());
    });
}

#[test]
fn of_broadcast() {
    in_time(|| {
        let (tx, mut rx) = broadcast::lossless(1);
        let sender = tx.clone();
        let uses = move || {
            let _ = (sender.len(), sender.receiver_count());
            begin(sender.closed());
        };
        lets_go(rx.recv(), uses.clone());
        lets_go(tx.closed(), uses.clone());
        tx.try_send(0).unwrap();
        lets_go(tx.send(7), uses);
    });
}
