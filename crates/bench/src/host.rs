//! Where rounds run: a thread with its runtime, watched from outside so that a hang is a result.

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::Duration;

use crate::cell::{Round, Sample};
use crate::runtime::{Flavor, Runtime};

/// The longest a round may take. All but those of a million channels take a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(15);

type Job = Box<dyn FnOnce(&Runtime) + Send>;

/// A host for each runtime that was asked for.
#[derive(Default)]
pub(crate) struct Hosts(HashMap<Flavor, mpsc::Sender<Job>>);

impl Hosts {
    /// Runs one round. After a hang or a panic the thread is left behind and a new one takes over.
    pub(crate) fn run(&mut self, flavor: Flavor, round: &Round, length: u64) -> Sample {
        let jobs = self.0.entry(flavor).or_insert_with(|| start(flavor));
        let (answer, result) = mpsc::channel();
        let round = round.clone();
        let job: Job = Box::new(move |runtime| {
            let _ = answer.send(round(runtime, length));
        });
        let fault = match jobs.send(job).map(|()| result.recv_timeout(PATIENCE)) {
            Ok(Ok(sample)) => return sample,
            Ok(Err(mpsc::RecvTimeoutError::Timeout)) => "hang",
            Ok(Err(mpsc::RecvTimeoutError::Disconnected)) | Err(_) => "panic",
        };
        self.0.remove(&flavor);
        Err(fault.into())
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
