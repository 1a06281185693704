//! The same operations on a thread that blocks (feature `std`).

use super::error::{RecvTimeoutError, SendError, SendTimeoutError};
use super::receiver::Receiver;
use super::sender::Sender;
use super::unbounded::UnboundedReceiver;
use crate::channel::Handle;
use crate::channel::blocking::deadline;
use crate::channel::operation::Put;
use alloc::vec::Vec;
use std::time::{Duration, Instant};

/// Sending from a thread that may block.
///
/// These wait in the same line as the futures. They don't panic inside an async runtime, but they block its thread:
/// there, use the futures.
impl<T> Sender<T> {
    /// Sends a message, blocking the thread while there is no room.
    ///
    /// # Errors
    ///
    /// With the message, when the receiver was closed or dropped, also while it blocks.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::mpsc::channel(1);
    /// let worker = std::thread::spawn(move || std::iter::from_fn(|| rx.blocking_recv()).sum::<i32>());
    /// for i in 0..10 {
    ///     tx.blocking_send(i)?;
    /// }
    /// drop(tx);
    /// assert_eq!(worker.join().unwrap(), 45);
    /// # Ok::<(), thalweg::mpsc::error::SendError<i32>>(())
    /// ```
    #[doc(alias = "send_blocking")]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        self.channel.via().block_on(Put(Some(value)))
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
    /// use thalweg::mpsc::{self, error::SendTimeoutError};
    ///
    /// let (tx, _rx) = mpsc::channel(1);
    /// assert_eq!(tx.blocking_send_timeout(1, Duration::MAX), Ok(()));
    /// assert_eq!(tx.blocking_send_timeout(2, Duration::from_millis(1)), Err(SendTimeoutError::Timeout(2)));
    /// ```
    pub fn blocking_send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.channel.via().send_until(value, deadline(timeout))
    }

    /// Sends a message, blocking the thread until `deadline` at the latest.
    ///
    /// It tries at least once, also when the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`Timeout`](SendTimeoutError::Timeout) or [`Closed`](SendTimeoutError::Closed), with the message.
    pub fn blocking_send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.channel.via().send_until(value, Some(deadline))
    }
}

/// Receiving on a thread that may block.
///
/// These don't panic inside an async runtime, but they block its thread: there, use the futures.
impl<T> Receiver<T> {
    /// Receives a message, blocking the thread while there is none. `None` when the channel is closed and empty.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::mpsc::channel(1);
    /// std::thread::spawn(move || tx.blocking_send("hello").unwrap());
    /// assert_eq!(rx.blocking_recv(), Some("hello"));
    /// assert_eq!(rx.blocking_recv(), None); // the sender is gone
    /// ```
    #[doc(alias = "recv_blocking")]
    pub fn blocking_recv(&mut self) -> Option<T> {
        self.channel.recv_until(None).ok()
    }

    /// Blocks the thread until there is a message, then takes what is queued, up to `limit`, and appends it to
    /// `buffer`.
    ///
    /// Returns how many messages came: 0 when the channel is closed and empty, or when `limit` is 0, and then at once.
    #[doc(alias = "recv_many_blocking")]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        self.channel.recv_many_blocking(buffer, limit)
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
    /// use thalweg::mpsc::{self, error::RecvTimeoutError};
    ///
    /// let (tx, mut rx) = mpsc::channel::<()>(1);
    /// assert_eq!(rx.blocking_recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    /// drop(tx);
    /// assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Err(RecvTimeoutError::Closed));
    /// ```
    pub fn blocking_recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.channel.recv_until(deadline(timeout))
    }

    /// Receives a message, blocking the thread until `deadline` at the latest.
    ///
    /// It looks at least once, also when the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout), or [`Closed`](RecvTimeoutError::Closed) when the channel is closed and
    /// empty.
    pub fn blocking_recv_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.channel.recv_until(Some(deadline))
    }
}

/// Receiving on a thread that may block, as [`Receiver`] does.
impl<T> UnboundedReceiver<T> {
    /// Receives a message, blocking the thread while there is none. `None` when the channel is closed and empty.
    #[doc(alias = "recv_blocking")]
    pub fn blocking_recv(&mut self) -> Option<T> {
        self.receiver.blocking_recv()
    }

    /// Blocks the thread until there is a message, then takes what is queued, up to `limit`, and appends it to
    /// `buffer`.
    ///
    /// Returns how many messages came: 0 when the channel is closed and empty, or when `limit` is 0, and then at once.
    #[doc(alias = "recv_many_blocking")]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        self.receiver.blocking_recv_many(buffer, limit)
    }

    /// Receives a message, blocking the thread for about `timeout` at the most.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout), or [`Closed`](RecvTimeoutError::Closed) when the channel is closed and
    /// empty.
    pub fn blocking_recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.receiver.blocking_recv_timeout(timeout)
    }

    /// Receives a message, blocking the thread until `deadline` at the latest.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout), or [`Closed`](RecvTimeoutError::Closed) when the channel is closed and
    /// empty.
    pub fn blocking_recv_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.receiver.blocking_recv_deadline(deadline)
    }
}
