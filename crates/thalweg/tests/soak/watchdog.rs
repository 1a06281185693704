//! Who ends a run that is stuck, and says in what state.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A round takes milliseconds, under a sanitizer on a busy machine a second.
const STUCK: Duration = Duration::from_secs(60);

type Describe = Box<dyn Fn() -> String + Send>;

struct Watched {
    what: String,
    since: Instant,
    describe: Describe,
}

pub(crate) struct Watchdog {
    watched: Arc<Mutex<Option<Watched>>>,
    ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watchdog {
    pub(crate) fn start(seed: u64) -> Watchdog {
        let watched: Arc<Mutex<Option<Watched>>> = Arc::default();
        let ended: Arc<AtomicBool> = Arc::default();
        let (shared, end) = (watched.clone(), ended.clone());
        let thread = thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                thread::park_timeout(Duration::from_secs(1));
                let watched = shared.lock().unwrap();
                let Some(round) = watched.as_ref().filter(|round| round.since.elapsed() > STUCK) else { continue };
                eprintln!("stuck for {} s: {}; THALWEG_SOAK_SEED={seed}", STUCK.as_secs(), round.what);
                eprintln!("{}", (round.describe)());
                // Its threads would never be joined.
                std::process::exit(101);
            }
        });
        Watchdog { watched, ended, thread }
    }

    /// The next round: what it is, and what to say of its channels if it gets stuck.
    pub(crate) fn watch(&self, what: String, describe: impl Fn() -> String + Send + 'static) {
        let round = Watched { what, since: Instant::now(), describe: Box::new(describe) };
        *self.watched.lock().unwrap() = Some(round);
    }

    /// The round is over: what was held to describe it goes.
    pub(crate) fn rest(&self) {
        *self.watched.lock().unwrap() = None;
    }

    pub(crate) fn stop(self) {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().unwrap();
    }
}
