//! Where a thread puts its events, for the collector to take.
//!
//! A ring has one writer, its thread, and one reader, whoever holds the lock on all rings. When it is full, there is
//! no room for what comes: the reader has never to ask whether what it reads is being overwritten, and the writer never waits.
//!
//! Invariants: `read` <= `written` <= `read` + SLOTS. The writer alone moves `written`, and writes only slots from there
//! to `read` + SLOTS; the reader alone moves `read`, and reads only slots from there to `written`.

use alloc::boxed::Box;

use crate::sync::{AtomicBool, AtomicU64, IS_MODELLED, Ordering};

/// How many events a ring holds: 384 KiB of them.
const SLOTS: usize = if IS_MODELLED { 2 } else { 1 << 14 };

const NO_STEP: u64 = u64::MAX;

/// An event.
pub(super) type Words = [u64; 3];

pub(super) struct Ring {
    /// Its number in a recording.
    #[cfg_attr(not(feature = "record"), allow(dead_code, reason = "models need none"))]
    pub(super) stream: u32,
    slots: Box<[[AtomicU64; 3]; SLOTS]>,
    written: AtomicU64,
    read: AtomicU64,
    /// When the step began that its thread is at, whose event is not written yet. [`NO_STEP`] if it is at none.
    step: AtomicU64,
    /// Its thread has ended.
    ended: AtomicBool,
}

impl Ring {
    pub(super) fn new(stream: u32) -> Ring {
        let zero = || AtomicU64::new(0);
        let slots: Box<[_]> = (0..SLOTS).map(|_| [zero(), zero(), zero()]).collect();
        let slots = slots.try_into().unwrap_or_else(|_| unreachable!("there are as many"));
        let (step, ended) = (AtomicU64::new(NO_STEP), AtomicBool::new(false));
        Ring { stream, slots, written: zero(), read: zero(), step, ended }
    }

    fn slot(&self, at: u64) -> &[AtomicU64; 3] {
        &self.slots[at as usize % SLOTS]
    }

    /// For its thread only. Whether there was room.
    pub(super) fn put(&self, words: Words) -> bool {
        // Relaxed: its own.
        let written = self.written.load(Ordering::Relaxed);
        // Acquire: what the reader has read of the slots comes before they are written anew.
        if written - self.read.load(Ordering::Acquire) == SLOTS as u64 {
            return false;
        }
        for (to, word) in self.slot(written).iter().zip(words) {
            to.store(word, Ordering::Relaxed);
        }
        // Release: who sees the count sees the slot.
        self.written.store(written + 1, Ordering::Release);
        true
    }

    /// Its thread is at a step since then, whose event it has yet to put. For its thread only, before the step.
    pub(super) fn begin(&self, since: u64) {
        // Relaxed: whoever sees what the step does has acquired what was before it.
        self.step.store(since, Ordering::Relaxed);
    }

    /// The event of the step is put, if there was one. For its thread only.
    pub(super) fn finish(&self) {
        // Release: see `horizon`.
        self.step.store(NO_STEP, Ordering::Release);
    }

    /// Its thread puts no more.
    pub(super) fn end(&self) {
        // Release: who sees it sees all that was put.
        self.ended.store(true, Ordering::Release);
    }

    /// Takes what is there. For the holder of the lock on all rings only. Whether that was the last, as its thread has ended.
    pub(super) fn take(&self, mut each: impl FnMut(Words)) -> bool {
        // Acquire, and before the count: a thread that has ended has written all it will.
        let ended = self.ended.load(Ordering::Acquire);
        // Relaxed: the readers' own, handed on with the lock. Acquire: the slots up to the count.
        let (read, written) = (self.read.load(Ordering::Relaxed), self.written.load(Ordering::Acquire));
        for at in read..written {
            let words = self.slot(at);
            each([0, 1, 2].map(|word: usize| words[word].load(Ordering::Relaxed)));
        }
        // Release: the writer may have the slots again.
        self.read.store(written, Ordering::Release);
        ended
    }

    /// Up to when its thread has written down what it did.
    pub(super) fn horizon(&self) -> u64 {
        // Acquire: what was written before the step was over is there to be taken.
        match self.step.load(Ordering::Acquire) {
            NO_STEP => NO_STEP,
            since => since.saturating_sub(1),
        }
    }
}

#[cfg(all(test, thalweg_loom))]
#[path = "ring_loom.rs"]
mod models;
