//! Where a thread puts its events, for the collector to take.
//!
//! A ring has one writer, its thread, and one reader, whoever holds the lock on all rings. When it is full, what comes is
//! counted and lost: the reader has never to ask whether what it reads is being overwritten, and the writer never waits.
//!
//! Invariants: `read` <= `written` <= `read` + SLOTS. The writer alone moves `written`, and writes only slots from there
//! to `read` + SLOTS; the reader alone moves `read`, and reads only slots from there to `written`.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use thalweg_recording::What;

use super::run;

/// How many events a ring holds: 384 KiB of them.
const SLOTS: usize = 1 << 14;

const NO_STEP: u64 = u64::MAX;

/// The message number of an event that has none.
const NONE: u64 = (1 << WHAT_AT) - 1;
/// Above this bit of the second word stands what happened.
const WHAT_AT: u32 = 56;

/// An event as its thread wrote it.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// In nanoseconds since the process began to record.
    pub(super) at: u64,
    /// A handle, or a channel.
    pub(super) by: u32,
    pub(super) what: What,
    pub(super) message: Option<u64>,
    pub(super) aux: u32,
}

impl Entry {
    fn pack(self) -> [u64; 3] {
        let message = self.message.unwrap_or(NONE) & NONE;
        [self.at, message | (self.what as u64) << WHAT_AT, u64::from(self.by) << 32 | u64::from(self.aux)]
    }

    fn unpack([at, message, by]: [u64; 3]) -> Option<Entry> {
        let what = *What::ALL.get((message >> WHAT_AT) as usize)?;
        let message = Some(message & NONE).filter(|message| *message != NONE);
        Some(Entry { at, by: (by >> 32) as u32, what, message, aux: by as u32 })
    }
}

pub(super) struct Ring {
    /// Its number in a recording.
    pub(super) stream: u32,
    slots: Box<[[AtomicU64; 3]]>,
    written: AtomicU64,
    read: AtomicU64,
    lost: AtomicU64,
    /// When the step began that its thread is at, whose event is not written yet. [`NO_STEP`] if it is at none.
    step: AtomicU64,
    /// Its thread has ended.
    ended: AtomicBool,
}

impl Ring {
    pub(super) fn new(stream: u32) -> Ring {
        let slots = (0..SLOTS).map(|_| [const { AtomicU64::new(0) }; 3]).collect();
        let zero = || AtomicU64::new(0);
        let (step, ended) = (AtomicU64::new(NO_STEP), AtomicBool::new(false));
        Ring { stream, slots, written: zero(), read: zero(), lost: zero(), step, ended }
    }

    fn slot(&self, at: u64) -> &[AtomicU64; 3] {
        &self.slots[at as usize % SLOTS]
    }

    /// For its thread only.
    fn put(&self, entry: Entry) {
        // Relaxed: its own.
        let written = self.written.load(Ordering::Relaxed);
        // Acquire: what the reader has read of the slots comes before they are written anew.
        if written - self.read.load(Ordering::Acquire) == SLOTS as u64 {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        for (to, word) in self.slot(written).iter().zip(entry.pack()) {
            to.store(word, Ordering::Relaxed);
        }
        // Release: who sees the count sees the slot.
        self.written.store(written + 1, Ordering::Release);
    }

    /// Takes what is there. For the holder of the lock on all rings only. Whether that was the last, as its thread has ended.
    pub(super) fn take(&self, mut each: impl FnMut(Entry)) -> bool {
        // Acquire, and before the count: a thread that has ended has written all it will.
        let ended = self.ended.load(Ordering::Acquire);
        // Relaxed: the readers' own, handed on with the lock. Acquire: the slots up to the count.
        let (read, written) = (self.read.load(Ordering::Relaxed), self.written.load(Ordering::Acquire));
        for at in read..written {
            let words = self.slot(at);
            let words = [0, 1, 2].map(|word: usize| words[word].load(Ordering::Relaxed));
            Entry::unpack(words).into_iter().for_each(&mut each);
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

    /// How many events were lost since the last call.
    pub(super) fn take_lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

/// A thread's hold on its ring.
struct Own(Arc<Ring>);

impl Drop for Own {
    fn drop(&mut self) {
        // Release: see `take`.
        self.0.ended.store(true, Ordering::Release);
    }
}

std::thread_local! {
    static OWN: Own = Own(run::new_ring());
}

/// Writes an event down. Takes about as long as to read the clock.
#[inline(never)]
pub(super) fn put(by: u32, what: What, message: Option<u64>, aux: u32) {
    put_at(run::now(), by, what, message, aux);
}

/// Writes an event down that happened at that time.
#[inline(never)]
pub(super) fn put_at(at: u64, by: u32, what: What, message: Option<u64>, aux: u32) {
    let entry = Entry { at, by, what, message, aux };
    if OWN.try_with(|own| own.0.put(entry)).is_err() {
        // The thread is past the destructors of its thread-locals.
        run::lose(1);
    }
}

/// The thread is at a step from now on, the time that is returned.
#[cold]
pub(super) fn begin() -> u64 {
    let at = run::now();
    // Relaxed: whoever sees what the step does has acquired what was before it.
    let _ = OWN.try_with(|own| own.0.step.store(at, Ordering::Relaxed));
    at
}

/// What became of the step is written down.
#[cold]
pub(super) fn finish() {
    // Release: see `horizon`.
    let _ = OWN.try_with(|own| own.0.step.store(NO_STEP, Ordering::Release));
}
