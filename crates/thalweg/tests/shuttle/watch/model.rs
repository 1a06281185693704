//! `watch` as a child would write it: a value, its version, and which version each receiver has seen.
//!
//! Every operation is one step of this model, but for these, which promise less on purpose:
//!
//! * `send` looks for a receiver first, and changes the value after that.
//! * `subscribe` notes the version first, and is counted after that.
//! * Dropping the last sender counts down first and closes after.
//! * `wait_for` looks at one value after the other.

use std::collections::BTreeMap;

use crate::checker::{Model, Quiet, Stage};
use crate::history::{Id, Name, Ret, Stop};

/// One operation, as the caller sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Send(Id),
    /// Of whatever kind, if it needs no receiver. Whether it is made known is what it answers.
    Change(Id),
    Look,
    IsClosed,
    Closed,
    Receivers,
    Senders,
    CloneSender,
    DropSender,
    Subscribe(Name),
    /// The second name is that of the clone.
    CloneReceiver(Name, Name),
    Leave(Name),
    Borrow(Name),
    BorrowUpdate(Name),
    HasChanged(Name),
    Changed(Name),
    WaitFor(Name),
    /// The next value of a stream.
    Next(Name),
    /// What may be done in whatever order.
    Aside,
    MarkChanged(Name),
    MarkUnchanged(Name),
    /// Whether no sender is left.
    IsOver,
}

/// The state between two steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Value {
    value: Id,
    version: u8,
    /// No sender is left.
    over: bool,
    senders: usize,
    /// What each receiver has seen. `None`: whatever is there is new to it.
    seen: BTreeMap<Name, Option<u8>>,
    stages: Vec<Stage>,
}

impl Model for Value {
    type Op = Op;

    fn stages(&self) -> &Vec<Stage> {
        &self.stages
    }

    fn stages_mut(&mut self) -> &mut Vec<Stage> {
        &mut self.stages
    }

    fn steps(&self, call: usize, op: &Op, ret: &Ret) -> Vec<Value> {
        let next = match (op, ret) {
            (Op::Send(_), Ret::Done) if self.stages[call] == Stage::Fresh => {
                (!self.seen.is_empty()).then(|| self.at(call, Stage::Part(0)))
            }
            (Op::Subscribe(_), _) if self.stages[call] == Stage::Fresh => {
                Some(self.at(call, Stage::Part(self.version)))
            }
            (Op::DropSender, _) if self.stages[call] == Stage::Fresh => {
                let last = self.senders == 1;
                let mut next = self.at(call, if last { Stage::Part(0) } else { Stage::Finished });
                next.senders -= 1;
                Some(next)
            }
            (Op::WaitFor(name), Ret::Looked { at, why }) => self.wait_for(call, *name, at, *why),
            (Op::WaitFor(_) | Op::Changed(_) | Op::Next(_) | Op::Closed, Ret::Cancelled) => Some(self.finished(call)),
            _ => self.simple(call, op, ret),
        };
        next.into_iter().collect()
    }

    fn may_sleep(&self, _call: usize, op: &Op, _quiet: &Quiet<'_, Op>) -> bool {
        match op {
            Op::Changed(name) | Op::WaitFor(name) | Op::Next(name) => !self.over && !self.is_new_to(*name),
            Op::Closed => !self.seen.is_empty(),
            _ => false,
        }
    }
}

impl Value {
    /// A channel with a first value, which these receivers have seen.
    pub(super) fn new(value: Id, senders: usize, receivers: &[Name]) -> Value {
        let seen = receivers.iter().map(|name| (*name, Some(0))).collect();
        Value { value, version: 0, over: false, senders, seen, stages: Vec::new() }
    }

    fn is_new_to(&self, name: Name) -> bool {
        self.seen[&name] != Some(self.version)
    }

    fn see(&mut self, name: Name) {
        self.seen.insert(name, Some(self.version));
    }

    /// The last or only step of an operation.
    fn simple(&self, call: usize, op: &Op, ret: &Ret) -> Option<Value> {
        let mut next = self.finished(call);
        let answer = match op {
            Op::Send(_) if *ret == Ret::Closed && self.seen.is_empty() => Ret::Closed,
            Op::Send(id) => {
                next.change(*id, true);
                Ret::Done
            }
            Op::Change(id) => {
                next.change(*id, *ret == Ret::Flag(true));
                ret.clone()
            }
            Op::Look => Ret::Seen(self.value, false),
            Op::Closed if !self.seen.is_empty() => return None,
            Op::Closed => Ret::Done,
            Op::IsClosed => Ret::Flag(self.seen.is_empty()),
            Op::Receivers => Ret::Number(self.seen.len()),
            Op::Senders => Ret::Number(self.senders),
            Op::CloneSender => {
                next.senders += 1;
                Ret::Done
            }
            // The second step of the last one.
            Op::DropSender => {
                next.over = true;
                Ret::Done
            }
            Op::IsOver => Ret::Flag(self.over),
            Op::Subscribe(name) => {
                let noted = self.part(call) as u8;
                assert!(next.seen.insert(*name, Some(noted)).is_none(), "a name was used twice");
                Ret::Done
            }
            _ => next.receive(op)?,
        };
        (answer == *ret).then_some(next)
    }

    fn change(&mut self, value: Id, made_known: bool) {
        self.value = value;
        self.version += u8::from(made_known);
    }

    /// What a receiver does, and what it is answered.
    fn receive(&mut self, op: &Op) -> Option<Ret> {
        match *op {
            Op::CloneReceiver(name, clone) => {
                let seen = self.seen[&name];
                assert!(self.seen.insert(clone, seen).is_none(), "a name was used twice");
            }
            Op::Leave(name) => {
                self.seen.remove(&name);
            }
            Op::Borrow(name) => return Some(Ret::Seen(self.value, self.is_new_to(name))),
            Op::BorrowUpdate(name) => {
                let is_new = self.is_new_to(name);
                self.see(name);
                return Some(Ret::Seen(self.value, is_new));
            }
            Op::HasChanged(_) if self.over => return Some(Ret::Closed),
            Op::HasChanged(name) => return Some(Ret::Flag(self.is_new_to(name))),
            Op::Changed(name) if self.is_new_to(name) => self.see(name),
            Op::Next(name) if self.is_new_to(name) => {
                self.see(name);
                return Some(Ret::Got(vec![self.value]));
            }
            Op::Changed(_) | Op::Next(_) if self.over => return Some(Ret::Closed),
            Op::Aside => {}
            Op::MarkChanged(name) => {
                self.seen.insert(name, None);
            }
            Op::MarkUnchanged(name) => self.see(name),
            _ => return None,
        }
        Some(Ret::Done)
    }

    /// Looks at the next of the values it looked at, or ends after the last of them.
    fn wait_for(&self, call: usize, name: Name, at: &[Id], why: Option<Stop>) -> Option<Value> {
        let looked = self.part(call);
        let Some(value) = at.get(looked) else {
            let end = why == Some(Stop::Cancelled) || (looked > 0 && self.over && !self.is_new_to(name));
            return end.then(|| self.finished(call));
        };
        let pleased = why.is_none() && looked + 1 == at.len();
        let mut next = self.at(call, if pleased { Stage::Finished } else { Stage::Part(looked as u8 + 1) });
        next.see(name);
        let looks = *value == self.value && (looked == 0 || self.is_new_to(name));
        looks.then_some(next)
    }
}
