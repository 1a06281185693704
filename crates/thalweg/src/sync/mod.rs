//! The ground: atomics, cells, shared ownership and how to step aside, chosen once, here.
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

pub(crate) use panics::{Panic, abort, attempt, drop_waker, resume, wake_and_drop, wake_and_drop_leaving};

pub(crate) use ground::{
    Arc, AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, BLOCK_BYTES, Cell, KNOWS_THREADS, LOOKS, MOST_SLOTS, Ordering,
    Tracked, UnsafeCell, here, pauses, retire, retire_pointer, step_aside,
};
#[cfg(any(feature = "record", all(test, thalweg_loom)))]
pub(crate) use ground::{AtomicBool, AtomicU64};
#[cfg(feature = "std")]
pub(crate) use ground::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard};

/// How often one that steps aside pauses before it gives way.
#[cfg_attr(not(feature = "std"), allow(dead_code, reason = "nobody can give way"))]
pub(crate) const PAUSES: u32 = 5;

pub(crate) const IS_MODELLED: bool = cfg!(any(thalweg_loom, thalweg_shuttle));

/// How many slots a block has at least, if they take no more bytes than this.
pub(crate) const FEW_SLOTS: usize = if IS_MODELLED { 1 } else { 8 };
pub(crate) const FEW_SLOTS_BYTES: usize = 4 * BLOCK_BYTES;
