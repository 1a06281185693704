//! The sending handle, and its weak twin.

use super::channel::{Channel, Manner, Put};
use super::error::{SendError, TrySendError};
use super::future::{Closed, Send};
use super::receiver::Receiver;
use super::ring::{Ring, Slots};
use super::{Lossless, Lossy, checked, describe};
use crate::record::{Kind, Log, Note, Presence, Role};
use crate::sync::Arc;
use core::{fmt, marker::PhantomData, num::NonZeroU32};

/// The sending side of a channel.
///
/// Any number of senders share a channel: clone it, or share it by reference. When the last one is dropped receivers get
/// what they are still owed, and then see the end.
///
/// `M` says what happens when the channel is full, and so which methods there are to send:
/// [`Lossy`] writes over the oldest message and never waits, [`Lossless`] waits for the slowest receiver.
pub struct Sender<T, M = Lossy> {
    pub(super) channel: Arc<Channel<T>>,
    pub(super) presence: Presence,
    mode: PhantomData<fn() -> M>,
}

/// Sending over the oldest messages.
impl<T> Sender<T> {
    /// Makes a channel without a receiver, as [`channel`](super::channel) does with one.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0, or so large that its room would take more than `isize::MAX` bytes. The room is allocated
    /// here: if there is not that much memory the process ends.
    ///
    /// ```
    /// use thalweg::broadcast::Sender;
    ///
    /// let tx = Sender::new(4);
    /// assert!(tx.send(1).is_err()); // nobody would hear it
    /// let mut rx = tx.subscribe();
    /// assert_eq!(tx.send(2), Ok(1));
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// ```
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        let slots = Slots::new(checked(capacity));
        let log = Log::new(Kind::Broadcast, capacity);
        Self::first(Channel::new(Ring::lossy(slots), log))
    }

    /// Sends a message to all receivers that are there now, and returns how many these are.
    ///
    /// It never waits. If the channel is full it writes over the oldest message: a receiver that has yet to read that
    /// one is told later how many it missed.
    ///
    /// Success does not mean that the message will be received: receivers may leave, or be too slow.
    ///
    /// # Errors
    ///
    /// With the message, if there is no receiver. [`InactiveReceiver`](super::InactiveReceiver)s are none.
    ///
    /// # Cost
    ///
    /// Constant time, and waking those who wait. Nothing is cloned, and nothing allocated. A message that is written
    /// over is dropped on this thread, or, if a receiver is just cloning it, by that one.
    ///
    /// ```
    /// use thalweg::broadcast::{channel, error::TryRecvError};
    ///
    /// let (tx, mut rx) = channel(2);
    /// for number in 1..=3 {
    ///     tx.send(number)?;
    /// }
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Lagged(1)));
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// # Ok::<(), thalweg::broadcast::error::SendError<i32>>(())
    /// ```
    #[inline]
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        match self.channel.put(value, Manner::Over, self.note()) {
            Put::Sent(receivers) => Ok(receivers),
            Put::Full(message) | Put::Yield(message) | Put::Closed(message) => Err(SendError(message)),
        }
    }
}

/// Sending at the pace of the slowest receiver.
impl<T> Sender<T, Lossless> {
    /// Makes a channel without a receiver, as [`lossless`](super::lossless) does with one.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0, or so large that its room would take more than `isize::MAX` bytes. The room is allocated
    /// here: if there is not that much memory the process ends.
    #[track_caller]
    pub fn lossless(capacity: usize) -> Self
    where
        T: Sync,
    {
        let slots = Slots::new(checked(capacity));
        let log = Log::new(Kind::Broadcast, capacity);
        Self::first(Channel::new(Ring::lossless(slots), log))
    }

    /// Sends a message to all receivers that are there when it is sent, and returns how many these are. Waits while the
    /// channel is full, which is until all who are owed the oldest message have read it or left.
    ///
    /// # Errors
    ///
    /// With the message, if there is no receiver, also while it waits.
    ///
    /// # Cancel safety
    ///
    /// A message enters the channel only in the poll that returns `Ready`: a pending future that is dropped has sent
    /// nothing, and never will. [`Send::cancel`] gives the message back. A future that is neither polled nor dropped
    /// holds up nobody else.
    ///
    /// # Fairness
    ///
    /// All senders that wait are woken when a full channel gets room, in the order in which they came, and those who
    /// find it full again keep their places. A send that comes fresh takes the room it finds.
    ///
    /// After 128 sends in a row that were ready one poll yields, whatever room there is
    /// ([`set_budget`](Self::set_budget)).
    ///
    /// # Cost
    ///
    /// Constant time, and waking those who wait; one that finds the channel full again looks for its place in the line.
    /// Waiting allocates nothing.
    ///
    /// ```
    /// use futures_lite::future::{block_on, zip};
    ///
    /// let (tx, mut rx) = thalweg::broadcast::lossless(1);
    /// let send = async {
    ///     for number in 1..=3 {
    ///         assert_eq!(tx.send(number).await, Ok(1));
    ///     }
    /// };
    /// let receive = async { [rx.recv().await, rx.recv().await, rx.recv().await] };
    /// assert_eq!(block_on(zip(send, receive)).1, [Ok(1), Ok(2), Ok(3)]);
    /// ```
    #[inline]
    pub fn send(&self, message: T) -> Send<'_, T> {
        Send::new(&self.channel, self.presence.by(), message)
    }

    /// Sends a message if there is room for it now, and returns how many receivers are owed it.
    ///
    /// It may overtake senders that wait.
    ///
    /// # Errors
    ///
    /// With the message: [`Full`](TrySendError::Full), or [`Closed`](TrySendError::Closed) if there is no receiver.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::broadcast::lossless(1);
    /// assert_eq!(tx.try_send(1), Ok(1));
    /// assert!(tx.try_send(2).is_err_and(|error| error.is_full()));
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(tx.try_send(2), Ok(1));
    /// ```
    #[inline]
    pub fn try_send(&self, message: T) -> Result<usize, TrySendError<T>> {
        match self.channel.put(message, Manner::Try, self.note()) {
            Put::Sent(receivers) => Ok(receivers),
            Put::Full(message) | Put::Yield(message) => Err(TrySendError::Full(message)),
            Put::Closed(message) => Err(TrySendError::Closed(message)),
        }
    }

    /// Sets the cooperative budget of the channel's senders. `None` means never to yield.
    ///
    /// After this many async sends in a row that were ready, of all senders together, one poll wakes itself and returns
    /// `Pending`, so that a task that sends without end lets its neighbours run. It starts at 128. Blocking calls are
    /// counted but never yield; `try_send` does neither.
    pub fn set_budget(&self, budget: Option<NonZeroU32>) {
        self.channel.ring.take_tail().budget.set(budget);
    }
}

