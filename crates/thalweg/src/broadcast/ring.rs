//! The messages of a broadcast channel: a ring of slots, and the tail at which it grows. All unsafe code of the room is
//! here.
//!
//! A slot is one atomic word and what the word's lock guards: a message, and the number it has in the channel.
//!
//! | word | meaning | left by |
//! | --- | --- | --- |
//! | nobody is owed | the slot is free: it has no message, or never had one | who holds the tail: writes a message, which so many receivers are owed |
//! | n are owed | the message is in the slot | a reader: lends it out, or, if it is the last, takes it; a receiver that leaves: n - 1; who holds the tail: writes over it |
//! | n are owed, `LENT` | a reader has the message in its hands, to clone it, and still is one of the n | that reader: gives it back, n - 1, or drops it if it was the last; a receiver that leaves: n - 1; who holds the tail: writes over it, and the message is the reader's |
//!
//! with, beside these, `LOCK`, `BORROWERS` and `SENDERS`.
//!
//! Invariants:
//!
//! 1. A message is in one place at a time, in its slot or in the hands of one reader, and no two threads ever have a
//!    reference to it: it is moved from hand to hand, so `T: Send` suffices.
//! 2. Who holds a slot's lock runs a few dozen instructions and the move of a message, and nothing foreign.
//! 3. A slot that somebody is owed changes only in the hands of the one who holds its lock, a free slot only in the hands
//!    of the one who holds the tail. The tail is taken before a slot.
//! 4. The owed of a slot are those receivers who were there when its message was sent, less those who have had it or have
//!    left. The slots in use are the newest ones.

use alloc::boxed::Box;

use crate::raw::{Budget, Held, Side, WaitQueue};
use crate::sync::{AtomicUsize, Ordering, UnsafeCell, step_aside};

/// Somebody is at the slot.
const LOCK: usize = 1;
/// A reader has the message in its hands.
const LENT: usize = 1 << 1;
/// Receivers wait for the reader to give it back.
const BORROWERS: usize = 1 << 2;
/// Senders wait for the slot to come free.
const SENDERS: usize = 1 << 3;

const SHIFT: u32 = 4;
/// One receiver that is owed.
const ONE: usize = 1 << SHIFT;

/// The most receivers a message can be owed to.
pub(super) const MAX_RECEIVERS: usize = usize::MAX >> SHIFT;

/// The ring, and the tail that grows it.
pub(super) struct Ring<T> {
    slots: Box<[Slot<T>]>,
    tail: Side<Tail>,
}

/// What the lock of the tail guards.
pub(super) struct Tail {
    /// How many messages were ever sent: the number of the next one.
    pub(super) sent: u64,
    /// The slot that is next, `sent` modulo the capacity.
    index: usize,
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
    /// The slot of that message, `next` modulo the capacity.
    index: usize,
}

/// What a receiver finds at its cursor.
pub(super) enum Found<T> {
    /// It is the last to read the message, and has it.
    Last(T, Due),
    /// The message, to be cloned and given back.
    Loan(T),
    /// Another reader has it in its hands.
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
    content: UnsafeCell<Content<T>>,
}

struct Content<T> {
    /// Which message is, or was last, in the slot.
    number: u64,
    message: Option<T>,
}

// SAFETY: `content` is reached only by who holds the slot's lock, or the tail's where nobody is owed the slot, so that
// sharing a slot is handing its message from thread to thread, which `T: Send` allows.
unsafe impl<T: Send> Sync for Slot<T> {}

impl<T> Slot<T> {
    fn new() -> Slot<T> {
        Slot { word: AtomicUsize::new(0), content: UnsafeCell::new(Content { number: u64::MAX, message: None }) }
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
            // Acquire: what the last holder wrote, up to its Release store in `Locked::drop`, is seen by this one.
            let locked = word | LOCK;
            if word & LOCK == 0
                && self.word.compare_exchange(word, locked, Ordering::Acquire, Ordering::Relaxed).is_ok()
            {
                return Some(Locked { slot: self, word });
            }
            step_aside(round);
            round = round.saturating_add(1);
        }
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

    #[inline]
    fn content<R>(&mut self, f: impl FnOnce(&mut Content<T>) -> R) -> R {
        self.slot.content.with_mut(|content| {
            // SAFETY: the slot is locked as long as this lives, and `&mut self` makes this the only reference of the
            // holder. Who holds the tail comes to a slot without its lock only where nobody is owed it, and the word
            // says that somebody is.
            f(unsafe { &mut *content })
        })
    }

    /// Whether the slot is about this message.
    #[inline]
    fn is_at(&mut self, cursor: &Cursor) -> bool {
        self.content(|content| content.number == cursor.next)
    }

