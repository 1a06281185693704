//! Broadcast on real threads and runtimes: every receiver's log is a slice of the one order, with gaps as it was told.

use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    thread,
};

use futures_lite::{StreamExt, future};
use thalweg::broadcast::{Receiver, Sender, error::RecvError};

use crate::harness::*;

/// Send and not `Sync`: cloning it writes to it, so that two clones at a time would be a data race.
struct Lonely {
    sender: u64,
    number: u64,
    clones: Cell<u64>,
    own: Box<u64>,
}

impl Lonely {
    fn new(sender: u64, number: u64) -> Lonely {
        Lonely { sender, number, clones: Cell::new(0), own: Box::new(number) }
    }
}

impl Clone for Lonely {
    fn clone(&self) -> Lonely {
        self.clones.set(self.clones.get() + 1);
        Lonely::new(self.sender, *self.own)
    }
}

/// How many messages it got, and how many it was told it missed. What it gets of one sender is in order.
async fn read<T: Clone>(mut receiver: Receiver<T>, parts: fn(&T) -> (u64, u64)) -> (u64, u64) {
    let (mut got, mut missed, mut last) = (0, 0, [None; 2]);
    loop {
        match receiver.recv().await {
            Ok(message) => {
                let (sender, number) = parts(&message);
                let last = &mut last[sender as usize];
                assert!(last.is_none_or(|last| last < number), "out of order");
                *last = Some(number);
                got += 1;
            }
            Err(RecvError::Lagged(n)) => missed += n,
            Err(RecvError::Closed) => return (got, missed),
        }
    }
}

const MESSAGES: u64 = 20_000;

#[test]
fn lossy_on_threads() {
    in_time(|| {
        for capacity in [1, 3, 64] {
            let sender = Sender::new(capacity);
            let readers: Vec<_> = (0..3)
                .map(|_| {
                    let receiver = sender.subscribe();
                    thread::spawn(|| future::block_on(read(receiver, |lonely: &Lonely| (lonely.sender, lonely.number))))
                })
                .collect();
            let senders: Vec<_> = (0..2)
                .map(|n| {
                    let sender = sender.clone();
                    thread::spawn(move || (0..MESSAGES).for_each(|i| assert!(sender.send(Lonely::new(n, i)).is_ok())))
                })
                .collect();
            // One that comes and goes.
            for _ in 0..100 {
                let mut passer_by = sender.subscribe();
                let _ = (passer_by.try_recv().is_ok(), passer_by.try_recv().is_ok());
            }
            senders.into_iter().for_each(|sender| sender.join().unwrap());
            drop(sender);
            for reader in readers {
                let (got, missed) = reader.join().unwrap();
                assert_eq!(got + missed, 2 * MESSAGES, "capacity {capacity}: {got} got");
            }
        }
    });
}

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

fn on_tokio(jobs: Vec<Job>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let handles: Vec<_> = jobs.into_iter().map(|job| runtime.spawn(job)).collect();
    handles.into_iter().for_each(|handle| runtime.block_on(handle).unwrap());
}

fn on_one_thread(jobs: Vec<Job>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handles: Vec<_> = jobs.into_iter().map(|job| runtime.spawn(job)).collect();
    handles.into_iter().for_each(|handle| runtime.block_on(handle).unwrap());
}

fn on_smol(jobs: Vec<Job>) {
    let tasks: Vec<_> = jobs.into_iter().map(smol::spawn).collect();
    tasks.into_iter().for_each(smol::block_on);
}

fn on_threads(jobs: Vec<Job>) {
    threads(jobs.into_iter().map(|job| Box::new(move || future::block_on(job)) as Box<_>).collect());
}

#[test]
fn lossless_on_every_runtime() {
    for run in [on_tokio, on_one_thread, on_smol, on_threads] {
        for capacity in [1, 2, 16] {
            let logs = in_time(move || {
                let logs = Arc::new(Mutex::new(Vec::new()));
                let sender = Sender::lossless(capacity);
                let mut jobs: Vec<Job> = Vec::new();
                for n in 0..4 {
                    let (receiver, logs) = (sender.subscribe(), logs.clone());
                    jobs.push(Box::pin(async move {
                        let log = if n == 0 {
                            receiver.map(|message| message.unwrap()).collect::<Vec<(u64, u64)>>().await
                        } else {
                            let mut receiver = receiver;
                            let mut log = Vec::new();
                            while let Ok(message) = receiver.recv().await {
                                log.push(message);
                            }
                            log
                        };
                        logs.lock().unwrap().push(log);
                    }));
                }
                for n in 0..3 {
                    let sender = sender.clone();
                    jobs.push(Box::pin(async move {
                        for number in 0..500 {
                            // Every third one is given up once, and sent anew.
                            if number % 3 == 0 {
                                let mut send = Box::pin(sender.send((n, number)));
                                match future::poll_once(send.as_mut()).await {
                                    Some(sent) => assert_eq!(sent, Ok(4)),
                                    None => assert_eq!(sender.send(send.as_mut().cancel().unwrap()).await, Ok(4)),
                                }
                            } else {
                                assert_eq!(sender.send((n, number)).await, Ok(4));
                            }
                        }
                    }));
                }
                drop(sender);
                run(jobs);
                Arc::into_inner(logs).unwrap().into_inner().unwrap()
            });
            assert!(logs.len() == 4 && logs[0].len() == 1_500);
            assert!(logs.iter().all(|log| *log == logs[0]), "one order for all");
            for n in 0..3 {
                let own = logs[0].iter().filter(|(sender, _)| *sender == n).map(|(_, number)| *number);
                assert!(own.eq(0..500), "each sender's own order");
            }
        }
    }
}
