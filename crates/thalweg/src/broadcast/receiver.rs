//! The receiving handle, and its inactive twin.

use super::channel::Channel;
use super::describe;
use super::error::TryRecvError;
use super::future::Recv;
use super::place::Place;
use super::ring::Cursor;
use super::stream::Listening;
use super::wake::Queue;
use crate::record::{Lone, Role};
use crate::sync::Arc;
use alloc::boxed::Box;
use core::{fmt, num::NonZeroU32, pin::Pin};

/// The receiving side of a channel: a place in the sequence of its messages.
///
/// Each receiver gets every message that is sent while it is there, in order, or is told how many it missed. Another one
/// is made with [`Sender::subscribe`](super::Sender::subscribe) or [`resubscribe`](Self::resubscribe). Dropping it gives
/// up what it has not read; messages that nobody else is owed are dropped then, with no lock held.
///
/// A receiver is a `Stream` and a `FusedStream`, and `Unpin`.
pub struct Receiver<T> {
    pub(super) channel: Arc<Channel<T>>,
    pub(super) place: Place,
    // What it waits for as a stream. Made at the first poll.
    pub(super) listening: Option<Pin<Box<Listening>>>,
}

impl<T> Receiver<T> {
    pub(super) fn new(channel: Arc<Channel<T>>, cursor: Cursor) -> Self {
        let place = Place::new(cursor, Lone::present(&channel.log, Role::Receiver));
        Self { channel, place, listening: None }
    }

    /// How many messages were sent that this receiver has not read.
    ///
    /// That may be more than the capacity: what it missed is counted until a receive has said so.
    pub fn len(&self) -> usize {
        let unread = self.channel.ring.take_tail().sent - self.place.cursor.next;
        usize::try_from(unread).unwrap_or(usize::MAX)
    }

    /// Whether there is nothing to receive now.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many messages this receiver has missed by now and would be told of by the next receive. In a lossless channel
    /// always 0.
    ///
    /// ```
    /// let (tx, rx) = thalweg::broadcast::channel(2);
    /// for number in 0..5 {
    ///     tx.send(number).unwrap();
    /// }
    /// assert_eq!((rx.len(), rx.missed()), (5, 3));
    /// ```
    pub fn missed(&self) -> u64 {
        let mut cursor = self.place.cursor;
        self.channel.ring.catch_up(&self.channel.ring.take_tail(), &mut cursor)
    }

    /// For how many messages there is room in all. It is exact, never rounded.
    pub fn capacity(&self) -> usize {
        self.channel.ring.capacity()
    }

    /// Whether there is no sender left. There may be messages all the same.
    pub fn is_closed(&self) -> bool {
        self.sender_strong_count() == 0
    }

    /// Whether the other receiver belongs to the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channel, &other.channel)
    }

    /// How many senders there are. Weak ones don't count.
    pub fn sender_strong_count(&self) -> usize {
        self.channel.ring.take_tail().senders
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.channel.ring.take_tail().weak_senders
    }

    /// Ends receiving, and keeps the right to begin again. What it has not read it gives up.
    ///
    /// ```
    /// let (tx, rx) = thalweg::broadcast::channel(2);
    /// let inactive = rx.deactivate();
    /// assert!(tx.send(1).is_err()); // nobody receives
    /// let mut rx = inactive.activate();
    /// tx.send(2).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// ```
    pub fn deactivate(self) -> InactiveReceiver<T> {
        let inactive = InactiveReceiver::counted(self.channel.clone());
        // By name: what is about to be returned is leaked where a destructor at the end panics (rust #47949).
        drop(self);
        inactive
    }

    /// Sets this receiver's cooperative budget. `None` means never to yield.
    ///
    /// After this many async receives in a row that were ready, one poll wakes itself and returns `Pending`, so that a
    /// task that receives without end lets its neighbours run. It starts at 128. Blocking calls are counted but never
    /// yield; `try_recv` does neither.
    pub fn set_budget(&mut self, budget: Option<NonZeroU32>) {
        self.place.budget.set(budget);
    }
}

