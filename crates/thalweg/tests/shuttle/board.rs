//! A small executor that knows when nobody runs, and a log of every call.
//!
//! Each pending poll gets a bell of its own. A ring on an older bell wakes nobody: a channel that keeps a stale waker,
//! or loses a wake, is found when no thread can run. Then the moment is logged, and the sleepers give up. Who blocks
//! its thread cannot: it must be able to go on when all others have ended.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use shuttle::sync::{Condvar, Mutex};
use shuttle::thread::JoinHandle;

use crate::checker::Model;
use crate::history::{Call, Event, History, Ret};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Asleep {
        bell: u64,
        call: usize,
    },
    /// In a call that may block its thread.
    Blocks {
        call: usize,
    },
    GivesUp,
    Ended,
}

pub(crate) struct Board<M: Model> {
    states: Mutex<Vec<State>>,
    changed: Condvar,
    /// Not shuttle's: logging must not add scheduling points, nor order what the channel leaves unordered.
    log: std::sync::Mutex<Log<M>>,
}

struct Log<M: Model> {
    clock: u64,
    history: History<M>,
}

impl<M: Model> Log<M> {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }
}

/// More polls than any operation of a scenario needs.
const MANY: usize = 1_000;

/// How a driven future ended.
pub(crate) enum Driven<R> {
    Ready(R),
    /// All polls that were asked for are done, or everybody sleeps.
    Pending,
}

/// Runs these tasks to their end on a board of their own. Each is told which it is, and has all its handles inside.
pub(crate) fn together<M: Model>(start: M, tasks: Vec<Box<dyn FnOnce(&Arc<Board<M>>, usize) + Send>>) {
    let board = Board::new(tasks.len(), start);
    let mut threads = Vec::new();
    for (me, task) in tasks.into_iter().enumerate() {
        let board = board.clone();
        threads.push(shuttle::thread::spawn(move || {
            task(&board, me);
            board.ended(me);
        }));
    }
    board.look_after(threads);
}

impl<M: Model> Board<M> {
    pub(crate) fn new(tasks: usize, start: M) -> Arc<Board<M>> {
        let log = std::sync::Mutex::new(Log { clock: 0, history: History::new(start) });
        Arc::new(Board { states: Mutex::new(vec![State::Running; tasks]), changed: Condvar::new(), log })
    }

    pub(crate) fn history(&self) -> History<M> {
        self.log.lock().unwrap().history.clone()
    }

    /// Logs the start of a call. Until `end` it counts as cancelled.
    pub(crate) fn begin(&self, task: usize, op: M::Op) -> usize {
        self.begin_event(task, Event::Call(op))
    }

    fn begin_event(&self, task: usize, event: Event<M::Op>) -> usize {
        let mut log = self.log.lock().unwrap();
        let invoked = log.tick();
        log.history.calls.push(Call { task, event, ret: Ret::Cancelled, invoked, returned: u64::MAX });
        log.history.calls.len() - 1
    }

    /// Logs a call that is part of another: it may happen as early as that one.
    pub(crate) fn begin_with(&self, call: usize, op: M::Op) -> usize {
        let mut log = self.log.lock().unwrap();
        let Call { task, invoked, .. } = log.history.calls[call];
        let part = Call { task, event: Event::Call(op), ret: Ret::Cancelled, invoked, returned: u64::MAX };
        log.history.calls.push(part);
        log.history.calls.len() - 1
    }

    /// A call that was begun goes on as another one.
    pub(crate) fn turn(&self, call: usize, op: M::Op) {
        self.log.lock().unwrap().history.calls[call].event = Event::Call(op);
    }

    pub(crate) fn end(&self, call: usize, ret: Ret) {
        let mut log = self.log.lock().unwrap();
        let now = log.tick();
        let call = &mut log.history.calls[call];
        (call.ret, call.returned) = (ret, now);
    }

