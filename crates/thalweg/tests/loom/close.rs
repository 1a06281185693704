//! Closing and leaving, against everything that may be under way.

use std::pin::pin;

use thalweg::mpmc::{TryRecvError, bounded};

use crate::support::{Parcel, block_on, each, model, poll_times, spawn};

/// The last sender leaves: the receiver gets what was sent, then learns of the end.
#[test]
fn last_sender_against_recv() {
    each([0, 1], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread = spawn(move || sender.try_send(Parcel::new(1)).is_ok());
        let got = block_on(receiver.recv()).is_ok();
        assert_eq!(thread.join().unwrap(), got);
        block_on(receiver.recv()).unwrap_err();
    });
}

/// For those who only try, empty and closed are one look: what was sent before the end is found before the end.
#[test]
fn last_sender_against_try_recv() {
    each([1, usize::MAX], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread = spawn(move || sender.try_send(Parcel::new(1)).unwrap());
        let early = receiver.try_recv();
        assert!(!matches!(early, Err(TryRecvError::Closed)), "the end was seen before the message");
        thread.join().unwrap();
        assert_eq!(early.is_err(), receiver.try_recv().is_ok());
    });
}

#[test]
fn close_against_recv() {
    each([0, 1], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let other = receiver.clone();
        let waits = spawn(move || block_on(other.recv()).unwrap_err());
        let waits_too = spawn(move || block_on(receiver.recv()).unwrap_err());
        assert!(sender.close());
        waits.join().unwrap();
        waits_too.join().unwrap();
    });
}

/// Either the message arrives, or the send gets it back.
#[test]
fn close_against_send() {
    each([0, 1], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        if capacity > 0 {
            sender.try_send(Parcel::new(0)).unwrap();
        }
        let thread = spawn(move || block_on(sender.send(Parcel::new(1))));
        let polled = poll_times(1, pin!(receiver.recv()));
        receiver.close();
        let mut got: Vec<u32> = polled.and_then(Result::ok).map(|parcel| parcel.0).into_iter().collect();
        got.extend(receiver.try_iter().map(|parcel| parcel.0));
        match thread.join().unwrap() {
            Ok(()) => assert_eq!(got.last(), Some(&1)),
            Err(error) => assert_eq!((error.0.0, got.contains(&1)), (1, false)),
        }
    });
}

#[test]
fn two_close_one_did() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let thread = spawn(move || sender.close());
        let here = receiver.close();
        assert!(thread.join().unwrap() ^ here);
    });
}

/// The last receiver leaves: what is queued is dropped, what is not comes back, nothing leaks.
#[test]
fn last_receiver_against_send() {
    each([0, 1, 2], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread = spawn(move || {
            let first = block_on(sender.send(Parcel::new(1)));
            let second = block_on(sender.send(Parcel::new(2)));
            (first.is_ok(), second.is_ok(), sender)
        });
        drop(poll_times(1, pin!(receiver.recv())));
        drop(receiver);
        let (first, second, sender) = thread.join().unwrap();
        assert!(first || !second);
        assert_eq!(sender.len(), 0);
    });
}

/// Both ends leave at once.
#[test]
fn both_leave() {
    each([0, 1], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread = spawn(move || {
            drop(sender.try_send(Parcel::new(1)));
            drop(sender);
        });
        drop(receiver);
        thread.join().unwrap();
    });
}

#[test]
fn closed_against_close() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let thread = spawn(move || block_on(sender.closed()));
        receiver.close();
        thread.join().unwrap();
    });
}

#[test]
fn closed_against_leaving() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let other = sender.clone();
        let told = spawn(move || block_on(other.closed()));
        let fickle = spawn(move || poll_times(1, pin!(sender.closed())).is_some());
        drop(receiver);
        told.join().unwrap();
        fickle.join().unwrap();
    });
}

/// A weak handle revives nothing: who got a handle keeps the channel open, who did not found it closed or left.
#[test]
fn upgrade_against_last_drop() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let weak = sender.downgrade();
        let thread = spawn(move || drop(sender));
        match weak.upgrade() {
            Some(sender) => {
                sender.try_send(Parcel::new(1)).unwrap();
                thread.join().unwrap();
                drop(sender);
                assert_eq!(block_on(receiver.recv()).unwrap().0, 1);
            }
            None => thread.join().unwrap(),
        }
        block_on(receiver.recv()).unwrap_err();
        assert!(weak.upgrade().is_none());
    });
}
