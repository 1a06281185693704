//! The messages of a channel: a chain of blocks between the two sides, written at the tail, read at the head.
//!
//! One storage serves every capacity. How many messages may lie here is not this file's business.
//!
//! Invariants:
//!
//! 1. The slots between the head's position and the tail's hold messages, but for those that an `Ahead` has taken; all others
//!    hold none. Slots from the tail on belong to the holder of the tail, all before it to the holder of the head, or
//!    in its block to whoever goes ahead of it.
//! 2. Which slot a side comes to next follows from its position alone: both walk the same chain, and both start anew at
//!    `first` when the chain was detached.
//! 3. A block's `next` is set, by the holder of the tail, before the first position in the next block is published.
//! 4. A cursor's *run* is how many slots from its own on it may use without a look at anything: they lie in its block,
//!    and hold messages (head), or are within the capacity (tail). It is never too large, and 0 is always true.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::block::{Block, BlockLink, Header, Pool, Slot, slot, slots_of};
use super::budget::Budget;
use super::pace::Pace;
use super::queue::Line;
use super::side::{Held, MAX_LEN, Side};
use super::taken::{Ahead, Chain};
use crate::sync::{AtomicPtr, Ordering};

/// What the senders' side guards, beside the queue of waiting receivers. What every send needs comes first.
#[repr(C)]
pub(crate) struct Tail<T> {
    writer: Cursor<T>,
    pub(crate) budget: Budget,
    /// Permits that are out: places taken for messages yet to come.
    reserved: usize,
    /// Tasks that wait for the channel to close.
    pub(crate) closers: Line,
}

/// What the receivers' side guards, beside the queue of waiting senders. What every receive needs comes first.
#[repr(C)]
pub(crate) struct Head<T> {
    reader: Cursor<T>,
    pub(crate) budget: Budget,
}

impl<T> Tail<T> {
    #[inline]
    pub(crate) fn reserved(&self) -> usize {
        self.reserved
    }

    /// Takes so many places for messages yet to come.
    pub(crate) fn reserve(&mut self, places: usize) {
        self.reserved += places;
        self.writer.run = 0;
    }

    /// Gives so many places back.
    pub(crate) fn release(&mut self, places: usize) {
        self.reserved -= places;
    }

    /// Whether the next message may be added without a look at anything.
    #[inline]
    pub(crate) fn is_running(&self) -> bool {
        self.writer.run != 0
    }
}

impl<T> Head<T> {
    /// Whether the next message may be taken without a look at anything.
    #[inline]
    pub(crate) fn is_running(&self) -> bool {
        self.reader.run != 0
    }
}

/// A place in the chain.
pub(super) struct Cursor<T> {
    pub(super) block: BlockLink<T>,
    /// The slot to come to next; `slots_of` when the block is done or there is none.
    index: u32,
    pub(super) run: u32,
}

impl<T> Cursor<T> {
    pub(super) fn nowhere() -> Cursor<T> {
        Cursor { block: None, index: slots_of::<T>() as u32, run: 0 }
    }

    pub(super) fn at_first(block: NonNull<Header<T>>) -> Cursor<T> {
        Cursor { block: Some(block), index: 0, run: 0 }
    }

    #[inline]
    pub(super) fn is_at_end(&self) -> bool {
        self.index as usize == slots_of::<T>()
    }

    /// The run may be as long as this, if the block is. Whether it is not over at once.
    #[inline]
    fn renew_run(&mut self, most: usize) -> bool {
        let left = slots_of::<T>() as u32 - self.index;
        self.run = if most < left as usize { most as u32 } else { left };
        self.run != 0
    }

    #[inline]
    pub(super) fn next_slot(&mut self) -> NonNull<Slot<T>> {
        debug_assert!(self.block.is_some() && !self.is_at_end());
        // SAFETY: a cursor without a block is at its end, and callers come here only when it is not.
        let block = unsafe { self.block.unwrap_unchecked() };
        let place = slot(block, self.index as usize);
        self.index += 1;
        self.run = self.run.saturating_sub(1);
        place
    }
}

// SAFETY: a cursor is the right to messages and slots of the chain; it moves between threads with the side's lock.
unsafe impl<T: Send> Send for Cursor<T> {}

