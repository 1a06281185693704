//! Operations on a thread that blocks (feature `std`): the same polls, and a sleep between them.

use super::Channel;
use super::operation::{Operation, Put, Take, Work};
use super::sole::Sole;
use crate::error::{RecvTimeoutError, SendTimeoutError};
use crate::park;
use alloc::vec::Vec;
use core::pin::pin;
use std::time::{Duration, Instant};

/// When the time runs out, or `None` if that is too far away to be told.
pub(crate) fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

impl<T> Channel<T> {
    /// Blocks until the work is done.
    pub(crate) fn block_on<W: Work<T>>(&self, work: W) -> W::Output {
        let mut operation = pin!(Operation::for_thread(self, work));
        let done = park::block_on(None, |cx| operation.as_mut().poll(cx));
        done.expect("without a deadline there is no giving up").1
    }

    /// Blocks until the message is sent or the time is up.
    pub(crate) fn send_until(&self, message: T, deadline: Option<Instant>) -> Result<(), SendTimeoutError<T>> {
        let mut operation = pin!(Operation::for_thread(self, Put(Some(message))));
        match park::block_on(deadline, |cx| operation.as_mut().poll(cx)) {
            Some((_, sent)) => sent.map_err(SendTimeoutError::from),
            None => {
                let message = operation.finish().0.take();
                Err(SendTimeoutError::Timeout(message.expect("a send that timed out has its message")))
            }
        }
    }

    /// Blocks until there is a message or the time is up.
    pub(crate) fn recv_until(&self, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
        let mut operation = pin!(Operation::for_thread(self, Take));
        match park::block_on(deadline, |cx| operation.as_mut().poll(cx)) {
            Some((_, received)) => received.map_err(RecvTimeoutError::from),
            None => Err(RecvTimeoutError::Timeout),
        }
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
