//! The cellar of the one-shot channel: one word, two wakers, one slot, in one allocation that has two ends.
//!
//! The word names the state.
//!
//! | state | meaning | left by |
//! | --- | --- | --- |
//! | `OPEN` | both ends are there, and nothing has been sent. Flags say whose waker lies in its cell | the sender: `SENT` or `DROPPED`; the receiver: `CLOSED` or `LEFT`; either, by putting its own waker in or taking it out: `OPEN` still |
//! | `SENT` | the message lies in the slot, and the sender is gone | nobody: the receiver owns all, and frees it |
//! | `DROPPED` | the sender is gone and has sent nothing | nobody: the receiver owns all, and frees it |
//! | `CLOSED` | both ends are there, and nothing can be sent any more | the sender: `DROPPED`; the receiver: `LEFT` |
//! | `LEFT` | the receiver is gone | nobody: the sender owns all, and frees it |
//!
//! Every transition is one compare-and-swap. Invariants:
//!
//! 1. The slot is the sender's, who writes it in `OPEN`, and the receiver's in `SENT`. It is full in `SENT` only.
//! 2. A cell is written by its own end only, while its flag is clear. Its flag says that a waker lies in it, and whoever
//!    leaves `OPEN` takes both wakers out with that: in every other state the cells are empty.
//! 3. The transition that makes an end go is its last access to the memory. What it needs afterwards, the wakers,
//!    it has copied before. So who finds the other end gone is alone, and frees the memory without asking.
//! 4. While `OPEN`, no word comes twice: each waker that is put in moves the stamp on, and when the stamp is used up
//!    nobody puts one in any more. So a swap that finds the word it has seen finds the cells as it has copied them.
//!
//! 3 is why a send to a receiver that waits costs one atomic exchange and not two, and why no state says "in the middle
//! of something", in which the other end would have to wait: no operation waits for the other end.
//!
//! Foreign code (cloning, waking and dropping wakers, dropping messages) runs before an end's transition or after it,
//! never between a copy and its swap. Whatever it does then, it meets a channel in one of the states above.

use alloc::boxed::Box;
use core::mem::{self, ManuallyDrop, MaybeUninit};
use core::ptr::{self, NonNull};
use core::task::{Poll, RawWakerVTable, Waker};

use crate::record::{Acts, Beginner, Pair, Tells, apart};
use crate::sync::{
    AtomicPtr, AtomicUsize, Ordering, Tracked, UnsafeCell, attempt, drop_waker, resume, retire, retire_pointer,
    wake_and_drop, wake_and_drop_leaving,
};

const OPEN: usize = 0;
const SENT: usize = 1;
const DROPPED: usize = 2;
const CLOSED: usize = 3;
const LEFT: usize = 4;

/// The bits that name the state. What lies above them is zero but in `OPEN`.
const STATE: usize = 0b111;
/// The sender's waker lies in its cell.
const SENDER_WAITS: usize = 1 << 3;
/// The receiver's waker lies in its cell.
const RECEIVER_WAITS: usize = 1 << 4;
/// One step of the stamp, which is all the rest.
const STAMP: usize = 1 << 5;

fn is_open(word: usize) -> bool {
    word & STATE == OPEN
}

/// Whether a further waker would make the stamp begin anew. On a machine of 32 bits that is so after 2^27 wakers.
fn is_used_up(word: usize) -> bool {
    word > usize::MAX - STAMP
}

/// Where one end leaves its waker for the other: a waker in its two parts.
///
/// Atomic, since an end copies the other's waker before the swap that makes the copy its own, while the other may be
/// putting in a new one; the swap fails then and the copy is forgotten. Relaxed everywhere: the order comes from the
/// word. A cell is written before the release that sets its flag, and read after the acquire that saw it.
struct WakerCell {
    data: AtomicPtr<()>,
    table: AtomicPtr<RawWakerVTable>,
}

