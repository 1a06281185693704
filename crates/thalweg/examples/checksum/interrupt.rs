//! Ctrl-C: the first one closes the channel, the second one ends the program.

use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thalweg::mpmc::WeakSender;

use crate::INTERRUPTED;
use crate::log::Log;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-C was pressed.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Closes the channel when Ctrl-C is pressed.
///
/// The handler lives as long as the program, so its handle must be a weak one: a strong sender would keep
/// the channel open after the walk, and the workers would wait for ever. Once the walk is over there is
/// nothing left to close, and `upgrade` says so.
pub(crate) fn close_on_ctrl_c(paths: WeakSender<PathBuf>, log: Arc<Log>) -> Result<(), String> {
    let handler = move || {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            process::exit(i32::from(INTERRUPTED));
        }
        if let Some(paths) = paths.upgrade() {
            paths.close();
        }
        log.note("interrupted: finishes what was accepted and counts the rest; once more stops at once");
    };
    ctrlc::set_handler(handler).map_err(|error| format!("cannot listen for Ctrl-C: {error}"))
}
