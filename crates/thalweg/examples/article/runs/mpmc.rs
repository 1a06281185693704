//! Each message to one of the consumers.

use thalweg::mpmc;
use thalweg::record::{name_channel, named};

use super::executor::Executor;

pub(crate) fn run(executor: &Executor) {
    let (tx, rx) = mpmc::bounded(4);
    name_channel("channel", &tx);
    let (second, first) = (named("producer 2", tx.clone()), named("producer 1", tx));
    let (right, left) = (named("consumer 2", rx.clone()), named("consumer 1", rx));
    let time = executor.clone();
    executor.spawn(async move {
        for message in ["A", "C"] {
            time.sleep(10).await;
            first.send(message).await.expect("consumers are there");
        }
    });
    let time = executor.clone();
    executor.spawn(async move {
        time.sleep(15).await;
        second.send("B").await.expect("consumers are there");
    });
    for (rx, begins, work) in [(left, 30, 30), (right, 35, 10)] {
        let time = executor.clone();
        executor.spawn(async move {
            time.sleep(begins).await;
            while rx.recv().await.is_ok() {
                time.sleep(work).await;
            }
        });
    }
}
