//! The end that sends.

use super::state::SenderEnd;
use crate::coop;
use core::fmt;
use core::future::Future;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use futures_core::future::FusedFuture;

/// Sends one message to the [`Receiver`](super::Receiver) it was made with.
///
/// Dropping it without sending ends the channel: the receiver then gets an error.
pub struct Sender<T> {
    pub(super) end: SenderEnd<T>,
}

impl<T> Sender<T> {
    #[inline]
    pub(super) fn new(end: SenderEnd<T>) -> Self {
        Self { end }
    }

    /// Sends the message. Does not wait.
    ///
    /// `Ok` means that the receiver was there and open, and can receive the message. It may still be dropped without
    /// doing so, and the message with it.
    ///
    /// # Errors
    ///
    /// With the message, when the receiver was dropped or closed.
    ///
    /// # Panics
    ///
    /// When the receiver's waker panics. The message has been sent then.
    ///
    /// # Cost
    ///
    /// One atomic exchange. If the receiver waits it is woken from here.
    ///
    /// ```
    /// use thalweg::oneshot;
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// assert_eq!(tx.send(1), Ok(()));
    /// assert_eq!(rx.try_recv(), Ok(1));
    ///
    /// let (tx, rx) = oneshot::channel();
    /// drop(rx);
    /// assert_eq!(tx.send(2), Err(2));
    /// ```
    #[inline]
    pub fn send(self, message: T) -> Result<(), T> {
        self.end.send(message)
    }

    /// Waits until the message cannot be received any more: the receiver was dropped or closed.
    ///
    /// For whoever works on an answer that nobody may want any longer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future changes nothing. Its waker stays with the channel until another wait takes its place
    /// or either end goes, or it is closed, so the task may be woken once more.
    ///
    /// ```
    /// use futures_lite::future::{block_on, or};
    /// use thalweg::oneshot;
    ///
    /// let (mut tx, rx) = oneshot::channel::<u64>();
    /// let work = async {
    ///     std::future::pending::<()>().await; // takes long
    ///     "done"
    /// };
    /// let unwanted = async {
    ///     tx.closed().await;
    ///     "nobody waits for it"
    /// };
    /// drop(rx);
    /// assert_eq!(block_on(or(work, unwanted)), "nobody waits for it");
    /// ```
    pub fn closed(&mut self) -> Closed<'_, T> {
        Closed { sender: self, ended: false }
    }

    /// Ready when the message cannot be received any more; until then arranges for the task to be woken when it is so.
    ///
    /// Only the waker of the last poll is woken. This is what [`closed`](Self::closed) does, for hand-written futures.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let coop = ready!(coop::proceed(false, cx));
        ready!(self.end.poll_closed(cx.waker()));
        coop.made_progress();
        Poll::Ready(())
    }

    /// Whether the message cannot be received any more: the receiver was dropped or closed.
    ///
    /// Once true it stays so. While it is false, a send may still fail.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::oneshot::channel::<u64>();
    /// assert!(!tx.is_closed());
    /// rx.close();
    /// assert!(tx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.end.is_closed()
    }
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

/// Shows whether it is closed.
impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// Waits for the end of the receiver; made by [`Sender::closed`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct Closed<'a, T> {
    sender: &'a mut Sender<T>,
    ended: bool,
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let closed = self.sender.poll_closed(cx);
        self.ended = closed.is_ready();
        closed
    }
}

impl<T> FusedFuture for Closed<'_, T> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}
