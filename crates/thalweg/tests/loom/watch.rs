//! `watch`: no change and no end is missed, whoever comes between looking and waiting.

use std::pin::pin;

use thalweg::watch::{self, Receiver};

use crate::support::*;

/// Follows the value to the end. Versions, which the values are here, only grow.
fn follow(mut receiver: Receiver<u32>) -> u32 {
    let mut last = *receiver.borrow_and_update();
    while block_on(receiver.changed()).is_ok() {
        let value = *receiver.borrow_and_update();
        assert!(value > last);
        last = value;
    }
    last
}

#[test]
fn send_against_changed() {
    model(|| {
        let (sender, mut receiver) = watch::channel(0);
        let thread = spawn(move || {
            sender.send(1).unwrap();
            sender
        });
        block_on(receiver.changed()).unwrap();
        assert_eq!(*receiver.borrow(), 1);
        let sender = thread.join().unwrap();
        assert_eq!(receiver.has_changed(), Ok(false));
        drop(sender);
    });
}

/// Whether `borrow_and_update` came before the send or after it, what it has not seen `changed` tells.
#[test]
fn send_against_a_look_then_changed() {
    model(|| {
        let (sender, mut receiver) = watch::channel(0);
        let thread = spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
            sender
        });
        let mut seen = *receiver.borrow_and_update();
        while seen < 2 {
            block_on(receiver.changed()).unwrap();
            let value = receiver.borrow_and_update();
            assert!(*value >= seen);
            seen = *value;
        }
        assert!(poll_times(1, pin!(receiver.changed())).is_none(), "there is no third");
        drop(thread.join().unwrap());
    });
}

/// A look tells whether what it sees is new: value and version belong together.
#[test]
fn a_value_and_its_version_are_one() {
    model(|| {
        let (sender, mut receiver) = watch::channel(0);
        let thread = spawn(move || sender.send(1).unwrap());
        let mut last = 0;
        for _ in 0..2 {
            let value = receiver.borrow_and_update();
            assert_eq!(value.has_changed(), *value != last);
            last = *value;
        }
        thread.join().unwrap();
        assert_eq!(*receiver.borrow(), 1);
    });
}

#[test]
fn the_last_value_comes_before_the_end() {
    model(|| {
        let (sender, receiver) = watch::channel(0);
        let thread = spawn(move || sender.send(1).unwrap());
        assert_eq!(follow(receiver), 1);
        thread.join().unwrap();
    });
}

#[test]
fn last_sender_against_changed() {
    model(|| {
        let (sender, mut receiver) = watch::channel(0);
        let other = sender.clone();
        let threads = [spawn(move || drop(sender)), spawn(move || drop(other))];
        block_on(receiver.changed()).unwrap_err();
        assert!(receiver.is_closed());
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn last_receiver_against_closed() {
    model(|| {
        let (sender, receiver) = watch::channel(0);
        let other = receiver.clone();
        let threads = [spawn(move || drop(receiver)), spawn(move || drop(other))];
        block_on(sender.closed());
        assert!(sender.is_closed());
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// Closed, opened again and closed: whoever waits for it hears of the second time, if not of the first.
#[test]
fn closed_against_a_channel_that_opens_again() {
    model(|| {
        let (sender, receiver) = watch::channel(0);
        let other = sender.clone();
        let thread = spawn(move || {
            drop(receiver);
            drop(other.subscribe());
        });
        block_on(sender.closed());
        thread.join().unwrap();
        assert!(sender.is_closed());
    });
}

#[test]
fn two_senders() {
    model(|| {
        let (sender, receiver) = watch::channel(0);
        let other = sender.clone();
        let threads = [sender, other].map(|sender| spawn(move || sender.send_modify(|value| *value += 1)));
        assert_eq!(follow(receiver), 2);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// The waker lists of two changes overlap: both receivers come to the last value.
#[test]
fn two_receivers() {
    model(|| {
        let (sender, receiver) = watch::channel(0);
        let other = receiver.clone();
        let thread = spawn(move || follow(other));
        sender.send(1).unwrap();
        drop(sender);
        assert_eq!(follow(receiver), 1);
        assert_eq!(thread.join().unwrap(), 1);
    });
}

/// A wait that is given up while it is woken, and then another.
#[test]
fn dropped_wait_against_send() {
    model(|| {
        let (sender, mut receiver) = watch::channel(0);
        let thread = spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        let _ = poll_times(1, pin!(receiver.changed()));
        let mut last = *receiver.borrow_and_update();
        while block_on(receiver.changed()).is_ok() {
            last = *receiver.borrow_and_update();
        }
        assert_eq!(last, 2);
        thread.join().unwrap();
    });
}

/// The waker changes between two polls: the last one is woken.
#[test]
fn moved_wait_against_send() {
    model(|| {
        let (sender, mut receiver) = watch::channel(0);
        let thread = spawn(move || {
            sender.send(1).unwrap();
            sender
        });
        let mut changed = Box::pin(receiver.changed());
        let (first, second) = (Bell::new(), Bell::new());
        let ready = poll_with(&first, changed.as_mut()).is_ready() || poll_with(&second, changed.as_mut()).is_ready();
        let sender = thread.join().unwrap();
        assert!(ready || second.rung() == 1);
        assert!(ready || poll_with(&second, changed.as_mut()).is_ready());
        drop(sender);
    });
}

#[test]
fn wait_for_against_two_sends() {
    model(|| {
        let (sender, mut receiver) = watch::channel(0);
        let thread = spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        assert_eq!(block_on(receiver.wait_for(|value| *value == 2)).map(|value| *value), Ok(2));
        thread.join().unwrap();
    });
}

/// Values are dropped once each, and what was written before a change is seen after it.
#[test]
fn values_change_hands() {
    model(|| {
        let (sender, mut receiver) = watch::channel(Parcel::new(0));
        let thread = spawn(move || sender.send(Parcel::new(1)).is_ok());
        assert!(block_on(receiver.changed()).is_ok());
        assert_eq!(receiver.borrow().0, 1);
        drop(receiver);
        assert!(thread.join().unwrap());
    });
}
