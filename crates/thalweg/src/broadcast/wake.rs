//! Waking all who wait for an event, with no lock held.

use core::task::Waker;

use super::ring::{Ring, Tail};
use crate::raw::WaitQueue;
use crate::sync::{Panic, attempt, resume};

/// Most wakers taken out in one hold of the tail.
const BATCH: usize = 16;

/// One of the queues that the tail guards.
#[derive(Clone, Copy)]
pub(super) enum Queue {
    Recvs,
    Sends,
    Closers,
}

impl Queue {
    pub(super) fn of(self, tail: &mut Tail) -> &mut WaitQueue {
        match self {
            Queue::Recvs => &mut tail.recvs,
            Queue::Sends => &mut tail.sends,
            Queue::Closers => &mut tail.closers,
        }
    }
}

/// Wakes the first `count` of a queue, first come, first served. Where wakers panic, the last panic goes on after the last
/// wake. Where panics cannot be caught it wakes the rest while the first one unwinds.
#[inline]
pub(super) fn wake_all<T>(ring: &Ring<T>, queue: Queue, count: usize) {
    if count > 0 {
        wake_slowly(ring, queue, count);
    }
}

#[inline(never)]
fn wake_slowly<T>(ring: &Ring<T>, queue: Queue, count: usize) {
    let rest = Rest { ring, queue, left: count, batch: [const { None }; BATCH], next: BATCH };
    if let Some(panic) = { rest }.run() {
        resume(panic);
    }
}

/// Those who have yet to be woken.
struct Rest<'a, T> {
    ring: &'a Ring<T>,
    queue: Queue,
    /// How many may be left in the queue.
    left: usize,
    batch: [Option<Waker>; BATCH],
    /// The first of the batch that was not woken.
    next: usize,
}

impl<T> Rest<'_, T> {
    fn run(&mut self) -> Option<Panic> {
        let mut panic = None;
        while let Some(waker) = self.next() {
            if let Err(caught) = attempt(|| waker.wake()) {
                panic = Some(caught);
            }
        }
        panic
    }

    fn next(&mut self) -> Option<Waker> {
        if self.next == BATCH && self.left > 0 {
            self.fetch();
        }
        let waker = self.batch.get_mut(self.next)?.take();
        self.next += 1;
        waker
    }

    /// Takes the next few out. There may be fewer than were counted: others wake too, and some leave.
    fn fetch(&mut self) {
        let count = self.left.min(BATCH);
        self.left -= count;
        self.next = BATCH - count;
        let mut tail = self.ring.take_tail();
        let queue = self.queue.of(&mut tail);
        for place in &mut self.batch[BATCH - count..] {
            queue.tell_first();
            *place = queue.wake_first(false);
        }
    }
}

impl<T> Drop for Rest<'_, T> {
    fn drop(&mut self) {
        self.run();
    }
}

/// Runs foreign code, the second piece also if the first one panics.
pub(super) fn each(pieces: [&mut dyn FnMut(); 2]) {
    let mut panic = None;
    for piece in pieces {
        if let Err(caught) = attempt(piece) {
            panic = Some(caught);
        }
    }
    if let Some(panic) = panic {
        resume(panic);
    }
}
