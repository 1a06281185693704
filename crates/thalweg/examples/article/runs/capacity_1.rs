//! There is room for one message: the second send waits until the first one is received.

use thalweg::mpmc;
use thalweg::record::{name_channel, named};

use super::executor::Executor;

pub(crate) fn run(executor: &Executor) {
    let (tx, rx) = mpmc::bounded(1);
    name_channel("channel", &tx);
    let (tx, rx) = (named("producer", tx), named("consumer", rx));
    let time = executor.clone();
    executor.spawn(async move {
        for message in ["A", "B"] {
            time.sleep(5).await;
            tx.send(message).await.expect("the consumer is there");
        }
    });
    let time = executor.clone();
    executor.spawn(async move {
        time.sleep(40).await;
        while rx.recv().await.is_ok() {
            time.sleep(10).await;
        }
    });
}
