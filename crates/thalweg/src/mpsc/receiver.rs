//! The receiving handle.
//!
//! There is one receiver, so there is one place to wait, and it belongs to the receiver, not to each `recv`:
//!
//! 1. A `recv` that is given up leaves the waiter where it is; the next one goes on with it, and a message that comes
//!    in between wakes whoever polled last.
//! 2. But at capacity 0, where a receiver that waits is room, it leaves the line: a send completes only while somebody
//!    waits.
//! 3. A thread that blocks waits in a place of its own; the receiver's is left before.

use super::error::TryRecvError;
use super::future::{Recv, RecvMany};
use crate::channel::Sole;
use alloc::vec::Vec;
use core::{
    fmt,
    num::NonZeroU32,
    task::{Context, Poll},
};

/// The receiving side of a [`channel`](super::channel()).
///
/// There is one, and it is used by `&mut`. When it is dropped the channel closes and the messages in it are dropped at
/// once; a reply that waits inside a queued message learns of it immediately.
///
/// A receiver is a `Stream` and a `FusedStream`, and `Unpin`.
pub struct Receiver<T> {
    pub(super) channel: Sole<T>,
}

impl<T> Receiver<T> {
    pub(super) fn new(channel: Sole<T>) -> Self {
        Self { channel }
    }

    /// Receives a message, waiting while there is none. `None` when the channel is closed and empty.
    ///
    /// While a permit is out its message may still come, so it waits for it.
    ///
    /// # Cancel safety
    ///
    /// A message is taken only in the poll that returns it: dropping the pending future loses none. The place in the
    /// line belongs to the receiver: a `select!` loop that drops and remakes the future does not begin anew. (But with
    /// capacity 0 a send completes only while somebody waits, so there a dropped future leaves the line.)
    ///
    /// # Cost
    ///
    /// Constant time, no allocation.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::mpsc::channel(1);
    /// tx.send("hello").await.unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Some("hello"));
    /// assert_eq!(rx.recv().await, None); // closed and empty
    /// # });
    /// ```
    #[inline]
    pub fn recv(&mut self) -> Recv<'_, T> {
        Recv::new(self)
    }

    /// Waits for at least one message, then takes what is queued, up to `limit`, and appends it to `buffer`.
    ///
    /// Returns how many messages came: 0 when the channel is closed and empty, or when `limit` is 0, and then at once.
    /// It takes what is in the channel and nothing else: messages of sends that wait for room enter in their own
    /// polls, after this one made room for them.
    ///
    /// # Cancel safety
    ///
    /// Messages are taken only in the poll that returns: a pending future that is dropped has taken nothing and put
    /// nothing into the buffer.
    ///
    /// # Cost
    ///
    /// Messages are taken several at a time. No allocation but the buffer's own.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::mpsc::channel(5);
    /// for i in 0..5 {
    ///     tx.send(i).await.unwrap();
    /// }
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.recv_many(&mut batch, 3).await, 3);
    /// assert_eq!(rx.recv_many(&mut batch, 3).await, 2);
    /// assert_eq!(batch, [0, 1, 2, 3, 4]);
    /// # });
    /// ```
    pub fn recv_many<'a>(&'a mut self, buffer: &'a mut Vec<T>, limit: usize) -> RecvMany<'a, T> {
        RecvMany::new(self, buffer, limit)
    }

    /// Receives a message if there is one now.
    ///
    /// # Errors
    ///
    /// [`Empty`](TryRecvError::Empty) when nothing is queued, [`Disconnected`](TryRecvError::Disconnected) when the
    /// channel is closed and empty and no permit is out: nothing ever will be.
    ///
    /// ```
    /// use thalweg::mpsc::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = mpsc::channel(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.try_send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    /// ```
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.try_recv().map_err(TryRecvError::from)
    }

    /// Polls for the next message, for hand-written futures and streams. `None` when the channel is closed and empty,
    /// at this and any later poll.
    ///
    /// While it returns `Pending`, this receiver waits, and the waker of the last poll is woken, whichever method it
    /// came through. It keeps its place when the receiver is moved. With capacity 0 a receiver that was polled by hand
    /// waits, and so is room for one message, until it has received one.
    ///
    /// # Cancel safety
    ///
    /// A message is taken only in the poll that returns it.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::mpsc::channel(1);
    /// tx.try_send(1).unwrap();
    /// let message = std::future::poll_fn(|cx| rx.poll_recv(cx)).await;
    /// assert_eq!(message, Some(1));
    /// # });
    /// ```
    #[inline]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.channel.poll_recv(cx).map(Result::ok)
    }

    /// Polls for at least one message and takes what is queued, up to `limit`, as [`recv_many`](Self::recv_many) does.
    ///
    /// It waits in the same place as [`poll_recv`](Self::poll_recv).
    pub fn poll_recv_many(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<T>, limit: usize) -> Poll<usize> {
        self.channel.poll_recv_many(buffer, limit, cx)
    }

    /// Closes the channel: no send succeeds any more, but through permits that are out. What is queued can still be
    /// received.
    ///
    /// To have everything, receive until `None` comes: then it is empty and no permit is out.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::mpsc::channel(2);
    /// let permit = tx.reserve().await.unwrap();
    /// rx.close();
    /// assert!(tx.send("too late").await.is_err());
    /// permit.send("was promised room");
    /// assert_eq!(rx.recv().await, Some("was promised room"));
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// ```
    pub fn close(&mut self) {
        self.channel.close();
    }

    /// Whether the channel is closed: [`close`](Self::close) was called, or no sender is left. Messages may be left.
    pub fn is_closed(&self) -> bool {
        self.channel.is_closed()
    }

    /// Whether no message is queued.
    pub fn is_empty(&self) -> bool {
        self.channel.is_empty()
    }

    /// How many messages are queued. Permits that are out don't count.
    pub fn len(&self) -> usize {
        self.channel.len()
    }

    /// For how many messages there is room now. Permits that are out count as used.
    #[doc(alias = "free_capacity")]
    pub fn capacity(&self) -> usize {
        self.channel.free_capacity().unwrap_or(usize::MAX)
    }

    /// For how many messages there is room in all: what [`channel`](super::channel()) was given.
    pub fn max_capacity(&self) -> usize {
        self.channel.capacity().unwrap_or(usize::MAX)
    }

    /// How many senders there are. Owned permits and their futures count, weak senders don't.
    pub fn sender_strong_count(&self) -> usize {
        self.channel.sender_count()
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.channel.weak_sender_count()
    }

    /// Sets the cooperative budget of the receiving side. `None` means never to yield.
    ///
    /// After this many ready async operations in a row without one that waited, one poll wakes itself and returns
    /// `Pending`, so that a task that receives without end lets its neighbours run. It starts at eight times the
    /// capacity, but 128 at the least and 1,024 at the most. Blocking and `try_` calls never yield.
    pub fn set_budget(&mut self, budget: Option<NonZeroU32>) {
        self.channel.set_recv_budget(budget);
    }

    /// A future that waited has been dropped.
    pub(super) fn pause(&mut self) {
        if self.channel.capacity() == Some(0) {
            self.channel.leave();
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.describe("Receiver", f)
    }
}
