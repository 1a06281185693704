//! What the channels call. A call costs a comparison where its channel is not recorded, and nothing where a channel goes the way of
//! [`Nobody`].
//!
//! Handles and channels have their numbers from one count, so that one number says who acts: a handle, or a channel itself
//! where nobody in particular does. 0 is nobody: of a channel that is not recorded.

use alloc::boxed::Box;
use core::panic::Location;
use core::sync::atomic::{AtomicU32, Ordering};

use thalweg_recording::{self as recording, CLOSED_BY_CALL, LAST_RECEIVER_WENT, LAST_SENDER_WENT, What};

use super::entry::put;
use super::lone::WAIT;
use super::news::News;
use super::run::{self, MOST_IDS};
use super::texts::Texts;
use super::{Kind, Role};

/// What a channel knows of its recording: nothing, if it is not recorded. Then it takes a word, and needs no dropping.
pub(crate) struct Log<T = ()>(Option<Box<Account<T>>>);

/// Of a channel that is recorded.
struct Account<T> {
    id: u32,
    senders: AtomicU32,
    receivers: AtomicU32,
    texts: Texts<T>,
}

impl<T> Log<T> {
    #[inline]
    #[track_caller]
    pub(crate) fn new(kind: Kind, capacity: usize) -> Log<T> {
        Log(if run::is_on() { Account::new(kind, capacity, Location::caller()) } else { None })
    }

    /// Whether what happens on the channel is recorded.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The channel itself, as one who acts.
    #[inline]
    pub(crate) fn note(&self) -> Note {
        Note { by: self.0.as_ref().map_or(0, |account| account.id), wait: 0 }
    }

    /// A handle is made with the channel, or from a weak one.
    #[inline]
    pub(super) fn handle_comes(&self, role: Role) -> By {
        match &self.0 {
            Some(account) => account.handle_comes(role, What::Created, By(0)),
            None => By(0),
        }
    }

    /// How its messages are put into words.
    #[inline]
    pub(crate) fn texts(&self) -> Option<&Texts<T>> {
        self.0.as_ref().map(|account| &account.texts)
    }
}

impl<T> Account<T> {
    #[cold]
    fn new(kind: Kind, capacity: usize, place: &Location<'_>) -> Option<Box<Account<T>>> {
        let id = run::next_id();
        let is_told = id != 0 && tell_of_channel(id, kind, capacity, place);
        let (senders, receivers) = (AtomicU32::new(0), AtomicU32::new(0));
        is_told.then(|| Box::new(Account { id, senders, receivers, texts: Texts::new() }))
    }

    /// The how manieth of its role the next handle is. Relaxed: it only counts.
    fn next_ordinal(&self, role: Role) -> u32 {
        let count = match role {
            Role::Sender => &self.senders,
            Role::Receiver => &self.receivers,
        };
        count.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// One more handle, which came so. Nobody, if there are too many.
    #[cold]
    fn handle_comes(&self, role: Role, how: What, from: By) -> By {
        let id = run::next_id();
        if id == 0 || !tell_of_handle(id, self.id, role, self.next_ordinal(role)) {
            return By(0);
        }
        put(id, how, None, from.0);
        By(id)
    }
}

pub(super) fn tell_of_channel(id: u32, kind: Kind, capacity: usize, place: &Location<'_>) -> bool {
    run::tell(News::Channel(recording::Channel {
        id,
        kind: kind.into(),
        capacity: (capacity != usize::MAX).then_some(capacity as u64),
        name: None,
        place: Some(std::format!("{}:{}", place.file(), place.line())),
    }))
}

pub(super) fn tell_of_handle(id: u32, channel: u32, role: Role, ordinal: u32) -> bool {
    run::tell(News::Handle(recording::Handle { id, channel, role: role.into(), name: None, ordinal }))
}

/// The presence of a handle: made and cloned and dropped with it.
pub(crate) struct Presence(By);

impl Presence {
    /// A handle that is made with its channel, or from a weak one.
    #[inline]
    pub(crate) fn new<T>(log: &Log<T>, role: Role) -> Presence {
        Presence(log.handle_comes(role))
    }

    /// A handle that is made from this one.
    #[inline]
    pub(crate) fn cloned<T>(&self, log: &Log<T>, role: Role) -> Presence {
        Presence(match &log.0 {
            Some(account) if self.0.is_on() => account.handle_comes(role, What::Cloned, self.0),
            _ => By(0),
        })
    }

    #[inline]
    pub(crate) fn by(&self) -> By {
        self.0
    }

    /// The handle goes. Where more follows from that than what is dropped after it.
    #[inline]
    pub(crate) fn goes(&mut self) {
        if self.0.is_on() {
            tell_gone(core::mem::take(&mut self.0));
        }
    }
}

impl Drop for Presence {
    #[inline]
    fn drop(&mut self) {
        self.goes();
    }
}

/// "C" means that it does not unwind: so those who drop a handle need not be prepared for that, and stay short.
#[cold]
#[inline(never)]
extern "C" fn tell_gone(by: By) {
    put(by.0, What::Dropped, None, 0);
}

/// Which handle acts.
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub(crate) struct By(u32);

impl By {
    #[inline]
    pub(super) fn new(id: u32) -> By {
        By(id)
    }

    /// Whether what it does is recorded.
    #[inline]
    pub(crate) fn is_on(self) -> bool {
        self.0 != 0
    }

    /// What it does has to do with this wait, if it has waited.
    #[inline]
    pub(crate) fn note(self, ticket: impl FnOnce() -> Option<u32>) -> Note {
        let wait = if self.is_on() { ticket().map_or(0, number) } else { 0 };
        Note { by: self.0, wait }
    }

