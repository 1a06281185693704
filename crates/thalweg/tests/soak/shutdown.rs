//! Runtimes that are shut down in the midst of it: their tasks are dropped where they are.

use std::thread;
use std::time::Duration;

use futures_lite::future::yield_now;
use tokio::runtime::Builder;

use crate::dice::Dice;
use crate::noise::Noise;
use crate::places::{Body, ByLot, tokio_workers};
use crate::tasks::Open;
use crate::watchdog::{Describe, Watchdog};
use crate::{Came, broadcast, oneshot, queue, watch};

/// More messages than any task sends before its end.
pub(crate) const ENDLESS: usize = 100_000;

/// Tasks that do not come to their end, and what is true of them all the same.
pub(crate) struct Doomed {
    pub(crate) what: String,
    pub(crate) describe: Describe,
    pub(crate) tasks: Vec<(String, Body)>,
    /// Asked when all of them are gone.
    pub(crate) judge: Box<dyn FnOnce() -> Came>,
}

pub(crate) fn round(dice: &mut Dice, watchdog: &Watchdog) -> Came {
    let Doomed { what, describe, tasks, judge } = match dice.below(6) {
        0..=2 => queue::doomed(dice),
        3 => broadcast::doomed(dice),
        4 => watch::doomed(dice),
        _ => oneshot::doomed(dice),
    };
    let open = Open::default();
    watchdog.watch(format!("shutting down {what}"), &open, describe);
    let noise = Noise::by_lot(dice);
    run_for_a_while(tasks.into_iter().map(|(name, body)| open.hold(name, body)).collect(), dice);
    drop(noise);
    let what = watchdog.rest();
    assert!(open.names().is_empty(), "{what}: never dropped: {:?}", open.names());
    judge()
}

fn run_for_a_while(bodies: Vec<Body>, dice: &mut Dice) {
    let time = Duration::from_micros(dice.below(2_000) as u64);
    match dice.below(4) {
        0 => {
            let runtime = tokio_workers();
            bodies.into_iter().for_each(|body| drop(runtime.spawn(body)));
            thread::sleep(time);
        }
        1 => {
            let runtime = Builder::new_current_thread().enable_time().build().unwrap();
            bodies.into_iter().for_each(|body| drop(runtime.spawn(body)));
            runtime.block_on(async { tokio::time::sleep(time).await });
        }
        2 => {
            let executor = smol::Executor::new();
            bodies.into_iter().for_each(|body| executor.spawn(body).detach());
            // Between two turns of this one it runs some hundreds of the others'.
            futures_lite::future::block_on(executor.run(async {
                for _ in 0..dice.below(20) {
                    yield_now().await;
                }
            }));
        }
        _ => ByLot::new(bodies).run(&mut dice.fork(), 1 + dice.below(1_000)),
    }
}
