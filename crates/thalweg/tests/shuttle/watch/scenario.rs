//! How scenarios on `watch` are drawn.

use std::sync::Arc;

use thalweg::watch::{Receiver, Sender};

use super::actor::Actor;
use super::model::Value;
use crate::hand::Hand;
use crate::history::{Id, Name};
use crate::scenario::{Dice, Kind, Role, Until, first_name};
use crate::token::{Ledger, Token};

#[derive(Clone, Copy, Debug)]
pub(super) struct Watch;

pub(super) struct Handles {
    pub(super) sender: Option<Sender<Token>>,
    pub(super) receiver: Option<Receiver<Token>>,
    /// Its receivers have this name and those that follow.
    pub(super) name: Name,
}

/// What a task does next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Send,
    Replace,
    Modify,
    /// Makes it known or does not.
    ModifyIf(bool),
    Look,
    IsClosed,
    Closed(Option<usize>),
    Receivers,
    Senders,
    CloneSender,
    DropSender,
    Subscribe,
    CloneReceiver,
    Leave,
    Borrow,
    BorrowUpdate,
    HasChanged,
    Changed(Option<usize>),
    /// Waits for an id that leaves this rest when it is divided by three.
    WaitFor(Id, Option<usize>),
    ChangedBlocking(Until),
    /// Goes on as a stream.
    Stream(Option<usize>),
    MarkChanged,
    MarkUnchanged,
    IsOver,
    Same,
}

/// The first value; no task makes this one.
const FIRST: Id = 61;

impl Kind for Watch {
    type Model = Value;
    type Step = Step;
    type Handles = Handles;

    fn roles(self, dice: &mut Dice) -> Vec<Role> {
        Role::draw(dice)
    }

    fn draw(self, dice: &mut Dice, role: Role) -> Step {
        let sends = role.sender && (!role.receiver || dice.chance(4));
        match dice.below(16) {
            0..6 if sends => Step::Send,
            6 if sends => Step::Replace,
            7 if sends => Step::Modify,
            8 | 9 if sends => Step::ModifyIf(dice.chance(4)),
            10 if sends => Step::Closed(dice.polls()),
            0..3 => Step::Changed(dice.polls()),
            3 => Step::ChangedBlocking(Until::draw(dice)),
            4 | 5 => Step::WaitFor(dice.below(3) as Id, dice.polls()),
            6..9 => Step::BorrowUpdate,
            9 => Step::Borrow,
            10 => Step::HasChanged,
            _ => match dice.below(15) {
                0 => Step::Look,
                1 => Step::IsClosed,
                2 => Step::Receivers,
                3 => Step::Senders,
                4 => Step::CloneSender,
                5 => Step::DropSender,
                6 | 7 => Step::Subscribe,
                8 => Step::CloneReceiver,
                9 => Step::Leave,
                10 => Step::MarkChanged,
                11 => Step::MarkUnchanged,
                12 => Step::Same,
                13 => Step::Stream(dice.polls()),
                _ => Step::IsOver,
            },
        }
    }

    fn open(self, roles: &[Role], ledger: &Arc<Ledger>) -> (Value, Vec<Handles>) {
        let sender = Sender::new(ledger.token(FIRST));
        let handles = |(task, role): (usize, &Role)| Handles {
            sender: role.sender.then(|| sender.clone()),
            receiver: role.receiver.then(|| sender.subscribe()),
            name: first_name(task),
        };
        let handles = roles.iter().enumerate().map(handles).collect();
        (Value::new(FIRST, Role::senders(roles), &Role::names(roles)), handles)
    }

    fn perform(hand: Hand<Value>, handles: Handles, steps: &[Step]) {
        Actor::new(hand, handles).run(steps);
    }
}
