//! `broadcast` as a child would write it: a list of all that was ever sent, and a place in it for each receiver.
//!
//! Every operation is one step of this model, but for these, which promise less on purpose:
//!
//! * A receiver that is dropped leaves first and then gives up what it was owed, message by message. Meanwhile `len` may
//!   count these or not.
//! * In a lossy channel a receiver may have a message on loan, in order to clone it. Until it is given back `try_recv` of
//!   the others finds nothing there, and if it is written over the borrower gets it all the same.
//! * `deactivate` counts the inactive handle before the receiver leaves, `activate` the receiver before that goes.

use std::collections::BTreeMap;

use crate::checker::{Model, Quiet, Stage};
use crate::history::{Id, Name, Ret};

/// One operation, as the caller sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Send(Id),
    TrySend(Id),
    Recv(Name),
    TryRecv(Name),
    /// Of a sender or of another receiver.
    Subscribe(Name),
    Leave(Name),
    Deactivate(Name),
    Activate(Name),
    DropInactive,
    CloneInactive,
    /// How many messages are there for this receiver, with those it missed.
    Unread(Name),
    /// Whether that is none.
    IsRead(Name),
    Missed(Name),
    Len,
    IsEmpty,
    Receivers,
    Senders,
    /// Whether no sender is left.
    IsOver,
    /// How many weak senders there are.
    Weak,
    Downgrade,
    DropWeak,
    /// What may be done in whatever order.
    Aside,
    CloneSender,
    UpgradeSender,
    DropSender,
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Reader {
    /// The message that it reads next.
    next: u8,
    /// It has that message on loan.
    borrows: bool,
    /// It has left, and was owed what was sent before this.
    until: Option<u8>,
}

impl Reader {
    fn is_owed(&self, number: usize) -> bool {
        let until = self.until.map_or(usize::MAX, usize::from);
        usize::from(self.next) <= number && number < until
    }
}

/// The state between two steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Log {
    capacity: usize,
    lossless: bool,
    /// The global order.
    sent: Vec<Id>,
    readers: BTreeMap<Name, Reader>,
    senders: usize,
    inactive: usize,
    weak: usize,
    stages: Vec<Stage>,
}

impl Model for Log {
    type Op = Op;

    fn stages(&self) -> &Vec<Stage> {
        &self.stages
    }

    fn stages_mut(&mut self) -> &mut Vec<Stage> {
        &mut self.stages
    }

    fn steps(&self, call: usize, op: &Op, ret: &Ret) -> Vec<Log> {
        match op {
            Op::Send(id) | Op::TrySend(id) => self.send(call, *id, ret).into_iter().collect(),
            Op::Recv(name) | Op::TryRecv(name) => self.receive(call, *name, ret),
            Op::Leave(name) => vec![self.leave(call, *name)],
            Op::Deactivate(name) if self.stages[call] == Stage::Fresh => {
                let mut next = self.at(call, Stage::Part(0));
                next.inactive += 1;
                vec![next.leave(call, *name)]
            }
            Op::Deactivate(name) => vec![self.leave(call, *name)],
            Op::Activate(name) if self.stages[call] == Stage::Fresh => {
                let mut next = self.at(call, Stage::Part(0));
                next.subscribe(*name);
                vec![next]
            }
            Op::Len if *ret == Ret::Number(self.unread(false)) => vec![self.finished(call)],
            Op::Len => {
                let (least, most) = (self.unread(false), self.unread(true));
                let between = matches!(ret, Ret::Number(len) if (least..=most).contains(len));
                if between { vec![self.finished(call)] } else { Vec::new() }
            }
            _ => self.simple(call, op, ret).into_iter().collect(),
        }
    }

    fn may_sleep(&self, _call: usize, op: &Op, _quiet: &Quiet<'_, Op>) -> bool {
        match op {
            Op::Send(_) => self.receivers() > 0 && !self.has_room(),
            Op::Recv(name) => usize::from(self.readers[name].next) == self.sent.len() && self.senders > 0,
            Op::Closed => !self.is_closed(),
            _ => false,
        }
    }
}

impl Log {
    /// A channel in which these receive.
    pub(super) fn new(capacity: usize, lossless: bool, senders: usize, receivers: &[Name]) -> Log {
        let (sent, readers, stages) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut log = Log { capacity, lossless, sent, readers, senders, inactive: 0, weak: 0, stages };
        receivers.iter().for_each(|name| log.subscribe(*name));
        log
    }

    /// The same with so many weak senders.
    pub(super) fn with_weak(self, weak: usize) -> Log {
        Log { weak, ..self }
    }

    pub(super) fn is_lossless(&self) -> bool {
        self.lossless
    }

