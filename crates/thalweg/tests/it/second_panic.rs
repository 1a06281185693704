//! What a panic drops must not panic as well: that would end the process. Whatever waits, and whatever wakes those who do when
//! it goes, lets the panic of a waker go on only if no other one is under way. Where no panic can be caught nothing is to ask
//! for.
//!
//! In each case something is made ready, its wakers panic from then on at all that is done to them, and a panic drops it.

use std::{
    future::Future,
    panic::resume_unwind,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use futures_core::Stream;
use thalweg::{broadcast, mpmc, mpsc, oneshot, watch};

use crate::harness::*;

/// What the first panic carries.
struct First;

/// Those who wait, and with what.
struct Waiting(Vec<Arc<Probe>>);

impl Waiting {
    fn new() -> Waiting {
        Waiting(Vec::new())
    }

    /// Somebody waits, with a waker of its own.
    #[track_caller]
    fn poll<R>(&mut self, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) {
        let probe = Probe::new();
        assert!(poll(&mut Context::from_waker(&probe.waker())).is_pending(), "it is to wait");
        probe.rest();
        self.0.push(probe);
    }

    #[track_caller]
    fn future<F: Future>(&mut self, future: F) -> Pin<Box<F>> {
        let mut future = Box::pin(future);
        self.poll(|cx| future.as_mut().poll(cx));
        future
    }

    /// A panic drops it, and goes on. One of the wakers at least must have panicked, or the case shows nothing.
    #[track_caller]
    fn panic_drops(self, dropped: impl Sized) {
        let panics_after_it = Arc::new(AtomicUsize::new(0));
        for probe in &self.0 {
            let count = panics_after_it.clone();
            probe.arm(move |call| {
                count.fetch_add(1, SeqCst);
                panic!("{call:?}");
            });
        }
        goes_with_a_panic(dropped);
        self.0.iter().for_each(|probe| probe.disarm());
        assert!(panics_after_it.load(SeqCst) > 0, "no waker was asked for anything");
    }
}

/// A panic drops it, and goes on.
#[track_caller]
fn goes_with_a_panic(dropped: impl Sized) {
    let panic = panics(|| {
        let _dropped = dropped;
        resume_unwind(Box::new(First));
    });
    assert!(panic.is::<First>(), "the first panic goes on");
}

#[test]
fn of_one_in_a_queue_of_mpmc() {
    let mut waiting = Waiting::new();
    let (sender, receiver) = mpmc::bounded(1);
    let receive = waiting.future(receiver.recv_owned());
    waiting.panic_drops(receive);

    let mut waiting = Waiting::new();
    let mut stream = receiver.clone();
    waiting.poll(|cx| Pin::new(&mut stream).poll_next(cx));
    waiting.panic_drops(stream);

    let mut waiting = Waiting::new();
    sender.try_send(0).unwrap();
    let send = waiting.future(sender.send_owned(1));
    waiting.panic_drops(send);

    let mut waiting = Waiting::new();
    let mut send = sender.clone().into_poll_sender();
    waiting.poll(|cx| send.poll_reserve(cx));
    waiting.panic_drops(send);

    let mut waiting = Waiting::new();
    let closed = waiting.future(sender.closed());
    waiting.panic_drops(closed);
}

#[test]
fn of_one_woken_who_passes_its_turn_on() {
    let (sender, receiver) = mpmc::bounded(1);
    let mut waiting = Waiting::new();
    let mut stream = receiver.clone();
    let _ = Pin::new(&mut stream).poll_next(&mut Context::from_waker(&Probe::new().waker()));
    let next = waiting.future(receiver.recv_owned());
    sender.try_send(0).unwrap();
    waiting.panic_drops(stream);
    drop(next);

    let mut waiting = Waiting::new();
    let mut send = sender.clone().into_poll_sender();
    let _ = send.poll_reserve(&mut Context::from_waker(&Probe::new().waker()));
    let next = waiting.future(sender.send_owned(1));
    receiver.try_recv().unwrap();
    waiting.panic_drops(send);
    drop(next);
}

#[test]
fn of_the_last_handle() {
    let mut waiting = Waiting::new();
    let (sender, receiver) = mpmc::bounded::<u32>(1);
    let receives: Vec<_> = (0..3).map(|_| waiting.future(receiver.recv_owned())).collect();
    waiting.panic_drops(sender);
    drop(receives);

    let mut waiting = Waiting::new();
    let (sender, receiver) = mpmc::bounded(1);
    sender.try_send(0).unwrap();
    let sends: Vec<_> = (0..3).map(|n| waiting.future(sender.send_owned(n))).collect();
    let closed = waiting.future(sender.closed());
    waiting.panic_drops(receiver);
    drop((closed, sends));
}

#[test]
fn of_permits() {
    let (sender, receiver) = mpsc::channel(2);
    let mut waiting = Waiting::new();
    let permits = sender.try_reserve_many(2).unwrap();
    let sends: Vec<_> = (0..2).map(|n| waiting.future(sender.send(n))).collect();
    waiting.panic_drops(permits);
    drop(sends);

    let mut waiting = Waiting::new();
    let permits = [sender.clone().try_reserve_owned().unwrap(), sender.clone().try_reserve_owned().unwrap()];
    let sends: Vec<_> = (0..2).map(|n| waiting.future(sender.send(n))).collect();
    waiting.panic_drops(permits);
    drop((sends, receiver));
}

#[test]
fn of_one_in_a_queue_of_mpsc() {
    let (sender, _receiver) = mpsc::channel(1);
    let mut waiting = Waiting::new();
    sender.try_send(0).unwrap();
    let reserve = waiting.future(sender.clone().reserve_owned());
    waiting.panic_drops(reserve);

    let mut waiting = Waiting::new();
    let mut send = mpsc::PollSender::new(sender);
    waiting.poll(|cx| send.poll_reserve(cx));
    waiting.panic_drops(send);

    let mut waiting = Waiting::new();
    let (_sender, mut receiver) = mpsc::channel::<u32>(1);
    waiting.poll(|cx| receiver.poll_recv(cx));
    waiting.panic_drops(receiver);
}

#[test]
fn of_the_ends_of_a_oneshot() {
    let mut waiting = Waiting::new();
    let (sender, receiver) = oneshot::channel::<u32>();
    let receive = waiting.future(receiver);
    waiting.panic_drops(receive);
    drop(sender);

    let mut waiting = Waiting::new();
    let (sender, receiver) = oneshot::channel::<u32>();
    let receive = waiting.future(receiver);
    waiting.panic_drops(sender);
    drop(receive);

    let mut waiting = Waiting::new();
    let (mut sender, receiver) = oneshot::channel::<u32>();
    let closed = waiting.future(sender.closed());
    waiting.panic_drops(receiver);
    drop(closed);

    let mut waiting = Waiting::new();
    let (mut sender, receiver) = oneshot::channel::<u32>();
    waiting.poll(|cx| sender.poll_closed(cx));
    waiting.panic_drops(sender);
    drop(receiver);
}

/// A message that nobody received goes with its receiver.
#[test]
fn of_a_message_that_goes_with_its_receiver() {
    struct Panics(Arc<AtomicUsize>);

    impl Drop for Panics {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
            panic!("message");
        }
    }

    let dropped = Arc::new(AtomicUsize::new(0));
    let message = || Panics(dropped.clone());
    let (sender, receiver) = oneshot::channel();
    assert!(sender.send(message()).is_ok());
    goes_with_a_panic(receiver);

    let (sender, receiver) = mpmc::unbounded();
    assert!(sender.try_send(message()).is_ok() && sender.try_send(message()).is_ok());
    goes_with_a_panic(receiver);
    assert_eq!(dropped.load(SeqCst), 3);
}

