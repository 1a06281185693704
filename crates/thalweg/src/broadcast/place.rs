//! A receiver's part of the channel.

use super::ring::Cursor;
use crate::raw::Budget;
use crate::record::Lone;

/// Where a receiver is, how often in a row it was served at once, and what is recorded of it.
pub(super) struct Place {
    pub(super) cursor: Cursor,
    pub(super) budget: Budget,
    pub(super) wait: Lone<true>,
}

impl Place {
    pub(super) fn new(cursor: Cursor, wait: Lone<true>) -> Place {
        Place { cursor, budget: Budget::new(), wait }
    }
}