/// What a copy of a waker is until it is known to be the only one.
#[derive(Clone, Copy)]
struct Copied {
    data: *mut (),
    table: *mut RawWakerVTable,
}

impl WakerCell {
    fn new() -> WakerCell {
        WakerCell { data: AtomicPtr::new(ptr::null_mut()), table: AtomicPtr::new(ptr::null_mut()) }
    }

    #[inline]
    fn write(&self, waker: &Waker) {
        self.data.store(waker.data().cast_mut(), Ordering::Relaxed);
        self.table.store(ptr::from_ref(waker.vtable()).cast_mut(), Ordering::Relaxed);
    }

    #[inline]
    fn copy(&self) -> Copied {
        Copied { data: self.data.load(Ordering::Relaxed), table: self.table.load(Ordering::Relaxed) }
    }
}

impl Copied {
    /// # Safety
    ///
    /// Both parts must be of one waker that was written into the cell, and nobody else may make it of them.
    #[inline]
    unsafe fn into_waker(self) -> Waker {
        // SAFETY: the parts are those of a waker, says the caller, whose table was a `&'static`.
        let table: &'static RawWakerVTable = unsafe { &*self.table };
        // SAFETY: the same waker, which its end has forgotten when it gave it up to the cell.
        unsafe { Waker::new(self.data, table) }
    }

    /// Whether waking this one would do what waking `waker` does.
    fn will_wake(self, waker: &Waker) -> bool {
        ptr::eq(self.data, waker.data()) && ptr::eq(self.table, waker.vtable())
    }
}

/// The wakers that lay in the cells when `OPEN` was left. They belong to whoever left it.
struct Wakers {
    sender: Option<Waker>,
    receiver: Option<Waker>,
}

/// The other end has gone: whoever is left owns the memory.
struct Alone;

/// All of the channel but the message.
pub(super) struct Gate {
    word: AtomicUsize,
    sender: WakerCell,
    receiver: WakerCell,
    pub(super) pair: Pair,
}

impl Gate {
    /// Nobody else knows of it any more.
    #[inline]
    fn retire(&mut self) {
        retire(&mut self.word);
        for cell in [&mut self.sender, &mut self.receiver] {
            retire_pointer(&mut cell.data);
            retire_pointer(&mut cell.table);
        }
    }

    /// The state, and what it guards: Acquire, after the other end's release.
    #[inline]
    fn look(&self) -> usize {
        self.word.load(Ordering::Acquire)
    }

    /// One transition, or the word that was found instead.
    ///
    /// Release: what this end has written (a message, a waker), and every access it has ever made to the memory, comes
    /// before whatever the other end does when it has seen `next`: reading it, or freeing it.
    /// Acquire when it fails, as in `look`. When it succeeds it has found the very store that `seen` was read from, or
    /// this end's own, as no word comes twice (invariant 4): that has been acquired already.
    #[inline]
    fn swap(&self, seen: usize, next: usize) -> Result<(), usize> {
        self.word.compare_exchange(seen, next, Ordering::Release, Ordering::Acquire).map(drop)
    }

    /// Leaves `OPEN` for `next`, with both wakers. If it is not open (any more), says what it is.
    #[inline]
    fn leave_open(&self, next: usize) -> Result<Wakers, usize> {
        let mut word = self.look();
        while is_open(word) {
            let sender = (word & SENDER_WAITS != 0).then(|| self.sender.copy());
            let receiver = (word & RECEIVER_WAITS != 0).then(|| self.receiver.copy());
            match self.swap(word, next) {
                Ok(()) => {
                    // SAFETY: the flag was set in the word that the swap has found, so a waker lies in the cell, and
                    // the same one when it was copied (invariant 4). Only one swap leaves `OPEN`, and only it may take
                    // wakers of which the flags are set (invariant 2): this is the only one made of the copy.
                    let take = |copied: Copied| unsafe { copied.into_waker() };
                    return Ok(Wakers { sender: sender.map(take), receiver: receiver.map(take) });
                }
                Err(found) => word = found,
            }
        }
        Err(word)
    }

