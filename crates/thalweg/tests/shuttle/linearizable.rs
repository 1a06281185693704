//! Every history of a drawn scenario has a sequential explanation.
//!
//! `THALWEG_SHUTTLE_FACTOR=n` draws n times as many scenarios, `THALWEG_SHUTTLE_SEED=s` starts elsewhere.

use shuttle::scheduler::{PctScheduler, RandomScheduler};

use crate::scenario::{Dice, Scenario};

const UNBOUNDED: usize = usize::MAX;
/// Schedules a scenario.
const SCHEDULES: usize = 200;

/// A number from the environment.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// What finds the order in which tasks run.
#[derive(Clone, Copy, Debug)]
enum Order {
    /// Any task, each time.
    Random,
    /// The task of the highest priority; priorities change at a few points.
    Priorities,
}

impl Order {
    fn check(self, scenario: &Scenario, seed: u64) -> Result<(), String> {
        match self {
            Order::Random => scenario.check(RandomScheduler::new_from_seed(seed, SCHEDULES)),
            Order::Priorities => scenario.check(PctScheduler::new_from_seed(seed, 3, SCHEDULES)),
        }
    }
}

fn explore(capacity: usize, order: Order, scenarios: u64) {
    let first = setting("THALWEG_SHUTTLE_SEED", 1);
    for seed in first..first + scenarios * setting("THALWEG_SHUTTLE_FACTOR", 1) {
        let scenario = Scenario::draw(capacity, &mut Dice(seed));
        if order.check(&scenario, seed).is_err() {
            let smallest = scenario.shrink(&|less| order.check(less, seed).is_err());
            let failure = order.check(&smallest, seed).unwrap_err();
            panic!("seed {seed}, {order:?}, scenario {smallest:?}\n{failure}");
        }
    }
}

#[test]
fn rendezvous_random() {
    explore(0, Order::Random, 150);
}

#[test]
fn rendezvous_priorities() {
    explore(0, Order::Priorities, 150);
}

#[test]
fn one_random() {
    explore(1, Order::Random, 150);
}

#[test]
fn one_priorities() {
    explore(1, Order::Priorities, 150);
}

#[test]
fn two_random() {
    explore(2, Order::Random, 150);
}

#[test]
fn two_priorities() {
    explore(2, Order::Priorities, 150);
}

#[test]
fn unbounded_random() {
    explore(UNBOUNDED, Order::Random, 150);
}

#[test]
fn unbounded_priorities() {
    explore(UNBOUNDED, Order::Priorities, 150);
}
