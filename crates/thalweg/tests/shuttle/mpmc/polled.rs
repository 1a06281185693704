//! The steps of an actor by handles that are polled themselves, each of which has a place of its own in the line.

use std::future::poll_fn;
use std::pin::pin;

use thalweg::mpmc::TrySendError;

use super::actor::Actor;
use super::model::Op;
use crate::board::Driven;
use crate::hand::{failed, ids};
use crate::history::Ret;

impl Actor {
    pub(super) fn poll_send(&mut self, sends: bool, polls: Option<usize>) {
        self.clone_sender();
        let mut sender = self.senders.pop().unwrap().into_poll_sender();
        let call = self.hand.begin(Op::Reserve(1));
        match self.hand.drive(call, pin!(poll_fn(|cx| sender.poll_reserve(cx))), polls) {
            Driven::Ready(Ok(())) => self.hand.end(call, Ret::Done),
            Driven::Ready(Err(_)) => {
                self.hand.end(call, Ret::Closed);
                return self.hand.just(Op::DropSender, || drop(sender));
            }
            Driven::Pending => {
                self.hand.just(Op::DropSender, || drop(sender));
                return self.hand.end(call, Ret::Cancelled);
            }
        }
        if sends {
            let token = self.hand.token();
            let id = token.id;
            let answer = |result| match result {
                Ok(()) => Ret::Done,
                Err(thalweg::mpmc::SendError(token)) => failed(TrySendError::Closed(token), id),
            };
            self.hand.log(Op::PermitSend(id), || sender.send_item(token), answer);
        } else {
            assert!(self.hand.just(Op::PermitDrop, || sender.abort_send()), "there was room to give back");
        }
        self.hand.just(Op::DropSender, || drop(sender));
    }

    pub(super) fn poll_recv(&mut self, polls: Option<usize>) {
        self.clone_receiver();
        let mut receiver = self.receivers.pop().unwrap();
        let call = self.hand.begin(Op::Recv);
        let ret = match self.hand.drive(call, pin!(poll_fn(|cx| receiver.poll_recv(cx))), polls) {
            Driven::Ready(Ok(token)) => ids(&[token]),
            Driven::Ready(Err(_)) => Ret::Closed,
            // It leaves the line when it goes.
            Driven::Pending => {
                self.hand.just(Op::DropReceiver, || drop(receiver));
                return self.hand.end(call, Ret::Cancelled);
            }
        };
        self.hand.end(call, ret);
        self.hand.just(Op::DropReceiver, || drop(receiver));
    }
}