    /// The same of one that has one wait at a time, and begins it.
    #[inline]
    pub(crate) fn alone(self) -> Note {
        Note { by: self.0, wait: WAIT }
    }

    /// Its number in a recording.
    pub(crate) fn id(self) -> u32 {
        self.0
    }
}

/// One who is not recorded, known when the program is compiled.
#[derive(Clone, Copy)]
pub(crate) struct Nobody;

impl From<Nobody> for By {
    #[inline(always)]
    fn from(_: Nobody) -> By {
        By(0)
    }
}

/// The number of a wait: its ticket, but never 0.
fn number(ticket: u32) -> u32 {
    ticket.wrapping_add(1).max(1)
}

/// Whose a waiter is, while it is in a queue, and whether it is its only one. In two halves, lest a waiter grow by its alignment.
#[derive(Clone, Copy)]
pub(crate) struct Mark([u16; 2]);

/// The bit of a mark that numbers leave free.
const ALONE: u32 = 1 << 31;
const _: () = assert!(MOST_IDS == ALONE);

impl Mark {
    pub(crate) const NOBODY: Mark = Mark([0, 0]);

    #[inline]
    pub(crate) fn new(by: By) -> Mark {
        Mark([by.0 as u16, (by.0 >> 16) as u16])
    }

    /// Of a handle that has one wait at a time.
    #[inline]
    pub(crate) fn alone(by: By) -> Mark {
        Mark::new(By(if by.is_on() { by.0 | ALONE } else { 0 }))
    }

    /// It gets its turn.
    #[inline]
    pub(crate) fn woken(self, ticket: u32) {
        let by = u32::from(self.0[0]) | u32::from(self.0[1]) << 16;
        if by != 0 {
            tell_woken(by, ticket);
        }
    }
}

#[cold]
#[inline(never)]
fn tell_woken(by: u32, ticket: u32) {
    let wait = if by & ALONE != 0 { WAIT } else { number(ticket) };
    put(by & !ALONE, What::Woken, None, wait);
}

/// Who does something, and in which of its waits.
#[derive(Clone, Copy)]
pub(crate) struct Note {
    by: u32,
    wait: u32,
}

impl Note {
    #[inline]
    fn put(self, what: What, message: Option<u64>, aux: u32) {
        if self.by != 0 {
            put(self.by, what, message, aux);
        }
    }

    /// The message is in the channel.
    #[inline]
    pub(crate) fn sent(self, message: usize) {
        self.put(What::Sent, Some(message as u64), self.wait);
    }

    #[inline]
    pub(crate) fn sent_by_permit(self, message: usize) {
        self.put(What::SentByPermit, Some(message as u64), self.wait);
    }

    /// The channel is closed: the message goes back.
    #[inline]
    pub(crate) fn refused(self) {
        self.put(What::SendRefused, None, self.wait);
    }

    /// So many messages were taken, from that one on.
    #[inline]
    pub(crate) fn received(self, message: usize, count: usize) {
        if self.by != 0 {
            let messages = message as u64..message as u64 + count as u64;
            messages.for_each(|message| put(self.by, What::Received, Some(message), self.wait));
        }
    }

    /// The channel is closed and empty.
    #[inline]
    pub(crate) fn ended(self) {
        self.put(What::ReceiveEnded, None, self.wait);
    }

    /// So many messages go unreceived, from that one on.
    #[inline]
    pub(crate) fn discarded(self, message: usize, count: usize) {
        if count > 0 {
            self.put(What::Discarded, Some(message as u64), cut(count));
        }
    }

    #[inline]
    pub(crate) fn send_waits(self) {
        self.put(What::SendWaits, None, self.wait);
    }

    #[inline]
    pub(crate) fn receive_waits(self) {
        self.put(What::ReceiveWaits, None, self.wait);
    }

    /// It was given up. Not worth a word if it had not waited.
    #[inline]
    pub(crate) fn cancelled(self) {
        if self.wait != 0 {
            self.put(What::Cancelled, None, self.wait);
        }
    }

    /// The time for it was up.
    #[inline]
    pub(crate) fn timed_out(self) {
        if self.wait != 0 {
            self.put(What::TimedOut, None, self.wait);
        }
    }

    #[inline]
    pub(crate) fn reserved(self, places: usize) {
        self.put(What::Reserved, Some(self.wait.into()), cut(places));
    }

    #[inline]
    pub(crate) fn returned(self, places: usize) {
        self.put(What::PermitReturned, None, cut(places));
    }

    #[inline]
    pub(crate) fn closed(self) {
        self.put(What::Closed, None, CLOSED_BY_CALL);
    }

    #[inline]
    pub(crate) fn last_sender_went(self) {
        self.put(What::Closed, None, LAST_SENDER_WENT);
    }

    #[inline]
    pub(crate) fn last_receiver_went(self) {
        self.put(What::Closed, None, LAST_RECEIVER_WENT);
    }
}

pub(super) fn cut(count: impl TryInto<u32>) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}

impl From<Kind> for recording::Kind {
    fn from(kind: Kind) -> recording::Kind {
        match kind {
            Kind::Mpmc => recording::Kind::Mpmc,
            Kind::Mpsc => recording::Kind::Mpsc,
            Kind::Oneshot => recording::Kind::Oneshot,
            Kind::Broadcast => recording::Kind::Broadcast,
            Kind::Watch => recording::Kind::Watch,
        }
    }
}

impl From<Role> for recording::Role {
    fn from(role: Role) -> recording::Role {
        match role {
            Role::Sender => recording::Role::Sender,
            Role::Receiver => recording::Role::Receiver,
        }
    }
}
