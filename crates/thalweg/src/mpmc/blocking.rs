//! The same operations on a thread that blocks (feature `std`).

use super::receiver::Receiver;
use super::sender::Sender;
use crate::channel::Handle;
use crate::channel::blocking::deadline;
use crate::channel::operation::{Put, PutMany, Take, TakeMany};
use crate::error::{RecvError, RecvTimeoutError, SendError, SendTimeoutError};
use alloc::collections::VecDeque;
use core::{fmt, iter::FusedIterator};
use std::time::{Duration, Instant};

/// Sending from a thread that may block.
///
/// These wait in the same line as the futures. They don't panic inside an async runtime, but they block its thread:
/// there, use the futures.
impl<T> Sender<T> {
    /// Sends a message, blocking the thread while there is no room.
    ///
    /// With capacity 0 it blocks until a receiver waits for the message.
    ///
    /// # Errors
    ///
    /// With the message, when the channel is closed, also while it blocks.
    ///
    /// ```
    /// let (tx, rx) = thalweg::mpmc::bounded(1);
    /// let worker = std::thread::spawn(move || rx.iter_blocking().sum::<i32>());
    /// for i in 0..10 {
    ///     tx.send_blocking(i)?;
    /// }
    /// drop(tx);
    /// assert_eq!(worker.join().unwrap(), 45);
    /// # Ok::<(), thalweg::mpmc::SendError<i32>>(())
    /// ```
    pub fn send_blocking(&self, message: T) -> Result<(), SendError<T>> {
        self.channel.via().block_on(Put(Some(message)))
    }

    /// Sends a message, blocking the thread for about `timeout` at the most.
    ///
    /// It tries at least once, also with a timeout of zero. A timeout too long to be told, like `Duration::MAX`, is
    /// none.
    ///
    /// # Errors
    ///
    /// [`Timeout`](SendTimeoutError::Timeout) or [`Closed`](SendTimeoutError::Closed), with the message.
    ///
    /// ```
    /// use std::time::Duration;
    /// use thalweg::mpmc::{self, SendTimeoutError};
    ///
    /// let (tx, _rx) = mpmc::bounded(1);
    /// assert_eq!(tx.send_timeout(1, Duration::MAX), Ok(()));
    /// assert_eq!(tx.send_timeout(2, Duration::from_millis(1)), Err(SendTimeoutError::Timeout(2)));
    /// ```
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.channel.via().send_until(message, deadline(timeout))
    }

    /// Sends a message, blocking the thread until `deadline` at the latest.
    ///
    /// It tries at least once, also when the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`Timeout`](SendTimeoutError::Timeout) or [`Closed`](SendTimeoutError::Closed), with the message.
    pub fn send_deadline(&self, message: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.channel.via().send_until(message, Some(deadline))
    }

    /// Sends everything in the deque, from the front, blocking the thread while there is no room.
    ///
    /// # Errors
    ///
    /// As [`send_many`](Self::send_many): when the channel is closed before everything is sent, or was closed before,
    /// even if the deque is empty. What was not sent is in the deque, in order.
    pub fn send_many_blocking(&self, messages: &mut VecDeque<T>) -> Result<(), SendError<()>> {
        self.channel.via().block_on(PutMany(messages))
    }
}

/// Receiving on a thread that may block.
///
/// These wait in the same line as the futures. They don't panic inside an async runtime, but they block its thread:
/// there, use the futures.
impl<T> Receiver<T> {
    /// Receives a message, blocking the thread while there is none.
    ///
    /// # Errors
    ///
    /// When the channel is closed and empty.
    ///
    /// ```
    /// let (tx, rx) = thalweg::mpmc::unbounded();
    /// std::thread::spawn(move || tx.send_blocking("hello").unwrap());
    /// assert_eq!(rx.recv_blocking(), Ok("hello"));
    /// assert!(rx.recv_blocking().is_err()); // the sender is gone
    /// ```
    pub fn recv_blocking(&self) -> Result<T, RecvError> {
        self.channel.via().block_on(Take)
    }

    /// Receives a message, blocking the thread for about `timeout` at the most.
    ///
    /// It looks at least once, also with a timeout of zero. A timeout too long to be told, like `Duration::MAX`, is
    /// none.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout), or [`Closed`](RecvTimeoutError::Closed) when the channel is closed and
    /// empty.
    ///
    /// ```
    /// use std::time::Duration;
    /// use thalweg::mpmc::{self, RecvTimeoutError};
    ///
    /// let (tx, rx) = mpmc::unbounded::<()>();
    /// assert_eq!(rx.recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    /// drop(tx);
    /// assert_eq!(rx.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Closed));
    /// ```
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.channel.via().recv_until(deadline(timeout))
    }

    /// Receives a message, blocking the thread until `deadline` at the latest.
    ///
    /// It looks at least once, also when the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout), or [`Closed`](RecvTimeoutError::Closed) when the channel is closed and
    /// empty.
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.channel.via().recv_until(Some(deadline))
    }

    /// Blocks the thread until there is a message, then takes what is queued, up to `limit`, into `buffer`.
    ///
    /// Returns how many messages came. A `limit` of 0 returns `Ok(0)` at once.
    ///
    /// # Errors
    ///
    /// When the channel is closed and empty.
    pub fn recv_many_blocking<E>(&self, buffer: &mut E, limit: usize) -> Result<usize, RecvError>
    where
        E: Extend<T>,
    {
        self.channel.via().block_on(TakeMany { buffer, limit })
    }

    /// Receives until the channel is closed and empty, blocking the thread while there is no message.
    pub fn iter_blocking(&self) -> IterBlocking<'_, T> {
        IterBlocking { receiver: self }
    }
}

/// The messages of a channel to its end, one `recv_blocking` after another, from [`Receiver::iter_blocking`].
#[must_use = "iterators do nothing unless consumed"]
pub struct IterBlocking<'a, T> {
    receiver: &'a Receiver<T>,
}

impl<T> Iterator for IterBlocking<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv_blocking().ok()
    }
}

impl<T> FusedIterator for IterBlocking<'_, T> {}

impl<T> fmt::Debug for IterBlocking<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterBlocking").field("receiver", self.receiver).finish()
    }
}
