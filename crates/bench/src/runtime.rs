//! Where tasks run: tokio's two runtimes, smol's executor, or plain threads.

use std::fmt;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_executor::Executor;
use tokio::runtime::Builder;

/// The runtimes of the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flavor {
    /// tokio, `current_thread`.
    Current,
    /// tokio, `multi_thread`, with so many workers. With one, the task woken last runs first.
    Workers(usize),
    /// smol's executor on two threads.
    Smol,
    /// No tasks at all.
    Threads,
}

impl Flavor {
    pub(crate) fn build(self) -> Runtime {
        match self {
            Self::Current => {
                Runtime::Tokio(Builder::new_current_thread().build().expect("a runtime needs nothing but memory"))
            }
            Self::Workers(count) => {
                let runtime = Builder::new_multi_thread().worker_threads(count).build();
                Runtime::Tokio(runtime.expect("a runtime needs nothing but threads"))
            }
            Self::Smol => Runtime::Smol(smol(2)),
            Self::Threads => Runtime::Threads,
        }
    }
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("tokio 1 thread"),
            Self::Workers(1) => f.write_str("tokio 1 worker"),
            Self::Workers(count) => write!(f, "tokio {count} workers"),
            Self::Smol => f.write_str("smol 2 threads"),
            Self::Threads => f.write_str("threads"),
        }
    }
}

/// An executor with so many threads, which run it until the program ends.
fn smol(threads: usize) -> Arc<Executor<'static>> {
    let executor = Arc::new(Executor::new());
    for _ in 0..threads {
        let executor = executor.clone();
        std::thread::spawn(move || futures_lite::future::block_on(executor.run(pending::<()>())));
    }
    executor
}

pub(crate) enum Runtime {
    Tokio(tokio::runtime::Runtime),
    Smol(Arc<Executor<'static>>),
    Threads,
}

impl Runtime {
    /// Runs a future as a task, so that with several workers it starts where its tasks will run. It is for starting
    /// others and waiting for them: being boxed, which saves much of compiling, it is no place for what is measured.
    pub(crate) fn run<F>(&self, task: impl FnOnce(Spawner) -> F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let spawner = match self {
            Self::Tokio(runtime) => Spawner::Tokio(runtime.handle().clone()),
            Self::Smol(executor) => Spawner::Smol(executor.clone()),
            Self::Threads => unreachable!("a cell of threads has no tasks"),
        };
        let task: Pin<Box<dyn Future<Output = F::Output> + Send>> = Box::pin(task(spawner.clone()));
        self.block_on(spawner.spawn(task))
    }

    /// Runs a future right here, within the runtime where there is one.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self {
            Self::Tokio(runtime) => runtime.block_on(future),
            Self::Smol(_) | Self::Threads => futures_lite::future::block_on(future),
        }
    }
}

/// Starts tasks from within tasks.
#[derive(Clone)]
pub(crate) enum Spawner {
    Tokio(tokio::runtime::Handle),
    Smol(Arc<Executor<'static>>),
}

impl Spawner {
    pub(crate) fn spawn<F>(&self, task: F) -> Joining<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match self {
            Self::Tokio(handle) => Joining::Tokio(handle.spawn(task)),
            Self::Smol(executor) => Joining::Smol(executor.spawn(task)),
        }
    }
}

/// A running task; as a future, its output.
pub(crate) enum Joining<T> {
    Tokio(tokio::task::JoinHandle<T>),
    Smol(async_executor::Task<T>),
}

impl<T> Joining<T> {
    /// Lets the task go on by itself.
    pub(crate) fn detach(self) {
        if let Self::Smol(task) = self {
            task.detach();
        }
    }
}

impl<T> Future for Joining<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match self.get_mut() {
            Self::Tokio(handle) => Pin::new(handle).poll(cx).map(|output| output.expect("a task panicked")),
            Self::Smol(task) => Pin::new(task).poll(cx),
        }
    }
}

/// Lets the other tasks run once, on any runtime.
pub(crate) async fn yield_now() {
    futures_lite::future::yield_now().await;
}
