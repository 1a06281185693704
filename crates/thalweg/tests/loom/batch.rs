//! Many messages at once, over the edges of blocks.

use std::collections::VecDeque;
use std::pin::pin;

use thalweg::mpmc::{bounded, unbounded};

use crate::support::{Parcel, block_on, each, model, poll_times, spawn};

fn parcels(n: u32) -> VecDeque<Parcel> {
    (0..n).map(Parcel::new).collect()
}

fn numbers(parcels: &[Parcel]) -> Vec<u32> {
    parcels.iter().map(|parcel| parcel.0).collect()
}

#[test]
fn send_many_against_recv() {
    each([0, 1, 2], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread = spawn(move || block_on(sender.send_many(&mut parcels(3))).unwrap());
        for number in 0..3 {
            assert_eq!(block_on(receiver.recv()).unwrap().0, number);
        }
        thread.join().unwrap();
    });
}

#[test]
fn send_many_against_recv_many() {
    each([1, 2, usize::MAX], |capacity| {
        let (sender, receiver) = if capacity == usize::MAX { unbounded() } else { bounded(capacity) };
        let thread = spawn(move || block_on(sender.send_many(&mut parcels(4))).unwrap());
        let mut got = Vec::new();
        while let Ok(count) = block_on(receiver.recv_many(&mut got, 3)) {
            assert!((1..=3).contains(&count));
        }
        assert_eq!(numbers(&got), [0, 1, 2, 3]);
        thread.join().unwrap();
    });
}

/// The tail starts a new chain while its old one is taken away.
#[test]
fn drain_against_sends() {
    each([1, 3], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread = spawn(move || {
            for number in 0..4 {
                block_on(sender.send(Parcel::new(number))).unwrap();
            }
        });
        let mut got: Vec<Parcel> = receiver.drain().collect();
        drop(receiver.drain());
        let skipped = got.len() as u32;
        while let Ok(parcel) = block_on(receiver.recv()) {
            got.push(parcel);
        }
        thread.join().unwrap();
        let rest = numbers(&got[skipped as usize..]);
        assert!(numbers(&got[..skipped as usize]).into_iter().eq(0..skipped));
        assert!(rest.is_sorted() && rest.last().is_none_or(|&last| last == 3), "{rest:?}");
    });
}

/// Both take both sides. In two orders they would wait for each other.
#[test]
fn drain_against_a_send_that_begins_to_wait() {
    model(|| {
        let (sender, receiver) = bounded(1);
        sender.try_send(Parcel::new(0)).unwrap();
        let thread = spawn(move || drop(poll_times(1, pin!(sender.send(Parcel::new(1))))));
        let got: Vec<Parcel> = receiver.drain().collect();
        thread.join().unwrap();
        assert_eq!(numbers(&got), [0]);
    });
}

#[test]
fn two_senders_over_the_edge_of_a_block() {
    model(|| {
        let (sender, receiver) = unbounded();
        let other = sender.clone();
        let thread = spawn(move || {
            sender.try_send(Parcel::new(0)).unwrap();
            sender.try_send(Parcel::new(1)).unwrap();
        });
        other.try_send(Parcel::new(10)).unwrap();
        other.try_send(Parcel::new(11)).unwrap();
        let mut got = Vec::new();
        while got.len() < 4 {
            got.push(block_on(receiver.recv()).unwrap().0);
        }
        thread.join().unwrap();
        let of = |sender: u32| got.iter().filter(move |&number| number / 10 == sender);
        assert!(of(0).is_sorted() && of(1).is_sorted(), "{got:?}");
    });
}

/// The last receiver leaves in the middle of a batch: what was not sent is still in the deque.
#[test]
fn last_receiver_against_send_many() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let thread = spawn(move || {
            let mut rest = parcels(3);
            block_on(sender.send_many(&mut rest)).unwrap_err();
            assert!(rest.back().is_some_and(|last| last.0 == 2), "the last cannot have been sent");
        });
        drop(receiver.try_recv());
        drop(receiver);
        thread.join().unwrap();
    });
}
