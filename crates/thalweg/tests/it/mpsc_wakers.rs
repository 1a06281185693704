//! The receiver of an `mpsc` that is polled again by the task it waits for keeps the waker it has. Which task that is, it
//! must not guess.

use std::{
    mem::ManuallyDrop,
    task::{Context, Poll, RawWaker, RawWakerVTable, Waker},
};

use thalweg::mpsc::{Receiver, channel};

use crate::harness::{Call, Probe, panics};
use crate::mpsc::{poll, settle};

/// Of wakers like unicycle's: what is polled with lies on the stack, and each clone in a box of its own.
static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// # Safety
/// `data` points to a waker that lives as long as the reference is used.
unsafe fn inner<'a>(data: *const ()) -> &'a Waker {
    // SAFETY: promised by the caller.
    unsafe { &*data.cast() }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: whoever clones it has it.
    let waker = unsafe { inner(data) }.clone();
    RawWaker::new(Box::into_raw(Box::new(waker)).cast(), &TABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: `wake` consumes the waker, and only clones are owned, which lie in boxes.
    unsafe { Box::from_raw(data.cast::<Waker>().cast_mut()) }.wake();
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: whoever wakes it has it.
    unsafe { inner(data) }.wake_by_ref();
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: as for `wake`.
    drop(unsafe { Box::from_raw(data.cast::<Waker>().cast_mut()) });
}

/// Polls with a waker that lies there. It is gone afterwards; its clones are not.
fn poll_from(place: &Waker, receiver: &mut Receiver<u8>) -> Poll<Option<u8>> {
    let data = std::ptr::from_ref(place).cast();
    // SAFETY: the table takes a pointer to a waker, which lives until the poll is over.
    let waker = ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(data, &TABLE)) });
    receiver.poll_recv(&mut Context::from_waker(&waker))
}

/// Two tasks poll it one after the other, with wakers that lay in one place, and differ only by what was there.
#[test]
fn waker_where_another_one_lay_is_not_that_one() {
    let (tx, mut rx) = channel(1);
    let (first, second) = (Probe::new(), Probe::new());
    let mut place = first.waker();
    assert!(poll_from(&place, &mut rx).is_pending());
    place.clone_from(&second.waker());
    assert!(poll_from(&place, &mut rx).is_pending());
    tx.try_send(1).unwrap();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
    assert_eq!(poll_from(&place, &mut rx), Poll::Ready(Some(1)));
}

/// A poll by another task panics, having replaced the waker: the first task, which polls once more, has none there now.
#[test]
fn poll_that_panicked_has_replaced_the_waker_none_the_less() {
    let (tx, mut rx) = channel(1);
    let (first, second) = (Probe::new(), Probe::new());
    assert!(poll(&mut rx, &first).is_pending());
    first.arm(|call| assert!(call != Call::Drop, "on purpose"));
    panics(|| poll(&mut rx, &second));
    first.disarm();
    assert!(second.woken(), "whose poll a panic ended is to look again");
    second.rest();
    assert!(settle(&mut rx, &first).is_pending());
    tx.try_send(1).unwrap();
    assert!(first.woken() && !second.woken());
}

/// The same where what panics is the sender for whom a receiver that comes to wait is room.
#[test]
fn rendezvous_that_panicked_waits_for_who_polled_it() {
    let (tx, mut rx) = channel(0);
    let (first, second) = (Probe::new(), Probe::new());
    assert!(settle(&mut rx, &first).is_pending());
    tx.try_send(1).unwrap();
    assert_eq!(poll(&mut rx, &first), Poll::Ready(Some(1)));
    let sender = Probe::new();
    let mut send = Box::pin(tx.send(2));
    assert!(send.as_mut().poll(&mut Context::from_waker(&sender.waker())).is_pending());
    sender.arm(|call| assert!(!matches!(call, Call::Wake | Call::WakeByRef), "on purpose"));
    panics(|| poll(&mut rx, &second));
    sender.disarm();
    assert!(poll(&mut rx, &first).is_pending());
    let before = first.wakes();
    assert!(send.as_mut().poll(&mut Context::from_waker(&sender.waker())).is_ready());
    assert!(first.wakes() > before, "the message is there, and who polled last does not know");
    assert_eq!(settle(&mut rx, &first), Poll::Ready(Some(2)));
}
