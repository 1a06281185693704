//! Is there an order of single steps that explains a history? (Wing and Gong's search, each state visited once.)
//!
//! A call may take its steps anywhere between its invocation and its return. Calls that were cancelled must change
//! nothing. A call that is blocked when nobody runs must be blocked in the model too: otherwise its wake was lost.

use std::collections::HashSet;

use crate::history::{Call, History, Op};
use crate::model::{Model, Stage};

/// No order explains the history.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The longest explained run: calls in the order in which they took their last step.
    pub(crate) explained: Vec<usize>,
}

/// Searches for an order. `Err` shows how far the best attempt came.
pub(crate) fn check(history: &History) -> Result<(), Failure> {
    let start = Model::new(history.capacity, history.senders, history.receivers, history.calls.len());
    let mut search = Search { history, seen: HashSet::new(), path: Vec::new(), best: Vec::new() };
    if search.reaches_end(&start) { Ok(()) } else { Err(Failure { explained: search.best }) }
}

struct Search<'a> {
    history: &'a History,
    seen: HashSet<Model>,
    path: Vec<usize>,
    best: Vec<usize>,
}

impl Search<'_> {
    fn reaches_end(&mut self, state: &Model) -> bool {
        let history = self.history;
        let open = |call: &usize| state.stages[*call] != Stage::Finished;
        let Some(first_return) = (0..history.calls.len()).filter(open).map(|call| history.calls[call].returned).min()
        else {
            return true;
        };
        if !self.seen.insert(state.clone()) {
            return false;
        }
        for call in (0..history.calls.len()).filter(open) {
            let Call { op, ret, invoked, .. } = &history.calls[call];
            if *invoked > first_return {
                continue;
            }
            let states = match op {
                Op::Quiet(blocked) => self.quiet(state, call, blocked),
                _ => state.steps(call, op, ret),
            };
            for next in states {
                let ended = next.stages[call] == Stage::Finished;
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
    fn quiet(&self, state: &Model, call: usize, blocked: &[usize]) -> Vec<Model> {
        let calls = &self.history.calls;
        let now = &calls[call];
        let neglected = |kind: fn(&Op) -> bool| {
            let pending = |other: &usize| {
                let Call { op, invoked, returned, .. } = &calls[*other];
                kind(op) && *invoked < now.invoked && now.returned < *returned && !blocked.contains(other)
            };
            (0..calls.len()).filter(pending).count()
        };
        let receiving = blocked.iter().any(|&other| receives(&calls[other].op));
        let sending = blocked.iter().any(|&other| sends(&calls[other].op));
        let may_sleep = |&other: &usize| match &calls[other].op {
            Op::Closed => !state.closed,
            op if sends(op) => {
                let wants = if let Op::Reserve(n) = op { *n } else { 1 };
                let spoken_for = if receiving { 0 } else { neglected(sends) };
                !state.closed && state.free() < wants + spoken_for
            }
            op if receives(op) => {
                let arrived = state.capacity > 0 || state.stages[other] == Stage::Arrived;
                let spoken_for = if sending { 0 } else { neglected(receives) };
                arrived && !state.over() && state.queue.len() <= spoken_for
            }
            _ => false,
        };
        if !blocked.iter().all(may_sleep) {
            return Vec::new();
        }
        let mut next = state.clone();
        next.stages[call] = Stage::Finished;
        vec![next]
    }
}

fn sends(op: &Op) -> bool {
    matches!(op, Op::Send(_) | Op::SendMany(_) | Op::Reserve(_))
}

fn receives(op: &Op) -> bool {
    matches!(op, Op::Recv | Op::RecvMany(_))
}
