//! One pending operation: a place in a queue of the channel, and the work to do when it is polled.
//!
//! Every future that sends, reserves or receives and every blocked thread is an [`Operation`]; what differs is its [`Work`].
//!
//! 1. An operation that ends, by success, failure, [`finish`](Operation::finish) or drop, is in no queue.
//! 2. It leaves the queue before its handle on the channel and its message are dropped: a destructor that panics
//!    finds nothing linked, and a handle that closes the channel nobody waiting in this place.
//! 3. Once it has ended it holds no handle.

use super::{Channel, Handle, Via};
use crate::error::{RecvError, SendError};
use crate::raw::Waiter;
use crate::record::Note;
use crate::sync::{attempt, resume};
use alloc::collections::VecDeque;
use core::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};
use pin_project_lite::pin_project;

/// What an operation does at each poll, and which queue it waits in.
pub(crate) trait Work<T> {
    type Output;

    /// The whole work where nothing stands in its way, by one that needs no budget. If it is not done nothing has changed.
    #[cfg(feature = "std")]
    #[inline(always)]
    fn at_once(&mut self, _channel: Via<'_, T>) -> Option<Self::Output> {
        None
    }

    /// Whether it may be done at once now, after a moment.
    #[cfg(feature = "std")]
    #[inline(always)]
    fn lingers(_channel: &Channel<T>) -> bool {
        false
    }

    fn poll(&mut self, channel: Via<'_, T>, waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<Self::Output>;
    fn leave(channel: &Channel<T>, waiter: Pin<&mut Waiter>);
}

pin_project! {
    /// `C` is how the channel is held: borrowed, or through a counted handle.
    pub(crate) struct Operation<T, C, W>
    where
        C: Handle<T>,
        W: Work<T>,
    {
        // `None` once the operation has ended.
        channel: Option<C>,
        #[pin]
        waiter: Waiter,
        work: W,
        message: PhantomData<fn() -> T>,
    }

    impl<T, C, W> PinnedDrop for Operation<T, C, W>
    where
        C: Handle<T>,
        W: Work<T>,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(channel) = this.channel {
                // It may be a panic that drops it, and what it wakes may panic as well.
                attempt(|| give_up::<T, W>(channel.via(), this.waiter, Note::cancelled)).unwrap_or_else(resume);
            }
        }
    }
}

impl<T, C, W> Operation<T, C, W>
where
    C: Handle<T>,
    W: Work<T>,
{
    /// An operation of a task.
    pub(crate) fn new(channel: C, work: W) -> Self {
        Self::with_waiter(channel, work, Waiter::new())
    }

    /// An operation of a thread that blocks.
    #[cfg(feature = "std")]
    pub(crate) fn for_thread(channel: C, work: W) -> Self {
        Self::with_waiter(channel, work, Waiter::for_thread())
    }

    fn with_waiter(channel: C, work: W, waiter: Waiter) -> Self {
        Self { channel: Some(channel), waiter, work, message: PhantomData }
    }

    /// Gives the hold on the channel back together with the result, because a permit goes on using it.
    #[inline(always)]
    pub(crate) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(C, W::Output)> {
        let this = self.project();
        let Some(channel) = this.channel.as_ref() else { polled_after_completion() };
        match this.work.poll(channel.via(), this.waiter, cx) {
            Poll::Ready(output) => match this.channel.take() {
                Some(channel) => Poll::Ready((channel, output)),
                None => polled_after_completion(),
            },
            Poll::Pending => Poll::Pending,
        }
    }

    /// As `poll`, where the hold on the channel is needed no more.
    #[inline(always)]
    pub(crate) fn poll_output(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<W::Output> {
        let this = self.project();
        let Some(channel) = this.channel.as_ref() else { polled_after_completion() };
        let polled = this.work.poll(channel.via(), this.waiter, cx);
        if polled.is_ready() {
            *this.channel = None;
        }
        polled
    }

    /// Ends the operation early, and returns what it had not done. `how` is noted.
    pub(crate) fn finish(self: Pin<&mut Self>, how: impl FnOnce(Note)) -> &mut W {
        let this = self.project();
        if let Some(channel) = this.channel.as_ref() {
            give_up::<T, W>(channel.via(), this.waiter, how);
        }
        *this.channel = None;
        this.work
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.channel.is_none()
    }

    pub(crate) fn work(&self) -> &W {
        &self.work
    }

    /// What the `Debug` of every future prints.
    pub(crate) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name).field("ended", &self.has_ended()).finish_non_exhaustive()
    }
}

