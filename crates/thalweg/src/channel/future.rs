//! The futures that are the same for every face.

use super::Via;
use super::operation::{Operation, Put, Watch};
use crate::error::SendError;
use crate::record::Note;
use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use futures_core::future::FusedFuture;
use pin_project_lite::pin_project;

pin_project! {
    /// The future of `Sender::send`.
    ///
    /// It resolves to `Ok(())` once the message is in the channel (with capacity 0: once a waiting receiver is to
    /// have it), or to the error with the message once the channel is closed.
    ///
    /// The message enters the channel inside a poll of this future and at no other time: dropped before
    /// it was ready, it has sent nothing. [`cancel`](Self::cancel) gives the message back instead of dropping it.
    ///
    /// # Panics
    ///
    /// When polled after completion, or after [`cancel`](Self::cancel).
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct Send<'a, T> {
        #[pin]
        operation: Operation<T, Via<'a, T>, Put<T>>,
    }
}

pin_project! {
    /// The future of `closed`.
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct Closed<'a, T> {
        #[pin]
        operation: Operation<T, Via<'a, T>, Watch>,
    }
}

impl<'a, T> Send<'a, T> {
    pub(crate) fn new(channel: Via<'a, T>, message: T) -> Self {
        Self { operation: Operation::new(channel, Put(Some(message))) }
    }

    /// Ends the send and gives the message back, or `None` if it was sent or given back before.
    ///
    /// Afterwards the future is finished: polling it panics, dropping it does nothing.
    ///
    /// ```
    /// use std::pin::pin;
    /// use futures_lite::future::{block_on, poll_once};
    ///
    /// let (tx, rx) = thalweg::mpmc::bounded(1);
    /// tx.try_send("first")?;
    /// block_on(async {
    ///     let mut send = pin!(tx.send("second"));
    ///     assert!(poll_once(send.as_mut()).await.is_none()); // no room
    ///     assert_eq!(send.as_mut().cancel(), Some("second"));
    ///     assert_eq!(send.as_mut().cancel(), None);
    /// });
    /// assert_eq!(rx.len(), 1);
    /// # Ok::<(), thalweg::mpmc::TrySendError<&str>>(())
    /// ```
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        self.project().operation.finish(Note::cancelled).0.take()
    }
}

impl<'a, T> Closed<'a, T> {
    pub(crate) fn new(channel: Via<'a, T>) -> Self {
        Self { operation: Operation::new(channel, Watch) }
    }
}

impl<T> Future for Send<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll_output(cx)
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll_output(cx)
    }
}

impl<T> FusedFuture for Send<'_, T> {
    fn is_terminated(&self) -> bool {
        // Without a message where a waker that it woke has panicked: it has sent it, and had no time to say so.
        self.operation.has_ended() || self.operation.work().0.is_none()
    }
}

impl<T> FusedFuture for Closed<'_, T> {
    fn is_terminated(&self) -> bool {
        self.operation.has_ended()
    }
}

impl<T> fmt::Debug for Send<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("Send", f)
    }
}

impl<T> fmt::Debug for Closed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("Closed", f)
    }
}
