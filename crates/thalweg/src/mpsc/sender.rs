//! The sending handle of a bounded channel, and its weak twin.

use super::future::{Closed, Send};
use crate::channel::{Handle, Home, Sending, Strong, Weak};
use crate::error::{SendError, TrySendError};
use core::{fmt, num::NonZeroU32};

/// The sending side of a [`channel`](super::channel()).
///
/// Any number of senders share a channel: clone it, or share it by reference. When the last one is dropped the
/// channel closes: the receiver takes what is queued and then sees the end.
pub struct Sender<T> {
    pub(super) channel: Strong<T, Sending, Home<T>>,
}

impl<T> Sender<T> {
    pub(super) fn new(channel: Strong<T, Sending, Home<T>>) -> Self {
        Self { channel }
    }

    /// Sends a message, waiting while there is no room.
    ///
    /// # Errors
    ///
    /// With the message, when the receiver was closed or dropped, also while it waits.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future sends nothing, ever, and drops the message; room that was being offered to it is
    /// offered to the next sender. To have the message back, call [`Send::cancel`]; to have made no message yet, wait
    /// for room first with [`reserve`](Self::reserve). A future that is neither polled nor dropped holds no other
    /// sender up, as long as [anything else happens](crate::mpmc#who-goes-first) on the channel.
    ///
    /// # Fairness and cost
    ///
    /// Waiting senders are woken first come, first served, one for each slot that becomes free. One that comes fresh
    /// takes the room it finds; who was woken for it goes back to the front of the line, or stays awake and
    /// looks again while the channel moves. Waiting allocates nothing.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::mpsc::channel(1);
    /// tx.send("hello").await?;
    /// assert_eq!(rx.recv().await, Some("hello"));
    /// drop(rx);
    /// assert_eq!(tx.send("too late").await.unwrap_err().0, "too late");
    /// # Ok::<(), thalweg::mpsc::error::SendError<&str>>(()) }).unwrap();
    /// ```
    #[inline]
    pub fn send(&self, value: T) -> Send<'_, T> {
        Send::new(self.channel.via(), value)
    }

    /// Sends a message if there is room now.
    ///
    /// It never waits, and it may overtake senders that do. With capacity 0 it succeeds when the receiver waits now.
    ///
    /// # Errors
    ///
    /// With the message: [`Full`](TrySendError::Full) when there is no room now, [`Closed`](TrySendError::Closed)
    /// when the receiver was closed or dropped.
    ///
    /// ```
    /// use thalweg::mpsc::{self, error::TrySendError};
    ///
    /// let (tx, rx) = mpsc::channel(1);
    /// assert_eq!(tx.try_send(1), Ok(()));
    /// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    /// drop(rx);
    /// assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    /// ```
    #[inline]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.channel.via().try_send(message)
    }

    /// Waits until the receiver is closed or dropped: nobody wants messages any more.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future has no effect; calling it again waits for the same.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = thalweg::mpsc::channel::<()>(1);
    /// drop(rx);
    /// tx.closed().await;
    /// # });
    /// ```
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(self.channel.via())
    }

    /// Whether the receiver was closed or dropped.
    pub fn is_closed(&self) -> bool {
        self.channel.is_closed()
    }

    /// Whether the other sender belongs to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Strong::same_channel(&self.channel, &other.channel)
    }

    /// For how many messages there is room now. Permits that are out count as used.
    ///
    /// It goes up as messages are received. For the room in all see [`max_capacity`](Self::max_capacity).
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::mpsc::channel(5);
    /// let permit = tx.try_reserve()?;
    /// assert_eq!((tx.capacity(), tx.max_capacity()), (4, 5));
    /// permit.send(1);
    /// assert_eq!(tx.capacity(), 4);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(tx.capacity(), 5);
    /// # Ok::<(), thalweg::mpsc::error::TrySendError<()>>(())
    /// ```
    #[doc(alias = "free_capacity")]
    pub fn capacity(&self) -> usize {
        self.channel.free_capacity().unwrap_or(usize::MAX)
    }

    /// For how many messages there is room in all: what [`channel`](super::channel()) was given.
    pub fn max_capacity(&self) -> usize {
        self.channel.capacity().unwrap_or(usize::MAX)
    }

    /// A weak sender of the same channel, which does not keep it open.
    #[must_use = "it makes a weak sender, and leaves this one as it is"]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { channel: Strong::downgrade(&self.channel) }
    }

    /// How many senders there are. Owned permits and their futures count, weak senders don't.
    pub fn strong_count(&self) -> usize {
        self.channel.sender_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.channel.weak_sender_count()
    }

    /// Sets the cooperative budget of the sending side, for all its senders. `None` means never to yield.
    ///
    /// After this many ready async operations in a row without one that waited, one poll wakes itself and returns
    /// `Pending`, so that a task that sends without end lets its neighbours run. Until it is set it is 128, or more where
    /// [several handles are used by several threads](crate::mpmc#does-a-busy-channel-starve-its-neighbours). Blocking and `try_` calls never yield.
    pub fn set_budget(&self, budget: Option<NonZeroU32>) {
        self.channel.set_send_budget(budget);
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::new(self.channel.clone())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.describe("Sender", f)
    }
}

/// A sender that does not keep the channel open, from [`Sender::downgrade`].
///
/// It keeps the channel's memory, but no message: those are dropped with the receiver.
pub struct WeakSender<T> {
    channel: Weak<T, Sending, Home<T>>,
}

impl<T> WeakSender<T> {
    /// A sender of the channel, or `None` once no sender is left.
    ///
    /// That the receiver was closed does not matter to it.
    ///
    /// ```
    /// let (tx, rx) = thalweg::mpsc::channel::<()>(1);
    /// let weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// assert!(rx.is_closed());
    /// ```
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.channel.upgrade_present().map(Sender::new)
    }

    /// How many senders there are. Owned permits and their futures count, weak senders don't.
    pub fn strong_count(&self) -> usize {
        self.channel.channel().sender_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.channel.channel().weak_sender_count()
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self { channel: self.channel.clone() }
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}

/// What an unbounded channel's send makes of the error of one that could be full.
pub(super) fn send_now<T>(channel: &Strong<T, Sending, Home<T>>, message: T) -> Result<(), SendError<T>> {
    channel.via().try_send(message).map_err(|error| SendError(error.into_inner()))
}
