//! A value of which only the newest counts: who comes late sees it, and not those before it.

use thalweg::record::{name_channel, named};
use thalweg::watch;

use super::executor::Executor;

pub(crate) fn run(executor: &Executor) {
    let (tx, rx) = watch::channel("A");
    name_channel("channel", &tx);
    let (slow, fast) = (named("reader 2", rx.clone()), named("reader 1", rx));
    let tx = named("writer", tx);
    let time = executor.clone();
    executor.spawn(async move {
        for value in ["B", "C", "D"] {
            time.sleep(10).await;
            tx.send(value).expect("readers are there");
        }
    });
    for (mut rx, work, seen) in [(fast, 1, vec!["B", "C", "D"]), (slow, 25, vec!["B", "D"])] {
        let time = executor.clone();
        executor.spawn(async move {
            let mut all = Vec::new();
            while rx.changed().await.is_ok() {
                all.push(*rx.borrow_and_update());
                time.sleep(work).await;
            }
            assert_eq!(all, seen);
        });
    }
}
