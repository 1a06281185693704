//! Messages that own handles of the channel they are in. A sender goes with its message when the last receiver goes; a
//! receiver in there keeps the channel for ever, and so does either in the value of a `watch`: as with a cycle of `Arc`s.

use std::sync::Arc;

use thalweg::{broadcast, mpmc, mpsc, oneshot};

use crate::harness::*;

/// What tells whether a message is still there.
fn counted() -> (Arc<()>, impl Fn() -> usize) {
    let count = Arc::new(());
    let weak = Arc::downgrade(&count);
    (count, move || weak.strong_count())
}

#[test]
fn sender_in_a_message_goes_with_the_receiver() {
    struct Letter(#[allow(dead_code)] Option<mpmc::Sender<Letter>>, #[allow(dead_code)] Arc<()>);
    for capacity in BUFFERED {
        let (count, there) = counted();
        let (sender, receiver) = channel(capacity);
        sender.try_send(Letter(Some(sender.clone()), count)).ok().unwrap();
        drop(sender);
        assert!(!receiver.is_closed(), "there is a sender, in the channel");
        drop(receiver);
        assert_eq!(there(), 0);
    }
}

/// It keeps the channel open until it is received and dropped.
#[test]
fn sender_in_a_message_keeps_the_channel_open() {
    #[derive(Debug)]
    struct Letter(#[allow(dead_code)] Option<mpsc::Sender<Letter>>);
    let (sender, mut receiver) = mpsc::channel(1);
    sender.try_send(Letter(Some(sender.clone()))).ok().unwrap();
    drop(sender);
    let letter = task(receiver.recv()).finishes();
    task(receiver.recv()).waits();
    drop(letter);
    assert!(task(receiver.recv()).finishes().is_none());
}

#[test]
fn sender_in_a_message_of_mpsc_goes_with_the_receiver() {
    struct Letter(#[allow(dead_code)] Option<mpsc::UnboundedSender<Letter>>, #[allow(dead_code)] Arc<()>);
    let (count, there) = counted();
    let (sender, receiver) = mpsc::unbounded_channel();
    (0..100).for_each(|_| ignore(sender.send(Letter(Some(sender.clone()), count.clone())).is_ok()));
    drop((sender, count));
    assert_eq!(there(), 100);
    drop(receiver);
    assert_eq!(there(), 0);
}

#[test]
fn sender_in_a_broadcast_goes_with_the_receivers() {
    #[derive(Clone)]
    struct Letter(#[allow(dead_code)] broadcast::Sender<Letter>, #[allow(dead_code)] Arc<()>);
    let (count, there) = counted();
    let (sender, receiver) = broadcast::channel(4);
    let other = receiver.resubscribe();
    (0..6).for_each(|_| ignore(sender.send(Letter(sender.clone(), count.clone())).is_ok()));
    drop((sender, count, receiver));
    assert_eq!(there(), 4);
    drop(other);
    assert_eq!(there(), 0);
}

/// Unless it is received after all.
#[test]
fn receiver_in_a_message_keeps_the_channel() {
    struct Letter(#[allow(dead_code)] Option<mpmc::Receiver<Letter>>, #[allow(dead_code)] Arc<()>);
    for breaks in [false, true] {
        let (count, there) = counted();
        let (sender, receiver) = mpmc::unbounded();
        sender.try_send(Letter(Some(receiver.clone()), count)).ok().unwrap();
        if breaks {
            drop(receiver.try_recv());
        }
        drop((sender, receiver));
        assert_eq!(there(), usize::from(!breaks));
    }
}

#[test]
fn receiver_in_its_own_oneshot_leaks() {
    struct Letter(#[allow(dead_code)] Option<oneshot::Receiver<Letter>>, #[allow(dead_code)] Arc<()>);
    let (count, there) = counted();
    let (sender, receiver) = oneshot::channel();
    assert!(sender.send(Letter(Some(receiver), count)).is_ok());
    assert_eq!(there(), 1, "nobody can take it out");
}

#[cfg(feature = "std")]
#[test]
fn sender_in_a_watched_value_leaks_until_it_is_replaced() {
    use thalweg::watch;

    struct Value(#[allow(dead_code)] Option<watch::Sender<Value>>, #[allow(dead_code)] Arc<()>);
    for replaced in [false, true] {
        let (count, there) = counted();
        let (sender, receiver) = watch::channel(Value(None, Arc::default()));
        sender.send(Value(Some(sender.clone()), count)).ok().unwrap();
        if replaced {
            sender.send(Value(None, Arc::default())).ok().unwrap();
        }
        drop((sender, receiver));
        assert_eq!(there(), usize::from(!replaced));
    }
}
