//! The same operations on a thread that blocks (feature `std`).

use super::Lossless;
use super::channel::Channel;
use super::error::{RecvError, RecvTimeoutError, SendError, SendTimeoutError};
use super::receiver::Receiver;
use super::sender::Sender;
use super::wake::Queue;
use crate::park;
use crate::raw::Waiter;
use core::{
    pin::{Pin, pin},
    task::{Context, Poll},
};
use std::time::{Duration, Instant};

/// When the time runs out, or `None` if that is too far away to be told.
fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

/// A waiter on the stack of a blocked thread, which leaves its queue also if a poll panics.
struct Waiting<'a, T> {
    channel: &'a Channel<T>,
    waiter: Pin<&'a mut Waiter>,
    queue: Queue,
}

impl<T> Waiting<'_, T> {
    fn poll_until<R>(
        &mut self,
        deadline: Option<Instant>,
        mut poll: impl FnMut(&Channel<T>, Pin<&mut Waiter>, &mut Context<'_>) -> Poll<R>,
    ) -> Option<R> {
        park::block_on(deadline, |cx| poll(self.channel, self.waiter.as_mut(), cx))
    }
}

impl<T> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        self.channel.leave(self.waiter.as_mut(), self.queue);
    }
}

/// Receiving on a thread that may block.
///
/// These don't panic inside an async runtime, but they block its thread: there, use the futures.
impl<T: Clone> Receiver<T> {
    /// Receives the next message, blocking the thread while there is none.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::broadcast::channel(1);
    /// std::thread::spawn(move || tx.send("hello").unwrap());
    /// assert_eq!(rx.blocking_recv(), Ok("hello"));
    /// assert!(rx.blocking_recv().is_err()); // the sender is gone
    /// ```
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        self.recv_until(None).expect("without a deadline there is no giving up")
    }

    /// Receives the next message, blocking the thread for about `timeout` at the most.
    ///
    /// It looks at least once, also with a timeout of zero. A timeout too long to be told, like `Duration::MAX`, is
    /// none.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout), or as [`recv`](Self::recv).
    ///
    /// ```
    /// use std::time::Duration;
    /// use thalweg::broadcast::{channel, error::RecvTimeoutError};
    ///
    /// let (tx, mut rx) = channel::<()>(1);
    /// assert_eq!(rx.blocking_recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    /// drop(tx);
    /// assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Err(RecvTimeoutError::Closed));
    /// ```
    pub fn blocking_recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        received(self.recv_until(deadline(timeout)))
    }

    /// Receives the next message, blocking the thread until `deadline` at the latest.
    ///
    /// It looks at least once, also when the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout), or as [`recv`](Self::recv).
    pub fn blocking_recv_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        received(self.recv_until(Some(deadline)))
    }

    fn recv_until(&mut self, deadline: Option<Instant>) -> Option<Result<T, RecvError>> {
        let waiter = pin!(Waiter::for_thread());
        let place = &mut self.place;
        let mut waiting = Waiting { channel: &*self.channel, waiter, queue: Queue::Recvs };
        let received = waiting.poll_until(deadline, |channel, waiter, cx| channel.poll_recv(place, waiter, cx));
        if received.is_none() {
            self.place.wait.timed_out();
        }
        received
    }
}

fn received<T>(result: Option<Result<T, RecvError>>) -> Result<T, RecvTimeoutError> {
    result.map_or(Err(RecvTimeoutError::Timeout), |result| result.map_err(RecvTimeoutError::from))
}

/// Sending from a thread that may block.
///
/// These wait in the same line as the futures. They don't panic inside an async runtime, but they block its thread:
/// there, use the futures.
impl<T> Sender<T, Lossless> {
    /// Sends a message, blocking the thread while the channel is full.
    ///
    /// # Errors
    ///
    /// With the message, if there is no receiver, also while it blocks.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::broadcast::lossless(1);
    /// let worker = std::thread::spawn(move || {
    ///     let mut sum = 0;
    ///     while let Ok(number) = rx.blocking_recv() {
    ///         sum += number;
    ///     }
    ///     sum
    /// });
    /// for number in 0..10 {
    ///     tx.blocking_send(number)?;
    /// }
    /// drop(tx);
    /// assert_eq!(worker.join().unwrap(), 45);
    /// # Ok::<(), thalweg::broadcast::error::SendError<i32>>(())
    /// ```
    pub fn blocking_send(&self, message: T) -> Result<usize, SendError<T>> {
        let mut message = Some(message);
        self.send_until(&mut message, None).expect("without a deadline there is no giving up")
    }

    /// Sends a message, blocking the thread for about `timeout` at the most.
    ///
    /// It tries at least once, also with a timeout of zero. A timeout too long to be told, like `Duration::MAX`, is
    /// none.
    ///
    /// # Errors
    ///
    /// [`Timeout`](SendTimeoutError::Timeout), or [`Closed`](SendTimeoutError::Closed) if there is no receiver, with the
    /// message.
    ///
    /// ```
    /// use std::time::Duration;
    /// use thalweg::broadcast::{error::SendTimeoutError, lossless};
    ///
    /// let (tx, _rx) = lossless(1);
    /// assert_eq!(tx.blocking_send_timeout(1, Duration::MAX), Ok(1));
    /// assert_eq!(tx.blocking_send_timeout(2, Duration::from_millis(1)), Err(SendTimeoutError::Timeout(2)));
    /// ```
    pub fn blocking_send_timeout(&self, message: T, timeout: Duration) -> Result<usize, SendTimeoutError<T>> {
        self.send_or_time_out(message, deadline(timeout))
    }

    /// Sends a message, blocking the thread until `deadline` at the latest.
    ///
    /// It tries at least once, also when the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`Timeout`](SendTimeoutError::Timeout), or [`Closed`](SendTimeoutError::Closed) if there is no receiver, with the
    /// message.
    pub fn blocking_send_deadline(&self, message: T, deadline: Instant) -> Result<usize, SendTimeoutError<T>> {
        self.send_or_time_out(message, Some(deadline))
    }

    fn send_or_time_out(&self, message: T, deadline: Option<Instant>) -> Result<usize, SendTimeoutError<T>> {
        let mut message = Some(message);
        match self.send_until(&mut message, deadline) {
            Some(sent) => sent.map_err(SendTimeoutError::from),
            None => Err(SendTimeoutError::Timeout(message.expect("a send that timed out has its message"))),
        }
    }

    fn send_until(&self, message: &mut Option<T>, deadline: Option<Instant>) -> Option<Result<usize, SendError<T>>> {
        let waiter = pin!(Waiter::for_thread());
        let mut waiting = Waiting { channel: &*self.channel, waiter, queue: Queue::Sends };
        let by = self.presence.by();
        let sent = waiting.poll_until(deadline, |channel, waiter, cx| channel.poll_send(message, waiter, by, cx));
        if sent.is_none() {
            by.note(|| waiting.waiter.number()).timed_out();
        }
        sent
    }
}
