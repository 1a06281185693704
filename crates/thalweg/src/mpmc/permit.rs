//! Permits: room taken first, the message sent later, without waiting.

use super::future::{Reserve, ReserveMany, ReserveOwned};
use super::sender::Sender;
use crate::channel::Via;
use crate::channel::{Handle, Room, Rooms, Sending, Strong};
use crate::error::{SendError, TrySendError};
use core::{fmt, iter::FusedIterator};

/// Making room before there is a message.
///
/// A permit is room for one message. It counts against the capacity from the moment it is given out, and it is given
/// back when it is dropped. Whoever has one sends at once, without waiting and without a lost message when a
/// `select!` drops the waiting: what was cancelled is a wait for room, the message had not been made.
impl<T> Sender<T> {
    /// Waits for room and takes it.
    ///
    /// With capacity 0 there is room while a receiver waits.
    ///
    /// # Errors
    ///
    /// When the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future takes no room. It gives up its place in the line; room that was being offered to
    /// it is offered to the next sender.
    ///
    /// # Fairness and cost
    ///
    /// Waits in the same line as [`send`](Self::send), allocates nothing.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = thalweg::mpmc::bounded(1);
    /// let permit = tx.reserve().await?;
    /// assert_eq!((tx.len(), tx.reserved(), tx.is_full()), (0, 1, true));
    /// permit.send("made once there was room for it").unwrap();
    /// assert_eq!(rx.recv().await, Ok("made once there was room for it"));
    /// # Ok::<(), thalweg::mpmc::SendError<()>>(()) }).unwrap();
    /// ```
    pub fn reserve(&self) -> Reserve<'_, T> {
        Reserve::new(self.channel.via())
    }

    /// Takes room if there is some now.
    ///
    /// # Errors
    ///
    /// [`Full`](TrySendError::Full) when there is no room now, [`Closed`](TrySendError::Closed) when the channel is
    /// closed.
    ///
    /// Like [`try_send`](Self::try_send), it never waits and may overtake senders that do.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.channel.via().try_reserve(1).map(|()| Permit::new(self.channel.via()))
    }

    /// Waits for room and takes it, with a `'static` future and a `'static` permit.
    ///
    /// The sender goes into the future and on into the permit, and comes back out of
    /// [`OwnedPermit::send`] or [`OwnedPermit::release`]. To keep one, clone it first.
    ///
    /// # Errors
    ///
    /// When the channel is closed. The sender is dropped then: on a closed channel it has no more use.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future takes no room, but it drops this sender; if it was the last one, the channel
    /// closes.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = thalweg::mpmc::bounded(1);
    /// let permit = tx.reserve_owned().await?;
    /// let tx = permit.send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Ok(1));
    /// # Ok::<(), thalweg::mpmc::SendError<()>>(()) }).unwrap();
    /// ```
    pub fn reserve_owned(self) -> ReserveOwned<T> {
        ReserveOwned::new(self.channel)
    }

    /// Takes room if there is some now, with a `'static` permit.
    ///
    /// # Errors
    ///
    /// [`Full`](TrySendError::Full) or [`Closed`](TrySendError::Closed), with the sender.
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        match self.channel.via().try_reserve(1) {
            Ok(()) => Ok(OwnedPermit::new(self.channel)),
            Err(TrySendError::Full(())) => Err(TrySendError::Full(self)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(self)),
        }
    }

    /// Waits for room for `count` messages and takes it, all of it or nothing.
    ///
    /// Zero permits are ready at once on an open channel.
    ///
    /// # Errors
    ///
    /// When the channel is closed, and at once when `count` is larger than the capacity: so much room will never be.
    /// (Not with capacity 0, where there is room for as many messages as receivers wait.)
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future takes no room.
    ///
    /// # Fairness
    ///
    /// The future waits at its place in the line until all of its room is there at once. Others may use the
    /// little room that comes up meanwhile, so a large `count` on a busy channel may wait long.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = thalweg::mpmc::bounded(4);
    /// for (i, permit) in tx.reserve_many(3).await?.enumerate() {
    ///     permit.send(i).unwrap();
    /// }
    /// assert_eq!(rx.drain().collect::<Vec<_>>(), [0, 1, 2]);
    /// # Ok::<(), thalweg::mpmc::SendError<()>>(()) }).unwrap();
    /// ```
    pub fn reserve_many(&self, count: usize) -> ReserveMany<'_, T> {
        ReserveMany::new(self.channel.via(), count)
    }

    /// Takes room for `count` messages if there is so much now, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`Full`](TrySendError::Full) when there is less room now, even if there never will be so much;
    /// [`Closed`](TrySendError::Closed) when the channel is closed.
    pub fn try_reserve_many(&self, count: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        self.channel.via().try_reserve(count).map(|()| PermitIterator::new(self.channel.via(), count))
    }
}

/// Room for one message, from [`Sender::reserve`] and its kin.
///
/// Dropping it gives the room back. Forgetting it (`mem::forget`) loses the room for good, and with it the end of the
/// channel: receivers wait for its message for ever, also after a close.
///
/// A permit outlives [`close`](Sender::close): what was promised room may still be sent, and receivers see the end
/// of the channel only when no permit is out.
#[must_use = "dropping a permit gives the room back"]
pub struct Permit<'a, T> {
    room: Room<T, Via<'a, T>>,
}

impl<'a, T> Permit<'a, T> {
    pub(super) fn new(channel: Via<'a, T>) -> Self {
        Self { room: Room::new(channel) }
    }

    /// Sends into the room that was held. It never waits.
    ///
    /// # Errors
    ///
    /// With the message, when no receiver is left to ever receive it. A channel that was merely closed still takes
    /// it.
    pub fn send(self, message: T) -> Result<(), SendError<T>> {
        self.room.send(message).1
    }
}

/// Room for one message, and the sender that asked for it, from [`Sender::reserve_owned`] and
/// [`Sender::try_reserve_owned`].
///
/// It counts as a sender. Dropping it gives the room back, then drops the sender.
#[must_use = "dropping a permit gives the room back"]
pub struct OwnedPermit<T> {
    room: Room<T, Strong<T, Sending>>,
}

impl<T> OwnedPermit<T> {
    pub(super) fn new(channel: Strong<T, Sending>) -> Self {
        Self { room: Room::new(channel) }
    }

    /// Sends into the room that was held, and returns the sender. It never waits.
    ///
    /// # Errors
    ///
    /// With the message, when no receiver is left to ever receive it. The sender is dropped then.
    pub fn send(self, message: T) -> Result<Sender<T>, SendError<T>> {
        let (channel, sent) = self.room.send(message);
        sent.map(|()| Sender::new(channel))
    }

    /// Gives the room back, and returns the sender.
    pub fn release(self) -> Sender<T> {
        Sender::new(self.room.release())
    }

    /// Whether the other permit belongs to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Strong::same_channel(self.room.channel(), other.room.channel())
    }
}

/// Permits that were reserved together, from [`Sender::reserve_many`] and [`Sender::try_reserve_many`].
///
/// Dropping it gives the room of those that were not taken out back.
#[must_use = "dropping permits gives the room back"]
pub struct PermitIterator<'a, T> {
    rooms: Rooms<'a, T>,
}

impl<'a, T> PermitIterator<'a, T> {
    pub(super) fn new(channel: Via<'a, T>, count: usize) -> Self {
        Self { rooms: Rooms::new(channel, count) }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rooms.next().map(|room| Permit { room })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rooms.size_hint()
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}

impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitIterator").field("left", &self.rooms.len()).finish_non_exhaustive()
    }
}
