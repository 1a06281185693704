//! One end of a channel without a lock, as what it does is told, or not. What is long is written for both, and chooses once, as
//! with a lock: there by the name of [`Nobody`] too.

use super::Nobody;

/// An end that is recorded, or nobody.
pub(crate) trait Acts: Copy {
    type Step: Tells;

    /// The handle goes.
    fn goes(self);

    /// Before a step that may tell. No foreign code may run until what became of it is said.
    fn step(self) -> Self::Step;

    /// The message goes unreceived.
    fn discarded(self);
}

/// A step of an end, when it is known what became of it.
pub(crate) trait Tells {
    /// The message is in the channel, and the receiver was woken, if it was. With that the sender goes.
    fn sent(self, wakes: bool);

    /// The end goes, and the channel is closed by that. `receiver_waits`: for what will not come any more.
    fn went(self, receiver_waits: bool);

    fn closed(self);

    /// It was closed: the message goes back.
    fn refused(self);

    /// Nothing happened that is to be told.
    fn over(self);
}

pub(crate) struct NoStep;

impl Acts for Nobody {
    type Step = NoStep;

    #[inline(always)]
    fn goes(self) {}

    #[inline(always)]
    fn step(self) -> NoStep {
        NoStep
    }

    #[inline(always)]
    fn discarded(self) {}
}

#[rustfmt::skip]
impl Tells for NoStep {
    #[inline(always)] fn sent(self, _wakes: bool) {}
    #[inline(always)] fn went(self, _receiver_waits: bool) {}
    #[inline(always)] fn closed(self) {}
    #[inline(always)] fn refused(self) {}
    #[inline(always)] fn over(self) {}
}
