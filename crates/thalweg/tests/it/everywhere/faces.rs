//! Each way in and out of a channel, on every runtime.

use std::{future::poll_fn, task::Poll};

use futures_lite::{StreamExt, future};
use thalweg::mpmc;

use super::job;
use crate::harness::*;
use crate::runtimes::{Job, Sum, everywhere};

/// Promise 11: calls that only try, and sends that make room, among those that wait. What is pushed out is handed back.
#[test]
fn tries_and_forced_sends_among_waits() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let (received, out) = (Sum::default(), Sum::default());
        let mut jobs = Vec::new();
        for n in 0..3 {
            let (sender, receiver) = (sender.clone(), receiver.clone());
            let (received, out) = (received.clone(), out.clone());
            jobs.push(job(async move {
                for message in n * 60..(n + 1) * 60 {
                    match message % 3 {
                        0 => sender.send(message).await.unwrap(),
                        // At capacity 0 there is nothing to push out: it comes back itself where nobody waits for it.
                        1 => sender.force_send(message).unwrap().into_iter().for_each(|message| out.add(message)),
                        _ => {
                            while sender.try_send(message).is_err() {
                                future::yield_now().await;
                            }
                        }
                    }
                }
            }));
            jobs.push(job(async move {
                loop {
                    if let Ok(message) = receiver.try_recv() {
                        received.add(message);
                    }
                    match receiver.recv().await {
                        Ok(message) => received.add(message),
                        Err(_) => return,
                    }
                }
            }));
        }
        drop((sender, receiver));
        run(jobs);
        let mut all = received.take();
        all.extend(out.take());
        same_multiset(all, (0..180).collect());
    });
}

/// Streams at one end, a sender that is polled at the other.
#[test]
fn streams_and_polled_senders() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let received = Sum::default();
        let mut jobs = Vec::new();
        for n in 0..3 {
            let (sender, mut receiver, received) = (sender.clone(), receiver.clone(), received.clone());
            jobs.push(job(async move {
                let mut sender = sender.into_poll_sender();
                for message in n * 60..(n + 1) * 60 {
                    if message % 7 == 0 {
                        // Given up, with or without a place.
                        let _ = future::poll_once(poll_fn(|cx| sender.poll_reserve(cx))).await;
                        sender.abort_send();
                    }
                    poll_fn(|cx| sender.poll_reserve(cx)).await.unwrap();
                    sender.send_item(message).unwrap();
                }
            }));
            jobs.push(job(async move {
                while let Some(message) = receiver.next().await {
                    received.add(message);
                }
            }));
        }
        drop((sender, receiver));
        run(jobs);
        same_multiset(received.take(), (0..180).collect());
    });
}

/// With the feature `sink`, by the trait itself.
#[cfg(feature = "sink")]
#[test]
fn sinks() {
    use futures_sink::Sink;
    use std::pin::Pin;

    everywhere(|run, capacity| {
        let (sender, mut receiver) = channel(capacity);
        let received = Sum::default();
        let mut jobs = Vec::new();
        for n in 0..3 {
            let mut sink = sender.clone().into_poll_sender();
            jobs.push(job(async move {
                for message in n * 60..(n + 1) * 60 {
                    poll_fn(|cx| Pin::new(&mut sink).poll_ready(cx)).await.unwrap();
                    Pin::new(&mut sink).start_send(message).unwrap();
                }
                poll_fn(|cx| Pin::new(&mut sink).poll_close(cx)).await.unwrap();
            }));
        }
        let all = received.clone();
        jobs.push(job(async move {
            while let Some(message) = receiver.next().await {
                all.add(message);
            }
        }));
        drop(sender);
        run(jobs);
        same_multiset(received.take(), (0..180).collect());
    });
}

/// Futures that own their handles, polled in one task and awaited in another: they wake the one that polled them last.
#[test]
fn owned_futures_change_tasks() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let (post, posted) = mpmc::unbounded::<Job>();
        let received = Sum::default();
        let mut jobs = Vec::new();
        for message in 0..70 {
            // The last ten are sent when nothing else is left: as many receives wait for them.
            let mut send = (message < 60).then(|| Box::pin(sender.send_owned(message)));
            let mut recv = Box::pin(receiver.recv_owned());
            let (post, received) = (post.clone(), received.clone());
            jobs.push(job(async move {
                if let Some(begun) = &mut send {
                    if future::poll_once(begun.as_mut()).await.is_some() {
                        send = None;
                    }
                }
                let found = future::poll_once(recv.as_mut()).await;
                let rest = job(async move {
                    let found = match found {
                        Some(found) => found,
                        None => recv.await,
                    };
                    received.add(found.unwrap());
                });
                post.send(rest).await.unwrap();
                if let Some(send) = send {
                    post.send(job(async move { send.await.unwrap() })).await.unwrap();
                }
            }));
        }
        drop(post);
        for _ in 0..2 {
            let mut posted = posted.clone();
            let mut open: Vec<Job> = Vec::new();
            jobs.push(job(poll_fn(move |cx| {
                let mut next = posted.poll_next(cx);
                while let Poll::Ready(Some(job)) = next {
                    open.push(job);
                    next = posted.poll_next(cx);
                }
                open.retain_mut(|job| job.as_mut().poll(cx).is_pending());
                if next.is_ready() && open.is_empty() { Poll::Ready(()) } else { Poll::Pending }
            })));
        }
        let all = received.clone();
        jobs.push(job(async move {
            while all.count() < 60 {
                future::yield_now().await;
            }
            for message in 60..70 {
                sender.send(message).await.unwrap();
            }
        }));
        drop((receiver, posted));
        run(jobs);
        same_multiset(received.take(), (0..70).collect());
    });
}

/// Threads that block, with and without a limit, at the same channel as the tasks.
#[cfg(feature = "std")]
#[test]
fn blocking_threads_beside_tasks() {
    use std::{thread, time::Duration};
    use thalweg::mpmc::RecvTimeoutError;

    const SHORT: Duration = Duration::from_micros(200);

    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let received = Sum::default();
        let mut jobs = Vec::new();
        let mut beside = Vec::new();
        for n in 0..2 {
            let (sends, receives, all) = (sender.clone(), receiver.clone(), received.clone());
            jobs.push(job(async move {
                for message in n * 100..n * 100 + 50 {
                    sends.send(message).await.unwrap();
                }
            }));
            jobs.push(job(async move {
                while let Ok(message) = receives.recv().await {
                    all.add(message);
                }
            }));
            let (sends, receives, all) = (sender.clone(), receiver.clone(), received.clone());
            beside.push(thread::spawn(move || {
                for message in n * 100 + 50..(n + 1) * 100 {
                    let mut next = message;
                    // What was too late comes back and is sent again.
                    while let Err(late) = sends.send_timeout(next, SHORT) {
                        assert!(late.is_timeout());
                        next = late.into_inner();
                    }
                }
            }));
            beside.push(thread::spawn(move || {
                loop {
                    match receives.recv_timeout(SHORT) {
                        Ok(message) => all.add(message),
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Closed) => break assert_eq!(receives.sender_count(), 0),
                    }
                }
            }));
        }
        drop((sender, receiver));
        run(jobs);
        beside.into_iter().for_each(|thread| thread.join().unwrap());
        same_multiset(received.take(), (0..200).collect());
    });
}
