//! The receivers as streams.

use super::receiver::Receiver;
use super::unbounded::UnboundedReceiver;
use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use futures_core::stream::{FusedStream, Stream};

/// The stream of messages, `None` once the channel is closed and empty, and ever after.
///
/// Polling it is [`poll_recv`](Receiver::poll_recv).
///
/// ```
/// use futures_lite::{StreamExt, future::block_on};
///
/// let (tx, mut rx) = thalweg::mpsc::channel(2);
/// tx.try_send(1)?;
/// tx.try_send(2)?;
/// drop(tx);
/// assert_eq!(block_on(rx.next()), Some(1));
/// assert_eq!(block_on(rx.collect::<Vec<_>>()), [2]);
/// # Ok::<(), thalweg::mpsc::error::TrySendError<i32>>(())
/// ```
impl<T> Stream for Receiver<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if self.channel.has_ended() {
            return Poll::Ready(None);
        }
        let received = ready!(self.poll_recv(cx));
        if received.is_none() {
            self.channel.end();
        }
        Poll::Ready(received)
    }
}

/// Terminated only after the stream has returned `None`, so that a `select!` loop neither skips the end nor spins on it.
impl<T> FusedStream for Receiver<T> {
    fn is_terminated(&self) -> bool {
        self.channel.has_ended()
    }
}

/// The stream of messages, `None` once the channel is closed and empty, and ever after.
///
/// Polling it is [`poll_recv`](UnboundedReceiver::poll_recv).
impl<T> Stream for UnboundedReceiver<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.receiver).poll_next(cx)
    }
}

/// Terminated only after the stream has returned `None`, so that a `select!` loop neither skips the end nor spins on it.
impl<T> FusedStream for UnboundedReceiver<T> {
    fn is_terminated(&self) -> bool {
        self.receiver.channel.has_ended()
    }
}
