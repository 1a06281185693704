//! Which waits go on.

use std::collections::VecDeque;

use super::ids::ById;

/// So many ends whose beginnings were not heard of are remembered, in case these come late.
const MOST_EARLY: usize = 4_096;

/// A wait that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The channel.
    pub channel: u32,
    /// Whose it is.
    pub handle: u32,
    /// For a place, and not for a message.
    pub sends: bool,
    /// Since when, in nanoseconds since the recording began.
    pub since: u64,
    /// When it was last told to look again, if it was not seen to wait anew since.
    pub woken: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Waits {
    open: ById<u64, Wait>,
    /// Ends that came before their beginnings.
    early: ById<u64, u64>,
    early_in_order: VecDeque<u64>,
    /// How many of a handle's are open.
    by_handle: ById<u32, u32>,
}

/// What a beginning turned out to be.
pub(super) enum Begun {
    Goes,
    /// Its end was heard of already.
    Over(u64),
    Again,
}

fn key(handle: u32, number: u32) -> u64 {
    u64::from(handle) << 32 | u64::from(number)
}

impl Waits {
    pub(super) fn begin(&mut self, number: u32, wait: Wait) -> Begun {
        let key = key(wait.handle, number);
        if let Some(end) = self.early.get(&key).filter(|end| **end >= wait.since) {
            let took = end - wait.since;
            self.early.remove(&key);
            return Begun::Over(took);
        }
        if let Some(known) = self.open.get_mut(&key) {
            // It was woken in vain, and has waited all the time.
            known.since = known.since.min(wait.since);
            known.woken = None;
            return Begun::Again;
        }
        self.open.insert(key, wait);
        *self.by_handle.entry(wait.handle).or_default() += 1;
        Begun::Goes
    }

    pub(super) fn wake(&mut self, handle: u32, number: u32, at: u64) {
        if let Some(wait) = self.open.get_mut(&key(handle, number)) {
            wait.woken = Some(at);
        }
    }

    /// How long it took, and whether for a place; `None` where its beginning was not heard of.
    pub(super) fn end(&mut self, handle: u32, number: u32, at: u64) -> Option<(bool, u64)> {
        let key = key(handle, number);
        match self.open.get(&key).copied().filter(|wait| wait.since <= at) {
            Some(wait) => {
                self.open.remove(&key);
                self.one_less(handle);
                Some((wait.sends, at - wait.since))
            }
            None => {
                if self.early.insert(key, at).is_none() {
                    self.early_in_order.push_back(key);
                }
                if self.early_in_order.len() > MOST_EARLY {
                    self.early_in_order.pop_front().and_then(|oldest| self.early.remove(&oldest));
                }
                None
            }
        }
    }

    /// Ends all of a handle that went.
    pub(super) fn end_all(&mut self, handle: u32, at: u64, mut each: impl FnMut(bool, u64)) {
        if self.by_handle.remove(&handle).is_some() {
            // A future that outlives its handle is rare: what it costs does not matter.
            self.open.retain(|_, wait| {
                let ends = wait.handle == handle;
                if ends {
                    each(wait.sends, at.saturating_sub(wait.since));
                }
                !ends
            });
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Wait> {
        self.open.values()
    }

    fn one_less(&mut self, handle: u32) {
        if let Some(count) = self.by_handle.get_mut(&handle) {
            *count -= 1;
            if *count == 0 {
                self.by_handle.remove(&handle);
            }
        }
    }
}
