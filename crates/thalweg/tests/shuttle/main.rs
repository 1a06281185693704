//! Histories of concurrent runs, explained by a sequential model.
//!
//! The checker is tested here in every build. The runs themselves need `RUSTFLAGS="--cfg thalweg_shuttle"`,
//! which replaces atomics and threads by those of shuttle; see `docs/testing.md`.

#![cfg_attr(not(thalweg_shuttle), allow(dead_code, reason = "only the tests of the checker run"))]

mod checker;
mod checker_tests;
mod history;
mod model;

#[cfg(thalweg_shuttle)]
mod actor;
#[cfg(thalweg_shuttle)]
mod board;
#[cfg(thalweg_shuttle)]
mod handles;
#[cfg(thalweg_shuttle)]
mod linearizable;
#[cfg(thalweg_shuttle)]
mod scenario;
#[cfg(thalweg_shuttle)]
mod storm;
