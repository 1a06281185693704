//! What went wrong in other channels, each test named after it.

use std::{
    sync::{Arc, Mutex},
    task::Poll,
    thread,
    time::Duration,
};

use thalweg::watch::{self, Sender};

use super::changed;
use crate::harness::*;

/// flume #120: nothing was there, then the last value and the end came at once, and the end was told first.
#[test]
fn the_last_value_was_lost_to_the_end() {
    let (sender, receiver) = watch::channel(0);
    let mut wait = task(changed(receiver));
    wait.waits();
    sender.send(1).unwrap();
    drop(sender);
    let (mut receiver, result) = wait.finishes();
    assert_eq!(result, Ok(()));
    assert!(task(receiver.changed()).finishes().is_err());
}

/// kanal #15: the first waker was kept and woken, not the last.
#[test]
fn a_task_that_moved_was_woken_where_it_had_been() {
    let (sender, receiver) = watch::channel(0);
    let mut wait = task(changed(receiver.clone()));
    let mut closed = task(sender.closed());
    let mut old = Vec::new();
    for _ in 0..3 {
        wait.waits();
        closed.waits();
        old.extend([wait.swap_waker(), closed.swap_waker()]);
    }
    wait.waits();
    closed.waits();
    assert!(old.iter().all(|old| Arc::strong_count(old) == 1), "a waker it does not need any more");
    sender.send(1).unwrap();
    drop(receiver);
    drop(wait.finishes());
    assert!(closed.woken());
    assert!(old.iter().all(|old| old.wakes() == 0));
}

/// flume #182, dotnet/runtime #761: every spurious poll, and every wait that was dropped, left an entry.
#[test]
fn polls_for_no_reason_left_entries() {
    let (sender, mut receiver) = watch::channel(0);
    let mut probes = Vec::new();
    for _ in 0..100 {
        let mut wait = task(receiver.changed());
        (0..10).for_each(|_| wait.waits());
        probes.push(wait.probe().clone());
        drop(wait);
    }
    let mut wait = task(receiver.changed());
    (0..1_000).for_each(|_| wait.waits());
    sender.send(1).unwrap();
    assert_eq!(wait.wakes(), 1);
    assert!(probes.iter().all(|probe| probe.wakes() == 0 && Arc::strong_count(probe) == 1));
}

/// tokio #3652: the wake-up died with the waiter that had got it. Here everybody has one of its own.
#[test]
fn a_dropped_wait_took_a_wake_up_with_it() {
    let (sender, receiver) = watch::channel(0);
    let mut waits: Vec<_> = (0..3).map(|_| task(changed(receiver.clone()))).collect();
    waits.iter_mut().for_each(|wait| wait.waits());
    drop(waits.remove(1));
    sender.send(1).unwrap();
    assert!(waits.iter().all(|wait| wait.woken()));
    drop(waits.remove(0));
    assert_eq!(waits[0].finishes().1, Ok(()));
}

/// A receiver that did not see the change it was woken for must find it later.
#[test]
fn a_woken_wait_that_was_dropped_had_seen_the_value() {
    let (sender, mut receiver) = watch::channel(0);
    let mut wait = task(receiver.changed());
    wait.waits();
    sender.send(1).unwrap();
    assert!(wait.woken());
    drop(wait);
    assert_eq!(receiver.has_changed(), Ok(true));
    assert_eq!(task(receiver.changed()).poll(), Poll::Ready(Ok(())));
}

/// async-channel #45: a future that is forgotten, or sits still, keeps all others from being woken.
#[test]
fn a_forgotten_wait_kept_the_others_asleep() {
    let (sender, receiver) = watch::channel(0);
    let mut waits: Vec<_> = (0..3).map(|_| task(changed(receiver.clone()))).collect();
    waits.iter_mut().for_each(|wait| wait.waits());
    waits.remove(0).forget();
    let mut closed = task(sender.closed());
    closed.waits();
    forget(sender.subscribe());
    for value in 1..=3 {
        sender.send(value).unwrap();
        for wait in &mut waits {
            let (receiver, result) = wait.finishes();
            assert_eq!((result, *receiver.borrow()), (Ok(()), value));
            *wait = task(changed(receiver));
            wait.waits();
        }
    }
    drop((waits, receiver));
    assert_eq!(sender.receiver_count(), 2, "two are forgotten for ever");
}

/// A wait whose handles have all gone: what was forgotten may lie in a queue that is gone.
#[test]
fn a_forgotten_wait_outlived_the_channel() {
    let (sender, mut receiver) = watch::channel(0);
    let mut wait = task(receiver.changed());
    wait.waits();
    let mut closed = task(sender.closed());
    closed.waits();
    wait.forget();
    closed.forget();
    drop(sender);
    drop(receiver);
}

/// tokio #2134: a waiter hung after the channel was closed and opened again.
#[test]
fn a_channel_that_was_opened_again_hung() {
    let sender = Sender::new(0);
    for round in 1..=3 {
        let mut receiver = sender.subscribe();
        let mut closed = task(sender.closed());
        closed.waits();
        drop(receiver);
        assert!(closed.woken());
        receiver = sender.subscribe();
        closed.waits();
        sender.send(round).unwrap();
        assert_eq!(*receiver.borrow_and_update(), round);
        let mut wait = task(receiver.changed());
        wait.waits();
        sender.send(round).unwrap();
        assert_eq!(wait.finishes(), Ok(()));
        drop(wait);
        drop(receiver);
        assert!(closed.woken(), "it went on waiting");
        closed.finishes();
    }
}

