//! The channel with one receiver on runtimes and on threads that block; time limits; the cooperative budget.

use std::{
    sync::{Arc, Mutex},
    task::Poll,
};

use futures_lite::future::{or, yield_now};
use thalweg::mpsc::{channel, unbounded_channel};

use crate::harness::task;
use crate::runtimes::{Job, everywhere};

/// Producers that send in each way, and one that receives in a loop that gives its `recv` up again and again.
#[test]
fn many_producers_and_a_loop_that_selects() {
    everywhere(|run, capacity| {
        let (tx, mut rx) = channel::<usize>(capacity);
        let received = Arc::new(Mutex::new(Vec::new()));
        let mut jobs: Vec<Job> = Vec::new();
        for producer in 0..4 {
            let tx = tx.clone();
            jobs.push(Box::pin(async move {
                for n in (0..300).map(|n| producer * 300 + n) {
                    match n % 3 {
                        0 => tx.send(n).await.unwrap(),
                        1 => tx.reserve().await.unwrap().send(n),
                        _ => drop(tx.clone().reserve_owned().await.unwrap().send(n)),
                    }
                }
            }));
        }
        drop(tx);
        let sink = received.clone();
        jobs.push(Box::pin(async move {
            let mut buffer = Vec::new();
            loop {
                // `or` polls the first, then the second, and drops whichever is not ready.
                let turn = or(async { Some(rx.recv().await) }, async {
                    yield_now().await;
                    None
                });
                match turn.await {
                    Some(Some(n)) => sink.lock().unwrap().push(n),
                    Some(None) => break,
                    None if buffer.is_empty() => {
                        if rx.recv_many(&mut buffer, 3).await == 0 {
                            break;
                        }
                        sink.lock().unwrap().append(&mut buffer);
                    }
                    None => {}
                }
            }
        }));
        run(jobs);
        let received = std::mem::take(&mut *received.lock().unwrap());
        for producer in 0..4 {
            let own = received.iter().copied().filter(|n| n / 300 == producer);
            assert!(own.eq(producer * 300..(producer + 1) * 300), "capacity {capacity}: in order, once each");
        }
    });
}

/// Questions with answers: an actor that holds a weak sender to itself ends when the last of its clients goes.
#[test]
fn actor_ends_with_its_clients() {
    everywhere(|run, capacity| {
        let (tx, mut rx) = channel::<(usize, thalweg::oneshot::Sender<usize>)>(capacity);
        let weak = tx.downgrade();
        let mut jobs: Vec<Job> = Vec::new();
        for client in 0..4 {
            let tx = tx.clone();
            jobs.push(Box::pin(async move {
                for n in 0..50 {
                    let (answer, answered) = thalweg::oneshot::channel();
                    tx.send((client + n, answer)).await.unwrap();
                    assert_eq!(answered.await, Ok(2 * (client + n)));
                }
            }));
        }
        drop(tx);
        jobs.push(Box::pin(async move {
            while let Some((n, answer)) = rx.recv().await {
                answer.send(2 * n).unwrap();
            }
            assert!(weak.upgrade().is_none());
        }));
        run(jobs);
    });
}

#[test]
fn task_that_receives_for_ever_yields() {
    let (tx, mut rx) = unbounded_channel();
    (0..4_000).for_each(|n| tx.send(n).unwrap());
    let mut got = 0;
    let mut hot = task(async {
        while rx.recv().await.is_some() {
            got += 1;
        }
    });
    assert_eq!(hot.poll(), Poll::Pending);
    assert!(hot.woken(), "it yields, and comes back");
    drop(hot);
    assert!((1..=1_025).contains(&got), "{got}");
    rx.set_budget(None);
    let mut got = 0;
    let mut hot = task(async {
        while rx.recv().await.is_some() {
            got += 1;
        }
    });
    hot.waits();
    drop(hot);
    assert!(got > 2_000, "without a budget it goes on: {got}");
}

