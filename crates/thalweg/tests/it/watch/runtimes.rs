//! Tasks of two runtimes and threads on one channel: all of them come to see the last value.

use std::{
    thread,
    time::{Duration, Instant},
};

use futures_lite::future::block_on;
use thalweg::watch::{self, Receiver, Sender};

use crate::harness::*;

const VALUES: u64 = 2_000;

/// Follows the value to the end, and checks that it only grows.
async fn follow(mut receiver: Receiver<u64>) -> u64 {
    let mut last = *receiver.borrow_and_update();
    while receiver.changed().await.is_ok() {
        let value = *receiver.borrow_and_update();
        assert!(value > last, "{value} after {last}");
        last = value;
    }
    last
}

/// Steps through waits whose futures are often dropped half-way.
async fn follow_fickly(mut receiver: Receiver<u64>) -> u64 {
    loop {
        let changed = async { Some(receiver.changed().await) };
        let impatient = async {
            futures_lite::future::yield_now().await;
            None
        };
        if let Some(Err(_)) = futures_lite::future::or(changed, impatient).await {
            return *receiver.borrow();
        }
    }
}

fn send_all(sender: &Sender<u64>) {
    for _ in 0..VALUES {
        sender.send_modify(|value| *value += 1);
        if *sender.borrow() % 64 == 0 {
            thread::yield_now();
        }
    }
}

#[test]
fn all_come_to_see_the_last_value() {
    in_time(|| {
        let (sender, receiver) = watch::channel(0);
        let many = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        let mut ends: Vec<Box<dyn FnOnce() -> u64>> = Vec::new();
        for _ in 0..4 {
            let task = many.spawn(follow(receiver.clone()));
            let fickle = many.spawn(follow_fickly(receiver.clone()));
            ends.push(Box::new(move || block_on(task).unwrap()));
            ends.push(Box::new(move || block_on(fickle).unwrap()));
            let task = smol::spawn(follow(receiver.clone()));
            ends.push(Box::new(move || block_on(task)));
        }
        let mut blocked = receiver.clone();
        let follower = thread::spawn(move || {
            while blocked.blocking_changed().is_ok() {}
            *blocked.borrow()
        });
        ends.push(Box::new(move || follower.join().unwrap()));
        let mut goal = receiver.clone();
        let found =
            thread::spawn(move || block_on(async { *goal.wait_for(|value| *value >= 3 * VALUES).await.unwrap() }));
        ends.push(Box::new(move || found.join().unwrap()));
        let until_left = sender.clone();
        drop(receiver);
        let senders: Vec<_> =
            (0..2).map(|_| sender.clone()).map(|sender| thread::spawn(move || send_all(&sender))).collect();
        send_all(&sender);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        drop(sender);
        // What is left is the sender that waits for the receivers: it goes once it sees that all values were sent.
        assert_eq!(*until_left.borrow(), 3 * VALUES);
        drop(until_left);
        for end in ends {
            assert_eq!(end(), 3 * VALUES);
        }
    });
}

#[test]
fn on_one_thread_all_take_turns() {
    in_time(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let (sender, receiver) = watch::channel(0);
            let followers: Vec<_> = (0..3).map(|_| tokio::task::spawn_local(follow(receiver.clone()))).collect();
            let closed = tokio::task::spawn_local({
                let sender = sender.clone();
                async move { sender.closed().await }
            });
            drop(receiver);
            for value in 1..=VALUES {
                sender.send(value).unwrap();
                tokio::task::yield_now().await;
            }
            assert!(!closed.is_finished());
            closed.abort();
            let _ = closed.await;
            drop(sender);
            for follower in followers {
                assert_eq!(follower.await.unwrap(), VALUES);
            }
        });
    });
}

#[test]
fn closed_hears_of_the_last_receiver_from_any_thread() {
    in_time(|| {
        for _ in 0..200 {
            let (sender, receiver) = watch::channel(0);
            let threads: Vec<_> =
                (0..3).map(|_| receiver.clone()).map(|receiver| thread::spawn(move || drop(receiver))).collect();
            drop(receiver);
            block_on(sender.closed());
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert!(sender.is_closed());
        }
    });
}

/// A task that waits in a loop over a closed channel leaves room for others on its thread.
#[test]
fn a_loop_over_the_end_starves_no_neighbour() {
    in_time(|| {
        let (sender, mut receiver) = watch::channel(0);
        drop(sender);
        let begin = Instant::now();
        let spin = async { while begin.elapsed() < Duration::from_secs(10) && receiver.changed().await.is_err() {} };
        let neighbour = async {
            for _ in 0..10 {
                futures_lite::future::yield_now().await;
            }
        };
        block_on(futures_lite::future::or(spin, neighbour));
        assert!(begin.elapsed() < Duration::from_secs(5));
    });
}
