//! The end that receives, which is the future of the message.

use super::error::{RecvError, TryRecvError};
use super::state::ReceiverEnd;
use crate::coop;
use crate::record::Lone;
use core::fmt;
use core::future::Future;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use futures_core::future::FusedFuture;

/// Receives the message of the [`Sender`](super::Sender) it was made with: await it.
///
/// It is ready with the message, or with an error if none will come. Dropping it makes sends fail. A message that it
/// has not received by then is dropped with it.
///
/// # Cancel safety
///
/// Awaiting `&mut receiver` may be given up and begun anew at any time: nothing is taken before it is returned. Its waker
/// stays with the channel until another poll takes its place, either end goes, or it is closed, so the task may be woken
/// once more.
///
/// # Panics
///
/// Polling it again after it was ready, or after [`try_recv`](Receiver::try_recv) has returned the message or
/// [`Closed`](TryRecvError::Closed), panics.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use futures_lite::future::poll_once;
/// use thalweg::oneshot;
///
/// let (tx, mut rx) = oneshot::channel();
/// assert_eq!(poll_once(&mut rx).await, None); // a wait that was given up
/// tx.send(1).unwrap();
/// assert_eq!(rx.await, Ok(1));
///
/// let (tx, rx) = oneshot::channel::<u64>();
/// drop(tx);
/// assert!(rx.await.is_err());
/// # });
/// ```
pub struct Receiver<T> {
    // In this order: its wait is given up, it goes, and what follows from that.
    pub(super) wait: Lone<true>,
    /// Gone when the message was received, or is known not to come.
    end: Option<ReceiverEnd<T>>,
}

impl<T> Receiver<T> {
    #[inline]
    pub(super) fn new(end: ReceiverEnd<T>) -> Self {
        Self { wait: Lone::new(end.gate().pair.receiver_by()), end: Some(end) }
    }

    /// Lets nothing be sent any more. What was sent before can still be received.
    ///
    /// Wakes a sender that waits in [`closed`](super::Sender::closed). Closing twice, or after the end, does nothing.
    ///
    /// ```
    /// use thalweg::oneshot::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// rx.close();
    /// assert_eq!(tx.send(1), Err(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// tx.send(2).unwrap();
    /// rx.close();
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// ```
    pub fn close(&mut self) {
        if let Some(end) = &mut self.end {
            end.close();
        }
    }

    /// The message, if it has been sent. Does not wait.
    ///
    /// Having returned the message or [`Closed`](TryRecvError::Closed), the receiver is at its end: from then on this
    /// returns `Closed`, and polling it panics.
    ///
    /// # Errors
    ///
    /// [`Empty`](TryRecvError::Empty) while the message may still come, [`Closed`](TryRecvError::Closed) when it cannot
    /// or when it was received.
    ///
    /// # Cost
    ///
    /// One atomic load while the message may still come; two, and giving the memory back, when it is there.
    ///
    /// ```
    /// use thalweg::oneshot::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        if self.end.as_ref().is_some_and(ReceiverEnd::is_open) {
            return Err(TryRecvError::Empty);
        }
        self.finish().ok_or(TryRecvError::Closed)
    }

    /// It is at its end, with the message if there is one.
    #[inline]
    fn finish(&mut self) -> Option<T> {
        let message = self.end.take()?.finish();
        match message {
            Some(_) => self.wait.received(0),
            None => self.wait.ended(),
        }
        message
    }

    /// Whether the channel holds no message: none was sent yet, none will come, or it was received.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::oneshot::channel();
    /// assert!(rx.is_empty());
    /// tx.send(1).unwrap();
    /// assert!(!rx.is_empty());
    /// rx.try_recv().unwrap();
    /// assert!(rx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        !self.end.as_ref().is_some_and(ReceiverEnd::has_message)
    }

    /// Whether the receiver is at its end: it has returned the message, or that none will come.
    ///
    /// Then it must not be polled again. A message that is there and not yet received is no end, nor is a sender that is
    /// gone, until a poll or [`try_recv`](Self::try_recv) has told.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::oneshot::channel();
    /// tx.send(1).unwrap();
    /// assert!(!rx.is_terminated());
    /// assert_eq!((&mut rx).await, Ok(1));
    /// assert!(rx.is_terminated());
    /// # });
    /// ```
    pub fn is_terminated(&self) -> bool {
        self.end.is_none()
    }

    #[inline]
    pub(super) fn poll_end(&mut self, is_blocking: bool, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let end = self.end.as_mut().expect("a receiver was polled after it was ready");
        let coop = ready!(coop::proceed(is_blocking, cx));
        if end.poll(cx.waker(), self.wait.begins()).is_pending() {
            self.wait.goes_on();
            return Poll::Pending;
        }
        coop.made_progress();
        Poll::Ready(self.finish().ok_or(RecvError(())))
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_end(false, cx)
    }
}

impl<T> FusedFuture for Receiver<T> {
    fn is_terminated(&self) -> bool {
        self.is_terminated()
    }
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

/// Shows whether it holds a message and whether it is at its end, never the message.
impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("empty", &self.is_empty())
            .field("terminated", &self.is_terminated())
            .finish_non_exhaustive()
    }
}
