//! `mpmc` and `mpsc` as a child would write them: a `VecDeque`, a capacity, a flag, a few counts.
//!
//! Every operation is one step of this model, but for these, which promise less on purpose:
//!
//! * The operations on many messages (`try_send_many`, `send_many`, `try_recv_many`, `recv_many`) put them in and take
//!   them out one by one: others may come between them.
//! * Dropping the last handle of a side counts down first and closes after; the last receiver empties the queue last,
//!   and until then a permit sends into it.
//! * A weak handle is upgraded in two: it sees that the channel is open, then it counts one more.
//! * `close_and_drain` closes, then it drains.
//! * With capacity 0 a receive has two steps. It *arrives*, and from then on a send may complete; then it takes.
//!   A send completes only against a receive that has arrived and that no other send has answered since.
//!   The message is queued for it, but whoever looks first may take it: the one that lost waits again.
//!   A permit is a claim on one of those that have arrived; it may send also when they have gone.
//!   A receive that leaves after it was answered passes its turn to one that waits.
//! * When nobody runs, a receive may be asleep beside a message only if another, neglected receive was woken for that
//!   message, and likewise a send beside a free place. Never may a send and a receive sleep beside work for either,
//!   but for two cases, of a task that has left: the last that happened is that it gave a permit back, which woke the
//!   neglected send, or that it sent by one, which woke the neglected receive (`docs/design/05-turns.md`, what is not
//!   covered).

use std::collections::VecDeque;
use std::mem;

use crate::checker::{Model, Quiet, Stage};
use crate::history::{Id, Ret, Stop};

/// One operation of `mpmc` or `mpsc`, as the caller sees it.
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
    /// The same, where nobody is told whether a receiver was there.
    PermitPut(Id),
    PermitDrop,
    TryRecv,
    /// The same, where nobody is told why there is nothing.
    TryNext,
    Recv,
    TryRecvMany(usize),
    RecvMany(usize),
    Drain,
    CloseAndDrain,
    Close,
    /// The same, where nobody is told whether it was open.
    Shut,
    Closed,
    IsClosed,
    Len,
    IsEmpty,
    IsFull,
    /// How much of the capacity is free. Never asked at capacity 0, where it would always be nothing.
    Free,
    /// How many permits are out.
    Reserved,
    Senders,
    Receivers,
    /// How many wait in line. The model does not know: see `Mpmc::judge`.
    WaitingSenders,
    WaitingReceivers,
    /// What may be done in whatever order.
    Aside,
    /// How many weak senders there are.
    Weak,
    Downgrade,
    DropWeak,
    CloneSender,
    DropSender,
    /// Of a channel that was closed there is nothing left to upgrade to.
    UpgradeSender,
    /// The same where only the count of senders decides.
    UpgradeCounted,
    CloneReceiver,
    DropReceiver,
    /// As `UpgradeSender`.
    UpgradeReceiver,
}

/// The state between two steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Queue {
    /// `usize::MAX` is unbounded.
    capacity: usize,
    queue: VecDeque<Id>,
    reserved: usize,
    closed: bool,
    senders: usize,
    receivers: usize,
    /// Weak senders, where they are counted.
    weak: usize,
    /// The last receiver has emptied the queue for good.
    abandoned: bool,
    stages: Vec<Stage>,
}

impl Model for Queue {
    type Op = Op;

    fn stages(&self) -> &Vec<Stage> {
        &self.stages
    }

    fn stages_mut(&mut self) -> &mut Vec<Stage> {
        &mut self.stages
    }

    fn steps(&self, call: usize, op: &Op, ret: &Ret) -> Vec<Queue> {
        match op {
            Op::TrySend(id) | Op::Send(id) => self.send(call, *id, ret),
            Op::ForceSend(id) => self.force_send(call, *id, ret),
            Op::TrySendMany(ids) | Op::SendMany(ids) => self.send_many(call, ids, ret),
            Op::TryReserve(n) | Op::Reserve(n) => self.reserve(call, *n, ret),
            Op::PermitSend(id) => self.permit_send(call, *id, ret),
            Op::PermitPut(id) => {
                let answer = if self.abandoned { Ret::Closed } else { Ret::Done };
                self.permit_send(call, *id, &answer)
            }
            Op::TryNext if *ret == Ret::Empty && self.queue.is_empty() => vec![self.finished(call)],
            Op::TryNext if *ret == Ret::Empty => Vec::new(),
            Op::TryRecv | Op::TryNext => self.take(call, 1, ret, Take::Try),
            Op::Recv => self.take(call, 1, ret, Take::Wait),
            Op::TryRecvMany(limit) => self.take(call, *limit, ret, Take::Try),
            Op::RecvMany(limit) => self.take(call, *limit, ret, Take::Wait),
            Op::DropSender => self.drop_sender(call),
            Op::DropReceiver => self.drop_receiver(call),
            Op::UpgradeSender | Op::UpgradeReceiver => self.upgrade(call, op, ret),
            Op::CloseAndDrain => self.close_and_drain(call, ret),
            _ => self.simple(call, op, ret).into_iter().collect(),
        }
    }

