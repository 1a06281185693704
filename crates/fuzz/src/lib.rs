//! Bytes read as programs over every kind of channel, each step of which is held against a sequential model.
//!
//! One thread polls everything by hand, so a model knows at every step what must happen: which message comes next,
//! whether there is room, who may still sleep when nobody is left to be woken, and that every message is dropped once
//! and every waker given up. `cargo xtask fuzz` has libFuzzer make the bytes; `tests/corpus.rs` replays those that were
//! kept.
//!
//! Behind a byte of their own they are the file of a recording instead, which is read, drawn and counted: nothing in it
//! may make that panic.
//!
//! The bytes mean what they mean here only: a change of a program's steps makes the kept ones other programs, which is
//! no harm but that they may reach less.

mod bytes;
mod program;
mod recording;
mod task;
mod token;

use bytes::Bytes;
use program::{broadcast, mpmc, mpsc, oneshot, queue, watch};

/// What follows this byte is no program but the file of a recording, or damage to one.
pub const RECORDING: u8 = 244;

/// Runs the program that the bytes are.
///
/// # Panics
///
/// When a channel does what its model does not.
pub fn run(bytes: &[u8]) {
    // A first byte that no kept program has.
    if let [RECORDING, rest @ ..] = bytes {
        return recording::run(&mut Bytes::new(rest));
    }
    let mut bytes = Bytes::new(bytes);
    match bytes.below(12) {
        kind @ 0..=4 => queue::run::<mpmc::Mpmc>(&mut bytes, [0, 1, 2, 5, usize::MAX][kind]),
        kind @ 5..=7 => queue::run::<mpsc::Bounded>(&mut bytes, [1, 2, 40][kind - 5]),
        8 => queue::run::<mpsc::Unbounded>(&mut bytes, usize::MAX),
        9 => oneshot::run(&mut bytes),
        10 => broadcast::run(&mut bytes),
        _ => watch::run(&mut bytes),
    }
}
