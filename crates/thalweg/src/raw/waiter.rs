//! One pending operation.
//!
//! A waiter lives in the future (or on the stack of the blocked thread) that waits; a queue only links it. So
//! waiting allocates nothing.
//!
//! | state | meaning | left by |
//! | --- | --- | --- |
//! | `IDLE` | in no queue | its owner, with the queue's lock held: linked, now `WAITING`; or without: takes a turn to yield, now `WOKEN` |
//! | `WAITING` | in a queue, to be woken | the lock's holder: taken out and given a turn, now `WOKEN` or `FIRST`; or its owner, with the lock held: now `IDLE` or `WATCHING` |
//! | `WATCHING` | the same, and it wakes itself, to look after the other side | as `WAITING`, and its owner may go back to that |
//! | `WOKEN` | in no queue; has a turn, and has yet to look, or stays awake and will look again | its owner, who needs no lock for it: now `IDLE` |
//! | `FIRST` | the same, and when it was woken nobody else had a turn | as `WOKEN`; or, when it stays awake: now that |
//!
//! Invariants:
//!
//! 1. A waiter is in at most one queue, and is linked exactly while it is `WAITING` or `WATCHING`.
//! 2. While linked, its links and its waker belong to the holder of the queue's lock; at other times to its owner.
//!    The rest is the owner's, but for the state, and for `ticket`, which the holder may read while it is linked.
//! 3. The waker is taken out before `WOKEN` or `FIRST` is stored, and after that store nobody but the owner touches the
//!    waiter.

use core::cell::UnsafeCell;
use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

use crate::record::Mark;
use crate::sync::{AtomicU8, Cell, Ordering, abort};

const IDLE: u8 = 0;
const WAITING: u8 = 1;
const WOKEN: u8 = 2;
const FIRST: u8 = 3;
const WATCHING: u8 = 4;

/// Has been in the queue, and has a ticket.
const TICKETED: u8 = 1;
/// Has stepped back once for others; the next look takes what is there.
const DEFERRED: u8 = 1 << 1;
/// Belongs to a blocked thread: not charged by the cooperative budget.
const THREAD: u8 = 1 << 2;
/// Went to sleep while others slept who could help it: it looks after them.
const ANXIOUS: u8 = 1 << 3;
/// Was woken, found nothing, and stays awake.
const STAYING: u8 = 1 << 4;
/// Has let others go first in this operation: it stepped back, or stayed awake.
const GAVE_WAY: u8 = 1 << 5;
/// Has yielded for its budget in this operation.
const YIELDED: u8 = 1 << 6;

/// As a count of nudges: there is nobody left to wake.
const ALL_WOKEN: u8 = u8::MAX;
/// How often in a row one that was woken stays awake in vain.
const MOST_STAYS: u8 = 64;

/// One pending operation.
///
/// Most operations are ready at once and never wait. All but two bytes are written when they are first needed, so that
/// making, moving and dropping such a future does not touch them: a future that was just written in pieces is dear to
/// move, since the wide loads of the move must wait for the narrow stores before it.
#[repr(C)]
pub(crate) struct Waiter {
    links: UnsafeCell<MaybeUninit<Links>>,
    notes: UnsafeCell<MaybeUninit<Notes>>,
    marks: Cell<u8>,
    state: AtomicU8,
    _pinned: PhantomPinned,
}

/// What a waiter remembers. Each field is there once it has been written, which some mark tells.
#[repr(C)]
struct Notes {
    /// When it first came to the queue, relative to others there; wraps. In two halves, lest the waiter grow by its
    /// alignment. `TICKETED`.
    ticket: [u16; 2],
    /// How far the channel was, cut to size, when it last stepped back, stayed awake, or looked after the other side. `DEFERRED` or
    /// `TICKETED`.
    witness: u8,
    /// How often it found the channel unchanged since. `ANXIOUS`; or how often it stayed awake. `STAYING`.
    nudges: u8,
    /// Whose it is, if that is recorded. `TICKETED`.
    mark: Mark,
}

/// What ties a waiter into a queue. It is there if and only if the waiter is `TICKETED`. It needs no drop: there is a waker in
/// it only while the waiter is linked.
pub(super) struct Links {
    pub(super) next: Cell<Link>,
    pub(super) previous: Cell<Link>,
    pub(super) waker: Cell<Option<Waker>>,
}

