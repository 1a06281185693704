//! How scenarios on `mpmc` are drawn.

use std::sync::Arc;

use thalweg::mpmc::{Receiver, Sender, WeakReceiver, WeakSender, bounded, unbounded};

use super::actor::Actor;
use super::model::{Op, Queue, receives, sends};
use crate::hand::Hand;
use crate::history::{Call, Event, History, Ret};
use crate::scenario::{Dice, Finish, Kind, Role, Until};
use crate::token::{Ledger, Token};

/// A channel of this capacity; `usize::MAX` is unbounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mpmc(pub(super) usize);

pub(super) struct Handles {
    pub(super) sender: Option<Sender<Token>>,
    pub(super) receiver: Option<Receiver<Token>>,
    pub(super) weak: (WeakSender<Token>, WeakReceiver<Token>),
}

impl Kind for Mpmc {
    type Model = Queue;
    type Step = Step;
    type Handles = Handles;

    fn roles(self, dice: &mut Dice) -> Vec<Role> {
        Role::draw(dice)
    }

    fn draw(self, dice: &mut Dice, role: Role) -> Step {
        Step::draw(dice, role)
    }

    fn open(self, roles: &[Role], _ledger: &Arc<Ledger>) -> (Queue, Vec<Handles>) {
        let Mpmc(capacity) = self;
        let (sender, receiver) = if capacity == usize::MAX { unbounded() } else { bounded(capacity) };
        let handles = |role: &Role| Handles {
            sender: role.sender.then(|| sender.clone()),
            receiver: role.receiver.then(|| receiver.clone()),
            weak: (sender.downgrade(), receiver.downgrade()),
        };
        let model = Queue::new(capacity, Role::senders(roles), Role::receivers(roles));
        (model, roles.iter().map(handles).collect())
    }

    fn perform(hand: Hand<Queue>, handles: Handles, steps: &[Step]) {
        Actor::new(hand, handles).run(steps);
    }

    fn judge(history: &History<Queue>, _ledger: &Ledger) {
        judge_waiting(history);
    }
}

/// No more wait in line than have begun and not ended.
fn judge_waiting(history: &History<Queue>) {
    for Call { event, ret, invoked, returned, .. } in &history.calls {
        let (Event::Call(op), Ret::Number(waiting)) = (event, ret) else { continue };
        let kind = match op {
            Op::WaitingSenders => sends,
            Op::WaitingReceivers => receives,
            _ => continue,
        };
        let overlaps = |call: &&Call<Op>| {
            let is_kind = matches!(&call.event, Event::Call(op) if kind(op));
            is_kind && call.invoked < *returned && call.returned > *invoked
        };
        let most = history.calls.iter().filter(overlaps).count();
        assert!(*waiting <= most, "{op:?} says {waiting}, of {most} that can wait:\n{history}");
    }
}

/// What a task does next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    TrySend,
    Send(Option<usize>),
    HoldSend,
    ForceSend,
    TrySendMany(usize),
    SendMany(usize, Option<usize>),
    TryReserve,
    Reserve(Option<usize>),
    ReserveMany(usize, Option<usize>),
    TryReserveMany(usize),
    /// By a `PollSender`, perhaps as a sink.
    PollSend(Finish, bool, Option<usize>),
    HoldPollSend(Finish, bool),
    SendBlocking(Until),
    SendManyBlocking(usize),
    PermitSend,
    PermitDrop,
    TryRecv,
    Recv(Option<usize>),
    HoldRecv,
    TryRecvMany(usize),
    RecvMany(usize, Option<usize>),
    /// By a receiver of its own, perhaps as a stream.
    PollRecv(bool, Option<usize>),
    HoldPollRecv(bool),
    RecvBlocking(Until),
    RecvManyBlocking(usize),
    IterBlocking(usize),
    TryIter(usize),
    /// Looks at so many of those that are drained.
    Drain(usize),
    CloseAndDrain(usize),
    PollHeld,
    DropHeld,
    Close,
    Closed(Option<usize>),
    IsClosed,
    Len,
    IsEmpty,
    IsFull,
    Free,
    Reserved,
    Senders,
    Receivers,
    WaitingSenders,
    WaitingReceivers,
    Same,
    Budget(u32),
    UpgradeSender,
    UpgradeReceiver,
    CloneSender,
    DropSender,
    CloneReceiver,
    DropReceiver,
}

impl Step {
    /// Mostly the sends and receives that the task can do, sometimes anything.
    fn draw(dice: &mut Dice, role: Role) -> Step {
        let sends = role.sender && (!role.receiver || dice.chance(4));
        if dice.chance(6) {
            return if sends { Step::draw_send(dice) } else { Step::draw_recv(dice) };
        }
        match dice.below(24) {
            0 => Step::Close,
            1 => Step::Closed(dice.polls()),
            2 => Step::IsClosed,
            3 | 4 => Step::Len,
            5 => Step::IsEmpty,
            6 => Step::UpgradeSender,
            7 => Step::CloneSender,
            8 => Step::DropSender,
            9 => Step::CloneReceiver,
            10 => Step::DropReceiver,
            11 => Step::PollHeld,
            12 => Step::UpgradeReceiver,
            13 => Step::Free,
            14 => Step::Reserved,
            15 => Step::Senders,
            16 => Step::Receivers,
            17 => Step::CloseAndDrain(dice.below(4)),
            18 => Step::IsFull,
            19 => Step::WaitingSenders,
            20 => Step::WaitingReceivers,
            21 => Step::Same,
            22 => Step::Budget(dice.below(4) as u32),
            _ => Step::DropHeld,
        }
    }

    fn draw_send(dice: &mut Dice) -> Step {
        match dice.below(22) {
            0..3 => Step::TrySend,
            3..7 => Step::Send(dice.polls()),
            7 => Step::HoldSend,
            8 => Step::ForceSend,
            9 => Step::TrySendMany(1 + dice.below(3)),
            10 => Step::SendMany(1 + dice.below(3), dice.polls()),
            11 => Step::TryReserve,
            12 => Step::Reserve(dice.polls()),
            13 => Step::ReserveMany(1 + dice.below(2), dice.polls()),
            14 => Step::PermitSend,
            15 => Step::TryReserveMany(1 + dice.below(3)),
            16 | 17 => Step::PollSend(Finish::draw(dice), dice.chance(3), dice.polls()),
            18 => Step::HoldPollSend(Finish::draw(dice), dice.chance(3)),
            19 => Step::SendBlocking(Until::draw(dice)),
            20 => Step::SendManyBlocking(1 + dice.below(3)),
            _ => Step::PermitDrop,
        }
    }

    fn draw_recv(dice: &mut Dice) -> Step {
        match dice.below(19) {
            0..3 => Step::TryRecv,
            3..7 => Step::Recv(dice.polls()),
            7 => Step::HoldRecv,
            8 => Step::TryRecvMany(1 + dice.below(3)),
            9 => Step::RecvMany(1 + dice.below(3), dice.polls()),
            10 => Step::Drain(dice.below(4)),
            11 | 12 => Step::PollRecv(dice.chance(4), dice.polls()),
            13 => Step::HoldPollRecv(dice.chance(4)),
            14 | 15 => Step::RecvBlocking(Until::draw(dice)),
            16 => Step::RecvManyBlocking(1 + dice.below(3)),
            17 => match dice.chance(4) {
                true => Step::IterBlocking(1 + dice.below(2)),
                false => Step::TryIter(1 + dice.below(3)),
            },
            _ => Step::PollHeld,
        }
    }
}
