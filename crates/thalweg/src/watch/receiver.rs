//! The handle that looks at the value.

use core::fmt;

use super::describe;
use super::error::RecvError;
use super::future::{Changed, WaitFor};
use super::handle::{Handle, Receiving};
use super::shared::{Seen, Streak, number};
use super::stream::Values;
use super::value::Ref;
use crate::raw::Position;
use crate::record::{By, Lone};

/// The receiving side of a watch channel.
///
/// Each receiver knows for itself which value it has *seen*. A new one has seen the value there is; a clone has seen
/// what the original had.
pub struct Receiver<T> {
    pub(super) shared: Handle<T, Receiving>,
    pub(super) sight: Sight,
}

/// What a receiver knows of the channel.
pub(super) struct Sight {
    pub(super) seen: Seen,
    /// How often in a row it did not have to wait.
    pub(super) streak: Streak,
    /// What is recorded of it.
    pub(super) wait: Lone,
}

impl Sight {
    fn new(seen: Seen, by: By) -> Self {
        Sight { seen, streak: Streak::default(), wait: Lone::new(by) }
    }

    /// It waits, which was told.
    pub(super) fn waits(&mut self) {
        self.streak.end();
        self.wait.goes_on();
    }

    /// It is told of a version that it has not seen, or of the end.
    pub(super) fn learn(&mut self, news: Result<Position, RecvError>) -> Result<(), RecvError> {
        match news {
            Ok(version) => {
                self.seen = Some(version);
                self.wait.received(number(version) as u64);
                Ok(())
            }
            Err(closed) => {
                self.wait.ended();
                Err(closed)
            }
        }
    }

    /// It sees this version. Whether it had not.
    pub(super) fn see(&mut self, version: Position) -> bool {
        let is_new = self.seen.replace(version) != Some(version);
        if is_new {
            self.wait.received(number(version) as u64);
        }
        is_new
    }
}

impl<T> Receiver<T> {
    pub(super) fn new(shared: Handle<T, Receiving>, seen: Position) -> Self {
        let sight = Sight::new(Some(seen), Handle::by(&shared));
        Receiver { shared, sight }
    }