/// The receiver waits in one place for ever: what it was there once is not what it is.
#[test]
fn receiver_that_has_waited_yields_as_before() {
    let (tx, mut rx) = channel(300);
    rx.set_budget(std::num::NonZeroU32::new(1));
    for _ in 0..3 {
        task(rx.recv()).waits();
        (0..3).for_each(|n| tx.try_send(n).unwrap());
        assert_eq!(task(rx.recv()).poll(), Poll::Ready(Some(0)));
        for n in 1..3 {
            let mut receive = task(rx.recv());
            assert!(receive.poll().is_pending() && receive.woken(), "the budget is spent");
            assert_eq!(receive.finishes(), Some(n));
        }
    }
}

/// A yield in the middle of a `recv` that is then dropped costs nothing: the next one has what there is.
#[test]
fn yield_of_a_recv_that_is_dropped_costs_nothing() {
    for capacity in [0, 300] {
        let (tx, mut rx) = channel(capacity);
        rx.set_budget(std::num::NonZeroU32::new(1));
        for n in 0..300 {
            let mut receive = task(rx.recv());
            if capacity == 0 {
                receive.waits();
            }
            tx.try_send(n).unwrap();
            let mut got = None;
            while got.is_none() {
                match receive.poll() {
                    Poll::Ready(message) => got = message,
                    Poll::Pending => assert!(receive.woken()),
                }
                drop(receive);
                receive = task(rx.recv());
            }
            assert_eq!(got, Some(n), "capacity {capacity}");
        }
    }
}

#[cfg(feature = "std")]
mod blocking {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use futures_lite::future::block_on;
    use thalweg::mpsc::error::{RecvTimeoutError, SendTimeoutError};

    use super::*;
    use crate::harness::{CAPACITIES, Probe, in_time};
    use crate::mpsc::{held, poll};

    const SHORT: Duration = Duration::from_millis(20);

    #[test]
    fn threads_pass_everything_in_order() {
        for capacity in CAPACITIES {
            in_time(move || {
                let (tx, mut rx) = channel(capacity);
                let producer = thread::spawn(move || (0..1_000).for_each(|n| tx.blocking_send(n).unwrap()));
                let (mut received, mut round) = (Vec::new(), 0);
                loop {
                    round += 1;
                    let came = match round % 3 {
                        0 => rx.blocking_recv_many(&mut received, 5),
                        1 => rx.blocking_recv_timeout(Duration::MAX).map(|n| received.push(n)).map_or(0, |()| 1),
                        _ => rx.blocking_recv().map(|n| received.push(n)).map_or(0, |()| 1),
                    };
                    if came == 0 {
                        break;
                    }
                }
                assert_eq!(received, (0..1_000).collect::<Vec<_>>());
                producer.join().unwrap();
            });
        }
    }

    #[test]
    fn unbounded_receiver_blocks_too() {
        in_time(|| {
            let (tx, mut rx) = unbounded_channel();
            let producer = thread::spawn(move || (0..100).for_each(|n| tx.send(n).unwrap()));
            let mut received = vec![rx.blocking_recv().unwrap()];
            received.push(rx.blocking_recv_timeout(Duration::MAX).unwrap());
            while rx.blocking_recv_many(&mut received, 7) > 0 {}
            assert_eq!(received, (0..100).collect::<Vec<_>>());
            producer.join().unwrap();
        });
    }

