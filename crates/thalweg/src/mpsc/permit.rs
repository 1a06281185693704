//! Permits: room taken first, the message sent later, without waiting.

use super::future::{Reserve, ReserveMany, ReserveOwned};
use super::sender::Sender;
use crate::channel::{Channel, Home, Sending, Strong};
use crate::error::TrySendError;
use core::{fmt, iter::FusedIterator, mem};

/// Making room before there is a message.
///
/// A permit is room for one message. It counts against the capacity from the moment it is given out, and it is given
/// back when it is dropped. Whoever has one sends at once, without waiting and without a lost message when a
/// `select!` drops the waiting: what was cancelled is a wait for room, the message had not been made.
impl<T> Sender<T> {
    /// Waits for room and takes it.
    ///
    /// With capacity 0 there is room while the receiver waits.
    ///
    /// # Errors
    ///
    /// When the receiver was closed or dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future takes no room. It gives up its place in the line, which is that of
    /// [`send`](Self::send); room that was being offered to it is offered to the next sender.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::mpsc::channel(1);
    /// let permit = tx.reserve().await?;
    /// assert!(tx.try_send("no room").is_err());
    /// permit.send("made once there was room for it");
    /// assert_eq!(rx.recv().await, Some("made once there was room for it"));
    /// # Ok::<(), thalweg::mpsc::error::SendError<()>>(()) }).unwrap();
    /// ```
    pub fn reserve(&self) -> Reserve<'_, T> {
        Reserve::new(&self.channel)
    }

    /// Waits for room for `n` messages and takes it, all of it or nothing.
    ///
    /// Zero permits are ready at once on an open channel.
    ///
    /// # Errors
    ///
    /// When the receiver was closed or dropped, and at once when `n` is larger than the capacity: so much room will
    /// never be. (Not with capacity 0, where it waits for a second receiver, and so until the end.)
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future takes no room.
    ///
    /// # Fairness
    ///
    /// The future waits at its place in the line until all of its room is there at once. Others may use the
    /// little room that comes up meanwhile, so a large `n` on a busy channel may wait long.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::mpsc::channel(4);
    /// for (i, permit) in tx.reserve_many(2).await?.enumerate() {
    ///     permit.send(i);
    /// }
    /// assert_eq!((rx.recv().await, rx.recv().await), (Some(0), Some(1)));
    /// # Ok::<(), thalweg::mpsc::error::SendError<()>>(()) }).unwrap();
    /// ```
    pub fn reserve_many(&self, n: usize) -> ReserveMany<'_, T> {
        ReserveMany::new(&self.channel, n)
    }

    /// Waits for room and takes it, with a `'static` future and a `'static` permit.
    ///
    /// The sender goes into the future and on into the permit, and comes back out of
    /// [`OwnedPermit::send`] or [`OwnedPermit::release`]. To keep one, clone it first.
    ///
    /// # Errors
    ///
    /// When the receiver was closed or dropped. The sender is dropped then: it has no more use.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future takes no room, but it drops this sender; if it was the last one, the channel
    /// closes.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::mpsc::channel(1);
    /// let permit = tx.reserve_owned().await?;
    /// let tx = permit.send(1);
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Some(1));
    /// # Ok::<(), thalweg::mpsc::error::SendError<()>>(()) }).unwrap();
    /// ```
    pub fn reserve_owned(self) -> ReserveOwned<T> {
        ReserveOwned::new(self.channel)
    }

    /// Takes room if there is some now.
    ///
    /// # Errors
    ///
    /// [`Full`](TrySendError::Full) when there is no room now, [`Closed`](TrySendError::Closed) when the receiver was
    /// closed or dropped.
    ///
    /// Like [`try_send`](Self::try_send), it never waits and may overtake senders that do.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.channel.try_reserve(1).map(|()| Permit::new(&self.channel))
    }

    /// Takes room for `n` messages if there is so much now, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`Full`](TrySendError::Full) when there is less room now, even if there never will be so much;
    /// [`Closed`](TrySendError::Closed) when the receiver was closed or dropped.
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        self.channel.try_reserve(n).map(|()| PermitIterator::new(&self.channel, n))
    }

    /// Takes room if there is some now, with a `'static` permit.
    ///
    /// # Errors
    ///
    /// [`Full`](TrySendError::Full) or [`Closed`](TrySendError::Closed), with the sender.
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        match self.channel.try_reserve(1) {
            Ok(()) => Ok(OwnedPermit::new(self.channel)),
            Err(TrySendError::Full(())) => Err(TrySendError::Full(self)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(self)),
        }
    }
}

