//! The side under loom: its lock, what it publishes, and the count of turns.

use super::*;
use crate::raw::models::{Turnstile, model, spawn};
use loom::sync::Arc;

/// Loom reports two threads in the guarded state at a time, and a holder that does not see what the last one wrote.
#[test]
fn one_holder_at_a_time() {
    model(|| {
        let side = Arc::new(Side::new(0));
        let other = side.clone();
        let thread = spawn(move || {
            (0..2).for_each(|_| *other.take() += 1);
        });
        *side.take() += 1;
        let open = side.take_open().map(|mut held| *held += 1).is_some();
        thread.join().unwrap();
        let held = side.take();
        assert_eq!(*held, 3 + usize::from(open));
    });
}

/// The slots behind a position may be read by whoever has seen it.
#[test]
fn position_publishes_what_is_behind_it() {
    model(|| {
        let side = Arc::new(Side::new(()));
        let slots = Arc::new([UnsafeCell::new(0), UnsafeCell::new(0)]);
        let gate = Turnstile::new();
        let (writer, written, through) = (side.clone(), slots.clone(), gate.clone());
        let thread = spawn(move || {
            for (n, slot) in written.iter().enumerate() {
                through.pass();
                let mut held = writer.take();
                // SAFETY: slots from the position on are the holder's.
                slot.with_mut(|slot| unsafe { *slot = n + 1 });
                held.advance(1);
            }
        });
        gate.pass();
        let behind = side.position().since(Position::START);
        for (n, slot) in slots.iter().enumerate().take(behind) {
            // SAFETY: slots before the position are not written any more.
            assert_eq!(slot.with(|slot| unsafe { *slot }), n + 1);
        }
        thread.join().unwrap();
        assert_eq!(side.position().since(Position::START), 2);
    });
}

/// The same for flags: who sees one sees what was done before it was set, and a closed side is not taken for an open one.
#[test]
fn flag_publishes_what_was_done_before_it() {
    model(|| {
        let side = Arc::new(Side::new(0));
        let done = Arc::new(UnsafeCell::new(false));
        let gate = Turnstile::new();
        let (closer, write, through) = (side.clone(), done.clone(), gate.clone());
        let thread = spawn(move || {
            through.pass();
            // SAFETY: nobody reads it before the flag is set.
            write.with_mut(|done| unsafe { *done = true });
            let mut held = closer.take();
            *held += 1;
            held.set(CLOSED);
        });
        gate.pass();
        if let Some(held) = side.take_open() {
            assert_eq!((*held, held.has(CLOSED)), (0, false));
        }
        if side.has(CLOSED) {
            // SAFETY: it was written before the flag was set, and never again.
            assert!(done.with(|done| unsafe { *done }));
        }
        thread.join().unwrap();
        assert!(side.take_open().is_none());
    });
}

/// A turn is used: who sees that none is out must see as well that the message it was for is taken.
#[test]
fn used_turn_tells_of_what_was_taken() {
    model(|| {
        let sides = Arc::new((Side::new(()), Side::new(())));
        sides.0.take().count_given(1);
        let gate = Turnstile::new();
        let (used, through) = (sides.clone(), gate.clone());
        let thread = spawn(move || {
            let mut head = used.1.take();
            head.advance(1);
            head.use_turn();
            through.pass();
        });
        let (tail, head) = &*sides;
        gate.pass();
        if tail.turns(head) == 0 {
            assert_eq!(head.position().since(Position::START), 1);
        }
        thread.join().unwrap();
        assert_eq!((tail.turns(head), head.position().since(Position::START)), (0, 1));
    });
}

/// The early store is no unlocking.
#[test]
fn used_turn_keeps_the_lock() {
    model(|| {
        let sides = Arc::new((Side::new(()), Side::new(0)));
        sides.0.take().count_given(1);
        let used = sides.clone();
        let thread = spawn(move || {
            let mut head = used.1.take();
            head.use_turn();
            *head += 1;
        });
        *sides.1.take() += 1;
        thread.join().unwrap();
        assert_eq!(*sides.1.take(), 2);
    });
}

/// One turn is always out: the second is given before the first is used.
#[test]
fn turns_are_not_missed_while_they_change() {
    model(|| {
        let sides = Arc::new((Side::new(()), Side::new(())));
        sides.0.take().count_given(1);
        let gate = Turnstile::new();
        let (changing, through) = (sides.clone(), gate.clone());
        let thread = spawn(move || {
            through.pass();
            changing.0.take().count_given(1);
            through.pass();
            changing.1.take().use_turn();
        });
        gate.pass();
        assert!(sides.0.turns(&sides.1) >= 1);
        thread.join().unwrap();
        assert_eq!(sides.0.turns(&sides.1), 1);
    });
}

/// The same of a position that is told early, with the lock still held.
#[test]
fn used_turn_publishes_what_is_behind_the_position() {
    model(|| {
        let side = Arc::new(Side::new(()));
        let slot = Arc::new(UnsafeCell::new(0));
        let gate = Turnstile::new();
        let (writer, written, through) = (side.clone(), slot.clone(), gate.clone());
        let thread = spawn(move || {
            let mut held = writer.take();
            // SAFETY: nobody reads it before the position is told.
            written.with_mut(|slot| unsafe { *slot = 1 });
            held.advance(1);
            held.use_turn();
            through.pass();
        });
        gate.pass();
        if side.position() != Position::START {
            // SAFETY: it was written before, and never again.
            assert_eq!(slot.with(|slot| unsafe { *slot }), 1);
        }
        thread.join().unwrap();
    });
}