/// Both sides and what lies between them.
#[repr(C)]
pub(crate) struct Buffer<T> {
    tail: Side<Tail<T>>,
    pool: Pool<T>,
    /// The block at which a head that is nowhere begins.
    first: AtomicPtr<Header<T>>,
    /// 0: rendezvous; `usize::MAX`: unbounded.
    capacity: usize,
    head: Side<Head<T>>,
}

impl<T> Buffer<T> {
    /// An empty buffer that allocates nothing before the first message. At capacity 0 neither side ever runs; otherwise
    /// the capacity says how long a run may be, and how many blocks to keep.
    pub(crate) fn new(capacity: usize) -> Buffer<T> {
        Buffer {
            tail: Side::new(Tail {
                writer: Cursor::nowhere(),
                budget: Budget::new(),
                reserved: 0,
                closers: Line::new(),
            }),
            pool: Pool::new(capacity),
            first: AtomicPtr::new(core::ptr::null_mut()),
            capacity,
            head: Side::new(Head { reader: Cursor::nowhere(), budget: Budget::new() }),
        }
    }

    /// As it was asked for.
    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether it pays for a receiver to look again before it waits.
    #[inline]
    pub(crate) fn recv_pace(&self) -> &Pace {
        self.head.pace()
    }

    /// The same of a sender.
    #[inline]
    pub(crate) fn send_pace(&self) -> &Pace {
        self.tail.pace()
    }

    #[inline]
    pub(crate) fn tail(&self) -> &Side<Tail<T>> {
        &self.tail
    }

    #[inline]
    pub(crate) fn head(&self) -> &Side<Head<T>> {
        &self.head
    }

    /// How many messages lie here, at most: with the tail in hand it cannot grow.
    #[inline]
    pub(crate) fn len_at(&self, tail: &Held<'_, Tail<T>>) -> usize {
        tail.position().since(self.head.position())
    }

    /// How many messages lie here, at least: with the head in hand it cannot shrink.
    #[inline]
    pub(crate) fn found_at(&self, head: &Held<'_, Head<T>>) -> usize {
        self.tail.position().since(head.position())
    }

    /// For how many messages more there is room, beside those that are there and permits.
    #[inline]
    pub(crate) fn room_at(&self, tail: &Held<'_, Tail<T>>) -> usize {
        self.capacity.min(MAX_LEN).saturating_sub(self.len_at(tail) + tail.reserved)
    }

    /// Lets the tail run as far as the room goes, and the block at hand. Whether the next message may be added.
    #[inline]
    pub(crate) fn renew_tail(&self, tail: &mut Held<'_, Tail<T>>) -> bool {
        let room = self.room_at(tail);
        let is_running = tail.writer.renew_run(room);
        if is_running {
            tail.count(tail.writer.run);
        }
        is_running
    }

    /// Whether, just after the tail's run could not be renewed, that was for want of room.
    #[inline]
    pub(crate) fn was_full(&self, tail: &Held<'_, Tail<T>>) -> bool {
        self.capacity != 0 && !tail.writer.is_at_end()
    }

    /// Lets the head run to the last message that lies in the block at hand. Whether there is one. At capacity 0 each
    /// receive must look at who waits: there the head never runs.
    #[inline]
    pub(crate) fn renew_head(&self, head: &mut Held<'_, Head<T>>) -> bool {
        let found = if self.capacity == 0 { 0 } else { self.found_at(head) };
        let is_running = head.reader.renew_run(found);
        if is_running {
            head.count(head.reader.run);
        }
        is_running
    }

    /// Whether, just after the head's run could not be renewed, that was for want of messages.
    #[inline]
    pub(crate) fn was_empty(&self, head: &Held<'_, Head<T>>) -> bool {
        self.capacity != 0 && !head.reader.is_at_end()
    }

    /// Takes the message out of `message`, if there is one and a slot for it is at hand, and adds it. Large ones are moved
    /// once: the compiler would move them twice.
    #[inline]
    pub(crate) fn push_from(&self, tail: &mut Held<'_, Tail<T>>, message: &mut Option<T>) -> bool {
        debug_assert!(tail.is_of(&self.tail) && !tail.writer.is_at_end());
        let Some(there) = message else { return false };
        let there = core::ptr::from_mut(there);
        let slot = tail.writer.next_slot();
        // SAFETY: as in `push`.
        let slot = unsafe { slot.as_ref() };
        slot.with_mut(|slot| {
            // SAFETY: by invariant 1 the slot is the tail's, and empty; the message is there, and lies elsewhere.
            unsafe { slot.cast::<T>().copy_from_nonoverlapping(there, 1) }
        });
        // SAFETY: the message has moved to the slot, so here it is forgotten.
        unsafe { core::ptr::from_mut(message).write(None) };
        tail.advance(1);
        true
    }

