//! Many producers, one consumer, who has the messages in the order in which the channel got them.

use thalweg::mpsc;
use thalweg::record::{name_channel, named};

use super::executor::Executor;

pub(crate) fn run(executor: &Executor) {
    let (tx, rx) = mpsc::channel(4);
    name_channel("channel", &tx);
    let (two, one) = (named("producer 2", tx.clone()), named("producer 1", tx));
    let mut rx = named("consumer", rx);
    let time = executor.clone();
    executor.spawn(async move {
        time.sleep(10).await;
        one.send("A").await.expect("the consumer is there");
        time.sleep(30).await;
        one.send("C").await.expect("the consumer is there");
    });
    let time = executor.clone();
    executor.spawn(async move {
        time.sleep(20).await;
        two.send("B").await.expect("the consumer is there");
    });
    let time = executor.clone();
    executor.spawn(async move {
        time.sleep(30).await;
        let mut all = Vec::new();
        while let Some(message) = rx.recv().await {
            all.push(message);
            time.sleep(6).await;
        }
        assert_eq!(all, ["A", "B", "C"]);
    });
}
