//! The futures. Each holds its place in a queue itself, and leaves it when it is dropped.

use super::channel::Channel;
use super::error::{RecvError, SendError};
use super::receiver::Receiver;
use super::wake::Queue;
use crate::raw::Waiter;
use crate::record::By;
use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use futures_core::future::FusedFuture;
use pin_project_lite::pin_project;

pin_project! {
    /// Receives a message, from [`Receiver::recv`].
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Recv<'a, T> {
        // `None` once it has completed.
        receiver: Option<&'a mut Receiver<T>>,
        #[pin]
        waiter: Waiter,
    }

    impl<T> PinnedDrop for Recv<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(receiver) = this.receiver {
                receiver.place.wait.cancelled();
                receiver.channel.leave(this.waiter, Queue::Recvs);
            }
        }
    }
}

impl<'a, T> Recv<'a, T> {
    #[inline]
    pub(super) fn new(receiver: &'a mut Receiver<T>) -> Self {
        Self { receiver: Some(receiver), waiter: Waiter::new() }
    }
}

impl<T: Clone> Future for Recv<'_, T> {
    type Output = Result<T, RecvError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(receiver) = this.receiver else { polled_after_completion() };
        let result = ready!(receiver.channel.poll_recv(&mut receiver.place, this.waiter, cx));
        *this.receiver = None;
        Poll::Ready(result)
    }
}

pin_project! {
    /// Sends a message in a lossless channel, from [`Sender::send`](super::Sender::send).
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Send<'a, T> {
        channel: &'a Channel<T>,
        by: By,
        #[pin]
        waiter: Waiter,
        // `None` once it is sent or taken back.
        message: Option<T>,
    }

    impl<T> PinnedDrop for Send<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.by.note(|| this.waiter.number()).cancelled();
            this.channel.leave(this.waiter, Queue::Sends);
        }
    }
}

impl<'a, T> Send<'a, T> {
    #[inline]
    pub(super) fn new(channel: &'a Channel<T>, by: By, message: T) -> Self {
        Self { channel, by, waiter: Waiter::new(), message: Some(message) }
    }

    /// Ends the send early, and takes the message back, if it was not sent.
    ///
    /// The future must not be polled again.
    ///
    /// ```
    /// use futures_lite::future::{block_on, poll_once};
    ///
    /// let (tx, _rx) = thalweg::broadcast::lossless(1);
    /// tx.try_send(1).unwrap();
    /// let mut send = Box::pin(tx.send(2));
    /// assert!(block_on(poll_once(send.as_mut())).is_none());
    /// assert_eq!(send.as_mut().cancel(), Some(2));
    /// ```
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        let this = self.project();
        this.by.note(|| this.waiter.number()).cancelled();
        this.channel.leave(this.waiter, Queue::Sends);
        this.message.take()
    }
}

impl<T> Future for Send<'_, T> {
    type Output = Result<usize, SendError<T>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.message.is_none() {
            polled_after_completion();
        }
        this.channel.poll_send(this.message, this.waiter, *this.by, cx)
    }
}

pin_project! {
    /// Waits until there is nobody who receives, or could, from [`Sender::closed`](super::Sender::closed).
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Closed<'a, T> {
        // `None` once it has completed.
        channel: Option<&'a Channel<T>>,
        #[pin]
        waiter: Waiter,
    }

    impl<T> PinnedDrop for Closed<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(channel) = this.channel {
                channel.leave(this.waiter, Queue::Closers);
            }
        }
    }
}

impl<'a, T> Closed<'a, T> {
    pub(super) fn new(channel: &'a Channel<T>) -> Self {
        Self { channel: Some(channel), waiter: Waiter::new() }
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let Some(channel) = this.channel else { polled_after_completion() };
        ready!(channel.poll_closed(this.waiter, cx));
        *this.channel = None;
        Poll::Ready(())
    }
}

impl<T: Clone> FusedFuture for Recv<'_, T> {
    fn is_terminated(&self) -> bool {
        self.receiver.is_none()
    }
}

impl<T> FusedFuture for Send<'_, T> {
    fn is_terminated(&self) -> bool {
        self.message.is_none()
    }
}

impl<T> FusedFuture for Closed<'_, T> {
    fn is_terminated(&self) -> bool {
        self.channel.is_none()
    }
}

#[cold]
fn polled_after_completion() -> ! {
    panic!("future polled after completion")
}

impl<T> fmt::Debug for Recv<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").field("ended", &self.receiver.is_none()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Send<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Send").field("ended", &self.message.is_none()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Closed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").field("ended", &self.channel.is_none()).finish_non_exhaustive()
    }
}
