//! What sends and receives have in common when they wait.

use core::pin::Pin;
use core::task::{Context, Waker};

use super::Channel;
use crate::coop;
use crate::raw::{Arrival, Budget, Head, Held, MAX_LEN, Pace, Side, Tail, Waiter};
use crate::sync::{Panic, attempt, resume, wake_and_drop};

/// How a look at the channel ended.
pub(super) enum Look<R> {
    /// The operation is complete.
    Done(R),
    /// Let others run first: wake yourself and come back.
    StepBack,
    /// What there is was handed to others, whom it has let go first before: come into the line behind them.
    Join,
    /// There is nothing for it.
    Nothing,
}

/// How the attempt to start waiting ended.
pub(super) enum Wait {
    /// It waits, and will be woken.
    Started,
    /// It must wake itself: it stays awake, or it waits and looks after those who could help it.
    Awake,
    /// Things changed: look again.
    LookAgain,
    /// Nothing will ever come.
    Closed,
}

impl Wait {
    /// One that came into the line although there is something: it may be that those for whom it was left never come.
    #[inline]
    pub(super) fn awake_if(self, joins: bool) -> Wait {
        if joins && matches!(self, Wait::Started) { Wait::Awake } else { self }
    }
}

/// How many of what was found it must leave to those who have a turn.
///
/// | it comes | it leaves |
/// | --- | --- |
/// | fresh, to a buffer | nothing: it is not in the order yet |
/// | fresh, to a rendezvous; or from the queue, though not woken | a piece for each turn, until it has stepped back and nothing moved: then those who have the turns do not come |
/// | woken | nothing; but at a buffer, if others had turns when it was woken and any has one now, it lets them go, once in an operation |
#[inline]
pub(super) fn set_aside(
    turns: impl Fn() -> usize,
    waiter: &Option<Pin<&mut Waiter>>,
    has_buffer: bool,
    witness: impl Fn() -> u8,
) -> usize {
    let Some(waiter) = waiter else { return 0 };
    match waiter.arrival() {
        Arrival::Free if has_buffer => 0,
        Arrival::Free | Arrival::Linked if waiter.has_deferred() && waiter.is_witness(witness()) => 0,
        Arrival::Free | Arrival::Linked => turns(),
        Arrival::Woken if !has_buffer || waiter.is_first() || waiter.has_given_way() => 0,
        Arrival::Woken => turns().saturating_sub(1).saturating_mul(usize::MAX),
    }
}

/// A side whose operations have a budget.
pub(super) trait Budgeted {
    fn budget(&mut self) -> &mut Budget;
}

impl<T> Budgeted for Tail<T> {
    #[inline]
    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }
}

impl<T> Budgeted for Head<T> {
    #[inline]
    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }
}

/// Whether the operation must yield although it could go on. Counts it, if not. `moved`: in this poll it has moved some of its messages.
#[inline]
pub(super) fn must_yield<S: Budgeted>(
    side: &mut Held<'_, S>,
    waiter: &mut Option<Pin<&mut Waiter>>,
    moved: bool,
    share: impl FnOnce(&Waiter, bool) -> u32,
) -> bool {
    match waiter {
        Some(waiter) => !side.budget().spend() && has_spent(side, waiter.as_mut(), moved, share),
        None => false,
    }
}

/// Who yields has a turn, so that it passes on if the operation is dropped. It yields once, and goes on whatever others have spent
/// since: with each poll something is done. But what a batch does beyond that counts.
#[cold]
fn has_spent<S: Budgeted>(
    side: &mut Held<'_, S>,
    mut waiter: Pin<&mut Waiter>,
    moved: bool,
    share: impl FnOnce(&Waiter, bool) -> u32,
) -> bool {
    let has_let_others_run = !moved && (waiter.has_given_way() || waiter.has_yielded());
    if waiter.is_of_thread() || has_let_others_run {
        return false;
    }
    if side.budget().go_on(|several| share(&waiter, several)) {
        return false;
    }
    waiter.as_mut().yields();
    side.budget().restart();
    if waiter.borrow_turn() {
        side.lend_turn();
    }
    true
}

/// What there is was set aside for others: lets them have it first. At a rendezvous one that is not in the line could do that at
/// each of its polls, for as long as it is busy, and be served never: the second time it comes into the line.
#[cold]
pub(super) fn step_back<R>(waiter: Option<Pin<&mut Waiter>>, witness: u8) -> Look<R> {
    let Some(mut waiter) = waiter else { return Look::StepBack };
    let joins = waiter.arrival() == Arrival::Free && waiter.has_given_way();
    waiter.as_mut().defer(witness);
    if joins { Look::Join } else { Look::StepBack }
}

