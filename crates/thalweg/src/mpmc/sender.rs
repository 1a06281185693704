//! The sending handle, and its weak twin.

use super::future::{Closed, OwnedSend, Send};
use super::poll_sender::PollSender;
use crate::channel::{Handle, Sending, Strong, Weak};
use crate::error::{SendError, TrySendError};
use core::{fmt, num::NonZeroU32};

/// The sending side of a channel.
///
/// Any number of senders share a channel: clone it, or share it by reference. When the last one is dropped the
/// channel closes: receivers take what is queued and then see the end.
pub struct Sender<T> {
    pub(super) channel: Strong<T, Sending>,
}

impl<T> Sender<T> {
    pub(super) fn new(channel: Strong<T, Sending>) -> Self {
        Self { channel }
    }

    /// Sends a message, waiting while there is no room.
    ///
    /// With capacity 0 it waits until a receiver waits for the message. The future borrows this sender and holds no
    /// handle of its own; [`send_owned`](Self::send_owned) does.
    ///
    /// # Errors
    ///
    /// With the message, when the channel is closed, also while it waits.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future sends nothing, ever, and drops the message; room that was being offered to it is
    /// offered to the next sender. To have the message back, call [`Send::cancel`]; to have made no message yet, wait
    /// for room first with [`reserve`](Self::reserve). A future that is neither polled nor dropped holds no other
    /// sender up, as long as [anything else happens](crate::mpmc#who-goes-first) on the channel.
    ///
    /// # Fairness
    ///
    /// Waiting senders are woken first come, first served, one for each slot that becomes free. A send that comes
    /// fresh takes the room it finds, also room that another was woken for and has yet to look at; that one then goes
    /// back to the front of the line, or [stays awake](crate::mpmc#who-goes-first). With capacity 0 it leaves that to
    /// the other first, and then waits too. Who has waited keeps to its order.
    ///
    /// # Cost
    ///
    /// Constant time, but that one who goes back looks for its place among those who went back before, and one who sleeps
    /// while nobody comes [wakes others](crate::mpmc#what-does-it-cost). Waiting allocates nothing; a message takes memory
    /// only as the channel's storage grows.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = thalweg::mpmc::bounded(1);
    /// tx.send("hello").await?;
    /// drop(rx);
    /// assert_eq!(tx.send("too late").await.unwrap_err().into_inner(), "too late");
    /// # Ok::<(), thalweg::mpmc::SendError<&str>>(()) }).unwrap();
    /// ```
    #[inline]
    pub fn send(&self, message: T) -> Send<'_, T> {
        Send::new(self.channel.via(), message)
    }

    /// Sends a message like [`send`](Self::send), with a `'static` future for spawning.
    ///
    /// The future holds a sender of its own until it is ready, cancelled or dropped, and counts as one.
    ///
    /// # Errors
    ///
    /// With the message, when the channel is closed, also while it waits.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send): a pending future that is dropped sends nothing. [`OwnedSend::cancel`] gives the
    /// message back. Dropping the future may drop the last sender, which closes the channel.
    ///
    /// ```
    /// use futures_lite::future::block_on;
    ///
    /// let (tx, rx) = thalweg::mpmc::bounded(1);
    /// let send = tx.send_owned(1);
    /// drop(tx);
    /// let task = std::thread::spawn(|| block_on(send));
    /// assert_eq!(block_on(rx.recv()), Ok(1));
    /// assert_eq!(task.join().unwrap(), Ok(()));
    /// ```
    pub fn send_owned(&self, message: T) -> OwnedSend<T> {
        OwnedSend::new(self.channel.clone(), message)
    }

    /// Sends a message if there is room now.
    ///
    /// It never waits, and it may overtake senders that do. With capacity 0 it succeeds when a receiver is waiting
    /// now; the message is then kept for receivers, in front, even if that one is dropped before it looks.
    ///
    /// # Errors
    ///
    /// With the message: [`Full`](TrySendError::Full) when there is no room now, [`Closed`](TrySendError::Closed)
    /// when the channel is closed.
    ///
    /// ```
    /// use thalweg::mpmc::{self, TrySendError};
    ///
    /// let (tx, rx) = mpmc::bounded(1);
    /// assert_eq!(tx.try_send(1), Ok(()));
    /// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    /// drop(rx);
    /// assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    /// ```
    #[inline]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.channel.via().try_send(message)
    }

    /// Sends a message, displacing the oldest one if the channel is full.
    ///
    /// Returns `Ok(Some(_))` with the message that is now not in the channel: the displaced one, or, when there was
    /// none to displace, this one. That is so with capacity 0 and nobody waiting, and when permits hold all of the
    /// capacity.
    ///
    /// # Errors
    ///
    /// With the message, when the channel is closed.
    ///
    /// ```
    /// let (tx, rx) = thalweg::mpmc::bounded(2);
    /// assert_eq!(tx.force_send(1), Ok(None));
    /// assert_eq!(tx.force_send(2), Ok(None));
    /// assert_eq!(tx.force_send(3), Ok(Some(1)));
    /// assert_eq!(rx.drain().collect::<Vec<_>>(), [2, 3]);
    /// ```
    pub fn force_send(&self, message: T) -> Result<Option<T>, SendError<T>> {
        self.channel.via().force_send(message)
    }

    /// Waits until the channel is closed: by a call, or because all handles of a side are gone.
    ///
    /// From then on no send succeeds, but through a permit that is out.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future has no effect.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = thalweg::mpmc::bounded::<()>(1);
    /// drop(rx);
    /// tx.closed().await;
    /// # });
    /// ```
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(self.channel.via())
    }

    /// Closes the channel, for everybody. Returns whether this call did it.
    ///
    /// Sends fail from now on, those that wait included, each with its message. Messages that were accepted, and
    /// those of permits that are out, can still be received; then receivers see the end. Either side may close, any
    /// number of times.
    ///
    /// ```
    /// let (tx, rx) = thalweg::mpmc::unbounded();
    /// tx.try_send(1).unwrap();
    /// assert!(tx.close());
    /// assert!(!rx.close());
    /// assert!(tx.try_send(2).unwrap_err().is_closed());
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert!(rx.try_recv().unwrap_err().is_closed());
    /// ```
    pub fn close(&self) -> bool {
        self.channel.via().close()
    }

    /// Whether the channel is closed. Messages may still be queued.
    #[doc(alias = "is_disconnected")]
    pub fn is_closed(&self) -> bool {
        self.channel.is_closed()
    }

    /// Whether no message is queued. A channel of capacity 0 with nothing queued is both empty and full.
    pub fn is_empty(&self) -> bool {
        self.channel.is_empty()
    }

    /// Whether there is no room: messages and permits together fill the capacity. With capacity 0 it always is.
    pub fn is_full(&self) -> bool {
        self.channel.is_full()
    }

    /// How many messages are queued. Permits and the messages of waiting sends don't count.
    pub fn len(&self) -> usize {
        self.channel.len()
    }

    /// For how many messages there is room in all, `None` if for any number.
    ///
    /// It is exact: neither rounded, nor larger with more senders.
    pub fn capacity(&self) -> Option<usize> {
        self.channel.capacity()
    }

    /// For how many messages there is room now, `None` if for any number. Permits that are out count as used.
    pub fn free_capacity(&self) -> Option<usize> {
        self.channel.free_capacity()
    }

    /// For how many messages room is held by permits.
    pub fn reserved(&self) -> usize {
        self.channel.reserved()
    }

    /// How many senders there are. Owned futures and permits count, borrowed ones and weak handles don't.
    pub fn sender_count(&self) -> usize {
        self.channel.sender_count()
    }

    /// How many receivers there are. Owned futures count, borrowed ones and weak handles don't.
    pub fn receiver_count(&self) -> usize {
        self.channel.receiver_count()
    }

    /// How many operations wait for room in line. One that was woken is no longer in line.
    pub fn waiting_senders(&self) -> usize {
        self.channel.waiting_senders()
    }

    /// How many operations wait for a message in line. One that was woken is no longer in line.
    pub fn waiting_receivers(&self) -> usize {
        self.channel.waiting_receivers()
    }

    /// A weak sender of the same channel, which does not keep it open.
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { channel: Strong::downgrade(&self.channel) }
    }

    /// Whether the other sender belongs to the same channel.
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        Strong::same_channel(&self.channel, &other.channel)
    }

    /// Turns this sender into one for hand-written futures and, with the feature `sink`, sinks.
    pub fn into_poll_sender(self) -> PollSender<T> {
        PollSender::new(self)
    }

    /// Sets the cooperative budget of the sending side, for all its senders. `None` means never to yield.
    ///
    /// After this many ready async operations in a row without one that waited, one poll wakes itself and returns
    /// `Pending`, so that a task that sends without end lets its neighbours run. Until it is set it is 128, or more for
    /// a sender that is [alone, or where several threads send](crate::mpmc#does-a-busy-channel-starve-its-neighbours). Blocking and `try_` calls never yield.
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
pub struct WeakSender<T> {
    channel: Weak<T, Sending>,
}

impl<T> WeakSender<T> {
    /// A sender of the channel, or `None` once the channel is closed or no sender is left.
    ///
    /// ```
    /// let (tx, rx) = thalweg::mpmc::unbounded::<()>();
    /// let weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// assert!(rx.is_closed());
    /// ```
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.channel.upgrade().map(Sender::new)
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
