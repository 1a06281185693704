//! A side that was left to one thread, under loom: who holds it, what they see, and how it is taken away.

use super::{CLOSED, Held, LOCK, Position, Side, UnsafeCell};
use crate::raw::models::{Turnstile, model, model_of_many_steps, spawn};
use crate::sync::mark;
use loom::sync::Arc;

/// Leaves the side to this thread, which holds it.
fn leave_here<S>(held: &mut Held<'_, S>) {
    held.side.bias.give(mark());
    held.word |= LOCK;
}

/// Loom reports two threads in the guarded state at a time, and a holder that does not see what the last one wrote.
#[test]
fn owner_and_another_are_not_inside_together() {
    model(|| {
        let side = Arc::new(Side::new(0));
        leave_here(&mut side.take());
        let other = side.clone();
        let thread = spawn(move || {
            (0..2).for_each(|_| *other.take() += 1);
        });
        (0..2).for_each(|_| *side.take() += 1);
        thread.join().unwrap();
        assert_eq!(*side.take(), 4);
    });
}

/// One of them takes the bias away, the other waits for the lock. The owner is not inside: with two that wait for it loom
/// would let them wait for each other.
#[test]
fn two_others_want_it() {
    model_of_many_steps(|| {
        let side = Arc::new(Side::new(0));
        let mut held = side.take();
        leave_here(&mut held);
        *held += 1;
        drop(held);
        let threads = [(); 2].map(|()| {
            let other = side.clone();
            spawn(move || *other.take() += 1)
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(*side.take(), 3);
    });
}

/// It is given while another waits for the lock, who then takes it away; and not before the hold in which it was given is over.
#[test]
fn it_is_given_while_another_waits() {
    model(|| {
        let side = Arc::new(Side::new(0));
        let other = side.clone();
        let thread = spawn(move || {
            (0..2).for_each(|_| *other.take() += 1);
        });
        let mut held = side.take();
        leave_here(&mut held);
        *held += 1;
        drop(held);
        *side.take() += 1;
        thread.join().unwrap();
        assert_eq!(*side.take(), 4);
    });
}

/// Nobody becomes the owner of what another took away, so an owner that comes late loses nothing.
#[test]
fn it_is_given_once() {
    model(|| {
        let side = Arc::new(Side::new(0));
        leave_here(&mut side.take());
        let other = side.clone();
        let thread = spawn(move || {
            *other.take() += 1;
            *other.take() += 1;
        });
        let open = side.take_open().map(|mut held| *held += 1).is_some();
        *side.take() += 1;
        thread.join().unwrap();
        assert_eq!(*side.take(), 3 + i32::from(open));
    });
}

/// What the owner publishes is seen with the position, and a flag that another sets is seen by the owner.
#[test]
fn position_and_flags_of_an_owner() {
    model(|| {
        let side = Arc::new(Side::new(()));
        let slot = Arc::new(UnsafeCell::new(0));
        leave_here(&mut side.take());
        let gate = Turnstile::new();
        let (other, written, through) = (side.clone(), slot.clone(), gate.clone());
        let thread = spawn(move || {
            through.pass();
            if other.position() != Position::START {
                // SAFETY: it was written before the position was told, and never again.
                assert_eq!(written.with(|slot| unsafe { *slot }), 1);
            }
            other.take().set(CLOSED);
        });
        if let Some(mut held) = side.take_open() {
            // SAFETY: nobody reads it before the position is told.
            slot.with_mut(|slot| unsafe { *slot = 1 });
            held.advance(1);
            assert!(!held.has(CLOSED));
        }
        gate.pass();
        thread.join().unwrap();
        assert!(side.take_open().is_none());
        assert!(side.take().has(CLOSED));
    });
}

/// The same of what is told early, and of a turn.
#[test]
fn owner_uses_a_turn() {
    model(|| {
        let sides = Arc::new((Side::new(()), Side::new(0)));
        sides.0.take().count_given(1);
        leave_here(&mut sides.1.take());
        let other = sides.clone();
        let thread = spawn(move || {
            *other.1.take() += 1;
        });
        let mut head = sides.1.take();
        head.advance(1);
        head.use_turn();
        *head += 1;
        drop(head);
        if sides.0.turns(&sides.1) == 0 {
            assert_eq!(sides.1.position().since(Position::START), 1);
        }
        thread.join().unwrap();
        assert_eq!(*sides.1.take(), 2);
    });
}
