//! Waiters under loom: woken by one thread while another looks, leaves or goes.

use super::*;
use crate::raw::models::{Bell, Turnstile, model, spawn};
use crate::raw::side::Side;
use alloc::boxed::Box;
use loom::cell::UnsafeCell;
use loom::sync::Arc;

/// Takes the first waiter out of the side's queue and wakes it. Whether there was one.
fn wake<S>(side: &Side<S>) -> bool {
    let waker = side.take().wake_first(false);
    waker.map(Waker::wake).is_some()
}

/// Takes the waiter out of the queue if it is in it still. Whether it was woken instead.
fn leave<S>(side: &Side<S>, mut waiter: Pin<&mut Waiter>) -> bool {
    let own = side.take().unlink(waiter.as_mut());
    let was_woken = waiter.arrival() == Arrival::Woken;
    assert_ne!(own.is_some(), was_woken, "its waker is with it, or with who woke it");
    if was_woken {
        waiter.as_mut().stand_down();
    }
    was_woken
}

/// It is woken, or it leaves, and then nobody touches it. It is gone at once.
#[test]
fn leaving_against_being_woken() {
    model(|| {
        let (side, bell) = (Arc::new(Side::new(())), Bell::new());
        let mut waiter = Box::pin(Waiter::new());
        assert!(side.take().link(waiter.as_mut(), bell.waker()).is_none());
        let other = side.clone();
        let thread = spawn(move || wake(&other));
        let was_woken = leave(&side, waiter.as_mut());
        drop(waiter);
        assert_eq!(thread.join().unwrap(), was_woken);
        assert_eq!(bell.rung(), usize::from(was_woken));
        assert!(!side.take().anyone_waits());
    });
}

/// The owner of one that was woken needs no lock: it sees what was done before, and has its cells to itself.
#[test]
fn woken_waiter_is_its_owners_again() {
    model(|| {
        let (side, bell) = (Arc::new(Side::new(())), Bell::new());
        let news = Arc::new(UnsafeCell::new(0));
        let mut waiter = Box::pin(Waiter::new());
        assert!(side.take().link(waiter.as_mut(), bell.waker()).is_none());
        let gate = Turnstile::new();
        let (other, write, through) = (side.clone(), news.clone(), gate.clone());
        let thread = spawn(move || {
            // SAFETY: nobody reads it before the waiter is woken.
            write.with_mut(|news| unsafe { *news = 1 });
            let waker = other.take().wake_first(false);
            through.pass();
            waker.expect("it waits").wake();
        });
        gate.pass();
        if waiter.arrival() == Arrival::Woken {
            // SAFETY: it was written before the waiter was woken, and never again.
            assert_eq!(news.with(|news| unsafe { *news }), 1);
            assert!(waiter.links().waker.take().is_none());
            waiter.as_mut().stand_down();
            waiter.as_mut().finish();
            drop(waiter);
            thread.join().unwrap();
        } else {
            thread.join().unwrap();
            assert_eq!(waiter.arrival(), Arrival::Woken);
            waiter.as_mut().stand_down();
        }
        assert_eq!(bell.rung(), 1);
    });
}

/// The same of one that was woken when nobody else had a turn, and is asked for that alone.
#[test]
fn first_that_was_woken_is_its_owners_again() {
    model(|| {
        let (side, bell) = (Arc::new(Side::new(())), Bell::new());
        let mut waiter = Box::pin(Waiter::new());
        assert!(side.take().link(waiter.as_mut(), bell.waker()).is_none());
        let gate = Turnstile::new();
        let (other, through) = (side.clone(), gate.clone());
        let thread = spawn(move || {
            let waker = other.take().wake_first(true);
            through.pass();
            waker.expect("it waits").wake();
        });
        gate.pass();
        let is_first = waiter.is_first();
        if is_first {
            assert!(waiter.links().waker.take().is_none());
        }
        thread.join().unwrap();
        assert!(waiter.is_first(), "then or now: {is_first}");
        waiter.as_mut().stand_down();
    });
}

/// Looks, and if there is nothing waits: whoever brings it finds the waiter, or the waiter finds it.
#[test]
fn no_wake_up_is_lost_between_look_and_link() {
    model(|| {
        let (side, bell) = (Arc::new(Side::new(false)), Bell::new());
        let mut waiter = Box::pin(Waiter::new());
        let other = side.clone();
        let thread = spawn(move || {
            *other.take() = true;
            wake(&other)
        });
        let mut held = side.take();
        let found = *held;
        if !found {
            assert!(held.link(waiter.as_mut(), bell.waker()).is_none());
        }
        drop(held);
        let woke = thread.join().unwrap();
        assert_eq!((woke, bell.rung()), (!found, usize::from(!found)));
        assert_eq!(waiter.arrival() == Arrival::Woken, woke);
        waiter.as_mut().stand_down();
    });
}

/// Two wait on threads of their own; one wake-up wakes one of them, also where the other leaves meanwhile.
#[test]
fn one_leaves_while_another_is_woken() {
    model(|| {
        let side = Arc::new(Side::new(()));
        let bells = [Bell::new(), Bell::new()];
        let mut kept = Box::pin(Waiter::new());
        let mut leaving = Box::pin(Waiter::new());
        assert!(side.take().link(leaving.as_mut(), bells[0].waker()).is_none());
        assert!(side.take().link(kept.as_mut(), bells[1].waker()).is_none());
        let other = side.clone();
        let thread = spawn(move || wake(&other));
        let was_woken = leave(&side, leaving.as_mut());
        drop(leaving);
        assert!(thread.join().unwrap());
        assert_eq!((bells[0].rung(), bells[1].rung()), if was_woken { (1, 0) } else { (0, 1) });
        assert_eq!(leave(&side, kept.as_mut()), !was_woken);
        assert!(!side.take().anyone_waits());
    });
}

/// One that was woken and found nothing links again while the next is woken. Each is woken once for each wake-up.
#[test]
fn coming_back_against_being_woken() {
    model(|| {
        let (side, bell) = (Arc::new(Side::new(())), Bell::new());
        let mut waiter = Box::pin(Waiter::new());
        assert!(side.take().link(waiter.as_mut(), bell.waker()).is_none());
        let gate = Turnstile::new();
        let (other, through) = (side.clone(), gate.clone());
        let thread = spawn(move || {
            let first = usize::from(wake(&other));
            through.pass();
            first + usize::from(wake(&other))
        });
        gate.pass();
        let came_back = waiter.arrival() == Arrival::Woken;
        if came_back {
            waiter.as_mut().stand_down();
            assert!(side.take().link(waiter.as_mut(), bell.waker()).is_none());
        }
        let woke = thread.join().unwrap();
        assert!((1..=1 + usize::from(came_back)).contains(&woke));
        assert_eq!(bell.rung(), woke);
        assert_eq!(leave(&side, waiter.as_mut()), woke == 1 + usize::from(came_back));
    });
}
