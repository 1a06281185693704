//! The steps of an actor that make handles and let them go.

use crate::actor::Actor;
use crate::history::{Op, Ret};

impl Actor {
    pub(crate) fn upgrade(&mut self) {
        let call = self.board.begin(self.me, Op::UpgradeSender);
        let upgraded = self.weak.upgrade();
        self.board.end(call, Ret::Flag(upgraded.is_some()));
        self.senders.extend(upgraded);
    }

    pub(crate) fn clone_sender(&mut self) {
        if let Some(sender) = self.senders.first() {
            let call = self.board.begin(self.me, Op::CloneSender);
            let clone = sender.clone();
            self.board.end(call, Ret::Done);
            self.senders.push(clone);
        }
    }

    pub(crate) fn drop_sender(&mut self) {
        if let Some(sender) = self.senders.pop() {
            self.log(Op::DropSender, || drop(sender), |()| Ret::Done);
        }
    }

    pub(crate) fn clone_receiver(&mut self) {
        if let Some(receiver) = self.receivers.first() {
            let call = self.board.begin(self.me, Op::CloneReceiver);
            let clone = receiver.clone();
            self.board.end(call, Ret::Done);
            self.receivers.push(clone);
        }
    }

    pub(crate) fn drop_receiver(&mut self) {
        if let Some(receiver) = self.receivers.pop() {
            self.log(Op::DropReceiver, || drop(receiver), |()| Ret::Done);
        }
    }
}
