//! Futures in hand: polled when a probe says so, by wakers that count. No clock and no scheduler has a say.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// Notes that it was woken, and puts its task into the line of an executor that has one.
pub(crate) struct Bell {
    rung: AtomicU64,
    line: Option<(usize, Line)>,
}

type Line = Arc<Mutex<VecDeque<usize>>>;

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let before = self.rung.fetch_add(1, Ordering::SeqCst);
        if let (0, Some((id, line))) = (before, &self.line) {
            line.lock().unwrap().push_back(*id);
        }
    }
}

/// A future, its waker, and its result once it is over.
pub(crate) struct Task<F: Future> {
    future: Option<Pin<Box<F>>>,
    bell: Arc<Bell>,
    waker: Waker,
    fresh: bool,
    output: Option<F::Output>,
}

pub(crate) fn task<F: Future>(future: F) -> Task<F> {
    in_line(future, None)
}

fn in_line<F: Future>(future: F, line: Option<(usize, Line)>) -> Task<F> {
    let bell = Arc::new(Bell { rung: AtomicU64::new(0), line });
    let waker = Waker::from(Arc::clone(&bell));
    Task { future: Some(Box::pin(future)), bell, waker, fresh: true, output: None }
}

impl<F: Future> Task<F> {
    /// One poll, whether it was woken or not. True once it is over.
    pub(crate) fn poll(&mut self) -> bool {
        let waker = self.waker.clone();
        self.poll_with(&waker)
    }

    /// One poll with a waker of the probe's own.
    pub(crate) fn poll_with(&mut self, waker: &Waker) -> bool {
        self.fresh = false;
        self.bell.rung.store(0, Ordering::SeqCst);
        if let Some(future) = &mut self.future {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(waker)) {
                self.output = Some(output);
                self.future = None;
            }
        }
        self.is_done()
    }

    /// Polls as an executor that has nothing else to do: again as long as it wakes itself. True once it is over.
    pub(crate) fn settle(&mut self) -> bool {
        for _ in 0..10_000 {
            if self.poll() || !self.woken() {
                break;
            }
        }
        self.is_done()
    }

    /// The same, but only if it has a reason to be polled.
    pub(crate) fn settle_if_woken(&mut self) -> bool {
        if self.fresh || self.woken() { self.settle() } else { self.is_done() }
    }

    /// Whether it was woken since its last poll began.
    pub(crate) fn woken(&self) -> bool {
        self.bell.rung.load(Ordering::SeqCst) > 0
    }

    pub(crate) fn is_done(&self) -> bool {
        self.output.is_some()
    }

    pub(crate) fn output(&mut self) -> Option<F::Output> {
        self.output.take()
    }

    /// Its memory stays, and its destructor never runs.
    pub(crate) fn forget(mut self) {
        std::mem::forget(self.future.take());
    }
}

/// What an executor can run, whatever comes out.
pub(crate) trait Turn {
    /// Polls once if there is a reason to; tells whether there was.
    fn turn(&mut self) -> bool;
}

impl<F: Future> Turn for Task<F> {
    fn turn(&mut self) -> bool {
        let due = self.future.is_some() && (self.fresh || self.woken());
        if due {
            self.poll();
        }
        due
    }
}

/// Polls whoever was woken, in turn, until nobody is. Who is not in the list is neglected.
pub(crate) fn drive(tasks: &mut [&mut dyn Turn]) {
    for _ in 0..1_000_000 {
        let mut due = false;
        for task in tasks.iter_mut() {
            due |= task.turn();
        }
        if !due {
            return;
        }
    }
}

/// Runs all on one thread, as simple executors do: a line, and whoever is woken goes to its end.
pub(crate) fn run_in_line(futures: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>) {
    let line = Line::default();
    let count = futures.len();
    let mut tasks: Vec<_> =
        futures.into_iter().enumerate().map(|(id, future)| in_line(future, Some((id, Arc::clone(&line))))).collect();
    line.lock().unwrap().extend(0..count);
    loop {
        let next = line.lock().unwrap().pop_front();
        match next {
            Some(id) => {
                tasks[id].poll();
            }
            None => return,
        }
    }
}

/// A waker that does what it is told, with `true` when it is woken and with `false` when it is dropped.
pub(crate) fn waker_that(act: impl Fn(bool) + Send + Sync + 'static) -> Waker {
    struct Acting<A: Fn(bool) + Send + Sync + 'static>(A);
    impl<A: Fn(bool) + Send + Sync + 'static> Wake for Acting<A> {
        fn wake(self: Arc<Self>) {
            (self.0)(true);
        }
    }
    impl<A: Fn(bool) + Send + Sync + 'static> Drop for Acting<A> {
        fn drop(&mut self) {
            (self.0)(false);
        }
    }
    Waker::from(Arc::new(Acting(act)))
}

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}
