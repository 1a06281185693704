//! A sender for hand-written futures and sinks: first room, then the message.

use super::sender::Sender;
use crate::channel::Handle;
use crate::channel::polled::Polled;
use crate::error::SendError;
use core::{
    fmt,
    task::{Context, Poll},
};

/// A sender that is polled for room and then given a message, from [`Sender::into_poll_sender`].
///
/// [`poll_reserve`](Self::poll_reserve) truly reserves: once it is ready, the room is this sender's, and
/// [`send_item`](Self::send_item) neither waits nor fails for want of room. With the feature `sink` it is a `Sink`.
///
/// It is `Unpin`. A clone is another sender of the same channel; it starts without room.
///
/// Dropping it gives reserved room back, or leaves the line, and then drops the sender.
///
/// ```
/// use std::future::poll_fn;
///
/// # futures_lite::future::block_on(async {
/// let (tx, rx) = thalweg::mpmc::bounded(1);
/// let mut tx = tx.into_poll_sender();
/// poll_fn(|cx| tx.poll_reserve(cx)).await?;
/// assert_eq!(rx.reserved(), 1);
/// tx.send_item("made when there was room").unwrap();
/// assert_eq!(rx.recv().await, Ok("made when there was room"));
/// # Ok::<(), thalweg::mpmc::SendError<()>>(()) }).unwrap();
/// ```
pub struct PollSender<T> {
    // `None` once closed.
    sender: Option<Sender<T>>,
    polled: Polled,
}

impl<T> PollSender<T> {
    pub(super) fn new(sender: Sender<T>) -> Self {
        Self { sender: Some(sender), polled: Polled::new() }
    }

    /// Polls for room for one message. Ready again at once while there is reserved room.
    ///
    /// # Errors
    ///
    /// When the channel is closed and nothing was reserved before, or after [`close`](Self::close).
    ///
    /// # Cancel safety
    ///
    /// Between polls it keeps its place in the line, which is that of [`Sender::send`]. Room that is reserved stays
    /// reserved until it is used by `send_item`, or given back by [`abort_send`](Self::abort_send), `close` or drop:
    /// one that is reserved and left alone takes from the capacity.
    ///
    /// # Cost
    ///
    /// The first call allocates a waiter, which this sender keeps.
    pub fn poll_reserve(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<()>>> {
        match &self.sender {
            Some(sender) => self.polled.poll_reserve(sender.channel.via(), cx),
            None => Poll::Ready(Err(SendError(()))),
        }
    }

    /// Sends into the room that [`poll_reserve`](Self::poll_reserve) reserved. It never waits.
    ///
    /// # Errors
    ///
    /// With the message, when no receiver is left, or after [`close`](Self::close).
    ///
    /// # Panics
    ///
    /// When nothing is reserved: the last `poll_reserve` was not ready, or its room is already used.
    pub fn send_item(&mut self, message: T) -> Result<(), SendError<T>> {
        match &self.sender {
            Some(sender) => self.polled.send_item(sender.channel.via(), message),
            None => Err(SendError(message)),
        }
    }

    /// Gives reserved room back, or leaves the line. Returns `false` if there was neither.
    pub fn abort_send(&mut self) -> bool {
        self.sender.as_ref().is_some_and(|sender| self.polled.abort(sender.channel.via()))
    }

    /// The sender inside.
    ///
    /// # Panics
    ///
    /// After [`close`](Self::close).
    pub fn sender(&self) -> &Sender<T> {
        self.sender.as_ref().expect(CLOSED)
    }

    /// Aborts what is begun, and takes the sender out.
    ///
    /// # Panics
    ///
    /// After [`close`](Self::close).
    pub fn into_sender(mut self) -> Sender<T> {
        self.abort_send();
        self.sender.take().expect(CLOSED)
    }

    /// Ends this sender, not the channel: aborts what is begun, and drops the sender inside.
    ///
    /// Other senders go on; if this was the last one, the channel closes. To close the channel for everybody, call
    /// [`Sender::close`] on [`sender`](Self::sender).
    pub fn close(&mut self) {
        // Taken out first: should a waker panic, it goes all the same.
        let last = self.sender.take();
        if let Some(sender) = &last {
            self.polled.abort(sender.channel.via());
        }
    }
}

const CLOSED: &str = "the `PollSender` was closed";

impl<T> Clone for PollSender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), polled: Polled::new() }
    }
}

impl<T> Drop for PollSender<T> {
    fn drop(&mut self) {
        self.abort_send();
    }
}

impl<T> fmt::Debug for PollSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollSender")
            .field("stage", &self.polled.stage())
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}
