//! What happens on a channel without a lock.
//!
//! There an event cannot be written down before others see it: whether it happens is not known until it has. So the time is
//! read before the step, and written down with the event after it. In between the thread's ring says since when it is at
//! a step, and the collector keeps back what happened later: whatever others did because of it, they did after that time.

use core::panic::Location;

use thalweg_recording::{CLOSED_BY_CALL, LAST_RECEIVER_WENT, LAST_SENDER_WENT, What};

use super::entry::{begin, finish, put, put_at};
use super::hooks::{By, tell_of_channel, tell_of_handle};
use super::lone::WAIT;
use super::{Kind, Role, run};

/// One end of a channel that has two.
///
/// Such channels are made by the million, so what an end knows of its recording is one number: that of the channel. The sender's is the
/// next, and the receiver's the one after that.
#[derive(Clone, Copy)]
pub(crate) struct End {
    channel: u32,
    sends: bool,
}

impl End {
    /// The two ends of a channel that is made: the sender's, and the receiver's.
    #[inline]
    #[track_caller]
    pub(crate) fn pair() -> (End, End) {
        let channel = if run::is_on() { channel_begins(Location::caller()) } else { 0 };
        (End { channel, sends: true }, End { channel, sends: false })
    }

    fn own(self) -> u32 {
        self.channel + if self.sends { 1 } else { 2 }
    }

    fn other(self) -> u32 {
        self.channel + if self.sends { 2 } else { 1 }
    }

    #[inline]
    pub(crate) fn by(self) -> By {
        By::new(if self.channel == 0 { 0 } else { self.own() })
    }

    /// The handle goes.
    #[inline]
    pub(crate) fn goes(self) {
        if self.channel != 0 {
            put(self.own(), What::Dropped, None, 0);
        }
    }

    /// Before a step that may tell. No foreign code may run until what became of it is said.
    #[inline]
    pub(crate) fn step(self) -> Step {
        Step { end: self, at: if self.channel == 0 { 0 } else { begin() } }
    }

    /// The message goes unreceived.
    #[inline]
    pub(crate) fn discarded(self) {
        if self.channel != 0 {
            put(self.channel, What::Discarded, Some(0), 1);
        }
    }
}

#[cold]
fn channel_begins(place: &Location<'_>) -> u32 {
    let channel = run::next_ids(3);
    if channel == 0 || !tell_of_channel(channel, Kind::Oneshot, 1, place) {
        return 0;
    }
    for (id, role) in [(channel + 1, Role::Sender), (channel + 2, Role::Receiver)] {
        let _ = tell_of_handle(id, channel, role, 1);
        put(id, What::Created, None, 0);
    }
    channel
}

/// A step of an end.
#[must_use = "the thread is at a step until it is said what became of it"]
pub(crate) struct Step {
    end: End,
    at: u64,
}

impl Step {
    /// The message is in the channel, and the receiver was woken, if it was. With that the sender goes.
    #[inline]
    pub(crate) fn sent(self, wakes: bool) {
        if self.end.channel != 0 {
            self.tell_sent(wakes);
        }
    }

    /// The end goes, and the channel is closed by that. `receiver_waits`: for what will not come any more.
    #[inline]
    pub(crate) fn went(self, receiver_waits: bool) {
        if self.end.channel != 0 {
            self.tell_went(receiver_waits);
        }
    }

    #[inline]
    pub(crate) fn closed(self) {
        if self.end.channel != 0 {
            self.tell(self.end.own(), What::Closed, None, CLOSED_BY_CALL);
        }
    }

    /// It was closed: the message goes back.
    #[inline]
    pub(crate) fn refused(self) {
        if self.end.channel != 0 {
            // Now, since it comes after the close.
            put(self.end.own(), What::SendRefused, None, 0);
        }
    }

    /// Nothing happened that is to be told.
    #[inline]
    pub(crate) fn over(self) {}

    #[cold]
    #[inline(never)]
    fn tell_sent(&self, wakes: bool) {
        self.tell(self.end.own(), What::Sent, Some(0), 0);
        self.tell_woken(wakes);
        self.tell(self.end.own(), What::Dropped, None, 0);
    }

    #[cold]
    #[inline(never)]
    fn tell_went(&self, receiver_waits: bool) {
        let why = if self.end.sends { LAST_SENDER_WENT } else { LAST_RECEIVER_WENT };
        self.tell(self.end.channel, What::Closed, None, why);
        self.tell_woken(self.end.sends && receiver_waits);
    }

    #[cold]
    fn tell(&self, by: u32, what: What, message: Option<u64>, aux: u32) {
        put_at(self.at, by, what, message, aux);
    }

    fn tell_woken(&self, wakes: bool) {
        if wakes {
            self.tell(self.end.other(), What::Woken, None, WAIT);
        }
    }
}

impl Drop for Step {
    #[inline]
    fn drop(&mut self) {
        if self.end.channel != 0 {
            finish();
        }
    }
}

/// One that is about to wait for a message.
#[derive(Clone, Copy)]
pub(crate) struct Beginner(pub(super) u32);

impl Beginner {
    pub(crate) const NOBODY: Beginner = Beginner(0);

    /// As [`End::step`].
    #[inline]
    pub(crate) fn step(self) -> BeginningStep {
        BeginningStep { by: self.0, at: if self.0 == 0 { 0 } else { begin() } }
    }
}

/// The step after which it waits.
#[must_use = "the thread is at a step until it is said what became of it"]
pub(crate) struct BeginningStep {
    by: u32,
    at: u64,
}

impl BeginningStep {
    #[inline]
    pub(crate) fn waits(self) {
        if self.by != 0 {
            put_at(self.at, self.by, What::ReceiveWaits, None, WAIT);
        }
    }

    /// It does not wait.
    #[inline]
    pub(crate) fn over(self) {}
}

impl Drop for BeginningStep {
    #[inline]
    fn drop(&mut self) {
        if self.by != 0 {
            finish();
        }
    }
}
