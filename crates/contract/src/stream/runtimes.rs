//! Promise 12: any runtime, or none.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::thread;

use async_executor::Executor;
use futures_lite::future::{block_on, yield_now};

use super::{ANY, Capacity, Stream, awaits, offered, open};
use crate::child::stage;
use crate::hand::run_in_line;
use crate::message::Message;
use crate::outcome::{Outcome, ensure, not_offered};

const EACH: u64 = 500;

async fn produce<S: Stream>(mut tx: S::Tx) {
    for id in 0..EACH {
        let _ = S::send(&mut tx, Message::plain(id)).await;
    }
}

async fn consume<S: Stream>(mut rx: S::Rx) -> u64 {
    let mut sum = 0;
    while let Some(message) = S::recv(&mut rx).await {
        sum += message.id + 1;
    }
    sum
}

const SUM: u64 = EACH * (EACH + 1) / 2;

/// Four senders and as many receivers as may be, on each runtime, and across them.
pub(crate) fn all<S: Stream>() -> Outcome {
    awaits::<S>()?;
    for capacity in offered::<S>(&ANY)? {
        for (name, run) in [
            ("tokio, one thread", on_tokio::<S, false>),
            ("tokio, two workers", on_tokio::<S, true>),
            ("smol's executor, two threads", on_smol::<S>),
            ("a bare block_on", on_none::<S>),
            ("tokio to block_on", across::<S>),
        ] as [(&str, fn(S::Tx, S::Rx) -> u64); 5]
        {
            stage(name);
            let (tx, rx) = open::<S>(capacity)?;
            let sum = run(tx, rx);
            ensure(sum == 4 * SUM, || format!("{capacity}: not all came through on {name}"))?;
        }
    }
    Ok(())
}

fn receivers<S: Stream>(rx: S::Rx) -> Vec<S::Rx> {
    S::share(&rx).into_iter().chain([rx]).collect()
}

fn on_tokio<S: Stream, const WORKERS: bool>(tx: S::Tx, rx: S::Rx) -> u64 {
    let mut builder = if WORKERS {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = builder.worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let receiving: Vec<_> = receivers::<S>(rx).into_iter().map(|rx| tokio::spawn(consume_boxed::<S>(rx))).collect();
        for tx in vec![tx; 4] {
            tokio::spawn(produce_boxed::<S>(tx));
        }
        let mut sum = 0;
        for task in receiving {
            sum += task.await.unwrap();
        }
        sum
    })
}

/// Boxed, as the compiler cannot see through two layers of `impl Future` that these are `Send`.
fn consume_boxed<S: Stream>(rx: S::Rx) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        let mut rx = rx;
        let mut sum = 0;
        while let Some(message) = S::recv(&mut rx).await {
            sum += message.id + 1;
        }
        sum
    })
}

fn produce_boxed<S: Stream>(tx: S::Tx) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(produce::<S>(tx))
}

fn on_smol<S: Stream>(tx: S::Tx, rx: S::Rx) -> u64 {
    let executor = Executor::new();
    let receiving: Vec<_> = receivers::<S>(rx).into_iter().map(|rx| executor.spawn(consume_boxed::<S>(rx))).collect();
    let sending: Vec<_> = vec![tx; 4].into_iter().map(|tx| executor.spawn(produce_boxed::<S>(tx))).collect();
    let all = async {
        for task in sending {
            task.await;
        }
        let mut sum = 0;
        for task in receiving {
            sum += task.await;
        }
        sum
    };
    thread::scope(|scope| {
        let (signal, ended) = tokio::sync::oneshot::channel::<()>();
        scope.spawn(|| block_on(executor.run(async { drop(ended.await) })));
        let sum = block_on(executor.run(all));
        drop(signal);
        sum
    })
}

fn on_none<S: Stream>(tx: S::Tx, rx: S::Rx) -> u64 {
    let sending: Vec<_> = vec![tx; 4].into_iter().map(|tx| thread::spawn(move || block_on(produce::<S>(tx)))).collect();
    let receiving: Vec<_> =
        receivers::<S>(rx).into_iter().map(|rx| thread::spawn(move || block_on(consume::<S>(rx)))).collect();
    sending.into_iter().for_each(|thread| thread.join().unwrap());
    receiving.into_iter().map(|thread| thread.join().unwrap()).sum()
}

fn across<S: Stream>(tx: S::Tx, rx: S::Rx) -> u64 {
    let sending = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let tasks: Vec<_> = vec![tx; 4].into_iter().map(|tx| tokio::spawn(produce_boxed::<S>(tx))).collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
    let sum = block_on(consume::<S>(rx));
    sending.join().unwrap();
    sum
}

const QUEUED: u64 = 20_000;

/// A receiver that finds a message each time it looks lets its neighbour run, on tokio's one-thread runtime.
pub(crate) fn neighbours_tokio<S: Stream>() -> Outcome {
    let local = |futures: Vec<Pin<Box<dyn Future<Output = ()>>>>| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let set = tokio::task::LocalSet::new();
        set.block_on(&runtime, async {
            let tasks: Vec<_> = futures.into_iter().map(tokio::task::spawn_local).collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    };
    neighbours::<S>(local)
}

/// The same on a plain executor: a line, and whoever wakes goes to its end.
pub(crate) fn neighbours_any<S: Stream>() -> Outcome {
    neighbours::<S>(|futures| run_in_line(futures))
}

fn neighbours<S: Stream>(run: impl FnOnce(Vec<Pin<Box<dyn Future<Output = ()>>>>)) -> Outcome {
    awaits::<S>()?;
    let capacity = offered::<S>(&[Capacity::Unbounded, Capacity::Bounded(QUEUED as usize)])?[0];
    let (mut tx, mut rx) = open::<S>(capacity)?;
    for id in 0..QUEUED {
        if S::try_send(&mut tx, Message::plain(id)).is_err() {
            return not_offered("it cannot be filled beforehand");
        }
    }
    drop(tx);
    let (taken, longest) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let hot = {
        let taken = Rc::clone(&taken);
        async move {
            while S::recv(&mut rx).await.is_some() {
                taken.set(taken.get() + 1);
            }
        }
    };
    let neighbour = {
        let longest = Rc::clone(&longest);
        async move {
            let mut seen = 0;
            while seen < QUEUED {
                yield_now().await;
                longest.set(longest.get().max(taken.get() - seen));
                seen = taken.get();
            }
        }
    };
    // The neighbour first: it waits its turn while the other runs.
    run(vec![Box::pin(neighbour), Box::pin(hot)]);
    ensure(longest.get() < QUEUED / 2, || {
        format!("a receiver took {} of {QUEUED} messages in one go while its neighbour waited", longest.get())
    })
}
