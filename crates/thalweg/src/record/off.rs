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

/// Which handle acts. None is recorded, so it is `Nobody` too.
#[derive(Clone, Copy)]
pub(crate) struct By;

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

/// What a channel with two ends knows of its recording.
#[derive(Clone, Copy)]
pub(crate) struct Pair;

impl Pair {
    #[inline(always)]
    pub(crate) fn new() -> Pair {
        Pair
    }

    #[inline(always)]
    pub(crate) fn sender(self) -> Result<By, By> {
        Err(By)
    }

    #[inline(always)]
    pub(crate) fn receiver(self) -> Result<By, By> {
        Err(By)
    }

    #[inline(always)]
    pub(crate) fn receiver_by(self) -> By {
        By
    }
}

/// What a receiver does, and whether it waits, which it does once at a time.
pub(crate) struct Lone<const IS_HANDLE: bool = false>;

#[rustfmt::skip]
impl<const IS_HANDLE: bool> Lone<IS_HANDLE> {
    #[inline(always)] pub(crate) fn new(_by: By) -> Self { Lone }
    #[inline(always)] pub(crate) fn present<T>(_log: &Log<T>, _role: Role) -> Self { Lone }
    #[inline(always)] pub(crate) fn goes(&mut self) {}
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
