//! Takes part in tokio's budget: a task that used it up yields, whichever channel it was used up on.

use core::task::{Context, Poll};

use tokio::task::coop::{RestoreOnPending, poll_proceed};

/// Whether there is a budget that operations share with others.
pub(crate) const IS_SHARED: bool = true;

/// One unit of the task's budget, given back if the operation turns out to be pending.
/// A blocked thread takes none.
pub(crate) struct Proceeding(Option<RestoreOnPending>);

impl Proceeding {
    pub(crate) fn made_progress(&self) {
        if let Some(unit) = &self.0 {
            unit.made_progress();
        }
    }

    /// There was nothing to be ready with yet. Dropping it does the same.
    pub(crate) fn give_back(self) {}
}

/// Ready while the task has budget left, and always outside of tokio. A thread that blocks has none of its own: inside a
/// task it would wait for ever for the task's to be renewed.
pub(crate) fn proceed(is_blocking: bool, cx: &mut Context<'_>) -> Poll<Proceeding> {
    if is_blocking {
        return Poll::Ready(Proceeding(None));
    }
    poll_proceed(cx).map(|unit| Proceeding(Some(unit)))
}
