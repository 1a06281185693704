//! Queues in which operations wait.
//!
//! After maitake-sync's and tokio's intrusive wait queues, with one thing added: a waiter that was woken and found
//! nothing goes back to its old place.
//!
//! Invariants, beside those of `waiter`:
//!
//! 1. Whoever has a `&mut` to a queue holds the lock that guards it.
//! 2. A `WaitQueue` is sorted by ticket. Who came back is older than all who have never been woken: first come those who
//!    came back, up to `returned`, then the others.

use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

use super::waiter::{Arrival, Link, Waiter};
use crate::sync::{KNOWS_THREADS, here};

/// Operations in the order in which they came, none of which comes back once it was woken.
pub(crate) struct Line {
    first: Link,
    last: Link,
}

// SAFETY: a line is a list of waiters, which are `Send` and `Sync`; it moves between threads with the lock.
unsafe impl Send for Line {}

impl Line {
    pub(crate) fn new() -> Line {
        Line { first: None, last: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Follows a link. Every pointer chase in this file is this one.
    fn at(&self, link: NonNull<Waiter>) -> &Waiter {
        // SAFETY: links are made only by `insert_after`, to pinned waiters, and a waiter is unlinked before it is dropped
        // (its `drop` aborts otherwise): it is alive. All its fields are cells, and `&self` means that the lock is
        // held, so nobody else is at those which belong to the holder.
        unsafe { link.as_ref() }
    }

    /// Puts the waiter at the end; if it is in the line already, only its waker changes. Returns the waker that it had.
    pub(crate) fn link(&mut self, waiter: Pin<&mut Waiter>, waker: Waker) -> Option<Waker> {
        let waiter = waiter.into_ref().get_ref();
        if waiter.arrival() != Arrival::Linked {
            waiter.take_ticket(0);
            self.insert_after(self.last, waiter);
        }
        waiter.links().waker.replace(Some(waker))
    }

    /// Takes the waiter out if it is linked, with its waker.
    pub(crate) fn unlink(&mut self, waiter: Pin<&mut Waiter>) -> Option<Waker> {
        let waiter = waiter.into_ref().get_ref();
        if waiter.arrival() == Arrival::Linked { self.take_out(waiter) } else { None }
    }

    /// Takes the first waiter out and marks it as woken. From then on it may be gone at any moment.
    pub(crate) fn wake_first(&mut self) -> Option<Waker> {
        self.wake(self.first?, false)
    }

    #[inline]
    fn wake(&mut self, link: NonNull<Waiter>, is_first: bool) -> Option<Waker> {
        self.remove(link);
        self.at(link).become_woken(is_first)
    }

    fn take_out(&mut self, waiter: &Waiter) -> Option<Waker> {
        self.remove(NonNull::from(waiter));
        waiter.become_idle()
    }

    /// Links a waiter that has a ticket.
    #[inline]
    fn insert_after(&mut self, previous: Link, waiter: &Waiter) {
        let link = Some(NonNull::from(waiter));
        let next = match previous {
            Some(previous) => self.at(previous).links().next.replace(link),
            None => core::mem::replace(&mut self.first, link),
        };
        match next {
            Some(next) => self.at(next).links().previous.set(link),
            None => self.last = link,
        }
        waiter.links().previous.set(previous);
        waiter.links().next.set(next);
        waiter.become_linked(false);
    }

    #[inline]
    fn remove(&mut self, link: NonNull<Waiter>) {
        let links = self.at(link).links();
        let (previous, next) = (links.previous.get(), links.next.get());
        match previous {
            Some(previous) => self.at(previous).links().next.set(next),
            None => self.first = next,
        }
        match next {
            Some(next) => self.at(next).links().previous.set(previous),
            None => self.last = previous,
        }
    }
}

/// Operations in the order in which they came first.
pub(crate) struct WaitQueue {
    line: Line,
    /// The last of those at the front that came back.
    returned: Link,
    next_ticket: u32,
    len: u32,
    /// How many of them watch over the other side.
    watching: u32,
    /// The thread on which the last one was put in.
    thread: u32,
}

// SAFETY: as for `Line`.
unsafe impl Send for WaitQueue {}

impl WaitQueue {
    #[inline]
    pub(crate) fn new() -> WaitQueue {
        WaitQueue { line: Line::new(), returned: None, next_ticket: 0, len: 0, watching: 0, thread: here() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    /// Puts the waiter in its place; if it is in the queue already, only its waker changes.
    #[inline(always)]
    pub(crate) fn link(&mut self, waiter: Pin<&mut Waiter>, waker: Waker) -> Option<Waker> {
        let waiter = waiter.into_ref().get_ref();
        if waiter.arrival() != Arrival::Linked {
            self.insert(waiter);
        }
        waiter.links().waker.replace(Some(waker))
    }

    #[inline(always)]
    fn insert(&mut self, waiter: &Waiter) {
        debug_assert_eq!(waiter.arrival(), Arrival::Free, "a turn is given up before its owner waits again");
        let after = if waiter.has_ticket() {
            let after = self.last_before(waiter.ticket());
            if after == self.returned {
                self.returned = Some(NonNull::from(waiter));
            }
            after
        } else {
            waiter.take_ticket(self.next_ticket);
            self.next_ticket = self.next_ticket.wrapping_add(1);
            self.line.last
        };
        self.line.insert_after(after, waiter);
        self.len += 1;
        self.thread = here();
    }

    /// Whether the last one that came did so on another thread than this, as far as one can know.
    #[inline]
    pub(crate) fn is_from_afar(&self) -> bool {
        !KNOWS_THREADS || self.thread != here()
    }

    /// Notes whether a linked waiter watches over the other side. Returns how many others do.
    pub(crate) fn set_watching(&mut self, waiter: Pin<&mut Waiter>, watches: bool) -> usize {
        debug_assert_eq!(waiter.arrival(), Arrival::Linked);
        let others = self.watching - u32::from(waiter.is_watching());
        self.watching = others + u32::from(watches);
        waiter.become_linked(watches);
        others as usize
    }

    /// Takes the waiter out if it is linked, with its waker.
    pub(crate) fn unlink(&mut self, waiter: Pin<&mut Waiter>) -> Option<Waker> {
        let waiter = waiter.into_ref().get_ref();
        if waiter.arrival() != Arrival::Linked {
            return None;
        }
        self.discount(NonNull::from(waiter));
        self.line.take_out(waiter)
    }

    /// Takes the first waiter out and marks it as woken. From then on it may be gone at any moment: what is to be told of it is
    /// told before, by `tell_first`.
    #[inline(always)]
    pub(crate) fn wake_first(&mut self, is_first: bool) -> Option<Waker> {
        self.wake(self.line.first?, is_first)
    }

    /// Tells that the first waiter is about to be woken, if it is recorded.
    pub(crate) fn tell_first(&self) {
        if let Some(first) = self.line.first {
            self.line.at(first).tell_woken();
        }
    }

    /// As `wake_first`, but only among those who came after this one, which is not in the queue and has a turn. It
    /// is told too.
    pub(crate) fn wake_after(&mut self, one: Pin<&mut Waiter>) -> Option<Waker> {
        let mut link = self.line.first;
        if one.has_ticket() {
            while let Some(other) = link.map(|link| self.line.at(link)) {
                if is_older(one.ticket(), other.ticket()) {
                    break;
                }
                link = other.links().next.get();
            }
        }
        self.line.at(link?).tell_woken();
        self.wake(link?, false)
    }

    #[inline(always)]
    fn wake(&mut self, link: NonNull<Waiter>, is_first: bool) -> Option<Waker> {
        self.discount(link);
        self.line.wake(link, is_first)
    }

    /// Counts one out that is linked and about to leave.
    #[inline]
    fn discount(&mut self, link: NonNull<Waiter>) {
        let waiter = self.line.at(link);
        let (previous, watched) = (waiter.links().previous.get(), waiter.is_watching());
        if self.returned == Some(link) {
            self.returned = previous;
        }
        self.len -= 1;
        self.watching -= u32::from(watched);
    }

    /// The last of those that came back with a ticket older than this.
    fn last_before(&self, ticket: u32) -> Link {
        let mut link = self.returned;
        while let Some(other) = link {
            let other = self.line.at(other);
            if is_older(other.ticket(), ticket) {
                break;
            }
            link = other.links().previous.get();
        }
        link
    }
}

/// Tickets wrap: the sign of the difference tells which is older.
fn is_older(ticket: u32, than: u32) -> bool {
    (ticket.wrapping_sub(than) as i32) < 0
}

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "queue_tests.rs"]
mod tests;
