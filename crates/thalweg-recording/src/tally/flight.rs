//! When the messages were sent that are on their way, so that it can be said how long they took.
//!
//! One ring for a channel, at a message's number less that of the first one kept. A message that was received before it
//! was sent, as far as was heard, keeps its place until its other half comes.

use std::collections::VecDeque;

/// So many messages behind the newest that was received nothing is expected any more.
const SLACK: u64 = 4_096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Unheard,
    Sent(u64),
    Received(u64),
    Done,
}

#[derive(Debug, Default)]
pub(super) struct Flight {
    /// The number of the message in the first slot, or of the next one where there is no slot.
    first: u64,
    slots: VecDeque<Slot>,
    /// The highest number that was heard of.
    heard: u64,
}

impl Flight {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// A message that goes to one receiver was sent. How long it took, where it was received already. `None` inside where
    /// that will never be known.
    pub(super) fn sent(&mut self, message: u64, at: u64, room: usize) -> Option<Option<u64>> {
        let slot = self.slot(message, room)?;
        match *slot {
            Slot::Received(received) => {
                *slot = Slot::Done;
                self.drop_done();
                Some(Some(received.saturating_sub(at)))
            }
            _ => {
                *slot = Slot::Sent(at);
                Some(None)
            }
        }
    }

    /// It was received. How long it took, where it is known when it was sent. How many were given up for it.
    pub(super) fn received(&mut self, message: u64, at: u64, room: usize) -> (Option<u64>, u64) {
        let mut took = None;
        if let Some(slot) = self.slot(message, room) {
            match *slot {
                Slot::Sent(sent) => {
                    took = Some(at.saturating_sub(sent));
                    *slot = Slot::Done;
                }
                _ => *slot = Slot::Received(at),
            }
        }
        let given_up = self.drop_before(message.saturating_sub(SLACK));
        self.drop_done();
        (took, given_up)
    }

    /// These went without having been received.
    pub(super) fn discarded(&mut self, first: u64, count: u64) {
        let end = first.saturating_add(count).saturating_sub(self.first).min(self.slots.len() as u64);
        let begin = first.saturating_sub(self.first).min(end);
        self.slots.range_mut(begin as usize..end as usize).for_each(|slot| *slot = Slot::Done);
        self.drop_done();
    }

    /// A message that goes to every receiver was sent; the last `keep` are kept.
    pub(super) fn sent_to_all(&mut self, message: u64, at: u64, keep: usize, room: usize) {
        if let Some(slot) = self.slot(message, room) {
            *slot = Slot::Sent(at);
        }
        let surplus = self.slots.len().saturating_sub(keep);
        self.first += surplus as u64;
        self.slots.drain(..surplus);
    }

    /// How long it took to one of them.
    pub(super) fn received_by_one(&self, message: u64, at: u64) -> Option<u64> {
        match *self.slots.get(usize::try_from(message.checked_sub(self.first)?).ok()?)? {
            Slot::Sent(sent) => Some(at.saturating_sub(sent)),
            _ => None,
        }
    }

    /// The place of a message; none where it comes too late, or would take more than `room` further ones.
    fn slot(&mut self, message: u64, room: usize) -> Option<&mut Slot> {
        if message > self.heard.saturating_add(SLACK) {
            // What lies between was lost, or was before the beginning.
            self.slots.clear();
            self.first = message;
        }
        self.heard = self.heard.max(message);
        let at = usize::try_from(message.checked_sub(self.first)?).ok()?;
        if at >= self.slots.len() {
            if at + 1 - self.slots.len() > room {
                return None;
            }
            self.slots.resize(at + 1, Slot::Unheard);
        }
        self.slots.get_mut(at)
    }

    /// How many were sent, and never received for all that was heard.
    fn drop_before(&mut self, message: u64) -> u64 {
        let mut given_up = 0;
        while self.first < message {
            let Some(slot) = self.slots.pop_front() else { break };
            self.first += 1;
            given_up += u64::from(matches!(slot, Slot::Sent(_)));
        }
        given_up
    }

    fn drop_done(&mut self) {
        while self.slots.front() == Some(&Slot::Done) {
            self.slots.pop_front();
            self.first += 1;
        }
        // A burst that has gone gives its memory back.
        if self.slots.is_empty() && self.slots.capacity() > SLACK as usize {
            self.slots = VecDeque::new();
        }
    }
}
