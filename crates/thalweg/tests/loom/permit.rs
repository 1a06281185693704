//! Permits against closing, cancelling and leaving.

use thalweg::mpmc::bounded;

use crate::support::{Parcel, block_on, each, model, spawn};

/// A permit sends even after the close, and the receiver waits for it.
#[test]
fn permit_against_close() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let thread = spawn(move || {
            let permit = sender.try_reserve().ok()?;
            permit.send(Parcel::new(1)).unwrap();
            Some(())
        });
        receiver.close();
        let got = block_on(receiver.recv()).ok().map(|parcel| parcel.0);
        assert_eq!(got.is_some(), thread.join().unwrap().is_some());
    });
}

/// A permit that is dropped after the close lets the waiting receivers see the end.
#[test]
fn permit_dropped_after_close() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let permit = sender.try_reserve().unwrap();
        let other = receiver.clone();
        let one = spawn(move || block_on(other.recv()).unwrap_err());
        let two = spawn(move || block_on(receiver.recv()).unwrap_err());
        sender.close();
        drop(permit);
        one.join().unwrap();
        two.join().unwrap();
    });
}

/// ... and so does the last permit that sends: one receives, the other sees the end.
#[test]
fn permit_sends_after_close() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let permit = sender.try_reserve().unwrap();
        let other = receiver.clone();
        let one = spawn(move || block_on(other.recv()).is_ok());
        let two = spawn(move || block_on(receiver.recv()).is_ok());
        sender.close();
        permit.send(Parcel::new(1)).unwrap();
        assert!(one.join().unwrap() ^ two.join().unwrap());
    });
}

/// The place of a dropped permit goes to whoever waits for one.
#[test]
fn permit_dropped_for_a_sender() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let permit = sender.try_reserve().unwrap();
        let other = sender.clone();
        let thread = spawn(move || block_on(other.send(Parcel::new(1))).unwrap());
        drop(permit);
        assert_eq!(block_on(receiver.recv()).unwrap().0, 1);
        thread.join().unwrap();
    });
}

/// All or nothing, though others want places too.
#[test]
fn many_places_at_once() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(2);
        let other = sender.clone();
        let thread = spawn(move || {
            for permit in block_on(other.reserve_many(2)).unwrap() {
                permit.send(Parcel::new(1)).unwrap();
            }
        });
        let single = spawn(move || block_on(sender.send(Parcel::new(2))).unwrap());
        let sum: u32 = (0..3).map(|_| block_on(receiver.recv()).unwrap().0).sum();
        assert_eq!(sum, 4);
        thread.join().unwrap();
        single.join().unwrap();
    });
}

/// Nobody can receive any more: the message comes back through the permit, or was queued and is dropped.
#[test]
fn permit_against_last_receiver() {
    each([1, 2], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let thread = spawn(move || {
            let Ok(permit) = block_on(sender.reserve()) else {
                return;
            };
            match permit.send(Parcel::new(1)) {
                Ok(()) => {}
                Err(error) => assert_eq!(error.0.0, 1),
            }
        });
        drop(receiver);
        thread.join().unwrap();
    });
}

/// At capacity 0 a permit is a claim on a receiver that waits.
#[test]
fn permit_of_a_rendezvous() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(0);
        let thread = spawn(move || block_on(receiver.recv()).unwrap().0);
        block_on(sender.reserve()).unwrap().send(Parcel::new(1)).unwrap();
        assert_eq!(thread.join().unwrap(), 1);
    });
}
