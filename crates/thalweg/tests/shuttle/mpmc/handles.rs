//! The steps of an actor that make handles, count them, and let them go.

use std::num::NonZeroU32;

use thalweg::mpmc::{Receiver, Sender};

use super::actor::Actor;
use super::model::Op;
use super::scenario::Step;
use crate::history::Ret;
use crate::token::Token;

impl Actor {
    /// How many there are of something, as either end says.
    pub(super) fn count(&self, step: &Step) {
        let (sender, receiver) = (self.senders.first(), self.receivers.first());
        let Some(capacity) = sender.map(Sender::capacity).or(receiver.map(Receiver::capacity)) else { return };
        let ask = |op, of_sender: fn(&Sender<Token>) -> usize, of_receiver: fn(&Receiver<Token>) -> usize| {
            let number = || sender.map(of_sender).or(receiver.map(of_receiver)).unwrap();
            self.hand.log(op, number, Ret::Number);
        };
        match step {
            // Without a bound there is no number, and at capacity 0 it is always the same.
            Step::Free if capacity.is_some_and(|capacity| capacity > 0) => {
                ask(Op::Free, |end| end.free_capacity().unwrap(), |end| end.free_capacity().unwrap());
            }
            Step::Reserved => ask(Op::Reserved, Sender::reserved, Receiver::reserved),
            Step::Senders => ask(Op::Senders, Sender::sender_count, Receiver::sender_count),
            Step::Receivers => ask(Op::Receivers, Sender::receiver_count, Receiver::receiver_count),
            Step::WaitingSenders => ask(Op::WaitingSenders, Sender::waiting_senders, Receiver::waiting_senders),
            Step::WaitingReceivers => ask(Op::WaitingReceivers, Sender::waiting_receivers, Receiver::waiting_receivers),
            _ => {}
        }
    }

    /// What is the same in whatever order, and makes a weak handle anew.
    pub(super) fn same(&mut self) {
        if let (Some(sender), Some(last)) = (self.senders.first(), self.senders.last()) {
            assert!(self.hand.just(Op::Aside, || sender.same_channel(last)));
            self.weak.0 = self.hand.just(Op::Aside, || sender.downgrade());
        }
        if let (Some(receiver), Some(last)) = (self.receivers.first(), self.receivers.last()) {
            assert!(self.hand.just(Op::Aside, || receiver.same_channel(last)));
            self.weak.1 = self.hand.just(Op::Aside, || receiver.downgrade());
        }
    }

    /// After so many ready operations in a row one poll yields, or never.
    pub(super) fn set_budget(&self, budget: u32) {
        let budget = NonZeroU32::new(budget);
        if let Some(sender) = self.senders.first() {
            self.hand.just(Op::Aside, || sender.set_budget(budget));
        }
        if let Some(receiver) = self.receivers.first() {
            self.hand.just(Op::Aside, || receiver.set_budget(budget));
        }
    }

    pub(super) fn upgrade_sender(&mut self) {
        let call = self.hand.begin(Op::UpgradeSender);
        let upgraded = self.weak.0.upgrade();
        self.hand.end(call, Ret::Flag(upgraded.is_some()));
        self.senders.extend(upgraded);
    }

    pub(super) fn upgrade_receiver(&mut self) {
        let call = self.hand.begin(Op::UpgradeReceiver);
        let upgraded = self.weak.1.upgrade();
        self.hand.end(call, Ret::Flag(upgraded.is_some()));
        self.receivers.extend(upgraded);
    }

    pub(super) fn clone_sender(&mut self) {
        if let Some(sender) = self.senders.first() {
            let clone = self.hand.just(Op::CloneSender, || sender.clone());
            self.senders.push(clone);
        }
    }

    pub(super) fn drop_sender(&mut self) {
        if let Some(sender) = self.senders.pop() {
            self.hand.just(Op::DropSender, || drop(sender));
        }
    }

    pub(super) fn clone_receiver(&mut self) {
        if let Some(receiver) = self.receivers.first() {
            let clone = self.hand.just(Op::CloneReceiver, || receiver.clone());
            self.receivers.push(clone);
        }
    }

    pub(super) fn drop_receiver(&mut self) {
        if let Some(receiver) = self.receivers.pop() {
            self.hand.just(Op::DropReceiver, || drop(receiver));
        }
    }
}