#[cold]
fn give_up<T, W: Work<T>>(channel: Via<'_, T>, waiter: Pin<&mut Waiter>, how: impl FnOnce(Note)) {
    how(channel.note(Some(&waiter)));
    W::leave(&channel, waiter);
}

#[cold]
fn polled_after_completion() -> ! {
    panic!("future polled after completion")
}

/// Sends one message. `None` once it is sent or taken back.
pub(crate) struct Put<T>(pub(crate) Option<T>);

impl<T> Work<T> for Put<T> {
    type Output = Result<(), SendError<T>>;

    #[cfg(feature = "std")]
    #[inline(always)]
    fn at_once(&mut self, channel: Via<'_, T>) -> Option<Self::Output> {
        channel.put_at_once(&mut self.0).then_some(Ok(()))
    }

    #[cfg(feature = "std")]
    #[inline(always)]
    fn lingers(channel: &Channel<T>) -> bool {
        channel.lingers_to_put_at_once()
    }

    #[inline(always)]
    fn poll(&mut self, channel: Via<'_, T>, waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        channel.poll_send(&mut self.0, waiter, cx)
    }

    fn leave(channel: &Channel<T>, waiter: Pin<&mut Waiter>) {
        channel.leave_senders(waiter);
    }
}

/// Sends what is in the deque, from the front.
pub(crate) struct PutMany<'a, T>(pub(crate) &'a mut VecDeque<T>);

impl<T> Work<T> for PutMany<'_, T> {
    type Output = Result<(), SendError<()>>;

    fn poll(&mut self, channel: Via<'_, T>, waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        channel.poll_send_many(self.0, waiter, cx)
    }

    fn leave(channel: &Channel<T>, waiter: Pin<&mut Waiter>) {
        channel.leave_senders(waiter);
    }
}

/// Takes this much room, all at once.
pub(crate) struct Hold(pub(crate) usize);

impl<T> Work<T> for Hold {
    type Output = Result<(), SendError<()>>;

    fn poll(&mut self, channel: Via<'_, T>, waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        channel.poll_reserve(self.0, waiter, cx)
    }

    fn leave(channel: &Channel<T>, waiter: Pin<&mut Waiter>) {
        channel.leave_senders(waiter);
    }
}

/// Receives one message.
pub(crate) struct Take;

impl<T> Work<T> for Take {
    type Output = Result<T, RecvError>;

    #[cfg(feature = "std")]
    #[inline(always)]
    fn at_once(&mut self, channel: Via<'_, T>) -> Option<Self::Output> {
        channel.take_at_once().map(Ok)
    }

    #[cfg(feature = "std")]
    #[inline(always)]
    fn lingers(channel: &Channel<T>) -> bool {
        channel.lingers_to_take()
    }

    #[inline(always)]
    fn poll(&mut self, channel: Via<'_, T>, waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        channel.poll_recv(waiter, cx)
    }

    fn leave(channel: &Channel<T>, waiter: Pin<&mut Waiter>) {
        channel.leave_receivers(waiter);
    }
}

/// Receives at least one message and at most `limit`, into `buffer`.
pub(crate) struct TakeMany<'a, E> {
    pub(crate) buffer: &'a mut E,
    pub(crate) limit: usize,
}

impl<T, E: Extend<T>> Work<T> for TakeMany<'_, E> {
    type Output = Result<usize, RecvError>;

    fn poll(&mut self, channel: Via<'_, T>, waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        channel.poll_recv_many(self.buffer, self.limit, waiter, cx)
    }

    fn leave(channel: &Channel<T>, waiter: Pin<&mut Waiter>) {
        channel.leave_receivers(waiter);
    }
}

/// Waits for the channel to be closed.
pub(crate) struct Watch;

impl<T> Work<T> for Watch {
    type Output = ();

    fn poll(&mut self, channel: Via<'_, T>, waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        channel.poll_closed(waiter, cx)
    }

    fn leave(channel: &Channel<T>, waiter: Pin<&mut Waiter>) {
        channel.leave_closers(waiter);
    }
}
