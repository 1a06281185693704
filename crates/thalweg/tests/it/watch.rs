//! `thalweg::watch`: what handles and futures do, polled by hand.

mod blocking;
mod foreign;
mod found;
mod model;
mod runtimes;
mod stream;

use std::{fmt::Debug, task::Poll};

use futures_core::future::FusedFuture;
use futures_lite::future::{block_on, poll_once};
use thalweg::watch::{
    self, Receiver, Sender,
    error::{RecvError, RecvTimeoutError, SendError},
};

use crate::harness::*;

/// Hands a receiver through a `changed`, which borrows it, so that the future can be kept beside others.
async fn changed<T>(mut receiver: Receiver<T>) -> (Receiver<T>, Result<(), RecvError>) {
    let result = receiver.changed().await;
    (receiver, result)
}

#[test]
fn every_receiver_sees_the_newest_value_and_no_other() {
    let (sender, mut first) = watch::channel(0);
    let mut second = first.clone();
    sender.send(1).unwrap();
    assert_eq!(task(first.changed()).poll(), Poll::Ready(Ok(())));
    sender.send(2).unwrap();
    for receiver in [&mut first, &mut second] {
        assert_eq!(receiver.has_changed(), Ok(true));
        assert_eq!(task(receiver.changed()).poll(), Poll::Ready(Ok(())));
        task(receiver.changed()).waits();
        assert_eq!(*receiver.borrow(), 2);
        assert_eq!(receiver.has_changed(), Ok(false));
    }
}

#[test]
fn a_change_wakes_all_who_wait_once_and_in_order() {
    let (sender, receiver) = watch::channel(0);
    let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks: Vec<_> = (0..50).map(|_| task(changed(receiver.clone()))).collect();
    for (number, task) in tasks.iter_mut().enumerate() {
        task.waits();
        let order = order.clone();
        task.probe().arm(move |call| {
            if call == Call::Wake {
                order.lock().unwrap().push(number);
            }
        });
    }
    sender.send_modify(|value| *value = 1);
    assert!(tasks.iter().all(|task| task.wakes() == 1));
    assert_eq!(*order.lock().unwrap(), (0..50).collect::<Vec<_>>());
    sender.send_replace(2);
    assert!(tasks.iter().all(|task| task.wakes() == 1), "nobody waits any more");
    for task in &mut tasks {
        let (receiver, result) = task.finishes();
        assert_eq!((result, *receiver.borrow()), (Ok(()), 2));
        assert_eq!(receiver.has_changed(), Ok(false));
    }
}

#[test]
fn what_a_new_receiver_has_seen() {
    let (sender, receiver) = watch::channel(0);
    assert_eq!(receiver.has_changed(), Ok(false));
    sender.send(1).unwrap();
    assert_eq!(receiver.clone().has_changed(), Ok(true), "as much as the original");
    assert_eq!(sender.subscribe().has_changed(), Ok(false), "all that was sent before");
    let mut seen = receiver.clone();
    assert!(seen.borrow_and_update().has_changed());
    assert_eq!(seen.clone().has_changed(), Ok(false));
    assert_eq!(receiver.has_changed(), Ok(true), "a clone looks for itself alone");
}

#[test]
fn marks_decide_what_counts_as_seen() {
    let (sender, mut receiver) = watch::channel(0);
    for round in 1..=3 {
        receiver.mark_changed();
        receiver.mark_changed();
        assert!(receiver.borrow().has_changed());
        assert_eq!(receiver.has_changed(), Ok(true));
        assert_eq!(task(receiver.changed()).poll(), Poll::Ready(Ok(())));
        task(receiver.changed()).waits();
        sender.send(round).unwrap();
        receiver.mark_unchanged();
        assert!(!receiver.borrow_and_update().has_changed());
        task(receiver.changed()).waits();
    }
    receiver.mark_changed();
    drop(sender);
    assert_eq!(task(receiver.changed()).poll(), Poll::Ready(Ok(())), "before the end");
    assert_eq!(task(receiver.changed()).poll(), Poll::Ready(Err(receiver_error())));
}

/// Only a channel makes one.
fn receiver_error() -> RecvError {
    let (_, receiver) = watch::channel(());
    receiver.has_changed().unwrap_err()
}

#[test]
fn a_send_without_receivers_gives_the_value_back_and_changes_nothing() {
    let ledger = Ledger::new();
    let (sender, receiver) = watch::channel(ledger.message());
    drop(receiver);
    let SendError(message) = sender.send(ledger.message()).unwrap_err();
    assert_eq!((message.id, sender.borrow().id), (1, 0));
    drop(message);
    assert_eq!(sender.send_replace(ledger.message()).id, 0, "this one does not ask for receivers");
    let receiver = sender.subscribe();
    assert!(sender.send(ledger.message()).is_ok());
    assert_eq!(receiver.borrow().id, 3);
    assert_eq!(ledger.alive(), 1);
    drop(sender);
    assert_eq!((ledger.alive(), receiver.borrow().id), (1, 3), "it stays for whoever looks");
    drop(receiver);
    ledger.all_dropped_once();
}

