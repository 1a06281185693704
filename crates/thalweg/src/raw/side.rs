//! One side of a channel: a position, flags and a lock in one word, and what that lock guards.
//!
//! Most operations are one compare-and-swap that takes the lock and reads position and flags in the same instant, plain
//! loads and stores, and one store that publishes the new position and unlocks. Where one thread alone uses the side, the lock
//! is left to it, and it needs no swap (`bias`).
//!
//! Invariants:
//!
//! 1. The word changes only in the hands of the one who holds its lock: by the swap that takes it, by the store that
//!    gives it back, and in between by one that tells the new position early (`use_turn`). Nothing else may write it,
//!    or that store would lose the change. To whom the lock is left it holds the lock only while it is inside.
//! 2. `WAITING` is set if and only if the queue is not empty. The queue is reached only through `Held`, which keeps both in step.
//! 3. Positions only grow (and wrap). Who reads the other side's position without its lock reads a lower bound.
//! 4. `given` and `used` are written only under the lock, so plain stores do; anybody may read them. They wrap: what
//!    counts is their difference, which is at most the number of waiters that were ever pinned at once.

use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::task::Waker;

use super::bias::Bias;
use super::pace::Pace;
use super::queue::WaitQueue;
use super::waiter::Waiter;
use crate::sync::{AtomicU32, AtomicUsize, Ordering, UnsafeCell, step_aside};

/// Somebody holds the side, or it is left to one thread.
const LOCK: usize = 1;
/// The queue that this side's lock guards is not empty.
const WAITING: usize = 1 << 1;
/// No new message is accepted, but through permits that are out.
pub(crate) const CLOSED: usize = 1 << 2;
/// No receiver is left: no message is accepted at all.
pub(crate) const ABANDONED: usize = 1 << 3;

const FLAGS: usize = LOCK | WAITING | CLOSED | ABANDONED;
const SHIFT: u32 = 4;

/// How long one waits first for a side that somebody holds, see `step_aside`. For about as long as an operation takes: each earlier look
/// takes the line from the holder, who then stays longer. And who comes back later lets the holder do more in a row.
const FIRST_PAUSE: u32 = 3;

/// The most messages a channel can hold, of any capacity: positions must not lap each other.
pub(crate) const MAX_LEN: usize = (usize::MAX >> SHIFT) / 2;

/// Debug builds start a message before positions wrap, so that every test with more messages crosses the wrap, small models too.
const START: usize = if cfg!(debug_assertions) { 0usize.wrapping_sub(1 << SHIFT) } else { 0 };

/// A count of messages since the channel began, modulo the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position(usize);

impl Position {
    pub(crate) const START: Position = Position(START);

    /// How many messages lie between `earlier` and this.
    pub(crate) fn since(self, earlier: Position) -> usize {
        self.0.wrapping_sub(earlier.0) >> SHIFT
    }

    /// How many messages came before, in all.
    #[inline]
    pub(crate) fn count(self) -> usize {
        self.since(Position::START)
    }

    /// A number that changes whenever a message is sent or received, most likely. `self` is the tail. Each position goes in by a
    /// factor of its own, of which no small multiples cancel out, and the topmost bits count: by the last ones a channel that has
    /// moved by a round number would look as if it had stood still. The words go in as they are, so that one that wraps, as
    /// it soon does with 32 bits, has moved on by one like any other.
    pub(crate) fn witness(self, head: Position) -> u8 {
        let [tail, head] = [self, head].map(|position| position.0 as u32);
        (tail.wrapping_mul(0x0f1d_69ed).wrapping_add(head.wrapping_mul(0x0451_abd9)) >> 24) as u8
    }
}

/// A side: the word, and what may be touched only by who holds it. In this order: what every operation needs comes
/// first, so that it shares a cache line with the word and not with the other side.
#[repr(C)]
pub(crate) struct Side<S> {
    word: AtomicUsize,
    bias: Bias,
    /// Turns that waiters of this side's queue got, less those that came back unused.
    given: AtomicU32,
    guarded: UnsafeCell<Guarded<S>>,
    /// Turns that were used at this side, by waiters of the other side's queue, less those that were lent.
    used: AtomicU32,
    /// Of those who work at this side.
    pace: Pace,
}

#[repr(C)]
struct Guarded<S> {
    state: S,
    queue: WaitQueue,
}

