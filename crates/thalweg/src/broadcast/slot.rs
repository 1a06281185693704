//! One slot of the ring: a message, and what readers do with it.
//!
//! A slot is one atomic word, a message, and the number that the message has in the channel. How it is read depends on the
//! ring.
//!
//! In a **lossy** ring a message may be written over while it is being cloned, and need not be `Sync`. So a reader takes it
//! out of the slot to clone it, and puts it back if the slot is still about it:
//!
//! | word | meaning | left by |
//! | --- | --- | --- |
//! | nobody is owed | the slot is free: it has no message | who holds the tail: writes a message, which so many receivers are owed |
//! | n are owed | the message is in the slot | a reader: borrows it, or, if it is the last, takes it; a receiver that leaves: n - 1; who holds the tail: writes over it |
//! | n are owed, `LENT` | the message is with a reader that is cloning it, and still is one of the n | that reader: puts it back, n - 1, or drops it if it was the last; a receiver that leaves: n - 1; who holds the tail: writes over it |
//!
//! Each of these but the first is done by the holder of `LOCK`. `BORROWERS` marks a message that somebody waits for.
//!
//! In a **lossless** ring a message is not written over, and it is `Sync`, which the constructor asks for. So readers clone
//! it where it is, several at a time:
//!
//! | word | meaning | left by |
//! | --- | --- | --- |
//! | nobody is owed | the slot is free: it has no message | who holds the tail: writes a message, which so many receivers are owed |
//! | n > 1 are owed | the message is in the slot, and up to n readers are cloning it | a reader that is done, or a receiver that leaves: n - 1 |
//! | one is owed | the message is that receiver's alone | that one: takes the message out |
//!
//! `SENDERS` marks a slot that somebody waits for to come free. `LAP` tells a message from the one a lap before.
//!
//! Invariants:
//!
//! 1. If `T` is not `Sync` no two threads ever have a reference to a message: it passes from one to the next.
//! 2. Who holds a slot's lock runs a few dozen instructions and the move of a message, and nothing foreign.
//! 3. The message of a slot that somebody is owed belongs to the holder of the lock in a lossy ring, to the owed in a
//!    lossless one. A free slot belongs to the holder of the tail.

use core::marker::PhantomData;

use crate::sync::{AtomicUsize, Cell, Ordering, UnsafeCell, step_aside};

/// Somebody is at the slot.
const LOCK: usize = 1;
/// A reader is cloning the message.
const LENT: usize = 1 << 1;
/// Receivers wait for the reader to give it back.
const BORROWERS: usize = 1 << 2;
/// Senders wait for the slot to come free.
const SENDERS: usize = 1 << 3;
/// The message is of an odd lap.
pub(super) const LAP: usize = 1 << 4;

const SHIFT: u32 = 5;
/// One receiver that is owed.
const ONE: usize = 1 << SHIFT;

/// The most receivers a message can be owed to.
pub(super) const MAX_RECEIVERS: usize = usize::MAX >> SHIFT;

/// What a receiver finds at its cursor.
pub(super) enum Found<'a, T> {
    /// It is the last to read the message, and has it.
    Last(T, Due),
    /// The message, to be cloned and given back.
    Loan(Loan<'a, T>),
    /// Another reader is cloning it.
    Lent,
    /// It was not sent yet, or was written over: the tail knows.
    Nothing,
}

/// Who is to be woken, after all locks are let go.
#[derive(Clone, Copy, Default)]
pub(super) struct Due {
    /// Receivers wait for a message that was given back.
    pub(super) receivers: bool,
    /// Senders wait for a slot that came free.
    pub(super) senders: bool,
}

pub(super) struct Slot<T> {
    word: AtomicUsize,
    /// Which message is, or was last, in the slot. Belongs to the holder of the lock, or of the tail if the slot is free.
    number: Cell<u64>,
    message: UnsafeCell<Option<T>>,
}

// SAFETY: in a lossy ring number and message are reached by one thread at a time, as invariant 3 says, so that sharing a
// slot is handing its message from thread to thread, which `T: Send` allows. In a lossless one several threads have
// references to the message, where `T` is `Sync`, as those who make such a ring have shown.
unsafe impl<T: Send> Sync for Slot<T> {}

impl<T> Slot<T> {
    pub(super) fn new() -> Slot<T> {
        Slot { word: AtomicUsize::new(0), number: Cell::new(u64::MAX), message: UnsafeCell::new(None) }
    }

    /// Whether nobody is owed it. Relaxed: who writes to it looks once more, by `lock`.
    #[inline]
    pub(super) fn is_free(&self) -> bool {
        self.word.load(Ordering::Relaxed) < ONE
    }

