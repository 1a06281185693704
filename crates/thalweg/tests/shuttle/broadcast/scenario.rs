//! How scenarios on `broadcast` are drawn.

use std::sync::Arc;

use thalweg::broadcast::{self, Receiver};

use super::actor::Actor;
use super::ends::{Tx, WeakTx};
use super::model::{Log, Op};
use crate::hand::Hand;
use crate::history::{Event, History, Name, Ret};
use crate::scenario::{Dice, Kind, Role, Until, first_name};
use crate::token::{Ledger, Token};

#[derive(Clone, Copy, Debug)]
pub(super) struct Broadcast {
    pub(super) capacity: usize,
    pub(super) lossless: bool,
}

pub(super) struct Handles {
    pub(super) sender: Option<Tx>,
    pub(super) receiver: Option<Receiver<Token>>,
    pub(super) weak: Option<WeakTx>,
    /// Its receivers have this name and those that follow.
    pub(super) name: Name,
}

/// What a task does next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Send(Option<usize>),
    TrySend,
    /// Of a lossless channel.
    SendBlocking(Until),
    Recv(Option<usize>),
    /// By the receiver's own place, perhaps as a stream.
    PollRecv(bool, Option<usize>),
    RecvBlocking(Until),
    TryRecv,
    Subscribe,
    Resubscribe,
    Leave,
    Deactivate,
    Activate,
    ActivateCloned,
    CloneInactive,
    DropInactive,
    Unread,
    /// Whether this receiver has nothing to read.
    IsRead,
    /// Whether no sender is left, as a receiver says.
    IsOver,
    Missed,
    Len,
    IsEmpty,
    Receivers,
    Senders,
    WeakSenders,
    Same,
    Budget(u32),
    CloneSender,
    Downgrade,
    DropWeak,
    Upgrade,
    DropSender,
    Closed(Option<usize>),
}

impl Kind for Broadcast {
    type Model = Log;
    type Step = Step;
    type Handles = Handles;

    fn roles(self, dice: &mut Dice) -> Vec<Role> {
        Role::draw(dice)
    }

    fn draw(self, dice: &mut Dice, role: Role) -> Step {
        let sends = role.sender && (!role.receiver || dice.chance(4));
        if dice.chance(5) {
            return match dice.below(6) {
                0 | 1 if sends && self.lossless => Step::TrySend,
                2 if sends && self.lossless => Step::SendBlocking(Until::draw(dice)),
                _ if sends => Step::Send(dice.polls()),
                0 | 1 => Step::TryRecv,
                2 => Step::RecvBlocking(Until::draw(dice)),
                3 => Step::PollRecv(dice.chance(4), dice.polls()),
                _ => Step::Recv(dice.polls()),
            };
        }
        match dice.below(30) {
            0..3 => Step::Subscribe,
            3 => Step::Resubscribe,
            4 | 5 => Step::Leave,
            6 => Step::Deactivate,
            7 => Step::Activate,
            8 => Step::DropInactive,
            9 => Step::Unread,
            10 => Step::Missed,
            11 | 12 => Step::Len,
            13 => Step::IsEmpty,
            14 => Step::Receivers,
            15 => Step::Senders,
            16 => Step::CloneSender,
            17 => Step::Upgrade,
            18 => Step::DropSender,
            20 | 21 => Step::ActivateCloned,
            22 => Step::CloneInactive,
            23 => Step::IsRead,
            24 => Step::IsOver,
            25 => Step::WeakSenders,
            26 => Step::Same,
            27 => Step::Budget(dice.below(4) as u32),
            28 => Step::Downgrade,
            29 => Step::DropWeak,
            _ => Step::Closed(dice.polls()),
        }
    }

    fn open(self, roles: &[Role], _ledger: &Arc<Ledger>) -> (Log, Vec<Handles>) {
        let Broadcast { capacity, lossless } = self;
        let sender = if lossless {
            Tx::Lossless(broadcast::Sender::lossless(capacity))
        } else {
            Tx::Lossy(broadcast::Sender::new(capacity))
        };
        let handles = |(task, role): (usize, &Role)| Handles {
            sender: role.sender.then(|| sender.clone()),
            receiver: role.receiver.then(|| sender.subscribe()),
            weak: role.sender.then(|| sender.downgrade()),
            name: first_name(task),
        };
        let handles = roles.iter().enumerate().map(handles).collect();
        let senders = Role::senders(roles);
        (Log::new(capacity, lossless, senders, &Role::names(roles)).with_weak(senders), handles)
    }

    fn perform(hand: Hand<Log>, handles: Handles, steps: &[Step]) {
        Actor::new(hand, handles).run(steps);
    }

    /// Each message is cloned for all who get it, or for all but the last.
    fn judge(history: &History<Log>, ledger: &Ledger) {
        for call in &history.calls {
            let (Event::Call(Op::Send(id) | Op::TrySend(id)), Ret::Number(owed)) = (&call.event, &call.ret) else {
                continue;
            };
            let received = history.calls.iter().filter(|call| call.ret == Ret::Got(vec![*id])).count();
            // The last one to read it has it, if all have read it. But where several may clone it at the same time none
            // of them may be the last, and who is overtaken or outlived by its clone is not.
            let last = received > 0 && !history.start.is_lossless() && received == *owed;
            let due = if last { received - 1..=received - 1 } else { received.saturating_sub(1)..=received };
            let clones = ledger.clones(*id);
            assert!(due.contains(&clones), "message {id} was cloned {clones} times, not {due:?}:\n{history}");
        }
    }
}
