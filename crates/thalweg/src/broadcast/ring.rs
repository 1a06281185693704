//! The messages of a broadcast channel: a ring of slots, and the tail at which it grows. All unsafe code of the room is
//! here.
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
//!    lossless one. A free slot belongs to the holder of the tail. The tail is taken before a slot.
//! 4. The owed of a slot are those receivers who were there when its message was sent, less those who have had it or have
//!    left. The slots in use are the newest ones.
//! 5. In a lossless ring a receiver's cursor is at most a lap ahead of what is in its slot, so `LAP` tells the two apart.
//!    In a lossy one the number does.

use alloc::boxed::Box;
use core::marker::PhantomData;

use crate::raw::{Budget, Held, Side, WaitQueue};
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
const LAP: usize = 1 << 4;

const SHIFT: u32 = 5;
/// One receiver that is owed.
const ONE: usize = 1 << SHIFT;

/// The most receivers a message can be owed to.
pub(super) const MAX_RECEIVERS: usize = usize::MAX >> SHIFT;

/// The ring, and the tail that grows it.
pub(super) struct Ring<T> {
    slots: Box<[Slot<T>]>,
    /// Whether a message that somebody is owed is never written over. If so, `T` is `Sync`.
    lossless: bool,
    tail: Side<Tail>,
}

/// What the lock of the tail guards.
pub(super) struct Tail {
    /// How many messages were ever sent: the number of the next one.
    pub(super) sent: u64,
    /// The slot that is next.
    at: Index,
    pub(super) senders: usize,
    pub(super) weak_senders: usize,
    pub(super) receivers: usize,
    pub(super) inactive: usize,
    /// Receivers that wait: for the next message, or for another to give one back.
    pub(super) recvs: WaitQueue,
    /// Senders that wait for room.
    pub(super) sends: WaitQueue,
    /// Tasks in `closed()`.
    pub(super) closers: WaitQueue,
    pub(super) budget: Budget,
}

/// Where a receiver is.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    /// The number of the message that it reads next.
    pub(super) next: u64,
    /// The slot of that message.
    at: Index,
}

/// The place of a message in the ring: its number, divided by the capacity.
#[derive(Clone, Copy)]
struct Index {
    /// The rest.
    slot: usize,
    /// `LAP` if the quotient is odd.
    lap: usize,
}

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

struct Slot<T> {
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
    fn new() -> Slot<T> {
        Slot { word: AtomicUsize::new(0), number: Cell::new(u64::MAX), message: UnsafeCell::new(None) }
    }

    /// Whether nobody is owed it. Acquire: if so, the last who was is done with it.
    #[inline]
    fn is_free(&self) -> bool {
        self.word.load(Ordering::Acquire) < ONE
    }

