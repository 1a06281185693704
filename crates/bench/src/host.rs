//! Where rounds run: a thread with its runtime, watched from outside so that a hang is a result.

use crate::cell::{Cell, Round, Sample};
use crate::runtime::{Flavor, Runtime};
use std::collections::HashMap;
use std::panic;
use std::sync::{Mutex, PoisonError, mpsc};

/// What the last panic said: it stands in the results, and need not fill the screen.
static LAST_WORDS: Mutex<String> = Mutex::new(String::new());

/// From now on a panic is a result and not a message.
pub(crate) fn keep_quiet() {
    panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let words = payload.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| payload.downcast_ref().copied()).unwrap_or("");
        let place = panic.location().map_or(String::new(), |place| format!("{}:{}", place.file(), place.line()));
        let file = place.rsplit('/').next().unwrap_or("");
        *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner) = format!("panic: {words} ({file})");
    }));
}

fn last_words() -> String {
    let words = std::mem::take(&mut *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner));
    if words.is_empty() { "panic".into() } else { words }
}

type Job = Box<dyn FnOnce(&Runtime) + Send>;

/// A host for each runtime that was asked for.
#[derive(Default)]
pub(crate) struct Hosts(HashMap<Flavor, mpsc::Sender<Job>>);

impl Hosts {
    /// Runs one round of a cell. After a hang or a panic the thread is left behind and a new one takes over.
    pub(crate) fn run(&mut self, cell: &Cell, round: &Round, length: u64) -> Sample {
        let flavor = cell.flavor;
        let jobs = self.0.entry(flavor).or_insert_with(|| start(flavor));
        let (answer, result) = mpsc::channel();
        let round = round.clone();
        let job: Job = Box::new(move |runtime| {
            let _ = answer.send(round(runtime, length));
        });
        let fault = match jobs.send(job).map(|()| result.recv_timeout(cell.length.patience())) {
            Ok(Ok(sample)) => return sample,
            Ok(Err(mpsc::RecvTimeoutError::Timeout)) => "hang".into(),
            Ok(Err(mpsc::RecvTimeoutError::Disconnected)) | Err(_) => last_words(),
        };
        self.0.remove(&flavor);
        Err(fault)
    }
}

fn start(flavor: Flavor) -> mpsc::Sender<Job> {
    let (jobs, inbox) = mpsc::channel::<Job>();
    std::thread::spawn(move || {
        let runtime = flavor.build();
        for job in inbox {
            job(&runtime);
        }
    });
    jobs
}
