//! What was called, what it answered, and when: the input of the checker.

use std::fmt;

/// A message. Every message of a history is different.
pub(crate) type Id = u16;

/// One operation, as the caller sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    TrySend(Id),
    Send(Id),
    ForceSend(Id),
    TrySendMany(Vec<Id>),
    SendMany(Vec<Id>),
    TryReserve(usize),
    Reserve(usize),
    PermitSend(Id),
    PermitDrop,
    TryRecv,
    Recv,
    TryRecvMany(usize),
    RecvMany(usize),
    Drain,
    Close,
    Closed,
    IsClosed,
    Len,
    IsEmpty,
    CloneSender,
    DropSender,
    UpgradeSender,
    CloneReceiver,
    DropReceiver,
    /// Nobody runs: each task has ended or waits for the call named here (an index into the history).
    Quiet(Vec<usize>),
}

/// How a batch ended that did not send everything.
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
    Displaced(Option<Id>),
    /// A batch that stopped after `sent` messages.
    Sent {
        sent: usize,
        why: Stop,
    },
    Number(usize),
    Flag(bool),
}

/// An operation between its call and its return. Stamps of one history are all different.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) task: usize,
    pub(crate) op: Op,
    pub(crate) ret: Ret,
    pub(crate) invoked: u64,
    pub(crate) returned: u64,
}

/// A whole run of one channel.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// `usize::MAX` is unbounded.
    pub(crate) capacity: usize,
    /// Handles alive before the first call.
    pub(crate) senders: usize,
    pub(crate) receivers: usize,
    pub(crate) calls: Vec<Call>,
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (capacity, senders, receivers) = (self.capacity, self.senders, self.receivers);
        writeln!(f, "capacity {capacity}, {senders} senders, {receivers} receivers")?;
        let mut order: Vec<usize> = (0..self.calls.len()).collect();
        order.sort_by_key(|&at| self.calls[at].invoked);
        for at in order {
            let Call { task, op, ret, invoked, returned } = &self.calls[at];
            writeln!(f, "  #{at:<3} task {task}  {invoked:>3}..{returned:<3}  {op:?} -> {ret:?}")?;
        }
        Ok(())
    }
}
