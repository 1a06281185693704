//! How scenarios on `mpmc` are drawn.

use std::sync::Arc;

use thalweg::mpmc::{Receiver, Sender, WeakReceiver, WeakSender, bounded, unbounded};

use super::actor::Actor;
use super::model::Queue;
use crate::hand::Hand;
use crate::scenario::{Dice, Kind, Role};
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
    /// By a `PollSender`, which sends into the room that it got, or gives it back.
    PollSend(bool, Option<usize>),
    PermitSend,
    PermitDrop,
    TryRecv,
    Recv(Option<usize>),
    HoldRecv,
    TryRecvMany(usize),
    RecvMany(usize, Option<usize>),
    PollRecv(Option<usize>),
    Drain,
    CloseAndDrain,
    PollHeld,
    DropHeld,
    Close,
    Closed(Option<usize>),
    IsClosed,
    Len,
    IsEmpty,
    Free,
    Reserved,
    Senders,
    Receivers,
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
        match dice.below(19) {
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
            17 => Step::CloseAndDrain,
            _ => Step::DropHeld,
        }
    }

    fn draw_send(dice: &mut Dice) -> Step {
        match dice.below(18) {
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
            16 => Step::PollSend(dice.chance(6), dice.polls()),
            _ => Step::PermitDrop,
        }
    }

    fn draw_recv(dice: &mut Dice) -> Step {
        match dice.below(13) {
            0..3 => Step::TryRecv,
            3..7 => Step::Recv(dice.polls()),
            7 => Step::HoldRecv,
            8 => Step::TryRecvMany(1 + dice.below(3)),
            9 => Step::RecvMany(1 + dice.below(3), dice.polls()),
            10 => Step::Drain,
            11 => Step::PollRecv(dice.polls()),
            _ => Step::PollHeld,
        }
    }
}