    /// Takes a slot that somebody is owed, waiting for who is at it. In a lossy ring only: the others have no lock.
    #[inline]
    pub(super) fn lock(&self) -> Option<Locked<'_, T>> {
        let mut round = 0;
        loop {
            // Acquire: if nobody is owed it, the last who was is done with it.
            let word = self.word.load(Ordering::Acquire);
            if word < ONE {
                return None;
            }
            if word & LOCK == 0 && self.swap(word, word | LOCK) {
                return Some(Locked { slot: self, word });
            }
            step_aside(round, 0);
            round = round.saturating_add(1);
        }
    }

    /// Writes a message, owed to so many, into a free slot.
    ///
    /// # Safety
    ///
    /// The slot is free, and nobody else writes to it meanwhile.
    #[inline]
    pub(super) unsafe fn fill(&self, number: u64, owed: usize, lap: usize, message: T) {
        self.number.set(number);
        self.message.with_mut(|place| {
            // SAFETY: nobody else writes, as the caller promises, and readers turn away from a slot of which nobody is owed.
            unsafe { *place = Some(message) };
        });
        // Release: who takes the slot sees the message.
        self.word.store((owed << SHIFT) | lap, Ordering::Release);
    }

    /// Acquire: what the last to have the slot wrote, up to its Release, is seen by this one. Release: it passes it on.
    #[inline]
    fn swap(&self, from: usize, to: usize) -> bool {
        self.word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

/// A slot in hand. Dropping it publishes the word, and lets go.
pub(super) struct Locked<'a, T> {
    slot: &'a Slot<T>,
    /// The word as it will be published: without `LOCK`.
    word: usize,
}

impl<T> Locked<'_, T> {
    #[inline]
    fn has(&self, flag: usize) -> bool {
        self.word & flag != 0
    }

    /// The message, if it is not lent.
    #[inline]
    fn message<R>(&mut self, f: impl FnOnce(&mut Option<T>) -> R) -> R {
        debug_assert!(!self.has(LENT), "it may be a borrower's");
        self.slot.message.with_mut(|message| {
            // SAFETY: the slot is locked as long as this lives, and `&mut self` makes this the only reference of the
            // holder. No borrower has one, since it is not lent. Who holds the tail comes to a slot without its lock only
            // where nobody is owed it, and the word says that somebody is.
            f(unsafe { &mut *message })
        })
    }

    /// Whether the slot is about this message.
    #[inline]
    pub(super) fn is_at(&self, number: u64) -> bool {
        self.slot.number.get() == number
    }

    pub(super) fn is_lent(&self) -> bool {
        self.has(LENT)
    }

    /// Has the reader that holds the message wake the receivers that wait. `false` if it has given it back.
    pub(super) fn want_back(&mut self) -> bool {
        if self.is_lent() {
            self.word |= BORROWERS;
        }
        self.is_lent()
    }

    /// Writes over the message, and returns it. If it is lent it is with the borrower, who finds it written over.
    pub(super) fn replace(mut self, number: u64, owed: usize, lap: usize, message: T) -> Option<T> {
        self.word = (owed << SHIFT) | lap;
        self.slot.number.set(number);
        self.message(|old| old.replace(message))
    }

    /// One less is owed. If that was the last the slot comes free, and the message is taken out.
    pub(super) fn settle(&mut self) -> (Option<T>, Due) {
        if self.word >= 2 * ONE {
            self.word -= ONE;
            return (None, Due::default());
        }
        // Who waits to have it back is owed it: there is none.
        self.word = 0;
        (self.message(Option::take), Due::default())
    }
}

impl<T> Drop for Locked<'_, T> {
    #[inline]
    fn drop(&mut self) {
        debug_assert_eq!(self.word & LOCK, 0);
        // Release: the next holder, or the holder of the tail if the slot is free now, sees all that was done.
        self.slot.word.store(self.word, Ordering::Release);
    }
}

/// A message that a reader clones. It is to be ended; if it were forgotten, its message would not be seen again.
pub(super) struct Loan<'a, T> {
    slot: &'a Slot<T>,
    /// The message, if it was taken out of the slot.
    taken: Option<T>,
    /// The number of a message that was taken out.
    number: u64,
    /// There is one reference to a message that is not `Sync`: the loan does not go to other threads.
    alone: PhantomData<*const ()>,
}

impl<T> Loan<'_, T> {
    #[inline]
    pub(super) fn message(&self) -> Option<&T> {
        if self.taken.is_some() {
            return self.taken.as_ref();
        }
        self.slot.message.with(|message| {
            // SAFETY: if it was not taken out it is shared (`read_shared`): it stays where it is, and others have at most
            // shared references to it, until this reader ends the loan, which ends this borrow too.
            unsafe { (*message).as_ref() }
        })
    }

    /// Gives the message back. It is returned if nobody else is owed it, or it was written over meanwhile.
    #[inline]
    pub(super) fn end(self) -> (Option<T>, Due) {
        match self.taken {
            Some(message) => self.slot.put_back(self.number, message),
            // SAFETY: if it was not taken out it is shared (`read_shared`), and this reader is owed it until now.
            None => unsafe { self.slot.pass_on() },
        }
    }
}

