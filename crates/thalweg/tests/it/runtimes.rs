//! Promise 12, first half: any runtime, or none, mixed at will. The same scenarios on each.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use futures_lite::{StreamExt, future};
use thalweg::mpmc::{self, Receiver, Sender};

use crate::harness::*;

pub(crate) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;
pub(crate) type Runtime = fn(Vec<Job>);

const RUNTIMES: [(&str, Runtime); 5] = [
    ("tokio current-thread", on_tokio_thread),
    ("tokio multi-thread", on_tokio_workers),
    ("smol", on_smol),
    ("plain threads", on_threads),
    ("all mixed", on_all),
];

async fn finish<T>(handles: Vec<tokio::task::JoinHandle<T>>) {
    for handle in handles {
        handle.await.unwrap();
    }
}

fn on_tokio_thread(jobs: Vec<Job>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { finish(jobs.into_iter().map(tokio::spawn).collect()).await });
}

fn on_tokio_workers(jobs: Vec<Job>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async { finish(jobs.into_iter().map(tokio::spawn).collect()).await });
}

fn on_smol(jobs: Vec<Job>) {
    let tasks: Vec<_> = jobs.into_iter().map(smol::spawn).collect();
    smol::block_on(async {
        for task in tasks {
            task.await;
        }
    });
}

fn on_threads(jobs: Vec<Job>) {
    threads(jobs.into_iter().map(|job| Box::new(move || future::block_on(job)) as Box<_>).collect());
}

fn on_all(jobs: Vec<Job>) {
    let runtimes: [Runtime; 4] = [on_tokio_thread, on_tokio_workers, on_smol, on_threads];
    let mut shares: Vec<Vec<Job>> = (0..4).map(|_| Vec::new()).collect();
    jobs.into_iter().enumerate().for_each(|(n, job)| shares[n % 4].push(job));
    threads(shares.into_iter().zip(runtimes).map(|(share, run)| Box::new(move || run(share)) as Box<_>).collect());
}

/// Runs the scenario on each runtime, at each capacity.
pub(crate) fn everywhere(scenario: fn(Runtime, usize)) {
    for (name, runtime) in RUNTIMES {
        for capacity in CAPACITIES {
            println!("{name}, capacity {capacity}");
            in_time(move || scenario(runtime, capacity));
        }
    }
}

/// Gathers what jobs received.
#[derive(Clone, Default)]
pub(crate) struct Sum(Arc<Mutex<Vec<usize>>>);

impl Sum {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn add(&self, message: usize) {
        self.0.lock().unwrap().push(message);
    }

    pub(crate) fn take(&self) -> Vec<usize> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[test]
fn many_to_many() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let received = Sum::default();
        let mut jobs: Vec<Job> = Vec::new();
        for n in 0..4 {
            let (sender, receiver, received) = (sender.clone(), receiver.clone(), received.clone());
            jobs.push(Box::pin(async move {
                for message in n * 300..(n + 1) * 300 {
                    sender.send(message).await.unwrap();
                }
            }));
            jobs.push(Box::pin(async move {
                while let Ok(message) = receiver.recv().await {
                    received.add(message);
                }
            }));
        }
        drop((sender, receiver));
        // Producers and consumers on all runtimes when they are mixed, not each on its own.
        jobs.rotate_left(3);
        run(jobs);
        same_multiset(received.take(), (0..1_200).collect());
    });
}

/// Races that cancel one of two receives again and again, as `select!` does.
#[test]
fn receives_raced_and_cancelled() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let received = Sum::default();
        let mut jobs: Vec<Job> = Vec::new();
        for n in 0..3 {
            let (sender, receiver, received) = (sender.clone(), receiver.clone(), received.clone());
            jobs.push(Box::pin(async move {
                for message in n * 200..(n + 1) * 200 {
                    sender.send(message).await.unwrap();
                }
            }));
            jobs.push(Box::pin(async move {
                loop {
                    let timeout = async {
                        future::yield_now().await;
                        None
                    };
                    match future::or(async { Some(receiver.recv().await) }, timeout).await {
                        Some(Ok(message)) => received.add(message),
                        Some(Err(_)) => return,
                        None => future::yield_now().await,
                    }
                }
            }));
        }
        drop((sender, receiver));
        run(jobs);
        same_multiset(received.take(), (0..600).collect());
    });
}