/// Looks after the other side, for a waiter that has nothing and would sleep although waiters sleep there, among the
/// `sleepers`, who could help it: whoever was woken before them has not come, yet or ever.
///
/// It watches: it wakes itself to look again. If nothing has moved meanwhile it wakes one of the sleepers, then two,
/// four, until all have been woken. If something has, those who were woken do come: it sleeps if all of them have looked
/// (no `turns` are left), or if others of its own queue watch. So a future that was woken and is never polled again stops
/// nobody, and while all is well few are woken in vain.
#[inline]
pub(super) fn look_after<O, S>(
    own: &Side<O>,
    sleepers: &Side<S>,
    turns: impl Fn() -> usize,
    witness: impl Fn() -> u8,
    wake_first: impl Fn(&mut Held<'_, S>) -> Option<Waker>,
    mut waiter: Pin<&mut Waiter>,
    cx: &Context<'_>,
) -> Wait {
    let watched = waiter.is_anxious();
    let witness = witness();
    let unmoved = watched && waiter.is_witness(witness);
    // Polled again without having been woken it looks after them again if anything has moved: perhaps its own task did.
    waiter.as_mut().note(witness);
    if watched || sleepers.anyone_waits() {
        watch_over(own, sleepers, turns, wake_first, waiter, unmoved, cx)
    } else {
        Wait::Started
    }
}

/// Somebody may sleep there, or did when it last looked. `unmoved`: it watches, and nothing has changed since.
#[inline(never)]
fn watch_over<O, S>(
    own: &Side<O>,
    sleepers: &Side<S>,
    turns: impl Fn() -> usize,
    wake_first: impl Fn(&mut Held<'_, S>) -> Option<Waker>,
    mut waiter: Pin<&mut Waiter>,
    unmoved: bool,
    cx: &Context<'_>,
) -> Wait {
    let watched = waiter.is_anxious();
    let nobody_sleeps = !sleepers.anyone_waits();
    let mut count = 0;
    if unmoved && !nobody_sleeps {
        let asleep = sleepers.take().waiting();
        count = waiter.as_mut().nudge(asleep);
    }
    let mut own = own.take();
    if waiter.arrival() != Arrival::Linked {
        // Woken meanwhile: it will look in any case.
        return Wait::Started;
    }
    let others = own.set_watching(waiter.as_mut(), true);
    let may_sleep = if unmoved { count == 0 } else { watched && (others > 0 || turns() == 0) };
    if nobody_sleeps || may_sleep {
        own.set_watching(waiter.as_mut(), false);
        waiter.calm_down();
        return Wait::Started;
    }
    drop(own);
    if !unmoved {
        waiter.become_anxious();
    }
    if count > 0 {
        // Should one panic nobody learns that this one must wake itself.
        let awake = Unfinished::new(|| cx.waker().wake_by_ref());
        wake_each(count, || wake_first(&mut sleepers.take()));
        awake.leave_to_caller();
    }
    Wait::Awake
}

/// How long the streak of one may be where its side has so many handles, its operations so many `turns`, some perhaps wait, and perhaps
/// `several` threads are at work. It is alone if the handle is the only one, and the turns are its own: those of others are of tasks that
/// share the handle, of whom nobody knows how many they are.
#[cold]
pub(super) fn share(
    handles: usize,
    capacity: usize,
    waiter: &Waiter,
    turns: usize,
    anyone_waits: bool,
    several: bool,
) -> u32 {
    let own_turn = usize::from(waiter.arrival() == Arrival::Woken);
    match handles {
        1 if turns <= own_turn && !anyone_waits => Budget::of_one_alone(capacity),
        2.. if several => Budget::of_one_among(handles.max(turns.saturating_sub(own_turn) + 1), capacity),
        _ => Budget::DEFAULT,
    }
}

/// The task of this one is out of its runtime's budget: if it comes fresh, to a buffer, it yields as for the channel's own. One that
/// came back as if it came fresh would go before all who were woken meanwhile, each time. (At a rendezvous one that comes fresh leaves what
/// there is to those anyway.)
#[cold]
pub(super) fn out_of_budget<S: Budgeted>(side: &Side<S>, mut waiter: Pin<&mut Waiter>, has_buffer: bool) {
    if has_buffer && waiter.arrival() == Arrival::Free {
        let mut side = side.take();
        waiter.as_mut().yields();
        side.budget().restart();
        if waiter.borrow_turn() {
            side.lend_turn();
        }
    }
}

/// With more than so many at a side none of them stays awake.
const MOST_AWAKE: usize = 64;

impl<T> Channel<T> {
    /// Whether one that was woken and found nothing stays awake with its turn, instead of going back to its old place in the queue,
    /// where `asleep` are now; so many have `turns`. Then nobody need wake it again.
    ///
    /// Only where so few are at its side that each burst would wake them all: so all who lose stay awake, who has won goes to
    /// sleep, and their executor runs them in the order of the queue. Were it always some of them, these would be ahead of
    /// the others each time.
    #[inline]
    pub(super) fn stays_awake(
        &self,
        mut waiter: Pin<&mut Waiter>,
        pace: &Pace,
        asleep: usize,
        turns: impl Fn() -> usize,
    ) -> bool {
        let most = self.buffer.capacity().min(MOST_AWAKE);
        // Who is out of tokio's budget is not put to sleep when it has won.
        if most <= 1 || coop::IS_SHARED || waiter.arrival() != Arrival::Woken || waiter.is_of_thread() {
            return false;
        }
        let was_awake = waiter.is_staying();
        let stays = asleep + turns() <= most && (was_awake || pace.may_stay()) && waiter.as_mut().stay(self.witness());
        if was_awake && !stays {
            pace.stayed(true);
        }
        stays
    }

    /// Whether one that stays awake for a message may go on, as can be seen without a lock. `false` in doubt.
    #[inline]
    pub(super) fn stays_for_message(&self, waiter: Pin<&mut Waiter>) -> bool {
        // The head first: it cannot pass the tail, so where the tail is there later, it was empty when the head was read.
        let (head, tail) = (self.buffer.head().position(), self.buffer.tail().position());
        tail == head && !self.is_closed() && waiter.stay(tail.witness(head))
    }

    /// The same of one that stays awake for room.
    #[inline]
    pub(super) fn stays_for_room(&self, waiter: Pin<&mut Waiter>) -> bool {
        // The tail first: where the head is so far behind it later, it was full when the tail was read. It may have passed that.
        let (tail, head) = (self.buffer.tail().position(), self.buffer.head().position());
        let is_full = (self.buffer.capacity()..=MAX_LEN).contains(&tail.since(head));
        is_full && !self.is_closed() && waiter.stay(tail.witness(head))
    }
}

/// Wakes, after the lock was let go.
#[inline]
pub(super) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Wakes up to `count` wakers, until `next` has none. Where wakers panic, the last panic goes on after the last wake.
/// Where panics cannot be caught it wakes the rest while the first one unwinds.
pub(crate) fn wake_each(count: usize, mut next: impl FnMut() -> Option<Waker>) {
    if count > 0 {
        wake_rest(Rest { left: count, next: &mut next });
    }
}

/// What is left to do for an operation while wakers run. Should one panic it is done all the same: one that has what it came
/// for keeps no place, and one that waits has looked after the others.
pub(super) struct Unfinished<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Unfinished<F> {
    #[inline]
    pub(super) fn new(finish: F) -> Self {
        Unfinished(Some(finish))
    }

    #[inline]
    pub(super) fn leave_to_caller(self) {
        core::mem::forget(self);
    }

    /// The wakers have run: now.
    #[inline]
    pub(super) fn finish(self) {
        if let Some(finish) = core::mem::ManuallyDrop::new(self).0.take() {
            finish();
        }
    }
}

impl<F: FnOnce()> Drop for Unfinished<F> {
    #[cold]
    fn drop(&mut self) {
        if let Some(finish) = self.0.take() {
            // A panic is under way: a second one goes no further.
            let _ = attempt(finish);
        }
    }
}

/// One that waits wakes another and drops a waker, if there are any, and then looks after the others.
#[inline]
pub(super) fn wake_and_drop_then_look(
    wakes: Option<Waker>,
    drops: Option<Waker>,
    cx: &Context<'_>,
    look: impl FnOnce() -> Wait,
) -> Wait {
    if wakes.is_none() && drops.is_none() {
        return look();
    }
    #[cold]
    #[inline(never)]
    fn both(wakes: Option<Waker>, drops: Option<Waker>, cx: &Context<'_>, look: impl FnOnce() -> Wait) -> Wait {
        then_look(|| wake_and_drop(wakes, drops), cx, look)
    }
    both(wakes, drops, cx, look)
}

/// Runs foreign code, and then looks after the others. Should it panic the look is taken all the same, and who waits wakes itself:
/// nobody learns how the look ended, and others of its side may sleep because this one watches.
#[inline]
pub(super) fn then_look(foreign: impl FnOnce(), cx: &Context<'_>, look: impl FnOnce() -> Wait) -> Wait {
    let mut wait = Wait::Started;
    let awake = Unfinished::new(|| cx.waker().wake_by_ref());
    let look = Unfinished::new(|| wait = look());
    foreign();
    look.finish();
    awake.leave_to_caller();
    wait
}

/// Wakers yet to be woken. One copy of the code serves all who wake many: it is not what takes the time there.
struct Rest<'a> {
    left: usize,
    next: &'a mut dyn FnMut() -> Option<Waker>,
}

impl Rest<'_> {
    fn run(&mut self) -> Option<Panic> {
        let mut panic = None;
        while self.left > 0 {
            self.left -= 1;
            let Some(waker) = (self.next)() else { break };
            if let Err(caught) = attempt(|| waker.wake()) {
                panic = Some(caught);
            }
        }
        self.left = 0;
        panic
    }
}

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        if self.left > 0 {
            self.run();
        }
    }
}

#[inline(never)]
fn wake_rest(mut rest: Rest<'_>) {
    let panic = rest.run();
    if let Some(panic) = panic {
        resume(panic);
    }
}

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "wait_tests.rs"]
mod tests;
