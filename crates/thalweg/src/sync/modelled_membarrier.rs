//! The one-sided fence under model checkers, where both are whole.

use super::Mark;
use core::sync::atomic::{AtomicU64, Ordering};
use std::cell::Cell;

pub(crate) const IS_BIASED: bool = true;
/// Under loom locks are left to a thread in models of their own: all others would have twice as many steps.
pub(crate) const IS_COUNTED: bool = cfg!(not(thalweg_loom));
pub(crate) const ENOUGH: u16 = 2;
/// After how many it is looked again which thread moves them.
pub(crate) const MANY: u16 = 1;

/// The numbers are no part of the model: all that counts is whether they are equal.
static GIVEN: AtomicU64 = AtomicU64::new(0);

#[cfg(thalweg_loom)]
loom::thread_local! {
    static MARK: Cell<Mark> = Cell::new(Mark::NONE);
}

#[cfg(not(thalweg_loom))]
shuttle::thread_local! {
    static MARK: Cell<Mark> = Cell::new(Mark::NONE);
}

/// This thread's mark.
pub(crate) fn mark() -> Mark {
    let mark = MARK.try_with(|mark| {
        if mark.get() == Mark::NONE {
            let number = GIVEN.fetch_add(1, Ordering::Relaxed) % u64::from(Mark::MOST) + 1;
            mark.set(Mark::of(number as u16));
        }
        mark.get()
    });
    mark.unwrap_or(Mark::NONE)
}

/// Nothing is to be prepared.
pub(crate) fn prepare() {}

pub(crate) mod fence {
    #[cfg(thalweg_loom)]
    pub(crate) fn light() {
        loom::sync::atomic::fence(loom::sync::atomic::Ordering::SeqCst);
    }

    #[cfg(thalweg_loom)]
    pub(crate) fn heavy() {
        light();
    }

    /// Shuttle runs one step after the other.
    #[cfg(not(thalweg_loom))]
    pub(crate) fn light() {}

    #[cfg(not(thalweg_loom))]
    pub(crate) fn heavy() {}

    pub(crate) fn is_ready() -> bool {
        true
    }
}
