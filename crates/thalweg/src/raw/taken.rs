//! Messages that are taken by other ways than one by one under the head's lock.
//!
//! | taken by | which lie | who frees the blocks |
//! | --- | --- | --- |
//! | `Chain` | in blocks of its own: the channel began a new chain | the chain |
//! | `Ahead` | in the block that the head is in, where they were | the head, when it goes on |
//!
//! Invariants:
//!
//! 1. The slots that are left to a chain, or in the run of one that is ahead, hold messages, and belong to it alone.
//! 2. While one goes ahead of a head, that head stays where it is, in its block: nobody takes anything by it.

use super::block::Block;
use super::buffer::{Cursor, leave};
use crate::sync::{attempt, resume};

/// All the messages of a channel, oldest first. Dropping it drops those that are left.
pub(crate) struct Chain<T> {
    reader: Cursor<T>,
    left: usize,
}

impl<T> Chain<T> {
    /// So many messages from the reader on. Nothing else knows of their blocks any more.
    pub(super) fn new(reader: Cursor<T>, left: usize) -> Chain<T> {
        Chain { reader, left }
    }
}

impl<T> Iterator for Chain<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        if self.reader.is_at_end() {
            let old = self.reader.block.expect("a chain with messages has a block");
            // SAFETY: this chain is its only reader, at its end, and `left` counted a message after it.
            let (next, _old) = unsafe { leave(old) };
            self.reader = Cursor::at_first(next);
        }
        let slot = self.reader.next_slot();
        // SAFETY: a slot of a block of this chain, which only this chain frees.
        let slot = unsafe { slot.as_ref() };
        Some(slot.with_mut(|slot| {
            // SAFETY: `left` counted this slot as one that holds a message, and it is come to once.
            unsafe { slot.cast::<T>().read() }
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for Chain<T> {}

impl<T> Drop for Chain<T> {
    fn drop(&mut self) {
        /// Frees the last block, whatever a destructor did.
        struct Emptied<'a, T>(&'a mut Chain<T>);

        impl<T> Drop for Emptied<'_, T> {
            fn drop(&mut self) {
                self.0.free_last();
            }
        }

        if core::mem::needs_drop::<T>() {
            drop_each(&mut *Emptied(self).0);
        } else {
            self.left = 0;
            self.free_last();
        }
    }
}

impl<T> Chain<T> {
    /// Frees the block at which the chain ended, and those linked behind it: one that was never written to, or all where
    /// messages need no drop.
    fn free_last(&mut self) {
        debug_assert_eq!(self.left, 0);
        while let Some(last) = self.reader.block.take() {
            // SAFETY: the chain's blocks are known only to the chain, since the writer left it when it was detached.
            self.reader.block = unsafe { last.as_ref() }.next.get();
            // SAFETY: as above, and no message is left.
            drop(unsafe { Block::from_raw(last) });
        }
    }
}

/// Drops the messages one by one, and goes on where a destructor panicked; the last panic goes on after the last of them.
/// Where panics cannot be caught the rest is dropped while the first one unwinds.
fn drop_each(messages: &mut impl Iterator) {
    struct Rest<'a, I: Iterator>(&'a mut I);

    impl<I: Iterator> Drop for Rest<'_, I> {
        fn drop(&mut self) {
            self.0.for_each(drop);
        }
    }

    let rest = Rest(messages);
    let mut panic = None;
    while let Err(caught) = attempt(|| rest.0.for_each(drop)) {
        panic = Some(caught);
    }
    if let Some(panic) = panic {
        resume(panic);
    }
}

/// A reader that goes ahead of the head in the head's block, without its lock.
pub(crate) struct Ahead<T> {
    /// Its run are the messages that it knows of. Without a block it follows no head.
    pub(super) reader: Cursor<T>,
    /// How many it has taken since it began to follow the head.
    pub(super) taken: usize,
}

impl<T> Ahead<T> {
    /// One that follows no head.
    pub(crate) fn nowhere() -> Ahead<T> {
        Ahead { reader: Cursor::nowhere(), taken: 0 }
    }

    /// Stops to follow the head, which is not behind.
    #[inline]
    pub(crate) fn stop(&mut self) {
        debug_assert_eq!(self.taken, 0);
        self.reader.block = None;
        self.reader.run = 0;
    }

    #[inline]
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }

    /// Takes the next message that it knows of.
    #[inline]
    pub(super) fn next(&mut self) -> Option<T> {
        if self.reader.run == 0 {
            return None;
        }
        let slot = self.reader.next_slot();
        self.taken += 1;
        // SAFETY: the block is the head's, which stays in it as long as it is followed (invariant 2).
        let slot = unsafe { slot.as_ref() };
        Some(slot.with_mut(|slot| {
            // SAFETY: by invariant 1 it holds a message, and it is come to once.
            unsafe { slot.cast::<T>().read() }
        }))
    }
}