    /// An end that is there goes, from whichever state both are there in, to `next`. With an error it was alone.
    #[inline(always)]
    fn go(&self, next: usize, step: impl Tells) -> Result<Wakers, Alone> {
        let left = self.leave_open(next);
        match &left {
            Ok(wakers) => step.went(wakers.receiver.is_some()),
            Err(_) => step.over(),
        }
        match left {
            // A failure means that the other end has gone meanwhile, the only way out of `CLOSED`.
            Err(CLOSED) => match self.swap(CLOSED, next) {
                Ok(()) => Ok(Wakers { sender: None, receiver: None }),
                Err(_) => Err(Alone),
            },
            Err(_) => Err(Alone),
            Ok(wakers) => Ok(wakers),
        }
    }

    /// Ready when it is not open any more. Until then leaves the waker in the cell of the end that asks.
    #[inline]
    fn poll(&self, cell: &WakerCell, waits: usize, waker: &Waker, beginner: Beginner) -> Poll<()> {
        let word = self.look();
        if !is_open(word) {
            return Poll::Ready(());
        }
        // An end's own flag and cell are changed by nobody else while it is open. If it is open no longer by now, the
        // waker that lay there has been woken, or will be.
        if word & waits != 0 && cell.copy().will_wake(waker) {
            return Poll::Pending;
        }
        // Foreign code, so before anything is changed. What it changes itself lets the swap fail.
        let fresh = ManuallyDrop::new(waker.clone());
        // Nearly all waits go no further than this.
        if word & waits == 0 && !is_used_up(word) {
            cell.write(&fresh);
            let step = beginner.step();
            if self.swap(word, (word | waits) + STAMP).is_ok() {
                step.waits();
                return Poll::Pending;
            }
            step.over();
        }
        self.wait(cell, waits, ManuallyDrop::into_inner(fresh), beginner)
    }

    /// The rest of `poll`, as often as things change: takes out the waker that lies there, and puts the fresh one in.
    #[cold]
    fn wait(&self, cell: &WakerCell, waits: usize, fresh: Waker, beginner: Beginner) -> Poll<()> {
        let mut word = self.look();
        let mut old = None;
        while is_open(word) {
            if word & waits != 0 {
                let copied = cell.copy();
                word = match self.swap(word, word & !waits) {
                    Ok(()) => {
                        // SAFETY: the flag was set, so a waker lay in the cell, and it was this end's; having cleared the
                        // flag in `OPEN` the swap has taken it out (invariant 2).
                        old = Some(unsafe { copied.into_waker() });
                        word & !waits
                    }
                    Err(found) => found,
                };
                continue;
            }
            if is_used_up(word) {
                // Nothing can be put in for ever after, so it is polled again and again. That is better than a stamp
                // that comes twice, and only a future that changes its waker all the time comes to it.
                wake_and_drop(Some(fresh), old);
                return Poll::Pending;
            }
            cell.write(&fresh);
            let step = beginner.step();
            match self.swap(word, (word | waits) + STAMP) {
                Ok(()) => {
                    step.waits();
                    // It lies in the cell. The old one is foreign, so it is dropped when all is done.
                    mem::forget(fresh);
                    drop(old);
                    return Poll::Pending;
                }
                Err(found) => {
                    step.over();
                    word = found;
                }
            }
        }
        let dropped = drop_waker(old);
        drop(fresh);
        dropped.unwrap_or_else(resume);
        Poll::Ready(())
    }
}

/// The one allocation.
struct Channel<T> {
    gate: Gate,
    slot: UnsafeCell<MaybeUninit<T>>,
    _tracked: Tracked,
}

/// The sender's end. While it exists the memory does, and the sender has not gone.
pub(super) struct SenderEnd<T> {
    channel: NonNull<Channel<T>>,
}

/// The receiver's end. While it exists the memory does, and the receiver has not gone.
pub(super) struct ReceiverEnd<T> {
    channel: NonNull<Channel<T>>,
}

