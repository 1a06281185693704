//! Each message to every consumer.

use thalweg::broadcast;
use thalweg::record::{name_channel, named};

use super::executor::Executor;

pub(crate) fn run(executor: &Executor) {
    let (tx, rx) = broadcast::channel(4);
    name_channel("channel", &tx);
    let (two, one) = (named("consumer 2", tx.subscribe()), named("consumer 1", rx));
    let tx = named("producer", tx);
    let time = executor.clone();
    executor.spawn(async move {
        for message in ["A", "B"] {
            time.sleep(10).await;
            tx.send(message).expect("consumers are there");
        }
        time.sleep(40).await;
    });
    for (mut rx, begins) in [(one, 25), (two, 30)] {
        let time = executor.clone();
        executor.spawn(async move {
            time.sleep(begins).await;
            let mut all = Vec::new();
            while let Ok(message) = rx.recv().await {
                all.push(message);
                time.sleep(10).await;
            }
            assert_eq!(all, ["A", "B"]);
        });
    }
}
