//! Whether it pays to look again for a moment before waiting.
//!
//! Where the other side runs on another processor at this moment, what is missing comes in less time than it takes to
//! wait and to be woken; where it does not, looking again is in vain. Which of both it is, trying shows: each miss doubles
//! how many waits pass before the next try, up to about a thousand, and each hit takes half of the misses back. So on one
//! thread, where nothing can come during a poll, next to nothing is spent on it.
//!
//! All accesses are relaxed, and may overwrite each other: a pace is a guess, and nothing depends on it but time.

use crate::sync::{AtomicU32, IS_MODELLED, LOOKS, Ordering, pauses};

/// More misses than these make no difference.
const MOST_MISSES: u32 = 10;
/// With so many misses it begins.
const FIRST_MISSES: u32 = if IS_MODELLED { 0 } else { 4 };
/// How often in a row something came to one who looked again, until it is time for others.
const MOST_HITS: u32 = if IS_MODELLED { 2 } else { 512 };
/// How often it waits for more at the most.
const MORE: u32 = 5;
/// How long it does at the most, as a power of two.
const LONGEST: u32 = 4;

/// What tries have brought lately, for one side.
pub(crate) struct Pace(AtomicU32);

/// What a pace says, taken apart.
#[derive(Clone, Copy)]
struct Record {
    /// How many waits are to pass before the next try.
    pass: u32,
    misses: u32,
    /// How many in a row, up to `MOST_HITS`.
    hits: u32,
}

impl Record {
    fn from_bits(bits: u32) -> Record {
        Record { pass: bits & 0xfff, misses: bits >> 12 & 0xf, hits: bits >> 16 }
    }

    fn to_bits(self) -> u32 {
        self.pass | self.misses << 12 | self.hits << 16
    }

    fn after_hit(self) -> Record {
        let misses = self.misses / 2;
        Record { pass: (1 << misses) - 1, misses, hits: (self.hits + 1).min(MOST_HITS) }
    }

    fn after_miss(self) -> Record {
        let misses = (self.misses + 1).min(MOST_MISSES);
        Record { pass: (1 << misses) - 1, misses, hits: 0 }
    }
}

impl Pace {
    pub(super) fn new() -> Pace {
        let new = Pace(AtomicU32::new(0));
        // Not at the first wait: a channel for one message has no other.
        new.note(Record { pass: (1 << FIRST_MISSES) - 1, misses: FIRST_MISSES, hits: 0 });
        new
    }

    fn record(&self) -> Record {
        Record::from_bits(self.0.load(Ordering::Relaxed))
    }

    fn note(&self, record: Record) {
        self.0.store(record.to_bits(), Ordering::Relaxed);
    }

    /// Whether so much came without waiting that it is time to yield.
    pub(crate) fn is_long(&self) -> bool {
        self.record().hits == MOST_HITS
    }

    /// Somebody has yielded.
    pub(crate) fn rest(&self) {
        let record = self.record();
        if record.hits > 0 {
            self.note(Record { hits: 0, ..record });
        }
    }

    /// Whether this wait is one that tries.
    #[inline]
    pub(crate) fn tries(&self) -> bool {
        let record = self.record();
        if record.pass == 0 {
            return LOOKS != 0;
        }
        self.note(Record { pass: record.pass - 1, ..record });
        false
    }

    /// Looks again for a moment. `come` says how much has come since. Where more comes all the while it stays for `enough`:
    /// who takes each piece as it comes is in the way of who brings it.
    pub(crate) fn linger(&self, enough: usize, come: &dyn Fn() -> usize) -> bool {
        // Two looks, then two after twice the time: each look takes the cache line from who is to write it.
        let first = (0..LOOKS).find_map(|round| {
            pauses(round / 2);
            Some(come()).filter(|&found| found > 0)
        });
        let Some(mut found) = first else {
            self.note(self.record().after_miss());
            return false;
        };
        self.note(self.record().after_hit());
        for _ in 0..MORE {
            if found >= enough {
                break;
            }
            pauses(enough.ilog2().min(LONGEST));
            let before = core::mem::replace(&mut found, come());
            if found <= before + 1 {
                break;
            }
        }
        true
    }
}

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "pace_tests.rs"]
mod tests;
