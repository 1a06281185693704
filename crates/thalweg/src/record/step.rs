//! What happens on a channel without a lock.
//!
//! There an event cannot be written down before others see it: whether it happens is not known until it has. So the time is
//! read before the step, and written down with the event after it. In between the thread's ring says since when it is at
//! a step, and the collector keeps back what happened later: whatever others did because of it, they did after that time.

use thalweg_recording::{CLOSED_BY_CALL, LAST_RECEIVER_WENT, LAST_SENDER_WENT, What};

use super::hooks::{Log, Presence};
use super::lone::WAIT;
use super::ring::{begin, finish, put, put_at};

/// From before a step until what became of it is written down. Nothing, where that is not recorded.
struct Moment(Option<u64>);

impl Moment {
    #[inline]
    fn begin(is_on: bool) -> Moment {
        Moment(is_on.then(begin))
    }

    #[inline]
    fn put(&self, by: u32, what: What, message: Option<u64>, aux: u32) {
        if let Some(at) = self.0 {
            put_at(at, by, what, message, aux);
        }
    }
}

impl Drop for Moment {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
            finish();
        }
    }
}

/// One end of a channel that has two, and who is at the other.
#[derive(Clone, Copy)]
pub(crate) struct End {
    channel: u32,
    own: u32,
    other: u32,
    sends: bool,
}

impl End {
    /// The end of the sender, and that of the receiver.
    pub(crate) fn pair(log: &Log, sender: &Presence, receiver: &Presence) -> (End, End) {
        let (channel, sender, receiver) = (log.id(), sender.by().id(), receiver.by().id());
        (
            End { channel, own: sender, other: receiver, sends: true },
            End { channel, own: receiver, other: sender, sends: false },
        )
    }

    /// Before a step that may tell. No foreign code may run until what became of it is said.
    #[inline]
    pub(crate) fn step(self) -> Step {
        Step { end: self, moment: Moment::begin(self.own != 0) }
    }

    /// The message goes unreceived.
    #[inline]
    pub(crate) fn discarded(self) {
        if self.own != 0 {
            put(self.channel, What::Discarded, Some(0), 1);
        }
    }
}

/// A step of an end.
#[must_use = "the thread is at a step until it is said what became of it"]
pub(crate) struct Step {
    end: End,
    moment: Moment,
}

impl Step {
    /// The message is in the channel, and the receiver was woken, if it was.
    #[inline]
    pub(crate) fn sent(self, wakes: bool) {
        self.moment.put(self.end.own, What::Sent, Some(0), 0);
        self.wakes(wakes);
    }

    /// The end goes, and the channel is closed by that. `receiver_waits`: for what will not come any more.
    #[inline]
    pub(crate) fn went(self, receiver_waits: bool) {
        let why = if self.end.sends { LAST_SENDER_WENT } else { LAST_RECEIVER_WENT };
        self.moment.put(self.end.channel, What::Closed, None, why);
        self.wakes(self.end.sends && receiver_waits);
    }

    #[inline]
    pub(crate) fn closed(self) {
        self.moment.put(self.end.own, What::Closed, None, CLOSED_BY_CALL);
    }

    /// It was closed: the message goes back.
    #[inline]
    pub(crate) fn refused(self) {
        if self.end.own != 0 {
            // Now, since it comes after the close.
            put(self.end.own, What::SendRefused, None, 0);
        }
    }

    /// Nothing happened that is to be told.
    #[inline]
    pub(crate) fn over(self) {}

    #[inline]
    fn wakes(&self, wakes: bool) {
        if wakes {
            self.moment.put(self.end.other, What::Woken, None, WAIT);
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
        BeginningStep { by: self.0, moment: Moment::begin(self.0 != 0) }
    }
}

/// The step after which it waits.
#[must_use = "the thread is at a step until it is said what became of it"]
pub(crate) struct BeginningStep {
    by: u32,
    moment: Moment,
}

impl BeginningStep {
    #[inline]
    pub(crate) fn waits(self) {
        self.moment.put(self.by, What::ReceiveWaits, None, WAIT);
    }

    /// It does not wait.
    #[inline]
    pub(crate) fn over(self) {}
}
