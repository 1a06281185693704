//! What sends and receives have in common when they wait.

use core::pin::Pin;
use core::task::Waker;

use crate::raw::{Arrival, Budget, Side, Waiter};
use crate::sync::{AtomicUsize, Ordering, Panic, attempt, resume};

/// How a look at the channel ended.
pub(super) enum Look<R> {
    /// The operation is complete.
    Done(R),
    /// Let others run first: wake yourself and come back.
    StepBack,
    /// There is nothing for it.
    Nothing,
}

/// How the attempt to start waiting ended.
pub(super) enum Wait {
    /// It waits, and will be woken.
    Started,
    /// It waits, and must wake itself as well, to look after those who could help it.
    Anxious,
    /// Things changed: look again.
    LookAgain,
    /// Nothing will ever come.
    Closed,
}

/// How many of what was found it must leave to those who have a turn.
///
/// | it comes | it leaves |
/// | --- | --- |
/// | fresh, to a buffer | nothing: it is not in the order yet |
/// | fresh, to a rendezvous; or from the queue, though not woken | a piece for each turn, until it has stepped back and nothing moved: then those who have the turns do not come |
/// | woken | nothing; but at a buffer, if others were woken before it and have yet to look, it lets them go once |
#[inline]
pub(super) fn set_aside(
    turns: &AtomicUsize,
    waiter: &Option<Pin<&mut Waiter>>,
    has_buffer: bool,
    witness: impl Fn() -> u8,
) -> usize {
    let Some(waiter) = waiter else { return 0 };
    // Relaxed: courtesy, not safety: a turn missed here is one overtaken waiter, which goes back to the front.
    match waiter.arrival() {
        Arrival::Free if has_buffer => 0,
        Arrival::Free | Arrival::Linked if waiter.has_deferred() && waiter.is_witness(witness()) => 0,
        Arrival::Free | Arrival::Linked => turns.load(Ordering::Relaxed),
        Arrival::Woken if !has_buffer || waiter.is_first() || waiter.has_deferred() => 0,
        Arrival::Woken => turns.load(Ordering::Relaxed).saturating_sub(1).saturating_mul(usize::MAX),
    }
}

/// Whether the operation must yield although it could go on. Counts it, if not.
#[inline]
pub(super) fn must_yield(budget: &mut Budget, turns: &AtomicUsize, waiter: &mut Option<Pin<&mut Waiter>>) -> bool {
    let Some(waiter) = waiter else { return false };
    if budget.may_go_on() {
        budget.streak += 1;
        return false;
    }
    has_spent(budget, turns, waiter.as_mut())
}

/// Who yields has a turn, so that it passes on if the operation is dropped.
#[cold]
fn has_spent(budget: &mut Budget, turns: &AtomicUsize, waiter: Pin<&mut Waiter>) -> bool {
    if waiter.is_of_thread() || waiter.has_deferred() || budget.is_unlimited() {
        return false;
    }
    budget.restart();
    waiter.take_turn(turns);
    true
}

/// What there is was set aside for others: lets them have it first.
#[cold]
pub(super) fn step_back<R>(waiter: Option<Pin<&mut Waiter>>, witness: u8) -> Look<R> {
    if let Some(waiter) = waiter {
        waiter.defer(witness);
    }
    Look::StepBack
}

/// Looks after the other side, for a waiter that has nothing and would sleep although waiters sleep there, among the
/// `sleepers`, who could help it: whoever was woken before them has not come, yet or ever.
///
/// It wakes itself to look again. If messages have moved meanwhile and nobody there has a turn left, all who were woken
/// have looked, and this one may sleep; if somebody has, it goes on looking. If nothing has moved it wakes one of the
/// sleepers, then two, four, until all have been woken.
/// So a future that was woken and is never polled again stops nobody, and nobody is woken in vain while all is well.
pub(super) fn look_after<S>(
    sleepers: &Side<S>,
    witness: u8,
    turns: &AtomicUsize,
    mut waiter: Pin<&mut Waiter>,
) -> Wait {
    if !sleepers.anyone_waits() {
        waiter.calm_down();
        return Wait::Started;
    }
    // Relaxed: a turn missed here is a matter of one more look, or of one too many.
    let moved = waiter.is_anxious() && !waiter.is_witness(witness);
    if !waiter.is_anxious() || (moved && turns.load(Ordering::Relaxed) > 0) {
        waiter.become_anxious(witness);
        return Wait::Anxious;
    }
    let asleep = sleepers.take().waiting();
    match waiter.as_mut().nudge(witness, asleep) {
        0 => {
            waiter.calm_down();
            Wait::Started
        }
        count => {
            wake_up_to(sleepers, turns, count);
            Wait::Anxious
        }
    }
}

/// Wakes, after the lock was let go.
#[inline]
pub(super) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Wakes up to `count` waiters of a side, one hold of its lock for each. If a waker panics the others are woken still.
pub(super) fn wake_up_to<S>(side: &Side<S>, turns: &AtomicUsize, count: usize) {
    wake_each(count, || side.take().wake_first(turns));
}

/// Wakes up to `count` wakers, until `next` has none. Where wakers panic, the last panic goes on after the last wake.
/// Where panics cannot be caught it wakes the rest while the first one unwinds.
pub(crate) fn wake_each(count: usize, next: impl FnMut() -> Option<Waker>) {
    struct Rest<F: FnMut() -> Option<Waker>> {
        left: usize,
        next: F,
    }

    impl<F: FnMut() -> Option<Waker>> Rest<F> {
        fn run(&mut self) -> Option<Panic> {
            let mut panic = None;
            while self.left > 0 {
                self.left -= 1;
                let Some(waker) = (self.next)() else { break };
                if let Err(caught) = attempt(|| waker.wake()) {
                    // One can go on; dropping another would run foreign code once more.
                    core::mem::forget(panic.replace(caught));
                }
            }
            self.left = 0;
            panic
        }
    }

    impl<F: FnMut() -> Option<Waker>> Drop for Rest<F> {
        fn drop(&mut self) {
            self.run();
        }
    }

    if let Some(panic) = (Rest { left: count, next }).run() {
        resume(panic);
    }
}
