//! Operations on a thread that blocks (feature `std`): the same polls, and a sleep between them.

use super::Via;
use super::operation::{Operation, Put, Take, Work};
use super::sole::Sole;
use crate::error::{RecvTimeoutError, SendTimeoutError};
use crate::park;
use crate::record::Note;
use alloc::vec::Vec;
use core::pin::pin;
use std::time::{Duration, Instant};

/// When the time runs out, or `None` if that is too far away to be told.
pub(crate) fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

impl<T> Via<'_, T> {
    /// Blocks until the work is done.
    #[inline(always)]
    pub(crate) fn block_on<W: Work<T>>(self, mut work: W) -> W::Output {
        let done = self.at_once(&mut work).map_or_else(|| self.wait_for(work, None, |_| ()), Ok);
        done.expect("without a deadline there is no giving up")
    }

    /// Blocks until the message is sent or the time is up.
    pub(crate) fn send_until(self, message: T, deadline: Option<Instant>) -> Result<(), SendTimeoutError<T>> {
        let mut put = Put(Some(message));
        let done = self.at_once(&mut put).map_or_else(|| self.wait_for(put, deadline, |put| put.0.take()), Ok);
        match done {
            Ok(sent) => sent.map_err(SendTimeoutError::from),
            Err(message) => Err(SendTimeoutError::Timeout(message.expect("a send that timed out has its message"))),
        }
    }

    /// Blocks until there is a message or the time is up.
    pub(crate) fn recv_until(self, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
        let done = self.at_once(&mut Take).map_or_else(|| self.wait_for(Take, deadline, |_| ()), Ok);
        done.map_or(Err(RecvTimeoutError::Timeout), |received| received.map_err(RecvTimeoutError::from))
    }

    #[inline(always)]
    fn at_once<W: Work<T>>(self, work: &mut W) -> Option<W::Output> {
        work.at_once(self).or_else(|| if W::lingers(&self) { work.at_once(self) } else { None })
    }

    /// Polls until the work is done. If the time is up before, `rest` says what is left of it.
    #[inline(never)]
    fn wait_for<W: Work<T>, R>(
        self,
        work: W,
        deadline: Option<Instant>,
        rest: impl FnOnce(&mut W) -> R,
    ) -> Result<W::Output, R> {
        let mut operation = pin!(Operation::for_thread(self, work));
        park::block_on(deadline, |cx| operation.as_mut().poll_output(cx))
            .ok_or_else(|| rest(operation.finish(Note::timed_out)))
    }
}

impl<T> Sole<T> {
    /// Blocks until there is a message or the time is up.
    pub(crate) fn recv_until(&mut self, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
        // The thread waits in a place of its own: it has no budget to keep to.
        self.leave();
        self.recv_at_once().or_else(|channel| channel.recv_until(deadline))
    }

    /// Blocks until there is a message, then takes what else is there.
    pub(crate) fn recv_many_blocking(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        if limit == 0 {
            return 0;
        }
        let Ok(first) = self.recv_until(None) else { return 0 };
        buffer.push(first);
        1 + self.take_more(buffer, limit - 1)
    }
}