#[test]
fn of_one_in_a_queue_of_watch() {
    let mut waiting = Waiting::new();
    let (sender, mut receiver) = watch::channel(0);
    let changed = waiting.future(receiver.changed());
    waiting.panic_drops(changed);

    let mut waiting = Waiting::new();
    let wait_for = waiting.future(receiver.wait_for(|value| *value > 0));
    waiting.panic_drops(wait_for);

    let mut waiting = Waiting::new();
    let closed = waiting.future(sender.closed());
    waiting.panic_drops(closed);

    let mut waiting = Waiting::new();
    let mut values = receiver.clone().into_stream();
    waiting.poll(|cx| Pin::new(&mut values).poll_next(cx));
    waiting.panic_drops(values);

    let mut waiting = Waiting::new();
    let closed = waiting.future(sender.closed());
    waiting.panic_drops(receiver);
    drop(closed);

    let mut waiting = Waiting::new();
    let mut receiver = sender.subscribe();
    let changed = waiting.future(receiver.changed());
    waiting.panic_drops(sender);
    drop(changed);
}

#[test]
fn of_one_in_a_queue_of_broadcast() {
    let mut waiting = Waiting::new();
    let (sender, mut receiver) = broadcast::lossless(1);
    let receive = waiting.future(receiver.recv());
    waiting.panic_drops(receive);

    let mut waiting = Waiting::new();
    let mut stream = receiver.resubscribe();
    waiting.poll(|cx| stream.poll_recv(cx));
    waiting.panic_drops(stream);

    let mut waiting = Waiting::new();
    sender.try_send(0).unwrap();
    let send = waiting.future(sender.send(1));
    waiting.panic_drops(send);

    let mut waiting = Waiting::new();
    let closed = waiting.future(sender.closed());
    waiting.panic_drops(closed);

    let mut waiting = Waiting::new();
    let sends: Vec<_> = (0..3).map(|n| waiting.future(sender.send(n))).collect();
    let closed = waiting.future(sender.closed());
    waiting.panic_drops(receiver);
    drop((sends, closed));

    let mut waiting = Waiting::new();
    let mut receiver = sender.subscribe();
    let receive = waiting.future(receiver.recv());
    waiting.panic_drops(sender);
    drop(receive);
}
