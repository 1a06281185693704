//! The ground of a real machine, with or without `std`.

pub(crate) use alloc::sync::Arc;
pub(crate) use core::cell::Cell;
#[cfg(feature = "record")]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicU64};
pub(crate) use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};
#[cfg(feature = "std")]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard};

pub(crate) use super::cell::UnsafeCell;

/// How many bytes the slots of a block take, about.
pub(crate) const BLOCK_BYTES: usize = 2048;
/// How many slots a block has at most.
pub(crate) const MOST_SLOTS: usize = 64;

/// Waits a moment before the next look at what somebody else is about to change: `1 << first` spins before the first.
///
/// Looking at a contended line again and again is what makes contention dear, so each pause is twice as long as the one
/// before, four times in a row; all later rounds leave the processor to somebody who may well be the one. How long the first
/// is to be hangs on what one waits for. Measured: docs/design/07.
#[cfg(feature = "std")]
pub(crate) fn step_aside(round: u32, first: u32) {
    if round < super::PAUSES {
        pauses(first + round);
    } else {
        std::thread::yield_now();
    }
}

/// Waits a moment before the next look at what somebody else is about to change: `1 << first` spins before the first.
#[cfg(not(feature = "std"))]
pub(crate) fn step_aside(round: u32, first: u32) {
    pauses(first + round.min(5));
}

/// How often one that is about to wait looks again at most: for about two microseconds.
pub(crate) const LOOKS: u32 = 10;

/// Waits a moment before the next look at what somebody else is about to change. Each round is twice as long as the one before.
pub(crate) fn pauses(round: u32) {
    for _ in 0..(1 << round) {
        core::hint::spin_loop();
    }
}

/// Says that nobody else knows of the atomic any more. For model checkers: here there is nobody to tell.
#[inline]
pub(crate) fn retire(_atomic: &mut AtomicUsize) {}

/// The same of a pointer.
#[inline]
pub(crate) fn retire_pointer<T>(_atomic: &mut AtomicPtr<T>) {}

/// Lies in memory that is freed by hand. For model checkers, which miss it when it is leaked.
pub(crate) struct Tracked;

impl Tracked {
    pub(crate) fn new() -> Tracked {
        Tracked
    }
}

/// Whether threads can be told apart.
pub(crate) const KNOWS_THREADS: bool = cfg!(feature = "std");

#[cfg(feature = "std")]
std::thread_local! {
    static HERE: u8 = const { 0 };
}

/// A number of this thread, most likely not that of another.
#[cfg(feature = "std")]
#[inline]
pub(crate) fn here() -> u32 {
    HERE.with(|here| (core::ptr::from_ref(here).addr() >> 4) as u32)
}

/// A number of this thread, most likely not that of another.
#[cfg(not(feature = "std"))]
pub(crate) fn here() -> u32 {
    0
}