#[test]
fn a_closure_decides_who_learns_of_its_change() {
    let (sender, receiver) = watch::channel(0);
    let mut waits = task(changed(receiver.clone()));
    waits.waits();
    assert!(!sender.send_if_modified(|value| {
        *value = 1;
        false
    }));
    assert_eq!((*receiver.borrow(), receiver.has_changed(), waits.wakes()), (1, Ok(false), 0));
    assert!(sender.send_if_modified(|_| true));
    assert_eq!((*receiver.borrow(), receiver.has_changed(), waits.wakes()), (1, Ok(true), 1));
}

#[test]
fn the_last_sender_ends_it_and_no_other() {
    let (sender, receiver) = watch::channel(0);
    let other = sender.clone();
    let mut waits = task(changed(receiver.clone()));
    waits.waits();
    drop(sender);
    assert!(!waits.woken() && !receiver.is_closed());
    drop(other);
    assert!(waits.woken() && receiver.is_closed());
    let (mut receiver, result) = waits.finishes();
    assert_eq!(result, Err(receiver_error()));
    assert_eq!(task(receiver.changed()).poll(), Poll::Ready(Err(receiver_error())), "again and again");
    assert_eq!(receiver.has_changed(), Err(receiver_error()));
}

#[test]
fn wait_for_looks_at_each_value_once_beginning_with_the_one_there() {
    let (sender, mut receiver) = watch::channel(0);
    let seen = std::cell::RefCell::new(Vec::new());
    let mut waits = task(receiver.wait_for(|value| {
        seen.borrow_mut().push(*value);
        *value == 3
    }));
    waits.waits();
    ignore(waits.poll());
    assert!(waits.poll().is_pending(), "polled for no reason");
    sender.send(1).unwrap();
    assert!(waits.woken());
    waits.waits();
    assert!(!waits.woken());
    sender.send(2).unwrap();
    sender.send(3).unwrap();
    let found = waits.finishes().unwrap();
    assert!((*found, found.has_changed()) == (3, true));
    drop(found);
    drop(waits);
    assert_eq!(*seen.borrow(), [0, 1, 3]);
    assert_eq!(receiver.has_changed(), Ok(false));
    let found = task(receiver.wait_for(|value| *value == 3)).finishes().unwrap();
    assert!(!found.has_changed(), "seen before, and found all the same");
}

#[test]
fn wait_for_looks_at_the_last_value_before_it_tells_of_the_end() {
    let (sender, mut receiver) = watch::channel(0);
    let mut waits = task(receiver.wait_for(|value| *value == 1));
    waits.waits();
    sender.send(1).unwrap();
    drop(sender);
    assert_eq!(*waits.finishes().unwrap(), 1);
    drop(waits);
    let mut looks = 0;
    let found = task(receiver.wait_for(|_| {
        looks += 1;
        false
    }))
    .finishes()
    .is_ok();
    assert_eq!((found, looks), (false, 1));
    assert!(task(receiver.wait_for(|value| *value == 1)).finishes().is_ok(), "it does not need a sender");
}

#[test]
fn closed_waits_for_the_last_receiver() {
    let (sender, receiver) = watch::channel(0);
    let other = receiver.clone();
    let mut closed: Vec<_> = (0..3).map(|_| task(sender.closed())).collect();
    closed.iter_mut().for_each(|closed| closed.waits());
    drop(receiver);
    assert!(!sender.is_closed() && closed.iter().all(|closed| !closed.woken()));
    drop(other);
    assert!(sender.is_closed());
    for closed in &mut closed {
        assert_eq!(closed.wakes(), 1);
        closed.finishes();
    }
    task(sender.closed()).finishes();
}

#[test]
fn counts_and_identity() {
    let (sender, receiver) = watch::channel(0);
    let pair = (sender.clone(), receiver.clone());
    assert_eq!((sender.sender_count(), sender.receiver_count()), (2, 2));
    assert!(sender.same_channel(&pair.0) && receiver.same_channel(&pair.1));
    drop(pair);
    assert_eq!((sender.sender_count(), sender.receiver_count()), (1, 1));
    let (other, foreign) = watch::channel(0);
    assert!(!sender.same_channel(&other) && !receiver.same_channel(&foreign));
    assert_eq!(*Sender::<u8>::default().borrow(), 0);
    assert!(Sender::new(1).is_closed());
}

#[test]
fn errors_and_handles_print() {
    let (sender, receiver) = watch::channel(1);
    let text = "Sender { closed: false, senders: 1, receivers: 1, .. }";
    sender.send_modify(|_| assert_eq!(format!("{sender:?}"), text, "without a look at the value"));
    assert_eq!(format!("{receiver:?}"), text.replace("Sender", "Receiver"));
    assert_eq!(format!("{:?}", receiver.borrow()), "Ref { value: 1, has_changed: true }");
    assert_eq!(format!("{:?}", sender.closed()), "Closed { ended: false, .. }");
    drop(receiver);
    let error = sender.send(2).unwrap_err();
    assert_eq!((format!("{error:?}"), error.to_string()), ("SendError { .. }".into(), "channel closed".into()));
    assert_eq!(error.into_inner(), 2);
    assert_eq!(receiver_error().to_string(), "channel closed");
    fn is_error<E: std::error::Error + Send + Sync + 'static>(_: E) {}
    struct Opaque;
    is_error(SendError(Opaque));
    is_error(receiver_error());
}

