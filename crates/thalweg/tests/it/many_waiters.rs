//! tokio #5925, #2325: with many waiters each of them takes as long as with few. `watch` has its own among what was found.

use std::{future::Future, time::Duration};

use thalweg::{broadcast, mpsc};

use crate::harness::*;

const FEW: usize = 1_000;
const MANY: usize = 32_000;

/// With 32 times as many it may take 160 times as long, for memory is slower than caches. Were each to look at all others it would
/// be up to a thousand.
fn takes_no_longer_with_many(scene: impl Fn(usize)) {
    scene(FEW);
    let [few, many] = [FEW, MANY].map(|waiters| {
        let before = busy_time();
        scene(waiters);
        busy_time() - before
    });
    println!("{few:?} with {FEW}, {many:?} with {MANY}");
    assert!(many < few * 5 * (MANY / FEW) as u32, "{few:?} with {FEW}, {many:?} with {MANY}");
}

/// How long this thread has run. What others do meanwhile does not count.
fn busy_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is ours.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// All wait; each second one goes, the last one first; the others are woken all together, and finish.
fn come_and_go<F: Future>(
    waiters: usize,
    make: impl Fn() -> F,
    wake_all: impl FnOnce(),
    is_end: impl Fn(F::Output) -> bool,
) {
    let mut waits: Vec<_> = (0..waiters).map(|_| Some(task(make()))).collect();
    waits.iter_mut().flatten().for_each(|wait| assert!(wait.settle().is_pending()));
    waits.iter_mut().step_by(2).rev().for_each(|wait| *wait = None);
    wake_all();
    for wait in waits.iter_mut().flatten() {
        assert!(wait.woken());
        assert!(is_end(wait.finishes()));
    }
}

/// All wait and are served one by one, in their order.
fn are_served<F: Future>(
    waiters: usize,
    make: impl Fn(usize) -> F,
    mut serve: impl FnMut(usize),
    is_served: impl Fn(F::Output) -> bool,
) {
    let mut waits: Vec<_> = (0..waiters).map(|n| task(make(n))).collect();
    waits.iter_mut().for_each(|wait| assert!(wait.settle().is_pending()));
    for (n, wait) in waits.iter_mut().enumerate() {
        serve(n);
        assert!(is_served(wait.finishes()));
    }
}

#[test]
fn receivers_of_mpmc() {
    for capacity in [0, usize::MAX] {
        takes_no_longer_with_many(|waiters| {
            let (sender, receiver) = channel(capacity);
            are_served(waiters, |_| receiver.recv(), |n| sender.try_send(n).unwrap(), |got| got.is_ok());
            come_and_go(waiters, || receiver.recv(), || assert!(sender.close()), |got| got.is_err());
        });
    }
}

#[test]
fn senders_of_mpmc() {
    takes_no_longer_with_many(|waiters| {
        let (sender, receiver) = filled(1, 1);
        are_served(waiters, |n| sender.send(n), |_| ignore(receiver.try_recv().unwrap()), |sent| sent.is_ok());
        come_and_go(waiters, || sender.send(0), || assert!(receiver.close()), |sent| sent.is_err());
    });
}

#[test]
fn who_waits_for_the_end_of_mpmc() {
    takes_no_longer_with_many(|waiters| {
        let (sender, receiver) = channel::<usize>(1);
        come_and_go(waiters, || sender.closed(), || assert!(receiver.close()), |()| true);
    });
}

#[test]
fn senders_of_mpsc() {
    takes_no_longer_with_many(|waiters| {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(0).unwrap();
        are_served(waiters, |n| sender.send(n), |_| ignore(receiver.try_recv().unwrap()), |sent| sent.is_ok());
        come_and_go(waiters, || sender.send(0), || receiver.close(), |sent| sent.is_err());
    });
}

#[test]
fn receivers_of_broadcast() {
    takes_no_longer_with_many(|waiters| {
        let (sender, receiver) = broadcast::channel(1);
        let make = || {
            let mut receiver = receiver.resubscribe();
            async move { receiver.recv().await }
        };
        come_and_go(waiters, make, || assert_eq!(sender.send(1), Ok(waiters / 2 + 1)), |got| got == Ok(1));
        come_and_go(waiters, make, || drop(sender), |got| got.is_err());
    });
}

#[test]
fn senders_of_broadcast() {
    takes_no_longer_with_many(|waiters| {
        let (sender, mut receiver) = broadcast::lossless(1);
        sender.try_send(0).unwrap();
        are_served(waiters, |n| sender.send(n), |_| ignore(receiver.try_recv().unwrap()), |sent| sent == Ok(1));
        come_and_go(waiters, || sender.send(0), || drop(receiver), |sent| sent.is_err());
    });
}