    /// Takes a slot that somebody is owed, waiting for who is at it.
    #[inline]
    fn lock(&self) -> Option<Locked<'_, T>> {
        let mut round = 0;
        loop {
            // Acquire: as in `is_free`.
            let word = self.word.load(Ordering::Acquire);
            if word < ONE {
                return None;
            }
            if word & LOCK == 0 && self.swap(word, word | LOCK) {
                return Some(Locked { slot: self, word });
            }
            step_aside(round);
            round = round.saturating_add(1);
        }
    }

    /// Acquire: what the last to have the slot wrote, up to its Release, is seen by this one. Release: it passes it on.
    #[inline]
    fn swap(&self, from: usize, to: usize) -> bool {
        self.word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

/// A slot in hand. Dropping it publishes the word, and lets go.
struct Locked<'a, T> {
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
    fn is_at(&self, cursor: &Cursor) -> bool {
        self.slot.number.get() == cursor.next
    }

    /// One less is owed. If that was the last the slot comes free, and the message is taken out.
    fn settle(&mut self) -> (Option<T>, Due) {
        if self.word >= 2 * ONE {
            self.word -= ONE;
            return (None, Due::default());
        }
        let due = Due { receivers: self.has(BORROWERS), senders: self.has(SENDERS) };
        self.word = 0;
        (self.message(Option::take), due)
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

impl<T> Ring<T> {
    /// A ring in which the oldest message may be written over.
    pub(super) fn lossy(capacity: usize) -> Ring<T> {
        Ring::new(capacity, false)
    }

    /// A ring in which a message stays until it has been read.
    pub(super) fn lossless(capacity: usize) -> Ring<T>
    where
        T: Sync,
    {
        Ring::new(capacity, true)
    }

    fn new(capacity: usize, lossless: bool) -> Ring<T> {
        let tail = Tail {
            sent: 0,
            at: Index { slot: 0, lap: 0 },
            senders: 1,
            weak_senders: 0,
            receivers: 0,
            inactive: 0,
            recvs: WaitQueue::new(),
            sends: WaitQueue::new(),
            closers: WaitQueue::new(),
            budget: Budget::new(),
        };
        Ring { slots: (0..capacity).map(|_| Slot::new()).collect(), lossless, tail: Side::new(tail) }
    }

    pub(super) fn capacity(&self) -> usize {
        self.slots.len()
    }

    #[inline]
    pub(super) fn take_tail(&self) -> Held<'_, Tail> {
        self.tail.take()
    }

    /// Whether the next slot is free.
    #[inline]
    pub(super) fn has_room(&self, tail: &Held<'_, Tail>) -> bool {
        self.slots[tail.at.slot].is_free()
    }

    /// Adds a message, owed to all receivers. Returns the one it was written over, to be dropped after the tail is let go.
    #[must_use]
    #[inline]
    pub(super) fn put(&self, tail: &mut Held<'_, Tail>, message: T) -> Option<T> {
        assert!(tail.is_of(&self.tail), "another ring's tail");
        let slot = &self.slots[tail.at.slot];
        let (number, word) = (tail.sent, (tail.receivers * ONE) | tail.at.lap);
        tail.sent += 1;
        tail.at = self.after(tail.at);
        if let Some(mut locked) = slot.lock() {
            assert!(!self.lossless, "there was room");
            // If it is lent the message is with the borrower, who finds it written over.
            locked.word = word;
            slot.number.set(number);
            return locked.message(|old| old.replace(message));
        }
        slot.number.set(number);
        slot.message.with_mut(|place| {
            // SAFETY: nobody is owed the slot, so nobody else comes to it before the word below is stored: readers turn
            // away from such a word, and only the holder of the tail makes another of it, who is here.
            unsafe { *place = Some(message) };
        });
        // Release: who takes the slot sees the message.
        slot.word.store(word, Ordering::Release);
        None
    }

    /// Where a new receiver begins: after all that was sent.
    pub(super) fn end(&self, tail: &Held<'_, Tail>) -> Cursor {
        Cursor { next: tail.sent, at: tail.at }
    }

    /// Moves a cursor that was overtaken to the oldest message there may be. Returns how many it missed.
    #[inline]
    pub(super) fn catch_up(&self, tail: &Held<'_, Tail>, cursor: &mut Cursor) -> u64 {
        let oldest = tail.sent.saturating_sub(self.slots.len() as u64);
        let missed = oldest.saturating_sub(cursor.next);
        if missed > 0 {
            // A whole lap before the end, which is the same slot.
            *cursor = Cursor { next: oldest, at: Index { lap: tail.at.lap ^ LAP, ..tail.at } };
        }
        missed
    }

    #[inline]
    pub(super) fn advance(&self, cursor: &mut Cursor) {
        cursor.next += 1;
        cursor.at = self.after(cursor.at);
    }

    #[inline]
    fn after(&self, Index { slot, lap }: Index) -> Index {
        if slot + 1 < self.slots.len() { Index { slot: slot + 1, lap } } else { Index { slot: 0, lap: lap ^ LAP } }
    }

    /// Locks the slot of this message, if it is still or already there.
    #[inline]
    fn lock_at(&self, cursor: &Cursor) -> Option<Locked<'_, T>> {
        self.slots[cursor.at.slot].lock().filter(|slot| slot.is_at(cursor))
    }

    /// Takes the message at the cursor, or borrows it if others are owed it too. The caller is one of the owed.
    #[inline]
    pub(super) fn read(&self, cursor: &Cursor) -> Found<'_, T> {
        let slot = &self.slots[cursor.at.slot];
        let mut round = 0;
        loop {
            // Acquire: as in `is_free`.
            let word = slot.word.load(Ordering::Acquire);
            if word < ONE || word & LAP != cursor.at.lap {
                return Found::Nothing;
            }
            if self.lossless {
                return slot.show(word, cursor);
            }
            if word & LENT != 0 {
                return Found::Lent;
            }
            if word & LOCK == 0 && slot.swap(word, word | LOCK) {
                return Self::read_locked(Locked { slot, word }, cursor);
            }
            step_aside(round);
            round = round.saturating_add(1);
        }
    }

    #[inline]
    fn read_locked<'a>(mut slot: Locked<'a, T>, cursor: &Cursor) -> Found<'a, T> {
        if !slot.is_at(cursor) {
            return Found::Nothing;
        }
        if slot.word < 2 * ONE {
            let (message, due) = slot.settle();
            return message.map_or(Found::Nothing, |message| Found::Last(message, due));
        }
        let taken = slot.message(Option::take);
        slot.word |= LENT;
        Found::Loan(Loan { slot: slot.slot, taken, number: cursor.next, alone: PhantomData })
    }

    /// Whether another reader is cloning the message at the cursor.
    pub(super) fn is_lent(&self, cursor: &Cursor) -> bool {
        self.lock_at(cursor).is_some_and(|slot| slot.has(LENT))
    }

    /// Gives up a message that its receiver will not read. Comes back with the message if nobody else is owed it.
    pub(super) fn forgo(&self, cursor: &Cursor) -> (Option<T>, Due) {
        if self.lossless {
            return self.slots[cursor.at.slot].pass_on();
        }
        match self.lock_at(cursor) {
            Some(mut slot) => slot.settle(),
            None => (None, Due::default()),
        }
    }

    /// Has the reader that holds this message wake those who wait. `false` if it has given it back. The tail is held, so
    /// that the reader finds who waits.
    pub(super) fn want_back(&self, tail: &Held<'_, Tail>, cursor: &Cursor) -> bool {
        debug_assert!(tail.is_of(&self.tail));
        let Some(mut slot) = self.lock_at(cursor) else { return false };
        let lent = slot.has(LENT);
        if lent {
            slot.word |= BORROWERS;
        }
        lent
    }

    /// Has the last reader of the slot that is next wake the senders. `false` if it is free. The tail is held, so that the
    /// reader finds who waits.
    pub(super) fn want_room(&self, tail: &Held<'_, Tail>) -> bool {
        debug_assert!(tail.is_of(&self.tail));
        let word = &self.slots[tail.at.slot].word;
        // Acquire, Release: as in `Slot::swap`. Where it fails somebody is done with the slot.
        let mark = |word: usize| if word < ONE { None } else { Some(word | SENDERS) };
        word.fetch_update(Ordering::AcqRel, Ordering::Acquire, mark).is_ok()
    }

    /// How many messages have not been read by all. The newest are those that are owed.
    pub(super) fn unread(&self, tail: &Held<'_, Tail>) -> usize {
        let capacity = self.slots.len();
        let nth_oldest = |n: usize| {
            let until_end = capacity - tail.at.slot;
            &self.slots[if n < until_end { tail.at.slot + n } else { n - until_end }]
        };
        let (mut free, mut owed) = (0, capacity);
        while free < owed {
            let middle = free + (owed - free) / 2;
            if nth_oldest(middle).is_free() {
                free = middle + 1;
            } else {
                owed = middle;
            }
        }
        capacity - free
    }

    /// Whether the newest message was read by all.
    pub(super) fn is_read(&self, tail: &Held<'_, Tail>) -> bool {
        let newest = tail.at.slot.checked_sub(1).unwrap_or(self.slots.len() - 1);
        self.slots[newest].is_free()
    }
}

