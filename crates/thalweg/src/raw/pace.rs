//! Whether it pays to look again for a moment before waiting.
//!
//! Where the other side runs on another processor at this moment, what is missing comes in less time than it takes to
//! wait and to be woken; where it does not, looking again is in vain. Which of both it is, trying shows: each miss doubles
//! how many waits pass before the next try, up to about a thousand, and each hit takes half of the misses back. On one
//! thread nothing can come during a poll: only who was woken from another thread tries.
//!
//! It also keeps how it went for those who were woken, found nothing, and stayed awake (`channel::wait`).
//!
//! All accesses are relaxed, and may overwrite each other: a pace is a guess, and nothing depends on it but time, and about how long a row is.

use crate::sync::{AtomicU32, IS_MODELLED, LOOKS, Ordering, pauses};

/// More misses than these make no difference.
const MOST_MISSES: u32 = 10;
/// With so many looks more, where it tries seldom: whoever was asleep takes longer to come.
const LONGER: u32 = 6;
/// How often in a row something came to one who looked again, until it is time for others.
const MOST_HITS: u32 = if IS_MODELLED { 2 } else { 512 };
/// The same where it has others beside it, at the least: from here on they were to wait for long.
const FEW_HITS: u32 = if IS_MODELLED { 1 } else { 3 };
/// The same at capacity 1, where each brings one message. At others it is less by the square of the capacity: the more each one brings,
/// the less often the others have a turn.
const HITS_FOR_ONE: u32 = if IS_MODELLED { 1 } else { 32 };
/// Staying for more is tried at least once in two to this power of hits.
const MOST_BARREN: u32 = 5;
/// How often it waits for more at the most.
const MORE: u32 = 5;
/// From here on nobody stays awake; each who would have makes it less, until one tries again.
const TIRED: u32 = 8;
const MOST_TIRED: u32 = 15;
/// What one that stayed in vain adds, and one that got something takes back: so it goes on where two in three get something.
const IN_VAIN: u32 = 6;
const PAID: u32 = 3;

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
    /// How often in a row it stayed for more in vain, up to `MOST_BARREN`.
    barren: u32,
    /// How much staying awake was in vain lately, up to `MOST_TIRED`.
    tired: u32,
    /// The other side works on another thread.
    apart: bool,
}

impl Record {
    #[inline]
    fn from_bits(bits: u32) -> Record {
        let (pass, misses, hits) = (bits & 0x3ff, bits >> 10 & 0xf, bits >> 14 & 0x3ff);
        Record { pass, misses, hits, barren: bits >> 24 & 7, tired: bits >> 27 & 0xf, apart: bits >> 31 != 0 }
    }

    #[inline]
    fn to_bits(self) -> u32 {
        let few = self.pass | self.misses << 10 | self.hits << 14 | self.barren << 24;
        few | self.tired << 27 | u32::from(self.apart) << 31
    }

    fn after_hit(self) -> Record {
        let misses = self.misses / 2;
        Record { pass: (1 << misses) - 1, misses, hits: (self.hits + 1).min(MOST_HITS), ..self }
    }

    fn after_miss(self) -> Record {
        let misses = (self.misses + 1).min(MOST_MISSES);
        Record { pass: (1 << misses) - 1, misses, hits: 0, ..self }
    }

    fn after_stay(self, more_came: bool) -> Record {
        Record { barren: if more_came { 0 } else { (self.barren + 1).min(MOST_BARREN) }, ..self }
    }
}

impl Pace {
    pub(super) fn new() -> Pace {
        Pace(AtomicU32::new(0))
    }

    #[inline]
    fn record(&self) -> Record {
        Record::from_bits(self.0.load(Ordering::Relaxed))
    }

    #[inline]
    fn note(&self, record: Record) {
        self.0.store(record.to_bits(), Ordering::Relaxed);
    }

    /// Whether so much came without waiting that it is time to yield.
    #[inline]
    pub(crate) fn is_long(&self) -> bool {
        self.record().hits == MOST_HITS
    }

    /// Whether so much came without waiting that others, if there are any, have waited for a while.
    #[inline]
    pub(crate) fn is_in_a_row(&self) -> bool {
        self.record().hits > FEW_HITS
    }

    /// Whether one that has others beside it may look again. If not it is about to wait, and the row is over: the second half decides, the
    /// first saves a division.
    #[inline]
    pub(crate) fn goes_first(&self, capacity: usize) -> bool {
        let hits = self.record().hits;
        let is_early = hits < FEW_HITS || hits < hits_in_a_row(capacity);
        if !is_early {
            self.rest();
        }
        is_early
    }

    /// Somebody has yielded, or waits who came fresh. (One that was woken in vain and waits again was not the one that went on.)
    #[inline]
    pub(crate) fn rest(&self) {
        let record = self.record();
        if record.hits > 0 {
            self.note(Record { hits: 0, ..record });
        }
    }

    /// One that waited is woken by somebody of another thread, or of its own.
    #[inline]
    pub(crate) fn woken(&self, from_afar: bool) {
        let record = self.record();
        if record.apart != from_afar {
            self.note(Record { apart: from_afar, ..record });
        }
    }

    /// Whether who woke the last one that waited was of another thread.
    #[inline]
    pub(crate) fn is_apart(&self) -> bool {
        self.record().apart
    }

    /// Whether one that was woken and found nothing may stay awake.
    #[inline]
    pub(crate) fn may_stay(&self) -> bool {
        let record = self.record();
        if record.tired < TIRED {
            return true;
        }
        self.note(Record { tired: record.tired - 1, ..record });
        false
    }

    /// One that stayed awake goes to sleep after all, or has got something.
    #[inline]
    pub(crate) fn stayed(&self, in_vain: bool) {
        let record = self.record();
        let tired = if in_vain { (record.tired + IN_VAIN).min(MOST_TIRED) } else { record.tired.saturating_sub(PAID) };
        if tired != record.tired {
            self.note(Record { tired, ..record });
        }
    }

    /// Whether this wait is one that tries.
    #[inline]
    pub(crate) fn tries(&self) -> bool {
        let record = self.record();
        if !record.apart {
            return false;
        }
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
        let record = self.record();
        let rounds = if IS_MODELLED { LOOKS } else { LOOKS + (record.misses & !1).min(LONGER) };
        let first = (0..rounds).find_map(|round| {
            pauses(round / 2);
            Some(come()).filter(|&found| found > 0)
        });
        let Some(found) = first else {
            self.note(record.after_miss());
            return false;
        };
        let record = record.after_hit();
        let stays = found < enough && record.hits % (1 << record.barren) == 0;
        self.note(if stays { record.after_stay(more_comes(found, enough, come)) } else { record });
        true
    }
}

/// How often in a row something may come to one who has others beside it.
fn hits_in_a_row(capacity: usize) -> u32 {
    let square = capacity.saturating_mul(capacity);
    (HITS_FOR_ONE as usize).checked_div(square).map_or(FEW_HITS, |hits| FEW_HITS.max(hits as u32))
}

/// Waits for more, as long as it comes. Whether any came. A look is half as many pauses away as there are to be messages,
/// and `enough` is more than was found, so 2 at the least.
fn more_comes(mut found: usize, enough: usize, come: &dyn Fn() -> usize) -> bool {
    let mut came = false;
    for _ in 0..MORE {
        pauses((enough / 2).ilog2());
        let before = core::mem::replace(&mut found, come());
        if found <= before + 1 {
            break;
        }
        came = true;
        if found >= enough {
            break;
        }
    }
    came
}

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "pace_tests.rs"]
mod tests;
