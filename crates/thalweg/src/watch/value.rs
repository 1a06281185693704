//! The value on loan.

use core::{fmt, ops::Deref};

use crate::sync::RwLockReadGuard;

/// The value of a watch channel, locked for reading.
///
/// While one of these is there, whoever changes the value blocks its thread. So keep it for a moment only, and never
/// over an `.await`: it is not `Send`, but an executor of one thread would let it pass, and stand still. Whether a
/// second one may be had on the same thread while somebody waits to change the value is up to the platform's lock: it
/// may block for ever. [Clone](Clone) what is needed for longer.
pub struct Ref<'a, T> {
    value: RwLockReadGuard<'a, T>,
    has_changed: bool,
}

impl<'a, T> Ref<'a, T> {
    pub(super) fn new(value: RwLockReadGuard<'a, T>, has_changed: bool) -> Self {
        Ref { value, has_changed }
    }

    /// Whether it was new to the receiver that it came from, when it did. From a sender: never.
    ///
    /// ```
    /// let (tx, mut rx) = thalweg::watch::channel(1);
    /// tx.send(2).unwrap();
    /// assert!(rx.borrow().has_changed());
    /// assert!(rx.borrow_and_update().has_changed());
    /// assert!(!rx.borrow().has_changed()); // it has been seen
    /// assert!(!tx.borrow().has_changed());
    /// ```
    pub fn has_changed(&self) -> bool {
        self.has_changed
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ref").field("value", &**self).field("has_changed", &self.has_changed).finish()
    }
}