/// A message that a reader clones. It is to be ended; if it were forgotten, its message would not be seen again.
pub(super) struct Loan<'a, T> {
    slot: &'a Slot<T>,
    /// The message, if it was taken out of the slot.
    taken: Option<T>,
    number: u64,
    /// Of a message that is not `Sync` there is one reference: the loan does not go to other threads.
    alone: PhantomData<*const ()>,
}

impl<T> Loan<'_, T> {
    #[inline]
    pub(super) fn message(&self) -> Option<&T> {
        if self.taken.is_some() {
            return self.taken.as_ref();
        }
        self.slot.message.with_mut(|message| {
            // SAFETY: in a lossless ring the message stays where it is, and others have at most shared references to it,
            // until this reader, who is owed it, ends the loan, which ends this borrow too. `T` is `Sync` there. In a
            // lossy one the message was taken out, so control does not come here.
            unsafe { (*message.cast_const()).as_ref() }
        })
    }

    /// Gives the message back. It is returned if nobody else is owed it, or it was written over meanwhile.
    #[inline]
    pub(super) fn end(self) -> (Option<T>, Due) {
        match self.taken {
            Some(message) => self.slot.put_back(self.number, message),
            None => self.slot.pass_on(),
        }
    }
}

/// What readers do in a lossy ring.
impl<T> Slot<T> {
    /// Puts a message that was taken out back to where it was.
    #[inline]
    fn put_back(&self, number: u64, message: T) -> (Option<T>, Due) {
        let Some(mut slot) = self.lock().filter(|slot| slot.slot.number.get() == number) else {
            return (Some(message), Due::default());
        };
        debug_assert!(slot.has(LENT), "nobody else puts it back");
        slot.word &= !LENT;
        if slot.word < 2 * ONE {
            let (_, due) = slot.settle();
            return (Some(message), due);
        }
        let due = Due { receivers: slot.has(BORROWERS), senders: false };
        slot.message(|place| *place = Some(message));
        slot.word = (slot.word - ONE) & !BORROWERS;
        (None, due)
    }
}