pub(super) type Link = Option<NonNull<Waiter>>;

/// In what condition a waiter comes to look at the channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arrival {
    /// Not in the queue, and not woken: it comes for the first time, or again after it stepped back.
    Free,
    /// Still in the queue: polled though nobody woke it.
    Linked,
    /// Woken: it has a turn, to be given up when it has looked.
    Woken,
}

// SAFETY: a waker is Send and Sync; the links are followed only under the lock of the queue; the owner's cells are
// touched only through `Pin<&mut Waiter>`, so by one thread at a time.
unsafe impl Send for Waiter {}
// SAFETY: as above; `&Waiter` alone gives access to nothing but the atomic state.
unsafe impl Sync for Waiter {}

impl UnwindSafe for Waiter {}
impl RefUnwindSafe for Waiter {}

impl Waiter {
    /// A waiter for a task.
    #[inline]
    pub(crate) fn new() -> Waiter {
        Waiter {
            links: UnsafeCell::new(MaybeUninit::uninit()),
            notes: UnsafeCell::new(MaybeUninit::uninit()),
            marks: Cell::new(0),
            state: AtomicU8::new(IDLE),
            _pinned: PhantomPinned,
        }
    }

    /// Whether it has neither waited nor stepped back.
    #[inline]
    pub(crate) fn is_new(self: &Pin<&mut Self>) -> bool {
        let is_new = self.marks.get() & !THREAD == 0;
        debug_assert!(!is_new || self.arrival() == Arrival::Free);
        is_new
    }

    /// What ties it into a queue.
    pub(super) fn links(&self) -> &Links {
        let links = self.links.get().cast_const().cast::<Links>();
        // SAFETY: callers come here only after `take_ticket` has written them, and they are cells, which belong to
        // whoever may touch them by invariant 2.
        unsafe { &*links }
    }

    /// Writes its links, for the first time in this operation.
    #[inline]
    pub(super) fn take_ticket(&self, ticket: u32) {
        let links = Links { next: Cell::new(None), previous: Cell::new(None), waker: Cell::new(None) };
        // SAFETY: only the owner comes here, and nobody has a reference to links that are not there yet.
        unsafe { self.links.get().write(MaybeUninit::new(links)) };
        let notes = Notes { ticket: [ticket as u16, (ticket >> 16) as u16], witness: 0, nudges: 0, mark: Mark::NOBODY };
        // SAFETY: as above, of the notes.
        unsafe { self.notes.get().write(MaybeUninit::new(notes)) };
        self.marks.set(self.marks.get() | TICKETED);
    }

    fn notes(&self) -> *mut Notes {
        self.notes.get().cast()
    }

    /// When it first came to the queue.
    pub(super) fn ticket(&self) -> u32 {
        // SAFETY: as in `links`: written with them, and not changed while it is linked.
        let [low, high] = unsafe { (*self.notes()).ticket };
        u32::from(low) | u32::from(high) << 16
    }

    /// Its number among those that were ever in the queue, if it has been there.
    pub(crate) fn number(&self) -> Option<u32> {
        self.has_ticket().then(|| self.ticket())
    }

    /// Says whose it is. For its owner, with the lock held, just after it was linked.
    pub(crate) fn belongs_to(self: Pin<&mut Self>, mark: Mark) {
        debug_assert!(self.has_ticket());
        // SAFETY: only the owner comes here, the mark of `take_ticket` tells that they were written, and nobody else reads
        // whose it is but who holds the lock.
        unsafe { (*self.notes()).mark = mark };
    }

    fn set_nudges(&self, nudges: u8) {
        // SAFETY: only the owner comes here, and nobody else touches the nudges.
        unsafe { (*self.notes()).nudges = nudges };
    }

    /// The drop of one that may have been in a queue. In one now, the queue would be left with a link to freed memory:
    /// there is no way on from there.
    fn drop_marked(&self) {
        if self.arrival() == Arrival::Linked {
            abort("a waiter was dropped while it was linked into a queue");
        }
    }

    /// A waiter for a thread that blocks.
    #[cfg(feature = "std")]
    pub(crate) fn for_thread() -> Waiter {
        let waiter = Waiter::new();
        waiter.marks.set(THREAD);
        waiter
    }

