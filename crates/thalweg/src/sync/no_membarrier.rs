//! Where no fence can be left to others, no lock is left to a thread.

use super::Mark;

pub(crate) const IS_BIASED: bool = false;
pub(crate) const IS_COUNTED: bool = IS_BIASED;
pub(crate) const ENOUGH: u16 = 1;
/// After how many it is looked again which thread moves them.
pub(crate) const MANY: u16 = 1;

/// This thread has no number.
#[inline]
pub(crate) fn mark() -> Mark {
    Mark::NONE
}

/// Nothing is to be prepared.
#[inline]
pub(crate) fn prepare() {}

pub(crate) mod fence {
    #[inline]
    pub(crate) fn light() {}

    #[inline]
    pub(crate) fn heavy() {}

    #[inline]
    pub(crate) fn is_ready() -> bool {
        false
    }
}
