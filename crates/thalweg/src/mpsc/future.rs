//! The futures, by name. tokio's methods are `async fn`s; these are what ours return.
//!
//! Those of senders have a place in the line each; those of the receiver borrow the one place that it has.

use super::permit::{OwnedPermit, Permit, PermitIterator};
use super::receiver::Receiver;
use crate::channel::operation::{Hold, Operation, Put, Watch};
use crate::channel::{Channel, Home, Sending, Strong};
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
    /// The future of [`Sender::send`](super::Sender::send).
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
        operation: Operation<T, &'a Channel<T>, Put<T>>,
    }
}

pin_project! {
    /// The future of [`Sender::reserve`](super::Sender::reserve).
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct Reserve<'a, T> {
        #[pin]
        operation: Operation<T, &'a Channel<T>, Hold>,
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
        operation: Operation<T, &'a Channel<T>, Hold>,
    }
}

pin_project! {
    /// The future of [`Sender::closed`](super::Sender::closed) and [`UnboundedSender::closed`](super::UnboundedSender::closed).
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct Closed<'a, T> {
        #[pin]
        operation: Operation<T, &'a Channel<T>, Watch>,
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

impl<'a, T> Send<'a, T> {
    pub(super) fn new(channel: &'a Channel<T>, message: T) -> Self {
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
    /// let (tx, rx) = thalweg::mpsc::channel(1);
    /// tx.try_send("first")?;
    /// block_on(async {
    ///     let mut send = pin!(tx.send("second"));
    ///     assert!(poll_once(send.as_mut()).await.is_none()); // no room
    ///     assert_eq!(send.as_mut().cancel(), Some("second"));
    ///     assert_eq!(send.as_mut().cancel(), None);
    /// });
    /// assert_eq!(rx.len(), 1);
    /// # Ok::<(), thalweg::mpsc::error::TrySendError<&str>>(())
    /// ```
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        self.project().operation.finish().0.take()
    }
}

impl<'a, T> Reserve<'a, T> {
    pub(super) fn new(channel: &'a Channel<T>) -> Self {
        Self { operation: Operation::new(channel, Hold(1)) }
    }
}

impl<T> ReserveOwned<T> {
    pub(super) fn new(channel: Strong<T, Sending, Home<T>>) -> Self {
        Self { operation: Operation::new(channel, Hold(1)) }
    }
}

impl<'a, T> ReserveMany<'a, T> {
    pub(super) fn new(channel: &'a Channel<T>, n: usize) -> Self {
        Self { n, operation: Operation::new(channel, Hold(n)) }
    }
}

impl<'a, T> Closed<'a, T> {
    pub(super) fn new(channel: &'a Channel<T>) -> Self {
        Self { operation: Operation::new(channel, Watch) }
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

impl<T> Future for Send<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll(cx).map(|(_, sent)| sent)
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

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll(cx).map(|_| ())
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

impl<T> FusedFuture for Send<'_, T> {
    fn is_terminated(&self) -> bool {
        self.operation.has_ended()
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

impl<T> FusedFuture for Closed<'_, T> {
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

impl<T> fmt::Debug for Send<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("Send", f)
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

impl<T> fmt::Debug for Closed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("Closed", f)
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