/// What readers do in a lossless ring, where the caller is owed the message.
impl<T> Slot<T> {
    #[inline]
    fn show(&self, word: usize, cursor: &Cursor) -> Found<'_, T> {
        if word >= 2 * ONE {
            return Found::Loan(Loan { slot: self, taken: None, number: cursor.next, alone: PhantomData });
        }
        match self.take_out() {
            (Some(message), due) => Found::Last(message, due),
            (None, _) => Found::Nothing,
        }
    }

    /// Is done with the message: leaves it to the others who are owed it, or takes it out if there is none.
    #[inline]
    fn pass_on(&self) -> (Option<T>, Due) {
        loop {
            // Acquire: as in `is_free`.
            let word = self.word.load(Ordering::Acquire);
            if word < 2 * ONE {
                return self.take_out();
            }
            if self.swap(word, word - ONE) {
                return (None, Due::default());
            }
        }
    }

    /// Takes the message out, which nobody else is owed.
    #[inline]
    fn take_out(&self) -> (Option<T>, Due) {
        let message = self.message.with_mut(|message| {
            // SAFETY: only the caller is owed the message, and those who were have passed it on, which the Acquire load
            // of the word has seen: nobody else has a reference. Nobody writes to the slot before it is free, below.
            unsafe { (*message).take() }
        });
        // Release: the holder of the tail finds the slot empty. Acquire: who marked it is in the queue.
        let word = self.word.swap(0, Ordering::AcqRel);
        (message, Due { receivers: false, senders: word & SENDERS != 0 })
    }
}
