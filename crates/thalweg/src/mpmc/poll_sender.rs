//! A sender for hand-written futures and sinks: first room, then the message.

use super::sender::Sender;
use crate::error::SendError;
use crate::raw::Waiter;
use alloc::boxed::Box;
use core::{
    fmt, mem,
    pin::Pin,
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
    stage: Stage,
    // Made at the first poll.
    waiter: Option<Pin<Box<Waiter>>>,
}

/// How far the next send has come.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Stage {
    /// Nothing was asked for.
    Idle,
    /// The last poll was pending: the waiter may be in line.
    Waiting,
    /// There is room for one message.
    Reserved,
}

impl<T> PollSender<T> {
    pub(super) fn new(sender: Sender<T>) -> Self {
        Self { sender: Some(sender), stage: Stage::Idle, waiter: None }
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
        let Some(sender) = &self.sender else {
            return Poll::Ready(Err(SendError(())));
        };
        if self.stage == Stage::Reserved {
            return Poll::Ready(Ok(()));
        }
        // Before the poll: were it to panic, the place would still be left.
        self.stage = Stage::Waiting;
        let waiter = self.waiter.get_or_insert_with(|| Box::pin(Waiter::new()));
        let reserved = sender.channel.poll_reserve(1, waiter.as_mut(), cx);
        match reserved {
            Poll::Ready(Ok(())) => self.stage = Stage::Reserved,
            Poll::Ready(Err(_)) => self.stage = Stage::Idle,
            Poll::Pending => {}
        }
        reserved
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
        let Some(sender) = &self.sender else {
            return Err(SendError(message));
        };
        assert!(self.stage == Stage::Reserved, "`send_item` without room: `poll_reserve` must be ready first");
        self.stage = Stage::Idle;
        sender.channel.send_reserved(message)
    }

    /// Gives reserved room back, or leaves the line. Returns `false` if there was neither.
    pub fn abort_send(&mut self) -> bool {
        let stage = mem::replace(&mut self.stage, Stage::Idle);
        match (&self.sender, &mut self.waiter) {
            (Some(sender), _) if stage == Stage::Reserved => sender.channel.release(1),
            (Some(sender), Some(waiter)) if stage == Stage::Waiting => {
                sender.channel.leave_senders(waiter.as_mut());
                waiter.as_mut().finish();
            }
            _ => {}
        }
        stage != Stage::Idle
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
        self.abort_send();
        self.sender = None;
    }
}

const CLOSED: &str = "the `PollSender` was closed";

impl<T> Clone for PollSender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), stage: Stage::Idle, waiter: None }
    }
}

impl<T> Drop for PollSender<T> {
    fn drop(&mut self) {
        self.abort_send();
    }
}

impl<T> fmt::Debug for PollSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollSender").field("stage", &self.stage).field("sender", &self.sender).finish_non_exhaustive()
    }
}
