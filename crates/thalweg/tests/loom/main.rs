//! Small models of the channels, run through the orders of their steps that the memory model allows.
//!
//! Needs `RUSTFLAGS="--cfg thalweg_loom"` and `--release`. Bounds: two or three threads, one to three messages each, at
//! most two preemptions, or four where the steps are few (`LOOM_MAX_PREEMPTIONS` sets another bound than two, and twice
//! that), blocks of two or three slots, and two seconds a model and capacity (`THALWEG_LOOM_SECONDS`), but 20,000 orders before
//! loom first looks at the clock. Each model writes how many orders it ran and whether that was all: those that may be
//! cut short stand in `cut.txt`, the others are explored to the end. A lost wake-up is a deadlock, which loom reports; so
//! it does leaks of handles, wakers and messages, and accesses that the locks do not order.

#![cfg(thalweg_loom)]

mod batch;
mod broadcast;
mod cancel;
mod close;
mod flow;
mod mpsc;
mod oneshot;
mod permit;
mod support;
mod waker;
mod watch;