    /// Operations of one step with at most one outcome.
    fn simple(&self, call: usize, op: &Op, ret: &Ret) -> Option<Log> {
        let mut next = self.finished(call);
        let answer = match op {
            Op::Subscribe(name) => {
                next.subscribe(*name);
                Ret::Done
            }
            // The second step of activation.
            Op::Activate(_) | Op::DropInactive => {
                next.inactive -= 1;
                Ret::Done
            }
            Op::CloneInactive => {
                next.inactive += 1;
                Ret::Done
            }
            Op::Unread(name) => Ret::Number(self.unread_by(*name)),
            Op::IsRead(name) => Ret::Flag(self.unread_by(*name) == 0),
            Op::Missed(name) => Ret::Number(self.missed(*name)),
            Op::IsEmpty => Ret::Flag(self.sent.is_empty() || !self.is_owed(self.sent.len() - 1)),
            Op::Receivers => Ret::Number(self.receivers()),
            Op::Senders => Ret::Number(self.senders),
            Op::IsOver => Ret::Flag(self.senders == 0),
            Op::Weak => Ret::Number(self.weak),
            Op::Downgrade => {
                next.weak += 1;
                Ret::Done
            }
            Op::DropWeak => {
                next.weak -= 1;
                Ret::Done
            }
            Op::Aside => Ret::Done,
            Op::CloneSender => {
                next.senders += 1;
                Ret::Done
            }
            Op::UpgradeSender => {
                next.senders += usize::from(self.senders > 0);
                Ret::Flag(self.senders > 0)
            }
            Op::DropSender => {
                next.senders -= 1;
                Ret::Done
            }
            Op::Closed if *ret == Ret::Cancelled => Ret::Cancelled,
            Op::Closed if self.is_closed() => Ret::Done,
            _ => return None,
        };
        (answer == *ret).then_some(next)
    }

    fn subscribe(&mut self, name: Name) {
        let reader = Reader { next: self.sent.len() as u8, borrows: false, until: None };
        assert!(self.readers.insert(name, reader).is_none(), "a name was used twice");
    }

    fn receivers(&self) -> usize {
        self.readers.values().filter(|reader| reader.until.is_none()).count()
    }

    fn is_closed(&self) -> bool {
        self.receivers() == 0 && self.inactive == 0
    }

    /// The oldest message that is there for anyone.
    fn oldest(&self) -> usize {
        if self.lossless { 0 } else { self.sent.len().saturating_sub(self.capacity) }
    }

    fn is_owed(&self, number: usize) -> bool {
        self.readers.values().any(|reader| reader.is_owed(number))
    }

    fn has_room(&self) -> bool {
        self.sent.len().checked_sub(self.capacity).is_none_or(|number| !self.is_owed(number))
    }

    fn unread_by(&self, name: Name) -> usize {
        self.sent.len() - usize::from(self.readers[&name].next)
    }

    fn missed(&self, name: Name) -> usize {
        self.oldest().saturating_sub(usize::from(self.readers[&name].next))
    }

    /// From the oldest message on that somebody is owed, with those who have left or without.
    fn unread(&self, with_leaving: bool) -> usize {
        let owes = |reader: &&Reader| match reader.until {
            None => true,
            Some(until) => with_leaving && reader.next < until,
        };
        let oldest = self.readers.values().filter(owes).map(|reader| usize::from(reader.next)).min();
        oldest.map_or(0, |oldest| self.sent.len() - oldest.max(self.oldest()))
    }

    fn send(&self, call: usize, id: Id, ret: &Ret) -> Option<Log> {
        let receivers = self.receivers();
        let mut next = self.finished(call);
        let possible = match ret {
            Ret::Number(n) => {
                next.sent.push(id);
                *n == receivers && receivers > 0 && (!self.lossless || self.has_room())
            }
            Ret::Closed => receivers == 0,
            Ret::Full => self.lossless && receivers > 0 && !self.has_room(),
            Ret::Cancelled => self.lossless,
            _ => false,
        };
        possible.then_some(next)
    }

    fn receive(&self, call: usize, name: Name, ret: &Ret) -> Vec<Log> {
        let number = usize::from(self.readers[&name].next);
        let missed = self.missed(name);
        let mut next = self.finished(call);
        let reader = next.readers.get_mut(&name).expect("it is there");
        match ret {
            // It has had the message since its first step.
            Ret::Got(_) if reader.borrows => {
                (reader.borrows, reader.next) = (false, reader.next + 1);
                vec![next]
            }
            Ret::Got(ids) if missed == 0 && self.sent.get(number) == ids.first() => {
                reader.next += 1;
                let mut states = vec![next];
                if !self.lossless && !self.is_lent(number) {
                    let mut lent = self.at(call, Stage::Part(1));
                    lent.readers.get_mut(&name).expect("it is there").borrows = true;
                    states.push(lent);
                }
                states
            }
            Ret::Lagged(n) if missed > 0 && missed as u64 == *n => {
                reader.next = self.oldest() as u8;
                vec![next]
            }
            Ret::Closed if number == self.sent.len() && self.senders == 0 => vec![next],
            Ret::Empty if number == self.sent.len() && self.senders > 0 => vec![next],
            Ret::Empty if missed == 0 && self.is_lent(number) => vec![next],
            Ret::Cancelled => vec![next],
            _ => Vec::new(),
        }
    }

    fn is_lent(&self, number: usize) -> bool {
        self.readers.values().any(|reader| reader.borrows && usize::from(reader.next) == number)
    }

    /// Leaves, or gives up one more of the messages.
    fn leave(&self, call: usize, name: Name) -> Log {
        let mut next = self.at(call, Stage::Part(1));
        let (sent, oldest) = (self.sent.len() as u8, self.oldest() as u8);
        let reader = next.readers.get_mut(&name).expect("it is there");
        match reader.until {
            None => (reader.next, reader.until) = (reader.next.max(oldest), Some(sent)),
            Some(_) => reader.next += 1,
        }
        if reader.until.is_some_and(|until| reader.next >= until) {
            next.readers.remove(&name);
            return next.finished(call);
        }
        next
    }
}