    fn bell(self: &Arc<Self>, task: usize) -> Arc<Bell<M>> {
        let serial = self.log.lock().unwrap().tick();
        Arc::new(Bell { board: self.clone(), task, serial, rung: AtomicBool::new(false) })
    }

    /// A waker for a future that its owner neglects.
    pub(crate) fn idle_waker(self: &Arc<Self>, task: usize) -> Waker {
        Waker::from(self.bell(task))
    }

    /// Polls until ready, or `polls` times, or until nobody runs. With `swap` each poll brings a new waker.
    pub(crate) fn drive<F: Future>(
        self: &Arc<Self>,
        (task, call): (usize, usize),
        mut future: Pin<&mut F>,
        polls: Option<usize>,
        swap: bool,
    ) -> Driven<F::Output> {
        let mut bell = self.bell(task);
        for polled in 0.. {
            if polls == Some(polled) {
                return Driven::Pending;
            }
            assert!(polled < MANY, "polled {MANY} times, and neither ready nor asleep");
            if swap {
                bell = self.bell(task);
            }
            bell.rung.store(false, SeqCst);
            let waker = Waker::from(bell.clone());
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Driven::Ready(output);
            }
            if polls.is_some() || bell.rung.load(SeqCst) {
                shuttle::thread::yield_now();
            } else if !self.sleep(&bell, call) {
                return Driven::Pending;
            }
        }
        unreachable!()
    }

    /// Waits for the bell. False when nobody runs.
    fn sleep(&self, bell: &Bell<M>, call: usize) -> bool {
        let me = bell.task;
        let mut states = self.states.lock().unwrap();
        if bell.rung.load(SeqCst) {
            return true;
        }
        states[me] = State::Asleep { bell: bell.serial, call };
        while matches!(states[me], State::Asleep { .. }) {
            states = self.changed.wait(states).unwrap();
        }
        let woken = states[me] == State::Running;
        states[me] = State::Running;
        woken
    }

    /// Makes a call that may block the thread.
    pub(crate) fn block<R>(&self, (task, call): (usize, usize), work: impl FnOnce() -> R) -> R {
        self.states.lock().unwrap()[task] = State::Blocks { call };
        let result = work();
        self.states.lock().unwrap()[task] = State::Running;
        result
    }

    pub(crate) fn ended(&self, task: usize) {
        self.states.lock().unwrap()[task] = State::Ended;
    }

    /// Waits for all tasks. Whenever nobody can run it writes that down, and lets those give up who can.
    pub(crate) fn look_after(&self, threads: Vec<JoinHandle<()>>) {
        loop {
            // The scheduler gives a turn to this thread only when no other can take one.
            shuttle::thread::yield_now();
            let mut states = self.states.lock().unwrap();
            if states.iter().all(|state| *state == State::Ended) {
                break;
            }
            self.quiet(&mut states);
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }

    fn quiet(&self, states: &mut [State]) {
        let mut blocked = Vec::new();
        let mut sleepers = 0;
        for (task, state) in states.iter_mut().enumerate() {
            match *state {
                State::Asleep { call, .. } => {
                    blocked.push(call);
                    *state = State::GivesUp;
                    sleepers += 1;
                }
                State::Blocks { call } => blocked.push(call),
                State::Ended => {}
                State::Running | State::GivesUp => panic!("task {task} cannot run, and nobody knows why"),
            }
        }
        assert!(sleepers > 0, "blocked for ever: {blocked:?} of\n{}", self.history());
        let call = self.begin_event(usize::MAX, Event::Quiet(blocked));
        self.end(call, Ret::Done);
        self.changed.notify_all();
    }
}

struct Bell<M: Model> {
    board: Arc<Board<M>>,
    task: usize,
    serial: u64,
    rung: AtomicBool,
}

impl<M: Model> Wake for Bell<M> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, SeqCst);
        let mut states = self.board.states.lock().unwrap();
        if matches!(states[self.task], State::Asleep { bell, .. } if bell == self.serial) {
            states[self.task] = State::Running;
            self.board.changed.notify_all();
        }
    }
}
