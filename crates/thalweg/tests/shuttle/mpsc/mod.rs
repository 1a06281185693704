//! `thalweg::mpsc`. What explains its histories is the model of `mpmc`, with one receiver.

mod actor;
mod blocking;
mod ends;
mod permits;
mod polled;
mod scenario;
mod storm;

use self::scenario::Mpsc;
use crate::explore::explore_all;

const SCENARIOS: u64 = 150;

#[test]
fn rendezvous() {
    explore_all(Mpsc(0), SCENARIOS);
}

#[test]
fn one() {
    explore_all(Mpsc(1), SCENARIOS);
}

#[test]
fn two() {
    explore_all(Mpsc(2), SCENARIOS);
}

#[test]
fn unbounded() {
    explore_all(Mpsc(usize::MAX), SCENARIOS);
}