#[test]
fn an_error_of_a_wait_with_a_limit_says_which_it_is() {
    let (timeout, closed) = (RecvTimeoutError::Timeout, RecvTimeoutError::Closed);
    assert_eq!((timeout.is_timeout(), timeout.is_closed()), (true, false));
    assert_eq!((closed.is_timeout(), closed.is_closed()), (false, true));
    assert_eq!(timeout.to_string(), "timed out before the value changed");
    assert_eq!(closed.to_string(), "channel closed");
}

/// A `select!` would poll one that had ended and did not say so, and it would panic; it would never poll one that says
/// so too early.
#[test]
fn futures_say_whether_they_have_ended() {
    fn told(future: &(impl FusedFuture + Debug)) -> (bool, String) {
        (future.is_terminated(), format!("{future:?}"))
    }
    let said = |name: &str, ended: bool| (ended, format!("{name} {{ ended: {ended}, .. }}"));
    let (sender, mut receiver) = watch::channel(0);
    let mut changed = Box::pin(receiver.changed());
    assert_eq!(told(&*changed), said("Changed", false));
    sender.send(1).unwrap();
    assert_eq!(block_on(&mut changed), Ok(()));
    assert_eq!(told(&*changed), said("Changed", true));
    drop(changed);
    let mut wait_for = Box::pin(receiver.wait_for(|value| *value == 2));
    assert!(block_on(poll_once(&mut wait_for)).is_none());
    assert_eq!(told(&*wait_for), said("WaitFor", false));
    sender.send(2).unwrap();
    assert_eq!(*block_on(&mut wait_for).unwrap(), 2);
    assert_eq!(told(&*wait_for), said("WaitFor", true));
    drop(wait_for);
    let mut closed = Box::pin(sender.closed());
    assert_eq!(told(&*closed), said("Closed", false));
    drop(receiver);
    block_on(&mut closed);
    assert_eq!(told(&*closed), said("Closed", true));
}

#[test]
fn a_streak_of_ready_waits_yields_once() {
    fn streak<R>(mut ready: impl FnMut() -> Poll<R>) -> usize {
        (0..1_000).position(|_| ready().is_pending()).expect("it never yields")
    }
    let (sender, mut receiver) = watch::channel(0);
    for _ in 0..3 {
        let mut next = || {
            sender.send(1).unwrap();
            let mut changed = task(receiver.changed());
            let result = changed.poll();
            assert!(result.is_ready() || (changed.woken() && changed.poll().is_ready()));
            result
        };
        assert!((127..=128).contains(&streak(&mut next)));
    }
    drop(sender);
    assert!(streak(|| task(receiver.changed()).poll()) <= 128);
    assert!(streak(|| task(receiver.wait_for(|_| true)).poll().map(drop)) <= 128);
    let sender = Sender::new(0);
    assert_eq!(streak(|| task(sender.closed()).poll()), 128);
}

#[test]
fn a_wait_ends_a_streak() {
    let (sender, mut receiver) = watch::channel(0);
    for _ in 0..5 {
        for _ in 0..100 {
            receiver.mark_changed();
            assert!(task(receiver.changed()).poll().is_ready());
        }
        assert!(task(receiver.changed()).poll().is_pending());
    }
    for _ in 0..5 {
        (0..100).for_each(|_| assert!(task(receiver.wait_for(|_| true)).poll().is_ready()));
        assert!(task(receiver.wait_for(|_| false)).poll().is_pending());
    }
    drop(receiver);
    for _ in 0..5 {
        (0..100).for_each(|_| assert!(task(sender.closed()).poll().is_ready()));
        let _receiver = sender.subscribe();
        assert!(task(sender.closed()).poll().is_pending());
    }
}

/// Whenever it is about to wait there is another value, which the closure refuses: one poll must not go on for ever.
#[test]
fn wait_for_does_not_run_after_a_busy_sender_for_ever() {
    let (sender, mut receiver) = watch::channel(0);
    let looks = std::cell::Cell::new(0);
    let mut waits = task(receiver.wait_for(|_| {
        looks.set(looks.get() + 1);
        assert!(looks.get() < 1_000, "it goes on and on");
        false
    }));
    waits.probe().arm(move |call| {
        if call == Call::Clone {
            sender.send(1).unwrap();
        }
    });
    assert!(waits.poll().is_pending());
    assert!(waits.woken(), "it yields");
    assert_eq!(looks.get(), 128);
    waits.probe().disarm();
}

#[test]
fn futures_are_fused() {
    fn fused<T: futures_core::future::FusedFuture>(_: &T) {}
    let (sender, mut receiver) = watch::channel(1);
    fused(&sender.closed());
    fused(&receiver.changed());
    fused(&receiver.wait_for(|_| true));
}