    /// In what condition it comes. Acquire: what the one who woke it did before is seen.
    #[inline]
    pub(crate) fn arrival(&self) -> Arrival {
        match self.state.load(Ordering::Acquire) {
            IDLE => Arrival::Free,
            WAITING | WATCHING => Arrival::Linked,
            _ => Arrival::Woken,
        }
    }

    /// Whether it has been in the queue during this operation.
    pub(super) fn has_ticket(&self) -> bool {
        self.marks.get() & TICKETED != 0
    }

    /// It is in a queue now. For its owner, with the lock held.
    #[inline]
    pub(super) fn become_linked(&self, watches: bool) {
        // Relaxed: the state is read by its owner, which is here, and by holders of the lock.
        self.state.store(if watches { WATCHING } else { WAITING }, Ordering::Relaxed);
    }

    /// It is out of its queue, and gets its waker back. For its owner, with the lock held.
    #[inline]
    pub(super) fn become_idle(&self) -> Option<Waker> {
        // Relaxed: as in `become_linked`.
        self.state.store(IDLE, Ordering::Relaxed);
        self.links().waker.take()
    }

    /// Tells that it is about to get a turn, if it is recorded. For holders of the lock, while it is linked.
    pub(super) fn tell_woken(&self) {
        // SAFETY: written with the links, and changed under the lock only.
        unsafe { (*self.notes()).mark }.woken(self.ticket());
    }

    /// It is out of its queue, and has a turn. For holders of the lock: from here on it may be gone at any moment.
    #[inline]
    pub(super) fn become_woken(&self, is_first: bool) -> Option<Waker> {
        let waker = self.links().waker.take();
        // Release: the owner that reads this owns the waiter again, and sees what was done before it was woken.
        self.state.store(if is_first { FIRST } else { WOKEN }, Ordering::Release);
        waker
    }

    /// Whether it is in the queue and watches over the other side. For holders of the lock.
    #[inline]
    pub(super) fn is_watching(&self) -> bool {
        self.state.load(Ordering::Relaxed) == WATCHING
    }

    /// Whether it was woken, and nobody else of its side had a turn when it got its own. Acquire, as in `arrival`.
    #[inline]
    pub(crate) fn is_first(&self) -> bool {
        self.state.load(Ordering::Acquire) == FIRST
    }

    /// Makes one that yields woken, if it is not in the queue and has no turn: whoever counts turns lends it one then.
    pub(crate) fn borrow_turn(self: Pin<&mut Self>) -> bool {
        debug_assert!(self.as_ref().marks.get() & YIELDED != 0, "by the mark its drop knows that it is not new");
        let is_free = self.arrival() == Arrival::Free;
        if is_free {
            // Relaxed: nobody but the owner knows of it.
            self.state.store(WOKEN, Ordering::Relaxed);
        }
        is_free
    }

    /// Notes that a waiter that is not linked has been woken: it is idle again.
    #[inline]
    pub(crate) fn stand_down(self: Pin<&mut Self>) {
        debug_assert_ne!(self.arrival(), Arrival::Linked);
        // Relaxed: since it was taken out of the queue nobody else reads the state.
        self.state.store(IDLE, Ordering::Relaxed);
    }

    /// Whether it stepped back.
    #[inline]
    pub(crate) fn has_deferred(self: &Pin<&mut Self>) -> bool {
        self.marks.get() & DEFERRED != 0
    }

    /// Steps back, with the channel as far as `witness`.
    pub(crate) fn defer(self: Pin<&mut Self>, witness: u8) {
        self.marks.set(self.marks.get() | DEFERRED | GAVE_WAY);
        self.note(witness);
    }

    /// Whether it has let others go first in this operation, however often it has waited since. Once is enough for one that
    /// was woken, or comes fresh: it may be others each time, or some who never come.
    #[inline]
    pub(crate) fn has_given_way(self: &Pin<&mut Self>) -> bool {
        self.marks.get() & GAVE_WAY != 0
    }

    /// It yields for its budget.
    pub(crate) fn yields(self: Pin<&mut Self>) {
        self.marks.set(self.marks.get() | YIELDED);
    }

    /// Whether it has yielded for its budget in this operation. Once is enough: others may spend it again before each of its polls.
    #[inline]
    pub(crate) fn has_yielded(self: &Pin<&mut Self>) -> bool {
        self.marks.get() & YIELDED != 0
    }