// SAFETY: `guarded` is reached only through `Held`, of which `take` makes one at a time, and `take_own` one when nobody
// else can reach the side. So sharing a side is handing its state from thread to thread, which `S: Send` allows. Waiters
// in the queue are `Send` themselves.
unsafe impl<S: Send> Sync for Side<S> {}

impl<S> Side<S> {
    pub(crate) fn new(state: S) -> Side<S> {
        Side {
            word: AtomicUsize::new(Position::START.0),
            bias: Bias::new(),
            given: AtomicU32::new(0),
            guarded: UnsafeCell::new(Guarded { state, queue: WaitQueue::new() }),
            used: AtomicU32::new(0),
            pace: Pace::new(),
        }
    }

    /// Whether it pays for those who work at this side to look again before they wait.
    #[inline]
    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Takes the side, waiting for whoever holds it. Holders run a few dozen instructions, or move a batch, or look for
    /// a place among waiters that came back, and run nothing foreign.
    #[inline]
    pub(crate) fn take(&self) -> Held<'_, S> {
        // Relaxed: a guess; the swap decides.
        let word = self.word.load(Ordering::Relaxed);
        if word & LOCK == 0 && self.swap_in(word) {
            return Held { side: self, word };
        }
        if self.is_left_here(word) {
            return Held { side: self, word };
        }
        Held { side: self, word: self.take_contended() }
    }

    /// Whether this thread is the one that the side is left to. Then it holds it now, and no other has written the word.
    #[inline]
    fn is_left_here(&self, word: usize) -> bool {
        word & LOCK != 0 && self.bias.enter()
    }

    /// Takes a side that nobody else can reach.
    pub(crate) fn take_own(&mut self) -> Held<'_, S> {
        // Relaxed: who has it alone has been told of all that was done to it.
        let word = self.word.load(Ordering::Relaxed);
        debug_assert!(word & LOCK == 0 || self.bias.is_owned(), "nobody can hold it");
        Held { side: self, word }
    }

    /// Takes the side if it is free and open.
    #[inline]
    pub(crate) fn take_open(&self) -> Option<Held<'_, S>> {
        // Relaxed: a guess; the swap decides.
        let word = self.word.load(Ordering::Relaxed);
        if word & (LOCK | CLOSED) == 0 && self.swap_in(word) {
            return Some(Held { side: self, word });
        }
        if word & CLOSED == 0 && self.is_left_here(word) { Some(Held { side: self, word }) } else { None }
    }

    /// How many of those who were woken out of this side's queue have yet to look; they do so at the other side.
    /// At most so many too many where others look at this moment.
    pub(crate) fn turns<O>(&self, other: &Side<O>) -> usize {
        // What was used is read first: read the other way round, a turn given in between could seem to be none.
        // Acquire: who sees a turn used sees what was taken with it.
        let used = other.used.load(Ordering::Acquire);
        // Relaxed: courtesy; a turn missed here is one overtaken waiter, which goes back to the front.
        let turns = self.given.load(Ordering::Relaxed).wrapping_sub(used);
        // One that was lent and came back in between would make it negative.
        (turns as i32).max(0) as usize
    }

    /// Acquire: what the last holder wrote, up to its Release store in `Held::drop`, is seen by this one.
    #[inline]
    fn swap_in(&self, word: usize) -> bool {
        self.word.compare_exchange(word, word | LOCK, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[cold]
    #[inline(never)]
    fn take_contended(&self) -> usize {
        let mut round = 0;
        // Each time: it may have been left to the one that was waited for.
        while !self.bias.revoke() {
            step_aside(round, FIRST_PAUSE);
            round = round.saturating_add(1);
            let word = self.word.load(Ordering::Relaxed);
            if word & LOCK == 0 && self.swap_in(word) {
                return word;
            }
        }
        // Relaxed: nobody else writes it as long as the lock's bit is set, and that is for this one to clear now.
        self.word.load(Ordering::Relaxed) & !LOCK
    }

    /// How far the side has come, at least. Acquire: the slots behind it (written, or read and free) are this reader's.
    #[inline]
    pub(crate) fn position(&self) -> Position {
        Position(self.word.load(Ordering::Acquire) & !FLAGS)
    }

    /// Whether somebody waited in the queue a moment ago.
    pub(crate) fn anyone_waits(&self) -> bool {
        self.has(WAITING)
    }

    /// Whether, a moment ago, nobody held it and nobody waited in its queue. Relaxed: who finds it so does nothing. Somebody
    /// who has held another lock since it took this one is seen by whoever holds that lock afterwards.
    pub(crate) fn is_at_rest(&self) -> bool {
        let word = self.word.load(Ordering::Relaxed);
        // Where it is left to this thread, which does not hold it now, nobody does.
        word & WAITING == 0 && (word & LOCK == 0 || self.bias.is_own())
    }

    /// Whether the flag was set a moment ago. Acquire: who acts on a flag sees what was done before it was set.
    pub(crate) fn has(&self, flag: usize) -> bool {
        self.word.load(Ordering::Acquire) & flag != 0
    }
}

/// A side in hand. Dropping it publishes the position and the flags, and lets go.
pub(crate) struct Held<'a, S> {
    side: &'a Side<S>,
    /// The word as it will be published: with `LOCK` only where the side is left to this thread.
    word: usize,
}

