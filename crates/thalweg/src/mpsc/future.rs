//! The futures, by name. tokio's methods are `async fn`s; these are what ours return.
//!
//! Those of senders have a place in the line each; those of the receiver borrow the one place that it has.

pub use crate::channel::future::{Closed, Send};

use super::permit::{OwnedPermit, Permit, PermitIterator};
use super::receiver::Receiver;
use crate::channel::operation::{Hold, Operation};
use crate::channel::{Home, Sending, Strong, Via};
use crate::error::SendError;
use alloc::vec::Vec;
use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use futures_core::future::FusedFuture;
use pin_project_lite::pin_project;

pin_project! {
    /// The future of [`Sender::reserve`](super::Sender::reserve).
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct Reserve<'a, T> {
        #[pin]
        operation: Operation<T, Via<'a, T>, Hold>,
    }
}

pin_project! {
    /// The `'static` future of [`Sender::reserve_owned`](super::Sender::reserve_owned).
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct ReserveOwned<T> {
        #[pin]
        operation: Operation<T, Strong<T, Sending, Home<T>>, Hold>,
    }
}

pin_project! {
    /// The future of [`Sender::reserve_many`](super::Sender::reserve_many).
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct ReserveMany<'a, T> {
        n: usize,
        #[pin]
        operation: Operation<T, Via<'a, T>, Hold>,
    }
}

/// The future of [`Receiver::recv`](super::Receiver::recv) and [`UnboundedReceiver::recv`](super::UnboundedReceiver::recv).
///
/// It takes a message only in the poll that returns it: dropped before it was ready, it has taken nothing. It is
/// `Unpin`.
///
/// # Panics
///
/// When polled after completion.
#[must_use = "futures do nothing unless polled or awaited"]
pub struct Recv<'a, T> {
    loan: Loan<'a, T>,
}

/// The future of [`Receiver::recv_many`](super::Receiver::recv_many) and
/// [`UnboundedReceiver::recv_many`](super::UnboundedReceiver::recv_many).
///
/// It takes messages only in the poll that returns: dropped before it was ready, it has taken nothing. It is `Unpin`.
///
/// # Panics
///
/// When polled after completion.
#[must_use = "futures do nothing unless polled or awaited"]
pub struct RecvMany<'a, T> {
    loan: Loan<'a, T>,
    buffer: &'a mut Vec<T>,
    limit: usize,
}

/// The receiver, as long as a future waits by it.
struct Loan<'a, T>(Option<&'a mut Receiver<T>>);

impl<T> Loan<'_, T> {
    fn receiver(&mut self) -> &mut Receiver<T> {
        self.0.as_mut().expect("future polled after completion")
    }

    /// The future is ready: there is nothing to be left.
    fn end(&mut self) {
        self.0 = None;
    }
}

/// The wait is given up.
impl<T> Drop for Loan<'_, T> {
    fn drop(&mut self) {
        if let Some(receiver) = &mut self.0 {
            receiver.pause();
        }
    }
}

impl<'a, T> Reserve<'a, T> {
    pub(super) fn new(channel: Via<'a, T>) -> Self {
        Self { operation: Operation::new(channel, Hold(1)) }
    }
}

impl<T> ReserveOwned<T> {
    pub(super) fn new(channel: Strong<T, Sending, Home<T>>) -> Self {
        Self { operation: Operation::new(channel, Hold(1)) }
    }
}

impl<'a, T> ReserveMany<'a, T> {
    pub(super) fn new(channel: Via<'a, T>, n: usize) -> Self {
        Self { n, operation: Operation::new(channel, Hold(n)) }
    }
}

impl<'a, T> Recv<'a, T> {
    pub(super) fn new(receiver: &'a mut Receiver<T>) -> Self {
        Self { loan: Loan(Some(receiver)) }
    }
}

impl<'a, T> RecvMany<'a, T> {
    pub(super) fn new(receiver: &'a mut Receiver<T>, buffer: &'a mut Vec<T>, limit: usize) -> Self {
        Self { loan: Loan(Some(receiver)), buffer, limit }
    }
}

impl<'a, T> Future for Reserve<'a, T> {
    type Output = Result<Permit<'a, T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll(cx).map(|(channel, held)| held.map(|()| Permit::new(channel)))
    }
}

impl<T> Future for ReserveOwned<T> {
    type Output = Result<OwnedPermit<T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll(cx).map(|(channel, held)| held.map(|()| OwnedPermit::new(channel)))
    }
}

impl<'a, T> Future for ReserveMany<'a, T> {
    type Output = Result<PermitIterator<'a, T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let n = *this.n;
        this.operation.poll(cx).map(|(channel, held)| held.map(|()| PermitIterator::new(channel, n)))
    }
}

impl<T> Future for Recv<'_, T> {
    type Output = Option<T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let received = ready!(self.loan.receiver().poll_recv(cx));
        self.loan.end();
        Poll::Ready(received)
    }
}

impl<T> Future for RecvMany<'_, T> {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let received = ready!(this.loan.receiver().poll_recv_many(cx, this.buffer, this.limit));
        this.loan.end();
        Poll::Ready(received)
    }
}

impl<T> FusedFuture for Reserve<'_, T> {
    fn is_terminated(&self) -> bool {
        self.operation.has_ended()
    }
}

impl<T> FusedFuture for ReserveOwned<T> {
    fn is_terminated(&self) -> bool {
        self.operation.has_ended()
    }
}

impl<T> FusedFuture for ReserveMany<'_, T> {
    fn is_terminated(&self) -> bool {
        self.operation.has_ended()
    }
}

impl<T> FusedFuture for Recv<'_, T> {
    fn is_terminated(&self) -> bool {
        self.loan.0.is_none()
    }
}

impl<T> FusedFuture for RecvMany<'_, T> {
    fn is_terminated(&self) -> bool {
        self.loan.0.is_none()
    }
}

impl<T> fmt::Debug for Reserve<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("Reserve", f)
    }
}

impl<T> fmt::Debug for ReserveOwned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("ReserveOwned", f)
    }
}

impl<T> fmt::Debug for ReserveMany<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("ReserveMany", f)
    }
}

impl<T> fmt::Debug for Recv<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").field("ended", &self.is_terminated()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for RecvMany<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvMany").field("ended", &self.is_terminated()).finish_non_exhaustive()
    }
}
