//! Threads that wait.

use std::{
    thread,
    time::{Duration, Instant},
};

use thalweg::watch::{self, error::RecvTimeoutError};

use crate::harness::*;

#[test]
fn a_thread_waits_for_a_change_and_for_the_end() {
    in_time(|| {
        let (sender, mut receiver) = watch::channel(0);
        let follower = thread::spawn(move || {
            let mut seen = Vec::new();
            while receiver.blocking_changed().is_ok() {
                seen.push(*receiver.borrow_and_update());
            }
            seen
        });
        for value in 1..=1_000 {
            sender.send(value).unwrap();
        }
        drop(sender);
        let seen = follower.join().unwrap();
        assert_eq!(seen.last(), Some(&1_000));
        assert!(seen.is_sorted_by(|a, b| a < b));
    });
}

#[test]
fn a_timeout_ends_the_wait_and_leaves_nothing() {
    in_time(|| {
        let (sender, mut receiver) = watch::channel(0);
        let begin = Instant::now();
        let result = receiver.blocking_changed_timeout(Duration::from_millis(20));
        assert_eq!(result, Err(RecvTimeoutError::Timeout));
        assert!(begin.elapsed() >= Duration::from_millis(20));
        sender.send(1).unwrap();
        assert_eq!(receiver.blocking_changed_timeout(Duration::ZERO), Ok(()), "it looks first");
        assert_eq!(receiver.blocking_changed_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
        let deadline = Instant::now() + Duration::from_millis(20);
        assert_eq!(receiver.blocking_changed_deadline(deadline), Err(RecvTimeoutError::Timeout));
        assert!(Instant::now() >= deadline);
        sender.send(2).unwrap();
        assert_eq!(receiver.blocking_changed_deadline(deadline), Ok(()), "it looks first");
        drop(sender);
        assert_eq!(receiver.blocking_changed_timeout(Duration::MAX), Err(RecvTimeoutError::Closed));
    });
}

/// crossbeam #798, flume #167: a deadline past all time.
#[test]
fn the_longest_timeout_overflowed() {
    in_time(|| {
        let (sender, mut receiver) = watch::channel(0);
        let late = thread::spawn(move || {
            thread::sleep(Duration::from_millis(10));
            sender.send(1).unwrap();
        });
        assert_eq!(receiver.blocking_changed_timeout(Duration::MAX), Ok(()));
        late.join().unwrap();
    });
}

#[test]
fn a_streak_costs_a_thread_no_value() {
    let (sender, mut receiver) = watch::channel(0);
    for value in 0..1_000 {
        sender.send(value).unwrap();
        assert_eq!(receiver.blocking_changed_timeout(Duration::ZERO), Ok(()));
    }
}

/// The budget of the task it blocks is none of the thread's: once spent it would not come back.
#[test]
fn a_thread_in_a_task_hung_for_want_of_budget() {
    in_time(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (sender, mut receiver) = watch::channel(0);
            for value in 0..1_000 {
                sender.send(value).unwrap();
                assert_eq!(receiver.blocking_changed(), Ok(()));
            }
        });
    });
}