impl<S> Held<'_, S> {
    #[inline]
    pub(crate) fn position(&self) -> Position {
        Position(self.word & !FLAGS)
    }

    /// Moves the position on. It wraps; the flags below it stay.
    #[inline]
    pub(crate) fn advance(&mut self, messages: usize) {
        self.word = self.word.wrapping_add(messages << SHIFT);
    }

    /// Tells that so many messages are about to be moved. After enough of them by one thread the side is left to that thread.
    #[inline]
    pub(crate) fn count(&mut self, messages: u32) {
        if self.word & LOCK == 0 && self.side.bias.count(messages) {
            self.word |= LOCK;
        }
    }

    /// Moves the position to where the other side stands.
    pub(crate) fn jump(&mut self, position: Position) {
        self.word = (self.word & FLAGS) | position.0;
    }

    #[inline]
    pub(crate) fn has(&self, flag: usize) -> bool {
        self.word & flag != 0
    }

    pub(crate) fn set(&mut self, flag: usize) {
        debug_assert_eq!(flag & !(CLOSED | ABANDONED), 0, "the other flags are kept by the side itself");
        self.word |= flag;
    }

    /// Whether somebody waits in the queue and has not been woken.
    #[inline]
    pub(crate) fn anyone_waits(&self) -> bool {
        self.word & WAITING != 0
    }

    pub(crate) fn waiting(&self) -> usize {
        self.with(|guarded| guarded.queue.len())
    }

    /// Whether the last waiter that came did so on another thread than this, as far as one can know.
    #[inline]
    pub(crate) fn is_from_afar(&self) -> bool {
        self.with(|guarded| guarded.queue.is_from_afar())
    }

    /// Puts a waiter in the queue (at its old place, if it was there before), or gives one that waits a new waker.
    /// Returns a waker that must be dropped after the side is let go.
    #[must_use]
    #[inline(always)]
    pub(crate) fn link(&mut self, waiter: Pin<&mut Waiter>, waker: Waker) -> Option<Waker> {
        self.change_queue(|queue| queue.link(waiter, waker))
    }

    /// Takes a waiter out of the queue if it is still in it. Returns a waker to be dropped after the side is let go.
    #[must_use]
    pub(crate) fn unlink(&mut self, waiter: Pin<&mut Waiter>) -> Option<Waker> {
        self.change_queue(|queue| queue.unlink(waiter))
    }

    /// Takes the first waiter out and gives it a turn. `is_first`: nobody else has one.
    /// Returns its waker, to be woken after the side is let go. That it is woken was told before, by `tell_first`.
    #[must_use]
    #[inline(always)]
    pub(crate) fn wake_first(&mut self, is_first: bool) -> Option<Waker> {
        if !self.anyone_waits() {
            return None;
        }
        self.count_given(1);
        self.change_queue(|queue| queue.wake_first(is_first))
    }

    /// Tells that the first waiter is about to be woken, if it is recorded.
    pub(crate) fn tell_first(&self) {
        self.with(|guarded| guarded.queue.tell_first());
    }

    /// As `wake_first`, where nobody counts turns: who is woken looks, and its turn is over with `stand_down`. It is told too.
    #[cfg(feature = "std")]
    #[must_use]
    pub(crate) fn wake_next(&mut self) -> Option<Waker> {
        self.tell_first();
        self.change_queue(|queue| queue.wake_first(false))
    }

    /// As `wake_first`, but only among those who came after this waiter.
    #[must_use]
    pub(crate) fn wake_after(&mut self, one: Pin<&mut Waiter>) -> Option<Waker> {
        let waker = self.change_queue(|queue| queue.wake_after(one));
        self.count_given(u32::from(waker.is_some()));
        waker
    }

    /// Notes that a turn of this side's queue comes back unused.
    pub(crate) fn take_turn_back(&mut self) {
        self.count_given(u32::MAX);
    }

    fn count_given(&mut self, more: u32) {
        // Relaxed: only holders of the lock write it; the waiter's state (Release to Acquire) carries the order.
        let given = self.side.given.load(Ordering::Relaxed);
        self.side.given.store(given.wrapping_add(more), Ordering::Relaxed);
    }

    /// Notes that a waiter of the other side's queue has used its turn here. What it took is told first: who sees that
    /// no turn is out must not see a message that is taken already.
    pub(crate) fn use_turn(&mut self) {
        // Release, with the lock still held: publishes the position.
        self.side.word.store(self.word | LOCK, Ordering::Release);
        self.count_used(1);
    }

    /// Gives a turn to one that works at this side and does not come through the other side's queue.
    pub(crate) fn lend_turn(&mut self) {
        self.count_used(u32::MAX);
    }

    fn count_used(&mut self, more: u32) {
        // Relaxed: only holders of the lock write it. Release: see `Side::turns`.
        let used = self.side.used.load(Ordering::Relaxed);
        self.side.used.store(used.wrapping_add(more), Ordering::Release);
    }

    /// Notes whether a waiter that is in the queue watches over the other side. Returns how many others do.
    pub(crate) fn set_watching(&mut self, waiter: Pin<&mut Waiter>, watches: bool) -> usize {
        self.with(|guarded| guarded.queue.set_watching(waiter, watches))
    }

    #[inline(always)]
    fn change_queue<R>(&mut self, change: impl FnOnce(&mut WaitQueue) -> R) -> R {
        let (result, empty) = self.with(|guarded| {
            let result = change(&mut guarded.queue);
            (result, guarded.queue.is_empty())
        });
        self.word = if empty { self.word & !WAITING } else { self.word | WAITING };
        result
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce(&mut Guarded<S>) -> R) -> R {
        self.side.guarded.with_mut(|guarded| {
            // SAFETY: the side is this `Held`'s as long as it lives: it is locked, or borrowed for good; callers in this file
            // do not nest `with`, so this is the only reference.
            f(unsafe { &mut *guarded })
        })
    }

    /// Whether this is a hold of that side. For assertions.
    pub(crate) fn is_of(&self, side: &Side<S>) -> bool {
        core::ptr::eq(self.side, side)
    }
}

