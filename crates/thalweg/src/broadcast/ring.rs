//! The messages of a broadcast channel: a ring of slots, and the tail at which it grows.
//!
//! Invariants:
//!
//! 1. The tail is taken before a slot.
//! 2. The owed of a slot are those receivers who were there when its message was sent, less those who have had it or have
//!    left. The slots in use are the newest ones.
//! 3. In a lossless ring nothing is written over that somebody is owed, and `T` is `Sync`. So a receiver's cursor is at
//!    most a lap ahead of what is in its slot, and `LAP` tells the two apart. In a lossy ring the number does.

use alloc::boxed::Box;

use super::slot::{Due, Found, LAP, Locked, Slot};
use crate::raw::{Budget, Held, Side, WaitQueue};

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

/// The room of a ring. Made before what else is made with the channel: it may be more than there is.
pub(super) struct Slots<T>(Box<[Slot<T>]>);

impl<T> Slots<T> {
    pub(super) fn new(capacity: usize) -> Slots<T> {
        Slots((0..capacity).map(|_| Slot::new()).collect())
    }
}

impl<T> Ring<T> {
    /// A ring in which the oldest message may be written over.
    #[inline]
    pub(super) fn lossy(slots: Slots<T>) -> Ring<T> {
        Ring::new(slots, false)
    }

    /// A ring in which a message stays until it has been read.
    #[inline]
    pub(super) fn lossless(slots: Slots<T>) -> Ring<T>
    where
        T: Sync,
    {
        Ring::new(slots, true)
    }

    #[inline]
    fn new(slots: Slots<T>, lossless: bool) -> Ring<T> {
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
        Ring { slots: slots.0, lossless, tail: Side::new(tail) }
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
        let (number, owed, lap) = (tail.sent, tail.receivers, tail.at.lap);
        tail.sent += 1;
        tail.at = self.after(tail.at);
        match slot.lock() {
            Some(_) if self.lossless => panic!("there was no room"),
            Some(locked) => locked.replace(number, owed, lap, message),
            None => {
                // SAFETY: the tail is held, so that nobody else fills the slot, and nobody is owed it, which only filling
                // it would change.
                unsafe { slot.fill(number, owed, lap, message) };
                None
            }
        }
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

    /// Locks the slot of this message, if it is still or already there, in a lossy ring: the slots of the others have no
    /// lock.
    #[inline]
    fn lock_at(&self, cursor: &Cursor) -> Option<Locked<'_, T>> {
        if self.lossless {
            return None;
        }
        self.slots[cursor.at.slot].lock().filter(|slot| slot.is_at(cursor.next))
    }

    /// Takes the message at the cursor, or borrows it if others are owed it too. The caller is one of the owed.
    #[inline]
    pub(super) fn read(&self, cursor: &Cursor) -> Found<'_, T> {
        let slot = &self.slots[cursor.at.slot];
        if self.lossless {
            // SAFETY: this is a lossless ring, and the caller is owed what it has not read.
            return unsafe { slot.read_shared(cursor.at.lap) };
        }
        slot.read_alone(cursor.next, cursor.at.lap)
    }

    /// Whether another reader is cloning the message at the cursor.
    pub(super) fn is_lent(&self, cursor: &Cursor) -> bool {
        self.lock_at(cursor).is_some_and(|slot| slot.is_lent())
    }

    /// Gives up a message that its receiver will not read. Comes back with the message if nobody else is owed it.
    pub(super) fn forgo(&self, cursor: &Cursor) -> (Option<T>, Due) {
        if self.lossless {
            // SAFETY: this is a lossless ring, and the caller is owed what it has not read.
            return unsafe { self.slots[cursor.at.slot].pass_on() };
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
        self.lock_at(cursor).is_some_and(|mut slot| slot.want_back())
    }

    /// Has the last reader of the slot that is next wake the senders. `false` if it is free. The tail is held, so that the
    /// reader finds who waits.
    pub(super) fn want_room(&self, tail: &Held<'_, Tail>) -> bool {
        debug_assert!(tail.is_of(&self.tail));
        self.slots[tail.at.slot].want_room()
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
