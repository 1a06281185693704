//! The receiving handle, and its weak twin.

use super::future::{Closed, OwnedRecv, Recv};
use super::stream::Listening;
use crate::channel::{Handle, Receiving, Strong, Weak};
use crate::error::TryRecvError;
use alloc::boxed::Box;
use core::{fmt, num::NonZeroU32, pin::Pin};

/// The receiving side of a channel.
///
/// Any number of receivers share a channel, each message goes to one of them: clone it, or share it by reference.
/// When the last one is dropped the channel closes and the messages in it are dropped at once, outside any lock; a
/// reply that waits inside a queued message learns of it immediately.
///
/// A receiver is a `Stream` and a `FusedStream`, and `Unpin`.
pub struct Receiver<T> {
    pub(super) channel: Strong<T, Receiving>,
    // What it waits for as a stream. Made at the first poll.
    pub(super) listening: Option<Pin<Box<Listening>>>,
}

impl<T> Receiver<T> {
    pub(super) fn new(channel: Strong<T, Receiving>) -> Self {
        Self { channel, listening: None }
    }

    /// Receives a message, waiting while there is none.
    ///
    /// The future borrows this receiver and holds no handle of its own; [`recv_owned`](Self::recv_owned) does.
    ///
    /// # Errors
    ///
    /// When the channel is closed and every message it had accepted was received. While a permit is out its message
    /// may still come, so it waits.
    ///
    /// # Cancel safety
    ///
    /// A message is taken only in the poll that returns it: dropping the pending future loses none, and passes its
    /// wake-up on to the next receiver. A future that is neither polled nor dropped holds no other receiver up: what
    /// it was woken for, others may take, though they are woken for it only when
    /// [anything else happens](crate::mpmc#who-goes-first) on the channel.
    ///
    /// # Fairness
    ///
    /// Waiting receivers are woken first come, first served, one for each message. A receive that comes fresh takes
    /// the message it finds, also one that another was woken for and has yet to look at; that one then goes back to
    /// the front of the line, or [stays awake](crate::mpmc#who-goes-first). With capacity 0 it leaves that message to
    /// the other first, and then waits too. Who has waited keeps to its order.
    ///
    /// # Cost
    ///
    /// Constant time, but that one who goes back looks for its place among those who went back before, and one who sleeps
    /// while nobody comes [wakes others](crate::mpmc#what-does-it-cost). Waiting allocates nothing.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = thalweg::mpmc::bounded(1);
    /// tx.send("hello").await.unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Ok("hello"));
    /// assert!(rx.recv().await.is_err()); // closed and empty
    /// # });
    /// ```
    #[inline]
    pub fn recv(&self) -> Recv<'_, T> {
        Recv::new(self.channel.via())
    }

    /// Receives a message like [`recv`](Self::recv), with a `'static` future for spawning.
    ///
    /// The future holds a receiver of its own until it is ready or dropped, and counts as one.
    ///
    /// # Errors
    ///
    /// When the channel is closed and empty.
    ///
    /// # Cancel safety
    ///
    /// As [`recv`](Self::recv): a pending future that is dropped has taken nothing. Dropping it may drop the last
    /// receiver, which closes the channel and drops what is in it.
    ///
    /// ```
    /// use futures_lite::future::block_on;
    ///
    /// let (tx, rx) = thalweg::mpmc::bounded(1);
    /// let recv = rx.recv_owned();
    /// let task = std::thread::spawn(|| block_on(recv));
    /// assert_eq!(block_on(tx.send(1)), Ok(()));
    /// assert_eq!(task.join().unwrap(), Ok(1));
    /// ```
    pub fn recv_owned(&self) -> OwnedRecv<T> {
        OwnedRecv::new(self.channel.clone())
    }

    /// Receives a message if one is queued now.
    ///
    /// It never waits, and it may overtake receivers that do. With capacity 0 it finds only a message that was sent
    /// to a receiver waiting at the time; it never takes one out of a send that waits, so a loop of `try_recv` alone
    /// gets nothing there.
    ///
    /// # Errors
    ///
    /// [`Empty`](TryRecvError::Empty) when no message is queued but one may come, also through a permit after
    /// `close`; [`Closed`](TryRecvError::Closed) when none ever will.
    ///
    /// ```
    /// use thalweg::mpmc::{self, TryRecvError};
    ///
    /// let (tx, rx) = mpmc::unbounded();
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.try_send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.channel.via().try_recv()
    }

    /// Waits until the channel is closed: by a call, or because all handles of a side are gone.
    ///
    /// Messages may still be queued then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future has no effect.
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(self.channel.via())
    }

    /// Closes the channel, for everybody. Returns whether this call did it.
    ///
    /// Sends fail from now on, those that wait included, each with its message. Messages that were accepted, and
    /// those of permits that are out, can still be received; then receivers see the end. Either side may close, any
    /// number of times. To take what is left in the same breath, see [`close_and_drain`](Self::close_and_drain).
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

    /// A weak receiver of the same channel, which does not keep it open.
    pub fn downgrade(&self) -> WeakReceiver<T> {
        WeakReceiver { channel: Strong::downgrade(&self.channel) }
    }

    /// Whether the other receiver belongs to the same channel.
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        Strong::same_channel(&self.channel, &other.channel)
    }

    /// Sets the cooperative budget of the receiving side, for all its receivers. `None` means never to yield.
    ///
    /// After this many ready async operations in a row without one that waited, one poll wakes itself and returns
    /// `Pending`, so that a task that receives without end lets its neighbours run. Until it is set it is 128, or more for
    /// a receiver that is [alone, or where several threads receive](crate::mpmc#does-a-busy-channel-starve-its-neighbours). Blocking and `try_` calls never yield.
    pub fn set_budget(&self, budget: Option<NonZeroU32>) {
        self.channel.set_recv_budget(budget);
    }
}

/// Another receiver of the same channel. It has no part in what this one waits for as a stream.
impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self::new(self.channel.clone())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if let Some(listening) = &mut self.listening {
            self.channel.leave_receivers(listening.as_mut().waiter());
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.describe("Receiver", f)
    }
}

/// A receiver that does not keep the channel open, from [`Receiver::downgrade`].
pub struct WeakReceiver<T> {
    channel: Weak<T, Receiving>,
}

impl<T> WeakReceiver<T> {
    /// A receiver of the channel, or `None` once the channel is closed or no receiver is left.
    ///
    /// That is so even while messages are queued: to receive them, keep a receiver.
    ///
    /// ```
    /// let (tx, rx) = thalweg::mpmc::unbounded::<()>();
    /// let weak = rx.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// tx.close();
    /// assert!(weak.upgrade().is_none());
    /// ```
    pub fn upgrade(&self) -> Option<Receiver<T>> {
        self.channel.upgrade().map(Receiver::new)
    }
}

impl<T> Clone for WeakReceiver<T> {
    fn clone(&self) -> Self {
        Self { channel: self.channel.clone() }
    }
}

impl<T> fmt::Debug for WeakReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakReceiver").finish_non_exhaustive()
    }
}
