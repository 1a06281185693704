//! The waits of a handle that has one at a time, as it is borrowed for it.
//!
//! They all have the same number, so that a wait stays the same where its place in a queue does not.

use thalweg_recording::What;

use super::Role;
use super::entry::put;
use super::hooks::{By, Log, cut};
use super::run::MOST_IDS;
use super::step::Beginner;

/// The number of all of them.
pub(super) const WAIT: u32 = 1;

/// What a receiver does, and whether it waits. With `IS_HANDLE` it goes when this is dropped, and its wait before.
///
/// In one word, as it is made and moved where nobody looks too: who it is, and whether its wait goes on.
pub(crate) struct Lone<const IS_HANDLE: bool = false>(u32);

/// The bit that numbers leave free.
pub(super) const GOES_ON: u32 = 1 << 31;
const _: () = assert!(MOST_IDS == GOES_ON);

impl<const IS_HANDLE: bool> Lone<IS_HANDLE> {
    #[inline]
    pub(crate) fn new(by: By) -> Self {
        Lone(by.id())
    }

    /// A handle that is made now, from one that is there or with its channel.
    #[inline]
    pub(crate) fn present<T>(log: &Log<T>, role: Role) -> Self {
        Lone(log.handle_comes(role).id())
    }

    #[inline]
    pub(crate) fn by(&self) -> By {
        By::new(self.0 & !GOES_ON)
    }

    /// Whose wait it is to tell of if it begins now.
    #[inline]
    pub(crate) fn begins(&self) -> Beginner {
        Beginner(self.0)
    }

    /// It waits, which was told.
    #[inline]
    pub(crate) fn goes_on(&mut self) {
        if self.0 != 0 {
            self.0 |= GOES_ON;
        }
    }

    #[inline]
    fn put(&mut self, what: What, message: Option<u64>) {
        if self.0 != 0 {
            self.tell(what, message);
        }
    }

    /// "C", as `tell_gone`: it does not unwind. Nobody foreign calls it.
    #[cold]
    #[inline(never)]
    #[allow(improper_ctypes_definitions)]
    extern "C" fn tell(&mut self, what: What, message: Option<u64>) {
        let wait = self.ends();
        put(self.by().id(), what, message, wait);
    }

    fn ends(&mut self) -> u32 {
        let waits = self.0 & GOES_ON != 0;
        self.0 &= !GOES_ON;
        if waits { WAIT } else { 0 }
    }

    /// It has this message.
    #[inline]
    pub(crate) fn received(&mut self, message: u64) {
        self.put(What::Received, Some(message));
    }

    /// It knows that none will come.
    #[inline]
    pub(crate) fn ended(&mut self) {
        self.put(What::ReceiveEnded, None);
    }

    /// It is told that it missed so many, and goes on at the next.
    #[inline]
    pub(crate) fn lagged(&mut self, missed: u64, next: u64) {
        if self.0 != 0 {
            self.ends();
            put(self.by().id(), What::Lagged, Some(next), cut(missed));
        }
    }

    /// The time for it was up.
    #[inline]
    pub(crate) fn timed_out(&mut self) {
        if self.0 & GOES_ON != 0 {
            self.tell(What::TimedOut, None);
        }
    }

    /// It was given up.
    #[inline]
    pub(crate) fn cancelled(&mut self) {
        if self.0 & GOES_ON != 0 {
            self.tell(What::Cancelled, None);
        }
    }

    /// As when it is dropped, where more follows from that.
    #[inline]
    pub(crate) fn goes(&mut self) {
        if self.0 != 0 {
            self.tell_gone();
        }
    }

    #[cold]
    #[inline(never)]
    extern "C" fn tell_gone(&mut self) {
        self.cancelled();
        if IS_HANDLE {
            put(self.by().id(), What::Dropped, None, 0);
        }
        self.0 = 0;
    }
}

impl<const IS_HANDLE: bool> Drop for Lone<IS_HANDLE> {
    #[inline]
    fn drop(&mut self) {
        self.goes();
    }
}
