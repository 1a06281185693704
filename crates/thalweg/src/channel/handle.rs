//! Counted presence at one end of a channel, written once for both.
//!
//! The channel lives as long as any handle, strong or weak. An end is left when its last strong handle goes, and that
//! is for ever: a count that came to zero never rises again.

use core::marker::PhantomData;
use core::ops::Deref;

use super::Channel;
use crate::sync::{Arc, AtomicUsize, Ordering};

/// One of the two ends of a channel.
pub(crate) trait End {
    fn count<T>(channel: &Channel<T>) -> &AtomicUsize;

    /// How many weak handles there are, at the end where that can be asked.
    fn weak_count<T>(channel: &Channel<T>) -> Option<&AtomicUsize>;

    /// The last strong handle of this end has gone.
    fn left<T>(channel: &Channel<T>);
}

/// The end that sends.
pub(crate) enum Sending {}

/// The end that receives.
pub(crate) enum Receiving {}

impl End for Sending {
    fn count<T>(channel: &Channel<T>) -> &AtomicUsize {
        &channel.senders
    }

    fn weak_count<T>(channel: &Channel<T>) -> Option<&AtomicUsize> {
        Some(&channel.weak_senders)
    }

    fn left<T>(channel: &Channel<T>) {
        channel.close();
    }
}

impl End for Receiving {
    fn count<T>(channel: &Channel<T>) -> &AtomicUsize {
        &channel.receivers
    }

    fn weak_count<T>(_channel: &Channel<T>) -> Option<&AtomicUsize> {
        None
    }

    fn left<T>(channel: &Channel<T>) {
        channel.abandon();
    }
}

/// A handle that counts as present.
pub(crate) struct Strong<T, E: End> {
    channel: Arc<Channel<T>>,
    end: PhantomData<fn() -> E>,
}

/// A handle that keeps the memory, not the channel.
pub(crate) struct Weak<T, E: End> {
    channel: Arc<Channel<T>>,
    end: PhantomData<fn() -> E>,
}

/// A new channel: its first sender and its first receiver.
pub(crate) fn pair<T>(capacity: usize) -> (Strong<T, Sending>, Strong<T, Receiving>) {
    let channel = Arc::new(Channel::new(capacity));
    (Strong { channel: channel.clone(), end: PhantomData }, Strong { channel, end: PhantomData })
}

impl<T, E: End> Strong<T, E> {
    pub(crate) fn downgrade(this: &Self) -> Weak<T, E> {
        Weak::new(this.channel.clone())
    }

    pub(crate) fn same_channel(a: &Self, b: &Self) -> bool {
        Arc::ptr_eq(&a.channel, &b.channel)
    }
}

impl<T, E: End> Deref for Strong<T, E> {
    type Target = Channel<T>;

    #[inline]
    fn deref(&self) -> &Channel<T> {
        &self.channel
    }
}

impl<T, E: End> Clone for Strong<T, E> {
    fn clone(&self) -> Self {
        // Relaxed: this handle is present, so the count is above zero and stays so. Overflow would need more handles
        // than memory holds, unless they are forgotten: then `Arc`'s own count, which is never lower, aborts first.
        E::count(&self.channel).fetch_add(1, Ordering::Relaxed);
        Strong { channel: self.channel.clone(), end: PhantomData }
    }
}

impl<T, E: End> Drop for Strong<T, E> {
    fn drop(&mut self) {
        // AcqRel: the last one to leave sees what all others did before they left.
        if E::count(&self.channel).fetch_sub(1, Ordering::AcqRel) == 1 {
            E::left(&self.channel);
        }
    }
}

impl<T, E: End> Weak<T, E> {
    fn new(channel: Arc<Channel<T>>) -> Self {
        if let Some(count) = E::weak_count(&channel) {
            // Relaxed: it decides nothing, it is only told. Overflow: as for strong handles, `Arc` aborts first.
            count.fetch_add(1, Ordering::Relaxed);
        }
        Weak { channel, end: PhantomData }
    }

    /// A strong handle, if the end has not been left and the channel is not closed.
    pub(crate) fn upgrade(&self) -> Option<Strong<T, E>> {
        if self.channel.is_closed() { None } else { self.upgrade_present() }
    }

    /// A strong handle, if the end has not been left, even if the channel was closed.
    pub(crate) fn upgrade_present(&self) -> Option<Strong<T, E>> {
        // Relaxed: the count alone decides; the channel itself is kept alive by this handle.
        let present = |count: usize| if count == 0 { None } else { Some(count + 1) };
        E::count(&self.channel).fetch_update(Ordering::Relaxed, Ordering::Relaxed, present).ok()?;
        Some(Strong { channel: self.channel.clone(), end: PhantomData })
    }

    pub(crate) fn channel(&self) -> &Channel<T> {
        &self.channel
    }
}

impl<T, E: End> Clone for Weak<T, E> {
    fn clone(&self) -> Self {
        Weak::new(self.channel.clone())
    }
}

impl<T, E: End> Drop for Weak<T, E> {
    fn drop(&mut self) {
        if let Some(count) = E::weak_count(&self.channel) {
            // Relaxed: as when it was counted.
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl<T> Channel<T> {
    // Relaxed: a count may be outdated by the time it is read anyway.
    pub(crate) fn sender_count(&self) -> usize {
        self.senders.load(Ordering::Relaxed)
    }

    pub(crate) fn weak_sender_count(&self) -> usize {
        self.weak_senders.load(Ordering::Relaxed)
    }

    pub(crate) fn receiver_count(&self) -> usize {
        self.receivers.load(Ordering::Relaxed)
    }
}