impl<S> Deref for Held<'_, S> {
    type Target = S;

    #[inline]
    fn deref(&self) -> &S {
        self.side.guarded.with_mut(|guarded| {
            // SAFETY: as in `with`; the reference borrows this `Held`, so it ends before the lock does.
            unsafe { &(*guarded).state }
        })
    }
}

impl<S> DerefMut for Held<'_, S> {
    #[inline]
    fn deref_mut(&mut self) -> &mut S {
        self.side.guarded.with_mut(|guarded| {
            // SAFETY: as in `deref`, and `&mut self` makes it the only reference.
            unsafe { &mut (*guarded).state }
        })
    }
}

impl<S> Drop for Held<'_, S> {
    #[inline]
    fn drop(&mut self) {
        debug_assert_eq!(self.anyone_waits(), self.waiting() != 0, "WAITING must tell whether the queue is empty");
        // Release: the next holder, and whoever reads the position, sees all that was done under the lock.
        self.side.word.store(self.word, Ordering::Release);
        if self.word & LOCK != 0 {
            self.side.bias.leave();
        }
    }
}

#[cfg(all(test, thalweg_loom))]
#[path = "side_loom.rs"]
mod models;

#[cfg(all(test, thalweg_loom))]
#[path = "bias_loom.rs"]
mod bias_models;

#[cfg(all(test, feature = "std", not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "bias_tests.rs"]
mod bias_tests;

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "side_tests.rs"]
mod tests;
