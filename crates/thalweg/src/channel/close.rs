//! How a channel ends, and who is told.
//!
//! | event | sends | receivers | messages |
//! | --- | --- | --- | --- |
//! | `close`, or the last sender leaves | fail, but through permits that are out | take what is queued, then see the end when no permit is out | stay |
//! | the last receiver leaves | fail, through permits too | none | are dropped at once |

use core::pin::Pin;
use core::task::{Context, Poll};

use super::wait::wake_each;
use super::{Channel, Via};
use crate::raw::{ABANDONED, Arrival, CLOSED, Held, Tail, Waiter};
use crate::sync::wake_and_drop_leaving;

impl<T> Via<'_, T> {
    /// Closes the channel; `true` for the one who did. Everybody who waits is woken.
    pub(crate) fn close(self) -> bool {
        self.close_with(|| self.note(None).closed())
    }
}

impl<T> Channel<T> {
    /// The last sender has left.
    pub(super) fn leave(&self) {
        self.close_with(|| self.log.note().last_sender_went());
    }

    fn close_with(&self, note: impl FnOnce()) -> bool {
        let mut tail = self.buffer.tail().take();
        if tail.has(CLOSED) {
            return false;
        }
        tail.set(CLOSED);
        note();
        let receivers = tail.waiting();
        self.tell_closed(tail, receivers);
        true
    }

    /// The last receiver has left: closes the channel, and drops what is queued.
    pub(super) fn abandon(&self) {
        let mut head = self.buffer.head().take();
        let mut tail = self.buffer.tail().take();
        if !tail.has(CLOSED) {
            self.log.note().last_receiver_went();
        }
        tail.set(CLOSED | ABANDONED);
        self.log.note().discarded(head.position().count(), self.buffer.len_at(&tail));
        let messages = self.buffer.detach(&mut head, &mut tail);
        drop(head);
        let _messages = messages;
        self.tell_closed(tail, 0);
    }

    /// Wakes the senders and the tasks in `closed()`, none of which can start to wait again, and so many receivers.
    fn tell_closed(&self, tail: Held<'_, Tail<T>>, receivers: usize) {
        let is_heard = receivers > 0 || !tail.closers.is_empty();
        drop(tail);
        // A sender that is about to wait, because it looked at the tail before, holds the head since then.
        if is_heard || !self.buffer.head().is_at_rest() {
            self.tell_each(receivers);
        }
    }

    #[cold]
    fn tell_each(&self, receivers: usize) {
        let (tail, head) = (self.buffer.tail(), self.buffer.head());
        let mut receivers = 0..receivers;
        wake_each(usize::MAX, || {
            let sender = self.wake_sender(&mut head.take());
            let closer = || tail.take().closers.wake_first();
            let receiver = || receivers.next().and_then(|_| self.wake_receiver(&mut tail.take()));
            sender.or_else(closer).or_else(receiver)
        });
    }

    pub(crate) fn poll_closed(&self, mut waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_closed() {
            let waker = cx.waker().clone();
            let mut tail = self.buffer.tail().take();
            if !tail.has(CLOSED) {
                let old = tail.closers.link(waiter, waker);
                drop(tail);
                drop(old);
                return Poll::Pending;
            }
            drop(tail);
        }
        self.leave_closers(waiter.as_mut());
        Poll::Ready(())
    }

    /// Takes a task that no longer waits for the close out of its queue.
    pub(crate) fn leave_closers(&self, mut waiter: Pin<&mut Waiter>) {
        if waiter.arrival() == Arrival::Free {
            return;
        }
        let mut tail = self.buffer.tail().take();
        let own = tail.closers.unlink(waiter.as_mut());
        drop(tail);
        waiter.stand_down();
        wake_and_drop_leaving(None, own);
    }
}
