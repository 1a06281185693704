//! A channel that one thread has had to itself, which then uses it without locked instructions where the system allows that: whoever
//! comes to it from another thread finds what it should, and is found.

use std::task::Poll;
use std::thread;
use std::time::Duration;

use thalweg::{mpmc, mpsc};

use crate::harness::*;

/// Twice what it takes to have a side left to a thread, in a program that is optimised.
const MANY: u32 = 8_192 + 200;

/// A channel that this thread alone has used, for long enough that it could be left to it, which takes a while in a fresh process.
fn used(capacity: usize) -> (mpmc::Sender<u32>, mpmc::Receiver<u32>) {
    let fresh = || {
        let (sender, receiver) = mpmc::bounded(capacity);
        for n in 0..MANY {
            sender.try_send(n).unwrap();
            assert_eq!(receiver.try_recv(), Ok(n));
        }
        (sender, receiver)
    };
    drop(fresh());
    thread::sleep(Duration::from_millis(if cfg!(miri) { 0 } else { 20 }));
    // Here Linux is asked, if nobody has done so before, or has answered.
    drop(fresh());
    fresh()
}

#[test]
fn another_thread_takes_over() {
    let (sender, receiver) = used(4);
    sender.try_send(1).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(receiver.try_recv(), Ok(1));
            (2..6).for_each(|n| sender.try_send(n).unwrap());
            assert!(sender.try_send(6).is_err(), "n is n");
        });
    });
    assert_eq!([(); 4].map(|()| receiver.try_recv()), [2, 3, 4, 5].map(Ok));
    assert!(receiver.try_recv().is_err());
}

/// Both at work: what one thread has to itself is taken from it meanwhile, the head and the tail, and nothing is lost or doubled.
#[test]
fn threads_come_while_it_is_used() {
    for round in 0..if cfg!(debug_assertions) { 60_u64 } else { 300 } {
        let (sender, receiver) = used(if round % 2 == 0 { 1 } else { 64 });
        let others = round % 3 + 1;
        let sums: u64 = thread::scope(|scope| {
            let threads: Vec<_> = (0..others)
                .map(|other| {
                    let (sender, receiver) = (sender.clone(), receiver.clone());
                    scope.spawn(move || {
                        (0..round).for_each(|_| std::hint::spin_loop());
                        let mut sum = 0;
                        for n in 0..200 {
                            let mut message = (other as u32 + 1) * 1_000 + n;
                            while let Err(error) = sender.try_send(message) {
                                message = error.into_inner();
                                sum += receiver.try_recv().map_or(0, u64::from);
                            }
                            sum += receiver.try_recv().map_or(0, u64::from);
                        }
                        sum
                    })
                })
                .collect();
            let mut sum = 0;
            for n in 0..2_000 {
                let mut message = n;
                while let Err(error) = sender.try_send(message) {
                    message = error.into_inner();
                    sum += receiver.try_recv().map_or(0, u64::from);
                }
                sum += receiver.try_recv().map_or(0, u64::from);
            }
            sum + threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u64>()
        });
        let rest: u64 = std::iter::from_fn(|| receiver.try_recv().ok()).map(u64::from).sum();
        let sent = (0..2_000).sum::<u64>()
            + (1..=others).map(|other| (0..200).map(|n| other * 1_000 + n).sum::<u64>()).sum::<u64>();
        assert_eq!(sums + rest, sent);
    }
}

#[test]
fn who_waits_is_woken_from_another_thread() {
    let (sender, receiver) = used(1);
    let mut receive = task(receiver.recv());
    receive.waits();
    thread::scope(|scope| scope.spawn(|| sender.try_send(1).unwrap()).join().unwrap());
    assert!(receive.woken());
    assert_eq!(receive.poll(), Poll::Ready(Ok(1)));

    let (sender, receiver) = used(1);
    sender.try_send(1).unwrap();
    let mut send = task(sender.send(2));
    send.waits();
    thread::scope(|scope| scope.spawn(|| assert_eq!(receiver.try_recv(), Ok(1))).join().unwrap());
    assert!(send.woken());
    assert_eq!(send.poll(), Poll::Ready(Ok(())));
}

#[test]
fn it_is_closed_and_dropped_by_another_thread() {
    let (sender, receiver) = used(4);
    sender.try_send(1).unwrap();
    let mut send = task(sender.closed());
    send.waits();
    thread::scope(|scope| scope.spawn(|| receiver.close()).join().unwrap());
    assert!(send.woken() && sender.try_send(2).is_err());
    let dropped = thread::spawn(move || {
        assert_eq!(receiver.try_recv(), Ok(1));
        drop(receiver);
    });
    dropped.join().unwrap();
    drop(send);
    assert!(sender.is_closed());

    let (sender, receiver) = used(4);
    sender.try_send(1).unwrap();
    thread::spawn(move || drop((sender, receiver))).join().unwrap();
}

#[test]
fn sole_receiver_moves_to_another_thread() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    for round in 0..3 {
        for n in 0..MANY {
            sender.send(n).unwrap();
            assert_eq!(receiver.try_recv(), Ok(n), "in round {round}");
        }
        (0..100).for_each(|n| sender.send(n).unwrap());
        receiver = thread::spawn(move || {
            (0..100).for_each(|n| assert_eq!(receiver.try_recv(), Ok(n)));
            receiver
        })
        .join()
        .unwrap();
    }
    assert!(receiver.try_recv().is_err() && receiver.is_empty());
}
