//! Many messages at a time.

use super::future::{RecvMany, SendMany};
use super::receiver::Receiver;
use super::sender::Sender;
use crate::channel::Handle;
use crate::error::{TryRecvError, TrySendError};
use crate::raw::Chain;
use alloc::collections::VecDeque;
use core::{fmt, iter::FusedIterator};

/// Many messages at a time.
impl<T> Sender<T> {
    /// Sends everything in the deque, from the front, waiting for room as often as it must.
    ///
    /// Messages leave the deque as they enter the channel. At any moment the deque holds exactly what was not sent,
    /// in order: after an error, after the future was dropped, and while it is pending.
    ///
    /// # Errors
    ///
    /// When the channel is closed before everything is sent, or was closed before the first poll, even if the deque is
    /// empty. What was not sent is in the deque.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future loses nothing: what was sent is sent, the rest is in the deque. Calling it
    /// again with the same deque goes on where it stopped.
    ///
    /// # Fairness and cost
    ///
    /// The messages stay in order; other senders' messages may come between them. A poll sends as many as there is
    /// room for and the budget allows. No allocation beyond what storing the messages takes.
    ///
    /// ```
    /// use std::collections::VecDeque;
    /// use futures_lite::future::{block_on, poll_once};
    ///
    /// let (tx, rx) = thalweg::mpmc::bounded(2);
    /// let mut messages = VecDeque::from([1, 2, 3]);
    /// block_on(async {
    ///     assert!(poll_once(tx.send_many(&mut messages)).await.is_none()); // room for two, then cancelled
    ///     assert_eq!(messages, [3]);
    ///     assert_eq!(rx.recv().await, Ok(1));
    ///     assert_eq!(tx.send_many(&mut messages).await, Ok(()));
    ///     assert_eq!(rx.drain().collect::<Vec<_>>(), [2, 3]);
    /// });
    /// ```
    pub fn send_many<'a>(&'a self, messages: &'a mut VecDeque<T>) -> SendMany<'a, T> {
        SendMany::new(self.channel.via(), messages)
    }

    /// Sends from the front of the deque as much as there is room for now. `Ok` means that the deque is empty.
    ///
    /// # Errors
    ///
    /// [`Full`](TrySendError::Full) when there is no room for the rest, [`Closed`](TrySendError::Closed) when the
    /// channel is closed. What was not sent is in the deque, in order.
    pub fn try_send_many(&self, messages: &mut VecDeque<T>) -> Result<(), TrySendError<()>> {
        self.channel.via().try_send_many(messages)
    }
}

