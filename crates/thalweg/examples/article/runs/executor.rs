//! An executor of one thread with a clock of its own, which stands still while a task runs, and goes on to the next end of a `sleep`
//! when no task can run. So a program does the same each time, and sleeping takes no time.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The tasks and the clock. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Executor {
    state: Rc<RefCell<State>>,
    ready: Arc<Ready>,
}

#[derive(Default)]
struct State {
    now: Duration,
    tasks: Vec<Option<Task>>,
    /// By when they end, and in which order they began.
    sleepers: BTreeMap<(Duration, usize), Waker>,
    begun: usize,
}

/// The tasks that can run, first come, first served.
#[derive(Default)]
struct Ready(Mutex<VecDeque<usize>>);

impl Ready {
    fn push(&self, task: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(task);
    }

    fn pop(&self) -> Option<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Executor {
    /// Adds a task, which runs after those that can run already.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let mut state = self.state.borrow_mut();
        state.tasks.push(Some(Box::pin(task)));
        self.ready.push(state.tasks.len() - 1);
    }

    /// Done so many microseconds later.
    pub(crate) fn sleep(&self, microseconds: u64) -> Sleep {
        Sleep { executor: self.clone(), until: self.state.borrow().now + Duration::from_micros(microseconds) }
    }

    /// Runs until no task can go on. Tells of the time before the clock goes on.
    pub(crate) fn run(&self, mut tell: impl FnMut(Duration)) {
        loop {
            while let Some(task) = self.ready.pop() {
                self.poll(task);
            }
            tell(self.state.borrow().now);
            let Some(((until, _), waker)) = self.state.borrow_mut().sleepers.pop_first() else { return };
            self.state.borrow_mut().now = until;
            waker.wake();
        }
    }

    fn poll(&self, number: usize) {
        let Some(mut task) = self.state.borrow_mut().tasks[number].take() else { return };
        let waker = Waker::from(Arc::new(Turn { ready: self.ready.clone(), number }));
        if task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            self.state.borrow_mut().tasks[number] = Some(task);
        }
    }

    /// Drops the tasks that did not come to their end.
    pub(crate) fn end(self) {
        drop(mem::take(&mut self.state.borrow_mut().tasks));
    }
}

/// Gives a task its turn.
struct Turn {
    ready: Arc<Ready>,
    number: usize,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.number);
    }
}

/// From [`Executor::sleep`].
pub(crate) struct Sleep {
    executor: Executor,
    until: Duration,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.executor.state.borrow_mut();
        if state.now >= self.until {
            return Poll::Ready(());
        }
        state.begun += 1;
        let place = (self.until, state.begun);
        state.sleepers.insert(place, cx.waker().clone());
        Poll::Pending
    }
}
