//! A scenario for each promise that can be seen from a runtime, on every runtime and at every capacity; those in
//! `runtimes` beside them. What order of events breaks a promise is the business of the other files.

mod faces;

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use futures_lite::future;

use crate::harness::*;
use crate::runtimes::{Job, Sum, everywhere};

/// A job, as runtimes take it.
fn job(body: impl Future<Output = ()> + Send + 'static) -> Job {
    Box::pin(body)
}

/// Promise 1: what was accepted is received, or drained, or dropped with the channel, once.
#[test]
fn each_message_is_received_or_drained_or_dropped_once() {
    everywhere(|run, capacity| {
        let ledger = Ledger::new();
        let (sender, receiver) = channel(capacity);
        let mut jobs = Vec::new();
        for _ in 0..2 {
            let (sender, receiver, ledger) = (sender.clone(), receiver.clone(), ledger.clone());
            jobs.push(job(async move { while sender.send(ledger.message()).await.is_ok() {} }));
            jobs.push(job(async move {
                for _ in 0..30 {
                    drop(receiver.recv().await);
                }
                receiver.drain().for_each(drop);
                drop(receiver.recv().await);
                drop(receiver.close_and_drain().next());
            }));
        }
        drop((sender, receiver));
        run(jobs);
        ledger.all_dropped_once();
        assert!(ledger.built() >= 30);
    });
}

/// Promise 2: one order, that of each sender within it, whichever way a message was sent or received.
#[test]
fn messages_keep_their_order() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let received = Sum::default();
        let mut jobs = Vec::new();
        for producer in 0..3 {
            let sender = sender.clone();
            jobs.push(job(async move {
                for n in (0..90).step_by(3).map(|n| producer * 90 + n) {
                    sender.send(n).await.unwrap();
                    sender.send_many(&mut VecDeque::from([n + 1])).await.unwrap();
                    sender.reserve().await.unwrap().send(n + 2).unwrap();
                }
            }));
        }
        drop(sender);
        let all = received.clone();
        jobs.push(job(async move {
            while let Ok(message) = receiver.recv().await {
                all.add(message);
                let mut more = Vec::new();
                let _ = receiver.try_recv_many(&mut more, 3);
                more.into_iter().for_each(|message| all.add(message));
            }
        }));
        run(jobs);
        let received = received.take();
        for producer in 0..3 {
            let own = received.iter().copied().filter(|n| n / 90 == producer);
            assert!(own.eq(producer * 90..(producer + 1) * 90), "capacity {capacity}: {received:?}");
        }
    });
}

/// Promise 3: reserves and batches that are given up in the middle reserve nothing, and leave what was not sent.
#[test]
fn permits_and_batches_cancelled() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let received = Sum::default();
        let mut jobs = Vec::new();
        for n in 0..2 {
            let (sender, receiver, received) = (sender.clone(), receiver.clone(), received.clone());
            jobs.push(job(async move {
                let mut batch: VecDeque<usize> = (n * 15..(n + 1) * 15).collect();
                while !batch.is_empty() {
                    drop(future::poll_once(sender.reserve()).await);
                    let _ = future::or(async { sender.send_many(&mut batch).await.is_ok() }, async {
                        for _ in 0..3 {
                            future::yield_now().await;
                        }
                        false
                    })
                    .await;
                }
            }));
            jobs.push(job(async move {
                let mut batch = Vec::new();
                loop {
                    let turn = future::or(async { Some(receiver.recv_many(&mut batch, 3).await) }, async {
                        for _ in 0..3 {
                            future::yield_now().await;
                        }
                        None
                    });
                    let turn = turn.await;
                    batch.drain(..).for_each(|message| received.add(message));
                    if let Some(Err(_)) = turn {
                        return;
                    }
                }
            }));
        }
        let probe = sender.downgrade();
        drop((sender, receiver));
        run(jobs);
        same_multiset(received.take(), (0..30).collect());
        assert!(probe.upgrade().is_none());
    });
}

/// Promise 4: a channel that closes hands back what waits to be sent, and only that.
#[test]
fn refused_sends_give_their_messages_back() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let (received, refused) = (Sum::default(), Sum::default());
        let mut jobs = Vec::new();
        for n in 0..4 {
            let (sender, refused) = (sender.clone(), refused.clone());
            jobs.push(job(async move {
                for message in n * 50..(n + 1) * 50 {
                    if let Err(error) = sender.send(message).await {
                        refused.add(error.into_inner());
                    }
                }
            }));
        }
        let all = received.clone();
        jobs.push(job(async move {
            for _ in 0..60 {
                all.add(receiver.recv().await.unwrap());
            }
            receiver.close();
            while let Ok(message) = receiver.recv().await {
                all.add(message);
            }
        }));
        drop(sender);
        run(jobs);
        let mut all = received.take();
        all.extend(refused.take());
        same_multiset(all, (0..200).collect());
    });
}

