//! Counted presence at one end of a watch channel, written once for both.
//!
//! Unlike the ends of other channels, that of the receivers can be left and come to life again, since a sender can
//! make receivers. That of the senders, once left, stays so.

use core::marker::PhantomData;
use core::ops::Deref;

use super::shared::Shared;
use crate::sync::{Arc, AtomicUsize, Ordering};

/// One of the two ends of a channel.
pub(super) trait End {
    fn count<T>(shared: &Shared<T>) -> &AtomicUsize;

    /// The last handle of this end has gone.
    fn left<T>(shared: &Shared<T>);
}

/// The end that changes the value.
pub(super) enum Sending {}

/// The end that looks at it.
pub(super) enum Receiving {}

impl End for Sending {
    fn count<T>(shared: &Shared<T>) -> &AtomicUsize {
        &shared.senders
    }

    fn left<T>(shared: &Shared<T>) {
        shared.senders_left();
    }
}

impl End for Receiving {
    fn count<T>(shared: &Shared<T>) -> &AtomicUsize {
        &shared.receivers
    }

    fn left<T>(shared: &Shared<T>) {
        shared.receivers_left();
    }
}

/// A handle that counts as present.
pub(super) struct Handle<T, E: End> {
    shared: Arc<Shared<T>>,
    end: PhantomData<fn() -> E>,
}

/// The first sender of a new channel.
pub(super) fn first<T>(init: T) -> Handle<T, Sending> {
    Handle::join(Arc::new(Shared::new(init)))
}

impl<T, E: End> Handle<T, E> {
    fn join(shared: Arc<Shared<T>>) -> Self {
        // Relaxed: some handle is present, of this end or the other, so the channel itself is safe; the count alone
        // is told by this. It cannot overflow: `Arc`'s own count, which is never lower, aborts first.
        E::count(&shared).fetch_add(1, Ordering::Relaxed);
        Handle { shared, end: PhantomData }
    }

    pub(super) fn same_channel(a: &Self, b: &Self) -> bool {
        Arc::ptr_eq(&a.shared, &b.shared)
    }
}

impl<T> Handle<T, Sending> {
    pub(super) fn subscribe(&self) -> Handle<T, Receiving> {
        Handle::join(self.shared.clone())
    }
}

impl<T, E: End> Deref for Handle<T, E> {
    type Target = Shared<T>;

    fn deref(&self) -> &Shared<T> {
        &self.shared
    }
}

impl<T, E: End> Clone for Handle<T, E> {
    fn clone(&self) -> Self {
        Handle::join(self.shared.clone())
    }
}

impl<T, E: End> Drop for Handle<T, E> {
    fn drop(&mut self) {
        // Relaxed: what others did to the channel before they left they did under the lock that `left` takes now, and
        // they had it before. Had they it after, they would have acquired all this, and left after the last one.
        if E::count(&self.shared).fetch_sub(1, Ordering::Relaxed) == 1 {
            E::left(&self.shared);
        }
    }
}

impl<T> Shared<T> {
    // Relaxed: a count may be outdated by the time it is read. Who must not miss that it came to zero reads it under
    // the lock that `receivers_left` takes afterwards: either it sees the zero, or it is found waiting.
    pub(super) fn sender_count(&self) -> usize {
        self.senders.load(Ordering::Relaxed)
    }

    pub(super) fn receiver_count(&self) -> usize {
        self.receivers.load(Ordering::Relaxed)
    }
}
