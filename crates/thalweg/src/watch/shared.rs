//! What the handles of a watch channel share: a value, how often it was changed, and who waits at either end.
//!
//! | | it guards | who waits there | for what |
//! | --- | --- | --- | --- |
//! | `value`, a readers-writer lock | the value | threads, while others read or write | |
//! | `news`, a side | its position: the *version* of the value; closed: no sender is left | receivers | a version they have not seen, or the close |
//! | `interest`, a side | how often in a row nobody had to wait there | tasks in `closed()` | the last receiver's leaving |
//!
//! 1. The version moves only while the value is locked for writing. Who reads the value knows its version exactly.
//! 2. A side may be taken while the value is locked, the value never while a side is taken.
//! 3. Who begins to wait looks once more under the lock of its side, and whoever changes what it waits for takes that
//!    lock afterwards: no wake-up falls between the two.
//! 4. All who waited when the value changed are woken, after every lock is let go. Who comes to the queue meanwhile,
//!    or comes back to it, stands behind them, so none of them is passed over.
//! 5. Foreign code runs with the value locked only where a user hands it in to be run on the value, and never with a
//!    side taken. If it panics the lock is let go; the version stands as it stood.

use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::PoisonError;

use super::error::RecvError;
use crate::channel::wake_each;
use crate::raw::{Arrival, CLOSED, Held, Position, Side, Waiter};
use crate::record::{By, Log, Mark, Note};
use crate::sync::{AtomicUsize, RwLock, RwLockReadGuard, wake_and_drop_leaving};

pub(super) struct Shared<T> {
    value: RwLock<T>,
    news: Side<()>,
    interest: Side<Streak>,
    pub(super) senders: AtomicUsize,
    pub(super) receivers: AtomicUsize,
    pub(super) log: Log,
}

// What a panicking closure leaves behind is a value that its type allows; no lock stays locked, nobody stays unwoken.
impl<T> UnwindSafe for Shared<T> {}
impl<T> RefUnwindSafe for Shared<T> {}

/// The version that a receiver has seen, or `None` if whatever is there is to count as new.
pub(super) type Seen = Option<Position>;

impl<T> Shared<T> {
    pub(super) fn new(init: T, log: Log) -> Shared<T> {
        Shared {
            value: RwLock::new(init),
            news: Side::new(()),
            interest: Side::new(Streak::default()),
            senders: AtomicUsize::new(0),
            receivers: AtomicUsize::new(0),
            log,
        }
    }

    /// The value, and which version of it that is.
    pub(super) fn read(&self) -> (RwLockReadGuard<'_, T>, Position) {
        // A closure that panicked poisoned the lock; the value is there all the same.
        let value = self.value.read().unwrap_or_else(PoisonError::into_inner);
        (value, self.version())
    }

    pub(super) fn version(&self) -> Position {
        self.news.position()
    }

    /// Whether no sender is left.
    pub(super) fn is_closed(&self) -> bool {
        self.news.has(CLOSED)
    }

    /// Runs the closure on the value; if it says that it changed it, all receivers learn of it.
    pub(super) fn change(&self, change: impl FnOnce(&mut T) -> bool, note: Note) -> bool {
        let mut value = self.value.write().unwrap_or_else(PoisonError::into_inner);
        if !change(&mut value) {
            return false;
        }
        let mut news = self.news.take();
        // Before: the version is read without the lock.
        note.sent(number(news.position()) + 1);
        news.advance(1);
        let waiting = news.waiting();
        drop(news);
        drop(value);
        tell(&self.news, waiting);
        true
    }

    /// The last sender has left.
    pub(super) fn senders_left(&self) {
        let mut news = self.news.take();
        self.log.note().last_sender_went();
        news.set(CLOSED);
        let waiting = news.waiting();
        drop(news);
        tell(&self.news, waiting);
    }

    /// The last receiver has left.
    pub(super) fn receivers_left(&self) {
        let waiting = self.interest.take().waiting();
        tell(&self.interest, waiting);
    }