/// The same for sends, with the value asked back and sent again.
#[test]
fn sends_cancelled_and_tried_again() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let received = Sum::default();
        let mut jobs: Vec<Job> = Vec::new();
        for n in 0..3 {
            let (sender, receiver, received) = (sender.clone(), receiver.clone(), received.clone());
            jobs.push(Box::pin(async move {
                for message in n * 200..(n + 1) * 200 {
                    let mut message = Some(message);
                    while let Some(again) = message.take() {
                        let mut send = Box::pin(sender.send(again));
                        if future::poll_once(send.as_mut()).await.is_none() {
                            future::yield_now().await;
                            message = send.as_mut().cancel();
                        }
                        drop(send);
                        if message.is_some() {
                            future::yield_now().await;
                        }
                    }
                }
            }));
            jobs.push(Box::pin(async move {
                let mut receiver = receiver;
                while let Some(message) = receiver.next().await {
                    received.add(message);
                }
            }));
        }
        drop((sender, receiver));
        run(jobs);
        same_multiset(received.take(), (0..600).collect());
    });
}

/// Requests that carry their own way back.
#[test]
fn request_and_response() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel::<(usize, Sender<usize>)>(capacity);
        let done = Arc::new(AtomicUsize::new(0));
        let mut jobs: Vec<Job> = Vec::new();
        for n in 0..3 {
            let (sender, receiver, done) = (sender.clone(), receiver.clone(), done.clone());
            jobs.push(Box::pin(async move {
                for request in n * 100..(n + 1) * 100 {
                    let (reply, response) = mpmc::bounded(1);
                    sender.send((request, reply)).await.unwrap();
                    assert_eq!(response.recv().await, Ok(request * 2));
                    done.fetch_add(1, SeqCst);
                }
            }));
            jobs.push(Box::pin(async move {
                while let Ok((request, reply)) = receiver.recv().await {
                    reply.send(request * 2).await.unwrap();
                }
            }));
        }
        drop((sender, receiver));
        run(jobs);
        assert_eq!(done.load(SeqCst), 300);
    });
}

#[test]
fn permits_and_batches() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel(capacity);
        let received = Sum::default();
        let mut jobs: Vec<Job> = Vec::new();
        for n in 0..3 {
            let (sender, receiver, received) = (sender.clone(), receiver.clone(), received.clone());
            jobs.push(Box::pin(async move {
                for message in (n * 300..(n + 1) * 300).step_by(3) {
                    sender.reserve().await.unwrap().send(message).unwrap();
                    let mut batch = [message + 1, message + 2].into();
                    sender.send_many(&mut batch).await.unwrap();
                    drop(sender.clone().reserve_owned().await.map(|permit| permit.release()));
                }
            }));
            jobs.push(Box::pin(async move {
                let mut batch = Vec::new();
                while receiver.recv_many(&mut batch, 1 + n).await.is_ok() {
                    batch.drain(..).for_each(|message| received.add(message));
                }
            }));
        }
        drop((sender, receiver));
        run(jobs);
        same_multiset(received.take(), (0..900).collect());
    });
}

#[test]
fn end_is_told_to_all() {
    everywhere(|run, capacity| {
        let (sender, receiver) = channel::<usize>(capacity);
        let mut jobs: Vec<Job> = Vec::new();
        for n in 0..4 {
            let (sender, receiver) = (sender.clone(), receiver.clone());
            jobs.push(match n {
                0 => Box::pin(async move { sender.closed().await }),
                1 => Box::pin(async move { receiver.closed().await }),
                2 => Box::pin(async move { while receiver.recv().await.is_ok() {} }),
                _ => Box::pin(async move { while sender.send(1).await.is_ok() {} }),
            });
        }
        jobs.push(Box::pin(async move {
            future::yield_now().await;
            assert!(receiver.close());
            drop(sender);
        }));
        run(jobs);
    });
}

fn wait_until(what: impl Fn() -> bool) {
    while !what() {
        thread::sleep(Duration::from_millis(1));
    }
}