// SAFETY: an end moves messages and frees memory that another thread has allocated, both of which need `T: Send`. What
// is shared, the word and the cells, is atomic, and wakers may cross threads.
unsafe impl<T: Send> Send for SenderEnd<T> {}
// SAFETY: as for the sender's end.
unsafe impl<T: Send> Send for ReceiverEnd<T> {}
// SAFETY: a shared end can only be asked for the state, which is atomic. `T: Send` is more than that needs; tokio asks
// for as much.
unsafe impl<T: Send> Sync for SenderEnd<T> {}
// SAFETY: as for the sender's end.
unsafe impl<T: Send> Sync for ReceiverEnd<T> {}

/// A channel's two ends.
#[cfg_attr(feature = "record", track_caller)]
pub(super) fn pair<T>() -> (SenderEnd<T>, ReceiverEnd<T>) {
    let pair = Pair::new();
    let gate = Gate { word: AtomicUsize::new(OPEN), sender: WakerCell::new(), receiver: WakerCell::new(), pair };
    let channel = Box::new(Channel { gate, slot: UnsafeCell::new(MaybeUninit::uninit()), _tracked: Tracked::new() });
    let channel = NonNull::from(Box::leak(channel));
    (SenderEnd { channel }, ReceiverEnd { channel })
}

/// Takes the message out and frees the rest, so that dropping the message is nobody's concern but the caller's.
///
/// # Safety
///
/// The channel must have come from `pair` and be in `SENT`, and the receiver's end must not be used again.
#[inline]
unsafe fn receive<T>(channel: NonNull<Channel<T>>) -> T {
    // SAFETY: until `free` the memory is there, and the sender has gone: nobody else knows of it.
    let slot = unsafe { &channel.as_ref().slot };
    // SAFETY: in `SENT` the message lies in the slot, which is the receiver's (invariant 1), and only this reads it.
    let message = slot.with_mut(|slot| unsafe { slot.cast::<T>().read() });
    // SAFETY: the sender has gone, and the caller's end, says the caller, is not used again.
    unsafe { free(channel) };
    message
}

/// Gives the memory back. Drops no message: the slot is only memory.
///
/// # Safety
///
/// The channel must have come from `pair`, the other end must have gone, and the caller's must not be used again.
unsafe fn free<T>(channel: NonNull<Channel<T>>) {
    // SAFETY: it came from a box, and the caller is the last who knows of it.
    let mut channel = unsafe { Box::from_raw(channel.as_ptr()) };
    // Nobody comes to any of it after this, says invariant 3.
    channel.gate.retire();
}

impl<T> SenderEnd<T> {
    /// The gate alone, and never the whole channel, is passed to what makes an end go: a reference to nothing but
    /// atomics does not claim that the memory outlives the call.
    #[inline]
    pub(super) fn gate(&self) -> &Gate {
        // SAFETY: the memory is there as long as this end has not gone, and an end that goes is not used again.
        unsafe { &self.channel.as_ref().gate }
    }

    #[inline]
    fn slot(&self) -> &UnsafeCell<MaybeUninit<T>> {
        // SAFETY: as in `gate`.
        unsafe { &self.channel.as_ref().slot }
    }

    /// Puts the message in, goes, and wakes the receiver if it waits. Gives the message back if it cannot be received.
    #[inline]
    pub(super) fn send(self, message: T) -> Result<(), T> {
        match self.gate().pair.sender() {
            Ok(end) => apart(|| self.send_by(end, message)),
            Err(nobody) => self.send_by(nobody, message),
        }
    }