    fn may_sleep(&self, call: usize, op: &Op, quiet: &Quiet<'_, Op>) -> bool {
        match op {
            Op::Closed => !self.closed,
            op if sends(op) => {
                let wants = if let Op::Reserve(n) = op { *n } else { 1 };
                let looked_after = quiet.any_blocked(receives) && !quiet.left_last(moves, gives_back);
                let spoken_for = if looked_after { 0 } else { quiet.neglected(sends) };
                !self.closed && self.free() < wants + spoken_for
            }
            op if receives(op) => {
                let arrived = self.capacity > 0 || self.stages[call] == Stage::Arrived;
                let looked_after = quiet.any_blocked(sends) && !quiet.left_last(moves, sends_by_permit);
                let spoken_for = if looked_after { 0 } else { quiet.neglected(receives) };
                arrived && !self.over() && self.queue.len() <= spoken_for
            }
            _ => false,
        }
    }
}

pub(crate) fn sends(op: &Op) -> bool {
    matches!(op, Op::Send(_) | Op::SendMany(_) | Op::Reserve(_))
}

/// Whether it added a message, took one, or gave a place back.
fn moves(op: &Op, ret: &Ret) -> bool {
    match op {
        Op::PermitDrop | Op::PermitSend(_) | Op::PermitPut(_) => true,
        Op::TrySend(_) | Op::Send(_) | Op::TrySendMany(_) | Op::SendMany(_) => {
            matches!(ret, Ret::Done | Ret::Sent { sent: 1.., .. })
        }
        _ => matches!(ret, Ret::Got(_) | Ret::Part { .. } | Ret::Displaced(_)),
    }
}

fn gives_back(op: &Op) -> bool {
    matches!(op, Op::PermitDrop)
}

fn sends_by_permit(op: &Op) -> bool {
    matches!(op, Op::PermitSend(_) | Op::PermitPut(_))
}

pub(crate) fn receives(op: &Op) -> bool {
    matches!(op, Op::Recv | Op::RecvMany(_))
}

impl Queue {
    /// A new channel with so many handles.
    pub(crate) fn new(capacity: usize, senders: usize, receivers: usize) -> Queue {
        let (queue, stages) = (VecDeque::new(), Vec::new());
        Queue { capacity, queue, reserved: 0, closed: false, senders, receivers, weak: 0, abandoned: false, stages }
    }

    /// The same with so many weak senders.
    pub(crate) fn with_weak(self, weak: usize) -> Queue {
        Queue { weak, ..self }
    }

    /// Operations of one step with at most one outcome.
    fn simple(&self, call: usize, op: &Op, ret: &Ret) -> Option<Queue> {
        let mut next = self.finished(call);
        let answer = match op {
            Op::PermitDrop => {
                next.reserved -= 1;
                Ret::Done
            }
            Op::Drain => return next.empties(ret).then_some(next),
            Op::Aside => Ret::Done,
            Op::WaitingSenders | Op::WaitingReceivers => return Some(next),
            Op::Close => Ret::Flag(!mem::replace(&mut next.closed, true)),
            Op::Shut => {
                next.closed = true;
                Ret::Done
            }
            Op::Closed if *ret == Ret::Cancelled => Ret::Cancelled,
            Op::Closed if self.closed => Ret::Done,
            Op::IsClosed => Ret::Flag(self.closed),
            Op::Len => Ret::Number(self.queue.len()),
            Op::IsEmpty => Ret::Flag(self.queue.is_empty()),
            Op::IsFull => Ret::Flag(self.capacity == 0 || self.free() == 0),
            Op::Free => Ret::Number(self.free()),
            Op::Reserved => Ret::Number(self.reserved),
            Op::Senders => Ret::Number(self.senders),
            Op::Receivers => Ret::Number(self.receivers),
            Op::Weak => Ret::Number(self.weak),
            Op::Downgrade => {
                next.weak += 1;
                Ret::Done
            }
            Op::DropWeak => {
                next.weak -= 1;
                Ret::Done
            }
            Op::CloneSender => {
                next.senders += 1;
                Ret::Done
            }
            Op::UpgradeCounted => {
                let alive = self.senders > 0;
                next.senders += usize::from(alive);
                Ret::Flag(alive)
            }
            Op::CloneReceiver => {
                next.receivers += 1;
                Ret::Done
            }
            _ => return None,
        };
        (answer == *ret).then_some(next)
    }

