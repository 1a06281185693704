//! Takes part in tokio's budget: a task that used it up yields, whichever channel it was used up on.

use core::task::{Context, Poll};

use tokio::task::coop::{RestoreOnPending, poll_proceed};

/// Whether there is a budget that operations share with others.
pub(crate) const IS_SHARED: bool = true;

/// One unit of the task's budget, given back if the operation turns out to be pending.
pub(crate) struct Proceeding(RestoreOnPending);

impl Proceeding {
    pub(crate) fn made_progress(&self) {
        self.0.made_progress();
    }
}

/// Ready while the task has budget left, and always outside of tokio.
pub(crate) fn proceed(cx: &mut Context<'_>) -> Poll<Proceeding> {
    poll_proceed(cx).map(Proceeding)
}
