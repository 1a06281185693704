//! The values as a stream.

use futures_core::stream::{FusedStream, Stream};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use thalweg::watch::{self, Values};

use crate::harness::*;

fn next<T: Clone>(values: &mut Values<T>, probe: &Arc<Probe>) -> Poll<Option<T>> {
    probe.rest();
    let waker = probe.waker();
    Pin::new(values).poll_next(&mut Context::from_waker(&waker))
}

#[test]
fn yields_what_is_new_then_ends() {
    let probe = Probe::new();
    let (sender, receiver) = watch::channel(0);
    let mut values = receiver.into_stream();
    assert_eq!(next(&mut values, &probe), Poll::Pending);
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert_eq!(probe.wakes(), 1);
    let mut values = Box::new(values); // moved while it waits
    assert_eq!(next(&mut values, &probe), Poll::Ready(Some(2)));
    assert_eq!(next(&mut values, &probe), Poll::Pending);
    sender.send(3).unwrap();
    drop(sender);
    assert_eq!(next(&mut values, &probe), Poll::Ready(Some(3)));
    assert!(!values.is_terminated());
    assert_eq!(next(&mut values, &probe), Poll::Ready(None));
    assert!(values.is_terminated());
    assert_eq!(next(&mut values, &probe), Poll::Ready(None));
}

#[test]
fn begins_with_the_value_that_is_there_if_it_is_marked() {
    let probe = Probe::new();
    let (sender, mut receiver) = watch::channel(0);
    receiver.mark_changed();
    drop(sender);
    let mut values = receiver.into_stream();
    assert_eq!(next(&mut values, &probe), Poll::Ready(Some(0)));
    assert_eq!(next(&mut values, &probe), Poll::Ready(None));
}

#[test]
fn leaves_the_queue_when_it_is_dropped() {
    let probe = Probe::new();
    let (sender, receiver) = watch::channel(0);
    let other = receiver.clone();
    let mut values = receiver.into_stream();
    assert_eq!(next(&mut values, &probe), Poll::Pending);
    drop(values);
    assert_eq!(Arc::strong_count(&probe), 1, "its waker stayed behind");
    sender.send(1).unwrap();
    assert_eq!((probe.wakes(), sender.receiver_count()), (0, 1));
    drop(other);
}

#[test]
fn a_clone_that_panics_loses_no_value() {
    #[derive(Debug)]
    struct Fragile(u32, Arc<AtomicBool>);

    impl Clone for Fragile {
        fn clone(&self) -> Self {
            assert!(!self.1.load(SeqCst), "cloned");
            Fragile(self.0, self.1.clone())
        }
    }

    let (probe, fragile) = (Probe::new(), Arc::new(AtomicBool::new(true)));
    let (sender, receiver) = watch::channel(Fragile(0, fragile.clone()));
    let mut values = receiver.into_stream();
    assert!(next(&mut values, &probe).is_pending());
    sender.send(Fragile(1, fragile.clone())).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| next(&mut values, &probe))).is_err());
    fragile.store(false, SeqCst);
    let Poll::Ready(Some(value)) = next(&mut values, &probe) else { panic!("it was lost") };
    assert_eq!(value.0, 1);
    assert!(sender.send(Fragile(2, fragile)).is_ok(), "the value is not locked");
}

#[test]
fn a_streak_yields() {
    let probe = Probe::new();
    let (sender, receiver) = watch::channel(0);
    let mut values = receiver.into_stream();
    let ready = (0..1_000).position(|value| {
        sender.send(value).unwrap();
        next(&mut values, &probe).is_pending()
    });
    assert_eq!(ready, Some(128));
    assert!(probe.woken());
    assert_eq!(next(&mut values, &probe), Poll::Ready(Some(128)));
}
