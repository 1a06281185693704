//! One task of a scenario: it performs its steps on a real channel and logs what they answered.

use std::num::NonZeroU32;
use std::pin::{Pin, pin};

use thalweg::mpsc::OwnedPermit;
use thalweg::mpsc::error::{TryRecvError, TrySendError};
use thalweg::mpsc::future::ReserveOwned;

use super::ends::{Rx, Tx, WeakTx};
use super::polled::Asking;
use super::scenario::{Handles, Step};
use crate::board::Driven;
use crate::hand::{Hand, failed, ids};
use crate::history::Ret;
use crate::mpmc::model::{Op, Queue};
use crate::token::Token;

pub(super) struct Actor {
    pub(super) hand: Hand<Queue>,
    pub(super) senders: Vec<Tx>,
    pub(super) receiver: Option<Rx>,
    /// The last one is used.
    weak: Vec<WeakTx>,
    capacity: usize,
    pub(super) permit: Option<OwnedPermit<Token>>,
    /// A future that is neglected, and its call.
    pub(super) held: Option<(Pin<Box<ReserveOwned<Token>>>, usize)>,
    /// The same of a handle that is polled itself.
    pub(super) poll_sender: Option<(Asking, usize)>,
    /// The receive that was begun by a poll which is not waited for. The next one goes on with it.
    pub(super) polled: Option<usize>,
}

pub(super) fn received(token: Option<Token>) -> Ret {
    token.map_or(Ret::Closed, |token| ids(&[token]))
}

/// Begins a receive, or goes on with the one that waits in the receiver's place.
pub(super) fn begin(polled: &mut Option<usize>, hand: &Hand<Queue>, op: Op) -> usize {
    match polled.take() {
        Some(call) => {
            hand.turn(call, op);
            call
        }
        None => hand.begin(op),
    }
}

impl Actor {
    pub(super) fn new(hand: Hand<Queue>, Handles { sender, receiver, weak, capacity }: Handles) -> Actor {
        let senders = sender.into_iter().collect();
        let (permit, held, poll_sender, polled) = (None, None, None, None);
        Actor { hand, senders, receiver, weak: vec![weak], capacity, permit, held, poll_sender, polled }
    }

