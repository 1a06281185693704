//! A sender for hand-written futures and sinks: first room, then the message. tokio's is in `tokio_util::sync`.

use super::error::PollSendError;
use super::sender::Sender;
use crate::channel::Handle;
use crate::channel::polled::{Polled, Stage};
use crate::error::SendError;
use core::{
    fmt,
    task::{Context, Poll},
};

/// A sender that is polled for room and then given a message.
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
/// use thalweg::mpsc::{self, PollSender};
///
/// # futures_lite::future::block_on(async {
/// let (tx, mut rx) = mpsc::channel(1);
/// let mut tx = PollSender::new(tx);
/// poll_fn(|cx| tx.poll_reserve(cx)).await?;
/// tx.send_item("made when there was room")?;
/// assert_eq!(rx.recv().await, Some("made when there was room"));
/// # Ok::<(), mpsc::error::PollSendError<&str>>(()) }).unwrap();
/// ```
pub struct PollSender<T> {
    // `None` once closed, and any room used up or given back.
    sender: Option<Sender<T>>,
    closed: bool,
    polled: Polled,
}

impl<T> PollSender<T> {
    /// Makes a polled sender of a sender.
    pub fn new(sender: Sender<T>) -> Self {
        Self { sender: Some(sender), closed: false, polled: Polled::new() }
    }

    /// Polls for room for one message. Ready again at once while there is reserved room.
    ///
    /// # Errors
    ///
    /// When nothing was reserved before, and the receiver was closed or dropped, or this sender was
    /// [closed](Self::close).
    ///
    /// # Cancel safety
    ///
    /// Between polls it keeps its place in the line, which is that of [`Sender::send`]. Room that is reserved stays
    /// reserved until it is used by `send_item`, or given back by [`abort_send`](Self::abort_send) or drop: one that is
    /// reserved and left alone takes from the capacity.
    ///
    /// # Cost
    ///
    /// The first call allocates a waiter, which this sender keeps.
    pub fn poll_reserve(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), PollSendError<T>>> {
        match &self.sender {
            Some(sender) => self.polled.poll_reserve(sender.channel.via(), cx).map_err(|_| PollSendError(None)),
            None => Poll::Ready(Err(PollSendError(None))),
        }
    }

    /// Sends into the room that [`poll_reserve`](Self::poll_reserve) reserved. It never waits.
    ///
    /// # Errors
    ///
    /// With the message, when the receiver was dropped, or after [`close`](Self::close) without reserved room.
    ///
    /// # Panics
    ///
    /// When nothing is reserved: the last `poll_reserve` was not ready, or its room is already used.
    pub fn send_item(&mut self, value: T) -> Result<(), PollSendError<T>> {
        let last = self.take_if_closed();
        let Some(sender) = last.as_ref().or(self.sender.as_ref()) else { return Err(PollSendError(Some(value))) };
        let sent = self.polled.send_item(sender.channel.via(), value);
        sent.map_err(|SendError(value)| PollSendError(Some(value)))
    }

    /// Gives reserved room back, or leaves the line. Returns `false` if there was neither.
    pub fn abort_send(&mut self) -> bool {
        let last = self.take_if_closed();
        last.as_ref().or(self.sender.as_ref()).is_some_and(|sender| self.polled.abort(sender.channel.via()))
    }

    /// Ends this sender, not the channel. Other senders go on; if this was the last one, the channel closes.
    ///
    /// Room that is reserved may still be used, by one last `send_item`. If that is not wanted, call
    /// [`abort_send`](Self::abort_send).
    pub fn close(&mut self) {
        self.closed = true;
        if self.polled.stage() != Stage::Reserved {
            self.abort_send();
        }
    }

    /// Whether the receiver was closed or dropped, or this sender was closed.
    pub fn is_closed(&self) -> bool {
        self.get_ref().is_none_or(Sender::is_closed)
    }

    /// The sender inside, or `None` after [`close`](Self::close).
    pub fn get_ref(&self) -> Option<&Sender<T>> {
        self.sender.as_ref().filter(|_| !self.closed)
    }

    /// The sender, if it was closed, for what leaves it no room. Taken out first: should a waker panic, it goes all the same.
    fn take_if_closed(&mut self) -> Option<Sender<T>> {
        if self.closed { self.sender.take() } else { None }
    }
}

impl<T> Clone for PollSender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.get_ref().cloned(), closed: self.closed, polled: Polled::new() }
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
            .field("sender", &self.get_ref())
            .finish_non_exhaustive()
    }
}