    /// Places that messages and permits leave free. At capacity 0 it is those who wait that make room.
    fn free(&self) -> usize {
        let taken = if self.capacity == 0 { 0 } else { self.queue.len() };
        let places = if self.capacity == 0 { self.arrived().count() } else { self.capacity };
        places.saturating_sub(taken + self.reserved)
    }

    fn arrived(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.stages.len()).filter(|&call| self.stages[call] == Stage::Arrived)
    }

    /// Nothing is there for a receiver, and nothing can come.
    fn over(&self) -> bool {
        self.closed && self.queue.is_empty() && self.reserved == 0
    }

    /// All states after one message was queued: at capacity 0 it answers one of those who wait.
    fn push(&self, id: Id) -> Vec<Queue> {
        let mut pushed = self.clone();
        pushed.queue.push_back(id);
        let answer = |receive| {
            let mut next = pushed.clone();
            next.stages[receive] = Stage::Answered;
            next
        };
        let states: Vec<Queue> = self.arrived().map(answer).collect();
        if states.is_empty() { vec![pushed] } else { states }
    }

    fn has_room(&self) -> bool {
        !self.closed && self.free() > 0
    }

    fn full(&self) -> bool {
        !self.closed && self.free() == 0
    }

    fn send(&self, call: usize, id: Id, ret: &Ret) -> Vec<Queue> {
        match ret {
            Ret::Done if self.has_room() => self.push(id).into_iter().map(|next| next.finished(call)).collect(),
            Ret::Full if self.full() => vec![self.finished(call)],
            Ret::Closed if self.closed => vec![self.finished(call)],
            Ret::Cancelled => vec![self.finished(call)],
            _ => Vec::new(),
        }
    }

    fn force_send(&self, call: usize, id: Id, ret: &Ret) -> Vec<Queue> {
        match ret {
            Ret::Closed if self.closed => vec![self.finished(call)],
            Ret::Displaced(None) => self.send(call, id, &Ret::Done),
            Ret::Displaced(Some(back)) if self.full() => {
                let mut next = self.finished(call);
                // At capacity 0 the message of somebody who was answered is not displaced.
                let front = if self.capacity == 0 { None } else { next.queue.pop_front() };
                next.queue.extend(front.map(|_| id));
                if front.unwrap_or(id) == *back { vec![next] } else { Vec::new() }
            }
            _ => Vec::new(),
        }
    }

    fn send_many(&self, call: usize, ids: &[Id], ret: &Ret) -> Vec<Queue> {
        let pushed = self.part(call);
        let (total, end) = match ret {
            Ret::Done => (ids.len(), true),
            Ret::Sent { sent, why: Stop::Full } => (*sent, self.full()),
            Ret::Sent { sent, why: Stop::Closed } => (*sent, self.closed),
            Ret::Sent { sent, why: Stop::Cancelled } => (*sent, true),
            _ => return Vec::new(),
        };
        if pushed == total {
            return if end { vec![self.finished(call)] } else { Vec::new() };
        }
        if !self.has_room() {
            return Vec::new();
        }
        let mut states = self.push(ids[pushed]);
        for state in &mut states {
            state.stages[call] = Stage::Part(pushed as u8 + 1);
        }
        states
    }

    fn reserve(&self, call: usize, n: usize, ret: &Ret) -> Vec<Queue> {
        let mut next = self.finished(call);
        let possible = match ret {
            Ret::Done => {
                next.reserved += n;
                !self.closed && self.free() >= n
            }
            Ret::Full => !self.closed && self.free() < n,
            Ret::Closed => self.closed || (self.capacity > 0 && n > self.capacity),
            Ret::Cancelled => true,
            _ => false,
        };
        if possible { vec![next] } else { Vec::new() }
    }

    fn permit_send(&self, call: usize, id: Id, ret: &Ret) -> Vec<Queue> {
        let mut next = self.finished(call);
        next.reserved -= 1;
        match ret {
            Ret::Done if !self.abandoned => next.push(id),
            Ret::Closed if self.abandoned => vec![next],
            _ => Vec::new(),
        }
    }

    fn take(&self, call: usize, limit: usize, ret: &Ret, how: Take) -> Vec<Queue> {
        let stage = self.stages[call];
        let mut states = Vec::new();
        match ret {
            Ret::Got(got) => states.extend(self.take_one(call, limit, got, how)),
            Ret::Empty if how == Take::Try && self.queue.is_empty() && !self.over() => states.push(self.finished(call)),
            Ret::Closed if self.over() => states.push(self.finished(call)),
            Ret::Cancelled if stage == Stage::Answered => states.extend(self.leave(call)),
            Ret::Cancelled => states.push(self.finished(call)),
            _ => {}
        }
        let lost = stage == Stage::Answered && self.queue.is_empty();
        if how == Take::Wait && self.capacity == 0 && (stage == Stage::Fresh || lost) {
            let mut next = self.clone();
            next.stages[call] = Stage::Arrived;
            states.push(next);
        }
        states
    }

    /// One more of the messages that the call got, or its end. After the first it sees how many there are, and takes
    /// those and no more, or fewer if others were there before.
    fn take_one(&self, call: usize, limit: usize, got: &[Id], how: Take) -> Vec<Queue> {
        let taken = self.part(call);
        let stage = self.stages[call];
        if stage == Stage::Part(1) && limit > 1 {
            let mut next = self.clone();
            next.stages[call] = Stage::Counted(1, self.queue.len() as u8 + 1);
            return vec![next];
        }
        let all = |total| taken == usize::from(total);
        if taken == got.len() {
            let counted = matches!(stage, Stage::Counted(_, total) if all(total) || self.queue.is_empty());
            let end = taken > 0 && (taken == limit || counted || how == Take::Wait);
            return if end { vec![self.finished(call)] } else { Vec::new() };
        }
        let mut next = self.clone();
        next.stages[call] = match stage {
            _ if taken + 1 == limit => Stage::Finished,
            Stage::Counted(_, total) if all(total) => return Vec::new(),
            Stage::Counted(_, total) => Stage::Counted(taken as u8 + 1, total),
            _ => Stage::Part(taken as u8 + 1),
        };
        if next.queue.pop_front() == Some(got[taken]) { vec![next] } else { Vec::new() }
    }

    /// An answered receive goes: its turn goes to another, if there is something to take.
    fn leave(&self, call: usize) -> Vec<Queue> {
        let next = self.finished(call);
        let pass = |heir| {
            let mut passed = next.clone();
            passed.stages[heir] = Stage::Answered;
            passed
        };
        let states: Vec<Queue> = next.arrived().map(pass).collect();
        if states.is_empty() || self.queue.is_empty() { vec![next] } else { states }
    }

    fn close_and_drain(&self, call: usize, ret: &Ret) -> Vec<Queue> {
        if self.stages[call] == Stage::Fresh {
            let mut next = self.at(call, Stage::Part(1));
            next.closed = true;
            return vec![next];
        }
        let mut next = self.finished(call);
        if next.empties(ret) { vec![next] } else { Vec::new() }
    }

    /// Takes everything out. Whether that is what was answered.
    fn empties(&mut self, ret: &Ret) -> bool {
        let all = mem::take(&mut self.queue);
        match ret {
            Ret::Got(got) => all.iter().eq(got),
            Ret::Part { first, of } => all.len() == *of && all.iter().take(first.len()).eq(first),
            _ => false,
        }
    }

    fn upgrade(&self, call: usize, op: &Op, ret: &Ret) -> Vec<Queue> {
        let mut next = self.finished(call);
        let handles = if *op == Op::UpgradeSender { &mut next.senders } else { &mut next.receivers };
        let is_left = *handles == 0;
        match (ret, self.stages[call]) {
            (Ret::Flag(false), _) if self.closed || is_left => vec![next],
            (Ret::Flag(true), Stage::Fresh) if !self.closed => vec![self.at(call, Stage::Part(1))],
            (Ret::Flag(true), Stage::Part(_)) if !is_left => {
                *handles += 1;
                vec![next]
            }
            _ => Vec::new(),
        }
    }

    fn drop_sender(&self, call: usize) -> Vec<Queue> {
        let mut next = self.clone();
        match self.stages[call] {
            Stage::Fresh => {
                next.senders -= 1;
                next.stages[call] = if next.senders == 0 { Stage::Part(1) } else { Stage::Finished };
            }
            _ => {
                next.closed = true;
                next.stages[call] = Stage::Finished;
            }
        }
        vec![next]
    }

    fn drop_receiver(&self, call: usize) -> Vec<Queue> {
        let mut next = self.clone();
        next.stages[call] = match self.stages[call] {
            Stage::Fresh => {
                next.receivers -= 1;
                if next.receivers == 0 { Stage::Part(1) } else { Stage::Finished }
            }
            Stage::Part(1) => {
                next.closed = true;
                Stage::Part(2)
            }
            _ => {
                next.queue.clear();
                next.abandoned = true;
                Stage::Finished
            }
        };
        vec![next]
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Take {
    Try,
    Wait,
}
