//! Wakers, closures and destructors that call the channel back, or panic.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use thalweg::watch::{self, Receiver, Sender};

use super::changed;
use crate::harness::*;

/// Calls everything that does not look at the value: what a closure that changes it may call.
fn everything_but_the_value(sender: &Sender<usize>, receiver: &Receiver<usize>) {
    let mut cx = Context::from_waker(Waker::noop());
    let mut other = receiver.clone();
    let _ = (sender.is_closed(), sender.receiver_count(), sender.sender_count(), sender.same_channel(sender));
    let _ = (receiver.is_closed(), receiver.has_changed(), format!("{sender:?} {receiver:?}"));
    let _ = Box::pin(other.changed()).as_mut().poll(&mut cx).is_ready();
    other.mark_changed();
    other.mark_unchanged();
    let _ = Box::pin(sender.closed()).as_mut().poll(&mut cx).is_ready();
    drop((sender.clone(), sender.subscribe(), other));
}

/// Calls every method, as whoever is woken or dropped might.
fn everything(sender: &Sender<usize>, receiver: &Receiver<usize>) {
    everything_but_the_value(sender, receiver);
    let mut cx = Context::from_waker(Waker::noop());
    let mut other = receiver.clone();
    let _ = (*sender.borrow(), *receiver.borrow(), *other.borrow_and_update());
    let _ = (sender.send(1), sender.send_replace(2), sender.send_if_modified(|_| false));
    sender.send_modify(|value| *value += 1);
    let _ = Box::pin(other.wait_for(|value| *value == 0)).as_mut().poll(&mut cx).is_ready();
}

/// Waits in every way there is, with wakers that run `hook`, then does what wakes, drops and replaces them.
fn wake_in_every_way(hook: impl Fn(&Sender<usize>, &Receiver<usize>, Call) + Send + Sync + Clone + 'static) {
    for action in 0..7 {
        let (sender, receiver) = watch::channel(0);
        let arm = |probe: &Probe| {
            let (hook, sender, receiver) = (hook.clone(), sender.clone(), receiver.clone());
            probe.arm(move |call| hook(&sender, &receiver, call));
        };
        let mut waits: Vec<_> = (0..4).map(|_| task(changed(receiver.clone()))).collect();
        let mut last = receiver.clone();
        let mut goal = task(last.wait_for(|value| *value == 9));
        let other = sender.clone();
        let mut closed = task(other.closed());
        waits.iter_mut().for_each(|wait| wait.waits());
        goal.waits();
        closed.waits();
        waits.iter().for_each(|wait| arm(wait.probe()));
        arm(goal.probe());
        arm(closed.probe());
        match action {
            0 => ignore(sender.send(1)),
            1 => sender.send_modify(|value| *value = 9),
            2 => waits.truncate(1),
            3 => {
                let _ = sender.send(1);
                waits.truncate(1);
            }
            4 | 5 => {
                let mut old: Vec<_> = waits.iter_mut().map(|wait| wait.swap_waker()).collect();
                old.push(closed.swap_waker());
                waits.iter().for_each(|wait| arm(wait.probe()));
                arm(closed.probe());
                if action == 5 {
                    let _ = sender.send(1);
                }
                waits.iter_mut().for_each(|wait| ignore(wait.poll()));
                ignore(closed.poll());
                old.iter().for_each(|probe| probe.disarm());
                old.iter().for_each(|probe| assert_eq!(Arc::strong_count(probe), 1, "a waker stayed behind"));
            }
            _ => {
                goal.probe().disarm();
                ignore(goal.poll());
            }
        }
        let probes: Vec<_> = waits.iter().map(|wait| wait.probe().clone()).collect();
        let probes = [probes, vec![goal.probe().clone(), closed.probe().clone()]].concat();
        drop((waits, goal, closed));
        probes.iter().for_each(|probe| probe.disarm());
        probes.iter().for_each(|probe| assert_eq!(Arc::strong_count(probe), 1, "a waker stayed behind"));
    }
}

/// tokio #5429, #4129: a waker woken, cloned, replaced or dropped under the lock, and it calls the channel.
#[test]
fn wakers_may_call_the_channel_back() {
    for at in [Call::Clone, Call::Wake, Call::Drop] {
        in_time(move || {
            wake_in_every_way(move |sender, receiver, call| {
                thread_local!(static INSIDE: Cell<bool> = const { Cell::new(false) });
                if call == at && !INSIDE.replace(true) {
                    everything(sender, receiver);
                    INSIDE.set(false);
                }
            });
        });
    }
}

