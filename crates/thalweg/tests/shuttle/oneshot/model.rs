//! `oneshot` as a child would write it: a slot, and who is there.
//!
//! Every operation is one step.

use crate::checker::{Model, Quiet, Stage};
use crate::history::{Id, Ret};

/// One operation, as the caller sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Send(Id),
    IsClosed,
    Closed,
    DropSender,
    Recv,
    TryRecv,
    IsEmpty,
    Close,
    DropReceiver,
}

/// The state between two steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Once {
    /// The sender is there and has not sent.
    sender: bool,
    /// The receiver is there and has not closed.
    receiver: bool,
    message: Option<Id>,
    stages: Vec<Stage>,
}

impl Once {
    pub(crate) fn new() -> Once {
        Once { sender: true, receiver: true, message: None, stages: Vec::new() }
    }

    fn is_open(&self) -> bool {
        self.sender && self.receiver
    }
}

impl Model for Once {
    type Op = Op;

    fn stages(&self) -> &Vec<Stage> {
        &self.stages
    }

    fn stages_mut(&mut self) -> &mut Vec<Stage> {
        &mut self.stages
    }

    fn steps(&self, call: usize, op: &Op, ret: &Ret) -> Vec<Once> {
        let mut next = self.finished(call);
        let answer = match op {
            Op::Recv | Op::Closed if *ret == Ret::Cancelled => Ret::Cancelled,
            Op::Send(id) => {
                next.sender = false;
                next.message = self.receiver.then_some(*id);
                if self.receiver { Ret::Done } else { Ret::Closed }
            }
            Op::IsClosed => Ret::Flag(!self.receiver),
            Op::Closed if self.receiver => return Vec::new(),
            Op::Closed => Ret::Done,
            Op::DropSender => {
                next.sender = false;
                Ret::Done
            }
            Op::Recv if self.is_open() => return Vec::new(),
            Op::TryRecv if self.is_open() => Ret::Empty,
            Op::Recv | Op::TryRecv => next.message.take().map_or(Ret::Closed, |id| Ret::Got(vec![id])),
            Op::IsEmpty => Ret::Flag(self.message.is_none()),
            Op::Close => {
                next.receiver = false;
                Ret::Done
            }
            Op::DropReceiver => {
                next.receiver = false;
                next.message = None;
                Ret::Done
            }
        };
        if answer == *ret { vec![next] } else { Vec::new() }
    }

    fn may_sleep(&self, _call: usize, op: &Op, _quiet: &Quiet<'_, Op>) -> bool {
        match op {
            Op::Recv => self.is_open(),
            Op::Closed => self.receiver,
            _ => false,
        }
    }
}
