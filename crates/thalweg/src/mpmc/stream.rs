//! The receiver as a stream.

use super::receiver::Receiver;
use crate::channel::Handle;
use crate::error::RecvError;
use crate::raw::Waiter;
use alloc::boxed::Box;
use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use futures_core::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;

pin_project! {
    /// What a receiver needs to be polled as a stream. It belongs to that one receiver, not to its clones.
    ///
    /// It is boxed so that the receiver may be moved between polls, and made at the first poll: most receivers are
    /// never polled this way.
    pub(super) struct Listening {
        #[pin]
        waiter: Waiter,
        // `None` was returned.
        ended: bool,
    }
}

impl Listening {
    fn start() -> Pin<Box<Self>> {
        Box::pin(Listening { waiter: Waiter::new(), ended: false })
    }

    pub(super) fn waiter(self: Pin<&mut Self>) -> Pin<&mut Waiter> {
        self.project().waiter
    }
}

/// Hand-written polling.
impl<T> Receiver<T> {
    /// Polls for the next message, for hand-written futures and streams.
    ///
    /// While it returns `Pending`, this receiver waits in the line like any [`recv`](Self::recv), and the waker of
    /// the last poll is woken. It keeps its place when the receiver is moved, and leaves the line when the receiver
    /// is dropped. `poll_recv` and the [`Stream`] share that one place; the futures of `recv` have places of their
    /// own.
    ///
    /// # Errors
    ///
    /// When the channel is closed and empty, at this and any later poll.
    ///
    /// # Cancel safety
    ///
    /// A message is taken only in the poll that returns it. Not polling again delays nobody, as in [`recv`](Self::recv).
    ///
    /// # Cost
    ///
    /// The first call allocates a waiter, which the receiver keeps.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::mpmc::unbounded();
    /// tx.try_send(1).unwrap();
    /// let message = std::future::poll_fn(|cx| rx.poll_recv(cx)).await;
    /// assert_eq!(message, Ok(1));
    /// # });
    /// ```
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let listening = self.listening.get_or_insert_with(Listening::start);
        self.channel.via().poll_recv(listening.as_mut().waiter(), cx)
    }
}

/// The stream of messages, `None` once the channel is closed and empty, and ever after.
///
/// Polling it is [`poll_recv`](Receiver::poll_recv): cancel-safe, fair, and `Unpin`.
///
/// ```
/// use futures_lite::{StreamExt, future::block_on};
///
/// let (tx, mut rx) = thalweg::mpmc::unbounded();
/// tx.try_send(1)?;
/// tx.try_send(2)?;
/// drop(tx);
/// assert_eq!(block_on(rx.next()), Some(1));
/// assert_eq!(block_on(rx.collect::<Vec<_>>()), [2]);
/// # Ok::<(), thalweg::mpmc::TrySendError<i32>>(())
/// ```
impl<T> Stream for Receiver<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if self.is_terminated() {
            return Poll::Ready(None);
        }
        let received = ready!(self.poll_recv(cx)).ok();
        if let (None, Some(listening)) = (&received, &mut self.listening) {
            *listening.as_mut().project().ended = true;
        }
        Poll::Ready(received)
    }
}

/// Terminated only after it has returned `None`, so that a `select!` loop neither skips the end nor spins on it.
impl<T> FusedStream for Receiver<T> {
    fn is_terminated(&self) -> bool {
        self.listening.as_ref().is_some_and(|listening| listening.ended)
    }
}
