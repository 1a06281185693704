//! How many operations of a side may be ready in a row before one of them yields, so that a busy channel does not starve
//! its neighbours.
//!
//! Invariants:
//!
//! 1. No streak is longer than what was set, or than `DEFAULT`, or than the `share` of whoever was at `DEFAULT`.
//! 2. Where something was set, nobody's share counts.
//!
//! A channel is to be small when it is idle, so what was set and what is known of the threads share a word.

use core::num::NonZeroU32;

use crate::sync::here;

pub(crate) struct Budget {
    /// How many more may be ready in this streak.
    left: u32,
    limit: Limit,
}

/// A number that was set, `NEVER` if none of them is to yield, or `UNSET` with `EXTENDED` or not and, in the bits below, `Hands`.
type Limit = u32;

/// `DEFAULT`, and more for one whose share is larger.
const UNSET: Limit = 1 << 31;
/// More was given in this streak.
const EXTENDED: Limit = 1 << 30;
const NEVER: Limit = UNSET - 1;

/// Whose streaks reached `DEFAULT`: the last thread, and in the lowest bits for how many of them more several threads count as being
/// at work on the side.
#[derive(Clone, Copy)]
struct Hands(u32);

impl Budget {
    /// 128 operations take one or two microseconds, and a yield a tenth of that.
    pub(crate) const DEFAULT: u32 = 128;
    /// For one that is alone on its side: nobody waits there for it to yield, and with each yield it lets those of the other side
    /// run who made it busy, until they must wait. So many take 10 to 40 microseconds.
    const ALONE: u32 = 1_024;
    /// How often one goes round a small channel at the most: there no more is gained.
    const LAPS: usize = 8;
    /// What the handles of a side have in a round, a streak each, where several threads are at work on it. There a yield does more than let the next
    /// one of the side go on: a thread that filled the channel now empties it, or the other way round, and both are in each other's way.
    const TOGETHER: usize = 2_048;

    pub(crate) const fn new() -> Budget {
        Budget { left: Budget::DEFAULT, limit: UNSET }
    }

    /// How long the streak of one may be that is alone.
    pub(crate) fn of_one_alone(capacity: usize) -> u32 {
        let laps = capacity.saturating_mul(Budget::LAPS);
        (laps.min(Budget::ALONE as usize) as u32).max(Budget::DEFAULT)
    }

    /// How long it may be where there are so many, and several threads are at work.
    pub(crate) fn of_one_among(many: usize, capacity: usize) -> u32 {
        let part = (Budget::TOGETHER / many.max(1)) as u32;
        part.clamp(Budget::DEFAULT, Budget::of_one_alone(capacity))
    }

    /// A new streak begins, with so many; `None`: never yield. 2^31 - 1 in a row and more are as good as that.
    pub(crate) fn set(&mut self, limit: Option<NonZeroU32>) {
        self.limit = limit.map_or(NEVER, |limit| limit.get().min(NEVER));
        self.restart();
    }

    /// Whether one more may be ready without a thought.
    #[inline]
    pub(crate) fn may_go_on(&self) -> bool {
        self.left != 0
    }

    /// How many may be ready before one yields.
    pub(crate) fn left(&self) -> u32 {
        self.left
    }

    /// So many were ready. No more than are left.
    #[inline]
    pub(crate) fn charge(&mut self, operations: u32) {
        debug_assert!(operations <= self.left, "more than it may");
        self.left -= operations;
    }

    /// Counts one more, if any is left. With a branch: "less `u32::from(is_left)`" is left out by rustc 1.95 where it optimises (rust-lang/rust#158206).
    #[inline]
    pub(crate) fn spend(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        true
    }

    /// Counts one more, if any is left or the streak goes on all the same. `false`: it is to yield.
    /// `share` is told whether several threads are at work.
    pub(crate) fn go_on(&mut self, share: impl FnOnce(bool) -> u32) -> bool {
        self.spend() || (self.extend(share) && self.spend())
    }

    /// Where none is left: whether the streak goes on all the same.
    fn extend(&mut self, share: impl FnOnce(bool) -> u32) -> bool {
        if self.limit == NEVER {
            self.restart();
        } else if self.limit & (UNSET | EXTENDED) == UNSET {
            let hands = Hands(self.limit & !UNSET).after(here());
            self.left = share(hands.are_several()) - Budget::DEFAULT;
            self.limit = UNSET | EXTENDED | hands.0;
        }
        self.may_go_on()
    }

    /// Somebody had to wait, or has yielded: the next streak begins.
    pub(crate) fn restart(&mut self) {
        if self.limit & UNSET != 0 {
            self.limit &= !EXTENDED;
            self.left = Budget::DEFAULT;
        } else {
            self.left = self.limit;
        }
    }
}

impl Hands {
    /// Those of so many streaks in a row must be of one thread before it counts as the only one.
    const FEW: u32 = 7;
    const THREAD: u32 = !(UNSET | EXTENDED | Hands::FEW);

    /// Another streak reached `DEFAULT`, on that thread.
    fn after(self, thread: u32) -> Hands {
        let (thread, last) = ((thread << 3) & Hands::THREAD, self.0 & Hands::THREAD);
        let left = if thread == last || last == 0 { (self.0 & Hands::FEW).saturating_sub(1) } else { Hands::FEW };
        Hands(thread | left)
    }

    fn are_several(self) -> bool {
        self.0 & Hands::FEW != 0
    }
}

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "budget_tests.rs"]
mod tests;
