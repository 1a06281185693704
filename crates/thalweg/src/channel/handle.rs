//! Counted presence at one end of a channel, written once for both.
//!
//! The channel lives as long as any handle, strong or weak. An end is left when its last strong handle goes, and that
//! is for ever: a count that came to zero never rises again.
//!
//! Beside the channel there may lie something that its handles keep in the same allocation: `P`, nothing by default.

use core::fmt;
use core::marker::PhantomData;
use core::mem::offset_of;
use core::ops::Deref;

use super::Channel;
use super::via::{Handle, Via};
use crate::raw::{Count, Group, Member, share};
use crate::record::{Log, Presence, Role};
use crate::sync::prepare;

/// One of the two ends of a channel.
pub(crate) trait End {
    const ROLE: Role;

    fn count<T>(channel: &Channel<T>) -> &Count;

    fn weak_count<T>(channel: &Channel<T>) -> &Count;

    /// The last strong handle of this end has gone.
    fn left<T>(channel: &Channel<T>);
}

/// The end that sends.
pub(crate) enum Sending {}

/// The end that receives.
pub(crate) enum Receiving {}

impl End for Sending {
    const ROLE: Role = Role::Sender;

    fn count<T>(channel: &Channel<T>) -> &Count {
        &channel.senders
    }

    fn weak_count<T>(channel: &Channel<T>) -> &Count {
        &channel.weak_senders
    }

    fn left<T>(channel: &Channel<T>) {
        channel.leave();
    }
}

impl End for Receiving {
    const ROLE: Role = Role::Receiver;

    fn count<T>(channel: &Channel<T>) -> &Count {
        &channel.receivers
    }

    fn weak_count<T>(channel: &Channel<T>) -> &Count {
        &channel.weak_receivers
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
#[repr(C)]
pub(crate) struct Shared<T, P> {
    channel: Channel<T>,
    beside: P,
}

impl<T, P, E: End> Group<Shared<T, P>> for E {
    #[inline]
    fn count(shared: &Shared<T, P>) -> &Count {
        E::count(&shared.channel)
    }

    fn left(shared: &Shared<T, P>) {
        E::left(&shared.channel);
    }

    /// What happens to the messages is told by nobody else.
    #[inline]
    fn is_heard(shared: &Shared<T, P>) -> bool {
        shared.channel.log.is_on()
    }
}

/// The weak handles of an end.
pub(crate) struct Weakly<E>(PhantomData<E>);

impl<T, P, E: End> Group<Shared<T, P>> for Weakly<E> {
    fn count(shared: &Shared<T, P>) -> &Count {
        E::weak_count(&shared.channel)
    }

    fn left(_shared: &Shared<T, P>) {}

    fn is_heard(_shared: &Shared<T, P>) -> bool {
        false
    }
}

/// A handle that counts as present.
pub(crate) struct Strong<T, E: End, P = ()> {
    // First: that it goes comes before what follows from it.
    presence: Presence,
    member: Member<Shared<T, P>, E>,
}

/// A handle that keeps the memory, not the channel.
pub(crate) struct Weak<T, E: End, P = ()>(Member<Shared<T, P>, Weakly<E>>);

/// A new channel: its first sender and its first receiver.
pub(crate) fn pair<T, P: Default>(capacity: usize, log: Log<T>) -> (Strong<T, Sending, P>, Strong<T, Receiving, P>) {
    // A receiver's own place in the line of the tail's word made `mpsc` take 1.7 times as long.
    const { assert!(offset_of!(Shared<T, P>, beside) >= size_of::<Channel<T>>() && Channel::<T>::HAS_ITS_BUFFER_FIRST) }
    prepare();
    let (sending, receiving) = share(|| Shared { channel: Channel::new(capacity, log), beside: P::default() });
    (Strong::new(sending), Strong::new(receiving))
}

impl<T, E: End, P> Strong<T, E, P> {
    fn new(member: Member<Shared<T, P>, E>) -> Self {
        let presence = Presence::new(&member.value().channel.log, E::ROLE);
        Strong { presence, member }
    }

    pub(crate) fn downgrade(this: &Self) -> Weak<T, E, P> {
        Weak(this.member.join())
    }

    pub(crate) fn same_channel(a: &Self, b: &Self) -> bool {
        a.member.is_of_same(&b.member)
    }

    /// What lies beside the channel.
    #[inline]
    pub(super) fn beside(this: &Self) -> &P {
        &this.member.value().beside
    }
}

impl<T, E: End, P: Beside> Strong<T, E, P> {
    /// What the `Debug` of all handles prints.
    pub(crate) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { channel, beside } = self.member.value();
        channel.describe(name, beside.taken_ahead(), f)
    }
}

impl<T, E: End, P> Deref for Strong<T, E, P> {
    type Target = Channel<T>;

    #[inline]
    fn deref(&self) -> &Channel<T> {
        &self.member.value().channel
    }
}

impl<T, E: End, P> Handle<T> for Strong<T, E, P> {
    #[inline]
    fn via(&self) -> Via<'_, T> {
        Via::new(self, self.presence.by())
    }
}

impl<T, E: End, P> Clone for Strong<T, E, P> {
    fn clone(&self) -> Self {
        Strong { presence: self.presence.cloned(&self.log, E::ROLE), member: self.member.clone() }
    }
}

impl<T, E: End, P> Weak<T, E, P> {
    /// A strong handle, if the end has not been left and the channel is not closed.
    pub(crate) fn upgrade(&self) -> Option<Strong<T, E, P>> {
        if self.channel().is_closed() { None } else { self.upgrade_present() }
    }

    /// A strong handle, if the end has not been left, even if the channel was closed.
    pub(crate) fn upgrade_present(&self) -> Option<Strong<T, E, P>> {
        self.0.join_others().map(Strong::new)
    }

    pub(crate) fn channel(&self) -> &Channel<T> {
        &self.0.value().channel
    }
}

impl<T, E: End, P> Clone for Weak<T, E, P> {
    fn clone(&self) -> Self {
        Weak(self.0.clone())
    }
}

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