/// Many messages at a time.
impl<T> Receiver<T> {
    /// Waits for at least one message, then takes what is queued, up to `limit`, into `buffer`.
    ///
    /// What is sent while the buffer takes in the first may come too, what is sent after that is left for the next call. The buffer is anything that can be extended:
    /// a `Vec`, a `VecDeque`, a `HashSet`; what is in it stays. Returns how many messages came. A `limit` of 0 returns
    /// `Ok(0)` at once.
    ///
    /// It takes what is in the channel and nothing else: messages of sends that wait for room enter in their own
    /// polls, after this one made room for them.
    ///
    /// # Errors
    ///
    /// When the channel is closed and empty.
    ///
    /// # Cancel safety
    ///
    /// Messages are taken only in the poll that returns: a pending future that is dropped has taken nothing and put
    /// nothing into the buffer.
    ///
    /// # Panics
    ///
    /// If the buffer's `extend` does. Messages it had been given and those of the same small batch (up to 15) are
    /// lost.
    ///
    /// # Fairness and cost
    ///
    /// It waits in the same line as [`recv`](Self::recv), as one receiver, whatever the limit. Beyond the first message
    /// it takes also those that others were woken for and have yet to look at; they go back to the front of the
    /// line, or [stay awake](crate::mpmc#who-goes-first). No allocation but the buffer's own.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = thalweg::mpmc::unbounded();
    /// for i in 0..5 {
    ///     tx.send(i).await.unwrap();
    /// }
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.recv_many(&mut batch, 3).await, Ok(3));
    /// assert_eq!(rx.recv_many(&mut batch, 3).await, Ok(2));
    /// assert_eq!(batch, [0, 1, 2, 3, 4]);
    /// # });
    /// ```
    pub fn recv_many<'a, E>(&'a self, buffer: &'a mut E, limit: usize) -> RecvMany<'a, T, E>
    where
        E: Extend<T>,
    {
        RecvMany::new(self.channel.via(), buffer, limit)
    }

    /// Takes what is queued now, up to `limit`, into `buffer`, and returns how many messages came.
    ///
    /// A `limit` of 0 returns `Ok(0)`.
    ///
    /// # Errors
    ///
    /// As [`try_recv`](Self::try_recv): [`Empty`](TryRecvError::Empty) when nothing is queued,
    /// [`Closed`](TryRecvError::Closed) when nothing ever will be.
    pub fn try_recv_many<E>(&self, buffer: &mut E, limit: usize) -> Result<usize, TryRecvError>
    where
        E: Extend<T>,
    {
        self.channel.via().try_recv_many(buffer, limit)
    }

    /// Takes everything that is queued now out of the channel.
    ///
    /// The messages are detached at once: the room is free before the first of them is looked at, nobody else
    /// receives them, and dropping the iterator drops those that are left. Sends that wait for room keep their
    /// messages.
    ///
    /// # Cost
    ///
    /// Constant time, and waking the senders for which there is room now. The blocks in which the messages lie go with
    /// them, so that the next message takes one that is kept, or allocates.
    ///
    /// ```
    /// let (tx, rx) = thalweg::mpmc::bounded(2);
    /// tx.try_send(1)?;
    /// tx.try_send(2)?;
    /// let drained = rx.drain();
    /// tx.try_send(3)?;
    /// assert_eq!(drained.collect::<Vec<_>>(), [1, 2]);
    /// # Ok::<(), thalweg::mpmc::TrySendError<i32>>(())
    /// ```
    pub fn drain(&self) -> Drain<T> {
        Drain { messages: self.channel.via().drain() }
    }

    /// Closes the channel and takes what is left in it.
    ///
    /// [`close`](Self::close) alone leaves accepted messages to be received; this is the explicit way not to. No send
    /// succeeds afterwards but those with a permit that is out; such a message can still be received.
    ///
    /// ```
    /// let (tx, rx) = thalweg::mpmc::unbounded();
    /// tx.try_send(1).unwrap();
    /// assert_eq!(rx.close_and_drain().collect::<Vec<_>>(), [1]);
    /// assert!(tx.try_send(2).unwrap_err().is_closed());
    /// ```
    pub fn close_and_drain(&self) -> Drain<T> {
        self.channel.via().close();
        self.drain()
    }

    /// Receives for as long as messages are queued, without waiting.
    ///
    /// Each step is a [`try_recv`](Self::try_recv): it sees messages that come meanwhile, and shares with
    /// other receivers. It may go on after it has returned `None`.
    ///
    /// ```
    /// let (tx, rx) = thalweg::mpmc::unbounded();
    /// tx.try_send(1).unwrap();
    /// let mut messages = rx.try_iter();
    /// assert_eq!(messages.next(), Some(1));
    /// assert_eq!(messages.next(), None);
    /// ```
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }
}

/// Messages that were taken out of a channel, from [`Receiver::drain`] and [`Receiver::close_and_drain`].
///
/// Dropping it drops the messages that are left in it.
#[must_use = "dropping drained messages drops them"]
pub struct Drain<T> {
    messages: Chain<T>,
}

impl<T> Iterator for Drain<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.messages.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.messages.size_hint()
    }
}

impl<T> ExactSizeIterator for Drain<T> {}

impl<T> FusedIterator for Drain<T> {}

/// The messages that are queued, one `try_recv` after another, from [`Receiver::try_iter`].
#[must_use = "iterators do nothing unless consumed"]
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

impl<T> fmt::Debug for Drain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").field("left", &self.messages.len()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for TryIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryIter").field("receiver", self.receiver).finish()
    }
}