impl<T: Clone> Receiver<T> {
    /// Receives the next message, waiting while there is none.
    ///
    /// Each receiver gets a clone, but for the last one to read a message, which gets the message itself.
    ///
    /// # Errors
    ///
    /// [`Lagged`](super::error::RecvError::Lagged) if messages were written over before it read them, in a channel that
    /// is not lossless: how many, exactly. The next receive gets the oldest one that is left.
    /// [`Closed`](super::error::RecvError::Closed) if there is no sender left, and no message.
    ///
    /// # Panics
    ///
    /// If cloning the message panics. That message then counts as read.
    ///
    /// # Cancel safety
    ///
    /// A message is taken only in the poll that returns it: dropping the pending future loses none. A future that is
    /// neither polled nor dropped holds no other receiver up; in a lossless channel it holds the senders up, as any
    /// receiver does that does not read.
    ///
    /// # Cost
    ///
    /// Constant time. Waiting allocates nothing. While another receiver is cloning the very same message this one waits
    /// for that, in a channel that is not lossless: messages need not be `Sync` there, so they are cloned by one thread at
    /// a time.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut one) = thalweg::broadcast::channel(4);
    /// let mut two = tx.subscribe();
    /// assert_eq!(tx.send("hello"), Ok(2));
    /// drop(tx);
    /// assert_eq!(one.recv().await, Ok("hello"));
    /// assert_eq!(two.recv().await, Ok("hello"));
    /// assert!(one.recv().await.is_err()); // no sender, no message
    /// # });
    /// ```
    #[inline]
    pub fn recv(&mut self) -> Recv<'_, T> {
        Recv::new(self)
    }

    /// Receives the next message if it is there now.
    ///
    /// # Errors
    ///
    /// [`Empty`](TryRecvError::Empty) if there is none now, [`Closed`](TryRecvError::Closed) if none ever will be,
    /// [`Lagged`](TryRecvError::Lagged) as [`recv`](Self::recv). In a channel that is not lossless it is `Empty`, too,
    /// while another receiver is cloning the very same message and takes its time: this call never waits for foreign
    /// code.
    ///
    /// # Panics
    ///
    /// If cloning the message panics. That message then counts as read.
    ///
    /// ```
    /// use thalweg::broadcast::{channel, error::TryRecvError};
    ///
    /// let (tx, mut rx) = channel(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.try_recv(&mut self.place)
    }

    /// Another receiver of the same channel, for the messages that are sent from now on.
    ///
    /// It begins at the end, not where this one is.
    pub fn resubscribe(&self) -> Self {
        Self::new(self.channel.clone(), self.channel.subscribe())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        /// It leaves also if the waker that it drops first panics.
        struct Unsubscribe<'a, T>(&'a Channel<T>, Cursor);

        impl<T> Drop for Unsubscribe<'_, T> {
            fn drop(&mut self) {
                self.0.unsubscribe(self.1);
            }
        }

        self.place.wait.goes();
        let unsubscribe = Unsubscribe(&self.channel, self.place.cursor);
        if let Some(listening) = &mut self.listening {
            unsubscribe.0.leave(listening.as_mut().waiter(), Queue::Recvs);
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("Receiver", &self.channel, f)
    }
}

/// A handle that may receive and does not, from [`Receiver::deactivate`].
///
/// It is owed no message, so it holds no sender up and misses nothing. As long as it is there the channel has somebody who
/// could receive, so [`closed`](super::Sender::closed) waits; but there is nobody to send to, so sending fails.
pub struct InactiveReceiver<T> {
    channel: Arc<Channel<T>>,
}

impl<T> InactiveReceiver<T> {
    fn counted(channel: Arc<Channel<T>>) -> Self {
        channel.ring.take_tail().inactive += 1;
        Self { channel }
    }

    /// Begins to receive, with the messages that are sent from now on.
    pub fn activate(self) -> Receiver<T> {
        let receiver = self.activate_cloned();
        // As in `deactivate`.
        drop(self);
        receiver
    }

    /// Makes a receiver, for the messages that are sent from now on, and stays.
    pub fn activate_cloned(&self) -> Receiver<T> {
        Receiver::new(self.channel.clone(), self.channel.subscribe())
    }

    /// Whether there is no sender left.
    pub fn is_closed(&self) -> bool {
        self.channel.ring.take_tail().senders == 0
    }
}

impl<T> Clone for InactiveReceiver<T> {
    fn clone(&self) -> Self {
        Self::counted(self.channel.clone())
    }
}

impl<T> Drop for InactiveReceiver<T> {
    fn drop(&mut self) {
        self.channel.inactive_left();
    }
}

impl<T> fmt::Debug for InactiveReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InactiveReceiver").finish_non_exhaustive()
    }
}
