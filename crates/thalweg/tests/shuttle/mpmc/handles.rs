//! The steps of an actor that make handles and let them go.

use super::actor::Actor;
use super::model::Op;
use crate::history::Ret;

impl Actor {
    pub(super) fn upgrade(&mut self) {
        let call = self.hand.begin(Op::UpgradeSender);
        let upgraded = self.weak.upgrade();
        self.hand.end(call, Ret::Flag(upgraded.is_some()));
        self.senders.extend(upgraded);
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
