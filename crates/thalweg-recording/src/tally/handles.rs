//! Who is there.

use std::collections::VecDeque;

use crate::model::Handle;

use super::ids::ById;

/// For so long events may come late, after that of the end of whom they are about.
pub(super) const GRACE: u64 = 1_000_000_000;
/// More than these that have gone are not remembered, however short it was ago.
const MOST_GONE: usize = 1 << 16;

#[derive(Debug)]
struct Known {
    handle: Handle,
    /// When it went.
    gone: Option<u64>,
}

/// The handles that are alive, and for a while those that were.
#[derive(Debug, Default)]
pub(super) struct Handles {
    known: ById<u32, Known>,
    /// Those that have gone, and when, in the order in which that was heard.
    gone: VecDeque<(u64, u32)>,
    /// Those that went before they were described.
    never_met: ById<u32, u64>,
}

impl Handles {
    /// Whether it is a new one that is alive.
    pub(super) fn add(&mut self, handle: &Handle) -> bool {
        if let Some(known) = self.known.get_mut(&handle.id) {
            known.handle.name.clone_from(&handle.name);
            return false;
        }
        let gone = self.never_met.remove(&handle.id);
        self.known.insert(handle.id, Known { handle: handle.clone(), gone });
        gone.is_none()
    }

    /// One that is alive, or was a while ago.
    pub(super) fn get(&self, id: u32) -> Option<&Handle> {
        self.known.get(&id).map(|known| &known.handle)
    }

    pub(super) fn is_alive(&self, id: u32) -> bool {
        self.known.get(&id).is_some_and(|known| known.gone.is_none())
    }

    /// When it went.
    pub(super) fn gone(&self, id: u32) -> Option<u64> {
        self.known.get(&id)?.gone
    }

    pub(super) fn alive(&self) -> impl Iterator<Item = &Handle> {
        self.known.values().filter(|known| known.gone.is_none()).map(|known| &known.handle)
    }

    /// It went. Which one it was, if it was alive.
    pub(super) fn remove(&mut self, id: u32, at: u64) -> Option<&Handle> {
        self.gone.push_back((at, id));
        match self.known.get_mut(&id) {
            Some(known) if known.gone.is_none() => {
                known.gone = Some(at);
                Some(&known.handle)
            }
            Some(_) => None,
            None => {
                self.never_met.insert(id, at);
                None
            }
        }
    }

    /// Forgets those that went long before this time.
    pub(super) fn forget(&mut self, now: u64) {
        while let Some((at, id)) = self.gone.front().copied() {
            if at.saturating_add(GRACE) >= now && self.gone.len() <= MOST_GONE {
                return;
            }
            self.gone.pop_front();
            self.known.remove(&id);
            self.never_met.remove(&id);
        }
    }
}
