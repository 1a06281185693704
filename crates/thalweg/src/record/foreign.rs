//! Code of the program's, run where it must not take anything else with it.

use core::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What it gives, or `None` if it panics. A closure that is broken by its own panic is the program's.
pub(super) fn run<R>(foreign: impl FnOnce() -> R) -> Option<R> {
    let thrown = match catch_unwind(AssertUnwindSafe(foreign)) {
        Ok(given) => return Some(given),
        Err(thrown) => thrown,
    };
    // What it panics with is the program's too, and may panic when it is dropped.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(thrown))) {
        mem::forget(again);
    }
    None
}
