//! A small executor that knows when nobody runs, and a log of every call.
//!
//! Each pending poll gets a bell of its own. A ring on an older bell wakes nobody: a channel that keeps a stale waker,
//! or loses a wake, is found when all tasks have ended or sleep. Then the moment is logged, and the sleepers give up.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use shuttle::sync::{Condvar, Mutex};

use crate::history::{Call, History, Id, Op, Ret};

/// A message that tells when it is dropped.
pub(crate) struct Token {
    pub(crate) id: Id,
    ledger: Arc<Ledger>,
}

impl Drop for Token {
    fn drop(&mut self) {
        self.ledger.dropped[usize::from(self.id)].fetch_add(1, SeqCst);
    }
}

/// How often each message was made and dropped. Plain atomics: looking here is not a scheduling point.
pub(crate) struct Ledger {
    made: [AtomicU8; 64],
    dropped: [AtomicU8; 64],
}

impl Ledger {
    pub(crate) fn new() -> Arc<Ledger> {
        let zeros = || [const { AtomicU8::new(0) }; 64];
        Arc::new(Ledger { made: zeros(), dropped: zeros() })
    }

    pub(crate) fn token(self: &Arc<Self>, id: Id) -> Token {
        self.made[usize::from(id)].fetch_add(1, SeqCst);
        Token { id, ledger: self.clone() }
    }

    /// Messages that were not dropped exactly once.
    pub(crate) fn unbalanced(&self) -> Vec<usize> {
        let counts = |id: &usize| self.made[*id].load(SeqCst) != self.dropped[*id].load(SeqCst);
        (0..64).filter(counts).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Asleep { bell: u64, call: usize },
    GivesUp,
    Ended,
}

pub(crate) struct Board {
    states: Mutex<Vec<State>>,
    changed: Condvar,
    /// Not shuttle's: logging must not add scheduling points, nor order what the channel leaves unordered.
    log: std::sync::Mutex<Log>,
}

struct Log {
    clock: u64,
    history: History,
}

impl Log {
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

impl Board {
    pub(crate) fn new(tasks: usize, history: History) -> Arc<Board> {
        let log = std::sync::Mutex::new(Log { clock: 0, history });
        Arc::new(Board { states: Mutex::new(vec![State::Running; tasks]), changed: Condvar::new(), log })
    }

    pub(crate) fn history(&self) -> History {
        self.log.lock().unwrap().history.clone()
    }

    /// Logs the start of a call. Until `end` it counts as cancelled.
    pub(crate) fn begin(&self, task: usize, op: Op) -> usize {
        let mut log = self.log.lock().unwrap();
        let invoked = log.tick();
        log.history.calls.push(Call { task, op, ret: Ret::Cancelled, invoked, returned: u64::MAX });
        log.history.calls.len() - 1
    }

    /// Logs a call that is part of another: it may happen as early as that one.
    pub(crate) fn begin_with(&self, call: usize, op: Op) -> usize {
        let mut log = self.log.lock().unwrap();
        let part = Call { op, ret: Ret::Cancelled, returned: u64::MAX, ..log.history.calls[call] };
        log.history.calls.push(part);
        log.history.calls.len() - 1
    }

    pub(crate) fn end(&self, call: usize, ret: Ret) {
        let mut log = self.log.lock().unwrap();
        let now = log.tick();
        let call = &mut log.history.calls[call];
        (call.ret, call.returned) = (ret, now);
    }

    fn bell(self: &Arc<Self>, task: usize) -> Arc<Bell> {
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
    fn sleep(&self, bell: &Bell, call: usize) -> bool {
        let me = bell.task;
        let mut states = self.states.lock().unwrap();
        if bell.rung.load(SeqCst) {
            return true;
        }
        states[me] = State::Asleep { bell: bell.serial, call };
        self.look_for_quiet(&mut states);
        while matches!(states[me], State::Asleep { .. }) {
            states = self.changed.wait(states).unwrap();
        }
        let woken = states[me] == State::Running;
        states[me] = State::Running;
        woken
    }

    pub(crate) fn ended(&self, task: usize) {
        let mut states = self.states.lock().unwrap();
        states[task] = State::Ended;
        self.look_for_quiet(&mut states);
    }

    fn look_for_quiet(&self, states: &mut [State]) {
        if states.iter().any(|state| matches!(state, State::Running | State::GivesUp)) {
            return;
        }
        let mut blocked = Vec::new();
        for state in states {
            if let State::Asleep { call, .. } = *state {
                blocked.push(call);
                *state = State::GivesUp;
            }
        }
        if !blocked.is_empty() {
            let call = self.begin(usize::MAX, Op::Quiet(blocked));
            self.end(call, Ret::Done);
            self.changed.notify_all();
        }
    }
}

struct Bell {
    board: Arc<Board>,
    task: usize,
    serial: u64,
    rung: AtomicBool,
}

impl Wake for Bell {
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
