//! The receiver as a stream.

use super::error::{Lagged, RecvError};
use super::receiver::Receiver;
use crate::raw::Waiter;
use alloc::boxed::Box;
use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use futures_core::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;

pin_project! {
    /// What a receiver needs to be polled as a stream.
    ///
    /// It is boxed so that the receiver may be moved between polls, and made at the first poll: most receivers are never
    /// polled this way.
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
impl<T: Clone> Receiver<T> {
    /// Polls for the next message, for hand-written futures and streams.
    ///
    /// While it returns `Pending` this receiver waits, and the waker of the last poll is woken. It may be moved meanwhile.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// # Cancel safety
    ///
    /// A message is taken only in the poll that returns it. Not polling again holds no other receiver up.
    ///
    /// # Cost
    ///
    /// The first call allocates a waiter, which the receiver keeps.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::broadcast::channel(1);
    /// tx.send(1).unwrap();
    /// let message = std::future::poll_fn(|cx| rx.poll_recv(cx)).await;
    /// assert_eq!(message, Ok(1));
    /// # });
    /// ```
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let listening = self.listening.get_or_insert_with(Listening::start);
        self.channel.poll_recv(&mut self.place, listening.as_mut().waiter(), cx)
    }
}

/// The stream of messages, with how many were missed where some were, and `None` once there is no sender left and no
/// message, and ever after.
///
/// Polling it is [`poll_recv`](Receiver::poll_recv): cancel-safe, and `Unpin`.
///
/// ```
/// use futures_lite::{StreamExt, future::block_on};
/// use thalweg::broadcast::{channel, error::Lagged};
///
/// let (tx, rx) = channel(2);
/// for number in 1..=3 {
///     tx.send(number).unwrap();
/// }
/// drop(tx);
/// assert_eq!(block_on(rx.collect::<Vec<_>>()), [Err(Lagged(1)), Ok(2), Ok(3)]);
/// ```
impl<T: Clone> Stream for Receiver<T> {
    type Item = Result<T, Lagged>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_terminated() {
            return Poll::Ready(None);
        }
        Poll::Ready(match ready!(self.poll_recv(cx)) {
            Ok(message) => Some(Ok(message)),
            Err(RecvError::Lagged(missed)) => Some(Err(Lagged(missed))),
            Err(RecvError::Closed) => {
                if let Some(listening) = &mut self.listening {
                    *listening.as_mut().project().ended = true;
                }
                None
            }
        })
    }
}

/// Terminated only after it has returned `None`, so that a `select!` loop neither skips the end nor spins on it.
impl<T: Clone> FusedStream for Receiver<T> {
    fn is_terminated(&self) -> bool {
        self.listening.as_ref().is_some_and(|listening| listening.ended)
    }
}
