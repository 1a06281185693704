//! Scenarios: drawn from a seed, run under many schedules, made smaller when one fails.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use shuttle::scheduler::Scheduler;

use crate::board::Board;
use crate::checker::{Model, check};
use crate::explore::{MainLast, config};
use crate::hand::Hand;
use crate::history::{History, Name};
use crate::token::Ledger;

/// A kind of channel, and how large.
pub(crate) trait Kind: Copy + Debug + Send + Sync + 'static {
    /// What explains its histories.
    type Model: Model;
    /// What a task does next. Where it has `Option<usize>`, `Some(polls)` drops the future after so many polls, `None`
    /// awaits it.
    type Step: Clone + Debug + Send + Sync + 'static;
    /// The handles that a task begins with.
    type Handles: Send + 'static;

    /// What tasks there are.
    fn roles(self, dice: &mut Dice) -> Vec<Role>;

    fn draw(self, dice: &mut Dice, role: Role) -> Self::Step;

    /// Makes a channel: its model, and the handles of each task. No other handles are left.
    fn open(self, roles: &[Role], ledger: &Arc<Ledger>) -> (Self::Model, Vec<Self::Handles>);

    /// The whole life of one task. At its end it has no handle any more.
    fn perform(hand: Hand<Self::Model>, handles: Self::Handles, steps: &[Self::Step]);

    /// What is to be true besides that the history has an explanation.
    fn judge(_history: &History<Self::Model>, _ledger: &Ledger) {}
}

/// Which ends of the channel a task has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Role {
    pub(crate) sender: bool,
    pub(crate) receiver: bool,
}

impl Role {
    /// Two or three tasks, each with any of the ends, each end with somebody.
    pub(crate) fn draw(dice: &mut Dice) -> Vec<Role> {
        let count = 2 + dice.below(2);
        let draw = |_| {
            let sender = dice.chance(6);
            Role { sender, receiver: !sender || dice.chance(4) }
        };
        let mut roles: Vec<Role> = (0..count).map(draw).collect();
        roles[0].sender |= !roles.iter().any(|role| role.sender);
        roles[1].receiver |= !roles.iter().any(|role| role.receiver);
        roles
    }

    pub(crate) fn senders(roles: &[Role]) -> usize {
        roles.iter().filter(|role| role.sender).count()
    }

    pub(crate) fn receivers(roles: &[Role]) -> usize {
        roles.iter().filter(|role| role.receiver).count()
    }

    /// The names of all receivers that there are at first.
    pub(crate) fn names(roles: &[Role]) -> Vec<Name> {
        (0..roles.len()).filter(|&task| roles[task].receiver).map(first_name).collect()
    }
}

/// The receivers of this task have this name and those that follow.
pub(crate) fn first_name(task: usize) -> Name {
    task as Name * 10
}

#[derive(Clone, Debug)]
struct Task<S> {
    role: Role,
    swap: bool,
    steps: Vec<S>,
}

#[derive(Clone, Debug)]
pub(crate) struct Scenario<K: Kind> {
    kind: K,
    tasks: Vec<Task<K::Step>>,
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

    /// After how many polls a future is dropped, if it is: mostly a few, sometimes as many as it takes to be ready.
    pub(crate) fn polls(&mut self) -> Option<usize> {
        [None, None, None, Some(0), Some(1), Some(2), Some(3 + self.below(6))][self.below(7)]
    }
}

/// What is done with a `PollSender` that got room, or that is not to wait for it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    Send,
    SinkSend,
    Abort,
    Close,
    /// Goes on as something else.
    Into,
    Drop,
}

/// Longer than any run: shuttle has no clock, and there no such wait ends by itself.
pub(crate) const LONG: Duration = Duration::from_secs(3_600);

/// How long a call may block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    Done,
    /// Until a time that does not come.
    Late,
    AtOnce,
}

impl Finish {
    pub(crate) fn draw(dice: &mut Dice) -> Finish {
        use Finish::{Abort, Close, Drop, Into, Send, SinkSend};
        [Send, Send, Send, SinkSend, SinkSend, Abort, Close, Into, Drop][dice.below(9)]
    }
}

impl Until {
    pub(crate) fn draw(dice: &mut Dice) -> Until {
        [Until::Done, Until::Late, Until::AtOnce][dice.below(3)]
    }
}

impl<K: Kind> Scenario<K> {
    pub(crate) fn draw(kind: K, dice: &mut Dice) -> Scenario<K> {
        let roles = kind.roles(dice);
        let mut tasks: Vec<Task<K::Step>> =
            roles.into_iter().map(|role| Task { role, swap: dice.chance(2), steps: Vec::new() }).collect();
        for task in &mut tasks {
            let steps = 3 + dice.below(3);
            task.steps = (0..steps).map(|_| kind.draw(dice, task.role)).collect();
        }
        Scenario { kind, tasks }
    }

    /// One run, under the schedule of the shuttle around it. Panics when the history has no explanation.
    fn run(&self) {
        let roles: Vec<Role> = self.tasks.iter().map(|task| task.role).collect();
        let ledger = Ledger::new();
        let (model, handles) = self.kind.open(&roles, &ledger);
        let board = Board::new(self.tasks.len(), model);
        let start = |(me, (task, handles)): (usize, (&Task<K::Step>, K::Handles))| {
            let hand = Hand::new(me, task.swap, board.clone(), ledger.clone());
            let steps = task.steps.clone();
            shuttle::thread::spawn(move || K::perform(hand, handles, &steps))
        };
        let threads: Vec<_> = self.tasks.iter().zip(handles).enumerate().map(start).collect();
        board.look_after(threads);
        let history = board.history();
        if let Err(failure) = check(&history) {
            panic!("no order explains this history, beyond {:?}:\n{history}", failure.explained);
        }
        let unbalanced = ledger.unbalanced();
        assert!(unbalanced.is_empty(), "messages {unbalanced:?} were not dropped once:\n{history}");
        K::judge(&history, &ledger);
    }

    /// All scenarios that lack one step of this one.
    fn smaller(&self) -> Vec<Scenario<K>> {
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
    pub(crate) fn shrink(self, fails: &dyn Fn(&Scenario<K>) -> bool) -> Scenario<K> {
        match self.smaller().into_iter().find(fails) {
            Some(smaller) => smaller.shrink(fails),
            None => self,
        }
    }

    /// Runs under many schedules. `Err` is the message of the first failure.
    pub(crate) fn check(&self, scheduler: impl Scheduler + 'static) -> Result<(), String> {
        let mut config = config();
        config.failure_persistence = shuttle::FailurePersistence::None;
        let scenario = Arc::new(self.clone());
        let runner = shuttle::Runner::new(MainLast::new(scheduler), config);
        let run = move || runner.run(move || scenario.run());
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).map(drop).map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string())).unwrap_or_default()
        })
    }
}
