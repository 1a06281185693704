//! The handles of an unbounded channel: sending waits for nobody.

use super::error::TryRecvError;
use super::future::{Closed, Recv, RecvMany};
use super::receiver::Receiver;
use super::sender::send_now;
use crate::channel::{Handle, Home, Sending, Strong, Weak};
use crate::error::SendError;
use alloc::vec::Vec;
use core::{
    fmt,
    num::NonZeroU32,
    task::{Context, Poll},
};

/// The sending side of an [`unbounded_channel`](super::unbounded_channel).
///
/// Any number of senders share a channel: clone it, or share it by reference. When the last one is dropped the
/// channel closes: the receiver takes what is queued and then sees the end.
pub struct UnboundedSender<T> {
    pub(super) channel: Strong<T, Sending, Home<T>>,
}

impl<T> UnboundedSender<T> {
    pub(super) fn new(channel: Strong<T, Sending, Home<T>>) -> Self {
        Self { channel }
    }

    /// Sends a message. It never waits.
    ///
    /// # Errors
    ///
    /// With the message, when the receiver was closed or dropped.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::mpsc::unbounded_channel();
    /// tx.send(1)?;
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// drop(rx);
    /// assert_eq!(tx.send(2).unwrap_err().0, 2);
    /// # Ok::<(), thalweg::mpsc::error::SendError<i32>>(())
    /// ```
    #[inline]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        send_now(&self.channel, message)
    }

    /// Waits until the receiver is closed or dropped: nobody wants messages any more.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future has no effect; calling it again waits for the same.
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(self.channel.via())
    }

    /// Whether the receiver was closed or dropped.
    pub fn is_closed(&self) -> bool {
        self.channel.is_closed()
    }

    /// Whether the other sender belongs to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Strong::same_channel(&self.channel, &other.channel)
    }

    /// A weak sender of the same channel, which does not keep it open.
    #[must_use = "it makes a weak sender, and leaves this one as it is"]
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender { channel: Strong::downgrade(&self.channel) }
    }

    /// How many senders there are. Weak senders don't count.
    pub fn strong_count(&self) -> usize {
        self.channel.sender_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.channel.weak_sender_count()
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self::new(self.channel.clone())
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.describe("UnboundedSender", f)
    }
}

/// A sender that does not keep the channel open, from [`UnboundedSender::downgrade`].
///
/// It keeps the channel's memory, but no message: those are dropped with the receiver.
pub struct WeakUnboundedSender<T> {
    channel: Weak<T, Sending, Home<T>>,
}

impl<T> WeakUnboundedSender<T> {
    /// A sender of the channel, or `None` once no sender is left.
    ///
    /// That the receiver was closed does not matter to it.
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        self.channel.upgrade_present().map(UnboundedSender::new)
    }

    /// How many senders there are. Weak senders don't count.
    pub fn strong_count(&self) -> usize {
        self.channel.channel().sender_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.channel.channel().weak_sender_count()
    }
}

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { channel: self.channel.clone() }
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakUnboundedSender").finish_non_exhaustive()
    }
}

/// The receiving side of an [`unbounded_channel`](super::unbounded_channel).
///
/// All that [`Receiver`] says is true of it; it has no capacity to ask for.
pub struct UnboundedReceiver<T> {
    pub(super) receiver: Receiver<T>,
}

impl<T> UnboundedReceiver<T> {
    pub(super) fn new(receiver: Receiver<T>) -> Self {
        Self { receiver }
    }

    /// Receives a message, waiting while there is none. `None` when the channel is closed and empty.
    ///
    /// # Cancel safety
    ///
    /// A message is taken only in the poll that returns it: dropping the pending future loses none. The place in the
    /// line belongs to the receiver: a `select!` loop that drops and remakes the future does not begin anew.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::mpsc::unbounded_channel();
    /// tx.send("hello").unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Some("hello"));
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// ```
    #[inline]
    pub fn recv(&mut self) -> Recv<'_, T> {
        self.receiver.recv()
    }

    /// Waits for at least one message, then takes what is queued, up to `limit`, and appends it to `buffer`.
    ///
    /// Returns how many messages came: 0 when the channel is closed and empty, or when `limit` is 0, and then at once.
    ///
    /// # Cancel safety
    ///
    /// Messages are taken only in the poll that returns: a pending future that is dropped has taken nothing and put
    /// nothing into the buffer.
    pub fn recv_many<'a>(&'a mut self, buffer: &'a mut Vec<T>, limit: usize) -> RecvMany<'a, T> {
        self.receiver.recv_many(buffer, limit)
    }

    /// Receives a message if there is one now.
    ///
    /// # Errors
    ///
    /// [`Empty`](TryRecvError::Empty) when nothing is queued, [`Disconnected`](TryRecvError::Disconnected) when the
    /// channel is closed and empty.
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.receiver.try_recv()
    }

    /// Polls for the next message, as [`Receiver::poll_recv`] does.
    #[inline]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.receiver.poll_recv(cx)
    }

    /// Polls for at least one message and takes what is queued, up to `limit`, as [`recv_many`](Self::recv_many) does.
    pub fn poll_recv_many(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<T>, limit: usize) -> Poll<usize> {
        self.receiver.poll_recv_many(cx, buffer, limit)
    }

    /// Closes the channel: no send succeeds any more. What is queued can still be received.
    pub fn close(&mut self) {
        self.receiver.close();
    }

    /// Whether the channel is closed: [`close`](Self::close) was called, or no sender is left. Messages may be left.
    pub fn is_closed(&self) -> bool {
        self.receiver.is_closed()
    }

    /// Whether no message is queued.
    pub fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }

    /// How many messages are queued.
    pub fn len(&self) -> usize {
        self.receiver.len()
    }

    /// How many senders there are. Weak senders don't count.
    pub fn sender_strong_count(&self) -> usize {
        self.receiver.sender_strong_count()
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.receiver.sender_weak_count()
    }

    /// Sets the cooperative budget of the receiving side, as [`Receiver::set_budget`] does.
    pub fn set_budget(&mut self, budget: Option<NonZeroU32>) {
        self.receiver.set_budget(budget);
    }
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.receiver.channel.describe("UnboundedReceiver", f)
    }
}
