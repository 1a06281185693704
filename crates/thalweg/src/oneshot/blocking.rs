//! The same on a thread that blocks (feature `std`).

use super::error::{RecvError, RecvTimeoutError};
use super::receiver::Receiver;
use crate::park;
use std::time::{Duration, Instant};

/// Receiving on a thread that may block.
///
/// These don't panic inside an async runtime, but they block its thread: there, await the receiver.
impl<T> Receiver<T> {
    /// Receives the message, blocking the thread until it is sent.
    ///
    /// # Errors
    ///
    /// When no message will come: the sender was dropped without sending, or this receiver was closed before it sent.
    ///
    /// # Panics
    ///
    /// As a poll does, when the receiver [is at its end](Self::is_terminated).
    ///
    /// ```
    /// let (tx, rx) = thalweg::oneshot::channel();
    /// std::thread::spawn(move || tx.send("hello"));
    /// assert_eq!(rx.blocking_recv(), Ok("hello"));
    /// ```
    #[doc(alias = "recv_blocking")]
    pub fn blocking_recv(mut self) -> Result<T, RecvError> {
        let done = park::block_on(None, |cx| self.poll_end(true, cx));
        done.expect("without a deadline there is no giving up")
    }

    /// Receives the message, blocking the thread for about `timeout` at the most.
    ///
    /// It looks at least once, also with a timeout of zero. A timeout too long to be told, like `Duration::MAX`, is
    /// none. It borrows the receiver, so that one that has timed out can be used on: nothing was taken.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout) while the message may still come; [`Closed`](RecvTimeoutError::Closed) when
    /// it cannot, or when it was received.
    ///
    /// ```
    /// use std::time::Duration;
    /// use thalweg::oneshot::{self, error::RecvTimeoutError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// assert_eq!(rx.blocking_recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.blocking_recv_timeout(Duration::ZERO), Ok(1));
    /// assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Err(RecvTimeoutError::Closed));
    /// ```
    #[doc(alias = "recv_timeout")]
    pub fn blocking_recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.blocking_recv_until(Instant::now().checked_add(timeout))
    }

    /// Receives the message, blocking the thread until `deadline` at the latest.
    ///
    /// It looks at least once, also when the deadline has passed, and borrows the receiver as
    /// [`blocking_recv_timeout`](Self::blocking_recv_timeout) does.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout) while the message may still come; [`Closed`](RecvTimeoutError::Closed) when
    /// it cannot, or when it was received.
    #[doc(alias = "recv_deadline")]
    pub fn blocking_recv_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.blocking_recv_until(Some(deadline))
    }

    fn blocking_recv_until(&mut self, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
        if self.is_terminated() {
            return Err(RecvTimeoutError::Closed);
        }
        match park::block_on(deadline, |cx| self.poll_end(true, cx)) {
            Some(received) => received.map_err(|RecvError(())| RecvTimeoutError::Closed),
            None => {
                self.wait.timed_out();
                Err(RecvTimeoutError::Timeout)
            }
        }
    }
}
