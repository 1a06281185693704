//! Is there an order of single steps that explains a history? (Wing and Gong's search, each state visited once.)
//!
//! A call may take its steps anywhere between its invocation and its return. Calls that were cancelled must change
//! nothing. A call that is blocked when nobody runs must be blocked in the model too: otherwise its wake was lost.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

use crate::history::{Call, Event, History, Ret};

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    Fresh,
    /// A receive at capacity 0 that a send may answer.
    Arrived,
    /// ... and that a send has answered.
    Answered,
    /// A call of several steps: so many of them, or what it has to remember.
    Part(u8),
    /// A call that takes many, after so many steps: it has seen how many it is to take.
    Counted(u8, u8),
    Finished,
}

/// A channel as a child would write it, in the state between two steps.
pub(crate) trait Model: Clone + Debug + Eq + Hash + Send + 'static {
    /// What can be called.
    type Op: Clone + Debug + Send + 'static;

    /// How far each call has come. The state that a history begins with has none of them.
    fn stages(&self) -> &Vec<Stage>;

    fn stages_mut(&mut self) -> &mut Vec<Stage>;

    /// All states that one step of this call leads to, given what the call answered in the end.
    fn steps(&self, call: usize, op: &Self::Op, ret: &Ret) -> Vec<Self>;

    /// Whether this call has a reason to be asleep when nobody runs.
    fn may_sleep(&self, call: usize, op: &Self::Op, quiet: &Quiet<'_, Self::Op>) -> bool;

    /// The same state, in which this call has come so far.
    fn at(&self, call: usize, stage: Stage) -> Self {
        let mut next = self.clone();
        next.stages_mut()[call] = stage;
        next
    }

    fn finished(&self, call: usize) -> Self {
        self.at(call, Stage::Finished)
    }

    /// How many steps a call of several has taken.
    fn part(&self, call: usize) -> usize {
        match self.stages()[call] {
            Stage::Part(part) | Stage::Counted(part, _) => usize::from(part),
            _ => 0,
        }
    }
}

/// The moment at which nobody runs.
pub(crate) struct Quiet<'a, Op> {
    calls: &'a [Call<Op>],
    now: u64,
    blocked: &'a [usize],
}

impl<Op> Quiet<'_, Op> {
    /// Whether somebody sleeps in a call of this kind.
    pub(crate) fn any_blocked(&self, kind: fn(&Op) -> bool) -> bool {
        self.blocked.iter().any(|&call| is(&self.calls[call], kind))
    }

    /// Whether one of this kind may be the last of the calls that moved something, and its task does not wait.
    pub(crate) fn left_last(&self, moves: fn(&Op, &Ret) -> bool, kind: fn(&Op) -> bool) -> bool {
        let moved = |call: &&Call<Op>| {
            let Call { event, ret, returned, .. } = call;
            *returned < self.now && matches!(event, Event::Call(op) if moves(op, ret))
        };
        let latest = self.calls.iter().filter(moved).map(|call| call.invoked).max();
        let waits = |task| self.blocked.iter().any(|&call| self.calls[call].task == task);
        let mut last = self.calls.iter().filter(moved).filter(|call| Some(call.returned) > latest);
        last.any(|call| is(call, kind) && !waits(call.task))
    }

    /// How many calls of this kind were begun and nobody waits for.
    pub(crate) fn neglected(&self, kind: fn(&Op) -> bool) -> usize {
        let pending = |&call: &usize| {
            let Call { invoked, returned, .. } = self.calls[call];
            is(&self.calls[call], kind) && invoked < self.now && self.now < returned && !self.blocked.contains(&call)
        };
        (0..self.calls.len()).filter(pending).count()
    }
}

fn is<Op>(call: &Call<Op>, kind: fn(&Op) -> bool) -> bool {
    matches!(&call.event, Event::Call(op) if kind(op))
}

/// No order explains the history.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The longest explained run: calls in the order in which they took their last step.
    pub(crate) explained: Vec<usize>,
}