/// A condition that refuses comes to the queue again. In its old place before the others, the wake-ups of a second
/// change would go to it twice, and to one of the others not at all.
#[test]
fn one_who_came_back_took_the_wake_up_of_another() {
    let (sender, receiver) = watch::channel(0);
    let mut refuses = receiver.clone();
    let mut refusing = task(async move { refuses.wait_for(|_| false).await.is_ok() });
    refusing.waits();
    let mut waits: Vec<_> = (0..3).map(|_| task(changed(receiver.clone()))).collect();
    waits.iter_mut().for_each(|wait| wait.waits());
    let probe = refusing.probe().clone();
    let refusing = Mutex::new(refusing);
    // As an executor that polls at once, on the thread that wakes.
    probe.arm(move |call| {
        if call == Call::Wake {
            let mut refusing = refusing.lock().unwrap();
            refusing.probe().disarm();
            assert!(refusing.poll().is_pending());
        }
    });
    sender.send(1).unwrap();
    assert!(waits.iter().all(|wait| wait.woken()));
}

/// A wake-up that was meant for one who has gone reaches one who came later and has nothing to learn: it goes on
/// waiting, behind those who came meanwhile.
#[test]
fn one_who_was_woken_for_nothing_did_not_wait_on() {
    let (sender, receiver) = watch::channel(0);
    let mut first = task(changed(receiver.clone()));
    first.waits();
    let gone = Mutex::new(Some(task(changed(receiver.clone()))));
    gone.lock().unwrap().as_mut().unwrap().waits();
    let (come, probe) = (Arc::new(Mutex::new(None)), first.probe().clone());
    let (place, other) = (come.clone(), sender.clone());
    probe.arm(move |call| {
        if call == Call::Wake {
            drop(gone.lock().unwrap().take());
            let mut late = task(changed(other.subscribe()));
            late.waits();
            *place.lock().unwrap() = Some(late);
        }
    });
    sender.send(1).unwrap();
    probe.disarm();
    let mut late = come.lock().unwrap().take().unwrap();
    assert!(late.woken(), "for nothing");
    let mut last = task(changed(sender.subscribe()));
    last.waits();
    late.waits();
    let order = Arc::new(Mutex::new(Vec::new()));
    for (name, wait) in [("late", &late), ("last", &last)] {
        let order = order.clone();
        wait.probe().arm(move |call| {
            if call == Call::Wake {
                order.lock().unwrap().push(name);
            }
        });
    }
    sender.send(2).unwrap();
    assert_eq!(*order.lock().unwrap(), ["last", "late"]);
    assert_eq!((late.finishes().1, last.finishes().1), (Ok(()), Ok(())));
}

/// tokio #5925: memory of waiters that went, and waits that take the longer the more there are.
#[test]
fn many_waiters_took_for_ever() {
    in_time(|| {
        let (sender, receiver) = watch::channel(0);
        let mut waits: Vec<_> = (0..20_000).map(|_| task(changed(receiver.clone()))).collect();
        waits.iter_mut().for_each(|wait| wait.waits());
        sender.send(1).unwrap();
        assert!(waits.iter().all(|wait| wait.wakes() == 1));
        waits.iter_mut().for_each(|wait| *wait = task(changed(wait.finishes().0)));
        waits.iter_mut().for_each(|wait| wait.waits());
        drop(waits);
    });
}

/// tokio #6558: a waker stayed in the channel after its receiver had gone.
#[test]
fn the_waker_of_a_receiver_that_went_was_kept() {
    let (sender, receiver) = watch::channel(0);
    let mut wait = task(changed(receiver));
    wait.waits();
    let probe = wait.probe().clone();
    drop(wait);
    assert_eq!(Arc::strong_count(&probe), 1);
    assert!(sender.is_closed());
}

/// A value and its version read one after the other, with a change in between: seen, yet never looked at.
#[test]
fn a_value_was_seen_that_nobody_looked_at() {
    in_time(|| {
        let (sender, mut receiver) = watch::channel(0u64);
        let thread = thread::spawn(move || {
            for value in 1..=20_000 {
                sender.send_replace(value);
            }
        });
        let mut last = 0;
        while receiver.has_changed().is_ok() {
            let value = receiver.borrow_and_update();
            assert_eq!(value.has_changed(), *value != last, "{} after {last}", *value);
            last = *value;
        }
        thread.join().unwrap();
        if receiver.borrow().has_changed() {
            last = *receiver.borrow_and_update();
        }
        assert_eq!(last, 20_000);
    });
}

/// A reader that keeps the value blocks whoever changes it, and nothing else.
#[test]
fn a_value_on_loan_stopped_more_than_its_change() {
    in_time(|| {
        let (sender, receiver) = watch::channel(0);
        let mut wait = task(changed(receiver.clone()));
        wait.waits();
        let loan = receiver.borrow();
        let other = sender.clone();
        let thread = thread::spawn(move || other.send(1).is_ok());
        thread::sleep(Duration::from_millis(5));
        assert_eq!(receiver.has_changed(), Ok(false));
        assert!(!wait.woken() && wait.poll().is_pending());
        assert!(!sender.is_closed());
        drop(loan);
        assert!(thread.join().unwrap());
        assert!(wait.woken());
    });
}
