//! Positions that really wrap: with 32-bit words they count to 2^28, which a thread reaches in seconds. With 64 bits
//! nobody will, and there is nothing to run: debug builds begin just before the end, so other tests cross it there.
//!
//! Without optimisation these take minutes: `cargo xtask i686` builds them with it.
#![cfg(target_pointer_width = "32")]

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use thalweg::{broadcast, mpmc, mpsc, watch};

/// All positions there are, and some.
const LAP: u32 = (1 << 28) + 1_000;

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Fills and empties, so that the wrap falls among messages that lie there, and goes on for a while behind it.
fn lap(capacity: usize, mut send: impl FnMut(u32) -> bool, mut recv: impl FnMut() -> Option<u32>) {
    let (mut sent, mut received) = (0, 0);
    while received < LAP {
        let mut room = 0;
        while room < capacity && send(sent) {
            sent += 1;
            room += 1;
        }
        assert!(room > 0, "full after {sent}");
        // Most of it, so that the channel is full now and then, and empty.
        for _ in 0..(received as usize % (capacity + 1)).max(1) {
            let Some(number) = recv() else { break };
            assert_eq!(number, received);
            received += 1;
        }
    }
}

#[test]
fn positions_of_a_bounded_channel_wrap() {
    let (tx, rx) = mpmc::bounded(3);
    lap(3, |number| tx.try_send(number).is_ok(), || rx.try_recv().ok());
    let left = rx.len();
    assert!(left <= 3 && (left..3).all(|number| tx.try_send(number as u32).is_ok()));
    assert!(tx.try_send(0).is_err_and(|error| error.is_full()));
    // Waiting goes on as before.
    let mut send = pin!(tx.send(7));
    assert!(poll(send.as_mut()).is_pending());
    assert_eq!(rx.drain().count(), 3);
    assert!(poll(send.as_mut()).is_ready());
    assert_eq!(rx.try_recv(), Ok(7));
}

#[test]
fn positions_of_an_mpsc_channel_wrap() {
    let (tx, mut rx) = mpsc::channel(3);
    lap(3, |number| tx.try_send(number).is_ok(), || rx.try_recv().ok());
    while rx.try_recv().is_ok() {}
    assert_eq!((rx.len(), tx.capacity()), (0, 3));
}

/// The receiver goes ahead of its own position here, which catches up later.
#[test]
fn positions_of_an_unbounded_mpsc_channel_wrap() {
    let (tx, mut rx) = mpsc::unbounded_channel();
    // All in one go.
    rx.set_budget(None);
    for number in 0..LAP {
        tx.send(number).unwrap();
        assert_eq!(poll(pin!(rx.recv())), Poll::Ready(Some(number)));
    }
    assert!(rx.is_empty());
    assert!(poll(pin!(rx.recv())).is_pending());
}

#[test]
fn versions_of_a_watched_value_wrap() {
    let (tx, mut rx) = watch::channel(0);
    for number in 1..LAP {
        tx.send(number).unwrap();
        if number % 3 == 0 {
            assert!(poll(pin!(rx.changed())).is_ready());
            assert_eq!(*rx.borrow_and_update(), number);
            assert!(poll(pin!(rx.changed())).is_pending());
        }
    }
}

/// Its messages are numbered with 64 bits, its slots with what is left of a word beside the count of readers.
#[test]
fn laps_of_a_broadcast_ring_wrap() {
    let (tx, mut rx) = broadcast::channel(1);
    for number in 0..LAP {
        tx.send(number).unwrap();
        assert_eq!(rx.try_recv(), Ok(number));
    }
    assert_eq!(rx.len(), 0);
}
