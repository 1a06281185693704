//! How scenarios on `mpsc` are drawn.

use std::sync::Arc;

use thalweg::mpsc::{channel, unbounded_channel};

use super::actor::Actor;
use super::ends::{Rx, Tx, WeakTx};
use crate::hand::Hand;
use crate::mpmc::model::Queue;
use crate::scenario::{Dice, Finish, Kind, Role, Until};
use crate::token::Ledger;

/// A channel of this capacity; `usize::MAX` is unbounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mpsc(pub(super) usize);

pub(super) struct Handles {
    pub(super) sender: Option<Tx>,
    pub(super) receiver: Option<Rx>,
    pub(super) weak: WeakTx,
    pub(super) capacity: usize,
}

/// What a task does next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    TrySend,
    Send(Option<usize>),
    TryReserve,
    Reserve(Option<usize>),
    HoldReserve,
    PollHeld,
    DropHeld,
    TryReserveMany(usize),
    ReserveMany(usize, Option<usize>),
    PermitSend,
    PermitRelease,
    PermitDrop,
    TryRecv,
    Recv(Option<usize>),
    RecvMany(usize, Option<usize>),
    /// By a `PollSender`, perhaps as a sink.
    PollSend(Finish, bool, Option<usize>),
    HoldPollSend(Finish, bool),
    SendBlocking(Until),
    RecvBlocking(Until),
    RecvManyBlocking(usize),
    /// A poll that is not waited for.
    PollRecv,
    PollRecvMany(usize),
    /// Of the receiver as a stream.
    Next(Option<usize>),
    Close,
    Closed(Option<usize>),
    IsClosed,
    Len,
    IsEmpty,
    Free,
    Senders,
    WeakSenders,
    Same,
    Budget(u32),
    Downgrade,
    DropWeak,
    Upgrade,
    CloneSender,
    DropSender,
    DropReceiver,
}

impl Kind for Mpsc {
    type Model = Queue;
    type Step = Step;
    type Handles = Handles;

    fn roles(self, dice: &mut Dice) -> Vec<Role> {
        let receiver = Role { sender: dice.chance(2), receiver: true };
        let senders = 1 + dice.below(2);
        let sender = Role { sender: true, receiver: false };
        std::iter::once(receiver).chain(std::iter::repeat_n(sender, senders)).collect()
    }

    fn draw(self, dice: &mut Dice, role: Role) -> Step {
        let sends = role.sender && (!role.receiver || dice.chance(2));
        if dice.chance(6) {
            return if sends { Step::draw_send(dice) } else { Step::draw_recv(dice) };
        }
        match dice.below(18) {
            0 | 1 => Step::Close,
            2 => Step::Closed(dice.polls()),
            3 => Step::IsClosed,
            4 | 5 => Step::Len,
            6 => Step::IsEmpty,
            7 => Step::Free,
            8 => Step::Senders,
            9 => Step::Upgrade,
            10 => Step::CloneSender,
            11 => Step::DropSender,
            12 => Step::WeakSenders,
            13 => Step::Same,
            14 => Step::Budget(dice.below(4) as u32),
            15 => Step::Downgrade,
            16 => Step::DropWeak,
            _ => Step::DropReceiver,
        }
    }

    fn open(self, roles: &[Role], _ledger: &Arc<Ledger>) -> (Queue, Vec<Handles>) {
        let Mpsc(capacity) = self;
        let (sender, receiver) = if capacity == usize::MAX {
            let (sender, receiver) = unbounded_channel();
            (Tx::Unbounded(sender), Rx::Unbounded(receiver))
        } else {
            let (sender, receiver) = channel(capacity);
            (Tx::Bounded(sender), Rx::Bounded(receiver))
        };
        let mut receiver = Some(receiver);
        let handles = |role: &Role| Handles {
            sender: role.sender.then(|| sender.clone()),
            receiver: receiver.take_if(|_| role.receiver),
            weak: sender.downgrade(),
            capacity,
        };
        (Queue::new(capacity, Role::senders(roles), 1).with_weak(roles.len()), roles.iter().map(handles).collect())
    }

    fn perform(hand: Hand<Queue>, handles: Handles, steps: &[Step]) {
        Actor::new(hand, handles).run(steps);
    }
}

impl Step {
    fn draw_send(dice: &mut Dice) -> Step {
        match dice.below(22) {
            0..3 => Step::TrySend,
            3..8 => Step::Send(dice.polls()),
            8 => Step::TryReserve,
            9 => Step::Reserve(dice.polls()),
            10 => Step::HoldReserve,
            11 => Step::PollHeld,
            12 => Step::DropHeld,
            13 => Step::TryReserveMany(1 + dice.below(2)),
            14 => Step::ReserveMany(1 + dice.below(2), dice.polls()),
            15 => Step::PermitSend,
            16 => Step::PermitRelease,
            17 => Step::PollSend(Finish::draw(dice), dice.chance(3), dice.polls()),
            18 => Step::HoldPollSend(Finish::draw(dice), dice.chance(3)),
            19 | 20 => Step::SendBlocking(Until::draw(dice)),
            _ => Step::PermitDrop,
        }
    }

    fn draw_recv(dice: &mut Dice) -> Step {
        match dice.below(16) {
            0 | 1 => Step::TryRecv,
            2..6 => Step::Recv(dice.polls()),
            6 | 7 => Step::RecvMany(1 + dice.below(3), dice.polls()),
            8 | 9 => Step::RecvBlocking(Until::draw(dice)),
            10 => Step::RecvManyBlocking(1 + dice.below(3)),
            11 => Step::PollRecvMany(1 + dice.below(3)),
            12 | 13 => Step::Next(dice.polls()),
            _ => Step::PollRecv,
        }
    }
}
