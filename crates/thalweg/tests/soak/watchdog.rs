//! Who ends a run that is stuck, and says in what state.

use std::cell::Cell;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::tasks::{Open, say};

/// A round takes milliseconds, under a sanitizer on a busy machine a second.
const STUCK: usize = 60;

/// Counted, not measured: while the whole process is stopped, as a busy machine may do, no time passes.
const SECOND: Duration = Duration::from_secs(1);

/// Who describes a channel takes its locks, one of which may be what is stuck.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) type Describe = Box<dyn Fn() -> String + Send>;

struct Watched {
    number: u64,
    what: String,
    seconds: usize,
    open: Open,
    describe: Describe,
}

pub(crate) struct Watchdog {
    watched: Arc<Mutex<Option<Watched>>>,
    rounds: Cell<u64>,
    end: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Watchdog {
    pub(crate) fn start(seed: u64) -> Watchdog {
        let watched: Arc<Mutex<Option<Watched>>> = Arc::default();
        let (end, ended) = mpsc::channel();
        let shared = watched.clone();
        let thread = thread::spawn(move || {
            while ended.recv_timeout(SECOND) == Err(RecvTimeoutError::Timeout) {
                let mut watched = shared.lock().unwrap();
                if let Some(round) = &mut *watched {
                    round.seconds += 1;
                }
                if let Some(round) = watched.take_if(|round| round.seconds > STUCK) {
                    tell(round, seed);
                }
            }
        });
        Watchdog { watched, rounds: Cell::new(0), end, thread }
    }

    /// The next round: what it is, its tasks, and what to say of its channels if it gets stuck.
    pub(crate) fn watch(&self, what: String, open: &Open, describe: Describe) {
        let number = self.rounds.replace(self.rounds.get() + 1);
        let round = Watched { number, what, seconds: 0, open: open.clone(), describe };
        *self.watched.lock().unwrap() = Some(round);
    }

    /// The round is over: what was held to describe it goes. Returns what it was.
    pub(crate) fn rest(&self) -> String {
        self.watched.lock().unwrap().take().map_or_else(String::new, |round| round.what)
    }

    pub(crate) fn stop(self) {
        drop(self.end);
        self.thread.join().unwrap();
    }
}

/// Says what is known of a round, and ends the process: its threads would never be joined.
fn tell(round: Watched, seed: u64) -> ! {
    let Watched { number, what, open, describe, .. } = round;
    say(&format!("stuck for {STUCK} s in round {number}, {what}; THALWEG_SOAK_SEED={seed}"));
    say(&format!("tasks that are open: {:?}", open.names()));
    let (told, heard) = mpsc::channel();
    thread::spawn(move || told.send(describe()));
    say(&heard
        .recv_timeout(PATIENCE)
        .unwrap_or_else(|_| "its state is behind a lock that nobody gives back".to_owned()));
    std::process::exit(101)
}
