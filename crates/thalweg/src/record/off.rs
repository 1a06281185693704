//! Without the feature `record`: the same names, with nothing behind them.

use core::marker::PhantomData;

use super::{Kind, Role, Texts};

/// What a channel knows of its recording.
pub(crate) struct Log<T = ()>(PhantomData<fn(T)>);

impl<T> Log<T> {
    #[inline(always)]
    pub(crate) fn new(_kind: Kind, _capacity: usize) -> Log<T> {
        Log(PhantomData)
    }

    /// Whether what happens on the channel is recorded.
    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        false
    }

    /// The channel itself, as one who acts.
    #[inline(always)]
    pub(crate) fn note(&self) -> Note {
        Note
    }

    /// How its messages are put into words.
    #[inline(always)]
    pub(crate) fn texts(&self) -> Option<&Texts<T>> {
        None
    }
}

/// The presence of a handle: made, cloned and dropped with it.
pub(crate) struct Presence;

impl Presence {
    /// A handle that is made with its channel, or from a weak one.
    #[inline(always)]
    pub(crate) fn new<T>(_log: &Log<T>, _role: Role) -> Presence {
        Presence
    }

    /// Of a handle that was told of already.
    #[inline(always)]
    pub(crate) fn of(_by: By) -> Presence {
        Presence
    }

    /// A handle that is made from this one.
    #[inline(always)]
    pub(crate) fn cloned<T>(&self, _log: &Log<T>, _role: Role) -> Presence {
        Presence
    }

    #[inline(always)]
    pub(crate) fn by(&self) -> By {
        By
    }

    /// The handle goes. Where more follows from that than what is dropped after it.
    #[inline(always)]
    pub(crate) fn goes(&mut self) {}
}

/// Which handle acts.
#[derive(Clone, Copy, Default)]
pub(crate) struct By;

/// Who is not recorded, which here is everybody.
pub(crate) type Nobody = By;

impl By {
    #[inline(always)]
    pub(crate) fn is_on(self) -> bool {
        false
    }

    /// What it does has to do with this wait, if it has waited.
    #[inline(always)]
    pub(crate) fn note(self, _ticket: impl FnOnce() -> Option<u32>) -> Note {
        Note
    }

    /// The same of one that has one wait at a time, and begins it.
    #[inline(always)]
    pub(crate) fn alone(self) -> Note {
        Note
    }
}

/// Whose a waiter is, while it is in a queue.
#[derive(Clone, Copy)]
pub(crate) struct Mark;

impl Mark {
    pub(crate) const NOBODY: Mark = Mark;

    #[inline(always)]
    pub(crate) fn new(_by: By) -> Mark {
        Mark
    }

    /// Of a handle that has one wait at a time.
    #[inline(always)]
    pub(crate) fn alone(_by: By) -> Mark {
        Mark
    }

    #[inline(always)]
    pub(crate) fn woken(self, _ticket: u32) {}
}

/// Who does something, and in which of its waits.
#[derive(Clone, Copy)]
pub(crate) struct Note;

#[rustfmt::skip]
impl Note {
    #[inline(always)] pub(crate) fn sent(self, _message: usize) {}
    #[inline(always)] pub(crate) fn sent_by_permit(self, _message: usize) {}
    #[inline(always)] pub(crate) fn refused(self) {}
    #[inline(always)] pub(crate) fn received(self, _message: usize, _count: usize) {}
    #[inline(always)] pub(crate) fn ended(self) {}
    #[inline(always)] pub(crate) fn discarded(self, _message: usize, _count: usize) {}
    #[inline(always)] pub(crate) fn send_waits(self) {}
    #[inline(always)] pub(crate) fn receive_waits(self) {}
    #[inline(always)] pub(crate) fn cancelled(self) {}
    #[cfg(feature = "std")] #[inline(always)] pub(crate) fn timed_out(self) {}
    #[inline(always)] pub(crate) fn reserved(self, _places: usize) {}
    #[inline(always)] pub(crate) fn returned(self, _places: usize) {}
    #[inline(always)] pub(crate) fn closed(self) {}
    #[inline(always)] pub(crate) fn last_sender_went(self) {}
    #[inline(always)] pub(crate) fn last_receiver_went(self) {}
}

/// One end of a channel that has two.
#[derive(Clone, Copy)]
pub(crate) struct End;

impl End {
    #[inline(always)]
    pub(crate) fn pair() -> (End, End) {
        (End, End)
    }

    #[inline(always)]
    pub(crate) fn by(self) -> By {
        By
    }

    /// The handle goes.
    #[inline(always)]
    pub(crate) fn goes(self) {}

    /// Before a step that may tell. No foreign code may run until what became of it is said.
    #[inline(always)]
    pub(crate) fn step(self) -> Step {
        Step
    }

    #[inline(always)]
    pub(crate) fn discarded(self) {}
}

/// A step of an end.
#[must_use = "the thread is at a step until it is said what became of it"]
pub(crate) struct Step;

#[rustfmt::skip]
impl Step {
    #[inline(always)] pub(crate) fn sent(self, _wakes: bool) {}
    #[inline(always)] pub(crate) fn went(self, _receiver_waits: bool) {}
    #[inline(always)] pub(crate) fn closed(self) {}
    #[inline(always)] pub(crate) fn refused(self) {}
    #[inline(always)] pub(crate) fn over(self) {}
}

/// What a receiver does, and whether it waits, which it does once at a time.
pub(crate) struct Lone;

#[rustfmt::skip]
impl Lone {
    #[inline(always)] pub(crate) fn new(_by: By) -> Lone { Lone }
    #[inline(always)] pub(crate) fn begins(&self) -> Beginner { Beginner }
    #[inline(always)] pub(crate) fn goes_on(&mut self) {}
    #[inline(always)] pub(crate) fn received(&mut self, _message: u64) {}
    #[inline(always)] pub(crate) fn ended(&mut self) {}
    #[inline(always)] pub(crate) fn lagged(&mut self, _missed: u64, _next: u64) {}
    #[cfg(feature = "std")] #[inline(always)] pub(crate) fn timed_out(&mut self) {}
    #[inline(always)] pub(crate) fn cancelled(&mut self) {}
    #[inline(always)] pub(crate) fn by(&self) -> By { By }
}

/// One that is about to wait for a message.
#[derive(Clone, Copy)]
pub(crate) struct Beginner;

/// The step after which it waits.
#[must_use = "the thread is at a step until it is said what became of it"]
pub(crate) struct BeginningStep;

#[rustfmt::skip]
impl Beginner {
    pub(crate) const NOBODY: Beginner = Beginner;

    #[inline(always)] pub(crate) fn step(self) -> BeginningStep { BeginningStep }
}

#[rustfmt::skip]
impl BeginningStep {
    #[inline(always)] pub(crate) fn waits(self) {}
    #[inline(always)] pub(crate) fn over(self) {}
}
