//! Where tasks run: both flavours of tokio, smol, threads that block, and an executor that polls by lot.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Builder, Runtime};

use crate::dice::Dice;

pub(crate) type Body = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Place {
    TokioWorkers,
    TokioCurrent,
    Smol,
    /// Several tasks of a round share its one thread.
    ByLot,
    /// The body blocks: the caller gives another one.
    Thread,
}

pub(crate) const PLACES: [Place; 5] =
    [Place::TokioWorkers, Place::TokioCurrent, Place::Smol, Place::ByLot, Place::Thread];

/// The runtimes that outlive rounds.
pub(crate) struct Places {
    tokio: Runtime,
}

/// More workers than there are processors.
pub(crate) fn workers() -> usize {
    thread::available_parallelism().map_or(2, usize::from) + 1
}

pub(crate) fn tokio_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(workers()).build().unwrap()
}

/// The tasks of one round.
pub(crate) struct Round<'a> {
    places: &'a Places,
    by_lot: Vec<Body>,
    open: Arc<(Mutex<usize>, Condvar)>,
}

/// Counts a task as done when it goes, also by a panic.
struct Done(Arc<(Mutex<usize>, Condvar)>);

impl Drop for Done {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap() -= 1;
        self.0.1.notify_all();
    }
}

impl Places {
    pub(crate) fn new() -> Places {
        Places { tokio: tokio_workers() }
    }

    pub(crate) fn round(&self) -> Round<'_> {
        Round { places: self, by_lot: Vec::new(), open: Arc::default() }
    }
}

impl Round<'_> {
    fn done(&self) -> Done {
        *self.open.0.lock().unwrap() += 1;
        Done(self.open.clone())
    }

    pub(crate) fn spawn(&mut self, place: Place, body: impl Future<Output = ()> + Send + 'static) {
        let done = self.done();
        let body = async move {
            let _done = done;
            body.await;
        };
        match place {
            Place::TokioWorkers => drop(self.places.tokio.spawn(body)),
            Place::TokioCurrent => drop(thread::spawn(|| {
                let runtime = Builder::new_current_thread().build().unwrap();
                runtime.block_on(async { runtime.spawn(body).await.unwrap() });
            })),
            Place::Smol => smol::spawn(body).detach(),
            Place::ByLot => self.by_lot.push(Box::pin(body)),
            Place::Thread => drop(thread::spawn(|| futures_lite::future::block_on(body))),
        }
    }

    /// A thread of its own for what blocks.
    pub(crate) fn block(&self, body: impl FnOnce() + Send + 'static) {
        let done = self.done();
        thread::spawn(move || {
            let _done = done;
            body();
        });
    }

    /// Until all tasks are done.
    pub(crate) fn join(mut self, dice: &mut Dice) {
        let tasks = std::mem::take(&mut self.by_lot);
        if !tasks.is_empty() {
            let mut dice = dice.fork();
            thread::spawn(move || ByLot::new(tasks).run(&mut dice, usize::MAX));
        }
        let (open, changed) = &*self.open;
        drop(changed.wait_while(open.lock().unwrap(), |open| *open > 0).unwrap());
    }
}

/// A waker: a thread to wake, and whether it was.
struct Bell {
    rung: AtomicBool,
    thread: Thread,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// An executor that polls whom it likes among those that were woken, now and then one that was not, and brings another
/// waker when it likes. While nobody is woken it polls nobody: a wake-up that is lost stays lost.
pub(crate) struct ByLot {
    tasks: Vec<(Body, Arc<Bell>)>,
}

impl ByLot {
    pub(crate) fn new(bodies: Vec<Body>) -> ByLot {
        ByLot { tasks: bodies.into_iter().map(|body| (body, ByLot::bell(true))).collect() }
    }

    fn bell(rung: bool) -> Arc<Bell> {
        Arc::new(Bell { rung: AtomicBool::new(rung), thread: thread::current() })
    }

    /// At most so many polls; then all tasks that are left are dropped where they are.
    pub(crate) fn run(mut self, dice: &mut Dice, polls: usize) {
        // Bells made elsewhere would wake another thread.
        self.tasks.iter_mut().for_each(|task| task.1 = ByLot::bell(true));
        for _ in 0..polls {
            let is_rung = |task: &(Body, Arc<Bell>)| task.1.rung.load(Ordering::Acquire);
            let rung: Vec<usize> = (0..self.tasks.len()).filter(|place| is_rung(&self.tasks[*place])).collect();
            if self.tasks.is_empty() {
                return;
            }
            if rung.is_empty() {
                if polls < usize::MAX {
                    return;
                }
                thread::park();
                continue;
            }
            let place = if dice.chance(6) { dice.below(self.tasks.len()) } else { dice.pick(&rung) };
            let (body, bell) = &mut self.tasks[place];
            if dice.chance(3) {
                *bell = ByLot::bell(false);
            }
            bell.rung.store(false, Ordering::Release);
            let waker = Waker::from(bell.clone());
            if body.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                drop(self.tasks.swap_remove(place));
            }
            dice.dawdle();
        }
    }
}

/// Polls at most so often, then drops it.
pub(crate) async fn give_up<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    let mut left = polls;
    std::future::poll_fn(move |cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
