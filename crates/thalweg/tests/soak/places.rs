//! Where tasks run: both flavours of tokio, smol, threads that block, and an executor that polls by lot.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::dice::Dice;
use crate::noise::{Noise, give_way};
use crate::tasks::Open;

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
    noise: Option<Noise>,
    threads: usize,
    pub(crate) open: Open,
}

impl Places {
    pub(crate) fn new() -> Places {
        Places { tokio: tokio_workers() }
    }

    pub(crate) fn round(&self, dice: &mut Dice) -> Round<'_> {
        let noise = Noise::by_lot(dice);
        Round { places: self, by_lot: Vec::new(), noise, threads: 0, open: Open::default() }
    }
}

impl Round<'_> {
    pub(crate) fn spawn(&mut self, name: &str, place: Place, body: impl Future<Output = ()> + Send + 'static) {
        let body = self.open.hold(format!("{name} in {place:?}"), body);
        match place {
            Place::TokioWorkers => drop(self.places.tokio.spawn(body)),
            Place::TokioCurrent => self.thread(|| {
                let runtime = Builder::new_current_thread().build().unwrap();
                runtime.block_on(async { runtime.spawn(body).await.unwrap() });
            }),
            Place::Smol => smol::spawn(body).detach(),
            Place::ByLot => self.by_lot.push(body),
            Place::Thread => self.thread(|| futures_lite::future::block_on(body)),
        }
    }

    /// A thread of its own for what blocks.
    pub(crate) fn block(&mut self, name: &str, body: impl FnOnce() + Send + 'static) {
        let task = self.open.task(format!("{name}, which blocks"));
        self.thread(move || {
            let _task = task;
            body();
        });
    }

    /// Amid noise every second one is stopped more often than the others.
    fn thread(&mut self, body: impl FnOnce() + Send + 'static) {
        self.threads += 1;
        let gives_way = self.noise.is_some() && self.threads % 2 == 0;
        thread::spawn(move || {
            if gives_way {
                give_way(5);
            }
            body();
        });
    }

    /// Until all tasks are done.
    pub(crate) fn join(mut self, dice: &mut Dice) {
        let tasks = std::mem::take(&mut self.by_lot);
        if !tasks.is_empty() {
            let mut dice = dice.fork();
            self.thread(move || ByLot::new(tasks).run(&mut dice, usize::MAX));
        }
        self.open.wait();
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

/// Lets the others do what they can, now and then: who goes after that leaves them where they wait.
pub(crate) async fn linger(dice: &mut Dice) {
    match dice.below(3) {
        0 => thread::sleep(Duration::from_micros(300)),
        1 => {
            for _ in 0..20 {
                futures_lite::future::yield_now().await;
            }
        }
        _ => {}
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