    /// Makes sure that the tail has a slot to write to; `false` if it needs a fresh block and there is none.
    #[inline]
    pub(crate) fn has_slot(&self, tail: &mut Held<'_, Tail<T>>, fresh: &mut Option<Block<T>>) -> bool {
        debug_assert!(tail.is_of(&self.tail));
        !tail.writer.is_at_end() || self.extend(tail, fresh)
    }

    /// Takes the oldest message, if the head is running. Straight to where the caller wants it: large ones are moved
    /// once less.
    #[inline]
    pub(crate) fn pop_running(&self, head: &mut Held<'_, Head<T>>, taken: &mut Option<T>) -> bool {
        debug_assert!(head.is_of(&self.head));
        let is_running = head.is_running();
        if is_running {
            // SAFETY: by invariant 4 there is a message, and the reader is not at the end of its block.
            *taken = Some(unsafe { self.read(head) });
        }
        is_running
    }

    #[cold]
    fn extend(&self, tail: &mut Held<'_, Tail<T>>, fresh: &mut Option<Block<T>>) -> bool {
        let Some(block) = self.pool.take().or_else(|| fresh.take()) else {
            return false;
        };
        let block = block.into_raw();
        // SAFETY: the block is ours until a position in it is published.
        unsafe { block.as_ref() }.next.set(None);
        match tail.writer.block {
            // SAFETY: the head frees a block only when it goes on to the next, which it does only when a position
            // there is published: the tail's own block is alive. By invariant 3 nobody reads its `next` yet.
            Some(last) => unsafe { last.as_ref() }.next.set(Some(block)),
            // Relaxed: published with the tail's position.
            None => self.first.store(block.as_ptr(), Ordering::Relaxed),
        }
        tail.writer = Cursor::at_first(block);
        true
    }

    /// Adds a message. `has_slot` was asked before.
    #[inline]
    pub(crate) fn push(&self, tail: &mut Held<'_, Tail<T>>, message: T) {
        debug_assert!(tail.is_of(&self.tail));
        tail.count(1);
        let slot = tail.writer.next_slot();
        // SAFETY: a slot of the tail's block, which is alive (see `extend`).
        let slot = unsafe { slot.as_ref() };
        slot.with_mut(|slot| {
            // SAFETY: by invariant 1 the slot is the tail's, and empty.
            unsafe { slot.write(MaybeUninit::new(message)) }
        });
        tail.advance(1);
    }

    /// Takes the oldest message, if there is one. Where that leaves a block behind for which the pool has no place, `done`
    /// has it, to be freed after the side is let go.
    #[inline]
    pub(crate) fn pop(&self, head: &mut Held<'_, Head<T>>, done: &mut Option<Block<T>>) -> Option<T> {
        debug_assert!(head.is_of(&self.head));
        if self.found_at(head) == 0 {
            return None;
        }
        head.count(1);
        if head.reader.is_at_end() {
            self.go_on(head, done);
        }
        // SAFETY: there is a message, and the reader has just gone on if it was at the end of its block.
        Some(unsafe { self.read(head) })
    }

    /// Begins to go ahead of the head, from where it is.
    ///
    /// # Safety
    ///
    /// Until `catch_up` the buffer lives, nobody takes a message by this head or detaches them, and nobody else goes ahead.
    #[inline]
    pub(crate) unsafe fn go_ahead(&self, head: &Held<'_, Head<T>>, ahead: &mut Ahead<T>) {
        debug_assert!(head.is_of(&self.head) && ahead.taken == 0);
        let Cursor { block, index, run } = head.reader;
        ahead.reader = Cursor { block, index, run };
    }