    /// One less is owed. If that was the last the slot comes free, and the message that is in it is taken out.
    fn settle(&mut self) -> (Option<T>, Due) {
        if self.word >= 2 * ONE {
            self.word -= ONE;
            return (None, Due::default());
        }
        let due = Due { receivers: self.has(BORROWERS), senders: self.has(SENDERS) };
        self.word = 0;
        (self.content(|content| content.message.take()), due)
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
    pub(super) fn new(capacity: usize) -> Ring<T> {
        let tail = Tail {
            sent: 0,
            index: 0,
            senders: 1,
            weak_senders: 0,
            receivers: 0,
            inactive: 0,
            recvs: WaitQueue::new(),
            sends: WaitQueue::new(),
            closers: WaitQueue::new(),
            budget: Budget::new(),
        };
        Ring { slots: (0..capacity).map(|_| Slot::new()).collect(), tail: Side::new(tail) }
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
        self.slots[tail.index].is_free()
    }

    /// Adds a message, owed to all receivers. Returns the one it was written over, to be dropped after the tail is let go.
    #[must_use]
    #[inline]
    pub(super) fn put(&self, tail: &mut Held<'_, Tail>, message: T) -> Option<T> {
        assert!(tail.is_of(&self.tail), "another ring's tail");
        let slot = &self.slots[tail.index];
        let (number, owed) = (tail.sent, tail.receivers * ONE);
        tail.sent += 1;
        tail.index = self.after(tail.index);
        if let Some(mut locked) = slot.lock() {
            locked.word = owed;
            return locked.content(|content| {
                content.number = number;
                content.message.replace(message)
            });
        }
        slot.content.with_mut(|content| {
            // SAFETY: nobody is owed the slot, so nobody else comes to it before the word below is stored: readers turn
            // away from such a word, and only the holder of the tail makes another of it, who is here.
            unsafe { *content = Content { number, message: Some(message) } };
        });
        // Release: who locks the slot sees the message.
        slot.word.store(owed, Ordering::Release);
        None
    }

    /// Where a new receiver begins: after all that was sent.
    pub(super) fn end(&self, tail: &Held<'_, Tail>) -> Cursor {
        Cursor { next: tail.sent, index: tail.index }
    }

    /// Moves a cursor that was overtaken to the oldest message there may be. Returns how many it missed.
    #[inline]
    pub(super) fn catch_up(&self, tail: &Held<'_, Tail>, cursor: &mut Cursor) -> u64 {
        let oldest = tail.sent.saturating_sub(self.slots.len() as u64);
        let missed = oldest.saturating_sub(cursor.next);
        if missed > 0 {
            // A whole lap before the end, which is the same slot.
            *cursor = Cursor { next: oldest, index: tail.index };
        }
        missed
    }

    #[inline]
    pub(super) fn advance(&self, cursor: &mut Cursor) {
        cursor.next += 1;
        cursor.index = self.after(cursor.index);
    }

    #[inline]
    fn after(&self, index: usize) -> usize {
        let next = index + 1;
        if next == self.slots.len() { 0 } else { next }
    }

    /// Locks the slot of this message, if it is still or already there.
    #[inline]
    fn lock_at(&self, cursor: &Cursor) -> Option<Locked<'_, T>> {
        let mut slot = self.slots[cursor.index].lock()?;
        if slot.is_at(cursor) { Some(slot) } else { None }
    }

    /// Takes the message at the cursor, or borrows it if others are owed it too. The caller is one of the owed.
    #[inline]
    pub(super) fn read(&self, cursor: &Cursor) -> Found<T> {
        let Some(mut slot) = self.lock_at(cursor) else { return Found::Nothing };
        if slot.has(LENT) {
            return Found::Lent;
        }
        let found = if slot.word < 2 * ONE {
            let (message, due) = slot.settle();
            message.map(|message| Found::Last(message, due))
        } else {
            slot.word |= LENT;
            slot.content(|content| content.message.take()).map(Found::Loan)
        };
        found.unwrap_or(Found::Nothing)
    }

    /// Whether another reader has the message at the cursor in its hands.
    pub(super) fn is_lent(&self, cursor: &Cursor) -> bool {
        self.lock_at(cursor).is_some_and(|slot| slot.has(LENT))
    }

    /// Ends a loan. The message comes back if nobody else is owed it, or it was written over meanwhile.
    #[inline]
    pub(super) fn give_back(&self, cursor: &Cursor, message: T) -> (Option<T>, Due) {
        let Some(mut slot) = self.lock_at(cursor) else { return (Some(message), Due::default()) };
        debug_assert!(slot.has(LENT), "nobody else gives it back");
        let (_, due) = slot.settle();
        if slot.word == 0 {
            return (Some(message), due);
        }
        let due = Due { receivers: slot.has(BORROWERS), senders: false };
        slot.word &= !(LENT | BORROWERS);
        slot.content(|content| content.message = Some(message));
        (None, due)
    }

    /// Gives up a message that its receiver will not read. Comes back with the message if nobody else is owed it.
    pub(super) fn forgo(&self, cursor: &Cursor) -> (Option<T>, Due) {
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
        let Some(mut slot) = self.slots[tail.index].lock() else { return false };
        slot.word |= SENDERS;
        true
    }

    /// How many messages have not been read by all. The newest are those that are owed.
    pub(super) fn unread(&self, tail: &Held<'_, Tail>) -> usize {
        let capacity = self.slots.len();
        let nth_oldest = |n: usize| {
            let until_end = capacity - tail.index;
            &self.slots[if n < until_end { tail.index + n } else { n - until_end }]
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
        let newest = if tail.index == 0 { self.slots.len() - 1 } else { tail.index - 1 };
        self.slots[newest].is_free()
    }
}
