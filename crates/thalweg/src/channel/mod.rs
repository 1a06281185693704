//! One channel: a buffer, and two queues of operations that wait for it to change.
//!
//! | side | its word | its lock guards, beside the buffer's end | who waits there |
//! | --- | --- | --- | --- |
//! | tail | how many messages were ever sent, closed, abandoned | permits out, tasks in `closed()` | **receivers** |
//! | head | how many were ever received | | **senders** |
//!
//! The queues are crossed: who must see a waiter already holds the lock that guards it, and who starts to wait looks
//! once more under the lock that its waker must hold. A wake-up cannot fall between the two.
//!
//! Whenever a side is free:
//!
//! 1. Messages and permits together fit the capacity. At capacity 0 each message was sent, or the permit for it given
//!    out, while a receiver waited.
//! 2. If a message is there and a receiver waits, some receiver was woken and has yet to look.
//! 3. If there is room for a sender that waits, some sender was woken and has yet to look, or is about to be woken by
//!    who made the room.
//! 4. If the channel is closed, no sender starts to wait, and those who waited have been or are being woken.
//!
//! While a side is held no foreign code runs: no waker is cloned, woken or dropped, no message dropped, nothing
//! allocated (but for the place where a thread puts its events, at the first one of a channel that is recorded).
//!
//! A waiter that is woken gets a *turn*: the right, not the duty, to look. What it was woken for stays where it is, so
//! whoever drops a woken future, or never polls it again, takes nothing with it. Who is in the queue respects the turns
//! of others (`wait::set_aside`); who comes fresh to a buffer takes what is there. Locks are taken head before tail.

#[cfg(feature = "std")]
pub(crate) mod blocking;
mod cargo;
mod close;
pub(crate) mod future;
mod handle;
mod linger;
pub(crate) mod operation;
pub(crate) mod polled;
mod recv;
mod reserve;
mod send;
#[allow(unsafe_code)] // the cellar of the sole receiver
mod sole;
mod via;
mod wait;

use core::fmt;
use core::num::NonZeroU32;
use core::panic::{RefUnwindSafe, UnwindSafe};

pub(crate) use handle::{Receiving, Sending, Strong, Weak, pair};
pub(crate) use reserve::{Room, Rooms};
pub(crate) use sole::{Home, Sole, sole};
pub(crate) use via::{Handle, Via};
#[cfg(feature = "std")]
pub(crate) use wait::wake_each;

use core::task::Waker;

use crate::raw::{Buffer, CLOSED, Count, Head, Held, Tail};
use crate::record::Log;
#[cfg(feature = "record")]
use crate::record::Texts;

/// A channel, shared by all its handles. The buffer first, so that the counts and what lies beside the channel are near the receivers'
/// end of it: in the line that holds the tail's word they would be fetched anew after each send.
#[repr(C)]
pub(crate) struct Channel<T> {
    buffer: Buffer<T>,
    senders: Count,
    weak_senders: Count,
    receivers: Count,
    weak_receivers: Count,
    log: Log<T>,
}

// Foreign code never runs while the channel is in disorder, so none can leave it so by a panic.
impl<T> UnwindSafe for Channel<T> {}
impl<T> RefUnwindSafe for Channel<T> {}

impl<T> Channel<T> {
    pub(super) const HAS_ITS_BUFFER_FIRST: bool = core::mem::offset_of!(Channel<T>, buffer) == 0;

    #[inline(always)]
    pub(crate) fn new(capacity: usize, log: Log<T>) -> Channel<T> {
        Channel {
            buffer: Buffer::new(capacity),
            senders: Count::new(1),
            weak_senders: Count::new(0),
            receivers: Count::new(1),
            weak_receivers: Count::new(0),
            log,
        }
    }

    /// Senders that were woken and have yet to look.
    fn send_turns(&self) -> usize {
        self.buffer.head().turns(self.buffer.tail())
    }

    /// Receivers that were woken and have yet to look.
    fn recv_turns(&self) -> usize {
        self.buffer.tail().turns(self.buffer.head())
    }