/// What readers do in a lossy ring.
impl<T> Slot<T> {
    /// Takes the message of this number, or borrows it if others are owed it too.
    #[inline]
    pub(super) fn read_alone(&self, number: u64, lap: usize) -> Found<'_, T> {
        let mut round = 0;
        loop {
            // Relaxed: the swap acquires. Who is turned away looks again with the tail in hand.
            let word = self.word.load(Ordering::Relaxed);
            if word < ONE || word & LAP != lap {
                return Found::Nothing;
            }
            if word & LENT != 0 {
                return Found::Lent;
            }
            if word & LOCK == 0 && self.swap(word, word | LOCK) {
                return Locked { slot: self, word }.read(number);
            }
            step_aside(round, 0);
            round = round.saturating_add(1);
        }
    }

    /// Puts a message that was taken out back to where it was.
    #[inline]
    fn put_back(&self, number: u64, message: T) -> (Option<T>, Due) {
        let Some(mut slot) = self.lock().filter(|slot| slot.is_at(number)) else {
            return (Some(message), Due::default());
        };
        debug_assert!(slot.is_lent(), "nobody else puts it back");
        slot.word &= !LENT;
        if slot.word < 2 * ONE {
            slot.word = 0;
            return (Some(message), Due::default());
        }
        let due = Due { receivers: slot.has(BORROWERS), senders: false };
        slot.message(|place| *place = Some(message));
        slot.word = (slot.word - ONE) & !BORROWERS;
        (None, due)
    }
}

impl<'a, T> Locked<'a, T> {
    #[inline]
    fn read(mut self, number: u64) -> Found<'a, T> {
        if !self.is_at(number) {
            return Found::Nothing;
        }
        if self.word < 2 * ONE {
            let (message, due) = self.settle();
            return message.map_or(Found::Nothing, |message| Found::Last(message, due));
        }
        let taken = self.message(Option::take);
        self.word |= LENT;
        Found::Loan(Loan { slot: self.slot, taken, number, alone: PhantomData })
    }
}

/// What readers do in a lossless ring.
impl<T> Slot<T> {
    /// Takes the message of this lap, or lets it be cloned where it is if others are owed it too.
    ///
    /// # Safety
    ///
    /// `T` is `Sync`, the ring is lossless, and if the slot is of this lap the caller is one of those who are owed it.
    #[inline]
    pub(super) unsafe fn read_shared(&self, lap: usize) -> Found<'_, T> {
        // Acquire: as in `lock`.
        let word = self.word.load(Ordering::Acquire);
        if word < ONE || word & LAP != lap {
            return Found::Nothing;
        }
        if word >= 2 * ONE {
            return Found::Loan(Loan { slot: self, taken: None, number: 0, alone: PhantomData });
        }
        // SAFETY: only the caller is owed it.
        match unsafe { self.take_out() } {
            (Some(message), due) => Found::Last(message, due),
            (None, _) => Found::Nothing,
        }
    }

    /// Is done with the message: leaves it to the others who are owed it, or takes it out if there is none.
    ///
    /// # Safety
    ///
    /// `T` is `Sync`, the ring is lossless, and the caller was one of those who are owed the message, and is no more.
    #[inline]
    pub(super) unsafe fn pass_on(&self) -> (Option<T>, Due) {
        loop {
            // Acquire: as in `lock`.
            let word = self.word.load(Ordering::Acquire);
            if word < 2 * ONE {
                // SAFETY: only the caller is owed it.
                return unsafe { self.take_out() };
            }
            if self.swap(word, word - ONE) {
                return (None, Due::default());
            }
        }
    }

    /// Takes the message out.
    ///
    /// # Safety
    ///
    /// The ring is lossless, and an Acquire load of the word has told that only the caller is owed the message.
    #[inline]
    unsafe fn take_out(&self) -> (Option<T>, Due) {
        let message = self.message.with_mut(|message| {
            // SAFETY: those who were owed it have passed it on, which that load has seen: nobody else has a reference.
            // Nobody writes to the slot before it is free, below.
            unsafe { (*message).take() }
        });
        // Release: the holder of the tail finds the slot empty. Not Acquire: who marked it held the tail since before, which
        // whoever wakes takes next, so it is in the queue by then.
        let word = self.word.swap(0, Ordering::Release);
        (message, Due { receivers: false, senders: word & SENDERS != 0 })
    }

    /// Has the one who takes the message out wake the senders that wait. `false` if the slot is free.
    pub(super) fn want_room(&self) -> bool {
        // Relaxed: it passes on what others released, and tells nothing of its own: the tail is held. Where the slot is free,
        // who writes to it looks once more, by `lock`.
        let mark = |word: usize| if word < ONE { None } else { Some(word | SENDERS) };
        self.word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, mark).is_ok()
    }
}

#[cfg(all(test, thalweg_loom))]
#[path = "slot_loom.rs"]
mod models;

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn most_receivers_leave_the_flags_alone() {
        assert!(
            MAX_RECEIVERS.checked_mul(ONE).is_some_and(|word| word.checked_add(ONE).is_none()),
            "one more has no place"
        );
    }
}
