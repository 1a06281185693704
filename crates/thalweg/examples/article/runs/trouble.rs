//! What a receiver of a broadcast was too slow for, receives that are given up, and messages that nobody takes.

use futures_lite::future::or;
use thalweg::broadcast::{self, error::RecvError};
use thalweg::mpmc;
use thalweg::record::{name_channel, named};

use super::executor::Executor;

pub(crate) fn run(executor: &Executor) {
    let (news, fast) = broadcast::channel(2);
    let (jobs, worker) = mpmc::unbounded();
    name_channel("news", &news);
    name_channel("jobs", &jobs);
    let (mut fast, mut slow) = (named("fast", fast), named("slow", news.subscribe()));
    let (news, jobs, worker) = (named("ticker", news), named("fast", jobs), named("worker", worker));
    let time = executor.clone();
    executor.spawn(async move {
        time.sleep(8).await;
        for number in 0..5 {
            news.send(number).expect("both are there");
            time.sleep(9).await;
        }
    });
    executor.spawn(async move {
        while let Ok(number) = fast.recv().await {
            // Nobody may be left to do it.
            let _ = jobs.send(number).await;
        }
    });
    let time = executor.clone();
    executor.spawn(async move {
        time.sleep(30).await;
        let mut missed = 0;
        loop {
            match slow.recv().await {
                Ok(_) => time.sleep(25).await,
                Err(RecvError::Lagged(count)) => missed += count,
                Err(RecvError::Closed) => break,
            }
        }
        assert_eq!(missed, 2);
    });
    let time = executor.clone();
    executor.spawn(async move {
        for _ in 0..3 {
            let late = async {
                time.sleep(4).await;
                None
            };
            or(async { worker.recv().await.ok() }, late).await;
            time.sleep(3).await;
        }
    });
}
