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

/// Either the place is given out, and its message arrives after the close, or nobody gets it.
#[test]
fn close_against_reserve() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        sender.try_send(Parcel::new(0)).unwrap();
        let thread = spawn(move || match block_on(sender.reserve()) {
            Ok(permit) => permit.send(Parcel::new(1)).is_ok(),
            Err(_) => false,
        });
        assert_eq!(receiver.try_recv().unwrap().0, 0);
        receiver.close();
        let got = block_on(receiver.recv()).ok().map(|parcel| parcel.0);
        assert_eq!(got, thread.join().unwrap().then_some(1));
    });
}

/// Either it takes the old message's place before the close, or it comes back and the old one is received.
#[test]
fn close_against_force_send() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        sender.try_send(Parcel::new(0)).unwrap();
        let thread = spawn(move || sender.force_send(Parcel::new(1)));
        receiver.close();
        let mut got: Vec<u32> = receiver.try_iter().map(|parcel| parcel.0).collect();
        let (out, kept) = match thread.join().unwrap() {
            Ok(displaced) => (displaced.unwrap().0, 1),
            Err(error) => (error.0.0, 0),
        };
        got.extend(receiver.try_iter().map(|parcel| parcel.0));
        assert_eq!((got, out), (vec![kept], 1 - kept));
    });
}

/// What was sent before the close is in somebody's batch.
#[test]
fn close_against_recv_many() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(2);
        let thread = spawn(move || {
            let mut got = Vec::new();
            while block_on(receiver.recv_many(&mut got, 2)).is_ok() {}
            got.len()
        });
        sender.try_send(Parcel::new(0)).unwrap();
        sender.close();
        assert_eq!(thread.join().unwrap(), 1);
    });
}

/// What was accepted is among what the close took out, and nothing is accepted after it.
#[test]
fn close_and_drain_against_send() {
    each([1, 2], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread = spawn(move || sender.try_send(Parcel::new(1)).is_ok());
        let got = receiver.close_and_drain().count();
        assert_eq!(usize::from(thread.join().unwrap()), got);
        assert!(receiver.try_recv().is_err_and(|error| matches!(error, TryRecvError::Closed)));
    });
}

/// What was sent is drained or left for the next receive, before the end.
#[test]
fn close_against_drain() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(2);
        let thread = spawn(move || {
            sender.try_send(Parcel::new(1)).unwrap();
            sender.close();
        });
        let drained = receiver.drain().count();
        let next = receiver.try_recv();
        let is_end = matches!(next, Err(TryRecvError::Closed));
        assert!(!is_end || drained == 1, "the end was seen before the message");
        thread.join().unwrap();
        assert_eq!(drained + usize::from(next.is_ok()) + receiver.drain().count(), 1);
    });
}

/// The message that a receive was woken for and gave up is there for the other, though it is closed by then.
#[test]
fn close_against_a_receive_given_up() {
    each([1, 2], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread = spawn(move || {
            sender.try_send(Parcel::new(1)).unwrap();
            sender.close();
        });
        let mut fickle = Box::pin(receiver.recv());
        let early = poll_times(1, fickle.as_mut()).is_some_and(|got| got.is_ok());
        let mut steady = pin!(receiver.recv());
        let got = poll_times(1, steady.as_mut());
        drop(fickle);
        let got = got.unwrap_or_else(|| block_on(steady)).is_ok();
        assert!(early ^ got, "one of them has it");
        thread.join().unwrap();
    });
}

/// The last receiver leaves: what was queued is dropped with it, and what comes after it comes back.
#[test]
fn last_receiver_against_force_send() {
    each([1, 2], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        sender.try_send(Parcel::new(0)).unwrap();
        let thread = spawn(move || drop(receiver));
        let outs = [1, 2].map(|number| match sender.force_send(Parcel::new(number)) {
            Ok(displaced) => displaced.map(|parcel| parcel.0),
            Err(error) => Some(error.0.0 + 10),
        });
        thread.join().unwrap();
        assert!(outs[0] != Some(11) || outs[1] == Some(12), "{outs:?}: it came to life again");
        assert_eq!(sender.len(), 0);
        assert_eq!(sender.force_send(Parcel::new(3)).unwrap_err().0.0, 3);
    });
}

/// A weak receiver revives nothing either.
#[test]
fn upgrade_of_a_receiver_against_last_drop() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let weak = receiver.downgrade();
        let thread = spawn(move || drop(receiver));
        match weak.upgrade() {
            Some(receiver) => {
                sender.try_send(Parcel::new(1)).unwrap();
                thread.join().unwrap();
                assert_eq!(receiver.try_recv().unwrap().0, 1);
                drop(receiver);
            }
            None => thread.join().unwrap(),
        }
        assert!(sender.try_send(Parcel::new(2)).is_err_and(|error| error.is_closed()));
        assert!(weak.upgrade().is_none());
    });
}
