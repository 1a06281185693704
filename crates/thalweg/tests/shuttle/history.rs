//! What was called, what it answered, and when: the input of the checker.

use std::fmt::{self, Debug};

use crate::checker::Model;

/// A message. Every message of a history is different.
pub(crate) type Id = u16;

/// A receiver, where each has a place of its own. A name is not used again.
pub(crate) type Name = u8;

/// An entry of a history. What can be called is the model's to say.
#[derive(Clone, Debug)]
pub(crate) enum Event<Op> {
    Call(Op),
    /// Nobody runs: each task has ended or waits for the call named here (an index into the history).
    Quiet(Vec<usize>),
}

/// Why something of several steps ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Full,
    Closed,
    Cancelled,
}

/// What an operation answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ret {
    /// Success without a value.
    Done,
    Full,
    Empty,
    Closed,
    /// The future was dropped before it was ready.
    Cancelled,
    Got(Vec<Id>),
    /// So many were taken out, of which only the first were looked at.
    Part {
        first: Vec<Id>,
        of: usize,
    },
    Displaced(Option<Id>),
    /// A batch that stopped after `sent` messages.
    Sent {
        sent: usize,
        why: Stop,
    },
    /// So many messages were missed.
    Lagged(u64),
    /// A value that was looked at, and whether it was new.
    Seen(Id, bool),
    /// Values that a condition was asked about, one after the other, and why the last of them did not do, if so.
    Looked {
        at: Vec<Id>,
        why: Option<Stop>,
    },
    Number(usize),
    Flag(bool),
}

/// An event between its call and its return. Stamps of one history are all different.
#[derive(Clone, Debug)]
pub(crate) struct Call<Op> {
    pub(crate) task: usize,
    pub(crate) event: Event<Op>,
    pub(crate) ret: Ret,
    pub(crate) invoked: u64,
    pub(crate) returned: u64,
}

/// A whole run of one channel, which began in this state.
#[derive(Clone, Debug)]
pub(crate) struct History<M: Model> {
    pub(crate) start: M,
    pub(crate) calls: Vec<Call<M::Op>>,
}

impl<M: Model> History<M> {
    pub(crate) fn new(start: M) -> History<M> {
        History { start, calls: Vec::new() }
    }
}

impl<M: Model> fmt::Display for History<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.start)?;
        let mut order: Vec<usize> = (0..self.calls.len()).collect();
        order.sort_by_key(|&at| self.calls[at].invoked);
        for at in order {
            let Call { task, event, ret, invoked, returned } = &self.calls[at];
            let event: &dyn Debug = if let Event::Call(op) = event { op } else { event };
            writeln!(f, "  #{at:<3} task {task}  {invoked:>3}..{returned:<3}  {event:?} -> {ret:?}")?;
        }
        Ok(())
    }
}
