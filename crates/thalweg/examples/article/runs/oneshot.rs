//! One message, once.

use thalweg::oneshot;
use thalweg::record::{name_channel, named};

use super::executor::Executor;

pub(crate) fn run(executor: &Executor) {
    let (tx, rx) = oneshot::channel();
    name_channel("channel", &tx);
    let (tx, rx) = (named("producer", tx), named("consumer", rx));
    executor.spawn(async move { assert_eq!(rx.await, Ok("A")) });
    let time = executor.clone();
    executor.spawn(async move {
        time.sleep(20).await;
        tx.send("A").expect("the consumer waits");
    });
}
