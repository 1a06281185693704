//! No runtime whose budget we could share.

use core::task::{Context, Poll};

/// Whether there is a budget that operations share with others.
pub(crate) const IS_SHARED: bool = false;

pub(crate) struct Proceeding;

impl Proceeding {
    #[inline]
    pub(crate) fn made_progress(&self) {}

    #[inline]
    pub(crate) fn give_back(self) {}
}

#[inline]
pub(crate) fn proceed(_is_blocking: bool, _: &mut Context<'_>) -> Poll<Proceeding> {
    Poll::Ready(Proceeding)
}