    #[test]
    fn time_runs_out_and_nothing_happened() {
        let (tx, mut rx) = channel(1);
        let start = Instant::now();
        assert_eq!(rx.blocking_recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
        assert!(start.elapsed() >= SHORT);
        assert_eq!(tx.blocking_send_timeout(1, Duration::ZERO), Ok(()));
        assert_eq!(tx.blocking_send_timeout(2, SHORT), Err(SendTimeoutError::Timeout(2)));
        assert_eq!(rx.blocking_recv_timeout(Duration::ZERO), Ok(1));
        assert_eq!(rx.blocking_recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
        let passed = Instant::now();
        assert_eq!(tx.blocking_send_deadline(1, passed), Ok(()), "it tries once");
        let soon = Instant::now() + SHORT;
        assert_eq!(tx.blocking_send_deadline(2, soon), Err(SendTimeoutError::Timeout(2)));
        assert!(Instant::now() >= soon);
        assert_eq!(rx.blocking_recv_deadline(passed), Ok(1), "it looks once");
        let soon = Instant::now() + SHORT;
        assert_eq!(rx.blocking_recv_deadline(soon), Err(RecvTimeoutError::Timeout));
        assert!(Instant::now() >= soon);
        let (unbounded, mut receiver) = unbounded_channel();
        assert_eq!(receiver.blocking_recv_deadline(passed), Err(RecvTimeoutError::Timeout));
        unbounded.send(1).unwrap();
        assert_eq!(receiver.blocking_recv_deadline(passed), Ok(1));
        rx.close();
        assert_eq!(tx.blocking_send_timeout(3, Duration::MAX), Err(SendTimeoutError::Closed(3)));
        assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Err(RecvTimeoutError::Closed));
        assert_eq!((rx.blocking_recv(), rx.blocking_recv_many(&mut Vec::new(), 1)), (None, 0));
    }

    /// The place of a `recv` that was given up must not take the wake of the thread that blocks after it.
    #[test]
    fn thread_blocks_after_a_recv_was_given_up() {
        for capacity in [0, 1] {
            for way in 0..3 {
                in_time(move || {
                    let (tx, mut rx) = channel(capacity);
                    let probe = Probe::new();
                    assert!(poll(&mut rx, &probe).is_pending());
                    let weak = tx.downgrade();
                    let producer = thread::spawn(move || {
                        let start = Instant::now();
                        while start.elapsed() < SHORT {
                            thread::yield_now();
                        }
                        tx.blocking_send(1).unwrap();
                        tx
                    });
                    let mut received = Vec::new();
                    match way {
                        0 => received.extend(rx.blocking_recv()),
                        1 => assert_eq!(rx.blocking_recv_many(&mut received, 2), 1),
                        _ => received.extend(rx.blocking_recv_timeout(Duration::MAX)),
                    }
                    assert_eq!((received, held(&probe)), (vec![1], 0));
                    drop(producer.join().unwrap());
                    assert!(weak.upgrade().is_none());
                    assert_eq!(block_on(rx.recv()), None);
                });
            }
        }
    }

    /// tokio's panic there; these block the runtime's thread, and go on. The task's budget must not keep them from it.
    #[test]
    fn blocking_inside_a_runtime_is_no_panic() {
        in_time(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let (tx, mut rx) = channel(1);
                let producer = thread::spawn(move || (0..1_000).for_each(|n| tx.blocking_send(n).unwrap()));
                (0..1_000).for_each(|n| assert_eq!(rx.blocking_recv(), Some(n)));
                assert_eq!(rx.recv().await, None);
                producer.join().unwrap();
            });
        });
    }
}

#[cfg(feature = "tokio")]
mod timeout {
    use std::time::Duration;

    use futures_lite::future::block_on;
    use thalweg::mpsc::error::SendTimeoutError;

    use super::*;
    use crate::harness::{Ledger, panics};

    #[test]
    fn send_waits_for_as_long_as_it_may() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let ledger = Ledger::new();
            let (tx, mut rx) = channel(1);
            assert!(tx.send_timeout(ledger.message(), Duration::ZERO).await.is_ok());
            let Err(SendTimeoutError::Timeout(back)) =
                tx.send_timeout(ledger.message(), Duration::from_millis(5)).await
            else {
                panic!("there is no room")
            };
            assert_eq!(back.id, 1);
            let (sent, got) = tokio::join!(tx.send_timeout(back, Duration::from_secs(60)), rx.recv());
            assert_eq!((sent.is_ok(), got.unwrap().id), (true, 0));
            rx.close();
            let Err(SendTimeoutError::Closed(back)) = tx.send_timeout(ledger.message(), Duration::MAX).await else {
                panic!("it is closed")
            };
            assert_eq!((back.id, rx.recv().await.unwrap().id), (2, 1));
            drop(back);
            ledger.all_dropped_once();
        });
    }

    #[test]
    fn send_with_a_limit_needs_the_timer() {
        let (tx, _rx) = channel(1);
        panics(|| block_on(tx.send_timeout(1, Duration::from_millis(1))));
        assert_eq!(tx.capacity(), 1);
    }
}
