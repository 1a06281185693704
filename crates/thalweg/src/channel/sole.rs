//! The one receiver of a channel that has no other.
//!
//! Since it is used by `&mut`, what it needs to wait can lie in the channel's allocation, and it need not take every
//! message under the head's lock: in the block that the head is in, it goes ahead of it.
//!
//! Invariants:
//!
//! 1. There is one `Sole` for each `Home`, and only it touches what the home's cells hold.
//! 2. Before it takes a message by the head, and before it goes, the head has caught up. Nobody else takes any.
//! 3. It goes ahead only in an unbounded channel: elsewhere a message that was taken is room for the next.
//! 4. While the waiter is linked no message comes or goes: whoever adds one takes it out of the queue in the same hold.

use super::handle::{Beside, Receiving, Sending, Strong, pair};
use super::{Channel, Handle, Via};
use crate::coop;
use crate::error::{RecvError, TryRecvError};
use crate::raw::{Ahead, Arrival, Head, Held, Waiter};
use crate::record::Log;
use crate::sync::{AtomicU8, AtomicU32, Ordering};
use alloc::vec::Vec;
use core::{
    cell::UnsafeCell,
    fmt,
    num::NonZeroU32,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

/// What the one receiver keeps beside the channel.
pub(crate) struct Home<T> {
    waiter: UnsafeCell<Waiter>,
    stock: UnsafeCell<Stock<T>>,
    /// How many messages the head is behind, for whoever asks. They lie in one block.
    taken: AtomicU32,
    /// Whether the receiver, as a stream, has come to its end.
    ended: AtomicU8,
}

struct Stock<T> {
    ahead: Ahead<T>,
    /// How many of those that were taken ahead count against the budget, and how many may.
    charged: u32,
    allowed: u32,
    /// Which waker is in the queue, while the waiter is linked.
    linked: Identity,
}

/// By what `Waker::will_wake` tells wakers apart. Compared only while the waiter is linked: then the waker in the queue
/// exists, and what is equal to it wakes the same task.
type Identity = (usize, usize);

fn identity(waker: &Waker) -> Identity {
    (waker.data().addr(), core::ptr::from_ref(waker.vtable()).addr())
}

impl<T> Default for Home<T> {
    fn default() -> Self {
        let stock = Stock { ahead: Ahead::nowhere(), charged: 0, allowed: 0, linked: (0, 0) };
        Home {
            waiter: UnsafeCell::new(Waiter::new()),
            stock: UnsafeCell::new(stock),
            taken: AtomicU32::new(0),
            ended: AtomicU8::new(0),
        }
    }
}

// SAFETY: the cells belong to the one `Sole` (invariant 1), which is `Send` only if its messages are: a home that is
// shared is handed from thread to thread with it.
unsafe impl<T: Send> Sync for Home<T> {}

// As for the channel: foreign code never runs while a home is in disorder.
impl<T> UnwindSafe for Home<T> {}
impl<T> RefUnwindSafe for Home<T> {}

impl<T> Beside for Home<T> {
    fn taken_ahead(&self) -> usize {
        // Relaxed: it may be outdated by the time it is read anyway.
        self.taken.load(Ordering::Relaxed) as usize
    }
}

/// The receiving handle of a channel that has only one.
pub(crate) struct Sole<T>(Strong<T, Receiving, Home<T>>);

/// A new channel: its first sender, and its receiver.
pub(crate) fn sole<T>(capacity: usize, log: Log<T>) -> (Strong<T, Sending, Home<T>>, Sole<T>) {
    let (sending, receiving) = pair(capacity, log);
    (sending, Sole(receiving))
}

/// What a receive works with, beside the waiter.
struct Parts<'a, T> {
    channel: Via<'a, T>,
    stock: &'a mut Stock<T>,
    taken: &'a AtomicU32,
}

impl<'a, T> Parts<'a, T> {
    /// Takes the next message without the lock, if the head is followed and there is one in its block.
    #[inline]
    fn take_ahead<const CHARGED: bool>(&mut self) -> Option<T> {
        if CHARGED && self.stock.charged == self.stock.allowed {
            return None;
        }
        let message = self.channel.buffer.pop_ahead(&mut self.stock.ahead)?;
        self.stock.charged += u32::from(CHARGED);
        // Relaxed: see `taken_ahead`.
        self.taken.store(self.stock.ahead.taken() as u32, Ordering::Relaxed);
        Some(message)
    }

