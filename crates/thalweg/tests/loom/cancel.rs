//! Futures that are dropped while somebody wakes them.

use std::pin::pin;

use thalweg::mpmc::bounded;

use crate::support::{Parcel, block_on, each, model, poll_times, spawn};

/// A receive that is given up takes no message with it, and no wake.
#[test]
fn receive_given_up() {
    each([0, 1, 2], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let fickle = receiver.clone();
        let fickle = spawn(move || poll_times(1, pin!(fickle.recv())).map(|got| got.unwrap().0));
        let steady = spawn(move || block_on(receiver.recv()).unwrap().0);
        block_on(sender.send(Parcel::new(1))).unwrap();
        let mut expected = 1;
        if let Some(number) = fickle.join().unwrap() {
            assert_eq!(number, 1);
            expected = 2;
            block_on(sender.send(Parcel::new(2))).unwrap();
        }
        assert_eq!(steady.join().unwrap(), expected);
    });
}

/// A send that is given up sent nothing, and the place offered to it goes to the next.
#[test]
fn send_given_up() {
    each([0, 1], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        if capacity > 0 {
            sender.try_send(Parcel::new(0)).unwrap();
        }
        let fickle = sender.clone();
        let fickle = spawn(move || {
            let mut send = pin!(fickle.send(Parcel::new(1)));
            let sent = poll_times(1, send.as_mut()).is_some();
            let back = send.as_mut().cancel();
            assert_eq!(back.is_none(), sent);
            sent
        });
        let steady = spawn(move || block_on(sender.send(Parcel::new(2))).unwrap());
        let mut got = Vec::new();
        while !got.contains(&2) {
            got.push(block_on(receiver.recv()).unwrap().0);
        }
        steady.join().unwrap();
        let sent = fickle.join().unwrap();
        got.extend(receiver.try_iter().map(|parcel| parcel.0));
        assert_eq!(got.contains(&1), sent, "{got:?}");
        got.sort_unstable();
        got.dedup();
        assert_eq!(got.len(), capacity + 1 + usize::from(sent));
    });
}

/// Both sides give up once, then mean it.
#[test]
fn both_given_up_once() {
    each([0, 1], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread = spawn(move || {
            let sent = poll_times(1, pin!(sender.send(Parcel::new(1)))).is_some();
            block_on(sender.send(Parcel::new(2))).unwrap();
            sent
        });
        let mut got: Vec<u32> = poll_times(1, pin!(receiver.recv())).map(|got| got.unwrap().0).into_iter().collect();
        while let Ok(parcel) = block_on(receiver.recv()) {
            got.push(parcel.0);
        }
        let expected: &[u32] = if thread.join().unwrap() { &[1, 2] } else { &[2] };
        assert_eq!(got, expected);
    });
}

/// A reservation that is given up holds no place.
#[test]
fn reserve_given_up() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        sender.try_send(Parcel::new(0)).unwrap();
        let other = sender.clone();
        let fickle = spawn(move || drop(poll_times(1, pin!(other.reserve()))));
        let steady = spawn(move || block_on(sender.send(Parcel::new(1))).unwrap());
        assert_eq!(block_on(receiver.recv()).unwrap().0, 0);
        assert_eq!(block_on(receiver.recv()).unwrap().0, 1);
        fickle.join().unwrap();
        steady.join().unwrap();
        assert_eq!(receiver.reserved(), 0);
    });
}

/// A future that was woken and is never polled again stops nobody.
#[test]
fn neglected() {
    each([1, 2], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let mut neglected = Box::pin(receiver.recv());
        assert!(poll_times(1, neglected.as_mut()).is_none());
        let other = receiver.clone();
        let steady = spawn(move || block_on(other.recv()).unwrap().0);
        block_on(sender.send(Parcel::new(1))).unwrap();
        block_on(sender.send(Parcel::new(2))).unwrap();
        assert!(steady.join().unwrap() > 0);
    });
}
