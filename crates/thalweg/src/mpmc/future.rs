//! The futures. Each polls its operation and says what comes out of it.

pub use crate::channel::future::{Closed, Send};

use super::permit::{OwnedPermit, Permit, PermitIterator};
use crate::channel::Via;
use crate::channel::operation::{Hold, Operation, Put, PutMany, Take, TakeMany};
use crate::channel::{Receiving, Sending, Strong};
use crate::error::{RecvError, SendError};
use crate::record::Note;
use alloc::collections::VecDeque;
use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use futures_core::future::FusedFuture;
use pin_project_lite::pin_project;

pin_project! {
    /// The `'static` future of [`Sender::send_owned`](super::Sender::send_owned).
    ///
    /// Like [`Send`], but it holds a sender of its own, which counts as one until the future is ready, cancelled or
    /// dropped.
    ///
    /// # Panics
    ///
    /// When polled after completion, or after [`cancel`](Self::cancel).
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct OwnedSend<T> {
        #[pin]
        operation: Operation<T, Strong<T, Sending>, Put<T>>,
    }
}

pin_project! {
    /// The future of [`Sender::send_many`](super::Sender::send_many).
    ///
    /// It resolves to `Ok(())` once everything is sent, or to an error once the channel is closed; what was not
    /// sent is still in the deque, in order, whether the future failed, was dropped, or goes on.
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct SendMany<'a, T> {
        #[pin]
        operation: Operation<T, Via<'a, T>, PutMany<'a, T>>,
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
        operation: Operation<T, Strong<T, Sending>, Hold>,
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
        count: usize,
        #[pin]
        operation: Operation<T, Via<'a, T>, Hold>,
    }
}

pin_project! {
    /// The future of [`Receiver::recv`](super::Receiver::recv).
    ///
    /// It takes a message only in the poll that returns it: dropped before it was ready, it has taken nothing.
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct Recv<'a, T> {
        #[pin]
        operation: Operation<T, Via<'a, T>, Take>,
    }
}

pin_project! {
    /// The `'static` future of [`Receiver::recv_owned`](super::Receiver::recv_owned).
    ///
    /// Like [`Recv`], but it holds a receiver of its own, which counts as one until the future is ready or dropped.
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct OwnedRecv<T> {
        #[pin]
        operation: Operation<T, Strong<T, Receiving>, Take>,
    }
}

pin_project! {
    /// The future of [`Receiver::recv_many`](super::Receiver::recv_many).
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct RecvMany<'a, T, E>
    where
        E: Extend<T>,
    {
        #[pin]
        operation: Operation<T, Via<'a, T>, TakeMany<'a, E>>,
    }
}

impl<T> OwnedSend<T> {
    pub(super) fn new(channel: Strong<T, Sending>, message: T) -> Self {
        Self { operation: Operation::new(channel, Put(Some(message))) }
    }

    /// Ends the send and gives the message back, or `None` if it was sent or given back before.
    ///
    /// Afterwards the future is finished and holds no sender: polling it panics, dropping it does nothing.
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        self.project().operation.finish(Note::cancelled).0.take()
    }
}

impl<'a, T> SendMany<'a, T> {
    pub(super) fn new(channel: Via<'a, T>, messages: &'a mut VecDeque<T>) -> Self {
        Self { operation: Operation::new(channel, PutMany(messages)) }
    }
}

impl<'a, T> Reserve<'a, T> {
    pub(super) fn new(channel: Via<'a, T>) -> Self {
        Self { operation: Operation::new(channel, Hold(1)) }
    }
}

impl<T> ReserveOwned<T> {
    pub(super) fn new(channel: Strong<T, Sending>) -> Self {
        Self { operation: Operation::new(channel, Hold(1)) }
    }
}

impl<'a, T> ReserveMany<'a, T> {
    pub(super) fn new(channel: Via<'a, T>, count: usize) -> Self {
        Self { count, operation: Operation::new(channel, Hold(count)) }
    }
}

impl<'a, T> Recv<'a, T> {
    pub(super) fn new(channel: Via<'a, T>) -> Self {
        Self { operation: Operation::new(channel, Take) }
    }
}

impl<T> OwnedRecv<T> {
    pub(super) fn new(channel: Strong<T, Receiving>) -> Self {
        Self { operation: Operation::new(channel, Take) }
    }
}

impl<'a, T, E: Extend<T>> RecvMany<'a, T, E> {
    pub(super) fn new(channel: Via<'a, T>, buffer: &'a mut E, limit: usize) -> Self {
        Self { operation: Operation::new(channel, TakeMany { buffer, limit }) }
    }
}

impl<T> Future for OwnedSend<T> {
    type Output = Result<(), SendError<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll_output(cx)
    }
}

impl<T> Future for SendMany<'_, T> {
    type Output = Result<(), SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll_output(cx)
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
        let count = *this.count;
        this.operation.poll(cx).map(|(channel, held)| held.map(|()| PermitIterator::new(channel, count)))
    }
}

impl<T> Future for Recv<'_, T> {
    type Output = Result<T, RecvError>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll_output(cx)
    }
}

impl<T> Future for OwnedRecv<T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll_output(cx)
    }
}

impl<T, E: Extend<T>> Future for RecvMany<'_, T, E> {
    type Output = Result<usize, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().operation.poll_output(cx)
    }
}

impl<T> FusedFuture for OwnedSend<T> {
    fn is_terminated(&self) -> bool {
        // Without a message where a waker that it woke has panicked: it has sent it, and had no time to say so.
        self.operation.has_ended() || self.operation.work().0.is_none()
    }
}

impl<T> FusedFuture for SendMany<'_, T> {
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

impl<T> FusedFuture for Recv<'_, T> {
    fn is_terminated(&self) -> bool {
        self.operation.has_ended()
    }
}

impl<T> FusedFuture for OwnedRecv<T> {
    fn is_terminated(&self) -> bool {
        self.operation.has_ended()
    }
}

impl<T, E: Extend<T>> FusedFuture for RecvMany<'_, T, E> {
    fn is_terminated(&self) -> bool {
        self.operation.has_ended()
    }
}

impl<T> fmt::Debug for OwnedSend<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("OwnedSend", f)
    }
}

impl<T> fmt::Debug for SendMany<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("SendMany", f)
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
        self.operation.describe("Recv", f)
    }
}

impl<T> fmt::Debug for OwnedRecv<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("OwnedRecv", f)
    }
}

impl<T, E: Extend<T>> fmt::Debug for RecvMany<'_, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.describe("RecvMany", f)
    }
}