    /// Lets the head catch up, if it is behind.
    #[inline]
    fn settle(&mut self) {
        if self.stock.ahead.taken() > 0 {
            catch_up(&self.channel, self.stock, self.taken);
        } else {
            self.stock.ahead.stop();
        }
    }

    /// Takes the next message, and goes ahead from there, if nothing stands in the way. The head has caught up.
    #[inline(always)]
    fn take<const CHARGED: bool>(&mut self, woken: Option<Pin<&mut Waiter>>) -> Result<T, Option<Held<'a, Head<T>>>> {
        debug_assert_eq!(self.stock.ahead.taken(), 0, "the head is behind");
        let mut taken = None;
        let running = self.channel.channel.take_running::<CHARGED>(woken, |head| {
            let is_taken = self.channel.buffer.pop_running(head, &mut taken);
            if is_taken && self.channel.buffer.capacity() == usize::MAX {
                self.stock.allowed = head.budget.left().saturating_sub(u32::from(CHARGED));
                // SAFETY: by invariants 1 and 2 nobody takes anything else before the head has caught up, and it has
                // before the handle goes which keeps the channel.
                unsafe { self.channel.buffer.go_ahead(head, &mut self.stock.ahead) };
            }
            is_taken
        });
        running.and(taken.ok_or(None))
    }

    /// Whether it waits already, with this waker. By invariant 4 nothing has moved since then, so there are no senders
    /// either that it had not looked after.
    fn waits_with(&self, waiter: &Pin<&mut Waiter>, waker: &Waker) -> bool {
        let waits = waiter.arrival() == Arrival::Linked && self.stock.linked == identity(waker);
        waits && !waiter.is_anxious()
    }

    /// A poll that found nothing ahead, or has tokio's budget to ask first.
    #[inline(never)]
    fn poll_take(&mut self, waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        if coop::IS_SHARED || !waiter.is_new() {
            return self.poll_again(waiter, cx);
        }
        self.settle();
        match self.take::<true>(None) {
            Ok(message) => Poll::Ready(Ok(message)),
            Err(held) => self.wait(waiter, cx, held),
        }
    }

    #[inline(never)]
    fn poll_again(&mut self, mut waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        if self.waits_with(&waiter, cx.waker()) {
            return Poll::Pending;
        }
        let proceeding = ready!(coop::proceed(false, cx));
        if let Some(message) = self.take_ahead::<true>() {
            proceeding.made_progress();
            return Poll::Ready(Ok(message));
        }
        self.settle();
        let is_first = waiter.is_first();
        let mut held = None;
        if is_first || waiter.is_new() {
            match self.take::<true>(if is_first { Some(waiter.as_mut()) } else { None }) {
                Ok(message) => {
                    debug_assert!(waiter.is_new());
                    proceeding.made_progress();
                    return Poll::Ready(Ok(message));
                }
                Err(head) => held = head,
            }
        }
        // What follows asks for a unit of its own.
        proceeding.give_back();
        self.wait(waiter, cx, held)
    }

    #[inline]
    fn wait(
        &mut self,
        waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
        held: Option<Held<'a, Head<T>>>,
    ) -> Poll<Result<T, RecvError>> {
        // Of the one in the queue, and when it comes there: the one it was cloned from may go, and another come to lie in its
        // place; and foreign code that is called afterwards may panic.
        let linked = &mut self.stock.linked;
        self.channel.poll_take(waiter, cx, held, |waker| *linked = identity(waker))
    }
}

/// Not a method: `Parts` as a whole would have to lie in memory for it.
#[inline(never)]
fn catch_up<T>(channel: &Channel<T>, stock: &mut Stock<T>, taken: &AtomicU32) {
    let mut head = channel.buffer.head().take();
    channel.buffer.catch_up(&mut head, &mut stock.ahead);
    head.budget.charge(core::mem::take(&mut stock.charged));
    drop(head);
    // Relaxed: see `taken_ahead`.
    taken.store(0, Ordering::Relaxed);
}

