//! Broadcast: sends against receives that read, lag, leave and come, with messages that tell loom when they are touched.

use loom::cell::UnsafeCell;
use std::pin::pin;
use thalweg::broadcast::error::{RecvError, TryRecvError};
use thalweg::broadcast::{Receiver, channel, lossless};

use crate::support::{Bell, block_on, model, poll_with, spawn};

/// A message that must not be shared between threads: cloning it writes to it.
struct Touchy {
    number: u32,
    clones: UnsafeCell<u32>,
    _leak: loom::sync::Arc<()>,
}

impl Touchy {
    fn new(number: u32) -> Touchy {
        Touchy { number, clones: UnsafeCell::new(0), _leak: loom::sync::Arc::new(()) }
    }
}

impl Clone for Touchy {
    fn clone(&self) -> Touchy {
        self.clones.with_mut(|clones| {
            // SAFETY: it is not `Sync`, so this is the only thread here; loom checks just that.
            unsafe { *clones += 1 };
        });
        Touchy::new(self.number)
    }
}

impl Drop for Touchy {
    fn drop(&mut self) {
        self.clones.with_mut(|_| ());
    }
}

/// A message that may be shared: cloning it reads it, dropping it writes to it.
struct Shared(Touchy);

// SAFETY: `clones` is written to in `drop` only, which nobody else's reference outlives; loom checks just that.
unsafe impl Sync for Shared {}

impl Clone for Shared {
    fn clone(&self) -> Shared {
        self.0.clones.with(|_| ());
        Shared(Touchy::new(self.0.number))
    }
}

/// Receives to the end. What it got is in order, and is what it was told it missed and got together.
fn read_all(mut receiver: Receiver<Touchy>, sent: u32) -> Vec<u32> {
    let (mut got, mut next) = (Vec::new(), 0);
    loop {
        match block_on(receiver.recv()) {
            Ok(message) => {
                assert_eq!(message.number, next, "a gap that was not told of");
                got.push(message.number);
                next += 1;
            }
            Err(RecvError::Lagged(missed)) => next += u32::try_from(missed).unwrap(),
            Err(RecvError::Closed) => {
                assert_eq!(next, sent, "the end came early");
                return got;
            }
        }
    }
}

fn read_shared(mut receiver: Receiver<Shared>) -> Vec<u32> {
    let mut got = Vec::new();
    loop {
        match block_on(receiver.recv()) {
            Ok(message) => got.push(message.0.number),
            Err(error) => {
                assert_eq!(error, RecvError::Closed, "nothing is lost");
                return got;
            }
        }
    }
}

#[test]
fn send_against_recv_that_lags() {
    for capacity in [1, 2] {
        model(move || {
            let (sender, receiver) = channel(capacity);
            let thread = spawn(move || read_all(receiver, 3));
            (0..3).for_each(|number| assert!(sender.send(Touchy::new(number)).is_ok()));
            drop(sender);
            assert_eq!(thread.join().unwrap().last(), Some(&2));
        });
    }
}

/// RUSTSEC-2025-0023: two receivers cloned a message that is not `Sync` at the same time.
#[test]
fn two_readers_of_one_message() {
    model(|| {
        let (sender, one) = channel(2);
        let (two, three) = (sender.subscribe(), sender.subscribe());
        assert!(sender.send(Touchy::new(0)).is_ok());
        drop(sender);
        let thread = spawn(move || read_all(two, 1));
        assert_eq!(read_all(one, 1), [0]);
        assert_eq!(thread.join().unwrap(), [0]);
        assert_eq!(read_all(three, 1), [0]);
    });
}

/// A reader that meets the loan of another sleeps, and is woken when the message is back, or written over.
#[test]
fn two_readers_and_a_lap() {
    model(|| {
        let (sender, one) = channel(1);
        let (two, _three) = (sender.subscribe(), sender.subscribe());
        assert!(sender.send(Touchy::new(0)).is_ok());
        let thread = spawn(move || read_all(two, 2));
        let other = spawn(move || read_all(one, 2));
        assert!(sender.send(Touchy::new(1)).is_ok());
        drop(sender);
        assert_eq!(thread.join().unwrap().last(), Some(&1));
        assert_eq!(other.join().unwrap().last(), Some(&1));
    });
}

#[test]
fn send_against_leaving() {
    model(|| {
        let (sender, mut one) = channel(1);
        let two = sender.subscribe();
        assert!(sender.send(Touchy::new(0)).is_ok());
        let thread = spawn(move || drop(two));
        let sent = sender.send(Touchy::new(1)).is_ok_and(|receivers| receivers > 0);
        assert!(sent);
        assert_eq!(one.try_recv().err(), Some(TryRecvError::Lagged(1)));
        assert_eq!(block_on(one.recv()).unwrap().number, 1);
        thread.join().unwrap();
        assert!(sender.is_empty());
    });
}

/// One reads, the other leaves: whoever is last frees the message.
#[test]
fn last_reader_against_leaving() {
    model(|| {
        let (sender, mut one) = channel(1);
        let two = sender.subscribe();
        assert!(sender.send(Touchy::new(0)).is_ok());
        let thread = spawn(move || drop(two));
        assert_eq!(block_on(one.recv()).unwrap().number, 0);
        thread.join().unwrap();
        assert_eq!((sender.len(), sender.receiver_count()), (0, 1));
    });
}

