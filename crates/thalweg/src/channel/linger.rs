//! One look more, and a little time for it, before an operation waits: where the other side is at work on another
//! processor, that is less than to be put to sleep and woken.
//!
//! Who lingers holds no lock. A turn that it has is used a little later, as by a slow task. It lingers once a poll, for up to 16
//! microseconds, and hardly ever where it was in vain before (`raw::pace`).

use core::pin::Pin;

use super::Channel;
use crate::raw::{Arrival, Pace, Position, Waiter};

/// What is worth staying for, if it comes one by one.
const HANDFUL: usize = 32;

impl<T> Channel<T> {
    /// Whether nobody waits for long because this one lingers. A task that does keeps its place at its executor while others
    /// wait there: with others on either side the same two would be at work all the time.
    #[inline]
    pub(super) fn is_by_itself(&self, waiter: &Pin<&mut Waiter>) -> bool {
        waiter.is_of_thread() || self.is_pair()
    }

    /// Whether there is one handle at each side.
    pub(super) fn is_pair(&self) -> bool {
        self.sender_count() == 1 && self.receiver_count() == 1
    }

    /// Whether one that is not in the queue may linger: so many times in a row where others are beside it. First what costs
    /// least: on one thread it is never worth a look at the counts.
    #[inline]
    fn may_linger_now(&self, pace: &Pace, waiter: &Pin<&mut Waiter>) -> bool {
        let is_elsewhere = pace.is_apart() && waiter.arrival() != Arrival::Linked;
        is_elsewhere && (self.is_by_itself(waiter) || pace.goes_first(self.buffer.capacity()))
    }

    /// Whether what comes now belongs to the same streak as what was moved before, although there was nothing in between: because those of a pair
    /// have looked again very often without having had to wait, or those who have others beside them more than a few times.
    pub(super) fn is_one_streak(&self, pace: &Pace) -> bool {
        pace.is_long() || (pace.is_in_a_row() && !self.is_pair())
    }

    /// Whether there may be a message now.
    #[inline]
    pub(super) fn lingers_to_take(&self) -> bool {
        // At capacity 0 nothing comes to one that does not wait.
        self.buffer.capacity() != 0 && self.buffer.recv_pace().tries() && self.message_comes()
    }

    /// As `lingers_to_take`, of one in a poll.
    #[inline]
    pub(super) fn poll_lingers_to_take(&self, waiter: &Pin<&mut Waiter>) -> bool {
        self.may_linger_now(self.buffer.recv_pace(), waiter) && self.lingers_to_take()
    }

    #[inline(never)]
    fn message_comes(&self) -> bool {
        let (tail, head) = (self.buffer.tail(), self.buffer.head());
        self.buffer.recv_pace().linger(self.handful(), &|| tail.position().since(head.position()))
    }

    /// Whether a sender has come to a receiver that waits at capacity 0, where nothing comes to one that does not. It lingers in
    /// the queue, so it may find itself woken twice: now, and by its waker.
    #[inline]
    pub(super) fn lingers_to_be_met(&self, waiter: &Pin<&mut Waiter>) -> bool {
        self.buffer.capacity() == 0 && self.buffer.recv_pace().is_apart() && self.is_met(waiter)
    }

    #[inline(never)]
    fn is_met(&self, waiter: &Pin<&mut Waiter>) -> bool {
        let pace = self.buffer.recv_pace();
        self.is_by_itself(waiter) && pace.tries() && pace.linger(1, &|| usize::from(waiter.arrival() == Arrival::Woken))
    }

    /// Whether there may be room now. `seen` is where the head was before it was found that there is none.
    #[inline]
    pub(super) fn lingers_to_put(&self, seen: Position) -> bool {
        self.buffer.send_pace().tries() && self.room_comes(seen)
    }

    /// As `lingers_to_put`, of one in a poll.
    #[inline]
    pub(super) fn poll_lingers_to_put(&self, waiter: &Pin<&mut Waiter>, seen: Position) -> bool {
        self.may_linger_now(self.buffer.send_pace(), waiter) && self.lingers_to_put(seen)
    }

    /// As `lingers_to_put`, of one that could not even try.
    #[cfg(feature = "std")]
    #[inline]
    pub(super) fn lingers_to_put_at_once(&self) -> bool {
        let seen = self.buffer.head().position();
        let is_full = self.buffer.tail().position().since(seen) >= self.buffer.capacity();
        is_full && self.lingers_to_put(seen)
    }

    #[inline(never)]
    fn room_comes(&self, seen: Position) -> bool {
        let (pace, tail, head) = (self.buffer.send_pace(), self.buffer.tail(), self.buffer.head());
        if self.buffer.capacity() == 0 {
            return pace.linger(1, &|| usize::from(tail.anyone_waits()));
        }
        pace.linger(self.handful(), &|| head.position().since(seen))
    }

    /// Half of what there can be at the most: the other side is to have something to do meanwhile.
    fn handful(&self) -> usize {
        (self.buffer.capacity() / 2).clamp(1, HANDFUL)
    }
}

#[cfg(all(test, feature = "std", not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "linger_tests.rs"]
mod tests;