/// A runtime is shut down with tasks waiting in it: for those outside it is as if they were dropped.
#[test]
fn shut_down_runtime_is_missed_by_nobody() {
    for workers in [0, 2] {
        for capacity in CAPACITIES {
            in_time(move || {
                let runtime = match workers {
                    0 => tokio::runtime::Builder::new_current_thread().build().unwrap(),
                    _ => tokio::runtime::Builder::new_multi_thread().worker_threads(workers).build().unwrap(),
                };
                let (sender, receiver) = channel(capacity);
                for _ in 0..3 {
                    let receiver = receiver.clone();
                    runtime.spawn(async move { while receiver.recv().await.is_ok() {} });
                }
                runtime.block_on(async {
                    while receiver.waiting_receivers() < 3 {
                        tokio::task::yield_now().await;
                    }
                });
                drop(runtime);
                assert_eq!((receiver.receiver_count(), receiver.waiting_receivers()), (1, 0));
                let outside = thread::spawn(move || future::block_on(receiver.recv()));
                future::block_on(sender.send(7)).unwrap();
                assert_eq!(outside.join().unwrap(), Ok(7));
                assert!(sender.is_closed());
            });
        }
    }
}

/// Woken, not yet polled, and shut down: the wake-up reaches someone outside.
#[test]
fn shut_down_runtime_passes_its_wakes_on() {
    for capacity in CAPACITIES {
        in_time(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (sender, receiver) = channel(capacity);
            let inner = receiver.clone();
            runtime.spawn(async move { while inner.recv().await.is_ok() {} });
            runtime.block_on(async {
                while receiver.waiting_receivers() < 1 {
                    tokio::task::yield_now().await;
                }
            });
            let outside = receiver.clone();
            let outside = thread::spawn(move || future::block_on(outside.recv()));
            wait_until(|| receiver.waiting_receivers() == 2);
            sender.try_send(7).unwrap();
            drop(runtime);
            assert_eq!(outside.join().unwrap(), Ok(7), "capacity {capacity}");
        });
    }
}

/// tokio #1886, #2082: a runtime's shut-down drops the receiver, whose messages own senders, whose tasks are in the runtime.
#[test]
fn shut_down_runtime_drops_messages_that_own_handles() {
    struct Letter {
        _own: Sender<Letter>,
        _reply: Receiver<usize>,
    }
    for workers in [0, 2] {
        in_time(move || {
            let runtime = match workers {
                0 => tokio::runtime::Builder::new_current_thread().build().unwrap(),
                _ => tokio::runtime::Builder::new_multi_thread().worker_threads(workers).build().unwrap(),
            };
            let (sender, receiver) = channel::<Letter>(2);
            let waiting = Arc::new(AtomicUsize::new(0));
            for _ in 0..4 {
                let (sender, waiting) = (sender.clone(), waiting.clone());
                runtime.spawn(async move {
                    let (reply, response) = mpmc::bounded(1);
                    let letter = Letter { _own: sender.clone(), _reply: response };
                    waiting.fetch_add(1, SeqCst);
                    let _ = sender.send(letter).await;
                    reply.closed().await;
                });
            }
            let weak = sender.downgrade();
            drop(sender);
            runtime.spawn(async move {
                let _receiver = receiver;
                std::future::pending::<()>().await;
            });
            runtime.block_on(async {
                while waiting.load(SeqCst) < 4 {
                    tokio::task::yield_now().await;
                }
            });
            drop(runtime);
            assert!(weak.upgrade().is_none(), "everything is gone");
        });
    }
}

/// One end on each runtime, and a task that moves its half-done send from one to the other.
#[test]
fn pending_send_moves_from_one_runtime_to_another() {
    in_time(|| {
        let (sender, receiver) = filled(1, 1);
        let mut send = Box::pin(sender.send_owned(1));
        let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
        tokio.block_on(async { assert!(future::poll_once(send.as_mut()).await.is_none()) });
        let moved = smol::spawn(send);
        wait_until(|| receiver.waiting_senders() == 1);
        assert_eq!(receiver.try_recv(), Ok(0));
        assert_eq!(smol::block_on(moved), Ok(()));
        assert_eq!(tokio.block_on(receiver.recv()), Ok(1));
    });
}
