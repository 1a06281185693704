//! Scenarios: drawn from a seed, run under many schedules, made smaller when one fails.

use std::sync::Arc;

use thalweg::mpmc::{bounded, unbounded};

use crate::actor::Actor;
use crate::board::{Board, Ledger};
use crate::checker::check;
use crate::history::History;

/// What a task does next. `Some(polls)` drops the future after so many polls, `None` awaits it.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    TrySend,
    Send(Option<usize>),
    HoldSend,
    ForceSend,
    TrySendMany(usize),
    SendMany(usize, Option<usize>),
    TryReserve,
    Reserve(Option<usize>),
    ReserveMany(usize, Option<usize>),
    PermitSend,
    PermitDrop,
    TryRecv,
    Recv(Option<usize>),
    HoldRecv,
    TryRecvMany(usize),
    RecvMany(usize, Option<usize>),
    Drain,
    PollHeld,
    DropHeld,
    Close,
    Closed(Option<usize>),
    IsClosed,
    Len,
    IsEmpty,
    Upgrade,
    CloneSender,
    DropSender,
    CloneReceiver,
    DropReceiver,
}

#[derive(Clone, Debug)]
pub(crate) struct Task {
    sender: bool,
    receiver: bool,
    /// Every poll brings another waker.
    swap: bool,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    capacity: usize,
    tasks: Vec<Task>,
}

/// SplitMix64: small, and the same everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub(crate) fn chance(&mut self, in_eight: usize) -> bool {
        self.below(8) < in_eight
    }
}

impl Scenario {
    pub(crate) fn draw(capacity: usize, dice: &mut Dice) -> Scenario {
        let count = 2 + dice.below(2);
        let mut tasks: Vec<Task> = (0..count).map(|_| Task::draw(dice)).collect();
        tasks[0].sender |= !tasks.iter().any(|task| task.sender);
        tasks[1].receiver |= !tasks.iter().any(|task| task.receiver);
        for task in &mut tasks {
            let steps = 3 + dice.below(3);
            while task.steps.len() < steps {
                let step = Step::draw(dice, task);
                task.steps.push(step);
            }
        }
        Scenario { capacity, tasks }
    }

    /// One run, under the schedule of the shuttle around it. Panics when the history has no explanation.
    pub(crate) fn run(&self) {
        let (sender, receiver) = if self.capacity == usize::MAX { unbounded() } else { bounded(self.capacity) };
        let count = |has: fn(&Task) -> bool| self.tasks.iter().filter(|task| has(task)).count();
        let (senders, receivers) = (count(|task| task.sender), count(|task| task.receiver));
        let history = History { capacity: self.capacity, senders, receivers, calls: Vec::new() };
        let (board, ledger) = (Board::new(self.tasks.len(), history), Ledger::new());
        let actor = |(me, task): (usize, &Task)| {
            let senders = task.sender.then(|| sender.clone()).into_iter().collect();
            let receivers = task.receiver.then(|| receiver.clone()).into_iter().collect();
            let shared = (board.clone(), ledger.clone());
            (Actor::new((me, task.swap), shared, senders, receivers, sender.downgrade()), task.steps.clone())
        };
        let actors: Vec<_> = self.tasks.iter().enumerate().map(actor).collect();
        drop((sender, receiver));
        let start = |(actor, steps): (Actor, Vec<Step>)| shuttle::thread::spawn(move || actor.run(&steps));
        let threads: Vec<_> = actors.into_iter().map(start).collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let history = board.history();
        if let Err(failure) = check(&history) {
            panic!("no order explains this history, beyond {:?}:\n{history}", failure.explained);
        }
        let unbalanced = ledger.unbalanced();
        assert!(unbalanced.is_empty(), "messages {unbalanced:?} were not dropped once:\n{history}");
    }

    /// All scenarios that lack one step or one task of this one.
    fn smaller(&self) -> Vec<Scenario> {
        let mut smaller = Vec::new();
        for task in 0..self.tasks.len() {
            for step in 0..self.tasks[task].steps.len() {
                let mut less = self.clone();
                less.tasks[task].steps.remove(step);
                smaller.push(less);
            }
        }
        smaller
    }

    /// Leaves out what the failure does not need.
    pub(crate) fn shrink(self, fails: &dyn Fn(&Scenario) -> bool) -> Scenario {
        match self.smaller().into_iter().find(fails) {
            Some(smaller) => smaller.shrink(fails),
            None => self,
        }
    }

    /// Runs under many schedules. `Err` is the message of the first failure.
    pub(crate) fn check<S>(&self, scheduler: S) -> Result<(), String>
    where
        S: shuttle::scheduler::Scheduler + 'static,
    {
        let mut config = shuttle::Config::new();
        config.stack_size = 0x40000;
        config.failure_persistence = shuttle::FailurePersistence::None;
        let scenario = Arc::new(self.clone());
        let runner = shuttle::Runner::new(scheduler, config);
        let run = move || runner.run(move || scenario.run());
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).map(drop).map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string())).unwrap_or_default()
        })
    }
}

impl Task {
    fn draw(dice: &mut Dice) -> Task {
        let sender = dice.chance(6);
        let receiver = !sender || dice.chance(4);
        Task { sender, receiver, swap: dice.chance(2), steps: Vec::new() }
    }
}

impl Step {
    /// Mostly the sends and receives that the task can do, sometimes anything.
    fn draw(dice: &mut Dice, task: &Task) -> Step {
        let sends = task.sender && (!task.receiver || dice.chance(4));
        if dice.chance(6) {
            return if sends { Step::draw_send(dice) } else { Step::draw_recv(dice) };
        }
        match dice.below(13) {
            0 => Step::Close,
            1 => Step::Closed(draw_polls(dice)),
            2 => Step::IsClosed,
            3 | 4 => Step::Len,
            5 => Step::IsEmpty,
            6 => Step::Upgrade,
            7 => Step::CloneSender,
            8 => Step::DropSender,
            9 => Step::CloneReceiver,
            10 => Step::DropReceiver,
            11 => Step::PollHeld,
            _ => Step::DropHeld,
        }
    }

    fn draw_send(dice: &mut Dice) -> Step {
        match dice.below(16) {
            0..3 => Step::TrySend,
            3..7 => Step::Send(draw_polls(dice)),
            7 => Step::HoldSend,
            8 => Step::ForceSend,
            9 => Step::TrySendMany(1 + dice.below(3)),
            10 => Step::SendMany(1 + dice.below(3), draw_polls(dice)),
            11 => Step::TryReserve,
            12 => Step::Reserve(draw_polls(dice)),
            13 => Step::ReserveMany(1 + dice.below(2), draw_polls(dice)),
            14 => Step::PermitSend,
            _ => Step::PermitDrop,
        }
    }

    fn draw_recv(dice: &mut Dice) -> Step {
        match dice.below(12) {
            0..3 => Step::TryRecv,
            3..7 => Step::Recv(draw_polls(dice)),
            7 => Step::HoldRecv,
            8 => Step::TryRecvMany(1 + dice.below(3)),
            9 => Step::RecvMany(1 + dice.below(3), draw_polls(dice)),
            10 => Step::Drain,
            _ => Step::PollHeld,
        }
    }
}

fn draw_polls(dice: &mut Dice) -> Option<usize> {
    [None, None, None, Some(1), Some(2), Some(0)][dice.below(6)]
}
