//! Waiting on a thread that blocks.

use core::pin::pin;
use std::time::{Duration, Instant};

use super::error::{RecvError, RecvTimeoutError};
use super::future::Watching;
use super::receiver::Receiver;
use crate::park;

/// Waiting on a thread that may block.
///
/// These wait in the same queue as the futures. They don't panic inside an async runtime, but they block its thread:
/// there, use the futures.
impl<T> Receiver<T> {
    /// Blocks the thread until there is a value that this receiver has not seen, which it then has.
    ///
    /// # Errors
    ///
    /// When no sender is left and the last value has been seen.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::watch::channel(1);
    /// let sender = std::thread::spawn(move || tx.send(2).unwrap());
    /// assert!(rx.blocking_changed().is_ok());
    /// assert_eq!(*rx.borrow_and_update(), 2);
    /// assert!(rx.blocking_changed().is_err());
    /// sender.join().unwrap();
    /// ```
    pub fn blocking_changed(&mut self) -> Result<(), RecvError> {
        self.changed_until(None).expect("without a deadline there is no giving up")
    }

    /// As [`blocking_changed`](Self::blocking_changed), for about `timeout` at the most.
    ///
    /// It looks at least once, also with a timeout of zero. A timeout too long to be told, like `Duration::MAX`, is
    /// none.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout), or [`Closed`](RecvTimeoutError::Closed) when no sender is left and the
    /// last value has been seen.
    ///
    /// ```
    /// use std::time::Duration;
    /// use thalweg::watch::{self, error::RecvTimeoutError};
    ///
    /// let (tx, mut rx) = watch::channel(1);
    /// assert_eq!(rx.blocking_changed_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    /// tx.send(2).unwrap();
    /// assert_eq!(rx.blocking_changed_timeout(Duration::ZERO), Ok(()));
    /// ```
    pub fn blocking_changed_timeout(&mut self, timeout: Duration) -> Result<(), RecvTimeoutError> {
        in_time(self.changed_until(Instant::now().checked_add(timeout)))
    }

    /// As [`blocking_changed`](Self::blocking_changed), until `deadline` at the latest.
    ///
    /// It looks at least once, also when the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`Timeout`](RecvTimeoutError::Timeout), or [`Closed`](RecvTimeoutError::Closed) when no sender is left and the
    /// last value has been seen.
    pub fn blocking_changed_deadline(&mut self, deadline: Instant) -> Result<(), RecvTimeoutError> {
        in_time(self.changed_until(Some(deadline)))
    }

    fn changed_until(&mut self, deadline: Option<Instant>) -> Option<Result<(), RecvError>> {
        let mut watching = pin!(Watching::for_thread(&self.shared, &mut self.sight));
        let changed = park::block_on(deadline, |cx| watching.as_mut().poll_changed(cx));
        if changed.is_none() {
            watching.timed_out();
        }
        changed
    }
}

fn in_time(changed: Option<Result<(), RecvError>>) -> Result<(), RecvTimeoutError> {
    changed.map_or(Err(RecvTimeoutError::Timeout), |changed| changed.map_err(Into::into))
}
