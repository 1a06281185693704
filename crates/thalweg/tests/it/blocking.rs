//! Threads that block: the same channel, timeouts, deadlines, iterators.

use std::{
    collections::VecDeque,
    thread,
    time::{Duration, Instant},
};

use thalweg::mpmc::{RecvError, RecvTimeoutError, SendError, SendTimeoutError};

use crate::harness::*;

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(10);

#[test]
fn threads_pass_everything_in_order() {
    for capacity in CAPACITIES {
        in_time(move || {
            let (sender, receiver) = channel(capacity);
            let producer = thread::spawn(move || (0..2_000).for_each(|n| sender.send_blocking(n).unwrap()));
            let received: Vec<_> = receiver.iter_blocking().collect();
            assert_eq!(received, (0..2_000).collect::<Vec<_>>());
            producer.join().unwrap();
        });
    }
}

#[test]
fn batches_pass_everything_in_order() {
    for capacity in CAPACITIES {
        in_time(move || {
            let (sender, receiver) = channel(capacity);
            let producer = thread::spawn(move || {
                for round in 0..50 {
                    let mut batch: VecDeque<_> = (round * 40..(round + 1) * 40).collect();
                    sender.send_many_blocking(&mut batch).unwrap();
                    assert!(batch.is_empty());
                }
            });
            let mut received = Vec::new();
            while receiver.recv_many_blocking(&mut received, 7).is_ok_and(|taken| (1..=7).contains(&taken)) {}
            assert_eq!(received, (0..2_000).collect::<Vec<_>>());
            producer.join().unwrap();
        });
    }
}

#[test]
fn threads_and_tasks_mix() {
    for capacity in CAPACITIES {
        in_time(move || {
            let (sender, receiver) = channel(capacity);
            let mut bodies: Vec<Box<dyn FnOnce() -> Vec<usize> + Send>> = Vec::new();
            for n in 0..4 {
                let (sender, receiver) = (sender.clone(), receiver.clone());
                bodies.push(Box::new(move || {
                    for message in n * 500..(n + 1) * 500 {
                        match n % 2 {
                            0 => sender.send_blocking(message).unwrap(),
                            _ => futures_lite::future::block_on(sender.send(message)).unwrap(),
                        }
                    }
                    Vec::new()
                }));
                bodies.push(Box::new(move || match n % 2 {
                    0 => receiver.iter_blocking().collect(),
                    _ => futures_lite::future::block_on(async {
                        let mut received = Vec::new();
                        while let Ok(message) = receiver.recv().await {
                            received.push(message);
                        }
                        received
                    }),
                }));
            }
            drop((sender, receiver));
            same_multiset(threads(bodies).concat(), (0..2_000).collect());
        });
    }
}

#[test]
fn receive_times_out_and_takes_nothing() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel::<usize>(capacity);
        let start = Instant::now();
        assert_eq!(receiver.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
        assert!(start.elapsed() >= SHORT);
        assert_eq!(receiver.recv_deadline(Instant::now() + SHORT), Err(RecvTimeoutError::Timeout));
        assert_eq!(receiver.waiting_receivers(), 0);
        assert_eq!(sender.try_send(1).is_ok(), capacity > 0, "nobody waits any more");
    }
}

#[test]
fn send_times_out_and_gives_the_message_back() {
    for capacity in [0, 1, 2] {
        let (sender, receiver) = filled(capacity, capacity);
        let start = Instant::now();
        assert_eq!(sender.send_timeout(9, SHORT), Err(SendTimeoutError::Timeout(9)));
        assert!(start.elapsed() >= SHORT);
        let error = sender.send_deadline(9, Instant::now() + SHORT).unwrap_err();
        assert!(error.is_timeout() && !error.is_closed());
        assert_eq!(error.into_inner(), 9);
        assert_eq!((sender.waiting_senders(), receiver.try_iter().count()), (0, capacity), "it sent nothing");
    }
}

#[test]
fn nothing_to_wait_for_is_no_timeout() {
    let (sender, receiver) = channel(1);
    let past = Instant::now();
    assert_eq!(sender.send_timeout(1, Duration::ZERO), Ok(()));
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(1));
    assert_eq!(sender.send_deadline(2, past), Ok(()));
    assert_eq!(receiver.recv_deadline(past), Ok(2));
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    assert_eq!(receiver.recv_deadline(past), Err(RecvTimeoutError::Timeout));
    sender.try_send(3).unwrap();
    assert_eq!(sender.send_timeout(4, Duration::ZERO), Err(SendTimeoutError::Timeout(4)));
    assert_eq!(sender.send_deadline(4, past), Err(SendTimeoutError::Timeout(4)));
}

#[test]
fn closed_comes_before_timeout() {
    let (sender, receiver) = channel::<usize>(1);
    sender.close();
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Closed));
    assert_eq!(receiver.recv_timeout(LONG), Err(RecvTimeoutError::Closed));
    assert_eq!(sender.send_timeout(1, Duration::ZERO), Err(SendTimeoutError::Closed(1)));
    assert_eq!(sender.send_timeout(1, LONG), Err(SendTimeoutError::Closed(1)));
    assert_eq!(sender.send_blocking(1), Err(SendError(1)));
    assert_eq!(receiver.recv_blocking(), Err(RecvError));
}