    /// Gives a turn to the first sender that waits. Its waker is for after the head.
    #[inline]
    fn wake_sender(&self, head: &mut Held<'_, Head<T>>) -> Option<Waker> {
        if self.log.is_on() {
            head.tell_first();
        }
        self.give_sender_turn(head)
    }

    /// As `wake_sender`, when it was told.
    #[inline]
    fn give_sender_turn(&self, head: &mut Held<'_, Head<T>>) -> Option<Waker> {
        if !head.anyone_waits() {
            return None;
        }
        self.buffer.send_pace().woken(head.is_from_afar());
        head.wake_first(self.send_turns() == 0)
    }

    /// Gives a turn to the first receiver that waits. Its waker is for after the tail.
    #[inline]
    fn wake_receiver(&self, tail: &mut Held<'_, Tail<T>>) -> Option<Waker> {
        if self.log.is_on() {
            tail.tell_first();
        }
        self.give_receiver_turn(tail)
    }

    /// As `wake_receiver`, when it was told.
    #[inline]
    fn give_receiver_turn(&self, tail: &mut Held<'_, Tail<T>>) -> Option<Waker> {
        if !tail.anyone_waits() {
            return None;
        }
        self.buffer.recv_pace().woken(tail.is_from_afar());
        tail.wake_first(self.recv_turns() == 0)
    }

    /// How many messages could be added.
    #[inline]
    fn room(&self, tail: &Held<'_, Tail<T>>) -> usize {
        if self.buffer.capacity() == 0 {
            tail.waiting().saturating_sub(tail.reserved())
        } else {
            self.buffer.room_at(tail)
        }
    }

    /// A number that changes whenever a message is sent or received, most likely.
    fn witness(&self) -> u8 {
        self.buffer.tail().position().witness(self.buffer.head().position())
    }

    /// How many messages are queued. In the midst of `force_send` one more would be seen than there is room for.
    pub(crate) fn len(&self) -> usize {
        let tail = self.buffer.tail().take();
        let len = self.buffer.len_at(&tail);
        if self.buffer.capacity() == 0 { len } else { len.min(self.buffer.capacity().saturating_sub(tail.reserved())) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether nothing can be added but by luck: at capacity 0 always.
    pub(crate) fn is_full(&self) -> bool {
        self.buffer.capacity() == 0 || self.free_capacity() == Some(0)
    }

    /// How many messages it may hold, if that is bounded.
    pub(crate) fn capacity(&self) -> Option<usize> {
        (self.buffer.capacity() != usize::MAX).then_some(self.buffer.capacity())
    }

    /// How much of the capacity neither a message nor a permit takes.
    pub(crate) fn free_capacity(&self) -> Option<usize> {
        let capacity = self.capacity()?;
        let tail = self.buffer.tail().take();
        Some(capacity.saturating_sub(self.buffer.len_at(&tail) + tail.reserved()))
    }

    /// How its messages are put into words in recordings, if it is in one.
    #[cfg(feature = "record")]
    pub(crate) fn texts(&self) -> Option<&Texts<T>> {
        self.log.texts()
    }

    /// How many permits are out.
    pub(crate) fn reserved(&self) -> usize {
        self.buffer.tail().take().reserved()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.buffer.tail().has(CLOSED)
    }

    pub(crate) fn waiting_senders(&self) -> usize {
        self.buffer.head().take().waiting()
    }

    pub(crate) fn waiting_receivers(&self) -> usize {
        self.buffer.tail().take().waiting()
    }

    /// How many sends in a row may be ready before one yields.
    pub(crate) fn set_send_budget(&self, limit: Option<NonZeroU32>) {
        self.buffer.tail().take().budget.set(limit);
    }

    /// How many receives in a row may be ready before one yields.
    pub(crate) fn set_recv_budget(&self, limit: Option<NonZeroU32>) {
        self.buffer.head().take().budget.set(limit);
    }

    /// The state of the channel, none of the messages; of which so many were taken that the head does not know of.
    fn describe(&self, name: &str, taken: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("len", &self.len().saturating_sub(taken))
            .field("capacity", &self.capacity())
            .field("reserved", &self.reserved())
            .field("closed", &self.is_closed())
            .field("senders", &self.sender_count())
            .field("receivers", &self.receiver_count())
            .finish_non_exhaustive()
    }
}