impl<T> Sole<T> {
    #[inline]
    fn parts(&mut self) -> (Parts<'_, T>, Pin<&mut Waiter>) {
        let home = Strong::beside(&self.0);
        // SAFETY: by invariant 1 this is the one way to the waiter, and `&mut self` makes the reference the only one.
        let waiter = unsafe { &mut *home.waiter.get() };
        // SAFETY: it never moves: it lies in an allocation that this handle keeps alive.
        let waiter = unsafe { Pin::new_unchecked(waiter) };
        // SAFETY: as above, of the stock.
        let stock = unsafe { &mut *home.stock.get() };
        (Parts { channel: self.0.via(), stock, taken: &home.taken }, waiter)
    }

    /// The channel, to take by its head.
    fn settled(&mut self) -> Via<'_, T> {
        self.parts().0.settle();
        self.0.via()
    }

    #[inline]
    pub(crate) fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let (mut parts, _) = self.parts();
        if let Some(message) = parts.take_ahead::<false>() {
            return Ok(message);
        }
        parts.settle();
        parts.take::<false>(None).or_else(|held| parts.channel.try_recv_slowly(held))
    }

    /// A message if one can be had at once; else the channel, to look closer.
    #[cfg(feature = "std")]
    pub(super) fn recv_at_once(&mut self) -> Result<T, Via<'_, T>> {
        let (mut parts, _) = self.parts();
        if let Some(message) = parts.take_ahead::<true>() {
            return Ok(message);
        }
        parts.settle();
        parts.take::<true>(None).map_err(|_| parts.channel)
    }

    #[inline(always)]
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let (mut parts, waiter) = self.parts();
        let ahead = if coop::IS_SHARED { None } else { parts.take_ahead::<true>() };
        match ahead {
            Some(message) => Poll::Ready(Ok(message)),
            None => parts.poll_take(waiter, cx),
        }
    }

    /// Waits for a message, then takes what else is there. None only if the channel is closed and empty, or `limit` is 0.
    pub(crate) fn poll_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize, cx: &mut Context<'_>) -> Poll<usize> {
        if limit == 0 {
            return Poll::Ready(0);
        }
        let Ok(first) = ready!(self.poll_recv(cx)) else { return Poll::Ready(0) };
        buffer.push(first);
        Poll::Ready(1 + self.take_more(buffer, limit - 1))
    }

    /// Takes up to `limit` of the messages that are there now.
    pub(super) fn take_more(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        let limit = limit.min(self.len());
        let (mut parts, _) = self.parts();
        let before = buffer.len();
        buffer.extend(core::iter::from_fn(|| parts.take_ahead::<false>()).take(limit));
        let taken = buffer.len() - before;
        taken + if taken < limit { self.settled().take_more(buffer, limit - taken) } else { 0 }
    }

    /// Who it is, if that is recorded.
    #[cfg(feature = "record")]
    pub(crate) fn by(&self) -> crate::record::By {
        self.0.via().by()
    }

    /// Leaves the line.
    pub(crate) fn leave(&mut self) {
        let (parts, waiter) = self.parts();
        parts.channel.note(Some(&waiter)).cancelled();
        parts.channel.leave_receivers(waiter);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len() - Strong::beside(&self.0).taken_ahead()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn close(&self) {
        self.0.via().close();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    pub(crate) fn capacity(&self) -> Option<usize> {
        self.0.capacity()
    }

    pub(crate) fn free_capacity(&self) -> Option<usize> {
        self.0.free_capacity()
    }

    pub(crate) fn sender_count(&self) -> usize {
        self.0.sender_count()
    }

    pub(crate) fn weak_sender_count(&self) -> usize {
        self.0.weak_sender_count()
    }

    pub(crate) fn set_recv_budget(&mut self, budget: Option<NonZeroU32>) {
        self.settled().set_recv_budget(budget);
    }

    /// Notes that the receiver, as a stream, has come to its end.
    pub(crate) fn end(&mut self) {
        // Relaxed: it is the receiver's own, which is handed from thread to thread as a whole.
        Strong::beside(&self.0).ended.store(1, Ordering::Relaxed);
    }

    pub(crate) fn has_ended(&self) -> bool {
        Strong::beside(&self.0).ended.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(name, f)
    }
}

impl<T> Drop for Sole<T> {
    fn drop(&mut self) {
        // First, since a waker may panic: then the handle goes all the same.
        self.settled();
        self.leave();
    }
}