    /// Takes the next message of the block, going ahead of the head, if it goes ahead at all and there is one.
    #[inline]
    pub(crate) fn pop_ahead(&self, ahead: &mut Ahead<T>) -> Option<T> {
        if ahead.reader.run == 0 {
            ahead.reader.block?;
            // The head's position is its own to change: it is as it was when this one began.
            let found = self.tail.position().since(self.head.position());
            ahead.reader.renew_run(found - ahead.taken);
        }
        ahead.next()
    }

    /// Moves the head to where the one that went ahead is, which ends that.
    pub(crate) fn catch_up(&self, head: &mut Held<'_, Head<T>>, ahead: &mut Ahead<T>) {
        debug_assert!(head.is_of(&self.head));
        let Ahead { reader, taken } = core::mem::replace(ahead, Ahead::nowhere());
        head.reader = Cursor { run: 0, ..reader };
        head.advance(taken);
    }

    /// Reads the next slot and gives it up.
    ///
    /// # Safety
    ///
    /// There is a message, and the reader is not at the end of its block.
    #[inline]
    unsafe fn read(&self, head: &mut Held<'_, Head<T>>) -> T {
        let slot = head.reader.next_slot();
        // SAFETY: a slot of the head's block, which only the head frees.
        let slot = unsafe { slot.as_ref() };
        let message = slot.with_mut(|slot| {
            // SAFETY: the tail has published a position beyond this slot (Acquire in `found_at`), so by invariant 1 it
            // holds a message, which is the head's. Advancing gives the slot up: nobody reads it again.
            unsafe { slot.cast::<T>().read() }
        });
        head.advance(1);
        message
    }

    /// Leaves a block that was read to its end. There is a message in the next one.
    #[cold]
    fn go_on(&self, head: &mut Held<'_, Head<T>>, done: &mut Option<Block<T>>) {
        let next = match head.reader.block {
            Some(old) => {
                // SAFETY: the head is in hand and at its end, and `pop` saw a position of the tail beyond it.
                let (next, old) = unsafe { leave(old) };
                *done = self.pool.put(old);
                next
            }
            // Relaxed: written before the position that told of the message.
            None => NonNull::new(self.first.load(Ordering::Relaxed)).expect("a published message has a block"),
        };
        head.reader = Cursor::at_first(next);
    }

    /// Takes all messages out at once. The next message begins a new chain.
    pub(crate) fn detach(&self, head: &mut Held<'_, Head<T>>, tail: &mut Held<'_, Tail<T>>) -> Chain<T> {
        debug_assert!(head.is_of(&self.head) && tail.is_of(&self.tail));
        detach(&self.first, head, tail)
    }
}

fn detach<T>(first: &AtomicPtr<Header<T>>, head: &mut Held<'_, Head<T>>, tail: &mut Held<'_, Tail<T>>) -> Chain<T> {
    let left = tail.position().since(head.position());
    head.jump(tail.position());
    tail.writer = Cursor::nowhere();
    // Relaxed: both sides are held. A head that was nowhere would have begun there.
    let begin = NonNull::new(first.load(Ordering::Relaxed));
    first.store(core::ptr::null_mut(), Ordering::Relaxed);
    let mut reader = core::mem::replace(&mut head.reader, Cursor::nowhere());
    if let (None, Some(begin)) = (reader.block, begin) {
        reader = Cursor::at_first(begin);
    }
    Chain::new(reader, left)
}

/// The block after one that was read to its end, and that one, to which nothing links any more.
///
/// # Safety
///
/// The caller is the reader of this chain, at the end of that block, and knows of a message that was published after it.
pub(super) unsafe fn leave<T>(old: NonNull<Header<T>>) -> (NonNull<Header<T>>, Block<T>) {
    // SAFETY: only the reader frees blocks, so it is alive. By invariant 3 its `next` is set, and the writer has left it.
    let next = unsafe { old.as_ref() }.next.get();
    // SAFETY: all its messages were moved out, the writer has gone on, and the reader does now.
    let old = unsafe { Block::from_raw(old) };
    (next.expect("a published message has a block"), old)
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        let (mut head, mut tail) = (self.head.take_own(), self.tail.take_own());
        let rest = detach(&self.first, &mut head, &mut tail);
        drop((head, tail));
        drop(rest);
    }
}

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "buffer_tests.rs"]
mod tests;

#[cfg(all(test, thalweg_loom))]
#[path = "buffer_loom.rs"]
mod models;