/// Room for one message, from [`Sender::reserve`] and its kin.
///
/// Dropping it gives the room back. Forgetting it (`mem::forget`) loses the room for good, and with it the end of the
/// channel: the receiver waits for its message for ever, also after a close.
///
/// A permit outlives [`close`](super::Receiver::close): what was promised room may still be sent, and the receiver
/// sees the end of the channel only when no permit is out.
#[must_use = "dropping a permit gives the room back"]
pub struct Permit<'a, T> {
    channel: &'a Channel<T>,
}

impl<'a, T> Permit<'a, T> {
    pub(super) fn new(channel: &'a Channel<T>) -> Self {
        Self { channel }
    }

    /// Sends into the room that was held. It never waits.
    ///
    /// A message that nobody can receive any more, because the receiver was dropped, is dropped at once.
    pub fn send(self, value: T) {
        let channel = self.channel;
        // From here on the room is the channel's business, also if there is no receiver.
        mem::forget(self);
        drop(channel.send_reserved(value));
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        self.channel.release(1);
    }
}

/// Room for one message, and the sender that asked for it, from [`Sender::reserve_owned`] and
/// [`Sender::try_reserve_owned`].
///
/// It counts as a sender. Dropping it gives the room back, then drops the sender.
#[must_use = "dropping a permit gives the room back"]
pub struct OwnedPermit<T> {
    // `None` once the room is used or given back.
    channel: Option<Strong<T, Sending, Home<T>>>,
}

impl<T> OwnedPermit<T> {
    pub(super) fn new(channel: Strong<T, Sending, Home<T>>) -> Self {
        Self { channel: Some(channel) }
    }

    /// Sends into the room that was held, and returns the sender. It never waits.
    ///
    /// A message that nobody can receive any more, because the receiver was dropped, is dropped at once.
    pub fn send(mut self, value: T) -> Sender<T> {
        let channel = self.take();
        drop(channel.send_reserved(value));
        Sender::new(channel)
    }

    /// Gives the room back, and returns the sender.
    pub fn release(mut self) -> Sender<T> {
        let channel = self.take();
        channel.release(1);
        Sender::new(channel)
    }

    /// Whether the other permit belongs to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        other.channel.as_ref().is_some_and(|channel| self.is_of(channel))
    }

    /// Whether the sender belongs to the same channel.
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.is_of(&sender.channel)
    }

    fn is_of(&self, channel: &Strong<T, Sending, Home<T>>) -> bool {
        self.channel.as_ref().is_some_and(|own| Strong::same_channel(own, channel))
    }

    fn take(&mut self) -> Strong<T, Sending, Home<T>> {
        self.channel.take().expect("a permit has its channel until it is used")
    }
}

impl<T> Drop for OwnedPermit<T> {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.release(1);
        }
    }
}

/// Permits that were reserved together, from [`Sender::reserve_many`] and [`Sender::try_reserve_many`].
///
/// Dropping it gives the room of those that were not taken out back.
#[must_use = "dropping permits gives the room back"]
pub struct PermitIterator<'a, T> {
    channel: &'a Channel<T>,
    left: usize,
}

impl<'a, T> PermitIterator<'a, T> {
    pub(super) fn new(channel: &'a Channel<T>, n: usize) -> Self {
        Self { channel, left: n }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(Permit::new(self.channel))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}

impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> Drop for PermitIterator<'_, T> {
    fn drop(&mut self) {
        self.channel.release(self.left);
    }
}

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
        f.debug_struct("PermitIterator").field("left", &self.left).finish_non_exhaustive()
    }
}
