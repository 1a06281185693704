//! The one recording that a process can have at a time: whether it is on, its clock, its numbers, all rings, and what is new
//! beside the events.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use super::news::{Board, News};
use super::ring::Ring;

// Relaxed everywhere in this file: a channel is recorded or not by what its maker reads when it makes it, and numbers are only
// to differ.
/// With that cfg every channel is recorded, though nobody takes the events: for tests of the way that such channels go.
static IS_ON: AtomicBool = AtomicBool::new(cfg!(thalweg_recorded));
/// Numbers are below this.
pub(super) const MOST_IDS: u32 = 1 << 31;
static IDS: AtomicU32 = AtomicU32::new(1);
static LOST: AtomicU64 = AtomicU64::new(0);
static CLOCK: OnceLock<Instant> = OnceLock::new();
static RINGS: Mutex<Rings> = Mutex::new(Rings { all: Vec::new(), next: 0 });
static NEWS: Board = Board::new();

/// All rings that may have something in them. Who holds it is the one that reads them.
pub(super) struct Rings {
    all: Vec<Arc<Ring>>,
    next: u32,
}

impl Rings {
    /// What happened up to then has been written down: all of it is there to be taken by who asks before it takes.
    ///
    /// The clock first. What was seen by anybody until then was in a ring by then, or was of a step that had begun.
    pub(super) fn horizon(&self) -> u64 {
        let now = now();
        self.all.iter().map(|ring| ring.horizon()).fold(now, u64::min)
    }

    /// Goes through the rings. Those that are done with, `each` says, are given up.
    pub(super) fn retain(&mut self, mut each: impl FnMut(&Ring) -> bool) {
        self.all.retain(|ring| each(ring));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is done to these lists that could end halfway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn rings() -> MutexGuard<'static, Rings> {
    lock(&RINGS)
}

/// Whether channels that are made now are recorded.
#[inline]
pub(super) fn is_on() -> bool {
    IS_ON.load(Ordering::Relaxed)
}

/// Channels that are made from now on are recorded.
pub(super) fn begin() {
    IS_ON.store(true, Ordering::Relaxed);
}

/// Channels that are made from now on are not recorded. Those that are have more to tell, until it is [`over`].
pub(super) fn end() {
    IS_ON.store(false, Ordering::Relaxed);
}

/// There is one who takes what is told, from now on. What is left of an earlier recording is not of its.
pub(super) fn is_listened_to() {
    NEWS.is_read_from_now_on();
    rings().retain(|ring| !ring.take(|_| ()));
    take_lost();
    drop(take_news());
}

/// Nobody takes anything any more.
pub(super) fn over() {
    NEWS.is_read_no_more();
    // Who ends its ring after this sees that nobody would give it up: the lock hands that on.
    rings().retain(|ring| !ring.take(|_| ()));
}

/// A number for a channel or a handle, other than 0 and all before it. When they are used up, 0: nobody's.
pub(super) fn next_id() -> u32 {
    next_ids(1)
}

/// The first of so many that follow one another.
pub(super) fn next_ids(count: u32) -> u32 {
    IDS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |id| after(id, count)).unwrap_or(0)
}

/// The first number after so many from this one on, if they are not used up.
fn after(id: u32, count: u32) -> Option<u32> {
    (id < MOST_IDS - count).then_some(id + count)
}

/// In nanoseconds since the clock was first read.
#[inline]
pub(super) fn now() -> u64 {
    CLOCK.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// Of what is recorded, as long as somebody takes it. Whether it may count on being understood; otherwise that is counted as
/// an event that was lost.
pub(super) fn tell(news: News) -> bool {
    let told = NEWS.tell(news);
    if !told {
        lose(1);
    }
    told
}

pub(super) fn take_news() -> Vec<News> {
    NEWS.take()
}

/// A ring for this thread.
pub(super) fn new_ring() -> Arc<Ring> {
    let mut rings = rings();
    let ring = Arc::new(Ring::new(rings.next));
    rings.next += 1;
    rings.all.push(ring.clone());
    ring
}

/// The thread of that ring puts no more. Who collects takes what is left in it; if nobody does, it goes at once.
pub(super) fn end_ring(ring: &Arc<Ring>) {
    let mut rings = rings();
    if NEWS.is_read() {
        ring.end();
    } else {
        rings.all.retain(|other| !Arc::ptr_eq(ring, other));
    }
}

pub(super) fn lose(count: u64) {
    LOST.fetch_add(count, Ordering::Relaxed);
}

/// How many events were lost, since the last call.
pub(super) fn take_lost() -> u64 {
    LOST.swap(0, Ordering::Relaxed)
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;

/// Tests of what there is once in a process come one after the other.
#[cfg(test)]
pub(super) struct Turn {
    _held: MutexGuard<'static, ()>,
}

#[cfg(test)]
impl Turn {
    pub(super) fn take() -> Turn {
        static TURN: Mutex<()> = Mutex::new(());
        Turn { _held: lock(&TURN) }
    }
}

#[cfg(test)]
impl Drop for Turn {
    fn drop(&mut self) {
        over();
    }
}