/// Promise 5, and 13: futures that are polled once and then kept, or forgotten, stop nobody.
#[test]
fn neglected_futures_stop_nobody() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let done = Arc::new(AtomicUsize::new(0));
        let mut jobs = Vec::new();
        for kind in 0..2 {
            let (receiver, done) = (receiver.clone(), done.clone());
            jobs.push(job(async move {
                let mut neglected = Box::pin(receiver.recv_owned());
                let taken = future::poll_once(neglected.as_mut()).await.map_or(0, |found| usize::from(found.is_ok()));
                if kind == 0 {
                    forget(neglected);
                } else {
                    while done.load(SeqCst) < 100 - 2 {
                        future::yield_now().await;
                    }
                }
                done.fetch_add(taken, SeqCst);
            }));
        }
        for _ in 0..2 {
            let (sender, receiver, done) = (sender.clone(), receiver.clone(), done.clone());
            jobs.push(job(async move {
                for message in 0..50 {
                    sender.send(message).await.unwrap();
                }
            }));
            jobs.push(job(async move {
                while receiver.recv().await.is_ok() {
                    done.fetch_add(1, SeqCst);
                }
            }));
        }
        drop((sender, receiver));
        run(jobs);
        assert_eq!(done.load(SeqCst), 100);
    });
}

/// Promise 6: each message goes to the one that has waited longest.
#[test]
fn waiters_are_served_in_order() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let served = Sum::default();
        let mut jobs = Vec::new();
        for place in 0..4 {
            let (receiver, served) = (receiver.clone(), served.clone());
            jobs.push(job(async move {
                while receiver.waiting_receivers() < place {
                    future::yield_now().await;
                }
                let message = receiver.recv().await.unwrap();
                assert_eq!(message, place);
                served.add(message);
            }));
        }
        let seen = served.clone();
        jobs.push(job(async move {
            while receiver.waiting_receivers() < 4 {
                future::yield_now().await;
            }
            for message in 0..4 {
                sender.send(message).await.unwrap();
                while seen.count() <= message {
                    future::yield_now().await;
                }
            }
        }));
        run(jobs);
        assert_eq!(served.take(), [0, 1, 2, 3]);
    });
}

/// Promise 7: there is never more in a channel than fits, permits included; at capacity 0 no send ends alone.
#[test]
fn capacity_is_kept() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let (sent, taken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut jobs = Vec::new();
        for n in 0..3 {
            let (sender, receiver) = (sender.clone(), receiver.clone());
            let (sent, taken, counted) = (sent.clone(), taken.clone(), taken.clone());
            jobs.push(job(async move {
                for message in 0..60 {
                    if (message + n) % 2 == 0 {
                        sender.send(message).await.unwrap();
                    } else {
                        sender.reserve().await.unwrap().send(message).unwrap();
                    }
                    // In this order, since both only grow. Each receiver may have one that it has yet to count.
                    let sent = sent.fetch_add(1, SeqCst) + 1;
                    let gone = taken.load(SeqCst) + 3;
                    assert!(sent <= gone.saturating_add(capacity), "{sent} sent, {gone} gone, capacity {capacity}");
                }
            }));
            jobs.push(job(async move {
                while receiver.recv().await.is_ok() {
                    counted.fetch_add(1, SeqCst);
                }
            }));
        }
        drop((sender, receiver));
        run(jobs);
        assert_eq!((sent.load(SeqCst), taken.load(SeqCst)), (180, 180));
    });
}

/// Promise 9: the end is told when the last handle of the other side goes, and weak ones do not keep a channel open.
#[test]
fn weak_handles_reach_while_strong_ones_last() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let received = Sum::default();
        let (weak, weak_receiver) = (sender.downgrade(), receiver.downgrade());
        let (mut jobs, mut sent) = (Vec::new(), 0);
        let reach = weak.clone();
        jobs.push(job(async move {
            while let Some(sender) = reach.upgrade() {
                if sender.send(sent).await.is_err() {
                    break;
                }
                sent += 1;
                drop(sender);
                future::yield_now().await;
            }
        }));
        let (reach, all) = (weak_receiver.clone(), received.clone());
        jobs.push(job(async move {
            while let Some(receiver) = reach.upgrade() {
                receiver.try_iter().for_each(|message| all.add(message));
                drop(receiver);
                future::yield_now().await;
            }
        }));
        let all = received.clone();
        jobs.push(job(async move {
            while let Ok(message) = receiver.recv().await {
                all.add(message);
            }
        }));
        let all = received.clone();
        jobs.push(job(async move {
            while all.count() < 30 {
                future::yield_now().await;
            }
            drop(sender);
        }));
        run(jobs);
        let received = received.take();
        let count = received.len();
        assert!(count >= 30);
        same_multiset(received, (0..count).collect());
        assert!(weak.upgrade().is_none() && weak_receiver.upgrade().is_none());
    });
}

/// Promise 12: a task that is always ready lets its neighbour run, also where there is but one thread.
#[test]
fn busy_task_lets_its_neighbour_run() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity.max(1));
        let arrived = Arc::new(AtomicUsize::new(0));
        let neighbours = arrived.clone();
        let mut jobs = Vec::new();
        jobs.push(job(async move {
            for message in 0.. {
                sender.send(message).await.unwrap();
                assert_eq!(receiver.recv().await, Ok(message));
                if neighbours.load(SeqCst) == 4 {
                    return;
                }
                assert!(message < 10_000_000, "its neighbours starve");
            }
        }));
        for _ in 0..4 {
            let arrived = arrived.clone();
            jobs.push(job(async move {
                future::yield_now().await;
                arrived.fetch_add(1, SeqCst);
            }));
        }
        run(jobs);
        assert_eq!(arrived.load(SeqCst), 4);
    });
}