/// crossbeam #798, flume #167: the longest of durations overflows no deadline.
#[test]
fn longest_duration_is_for_ever() {
    in_time(|| {
        let (sender, receiver) = channel(1);
        sender.send_timeout(0, Duration::MAX).unwrap();
        let waiting = thread::spawn(move || sender.send_timeout(1, Duration::MAX));
        thread::sleep(SHORT);
        assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(0));
        assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(1));
        waiting.join().unwrap().unwrap();
        assert_eq!(receiver.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Closed));
    });
}

#[test]
fn what_comes_in_time_is_received() {
    for capacity in CAPACITIES {
        in_time(move || {
            let (sender, receiver) = channel(capacity);
            let late = thread::spawn(move || {
                thread::sleep(SHORT);
                sender.send_timeout(1, LONG)
            });
            assert_eq!(receiver.recv_timeout(LONG), Ok(1));
            late.join().unwrap().unwrap();
        });
    }
}

#[test]
fn blocked_threads_see_the_end() {
    for capacity in [0, 1, 2] {
        in_time(move || {
            let (sender, receiver) = filled(capacity, capacity);
            let blocked: Vec<_> = (0..3)
                .map(|n| {
                    let sender = sender.clone();
                    thread::spawn(move || sender.send_blocking(100 + n))
                })
                .collect();
            while sender.waiting_senders() < 3 {
                thread::yield_now();
            }
            receiver.close();
            for (n, blocked) in blocked.into_iter().enumerate() {
                assert_eq!(blocked.join().unwrap(), Err(SendError(100 + n)));
            }
        });
    }
    in_time(|| {
        let (sender, receiver) = channel::<usize>(1);
        let blocked: Vec<_> = (0..3)
            .map(|_| {
                let receiver = receiver.clone();
                thread::spawn(move || receiver.recv_blocking())
            })
            .collect();
        while sender.waiting_receivers() < 3 {
            thread::yield_now();
        }
        drop(sender);
        blocked.into_iter().for_each(|blocked| assert_eq!(blocked.join().unwrap(), Err(RecvError)));
    });
}

/// crossfire #33, rust #39364: timeouts that race with the message. Each is received, or comes back, never both.
#[test]
fn timeouts_that_race_lose_and_double_nothing() {
    for capacity in [0, 1, 2] {
        in_time(move || {
            let (sender, receiver) = channel(capacity);
            let mut bodies: Vec<Box<dyn FnOnce() -> Vec<usize> + Send>> = Vec::new();
            for n in 0..2 {
                let sender = sender.clone();
                bodies.push(Box::new(move || {
                    let mut random = Random::new(n as u64);
                    let pause = |random: &mut Random| Duration::from_micros(random.below(60));
                    (0..500)
                        .map(|message| n * 1_000 + message)
                        .filter(|message| sender.send_timeout(*message, pause(&mut random)).is_ok())
                        .collect()
                }));
            }
            for n in 0..2 {
                let receiver = receiver.clone();
                bodies.push(Box::new(move || {
                    let mut random = Random::new(n + 100);
                    let mut received = Vec::new();
                    loop {
                        match receiver.recv_timeout(Duration::from_micros(random.below(60))) {
                            Ok(message) => received.push(message),
                            Err(RecvTimeoutError::Timeout) => {}
                            Err(RecvTimeoutError::Closed) => return received,
                        }
                    }
                }));
            }
            drop((sender, receiver));
            let mut results = threads(bodies);
            let received = results.split_off(2).concat();
            same_multiset(received, results.concat());
        });
    }
}

#[test]
fn interrupted_batch_keeps_what_was_not_sent() {
    in_time(|| {
        let (sender, receiver) = channel(2);
        let blocked = thread::spawn(move || {
            let mut batch: VecDeque<_> = (0..5).collect();
            (sender.send_many_blocking(&mut batch), batch)
        });
        while receiver.waiting_senders() == 0 {
            thread::yield_now();
        }
        receiver.close();
        let (result, left) = blocked.join().unwrap();
        assert_eq!((result, left), (Err(SendError(())), VecDeque::from([2, 3, 4])));
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [0, 1]);
    });
}

/// A stray unpark, or one meant for another, is no message.
#[test]
fn stray_unparks_are_no_messages() {
    in_time(|| {
        let (sender, receiver) = channel(1);
        let waiting = thread::spawn(move || receiver.recv_blocking());
        for _ in 0..50 {
            waiting.thread().unpark();
            thread::yield_now();
        }
        sender.try_send(1).unwrap();
        assert_eq!(waiting.join().unwrap(), Ok(1));
    });
}

#[test]
fn iterator_ends_with_the_channel() {
    let (sender, receiver) = filled(4, 3);
    drop(sender);
    let mut messages = receiver.iter_blocking();
    assert_eq!(messages.by_ref().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(messages.next(), None);
}
