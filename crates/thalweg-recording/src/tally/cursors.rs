//! How far the receivers of a broadcast are.

use super::ids::ById;

#[derive(Debug, Default)]
pub(super) struct Cursors {
    /// The next message of each receiver.
    next: ById<u32, u64>,
    /// No receiver is further behind. They only go on, so it stays true until the minimum is taken again.
    bound: u64,
}

impl Cursors {
    /// Where a receiver is. It does not go back.
    pub(super) fn set(&mut self, handle: u32, next: u64) {
        let at = self.next.entry(handle).or_insert(next);
        *at = next.max(*at);
        self.bound = self.bound.min(*at);
    }

    pub(super) fn get(&self, handle: u32) -> Option<u64> {
        self.next.get(&handle).copied()
    }

    pub(super) fn remove(&mut self, handle: u32) {
        self.next.remove(&handle);
    }

    /// How far the slowest is behind the next message to be sent.
    pub(super) fn behind(&self, next: u64) -> u64 {
        next.saturating_sub(self.next.values().copied().min().unwrap_or(next))
    }

    /// The same where it may be more than this, and a bound on it otherwise: then nobody is looked at.
    pub(super) fn behind_if_more(&mut self, next: u64, than: u64) -> u64 {
        if next.saturating_sub(self.bound) > than {
            self.bound = next - self.behind(next);
        }
        next.saturating_sub(self.bound)
    }
}
