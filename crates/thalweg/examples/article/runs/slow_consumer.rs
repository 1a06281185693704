//! Three parsers and a store that takes twenty times as long, with room for one message between them.

use thalweg::mpsc;
use thalweg::record::{name_channel, named};

use super::executor::Executor;

pub(crate) fn run(executor: &Executor) {
    let (tx, rx) = mpsc::channel(1);
    name_channel("parsed", &tx);
    let mut rx = named("store", rx);
    let (second, third) = (tx.clone(), tx.clone());
    for (number, tx) in (1..).zip([tx, second, third]) {
        let (tx, time) = (named(format!("parser {number}"), tx), executor.clone());
        executor.spawn(async move {
            time.sleep(5 * number).await;
            for line in 0..6 {
                time.sleep(40).await;
                tx.send(line).await.expect("the store is there");
            }
        });
    }
    let time = executor.clone();
    executor.spawn(async move {
        while rx.recv().await.is_some() {
            time.sleep(800).await;
        }
    });
}
