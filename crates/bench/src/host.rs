//! Where rounds run: a thread with its runtime, watched from outside so that a hang is a result.

use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// The longest a round may take. A round is a few milliseconds long.
const PATIENCE: Duration = Duration::from_secs(8);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    Current,
    /// One worker of a multi-threaded runtime: the task woken last runs first.
    Worker,
    Workers,
}

impl Flavor {
    pub(crate) const ALL: [Self; 2] = [Self::Current, Self::Workers];
    pub(crate) const ORDERS: [Self; 3] = [Self::Current, Self::Worker, Self::Workers];

    fn build(self) -> Runtime {
        let runtime = match self {
            Self::Current => Builder::new_current_thread().build(),
            Self::Worker => Builder::new_multi_thread().worker_threads(1).build(),
            Self::Workers => Builder::new_multi_thread().worker_threads(2).build(),
        };
        runtime.expect("a runtime needs threads only")
    }
}

impl std::fmt::Display for Flavor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Current => "one thread",
            Self::Worker => "one worker",
            Self::Workers => "two workers",
        })
    }
}

type Job = Box<dyn FnOnce(&Runtime) + Send>;

pub(crate) struct Host {
    flavor: Flavor,
    jobs: mpsc::Sender<Job>,
}

impl Host {
    pub(crate) fn new(flavor: Flavor) -> Self {
        let (jobs, inbox) = mpsc::channel::<Job>();
        std::thread::spawn(move || {
            let runtime = flavor.build();
            for job in inbox {
                job(&runtime);
            }
        });
        Self { flavor, jobs }
    }

    /// Runs one round. After a hang or a panic the thread is left behind and a new one takes over.
    pub(crate) fn run<R: Send + 'static>(
        &mut self,
        round: impl FnOnce(&Runtime) -> Result<R, String> + Send + 'static,
    ) -> Result<R, String> {
        let (answer, result) = mpsc::channel();
        let job: Job = Box::new(move |runtime| {
            let _ = answer.send(round(runtime));
        });
        if self.jobs.send(job).is_err() {
            return Err("panic".into());
        }
        let fault = match result.recv_timeout(PATIENCE) {
            Ok(result) => return result,
            Err(mpsc::RecvTimeoutError::Timeout) => "hang",
            Err(mpsc::RecvTimeoutError::Disconnected) => "panic",
        };
        *self = Self::new(self.flavor);
        Err(fault.into())
    }
}