    /// Waits for a version that is not the one seen, and returns it.
    pub(super) fn poll_news(
        &self,
        seen: Seen,
        mut waiter: Pin<&mut Waiter>,
        by: By,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Position, RecvError>> {
        loop {
            if let Some(news) = self.news_since(seen) {
                self.leave_news(waiter);
                return Poll::Ready(news);
            }
            let waker = cx.waker().clone();
            let mut news = self.news.take();
            if self.news_since(seen).is_some() {
                continue;
            }
            let is_linked = waiter.arrival() == Arrival::Linked;
            let old = link(&mut news, waiter.as_mut(), waker);
            if !is_linked {
                waiter.belongs_to(Mark::alone(by));
                by.alone().receive_waits();
            }
            drop(news);
            drop(old);
            return Poll::Pending;
        }
    }

    /// What there is to tell a receiver, if anything: first of what it has not seen, then of the end.
    fn news_since(&self, seen: Seen) -> Option<Result<Position, RecvError>> {
        // In this order: once it is closed the version does not change.
        let closed = self.is_closed();
        let version = self.version();
        if seen != Some(version) {
            return Some(Ok(version));
        }
        closed.then_some(Err(RecvError(())))
    }

    /// Waits until there is no receiver.
    pub(super) fn poll_closed(&self, mut waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut interest = self.interest.take();
        if self.receiver_count() > 0 {
            interest.end();
            let old = link(&mut interest, waiter, waker);
            drop(interest);
            drop(old);
            return Poll::Pending;
        }
        let must_yield = !waiter.has_yielded() && interest.must_yield();
        drop(interest);
        if must_yield {
            waiter.as_mut().yields();
            waker.wake();
            return Poll::Pending;
        }
        drop(waker);
        self.leave_interest(waiter);
        Poll::Ready(())
    }

    /// Takes a receiver that will not come again out of the queue.
    pub(super) fn leave_news(&self, waiter: Pin<&mut Waiter>) {
        leave(&self.news, waiter);
    }

    /// Takes a task that no longer waits for the last receiver's leaving out of its queue.
    pub(super) fn leave_interest(&self, waiter: Pin<&mut Waiter>) {
        leave(&self.interest, waiter);
    }
}

/// What the version is called in recordings: how often the value was changed by then.
pub(super) fn number(version: Position) -> usize {
    version.count()
}

/// Wakes so many of those who wait, the oldest first, with the lock let go for each.
fn tell<S>(side: &Side<S>, waiting: usize) {
    wake_each(waiting, || side.take().wake_next());
}

fn leave<S>(side: &Side<S>, mut waiter: Pin<&mut Waiter>) {
    if waiter.arrival() == Arrival::Free {
        return;
    }
    let mut held = side.take();
    let own = held.unlink(waiter.as_mut());
    drop(held);
    stand_down(waiter);
    wake_and_drop_leaving(None, own);
}

/// A waiter that is not in the queue has looked. Should it wait again, it does so behind all who wait now.
fn stand_down(mut waiter: Pin<&mut Waiter>) {
    if waiter.arrival() == Arrival::Woken {
        waiter.as_mut().stand_down();
    }
    waiter.finish();
}

/// Puts a waiter in the queue, behind all others, or gives one that is in it a new waker.
/// Returns a waker that must be dropped after the side is let go.
fn link<S>(held: &mut Held<'_, S>, mut waiter: Pin<&mut Waiter>, waker: Waker) -> Option<Waker> {
    if waiter.arrival() != Arrival::Linked {
        stand_down(waiter.as_mut());
    }
    held.link(waiter, waker)
}

/// How many operations in a row did not have to wait.
#[derive(Default)]
pub(super) struct Streak(u8);

impl Streak {
    /// After so many in a row one yields, as in the other channels.
    const LIMIT: u8 = 128;

    /// Counts one more, unless it has to let others run first.
    fn must_yield(&mut self) -> bool {
        let spent = self.0 == Streak::LIMIT;
        self.0 = if spent { 0 } else { self.0 + 1 };
        spent
    }

    /// Somebody has to wait: the next streak begins.
    pub(super) fn end(&mut self) {
        self.0 = 0;
    }

    /// Ready unless the operation, which comes fresh, must yield; then it will be polled again at once.
    pub(super) fn poll_next(&mut self, waiter: &Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<()> {
        if waiter.arrival() == Arrival::Free && self.must_yield() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}
