//! Counted presence at one end of a watch channel, written once for both.
//!
//! Unlike the ends of other channels, that of the receivers can be left and come to life again, since a sender can
//! make receivers. That of the senders, once left, stays so.

use core::marker::PhantomData;
use core::ops::Deref;

use super::shared::Shared;
use crate::record::{By, Kind, Log, Presence, Role};
use crate::sync::{Arc, AtomicUsize, Ordering};

/// One of the two ends of a channel.
pub(super) trait End {
    const ROLE: Role;

    fn count<T>(shared: &Shared<T>) -> &AtomicUsize;

    /// The last handle of this end has gone.
    fn left<T>(shared: &Shared<T>);
}

/// The end that changes the value.
pub(super) enum Sending {}

/// The end that looks at it.
pub(super) enum Receiving {}

impl End for Sending {
    const ROLE: Role = Role::Sender;

    fn count<T>(shared: &Shared<T>) -> &AtomicUsize {
        &shared.senders
    }

    fn left<T>(shared: &Shared<T>) {
        shared.senders_left();
    }
}

impl End for Receiving {
    const ROLE: Role = Role::Receiver;

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
    presence: Presence,
    end: PhantomData<fn() -> E>,
}

/// The first sender of a new channel.
#[cfg_attr(feature = "record", track_caller)]
pub(super) fn first<T>(init: T) -> Handle<T, Sending> {
    let log = Log::new(Kind::Watch, 1);
    let presence = Presence::new(&log, Role::Sender);
    Handle::join(Arc::new(Shared::new(init, log)), presence)
}

impl<T, E: End> Handle<T, E> {
    fn join(shared: Arc<Shared<T>>, presence: Presence) -> Self {
        // Relaxed: some handle is present, of this end or the other, so the channel itself is safe; the count alone
        // is told by this. It cannot overflow: `Arc`'s own count, which is never lower, aborts first.
        E::count(&shared).fetch_add(1, Ordering::Relaxed);
        Handle { shared, presence, end: PhantomData }
    }

    /// Which it is, if it is recorded.
    #[inline]
    pub(super) fn by(this: &Self) -> By {
        this.presence.by()
    }

    pub(super) fn same_channel(a: &Self, b: &Self) -> bool {
        Arc::ptr_eq(&a.shared, &b.shared)
    }
}

impl<T> Handle<T, Sending> {
    pub(super) fn subscribe(&self) -> Handle<T, Receiving> {
        Handle::join(self.shared.clone(), Presence::new(&self.log, Role::Receiver))
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
        Handle::join(self.shared.clone(), self.presence.cloned(&self.log, E::ROLE))
    }
}

impl<T, E: End> Drop for Handle<T, E> {
    fn drop(&mut self) {
        self.presence.goes();
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
