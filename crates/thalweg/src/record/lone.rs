//! The waits of a handle that has one at a time, as it is borrowed for it.
//!
//! They all have the same number, so that a wait stays the same where its place in a queue does not.

use thalweg_recording::What;

use super::entry::put;
use super::hooks::{By, cut};
use super::step::Beginner;

/// The number of all of them.
pub(super) const WAIT: u32 = 1;

/// What a receiver does, and whether it waits.
pub(crate) struct Lone {
    by: By,
    goes_on: bool,
}

impl Lone {
    pub(crate) fn new(by: By) -> Lone {
        Lone { by, goes_on: false }
    }

    #[inline]
    pub(crate) fn by(&self) -> By {
        self.by
    }

    /// Whose wait it is to tell of if it begins now: nobody's, if it goes on.
    #[inline]
    pub(crate) fn begins(&self) -> Beginner {
        Beginner(if self.goes_on { 0 } else { self.by.id() })
    }

    /// It waits, which was told.
    #[inline]
    pub(crate) fn goes_on(&mut self) {
        self.goes_on = self.by.is_on();
    }

    #[inline]
    fn put(&mut self, what: What, message: Option<u64>) {
        if self.by.is_on() {
            self.tell(what, message);
        }
    }

    /// "C", as `tell_gone`: it does not unwind. Nobody foreign calls it.
    #[cold]
    #[inline(never)]
    #[allow(improper_ctypes_definitions)]
    extern "C" fn tell(&mut self, what: What, message: Option<u64>) {
        put(self.by.id(), what, message, self.ends());
    }

    fn ends(&mut self) -> u32 {
        if core::mem::take(&mut self.goes_on) { WAIT } else { 0 }
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
        if self.by.is_on() {
            self.goes_on = false;
            put(self.by.id(), What::Lagged, Some(next), cut(missed));
        }
    }

    /// The time for it was up.
    #[inline]
    pub(crate) fn timed_out(&mut self) {
        if self.goes_on {
            self.tell(What::TimedOut, None);
        }
    }

    /// It was given up.
    #[inline]
    pub(crate) fn cancelled(&mut self) {
        if self.goes_on {
            self.tell(What::Cancelled, None);
        }
    }
}

impl Drop for Lone {
    #[inline]
    fn drop(&mut self) {
        self.cancelled();
    }
}
