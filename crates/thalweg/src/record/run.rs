//! The one recording that a process can have at a time: whether it is on, its clock, its numbers, all rings, and what is new
//! beside the events.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use thalweg_recording::{Channel, Handle};

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
static NEWS: Mutex<Vec<News>> = Mutex::new(Vec::new());

/// What the collector has to know to understand the events. It is told before the first event that it is about.
pub(super) enum News {
    Channel(Channel),
    Handle(Handle),
    /// That handle has this name.
    Name(u32, String),
    /// The channel of that handle has this name.
    ChannelName(u32, String),
    /// That message, sent by that handle, has this text.
    Text(u32, u64, String),
}

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

pub(super) fn switch(on: bool) {
    IS_ON.store(on, Ordering::Relaxed);
}

/// A number for a channel or a handle, other than 0 and all before it. When they are used up, 0: nobody's.
pub(super) fn next_id() -> u32 {
    next_ids(1)
}

/// The first of so many that follow one another.
pub(super) fn next_ids(count: u32) -> u32 {
    let next = |id: u32| (id < MOST_IDS - count).then_some(id + count);
    IDS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(0)
}

/// In nanoseconds since the clock was first read.
#[inline]
pub(super) fn now() -> u64 {
    CLOCK.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// Of what is recorded. After the recording nobody would take it.
pub(super) fn tell(news: News) {
    if is_on() {
        lock(&NEWS).push(news);
    }
}

pub(super) fn take_news() -> Vec<News> {
    core::mem::take(&mut *lock(&NEWS))
}

/// A ring for this thread.
pub(super) fn new_ring() -> Arc<Ring> {
    let mut rings = rings();
    let ring = Arc::new(Ring::new(rings.next));
    rings.next += 1;
    rings.all.push(ring.clone());
    ring
}

pub(super) fn lose(count: u64) {
    LOST.fetch_add(count, Ordering::Relaxed);
}

/// How many events were lost without a ring, since the last call.
pub(super) fn take_lost() -> u64 {
    LOST.swap(0, Ordering::Relaxed)
}

/// Tests of what there is once in a process come one after the other.
#[cfg(test)]
pub(super) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    lock(&TURN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A handle of a recorded channel that was cloned after the recording was told for ever.
    #[test]
    fn what_is_told_after_the_recording_is_not_kept() {
        let _turn = turn();
        switch(true);
        tell(News::Name(1, String::new()));
        switch(false);
        tell(News::Name(1, String::new()));
        assert_eq!(take_news().len(), 1);
    }
}
