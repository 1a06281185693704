//! The ground under loom.

pub(crate) use loom::cell::{Cell, UnsafeCell};
pub(crate) use loom::sync::Arc;
#[cfg(any(feature = "record", all(test, thalweg_loom)))]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64};
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};
#[cfg(feature = "std")]
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard};

/// Few, so that models reach the hand-over from one block to the next: two for messages of 17 to 24 bytes, three for
/// smaller ones.
pub(crate) const BLOCK_BYTES: usize = 48;
pub(crate) const MOST_SLOTS: usize = 3;

/// Lets another thread run: loom's scheduler must be told that this one makes no progress.
pub(crate) fn step_aside(_round: u32, _first: u32) {
    loom::thread::yield_now();
}

/// Says that nobody else knows of the atomic any more: loom complains of accesses that do not come before this.
pub(crate) fn retire(atomic: &mut AtomicUsize) {
    atomic.with_mut(|_| ());
}

/// The same of a pointer.
pub(crate) fn retire_pointer<T>(atomic: &mut AtomicPtr<T>) {
    atomic.with_mut(|_| ());
}

/// Lies in memory that is freed by hand: loom misses it when it is leaked.
pub(crate) struct Tracked(#[allow(dead_code, reason = "loom looks after it")] loom::alloc::Track<()>);

impl Tracked {
    pub(crate) fn new() -> Tracked {
        Tracked(loom::alloc::Track::new(()))
    }
}

/// One that is about to wait does not look again: what it would see then, another order of steps shows as well.
pub(crate) const LOOKS: u32 = 0;

/// Waits a moment before the next look.
pub(crate) fn pauses(_round: u32) {}

/// Whether threads can be told apart: here each may be another.
pub(crate) const KNOWS_THREADS: bool = false;

/// A number of this thread.
pub(crate) fn here() -> u32 {
    0
}
