//! The ground: atomics, cells, shared ownership, how to step aside, and a fence that one of two can do without, chosen once, here.
//!
//! Everything above is written against these names. Under `--cfg thalweg_loom` and `--cfg thalweg_shuttle` they are
//! the model checkers' own where these have them, so the code that is modelled is the code that ships.

#[cfg(not(thalweg_loom))]
mod cell;
mod panics;

#[cfg(thalweg_loom)]
#[path = "loom.rs"]
mod ground;

#[cfg(all(thalweg_shuttle, not(thalweg_loom)))]
#[path = "shuttle.rs"]
mod ground;

#[cfg(not(any(thalweg_loom, thalweg_shuttle)))]
#[path = "plain.rs"]
mod ground;

/// Where a fence can be left to whoever seldom needs it.
#[cfg(all(
    feature = "membarrier",
    target_os = "linux",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(any(miri, thalweg_loom, thalweg_shuttle))
))]
#[path = "membarrier.rs"]
#[allow(unsafe_code)] // the cellar of a system call
mod one_sided;

#[cfg(all(
    not(any(thalweg_loom, thalweg_shuttle)),
    not(all(
        feature = "membarrier",
        target_os = "linux",
        target_pointer_width = "64",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        not(miri)
    ))
))]
#[path = "no_membarrier.rs"]
mod one_sided;

#[cfg(any(thalweg_loom, thalweg_shuttle))]
#[path = "modelled_membarrier.rs"]
mod one_sided;

pub(crate) use one_sided::{ENOUGH, IS_BIASED, IS_COUNTED, MANY, fence, mark, prepare};
pub(crate) use panics::{Panic, abort, attempt, drop_waker, resume, wake_and_drop, wake_and_drop_leaving};

pub(crate) use ground::{
    Arc, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicUsize, BLOCK_BYTES, Cell, KNOWS_THREADS, LOOKS, MOST_SLOTS,
    Ordering, Tracked, UnsafeCell, here, pauses, retire, retire_pointer, step_aside,
};
#[cfg(any(feature = "record", all(test, thalweg_loom)))]
pub(crate) use ground::{AtomicBool, AtomicU64};
#[cfg(feature = "std")]
pub(crate) use ground::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard};

/// How often one that steps aside pauses before it gives way.
#[cfg_attr(not(feature = "std"), allow(dead_code, reason = "nobody can give way"))]
pub(crate) const PAUSES: u32 = 5;

/// Tells a thread that has a number from all others that live. Never `OWNED` alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(u16);

impl Mark {
    pub(crate) const OWNED: u16 = 1 << 15;
    /// A thread that has no number.
    pub(crate) const NONE: Mark = Mark(u16::MAX);
    /// Numbers are 1 to this.
    #[allow(dead_code, reason = "as `of`")]
    pub(crate) const MOST: u16 = Mark::OWNED - 2;

    #[allow(dead_code, reason = "not on every system threads have numbers")]
    pub(crate) fn of(number: u16) -> Mark {
        debug_assert!((1..=Mark::MOST).contains(&number));
        Mark(Mark::OWNED | number)
    }

    #[inline]
    pub(crate) fn number(self) -> Option<u16> {
        if self == Mark::NONE { None } else { Some(self.0 & !Mark::OWNED) }
    }

    /// The state of what this thread owns.
    #[inline]
    pub(crate) fn state(self) -> u16 {
        self.0
    }
}

pub(crate) const IS_MODELLED: bool = cfg!(any(thalweg_loom, thalweg_shuttle));

/// How many slots a block has at least, if they take no more bytes than this.
pub(crate) const FEW_SLOTS: usize = if IS_MODELLED { 1 } else { 8 };
pub(crate) const FEW_SLOTS_BYTES: usize = 4 * BLOCK_BYTES;
