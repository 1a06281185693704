//! Counted presence at one end of a channel, written once for both.
//!
//! The channel lives as long as any handle, strong or weak. An end is left when its last strong handle goes, and that
//! is for ever: a count that came to zero never rises again.
//!
//! Beside the channel there may lie something that its handles keep in the same allocation: `P`, nothing by default.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use super::Channel;
use crate::sync::{Arc, AtomicU32, Ordering, abort};

/// One of the two ends of a channel.
pub(crate) trait End {
    fn count<T>(channel: &Channel<T>) -> &Count;

    /// How many weak handles there are, at the end where that can be asked.
    fn weak_count<T>(channel: &Channel<T>) -> Option<&Count>;

    /// The last strong handle of this end has gone.
    fn left<T>(channel: &Channel<T>);
}

/// The end that sends.
pub(crate) enum Sending {}

/// The end that receives.
pub(crate) enum Receiving {}

impl End for Sending {
    fn count<T>(channel: &Channel<T>) -> &Count {
        &channel.senders
    }

    fn weak_count<T>(channel: &Channel<T>) -> Option<&Count> {
        Some(&channel.weak_senders)
    }

    fn left<T>(channel: &Channel<T>) {
        channel.close();
    }
}

impl End for Receiving {
    fn count<T>(channel: &Channel<T>) -> &Count {
        &channel.receivers
    }

    fn weak_count<T>(_channel: &Channel<T>) -> Option<&Count> {
        None
    }

    fn left<T>(channel: &Channel<T>) {
        channel.abandon();
    }
}

/// What may lie beside a channel.
pub(crate) trait Beside {
    /// How many messages were taken without the channel knowing of it yet.
    fn taken_ahead(&self) -> usize;
}

impl Beside for () {
    fn taken_ahead(&self) -> usize {
        0
    }
}

/// What all handles of a channel share.
struct Shared<T, P> {
    channel: Channel<T>,
    beside: P,
}

/// A handle that counts as present.
pub(crate) struct Strong<T, E: End, P = ()> {
    shared: Arc<Shared<T, P>>,
    end: PhantomData<fn() -> E>,
}

/// A handle that keeps the memory, not the channel.
pub(crate) struct Weak<T, E: End, P = ()> {
    shared: Arc<Shared<T, P>>,
    end: PhantomData<fn() -> E>,
}

/// A new channel: its first sender and its first receiver.
pub(crate) fn pair<T, P: Default>(capacity: usize) -> (Strong<T, Sending, P>, Strong<T, Receiving, P>) {
    let shared = Arc::new(Shared { channel: Channel::new(capacity), beside: P::default() });
    (Strong { shared: shared.clone(), end: PhantomData }, Strong { shared, end: PhantomData })
}

impl<T, E: End, P> Strong<T, E, P> {
    pub(crate) fn downgrade(this: &Self) -> Weak<T, E, P> {
        Weak::new(this.shared.clone())
    }

    pub(crate) fn same_channel(a: &Self, b: &Self) -> bool {
        Arc::ptr_eq(&a.shared, &b.shared)
    }

    /// What lies beside the channel.
    #[inline]
    pub(super) fn beside(this: &Self) -> &P {
        &this.shared.beside
    }
}

impl<T, E: End, P: Beside> Strong<T, E, P> {
    /// What the `Debug` of all handles prints.
    pub(crate) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.channel.describe(name, self.shared.beside.taken_ahead(), f)
    }
}

impl<T, E: End, P> Deref for Strong<T, E, P> {
    type Target = Channel<T>;

    #[inline]
    fn deref(&self) -> &Channel<T> {
        &self.shared.channel
    }
}

impl<T, E: End, P> Clone for Strong<T, E, P> {
    fn clone(&self) -> Self {
        E::count(self).add();
        Strong { shared: self.shared.clone(), end: PhantomData }
    }
}

impl<T, E: End, P> Drop for Strong<T, E, P> {
    fn drop(&mut self) {
        if E::count(self).remove() {
            E::left(self);
        }
    }
}

impl<T, E: End, P> Weak<T, E, P> {
    fn new(shared: Arc<Shared<T, P>>) -> Self {
        if let Some(count) = E::weak_count(&shared.channel) {
            count.add();
        }
        Weak { shared, end: PhantomData }
    }

    /// A strong handle, if the end has not been left and the channel is not closed.
    pub(crate) fn upgrade(&self) -> Option<Strong<T, E, P>> {
        if self.channel().is_closed() { None } else { self.upgrade_present() }
    }

    /// A strong handle, if the end has not been left, even if the channel was closed.
    pub(crate) fn upgrade_present(&self) -> Option<Strong<T, E, P>> {
        let added = E::count(self.channel()).add_to_some();
        added.then(|| Strong { shared: self.shared.clone(), end: PhantomData })
    }

    pub(crate) fn channel(&self) -> &Channel<T> {
        &self.shared.channel
    }
}

impl<T, E: End, P> Clone for Weak<T, E, P> {
    fn clone(&self) -> Self {
        Weak::new(self.shared.clone())
    }
}

impl<T, E: End, P> Drop for Weak<T, E, P> {
    fn drop(&mut self) {
        if let Some(count) = E::weak_count(self.channel()) {
            count.remove();
        }
    }
}

/// How many handles there are of a kind.
pub(crate) struct Count(AtomicU32);

impl Count {
    /// Beyond that many the process ends, as with `Arc`: handles that are forgotten take no memory, and the count must not
    /// come to zero while some are used. Far enough below the greatest number for all threads to pass it at once.
    const MOST: u32 = u32::MAX / 2;

    pub(super) fn new(count: u32) -> Count {
        Count(AtomicU32::new(count))
    }

    /// One more, where there is one already, or where nothing hangs on there being none.
    #[inline]
    fn add(&self) {
        // Relaxed: who adds is counted itself and stays, so no decision hangs on the order.
        if self.0.fetch_add(1, Ordering::Relaxed) > Count::MOST {
            abort(TOO_MANY);
        }
    }

    /// One more, unless there is none: then `false`.
    fn add_to_some(&self) -> bool {
        // Relaxed: the count alone decides; the channel itself is kept alive by the handle that asks.
        let added = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| match count {
            0 => None,
            1..=Count::MOST => Some(count + 1),
            _ => abort(TOO_MANY),
        });
        added.is_ok()
    }

    /// One less. Whether it was the last.
    #[inline]
    fn remove(&self) -> bool {
        // AcqRel: the last one to leave sees what all others did before they left.
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Relaxed: it may be outdated by the time it is read anyway.
    fn now(&self) -> usize {
        self.0.load(Ordering::Relaxed) as usize
    }
}

const TOO_MANY: &str = "a channel has more handles than can be counted: they are made and forgotten in a loop";

impl<T> Channel<T> {
    pub(crate) fn sender_count(&self) -> usize {
        self.senders.now()
    }

    pub(crate) fn weak_sender_count(&self) -> usize {
        self.weak_senders.now()
    }

    pub(crate) fn receiver_count(&self) -> usize {
        self.receivers.now()
    }
}
