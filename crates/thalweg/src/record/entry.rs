//! An event as its thread writes it down, in a ring that is the thread's own.

use alloc::sync::Arc;

use thalweg_recording::What;

use super::news::News;
use super::ring::Ring;
use super::run;

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

    pub(super) fn unpack([at, message, by]: [u64; 3]) -> Option<Entry> {
        let what = *What::ALL.get((message >> WHAT_AT) as usize)?;
        let message = Some(message & NONE).filter(|message| *message != NONE);
        Some(Entry { at, by: (by >> 32) as u32, what, message, aux: by as u32 })
    }
}

/// A thread's hold on its ring.
struct Own(Arc<Ring>);

impl Drop for Own {
    fn drop(&mut self) {
        run::end_ring(&self.0);
    }
}

std::thread_local! {
    static OWN: Own = Own(run::new_ring());
}

/// Writes an event down. Takes about as long as to read the clock.
#[inline(never)]
pub(super) fn put(by: u32, what: What, message: Option<u64>, aux: u32) {
    write(Entry { at: run::now(), by, what, message, aux });
}

/// Writes an event down that happened at that time.
#[inline(never)]
pub(super) fn put_at(at: u64, by: u32, what: What, message: Option<u64>, aux: u32) {
    write(Entry { at, by, what, message, aux });
}

#[inline(always)]
fn write(entry: Entry) {
    if !OWN.try_with(|own| own.0.put(entry.pack())).unwrap_or(false) {
        lose(entry.at, entry.by, entry.what);
    }
}

/// There is no room for it, or its thread is past the destructors of its thread-locals.
#[cold]
#[inline(never)]
fn lose(at: u64, by: u32, what: What) {
    match what {
        What::Dropped => drop(run::tell(News::Gone(by, at))),
        _ => run::lose(1),
    }
}

/// The thread is at a step from now on, the time that is returned.
#[cold]
pub(super) fn begin() -> u64 {
    let at = run::now();
    // Past the destructors nothing is put either.
    let _ = OWN.try_with(|own| own.0.begin(at));
    at
}

/// What became of the step is written down.
#[cold]
pub(super) fn finish() {
    let _ = OWN.try_with(|own| own.0.finish());
}
