//! What happens on a channel without a lock.
//!
//! There an event cannot be written down before others see it: whether it happens is not known until it has. So the time is
//! read before the step, and written down with the event after it. In between the thread's ring says since when it is at
//! a step, and the collector keeps back what happened later: whatever others did because of it, they did after that time.

use core::panic::Location;

use thalweg_recording::{CLOSED_BY_CALL, LAST_RECEIVER_WENT, LAST_SENDER_WENT, What};

use super::acts::{Acts, Tells};
use super::entry::{begin, finish, put, put_at};
use super::hooks::{By, Nobody, tell_of_channel, tell_of_handle};
use super::lone::{GOES_ON, WAIT};
use super::{Kind, Role, run};

/// What a channel with two ends knows of its recording: the receiver's number, which the receiver wants when it is made. The
/// sender's is the one before, and the channel's the one before that.
#[derive(Clone, Copy)]
pub(crate) struct Pair(u32);

impl Pair {
    #[inline]
    #[track_caller]
    pub(crate) fn new() -> Pair {
        Pair(if run::is_on() { channel_begins(Location::caller()) } else { 0 })
    }

    /// The sender, if what it does is recorded.
    #[inline(always)]
    pub(crate) fn sender(self) -> Result<End, Nobody> {
        self.end(true)
    }

    /// The receiver, if what it does is recorded.
    #[inline(always)]
    pub(crate) fn receiver(self) -> Result<End, Nobody> {
        self.end(false)
    }

    #[inline]
    pub(crate) fn sender_by(self) -> By {
        By::new(self.0.saturating_sub(1))
    }

    #[inline]
    pub(crate) fn receiver_by(self) -> By {
        By::new(self.0)
    }

    #[inline(always)]
    fn end(self, sends: bool) -> Result<End, Nobody> {
        if self.0 == 0 { Err(Nobody) } else { Ok(End { receiver: self.0, sends }) }
    }
}

/// One end of a channel that is recorded.
#[derive(Clone, Copy)]
pub(crate) struct End {
    receiver: u32,
    sends: bool,
}

impl End {
    fn channel(self) -> u32 {
        self.receiver - 2
    }

    fn own(self) -> u32 {
        self.receiver - u32::from(self.sends)
    }
}

impl Acts for End {
    type Step = Step;

    fn goes(self) {
        put(self.own(), What::Dropped, None, 0);
    }

    fn step(self) -> Step {
        Step { end: self, at: begin() }
    }

    fn discarded(self) {
        put(self.channel(), What::Discarded, Some(0), 1);
    }
}

/// The receiver's number, or 0 if the channel is not recorded.
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
    channel + 2
}

/// A step of an end.
#[must_use = "the thread is at a step until it is said what became of it"]
pub(crate) struct Step {
    end: End,
    at: u64,
}

impl Tells for Step {
    fn sent(self, wakes: bool) {
        self.tell(self.end.own(), What::Sent, Some(0), 0);
        self.tell_woken(wakes);
        self.tell(self.end.own(), What::Dropped, None, 0);
    }

    fn went(self, receiver_waits: bool) {
        let why = if self.end.sends { LAST_SENDER_WENT } else { LAST_RECEIVER_WENT };
        self.tell(self.end.channel(), What::Closed, None, why);
        self.tell_woken(self.end.sends && receiver_waits);
    }

    fn closed(self) {
        self.tell(self.end.own(), What::Closed, None, CLOSED_BY_CALL);
    }

    fn refused(self) {
        // Now, since it comes after the close.
        put(self.end.own(), What::SendRefused, None, 0);
    }

    fn over(self) {}
}

impl Step {
    fn tell(&self, by: u32, what: What, message: Option<u64>, aux: u32) {
        put_at(self.at, by, what, message, aux);
    }

    fn tell_woken(&self, wakes: bool) {
        // Of waits only the receiver's are told.
        if wakes {
            self.tell(self.end.receiver, What::Woken, None, WAIT);
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        finish();
    }
}

/// One that is about to wait for a message: the word of its [`Lone`](super::Lone), which is looked at only if it does.
#[derive(Clone, Copy)]
pub(crate) struct Beginner(pub(super) u32);

impl Beginner {
    pub(crate) const NOBODY: Beginner = Beginner(0);

    /// As [`Acts::step`].
    #[inline]
    pub(crate) fn step(self) -> BeginningStep {
        // A wait that goes on was told of.
        let by = if self.0 & GOES_ON == 0 { self.0 } else { 0 };
        BeginningStep { by, at: if by == 0 { 0 } else { begin() } }
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