impl<T, M> Sender<T, M> {
    /// One that is counted already.
    #[inline(always)]
    fn first(channel: Channel<T>) -> Self {
        // First, so that it is made there: a channel that others may look at before is made elsewhere, and moved.
        let channel = Arc::new(channel);
        let presence = Presence::new(&channel.log, Role::Sender);
        Self::of(channel, presence)
    }

    fn of(channel: Arc<Channel<T>>, presence: Presence) -> Self {
        Self { channel, presence, mode: PhantomData }
    }

    /// Who acts, if it is recorded, without having waited.
    #[inline]
    fn note(&self) -> Note {
        self.presence.by().note(|| None)
    }

    /// Makes a receiver, for the messages that are sent from now on.
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver::new(self.channel.clone(), self.channel.subscribe())
    }

    /// A weak sender of the same channel, which does not keep it open.
    #[must_use = "it makes a weak sender and leaves this one as it is"]
    pub fn downgrade(&self) -> WeakSender<T, M> {
        WeakSender::counted(self.channel.clone())
    }

    /// How many messages are in the channel: those that some receiver has yet to read. What one that leaves had yet to read
    /// counts until it has dropped it, which may be a moment after `receiver_count` no longer counts the receiver.
    ///
    /// # Cost
    ///
    /// The logarithm of the capacity.
    pub fn len(&self) -> usize {
        self.channel.ring.unread(&self.channel.ring.take_tail())
    }

    /// Whether every message has been read by all who are owed it.
    pub fn is_empty(&self) -> bool {
        self.channel.ring.is_read(&self.channel.ring.take_tail())
    }

    /// For how many messages there is room in all. It is exact, never rounded.
    pub fn capacity(&self) -> usize {
        self.channel.ring.capacity()
    }

    /// How many receivers there are. Inactive ones don't count.
    pub fn receiver_count(&self) -> usize {
        self.channel.ring.take_tail().receivers
    }

    /// Whether the other sender belongs to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channel, &other.channel)
    }

    /// Waits until there is nobody who receives, or could: no [`Receiver`], and no
    /// [`InactiveReceiver`](super::InactiveReceiver).
    ///
    /// The channel is not closed for ever then: [`subscribe`](Self::subscribe) opens it again.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future has no effect.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = thalweg::broadcast::channel::<u32>(1);
    /// drop(rx);
    /// tx.closed().await;
    /// # });
    /// ```
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(&self.channel)
    }

    /// How many senders there are. Weak ones don't count.
    pub fn strong_count(&self) -> usize {
        self.channel.ring.take_tail().senders
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.channel.ring.take_tail().weak_senders
    }
}

impl<T, M> Clone for Sender<T, M> {
    fn clone(&self) -> Self {
        self.channel.ring.take_tail().senders += 1;
        Self::of(self.channel.clone(), self.presence.cloned(&self.channel.log, Role::Sender))
    }
}

impl<T, M> Drop for Sender<T, M> {
    fn drop(&mut self) {
        self.presence.goes();
        self.channel.sender_left();
    }
}

impl<T, M> fmt::Debug for Sender<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("Sender", &self.channel, f)
    }
}

/// A sender that does not keep the channel open, from [`Sender::downgrade`].
pub struct WeakSender<T, M = Lossy> {
    channel: Arc<Channel<T>>,
    mode: PhantomData<fn() -> M>,
}

impl<T, M> WeakSender<T, M> {
    fn counted(channel: Arc<Channel<T>>) -> Self {
        channel.ring.take_tail().weak_senders += 1;
        Self { channel, mode: PhantomData }
    }

    /// A sender of the channel, or `None` once the last one has been dropped.
    ///
    /// ```
    /// let (tx, _rx) = thalweg::broadcast::channel::<()>(1);
    /// let weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use]
    pub fn upgrade(&self) -> Option<Sender<T, M>> {
        let mut tail = self.channel.ring.take_tail();
        if tail.senders == 0 {
            return None;
        }
        tail.senders += 1;
        drop(tail);
        let presence = Presence::new(&self.channel.log, Role::Sender);
        Some(Sender::of(self.channel.clone(), presence))
    }

    /// How many senders there are. Weak ones don't count.
    pub fn strong_count(&self) -> usize {
        self.channel.ring.take_tail().senders
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.channel.ring.take_tail().weak_senders
    }
}

impl<T, M> Clone for WeakSender<T, M> {
    fn clone(&self) -> Self {
        Self::counted(self.channel.clone())
    }
}

impl<T, M> Drop for WeakSender<T, M> {
    fn drop(&mut self) {
        self.channel.ring.take_tail().weak_senders -= 1;
    }
}

impl<T, M> fmt::Debug for WeakSender<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}
