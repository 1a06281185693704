//! Every history of a drawn scenario has a sequential explanation.

use super::scenario::Mpmc;
use crate::explore::{Order, explore};

const UNBOUNDED: usize = usize::MAX;

#[test]
fn rendezvous_random() {
    explore(Mpmc(0), Order::Random, 150);
}

#[test]
fn rendezvous_priorities() {
    explore(Mpmc(0), Order::Priorities, 150);
}

#[test]
fn one_random() {
    explore(Mpmc(1), Order::Random, 150);
}

#[test]
fn one_priorities() {
    explore(Mpmc(1), Order::Priorities, 150);
}

#[test]
fn two_random() {
    explore(Mpmc(2), Order::Random, 150);
}

#[test]
fn two_priorities() {
    explore(Mpmc(2), Order::Priorities, 150);
}

#[test]
fn unbounded_random() {
    explore(Mpmc(UNBOUNDED), Order::Random, 150);
}

#[test]
fn unbounded_priorities() {
    explore(Mpmc(UNBOUNDED), Order::Priorities, 150);
}
