//! What senders bring: one message or many. (Places for messages to come are brought too: see `reserve`.)

use alloc::collections::VecDeque;
use core::task::Waker;

use super::Channel;
use crate::raw::{Held, Tail};
use crate::record::Note;

/// What a sending operation brings.
pub(super) trait Cargo<T> {
    /// How much room it needs before it can begin.
    fn least(&self) -> usize;

    /// Whether it needs a slot to write to, and not only a place.
    const WRITES: bool;

    /// Uses at least that much, and at most `room`. Stops early when somebody is to be woken, or without a slot.
    /// What it does is noted by `note`.
    fn load(&mut self, channel: &Channel<T>, tail: &mut Held<'_, Tail<T>>, room: usize, note: Note) -> Option<Waker>;

    fn is_loaded(&self) -> bool;

    /// Goes through the messages that it brings.
    fn each(&self, _look: &mut dyn FnMut(&T)) {}
}

/// One message.
impl<T> Cargo<T> for Option<T> {
    const WRITES: bool = true;

    #[inline]
    fn least(&self) -> usize {
        1
    }

    #[inline]
    fn load(&mut self, channel: &Channel<T>, tail: &mut Held<'_, Tail<T>>, _room: usize, note: Note) -> Option<Waker> {
        let message = self.take()?;
        note.sent(tail.position().count());
        channel.push(tail, message)
    }

    #[inline]
    fn is_loaded(&self) -> bool {
        self.is_none()
    }

    fn each(&self, look: &mut dyn FnMut(&T)) {
        self.iter().for_each(look);
    }
}

/// Many messages, first to last.
impl<T> Cargo<T> for VecDeque<T> {
    const WRITES: bool = true;

    fn least(&self) -> usize {
        1
    }

    fn load(&mut self, channel: &Channel<T>, tail: &mut Held<'_, Tail<T>>, room: usize, note: Note) -> Option<Waker> {
        for _ in 0..room.min(self.len()) {
            if !channel.buffer.has_slot(tail, &mut None) {
                return None;
            }
            let message = self.pop_front()?;
            note.sent(tail.position().count());
            let waker = channel.push(tail, message);
            if waker.is_some() {
                return waker;
            }
        }
        None
    }

    fn is_loaded(&self) -> bool {
        self.is_empty()
    }

    fn each(&self, look: &mut dyn FnMut(&T)) {
        self.iter().for_each(look);
    }
}
