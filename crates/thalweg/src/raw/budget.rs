//! How many operations of a side may be ready in a row before one of them yields, so that a busy channel does not starve
//! its neighbours.
//!
//! Invariants:
//!
//! 1. No streak is longer than what was set, or than `DEFAULT`, or than the `share` of whoever was at `DEFAULT`.
//! 2. Where something was set, nobody's share counts.

use core::num::NonZeroU32;

pub(crate) struct Budget {
    /// How many more may be ready in this streak.
    left: u32,
    limit: Limit,
}

/// A number that was set, `NEVER` if none of them is to yield, `UNSET` or `EXTENDED`.
type Limit = i32;

const NEVER: Limit = Limit::MAX;
/// `DEFAULT`, and more for one whose share is larger.
const UNSET: Limit = 0;
/// The same, when more was given in this streak.
const EXTENDED: Limit = -1;

impl Budget {
    /// 128 operations take one or two microseconds, and a yield a tenth of that.
    pub(crate) const DEFAULT: u32 = 128;
    /// For one that is alone on its side: nobody waits there for it to yield, and with each yield it lets those of the other side
    /// run who made it busy, until they must wait. So many take 10 to 40 microseconds.
    const ALONE: u32 = 1_024;
    /// How often one goes round a small channel at the most: there no more is gained.
    const LAPS: usize = 8;

    pub(crate) const fn new() -> Budget {
        Budget { left: Budget::DEFAULT, limit: UNSET }
    }

    /// How long the streak of one may be that is alone.
    pub(crate) fn of_one_alone(capacity: usize) -> u32 {
        let laps = capacity.saturating_mul(Budget::LAPS);
        (laps.min(Budget::ALONE as usize) as u32).max(Budget::DEFAULT)
    }

    /// A new streak begins, with so many; `None`: never yield. 2^31 - 1 in a row and more are as good as that.
    pub(crate) fn set(&mut self, limit: Option<NonZeroU32>) {
        self.limit = limit.and_then(|limit| Limit::try_from(limit.get()).ok()).unwrap_or(NEVER);
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
    pub(crate) fn go_on(&mut self, share: impl FnOnce() -> u32) -> bool {
        self.spend() || (self.extend(share) && self.spend())
    }

    /// Where none is left: whether the streak goes on all the same.
    fn extend(&mut self, share: impl FnOnce() -> u32) -> bool {
        match self.limit {
            NEVER => self.restart(),
            UNSET => {
                self.left = share() - Budget::DEFAULT;
                self.limit = EXTENDED;
            }
            _ => return false,
        }
        self.may_go_on()
    }

    /// Somebody had to wait, or has yielded: the next streak begins.
    pub(crate) fn restart(&mut self) {
        if self.limit == EXTENDED {
            self.limit = UNSET;
        }
        self.left = match self.limit {
            UNSET => Budget::DEFAULT,
            set => set.unsigned_abs(),
        };
    }
}

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "budget_tests.rs"]
mod tests;
