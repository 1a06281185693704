//! Histories of concurrent runs, explained by a sequential model.
//!
//! The models and the checker are tested here in every build. The runs themselves need
//! `RUSTFLAGS="--cfg thalweg_shuttle"`, which replaces atomics and threads by those of shuttle; see `docs/testing.md`.
//! Each kind of channel has a model, a task that performs drawn steps, and some have a storm.

#![cfg_attr(not(thalweg_shuttle), allow(dead_code, reason = "only the tests of the models run"))]

mod broadcast;
mod checker;
mod history;
mod mpmc;
mod oneshot;
mod watch;

#[cfg(thalweg_shuttle)]
mod board;
#[cfg(thalweg_shuttle)]
mod explore;
#[cfg(thalweg_shuttle)]
mod hand;
#[cfg(thalweg_shuttle)]
mod mpsc;
#[cfg(thalweg_shuttle)]
mod scenario;
#[cfg(thalweg_shuttle)]
mod token;