/// Searches for an order. `Err` shows how far the best attempt came.
pub(crate) fn check<M: Model>(history: &History<M>) -> Result<(), Failure> {
    let mut start = history.start.clone();
    start.stages_mut().resize(history.calls.len(), Stage::Fresh);
    let mut search = Search { history, seen: HashSet::new(), path: Vec::new(), best: Vec::new() };
    if search.reaches_end(&start) { Ok(()) } else { Err(Failure { explained: search.best }) }
}

struct Search<'a, M: Model> {
    history: &'a History<M>,
    seen: HashSet<M>,
    path: Vec<usize>,
    best: Vec<usize>,
}

impl<M: Model> Search<'_, M> {
    fn reaches_end(&mut self, state: &M) -> bool {
        let history = self.history;
        let open = |call: &usize| state.stages()[*call] != Stage::Finished;
        let Some(first_return) = (0..history.calls.len()).filter(open).map(|call| history.calls[call].returned).min()
        else {
            return true;
        };
        if !self.seen.insert(state.clone()) {
            return false;
        }
        for call in (0..history.calls.len()).filter(open) {
            let Call { event, ret, invoked, .. } = &history.calls[call];
            if *invoked > first_return {
                continue;
            }
            let states = match event {
                Event::Quiet(blocked) => self.quiet(state, call, blocked),
                Event::Call(op) => state.steps(call, op, ret),
            };
            for next in states {
                let ended = next.stages()[call] == Stage::Finished;
                if ended {
                    self.path.push(call);
                    if self.path.len() > self.best.len() {
                        self.best.clone_from(&self.path);
                    }
                }
                if self.reaches_end(&next) {
                    return true;
                }
                if ended {
                    self.path.pop();
                }
            }
        }
        false
    }

    /// Nobody runs. Has everybody who is blocked a reason?
    fn quiet(&self, state: &M, call: usize, blocked: &[usize]) -> Vec<M> {
        let calls = &self.history.calls;
        let quiet = Quiet { calls, now: calls[call].invoked, blocked };
        let may_sleep =
            |&other: &usize| matches!(&calls[other].event, Event::Call(op) if state.may_sleep(other, op, &quiet));
        if blocked.iter().all(may_sleep) { vec![state.finished(call)] } else { Vec::new() }
    }
}

/// The checker on histories written by hand: a model must accept the good ones and refuse the bad ones.
pub(crate) mod tests {
    use super::{Model, check};
    use crate::history::{Call, Event, History, Ret};

    /// Each call with the stamps of its begin and its end.
    pub(crate) fn history<M: Model>(start: M, calls: &[(M::Op, Ret, u64, u64)]) -> History<M> {
        let call = |(task, (op, ret, invoked, returned)): (usize, &(M::Op, Ret, u64, u64))| Call {
            task,
            event: Event::Call(op.clone()),
            ret: ret.clone(),
            invoked: *invoked,
            returned: *returned,
        };
        History { start, calls: calls.iter().enumerate().map(call).collect() }
    }

    /// One call after the other.
    pub(crate) fn in_turn<M: Model>(start: M, calls: &[(M::Op, Ret)]) -> History<M> {
        let timed: Vec<_> =
            (0u64..).zip(calls).map(|(at, (op, ret))| (op.clone(), ret.clone(), 2 * at, 2 * at + 1)).collect();
        history(start, &timed)
    }

    /// Adds a moment at which nobody runs and these calls are blocked.
    pub(crate) fn quiet<M: Model>(mut history: History<M>, at: u64, blocked: &[usize]) -> History<M> {
        let (event, ret) = (Event::Quiet(blocked.to_vec()), Ret::Done);
        history.calls.push(Call { task: usize::MAX, event, ret, invoked: at, returned: at + 1 });
        history
    }

    #[track_caller]
    pub(crate) fn good<M: Model>(history: History<M>) {
        assert!(check(&history).is_ok(), "refused:\n{history}");
    }

    #[track_caller]
    pub(crate) fn bad<M: Model>(history: History<M>) {
        assert!(check(&history).is_err(), "accepted:\n{history}");
    }

    pub(crate) fn got(id: u16) -> Ret {
        Ret::Got(vec![id])
    }
}
