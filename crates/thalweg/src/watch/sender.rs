//! The handle that changes the value.

use core::{fmt, mem};

use super::describe;
use super::error::SendError;
use super::future::Closed;
use super::handle::{Handle, Sending, first};
use super::receiver::Receiver;
use super::value::Ref;
use crate::record::Note;

/// The sending side of a watch channel.
///
/// Any number of senders share a channel: clone it, or share it by reference. When the last one is dropped the
/// channel closes: receivers see the last value, if they have not yet, and then the end.
pub struct Sender<T> {
    pub(super) shared: Handle<T, Sending>,
}

impl<T> Sender<T> {
    /// Makes a channel without a receiver. [`subscribe`](Self::subscribe) makes receivers when they are wanted.
    ///
    /// ```
    /// let tx = thalweg::watch::Sender::new(1);
    /// assert!(tx.send(2).is_err());
    /// let rx = tx.subscribe();
    /// assert!(tx.send(3).is_ok());
    /// assert_eq!(*rx.borrow(), 3);
    /// ```
    #[cfg_attr(feature = "record", track_caller)]
    pub fn new(init: T) -> Self {
        Sender { shared: first(init) }
    }

    /// Who acts, if it is recorded.
    fn note(&self) -> Note {
        Handle::by(&self.shared).note(|| None)
    }

    /// Puts a new value in the place of the old one, and wakes all receivers that wait.
    ///
    /// Whether a receiver is there is looked up first; one that leaves in the meantime is one that did not look. The
    /// old value is dropped at the end, with nothing locked.
    ///
    /// # Errors
    ///
    /// With the value, when no receiver is there. [`send_replace`](Self::send_replace) does not mind.
    ///
    /// # Cost
    ///
    /// It blocks the thread while others hold the value, that is any [`Ref`], and while closures run on it. Then it
    /// wakes all who wait, one by one: a short lock for each.
    ///
    /// ```
    /// let (tx, rx) = thalweg::watch::channel("old");
    /// assert!(tx.send("new").is_ok());
    /// assert_eq!(*rx.borrow(), "new");
    /// drop(rx);
    /// assert_eq!(tx.send("newer").unwrap_err().0, "newer");
    /// ```
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.is_closed() {
            self.note().refused();
            return Err(SendError(value));
        }
        drop(self.send_replace(value));
        Ok(())
    }

    /// Changes the value where it lies, and wakes all receivers that wait. It does so without a receiver, too.
    ///
    /// The closure runs with the value locked: what it calls must not touch the value of this channel, or it blocks
    /// for ever. Waiting for a change and all else that does not look at the value is allowed.
    ///
    /// # Panics
    ///
    /// When the closure does. What it had changed until then stays changed and can be seen, but does not count as a
    /// change: nobody is woken, no receiver finds it new. The channel goes on.
    ///
    /// ```
    /// let (tx, rx) = thalweg::watch::channel(vec![1]);
    /// tx.send_modify(|list| list.push(2));
    /// assert_eq!(*rx.borrow(), [1, 2]);
    /// ```
    pub fn send_modify<F>(&self, modify: F)
    where
        F: FnOnce(&mut T),
    {
        self.send_if_modified(|value| {
            modify(value);
            true
        });
    }

    /// Changes the value where it lies; receivers learn of it only if the closure returns `true`.
    ///
    /// Returns what the closure returned. A change that it keeps to itself can be seen by whoever looks, but wakes
    /// nobody and is new to no receiver.
    ///
    /// The closure runs with the value locked: what it calls must not touch the value of this channel, or it blocks
    /// for ever.
    ///
    /// # Panics
    ///
    /// When the closure does, which then counts as `false`.
    ///
    /// ```
    /// let (tx, rx) = thalweg::watch::channel(5);
    /// let raise_to = |new| move |top: &mut i32| new > *top && { *top = new; true };
    /// assert!(!tx.send_if_modified(raise_to(3)));
    /// assert!(!rx.has_changed().unwrap());
    /// assert!(tx.send_if_modified(raise_to(7)));
    /// assert!(rx.has_changed().unwrap());
    /// ```
    pub fn send_if_modified<F>(&self, modify: F) -> bool
    where
        F: FnOnce(&mut T) -> bool,
    {
        self.shared.change(modify, self.note())
    }

    /// Puts a new value in the place of the old one, wakes all receivers that wait, and returns the old one. It does
    /// so without a receiver, too.
    ///
    /// ```
    /// let tx = thalweg::watch::Sender::new("old");
    /// assert_eq!(tx.send_replace("new"), "old");
    /// assert_eq!(*tx.borrow(), "new");
    /// ```
    pub fn send_replace(&self, mut value: T) -> T {
        self.send_modify(|old| mem::swap(old, &mut value));
        value
    }

    /// The value. While the [`Ref`] is there nobody can change it.
    ///
    /// It blocks the thread while somebody changes the value.
    ///
    /// ```
    /// let (tx, _rx) = thalweg::watch::channel(1);
    /// assert_eq!(*tx.borrow(), 1);
    /// ```
    pub fn borrow(&self) -> Ref<'_, T> {
        let (value, _) = self.shared.read();
        Ref::new(value, false)
    }

    /// Whether no receiver is there. [`subscribe`](Self::subscribe) changes that.
    pub fn is_closed(&self) -> bool {
        self.receiver_count() == 0
    }

    /// Waits until no receiver is there.
    ///
    /// If a new receiver comes before this is polled again it goes on waiting.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future leaves nothing behind.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = thalweg::watch::channel(1);
    /// drop(rx);
    /// tx.closed().await;
    /// # });
    /// ```
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(&self.shared)
    }

    /// A new receiver, also if there was none. What was sent before counts as seen by it.
    ///
    /// ```
    /// let tx = thalweg::watch::Sender::new(1);
    /// let rx = tx.subscribe();
    /// assert_eq!(*rx.borrow(), 1);
    /// assert!(!rx.has_changed().unwrap());
    /// ```
    pub fn subscribe(&self) -> Receiver<T> {
        let seen = self.shared.version();
        Receiver::new(self.shared.subscribe(), seen)
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.shared.receiver_count()
    }

    /// How many senders there are.
    pub fn sender_count(&self) -> usize {
        self.shared.sender_count()
    }

    /// Whether both send to the same channel.
    ///
    /// ```
    /// use thalweg::watch::Sender;
    ///
    /// let tx = Sender::new(());
    /// assert!(tx.same_channel(&tx.clone()));
    /// assert!(!tx.same_channel(&Sender::new(())));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Handle::same_channel(&self.shared, &other.shared)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender { shared: self.shared.clone() }
    }
}

impl<T: Default> Default for Sender<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("Sender", &self.shared, f)
    }
}
