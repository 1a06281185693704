//! The ground under shuttle.

pub(crate) use alloc::sync::Arc;
pub(crate) use core::cell::Cell;
#[cfg(feature = "record")]
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU64};
pub(crate) use shuttle::sync::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};
#[cfg(feature = "std")]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard};

pub(crate) use super::cell::UnsafeCell;

/// Few, as under loom, but four for messages of up to 16 bytes: so a sole receiver goes ahead of the head by two of them.
pub(crate) const BLOCK_BYTES: usize = 64;
pub(crate) const MOST_SLOTS: usize = 4;

/// Lets another thread run: shuttle's scheduler must be told that this one makes no progress.
pub(crate) fn step_aside(_round: u32, _first: u32) {
    shuttle::thread::yield_now();
}

/// Says that nobody else knows of the atomic any more: shuttle does not ask.
pub(crate) fn retire(_atomic: &mut AtomicUsize) {}

/// The same of a pointer.
pub(crate) fn retire_pointer<T>(_atomic: &mut AtomicPtr<T>) {}

/// Lies in memory that is freed by hand. For model checkers, which miss it when it is leaked.
pub(crate) struct Tracked;

impl Tracked {
    pub(crate) fn new() -> Tracked {
        Tracked
    }
}

/// How often one that is about to wait looks again.
pub(crate) const LOOKS: u32 = 2;

/// Lets another thread run before the next look.
pub(crate) fn pauses(_round: u32) {
    step_aside(0, 0);
}

/// Whether threads can be told apart: here each may be another.
pub(crate) const KNOWS_THREADS: bool = false;

/// A number of this thread.
pub(crate) fn here() -> u32 {
    0
}
