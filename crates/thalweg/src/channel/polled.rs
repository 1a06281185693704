//! A sender that is polled for room and then given a message: what `mpmc`'s and `mpsc`'s have in common.
//!
//! | stage | the waiter | room |
//! | --- | --- | --- |
//! | `Idle` | in no queue | none |
//! | `Waiting` | may be in the queue | none |
//! | `Reserved` | in no queue | for one message |

use super::Via;
use crate::error::SendError;
use crate::raw::Waiter;
use alloc::boxed::Box;
use core::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

/// How far the next send has come. It must be aborted before it is dropped, or the channel be left to itself.
pub(crate) struct Polled {
    stage: Stage,
    /// Made at the first poll, and kept.
    waiter: Option<Pin<Box<Waiter>>>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Stage {
    Idle,
    Waiting,
    Reserved,
}

impl Polled {
    pub(crate) fn new() -> Polled {
        Polled { stage: Stage::Idle, waiter: None }
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    pub(crate) fn poll_reserve<T>(
        &mut self,
        channel: Via<'_, T>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<()>>> {
        if self.stage == Stage::Reserved {
            return Poll::Ready(Ok(()));
        }
        // Before the poll: were it to panic, the place would still be left.
        self.stage = Stage::Waiting;
        let waiter = self.waiter.get_or_insert_with(|| Box::pin(Waiter::new()));
        let reserved = channel.poll_reserve(1, waiter.as_mut(), cx);
        match reserved {
            Poll::Ready(Ok(())) => self.stage = Stage::Reserved,
            Poll::Ready(Err(_)) => self.stage = Stage::Idle,
            Poll::Pending => {}
        }
        reserved
    }

    /// Sends into the room that is reserved, and panics if there is none.
    pub(crate) fn send_item<T>(&mut self, channel: Via<'_, T>, message: T) -> Result<(), SendError<T>> {
        assert!(self.stage == Stage::Reserved, "`send_item` without room: `poll_reserve` must be ready first");
        self.stage = Stage::Idle;
        channel.send_reserved(message)
    }

    /// Gives reserved room back, or leaves the line. Returns `false` if there was neither.
    pub(crate) fn abort<T>(&mut self, channel: Via<'_, T>) -> bool {
        let stage = mem::replace(&mut self.stage, Stage::Idle);
        match (stage, &mut self.waiter) {
            (Stage::Reserved, _) => channel.release(1),
            (Stage::Waiting, Some(waiter)) => {
                channel.note(Some(waiter)).cancelled();
                channel.leave_senders(waiter.as_mut());
            }
            _ => {}
        }
        stage != Stage::Idle
    }
}
