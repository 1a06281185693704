//! Sends against receives, from empty to full and over the edge of a block.

use std::pin::pin;

use thalweg::mpmc::{bounded, unbounded};

use crate::support::{Parcel, block_on, each, model, poll_times, spawn};

/// One sender, one receiver, in order, to the end.
fn in_order(capacity: usize, messages: u32) {
    let (sender, receiver) = if capacity == usize::MAX { unbounded() } else { bounded(capacity) };
    let thread = spawn(move || {
        for number in 0..messages {
            block_on(sender.send(Parcel::new(number))).unwrap();
        }
    });
    for number in 0..messages {
        assert_eq!(block_on(receiver.recv()).unwrap().0, number);
    }
    block_on(receiver.recv()).unwrap_err();
    thread.join().unwrap();
}

#[test]
fn rendezvous_in_order() {
    model(|| in_order(0, 2));
}

#[test]
fn one_in_order() {
    model(|| in_order(1, 3));
}

#[test]
fn two_in_order() {
    model(|| in_order(2, 3));
}

#[test]
fn unbounded_in_order() {
    model(|| in_order(usize::MAX, 3));
}

#[test]
fn two_senders() {
    each([0, 1], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let other = sender.clone();
        let one = spawn(move || block_on(other.send(Parcel::new(1))).unwrap());
        let two = spawn(move || block_on(sender.send(Parcel::new(2))).unwrap());
        let sum = block_on(receiver.recv()).unwrap().0 + block_on(receiver.recv()).unwrap().0;
        assert_eq!(sum, 3);
        one.join().unwrap();
        two.join().unwrap();
    });
}

#[test]
fn two_receivers() {
    each([0, 1, 2], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let other = receiver.clone();
        let one = spawn(move || block_on(other.recv()).unwrap().0);
        let two = spawn(move || block_on(receiver.recv()).unwrap().0);
        block_on(sender.send(Parcel::new(1))).unwrap();
        block_on(sender.send(Parcel::new(2))).unwrap();
        assert_eq!(one.join().unwrap() + two.join().unwrap(), 3);
    });
}

/// Operations that do not wait say no only when they must.
#[test]
fn try_against_try() {
    each([1, 2], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread =
            spawn(move || (0..3).map(|number| sender.try_send(Parcel::new(number)).is_ok()).collect::<Vec<_>>());
        let got: Vec<u32> = (0..2).filter_map(|_| receiver.try_recv().ok()).map(|parcel| parcel.0).collect();
        let sent = thread.join().unwrap();
        assert!(sent[..capacity].iter().all(|sent| *sent), "there was room");
        let accepted: Vec<u32> = (0..3).filter(|&number| sent[number as usize]).collect();
        let rest: Vec<u32> = receiver.try_iter().map(|parcel| parcel.0).collect();
        assert_eq!([got, rest].concat(), accepted);
    });
}

#[test]
fn force_send_against_recv() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        sender.try_send(Parcel::new(1)).unwrap();
        let thread = spawn(move || {
            let displaced = sender.force_send(Parcel::new(2)).unwrap();
            (displaced.map(|parcel| parcel.0), block_on(sender.send(Parcel::new(3))).is_ok())
        });
        let first = block_on(receiver.recv()).unwrap().0;
        let mut got = vec![first];
        while *got.last().unwrap() != 3 {
            got.push(block_on(receiver.recv()).unwrap().0);
        }
        let (displaced, sent) = thread.join().unwrap();
        assert!(sent);
        match displaced {
            Some(number) => assert_eq!((number, got), (1, vec![2, 3])),
            None => assert_eq!(got, [1, 2, 3]),
        }
    });
}

/// At capacity 0 `try_send` succeeds only against one who waits, who then has the message or leaves it to the next.
#[test]
fn try_send_against_one_who_waits() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(0);
        let thread = spawn(move || {
            let number = block_on(receiver.recv()).ok().map(|parcel| parcel.0);
            (number, receiver.try_recv().is_ok())
        });
        let sent = sender.try_send(Parcel::new(1)).is_ok();
        let again = sender.try_send(Parcel::new(2)).is_ok();
        drop(sender);
        let (got, more) = thread.join().unwrap();
        assert!(!(sent && again), "one waited, two were told that it did");
        assert_eq!(got.is_some(), sent || again);
        assert!(!more, "one receive, one message");
    });
}

/// At capacity 0 a receive that has a message waits no more, also where it was not woken for that one: nothing is sent to it.
#[test]
fn try_send_against_one_who_takes_what_another_was_woken_for() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(0);
        let (mut woken, mut waits) = (pin!(receiver.recv()), pin!(receiver.recv()));
        assert!(poll_times(1, woken.as_mut()).is_none() && poll_times(1, waits.as_mut()).is_none());
        sender.try_send(Parcel::new(1)).unwrap();
        assert!(poll_times(1, waits.as_mut()).is_none(), "it leaves that to the other, and comes again");
        let other = receiver.clone();
        let thread = spawn(move || match other.try_recv() {
            Ok(_) => true,
            Err(_) => sender.try_send(Parcel::new(2)).is_err(),
        });
        drop(poll_times(1, waits));
        assert!(thread.join().unwrap(), "it was sent to one who has the message before it");
    });
}
