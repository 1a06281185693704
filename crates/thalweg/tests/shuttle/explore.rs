//! How much is run, and under which schedules.
//!
//! `THALWEG_SHUTTLE_FACTOR=n` draws n times as many scenarios, `THALWEG_SHUTTLE_SEED=s` starts elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use shuttle::scheduler::{PctScheduler, RandomScheduler, Schedule, Scheduler, Task, TaskId};

use crate::scenario::{Dice, Kind, Scenario};

/// Schedules a scenario.
const SCHEDULES: usize = 200;

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}")))
}

fn seed() -> u64 {
    setting("THALWEG_SHUTTLE_SEED", 1)
}

fn factor() -> u64 {
    setting("THALWEG_SHUTTLE_FACTOR", 1)
}

pub(crate) fn config() -> shuttle::Config {
    let mut config = shuttle::Config::new();
    config.stack_size = 0x40000;
    config
}

/// What finds the order in which tasks run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// Any task, each time.
    Random,
    /// The task of the highest priority; priorities change at a few points.
    Priorities,
}

/// Lets the main thread, once it yields, wait for all others: it runs again when none of them can. So it knows when
/// nobody runs, also where threads block.
pub(crate) struct MainLast<S> {
    inner: S,
    /// The main thread has yielded.
    waits: bool,
}

impl<S> MainLast<S> {
    pub(crate) fn new(inner: S) -> MainLast<S> {
        MainLast { inner, waits: false }
    }
}

impl<S: Scheduler> Scheduler for MainLast<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.waits = false;
        self.inner.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        let main = TaskId::from(0);
        if current == Some(main) {
            self.waits = yields;
        }
        if !self.waits {
            return self.inner.next_task(runnable, current, yields);
        }
        let others: Vec<&Task> = runnable.iter().copied().filter(|task| task.id() != main).collect();
        if others.is_empty() { Some(main) } else { self.inner.next_task(&others, current, yields) }
    }

    fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }
}

impl Order {
    fn check<K: Kind>(self, scenario: &Scenario<K>, seed: u64) -> Result<(), String> {
        match self {
            Order::Random => scenario.check(RandomScheduler::new_from_seed(seed, SCHEDULES)),
            Order::Priorities => scenario.check(PctScheduler::new_from_seed(seed, 3, SCHEDULES)),
        }
    }
}

/// Every history of so many drawn scenarios has a sequential explanation.
pub(crate) fn explore<K: Kind>(kind: K, order: Order, scenarios: u64) {
    let first = seed();
    for seed in first..first + scenarios * factor() {
        let scenario = Scenario::draw(kind, &mut Dice(seed));
        if order.check(&scenario, seed).is_err() {
            let smallest = scenario.shrink(&|less| order.check(less, seed).is_err());
            let failure = order.check(&smallest, seed).unwrap_err();
            panic!("seed {seed}, {order:?}, scenario {smallest:?}\n{failure}");
        }
    }
}

/// The same in either order.
pub(crate) fn explore_all<K: Kind>(kind: K, scenarios: u64) {
    for order in [Order::Random, Order::Priorities] {
        explore(kind, order, scenarios);
    }
}

/// Runs a storm so many times, each with a seed of its own.
pub(crate) fn weather(order: Order, runs: usize, storm: impl Fn(u64) + Send + Sync + 'static) {
    let runs = runs * factor() as usize;
    match order {
        Order::Random => run_seeded(RandomScheduler::new_from_seed(seed(), runs), storm),
        Order::Priorities => run_seeded(PctScheduler::new_from_seed(seed(), 3, runs), storm),
    }
}

fn run_seeded(scheduler: impl Scheduler + 'static, storm: impl Fn(u64) + Send + Sync + 'static) {
    let seed = Arc::new(AtomicU64::new(seed()));
    // Each run rolls its dice anew; shuttle's printed schedule and the count of runs tell which.
    shuttle::Runner::new(MainLast::new(scheduler), config()).run(move || storm(seed.fetch_add(16, Relaxed)));
}