/// A wake, or a waker that is dropped, that drops the last handle of its side, or of the channel.
#[test]
fn wakers_may_drop_the_last_handle() {
    for at in [Call::Wake, Call::Drop] {
        for both in [false, true] {
            let (sender, receiver) = watch::channel(0);
            let kept = both.then(|| receiver.clone());
            let mut wait = task(changed(receiver));
            wait.waits();
            let handles = Mutex::new(Some((sender.clone(), kept)));
            wait.probe().arm(move |call| {
                if call == at {
                    let handles = handles.lock().unwrap().take();
                    drop(handles);
                }
            });
            sender.send(1).unwrap();
            drop(sender);
            let (mut receiver, result) = wait.finishes();
            assert_eq!(result, Ok(()));
            assert!(task(receiver.changed()).finishes().is_err(), "no sender is left");
        }
    }
}

/// asyncband #234, tokio #5154: one wake panicked, and the others were not woken.
#[test]
fn one_waker_panicked_and_the_rest_slept_on() {
    for which in 0..3 {
        for end in 0..3 {
            let (sender, receiver) = watch::channel(0);
            let mut waits: Vec<_> = (0..3).map(|_| task(changed(receiver.clone()))).collect();
            waits.iter_mut().for_each(|wait| wait.waits());
            drop(receiver);
            let other = (end == 2).then(|| sender.clone());
            let mut closed: Vec<_> = (0..3).flat_map(|_| other.as_ref()).map(|sender| task(sender.closed())).collect();
            closed.iter_mut().for_each(|closed| closed.waits());
            let rude = if end == 2 { closed[which].probe() } else { waits[which].probe() };
            rude.arm(|call| assert_ne!(call, Call::Wake, "woken"));
            match end {
                0 => ignore(panics(|| sender.send(1))),
                1 => ignore(panics(|| drop(sender))),
                _ => {
                    let last = waits.pop().unwrap();
                    waits.clear();
                    ignore(panics(|| drop(last)));
                }
            }
            assert!(waits.iter().all(|wait| wait.woken()));
            assert!(closed.iter().all(|closed| closed.woken()));
            waits.iter_mut().for_each(|wait| ignore(wait.finishes()));
        }
    }
}

/// tokio #3689: a waker whose clone panics, and what it leaves is neither waiting nor free.
#[test]
fn a_waker_that_cannot_be_cloned_left_a_broken_place() {
    let (sender, receiver) = watch::channel(0);
    let mut wait = task(changed(receiver.clone()));
    wait.probe().arm(|call| assert_ne!(call, Call::Clone, "cloned"));
    ignore(panics(|| wait.poll()));
    wait.probe().disarm();
    drop(wait);
    let mut wait = receiver.clone();
    let mut wait = task(wait.changed());
    wait.probe().arm(|call| assert_ne!(call, Call::Clone, "cloned"));
    ignore(panics(|| wait.poll()));
    wait.probe().disarm();
    wait.waits();
    sender.send(1).unwrap();
    assert_eq!(wait.finishes(), Ok(()));
}

/// A waker that panics when another takes its place: the wait stands, with the other.
#[test]
fn a_replaced_waker_that_panics_ends_no_wait() {
    let (sender, mut receiver) = watch::channel(0);
    let mut wait = task(receiver.changed());
    wait.waits();
    let old = wait.swap_waker();
    old.arm(|call| assert_ne!(call, Call::Drop, "dropped"));
    ignore(panics(|| wait.poll()));
    sender.send(1).unwrap();
    assert!(wait.woken());
    assert_eq!(wait.finishes(), Ok(()));
    assert_eq!(old.wakes(), 0);
}

/// A waker that panics when it is dropped, in the poll that finds the change: the change must be there still.
#[test]
fn a_change_was_lost_to_a_waker_that_panics_when_dropped() {
    let (sender, receiver) = watch::channel(0);
    let mut first = task(changed(receiver.clone()));
    first.waits();
    // For ever, so that the hook may have it.
    let second = keep(receiver);
    let mut second = task(second.changed());
    second.waits();
    second.swap_waker().arm(|call| assert_ne!(call, Call::Drop, "dropped"));
    let second = Arc::new(Mutex::new(second));
    let same = second.clone();
    // It is polled after the change and before it is woken.
    first.probe().arm(move |call| {
        if call == Call::Wake {
            ignore(panics(|| same.lock().unwrap_or_else(PoisonError::into_inner).poll().is_ready()));
        }
    });
    sender.send(1).unwrap();
    let mut second = second.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(second.finishes(), Ok(()));
    first.probe().disarm();
}