#[test]
fn subscribe_against_send() {
    model(|| {
        let (sender, one) = channel(2);
        let other = sender.clone();
        let thread = spawn(move || other.send(Touchy::new(0)).unwrap_or(0));
        let mut two = sender.subscribe();
        let receivers = thread.join().unwrap();
        assert!(sender.send(Touchy::new(1)).is_ok());
        let first = two.try_recv().unwrap().number;
        assert_eq!(first, if receivers == 2 { 0 } else { 1 });
        drop(sender);
        assert_eq!(read_all(one, 2), [0, 1]);
    });
}

#[test]
fn close_against_recv() {
    model(|| {
        let (sender, receiver) = channel(1);
        let thread = spawn(move || read_all(receiver, 1));
        assert!(sender.send(Touchy::new(0)).is_ok());
        drop(sender);
        assert_eq!(thread.join().unwrap(), [0]);
    });
}

#[test]
fn dropped_recv_against_send() {
    model(|| {
        let (sender, mut receiver) = channel::<Touchy>(1);
        let thread = spawn(move || {
            let bell = Bell::new();
            {
                let mut recv = pin!(receiver.recv());
                if let std::task::Poll::Ready(message) = poll_with(&bell, recv.as_mut()) {
                    return message.unwrap().number;
                }
            }
            block_on(receiver.recv()).unwrap().number
        });
        assert!(sender.send(Touchy::new(7)).is_ok());
        assert_eq!(thread.join().unwrap(), 7);
    });
}

#[test]
fn closed_against_the_last_receiver() {
    model(|| {
        let (sender, receiver) = channel::<Touchy>(1);
        let inactive = receiver.resubscribe().deactivate();
        let thread = spawn(move || drop(receiver));
        let other = spawn(move || drop(inactive));
        block_on(sender.closed());
        assert!(sender.send(Touchy::new(0)).is_err());
        thread.join().unwrap();
        other.join().unwrap();
    });
}

/// Nothing is lost: the sender waits, and is woken by whoever reads last.
#[test]
fn lossless_in_order() {
    for (capacity, messages) in [(1, 2), (2, 3)] {
        model(move || {
            let (sender, one) = lossless(capacity);
            let thread = spawn(move || read_shared(one));
            (0..messages).for_each(|number| assert!(block_on(sender.send(Shared(Touchy::new(number)))).is_ok()));
            drop(sender);
            assert!(thread.join().unwrap().into_iter().eq(0..messages));
        });
    }
}

/// Two clone at the same time, and neither when the last one takes the message out.
#[test]
fn lossless_to_two() {
    model(|| {
        let (sender, one) = lossless(1);
        let two = sender.subscribe();
        let one = spawn(move || read_shared(one));
        let two = spawn(move || read_shared(two));
        (0..2).for_each(|number| assert!(block_on(sender.send(Shared(Touchy::new(number)))).is_ok()));
        drop(sender);
        assert_eq!((one.join().unwrap(), two.join().unwrap()), (vec![0, 1], vec![0, 1]));
    });
}

#[test]
fn lossless_wait_against_leaving() {
    model(|| {
        let (sender, mut one) = lossless(1);
        let slow = sender.subscribe();
        assert!(sender.try_send(Shared(Touchy::new(0))).is_ok());
        assert_eq!(one.try_recv().map(|message| message.0.number), Ok(0));
        let thread = spawn(move || drop(slow));
        assert!(block_on(sender.send(Shared(Touchy::new(1)))).is_ok());
        thread.join().unwrap();
        assert_eq!(one.try_recv().map(|message| message.0.number), Ok(1));
    });
}

#[test]
fn lossless_wait_against_the_last_receiver() {
    model(|| {
        let (sender, receiver) = lossless(1);
        assert!(sender.try_send(Shared(Touchy::new(0))).is_ok());
        let thread = spawn(move || drop(receiver));
        if let Err(error) = block_on(sender.send(Shared(Touchy::new(1)))) {
            assert_eq!(error.into_inner().0.number, 1);
        }
        thread.join().unwrap();
        assert!(sender.is_empty());
    });
}

/// One sender gives up, the other is served; what was given up is never seen.
#[test]
fn dropped_send_against_recv() {
    model(|| {
        let (sender, mut receiver) = lossless(1);
        assert!(sender.try_send(Shared(Touchy::new(0))).is_ok());
        let other = sender.clone();
        let fickle = spawn(move || {
            let bell = Bell::new();
            let mut send = pin!(other.send(Shared(Touchy::new(1))));
            poll_with(&bell, send.as_mut()).is_ready()
        });
        let patient = spawn(move || block_on(sender.send(Shared(Touchy::new(2)))).is_ok());
        let mut got = vec![block_on(receiver.recv()).unwrap().0.number, block_on(receiver.recv()).unwrap().0.number];
        let fickle = fickle.join().unwrap();
        if fickle {
            got.push(block_on(receiver.recv()).unwrap().0.number);
        }
        assert!(patient.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, if fickle { vec![0, 1, 2] } else { vec![0, 2] });
        assert!(block_on(receiver.recv()).is_err());
    });
}