    #[inline(always)]
    fn send_by(self, who: impl Acts, message: T) -> Result<(), T> {
        // SAFETY: until `SENT` the slot is the sender's (invariant 1), so nobody else accesses it.
        self.slot().with_mut(|slot| unsafe { slot.cast::<T>().write(message) });
        let step = who.step();
        let Ok(Wakers { sender, receiver }) = self.gate().leave_open(SENT) else {
            step.refused();
            // SAFETY: the message was written above, and the slot is the sender's still; nobody reads it again.
            return Err(self.slot().with_mut(|slot| unsafe { slot.cast::<T>().read() }));
        };
        step.sent(receiver.is_some());
        mem::forget(self);
        wake_and_drop(receiver, sender);
        Ok(())
    }

    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        !is_open(self.gate().look())
    }

    /// Ready when nothing can be sent any more.
    pub(super) fn poll_closed(&mut self, waker: &Waker) -> Poll<()> {
        self.gate().poll(&self.gate().sender, SENDER_WAITS, waker, Beginner::NOBODY)
    }

    fn leave(&mut self, who: impl Acts) {
        // First: that it goes comes before what follows from it.
        who.goes();
        match self.gate().go(DROPPED, who.step()) {
            Ok(Wakers { sender, receiver }) => wake_and_drop_leaving(receiver, sender),
            // SAFETY: the receiver has gone, and this end is being dropped.
            Err(Alone) => unsafe { free(self.channel) },
        }
    }
}

impl<T> Drop for SenderEnd<T> {
    fn drop(&mut self) {
        match self.gate().pair.sender() {
            Ok(end) => apart(|| self.leave(end)),
            Err(nobody) => self.leave(nobody),
        }
    }
}

impl<T> ReceiverEnd<T> {
    #[inline]
    pub(super) fn gate(&self) -> &Gate {
        // SAFETY: the memory is there as long as this end has not gone, and an end that goes is not used again.
        unsafe { &self.channel.as_ref().gate }
    }

    /// Whether the message lies there.
    #[inline]
    pub(super) fn has_message(&self) -> bool {
        self.gate().look() == SENT
    }

    /// Whether a message may still be sent.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        is_open(self.gate().look())
    }

    /// Ready when the message is there or can never come.
    #[inline]
    pub(super) fn poll(&mut self, waker: &Waker, beginner: Beginner) -> Poll<()> {
        self.gate().poll(&self.gate().receiver, RECEIVER_WAITS, waker, beginner)
    }

    /// Lets nothing be sent any more, and wakes the sender if it waits for that.
    pub(super) fn close(&mut self) {
        match self.gate().pair.receiver() {
            Ok(end) => apart(|| self.close_by(end)),
            Err(nobody) => self.close_by(nobody),
        }
    }

    fn close_by(&mut self, who: impl Acts) {
        let step = who.step();
        if let Ok(Wakers { sender, receiver }) = self.gate().leave_open(CLOSED) {
            step.closed();
            wake_and_drop(sender, receiver);
        } else {
            step.over();
        }
    }

    /// The receiver goes, with the message if it is there.
    #[inline]
    pub(super) fn finish(self) -> Option<T> {
        if !self.has_message() {
            return None;
        }
        // SAFETY: the message is there, and this end is forgotten.
        Some(unsafe { receive(ManuallyDrop::new(self).channel) })
    }

    fn leave(&mut self, who: impl Acts) {
        match self.gate().go(LEFT, who.step()) {
            Ok(Wakers { sender, receiver }) => wake_and_drop_leaving(sender, receiver),
            Err(Alone) if self.has_message() => {
                who.discarded();
                // SAFETY: the message is there, and this end is being dropped.
                let message = unsafe { receive(self.channel) };
                // It may be a panic that drops this end, and the message may panic as well.
                attempt(|| drop(message)).unwrap_or_else(resume);
            }
            // SAFETY: the sender has gone, and this end is being dropped.
            Err(Alone) => unsafe { free(self.channel) },
        }
    }
}

impl<T> Drop for ReceiverEnd<T> {
    fn drop(&mut self) {
        match self.gate().pair.receiver() {
            Ok(end) => apart(|| self.leave(end)),
            Err(nobody) => self.leave(nobody),
        }
    }
}

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
#[path = "state_tests.rs"]
mod tests;