    /// Notes how far the channel is.
    pub(crate) fn note(self: Pin<&mut Self>, witness: u8) {
        // SAFETY: only the owner comes here, and nobody else touches the witness.
        unsafe { (*self.notes()).witness = witness };
    }

    /// Whether it stays awake, with its turn, though it found nothing: as long as the channel moves between its looks, and
    /// not for ever. What it takes comes to it as to one that stepped back. One that was lent its turn does not stay; nor
    /// one that has none: a foreign panic can end an operation halfway, which is polled on with the mark that it stayed.
    pub(crate) fn stay(self: Pin<&mut Self>, witness: u8) -> bool {
        if self.arrival() != Arrival::Woken || !self.has_ticket() || self.is_witness(witness) {
            return false;
        }
        // SAFETY: the mark tells that it was written, and only the owner touches it.
        let before = if self.is_staying() { unsafe { (*self.notes()).nudges } } else { 0 };
        if before == MOST_STAYS {
            return false;
        }
        self.marks.set(self.marks.get() & !ANXIOUS | STAYING);
        // Not the first any more: it looks for itself before it takes a lock. Relaxed: nobody else reads it.
        self.state.store(WOKEN, Ordering::Relaxed);
        self.set_nudges(before + 1);
        self.defer(witness);
        true
    }

    /// Whether it stayed awake when it last looked.
    #[inline]
    pub(crate) fn is_staying(self: &Pin<&mut Self>) -> bool {
        self.marks.get() & STAYING != 0
    }

    /// It goes to wait: that it stepped back or stayed before is over.
    pub(crate) fn settle(self: Pin<&mut Self>) {
        self.marks.set(self.marks.get() & !(DEFERRED | STAYING));
    }

    /// Whether nothing has moved since, most likely.
    pub(crate) fn is_witness(self: &Pin<&mut Self>, witness: u8) -> bool {
        debug_assert_ne!(self.marks.get() & (DEFERRED | TICKETED), 0);
        // SAFETY: one of the marks tells that it was written, and only the owner touches it.
        unsafe { (*self.notes()).witness == witness }
    }

    #[inline]
    pub(crate) fn is_of_thread(self: &Pin<&mut Self>) -> bool {
        self.marks.get() & THREAD != 0
    }

    pub(crate) fn is_anxious(self: &Pin<&mut Self>) -> bool {
        self.marks.get() & ANXIOUS != 0
    }

    /// Starts to look after the other side.
    pub(crate) fn become_anxious(self: Pin<&mut Self>) {
        self.marks.set(self.marks.get() | ANXIOUS);
        self.set_nudges(0);
    }

    pub(crate) fn calm_down(self: Pin<&mut Self>) {
        self.marks.set(self.marks.get() & !ANXIOUS);
    }

    /// How many of so many sleepers to wake now that nothing has moved: twice as many each time, until once all were woken.
    pub(crate) fn nudge(self: Pin<&mut Self>, asleep: usize) -> usize {
        debug_assert!(self.as_ref().marks.get() & ANXIOUS != 0);
        // SAFETY: the mark tells that they were written, and only the owner touches them.
        let nudges = unsafe { (*self.notes()).nudges };
        if nudges == ALL_WOKEN {
            return 0;
        }
        let count = 1usize.checked_shl(nudges.into()).unwrap_or(usize::MAX);
        self.set_nudges(if count < asleep { nudges + 1 } else { ALL_WOKEN });
        count.min(asleep)
    }

    /// Forgets what the finished operation left behind, so that the next one starts afresh.
    #[inline]
    pub(crate) fn finish(self: Pin<&mut Self>) {
        debug_assert_eq!(self.arrival(), Arrival::Free, "a finished operation is in no queue and has no turn");
        self.marks.set(self.marks.get() & THREAD);
    }
}

impl Drop for Waiter {
    #[inline]
    fn drop(&mut self) {
        // One without a mark has never been linked.
        if self.marks.get() != 0 {
            self.drop_marked();
        }
    }
}

#[cfg(all(test, thalweg_loom))]
#[path = "waiter_loom.rs"]
mod models;

#[cfg(all(test, feature = "std", not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "waiter_tests.rs"]
mod tests;