#[test]
fn closures_may_use_all_but_the_value() {
    in_time(|| {
        let (sender, mut receiver) = watch::channel(0);
        let other = receiver.clone();
        let mut closed = task(sender.closed());
        closed.waits();
        sender.send_modify(|_| everything_but_the_value(&sender, &other));
        let _ = task(receiver.wait_for(|_| {
            everything_but_the_value(&sender, &other);
            true
        }))
        .finishes();
    });
}

/// rust-lang's locks are poisoned by a panic; tokio's answer, and ours, is that the channel goes on.
#[test]
fn a_closure_that_panicked_stopped_the_channel() {
    let (sender, mut receiver) = watch::channel(0);
    let mut wait = task(changed(receiver.clone()));
    wait.waits();
    ignore(panics(|| {
        sender.send_modify(|value| {
            *value = 1;
            panic!("half-way")
        })
    }));
    assert!(!wait.woken());
    assert_eq!((*receiver.borrow(), receiver.has_changed()), (1, Ok(false)));
    ignore(panics(|| task(receiver.wait_for(|_| panic!("refused"))).poll().is_ready()));
    assert_eq!(*sender.borrow(), 1);
    sender.send(2).unwrap();
    assert_eq!(wait.finishes().1, Ok(()));
    assert_eq!(*receiver.borrow_and_update(), 2);
}

/// The same in the middle of a wait: the next poll waits on from the value it panicked over.
#[test]
fn a_condition_that_panics_may_be_asked_again() {
    let (sender, mut receiver) = watch::channel(0);
    let mut wait = task(receiver.wait_for(|value| {
        assert_ne!(*value, 1, "one");
        *value == 2
    }));
    wait.waits();
    sender.send(1).unwrap();
    ignore(panics(|| wait.poll().is_ready()));
    assert!(wait.poll().is_pending());
    sender.send(2).unwrap();
    assert_eq!(*wait.finishes().unwrap(), 2);
}

/// tokio #7094: a value whose destructor panics. All who waited know of the new value by then.
#[test]
fn an_old_value_that_panics_when_dropped_kept_the_news_back() {
    struct Bomb(bool);

    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "dropped");
        }
    }

    let (sender, receiver) = watch::channel(Bomb(true));
    let mut wait = task(changed(receiver));
    wait.waits();
    ignore(panics(|| sender.send(Bomb(false)).is_ok()));
    assert!(wait.woken());
    let (receiver, result) = wait.finishes();
    assert_eq!((result, receiver.borrow().0), (Ok(()), false));
}

/// An old value, and the one of a send that fails, may call the channel when they are dropped.
#[test]
fn values_may_call_the_channel_back() {
    #[derive(Default)]
    struct Caller(Option<Sender<Caller>>, Option<Receiver<Caller>>);

    impl Drop for Caller {
        fn drop(&mut self) {
            if let Some(sender) = self.0.take() {
                let number = sender.sender_count();
                sender.send_modify(|_| {});
                assert!(sender.borrow().0.is_none() && number > 0);
            }
            if let Some(mut receiver) = self.1.take() {
                let _ = receiver.borrow_and_update();
            }
        }
    }

    in_time(|| {
        let (sender, receiver) = watch::channel(Caller::default());
        ignore(sender.send(Caller(Some(sender.clone()), Some(receiver.clone()))));
        ignore(sender.send(Caller::default()));
        drop(receiver);
        let refused = sender.send(Caller(Some(sender.clone()), None));
        assert!(refused.is_err());
        assert!(sender.borrow().0.is_none());
    });
}

/// Dropping a handle while another panic unwinds wakes as ever, and does not end the process.
#[test]
fn a_handle_dropped_by_a_panic_tells_of_the_end() {
    let (sender, receiver) = watch::channel(0);
    let mut waits: Vec<_> = (0..2).map(|_| task(changed(receiver.clone()))).collect();
    waits.iter_mut().for_each(|wait| wait.waits());
    waits[0].probe().arm(|call| assert_ne!(call, Call::Wake, "a second panic"));
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _sender = sender;
        panic!("the first");
    }));
    assert!(result.is_err());
    assert!(waits.iter().all(|wait| wait.woken()));
    assert!(matches!(waits[1].poll(), Poll::Ready((_, Err(_)))));
}