    /// The value, which does not count as seen by that.
    ///
    /// While the [`Ref`] is there nobody can change the value. It blocks the thread while somebody does.
    ///
    /// In a loop around [`changed`](Self::changed) use [`borrow_and_update`](Self::borrow_and_update): else a value
    /// that comes between the two is looked at twice.
    ///
    /// ```
    /// let (tx, rx) = thalweg::watch::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow(), 2);
    /// assert!(rx.has_changed().unwrap());
    /// ```
    pub fn borrow(&self) -> Ref<'_, T> {
        let (value, version) = self.shared.read();
        Ref::new(value, self.sight.seen != Some(version))
    }

    /// The value, which from now on counts as seen.
    ///
    /// While the [`Ref`] is there nobody can change the value. It blocks the thread while somebody does.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::watch::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow_and_update(), 2);
    /// assert!(!rx.has_changed().unwrap());
    /// ```
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let (value, version) = self.shared.read();
        Ref::new(value, self.sight.see(version))
    }

    /// Whether there is a value that this receiver has not seen. It does not count as seen by that.
    ///
    /// What counts is that it was sent, not whether it differs from the one before.
    ///
    /// # Errors
    ///
    /// When no sender is left, also if the last value has not been seen. [`Ref::has_changed`] tells of that.
    ///
    /// ```
    /// let (tx, rx) = thalweg::watch::channel(1);
    /// assert!(!rx.has_changed().unwrap());
    /// tx.send(1).unwrap();
    /// assert!(rx.has_changed().unwrap());
    /// drop(tx);
    /// assert!(rx.has_changed().is_err());
    /// assert!(rx.borrow().has_changed());
    /// ```
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        if self.is_closed() {
            return Err(RecvError(()));
        }
        Ok(self.sight.seen != Some(self.shared.version()))
    }

    /// Whether no sender is left, so that the value will not change any more.
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }

    /// Counts the value as not seen, so that [`changed`](Self::changed) is ready at once.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::watch::channel(1);
    /// rx.mark_changed(); // the first value is news, too
    /// while rx.changed().await.is_ok() {
    ///     assert_eq!(*rx.borrow_and_update(), 1);
    ///     # let tx = &tx;
    ///     break;
    /// }
    /// # });
    /// ```
    pub fn mark_changed(&mut self) {
        self.sight.seen = None;
    }

    /// Counts the value as seen, without a look at it.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::watch::channel(1);
    /// tx.send(2).unwrap();
    /// rx.mark_unchanged();
    /// assert!(!rx.has_changed().unwrap());
    /// ```
    pub fn mark_unchanged(&mut self) {
        self.sight.seen = Some(self.shared.version());
    }

    /// Waits for a value that this receiver has not seen, which it then has.
    ///
    /// Ready at once if there is one. Values that come while nobody looks are not kept: it tells that there is a
    /// newer one, not how many there were.
    ///
    /// # Errors
    ///
    /// When no sender is left and the last value has been seen.
    ///
    /// # Cancel safety
    ///
    /// A value counts as seen only in the poll that is ready. Dropping the pending future leaves nothing behind, and
    /// the next `changed` finds what this one would have found.
    ///
    /// # Cost
    ///
    /// Ready, it takes no lock. Waiting allocates nothing.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = thalweg::watch::channel(1);
    /// tx.send(2).unwrap();
    /// drop(tx);
    /// assert!(rx.changed().await.is_ok());
    /// assert_eq!(*rx.borrow_and_update(), 2);
    /// assert!(rx.changed().await.is_err()); // no sender, nothing new
    /// # });
    /// ```
    pub fn changed(&mut self) -> Changed<'_, T> {
        Changed::new(&self.shared, &mut self.sight)
    }

    /// Waits for a value that the closure agrees to, beginning with the one that is there, seen or not.
    ///
    /// Each value that it looks at counts as seen. While the [`Ref`] that comes out is there nobody can change the
    /// value. The closure runs with the value locked for reading: what it calls must not change the value of this
    /// channel, or it blocks for ever.
    ///
    /// # Errors
    ///
    /// When no sender is left and the closure did not agree to the last value.
    ///
    /// # Panics
    ///
    /// When the closure does. Nothing stays locked.
    ///
    /// # Cancel safety
    ///
    /// Dropping the pending future leaves nothing behind, but that the last value it saw counts as seen, to which the
    /// closure did not agree.
    ///
    /// # Cost
    ///
    /// A poll looks at no more than 128 values, then lets others run.
    ///
    /// ```
    /// use std::thread;
    ///
    /// let (tx, mut rx) = thalweg::watch::channel(0);
    /// let counter = thread::spawn(move || (1..=10).for_each(|n| tx.send(n).unwrap()));
    /// # futures_lite::future::block_on(async {
    /// let many = *rx.wait_for(|n| *n > 3).await.unwrap();
    /// assert!(many > 3);
    /// assert!(rx.wait_for(|n| *n > 10).await.is_err()); // no sender, no such value
    /// # });
    /// counter.join().unwrap();
    /// ```
    pub fn wait_for<F>(&mut self, f: F) -> WaitFor<'_, T, F>
    where
        F: FnMut(&T) -> bool,
    {
        WaitFor::new(&self.shared, &mut self.sight, f)
    }

    /// The values as a stream of clones: each that this receiver has not seen, until no sender is left.
    ///
    /// [`mark_changed`](Self::mark_changed) before makes it begin with the value that is there.
    pub fn into_stream(self) -> Values<T> {
        Values::new(self)
    }

    /// Whether both receive from the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Handle::same_channel(&self.shared, &other.shared)
    }
}

/// A clone has seen what the original had.
impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        let shared = self.shared.clone();
        let sight = Sight::new(self.sight.seen, Handle::by(&shared));
        Receiver { shared, sight }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("Receiver", &self.shared, f)
    }
}