    pub(super) fn run(mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
        self.drop_held();
        self.drop_poll_sender();
        self.permit_drop();
        self.drop_receiver();
        while !self.weak.is_empty() {
            self.drop_weak();
        }
        while !self.senders.is_empty() {
            self.drop_sender();
        }
        self.hand.ended();
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::TrySend => self.try_send(),
            Step::Send(polls) => self.send(polls),
            Step::TryReserve => self.try_reserve(),
            Step::Reserve(polls) => self.reserve(polls),
            Step::HoldReserve => self.hold_reserve(),
            Step::PollHeld => self.poll_held(),
            Step::DropHeld => {
                self.drop_held();
                self.drop_poll_sender();
            }
            Step::TryReserveMany(n) => self.try_reserve_many(n),
            Step::ReserveMany(n, polls) => self.reserve_many(n, polls),
            Step::PermitSend => self.permit_send(),
            Step::PermitRelease => self.permit_release(),
            Step::PermitDrop => self.permit_drop(),
            Step::TryRecv => self.try_recv(),
            Step::Recv(polls) => self.recv(polls),
            Step::RecvMany(n, polls) => self.recv_many(n, polls),
            Step::PollRecv => self.poll_recv(),
            Step::PollRecvMany(n) => self.poll_recv_many(n),
            Step::Next(polls) => self.next(polls),
            Step::PollSend(finish, as_sink, polls) => self.poll_send(finish, as_sink, polls),
            Step::HoldPollSend(finish, as_sink) => self.hold_poll_send(finish, as_sink),
            Step::SendBlocking(until) => self.send_blocking(until),
            Step::RecvBlocking(until) => self.recv_blocking(until),
            Step::RecvManyBlocking(n) => self.recv_many_blocking(n),
            Step::Same => self.same(),
            Step::Budget(budget) => self.set_budget(budget),
            Step::Downgrade => self.downgrade(),
            Step::DropWeak => self.drop_weak(),
            Step::Close => self.close(),
            Step::Closed(polls) => self.closed(polls),
            Step::Upgrade => self.upgrade(),
            Step::CloneSender => self.clone_sender(),
            Step::DropSender => self.drop_sender(),
            Step::DropReceiver => self.drop_receiver(),
            Step::IsClosed => self.ask(Op::IsClosed, |tx| Ret::Flag(tx.is_closed()), |rx| Ret::Flag(rx.is_closed())),
            Step::Senders => {
                self.ask(Op::Senders, |tx| Ret::Number(tx.strong_count()), |rx| Ret::Number(rx.sender_strong_count()));
            }
            Step::WeakSenders => {
                self.ask(Op::Weak, |tx| Ret::Number(tx.weak_count()), |rx| Ret::Number(rx.sender_weak_count()));
            }
            Step::Len | Step::IsEmpty | Step::Free => self.measure(step),
        }
    }

    /// Asks whichever end there is.
    fn ask(&self, op: Op, sender: fn(&Tx) -> Ret, receiver: fn(&Rx) -> Ret) {
        match (self.senders.first(), &self.receiver) {
            (Some(tx), _) => self.hand.log(op, || sender(tx), |ret| ret),
            (None, Some(rx)) => self.hand.log(op, || receiver(rx), |ret| ret),
            (None, None) => {}
        }
    }

    fn measure(&self, step: &Step) {
        let sender = self.senders.first().and_then(Tx::bounded);
        match (step, sender, &self.receiver) {
            (Step::Len, _, Some(rx)) => self.hand.log(Op::Len, || rx.len(), Ret::Number),
            (Step::IsEmpty, _, Some(rx)) => self.hand.log(Op::IsEmpty, || rx.is_empty(), Ret::Flag),
            (Step::Free, Some(tx), _) if self.capacity > 0 => self.hand.log(Op::Free, || tx.capacity(), Ret::Number),
            _ => {}
        }
    }

    // --- sending

    fn try_send(&mut self) {
        let Some(sender) = self.senders.first() else { return };
        let token = self.hand.token();
        let id = token.id;
        let answer = |result| {
            if let Err(error) = result { failed(error, id) } else { Ret::Done }
        };
        self.hand.log(Op::TrySend(id), || sender.try_send(token), answer);
    }

    fn send(&mut self, polls: Option<usize>) {
        let Some(sender) = self.senders.first().and_then(Tx::bounded) else {
            return self.try_send();
        };
        let token = self.hand.token();
        let id = token.id;
        let call = self.hand.begin(Op::Send(id));
        let mut future = pin!(sender.send(token));
        let ret = match self.hand.drive(call, future.as_mut(), polls) {
            Driven::Ready(Ok(())) => Ret::Done,
            Driven::Ready(Err(error)) => failed(TrySendError::Closed(error.0), id),
            Driven::Pending => {
                let back = future.as_mut().cancel();
                assert_eq!(back.map(|token| token.id), Some(id), "a pending send did not give its message back");
                Ret::Cancelled
            }
        };
        self.hand.end(call, ret);
    }

    // --- receiving

    fn try_recv(&mut self) {
        let Some(receiver) = &mut self.receiver else { return };
        let answer = |result| match result {
            Ok(token) => ids(&[token]),
            Err(TryRecvError::Empty) => Ret::Empty,
            Err(TryRecvError::Disconnected) => Ret::Closed,
        };
        self.hand.log(Op::TryRecv, || receiver.try_recv(), answer);
    }

    fn recv(&mut self, polls: Option<usize>) {
        let Some(receiver) = &mut self.receiver else { return };
        let call = begin(&mut self.polled, &self.hand, Op::Recv);
        let ret = match self.hand.drive(call, pin!(receiver.recv()), polls) {
            Driven::Ready(token) => received(token),
            Driven::Pending => Ret::Cancelled,
        };
        self.hand.end(call, ret);
    }

    fn recv_many(&mut self, limit: usize, polls: Option<usize>) {
        let Some(receiver) = &mut self.receiver else { return };
        let mut tokens = Vec::new();
        let call = begin(&mut self.polled, &self.hand, Op::RecvMany(limit));
        let driven = self.hand.drive(call, pin!(receiver.recv_many(&mut tokens, limit)), polls);
        let ret = match driven {
            Driven::Ready(0) => Ret::Closed,
            Driven::Ready(n) => {
                assert_eq!(n, tokens.len());
                ids(&tokens)
            }
            Driven::Pending => {
                assert!(tokens.is_empty(), "a pending receive took something");
                Ret::Cancelled
            }
        };
        self.hand.end(call, ret);
    }

    // --- handles

    fn close(&mut self) {
        if let Some(receiver) = &mut self.receiver {
            self.hand.just(Op::Shut, || receiver.close());
        }
    }

    fn closed(&self, polls: Option<usize>) {
        let Some(sender) = self.senders.first() else { return };
        self.hand.wait(Op::Closed, sender.closed(), polls);
    }

    fn upgrade(&mut self) {
        let Some(weak) = self.weak.last() else { return };
        let call = self.hand.begin(Op::UpgradeCounted);
        let upgraded = weak.upgrade();
        self.hand.end(call, Ret::Flag(upgraded.is_some()));
        self.senders.extend(upgraded);
    }

    fn downgrade(&mut self) {
        let Some(sender) = self.senders.first() else { return };
        let weak = self.hand.just(Op::Downgrade, || sender.downgrade());
        self.weak.push(weak);
    }

    fn drop_weak(&mut self) {
        if let Some(weak) = self.weak.pop() {
            self.hand.just(Op::DropWeak, || drop(weak));
        }
    }

    /// What is the same in whatever order.
    fn same(&self) {
        if let (Some(sender), Some(last)) = (self.senders.first(), self.senders.last()) {
            assert!(self.hand.just(Op::Aside, || sender.same_channel(last)));
            let capacity = self.hand.just(Op::Aside, || sender.max_capacity());
            assert_eq!(capacity.unwrap_or(usize::MAX), self.capacity);
        }
        if let (Some(permit), Some(sender)) = (&self.permit, self.senders.first().and_then(Tx::bounded)) {
            assert!(self.hand.just(Op::Aside, || permit.same_channel_as_sender(sender)));
        }
    }

    /// After so many ready operations in a row one poll yields, or never.
    fn set_budget(&mut self, budget: u32) {
        let budget = NonZeroU32::new(budget);
        if let Some(sender) = self.senders.first().and_then(Tx::bounded) {
            self.hand.just(Op::Aside, || sender.set_budget(budget));
        }
        if let Some(receiver) = &mut self.receiver {
            self.hand.just(Op::Aside, || receiver.set_budget(budget));
        }
    }

    pub(super) fn clone_sender(&mut self) {
        let Some(sender) = self.senders.first() else { return };
        let clone = self.hand.just(Op::CloneSender, || sender.clone());
        self.senders.push(clone);
    }

    fn drop_sender(&mut self) {
        if let Some(sender) = self.senders.pop() {
            self.hand.just(Op::DropSender, || drop(sender));
        }
    }

    pub(super) fn drop_receiver(&mut self) {
        let Some(receiver) = self.receiver.take() else { return };
        self.hand.just(Op::DropReceiver, || drop(receiver));
        if let Some(call) = self.polled.take() {
            self.hand.end(call, Ret::Cancelled);
        }
    }
}
