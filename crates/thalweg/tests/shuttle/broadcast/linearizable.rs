//! Every history of a drawn scenario has a sequential explanation.

use super::scenario::Broadcast;
use crate::explore::explore_all;

const SCENARIOS: u64 = 100;

#[test]
fn lossy_one() {
    explore_all(Broadcast { capacity: 1, lossless: false }, SCENARIOS);
}

#[test]
fn lossy_two() {
    explore_all(Broadcast { capacity: 2, lossless: false }, SCENARIOS);
}

#[test]
fn lossy_three() {
    explore_all(Broadcast { capacity: 3, lossless: false }, SCENARIOS);
}

#[test]
fn lossless_one() {
    explore_all(Broadcast { capacity: 1, lossless: true }, SCENARIOS);
}

#[test]
fn lossless_two() {
    explore_all(Broadcast { capacity: 2, lossless: true }, SCENARIOS);
}

#[test]
fn lossless_three() {
    explore_all(Broadcast { capacity: 3, lossless: true }, SCENARIOS);
}
