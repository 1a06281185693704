//! Sending with a limit of time that tokio's timer keeps (feature `tokio`).

use super::sender::Sender;
use crate::error::SendTimeoutError;
use core::pin::pin;
use std::time::Duration;
use tokio::time;

/// Sending with a limit of time.
impl<T> Sender<T> {
    /// Sends a message, waiting for room for `timeout` at the most. Feature `tokio`; without that runtime, race
    /// [`send`](Self::send) against any timer and [cancel](super::future::Send::cancel) it.
    ///
    /// # Errors
    ///
    /// With the message: [`Timeout`](SendTimeoutError::Timeout) when there was no room in time,
    /// [`Closed`](SendTimeoutError::Closed) when the receiver was closed or dropped.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send): dropping the pending future sends nothing, and drops the message.
    ///
    /// # Panics
    ///
    /// When it is polled outside of a tokio runtime, or within one without its timer.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// use std::time::Duration;
    /// use thalweg::mpsc::{self, error::SendTimeoutError};
    ///
    /// let (tx, _rx) = mpsc::channel(1);
    /// assert_eq!(tx.send_timeout(1, Duration::from_millis(1)).await, Ok(()));
    /// assert_eq!(tx.send_timeout(2, Duration::from_millis(1)).await, Err(SendTimeoutError::Timeout(2)));
    /// # });
    /// ```
    pub async fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        let mut send = pin!(self.send(value));
        match time::timeout(timeout, send.as_mut()).await {
            Ok(sent) => sent.map_err(SendTimeoutError::from),
            Err(_) => send.cancel().map_or(Ok(()), |value| Err(SendTimeoutError::Timeout(value))),
        }
    }
}
