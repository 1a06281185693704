//! One task of a scenario: it performs its steps on a real channel and logs what they answered.

use std::pin::pin;

use thalweg::mpmc::{OwnedPermit, Receiver, Sender, TryRecvError, TrySendError, WeakReceiver, WeakSender};

use super::held::Held;
use super::model::{Op, Queue};
use super::scenario::{Handles, Step};
use crate::board::Driven;
use crate::hand::{Hand, failed, ids};
use crate::history::{Ret, Stop};
use crate::token::Token;

pub(crate) struct Actor {
    pub(super) hand: Hand<Queue>,
    pub(super) senders: Vec<Sender<Token>>,
    pub(super) receivers: Vec<Receiver<Token>>,
    pub(super) weak: (WeakSender<Token>, WeakReceiver<Token>),
    pub(super) permit: Option<OwnedPermit<Token>>,
    pub(super) held: Vec<Held>,
}

impl Actor {
    pub(super) fn new(hand: Hand<Queue>, Handles { sender, receiver, weak }: Handles) -> Actor {
        let (senders, receivers) = (sender.into_iter().collect(), receiver.into_iter().collect());
        Actor { hand, senders, receivers, weak, permit: None, held: Vec::new() }
    }

    pub(super) fn run(mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
        while !self.held.is_empty() {
            self.drop_held();
        }
        self.permit_drop();
        if !self.receivers.is_empty() {
            self.try_recv_many(64);
        }
        while !self.receivers.is_empty() {
            self.drop_receiver();
        }
        while !self.senders.is_empty() {
            self.drop_sender();
        }
        self.hand.ended();
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Close if self.senders.is_empty() => self.receiver(Op::Close, |end| Ret::Flag(end.close())),
            Step::Close => self.sender(Op::Close, |end| Ret::Flag(end.close())),
            Step::Len if self.senders.is_empty() => self.receiver(Op::Len, |end| Ret::Number(end.len())),
            Step::Len => self.sender(Op::Len, |end| Ret::Number(end.len())),
            Step::IsEmpty => self.sender(Op::IsEmpty, |end| Ret::Flag(end.is_empty())),
            Step::IsFull => self.sender(Op::IsFull, |end| Ret::Flag(end.is_full())),
            Step::IsClosed if self.senders.is_empty() => self.receiver(Op::IsClosed, |end| Ret::Flag(end.is_closed())),
            Step::IsClosed => self.sender(Op::IsClosed, |end| Ret::Flag(end.is_closed())),
            Step::Closed(polls) => self.closed(polls),
            Step::Free | Step::Reserved | Step::Senders | Step::Receivers => self.count(step),
            Step::WaitingSenders | Step::WaitingReceivers => self.count(step),
            Step::Same => self.same(),
            Step::Budget(budget) => self.set_budget(budget),
            Step::UpgradeSender => self.upgrade_sender(),
            Step::UpgradeReceiver => self.upgrade_receiver(),
            Step::CloneSender => self.clone_sender(),
            Step::DropSender => self.drop_sender(),
            Step::CloneReceiver => self.clone_receiver(),
            Step::DropReceiver => self.drop_receiver(),
            Step::PollHeld => self.poll_held(),
            Step::DropHeld => self.drop_held(),
            _ if !self.senders.is_empty() && self.sending_step(step) => {}
            _ if !self.receivers.is_empty() => self.receiving_step(step),
            _ => {}
        }
    }

    /// False when it is not a step of a sender.
    fn sending_step(&mut self, step: &Step) -> bool {
        match *step {
            Step::TrySend => self.try_send(),
            Step::Send(polls) => self.send(polls),
            Step::HoldSend => self.hold_send(),
            Step::ForceSend => self.force_send(),
            Step::TrySendMany(n) => self.try_send_many(n),
            Step::SendMany(n, polls) => self.send_many(n, polls),
            Step::TryReserve => self.try_reserve(),
            Step::Reserve(polls) => self.reserve(polls),
            Step::ReserveMany(n, polls) => self.reserve_many(n, polls),
            Step::TryReserveMany(n) => self.try_reserve_many(n),
            Step::PollSend(finish, as_sink, polls) => self.poll_send(finish, as_sink, polls),
            Step::HoldPollSend(finish, as_sink) => self.hold_poll_send(finish, as_sink),
            Step::SendBlocking(until) => self.send_blocking(until),
            Step::SendManyBlocking(n) => self.send_many_blocking(n),
            Step::PermitSend => self.permit_send(),
            Step::PermitDrop => self.permit_drop(),
            _ => return false,
        }
        true
    }

    fn receiving_step(&mut self, step: &Step) {
        match *step {
            Step::TryRecv => self.try_recv(),
            Step::Recv(polls) => self.recv(polls),
            Step::HoldRecv => self.hold_recv(),
            Step::TryRecvMany(n) => self.try_recv_many(n),
            Step::RecvMany(n, polls) => self.recv_many(n, polls),
            Step::PollRecv(as_stream, polls) => self.poll_recv(as_stream, polls),
            Step::HoldPollRecv(as_stream) => self.hold_poll_recv(as_stream),
            Step::Drain(most) => self.drain(Op::Drain, most),
            Step::CloseAndDrain(most) => self.drain(Op::CloseAndDrain, most),
            Step::TryIter(most) => self.try_iter(most),
            Step::RecvBlocking(until) => self.recv_blocking(until),
            Step::RecvManyBlocking(n) => self.recv_many_blocking(n),
            Step::IterBlocking(most) => self.iter_blocking(most),
            _ => {}
        }
    }

    fn sender(&self, op: Op, ask: impl FnOnce(&Sender<Token>) -> Ret) {
        if let Some(sender) = self.senders.first() {
            self.hand.log(op, || ask(sender), |ret| ret);
        }
    }

    fn receiver(&self, op: Op, ask: impl FnOnce(&Receiver<Token>) -> Ret) {
        if let Some(receiver) = self.receivers.first() {
            self.hand.log(op, || ask(receiver), |ret| ret);
        }
    }

    // --- sending

    fn try_send(&mut self) {
        let token = self.hand.token();
        let id = token.id;
        let answer = |result| {
            if let Err(error) = result { failed(error, id) } else { Ret::Done }
        };
        self.hand.log(Op::TrySend(id), || self.senders[0].try_send(token), answer);
    }

    fn send(&mut self, polls: Option<usize>) {
        let token = self.hand.token();
        let id = token.id;
        let call = self.hand.begin(Op::Send(id));
        let mut future = pin!(self.senders[0].send(token));
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

    fn force_send(&mut self) {
        let token = self.hand.token();
        let id = token.id;
        let answer = |result: Result<Option<Token>, _>| match result {
            Ok(displaced) => Ret::Displaced(displaced.map(|token| token.id)),
            Err(thalweg::mpmc::SendError(token)) => failed(TrySendError::Closed(token), id),
        };
        self.hand.log(Op::ForceSend(id), || self.senders[0].force_send(token), answer);
    }

    pub(super) fn try_send_many(&mut self, n: usize) {
        let (ids, mut tokens) = self.hand.tokens(n);
        let call = self.hand.begin(Op::TrySendMany(ids));
        let result = self.senders[0].try_send_many(&mut tokens);
        let sent = n - tokens.len();
        let ret = match result {
            Ok(()) => Ret::Done,
            Err(TrySendError::Full(())) => Ret::Sent { sent, why: Stop::Full },
            Err(TrySendError::Closed(())) => Ret::Sent { sent, why: Stop::Closed },
        };
        self.hand.end(call, ret);
    }

    fn send_many(&mut self, n: usize, polls: Option<usize>) {
        let (ids, mut tokens) = self.hand.tokens(n);
        let call = self.hand.begin(Op::SendMany(ids));
        let driven = self.hand.drive(call, pin!(self.senders[0].send_many(&mut tokens)), polls);
        let sent = n - tokens.len();
        let ret = match driven {
            Driven::Ready(Ok(())) => Ret::Done,
            Driven::Ready(Err(_)) => Ret::Sent { sent, why: Stop::Closed },
            Driven::Pending => Ret::Sent { sent, why: Stop::Cancelled },
        };
        self.hand.end(call, ret);
    }

    // --- receiving

    fn try_recv(&mut self) {
        self.hand.log(
            Op::TryRecv,
            || self.receivers[0].try_recv(),
            |result| match result {
                Ok(token) => ids(&[token]),
                Err(TryRecvError::Empty) => Ret::Empty,
                Err(TryRecvError::Closed) => Ret::Closed,
            },
        );
    }

    fn recv(&mut self, polls: Option<usize>) {
        let call = self.hand.begin(Op::Recv);
        let ret = {
            let mut future = pin!(self.receivers[0].recv());
            match self.hand.drive(call, future.as_mut(), polls) {
                Driven::Ready(Ok(token)) => ids(&[token]),
                Driven::Ready(Err(_)) => Ret::Closed,
                Driven::Pending => Ret::Cancelled,
            }
        };
        self.hand.end(call, ret);
    }

    pub(super) fn try_recv_many(&mut self, limit: usize) {
        let mut tokens = Vec::new();
        let call = self.hand.begin(Op::TryRecvMany(limit));
        let ret = match self.receivers[0].try_recv_many(&mut tokens, limit) {
            Ok(n) => {
                assert_eq!(n, tokens.len());
                ids(&tokens)
            }
            Err(TryRecvError::Empty) => Ret::Empty,
            Err(TryRecvError::Closed) => Ret::Closed,
        };
        self.hand.end(call, ret);
    }

    fn recv_many(&mut self, limit: usize, polls: Option<usize>) {
        let mut tokens = Vec::new();
        let call = self.hand.begin(Op::RecvMany(limit));
        let driven = self.hand.drive(call, pin!(self.receivers[0].recv_many(&mut tokens, limit)), polls);
        let ret = match driven {
            Driven::Ready(Ok(n)) => {
                assert_eq!(n, tokens.len());
                ids(&tokens)
            }
            Driven::Ready(Err(_)) => Ret::Closed,
            Driven::Pending => {
                assert!(tokens.is_empty(), "a pending receive took something");
                Ret::Cancelled
            }
        };
        self.hand.end(call, ret);
    }

    /// Takes everything out, and looks at so many of it.
    fn drain(&mut self, op: Op, most: usize) {
        let closes = op == Op::CloseAndDrain;
        let call = self.hand.begin(op);
        let mut drain = if closes { self.receivers[0].close_and_drain() } else { self.receivers[0].drain() };
        let of = drain.len();
        let first: Vec<Token> = drain.by_ref().take(most).collect();
        assert_eq!(drain.len(), of - first.len());
        drop(drain);
        self.hand.end(call, Ret::Part { first: first.iter().map(|token| token.id).collect(), of });
    }

    pub(super) fn try_iter(&mut self, most: usize) {
        let mut messages = self.receivers[0].try_iter();
        for _ in 0..most {
            let answer = |next: Option<Token>| next.map_or(Ret::Empty, |token| ids(&[token]));
            self.hand.log(Op::TryNext, || messages.next(), answer);
        }
    }

    // --- handles

    fn closed(&self, polls: Option<usize>) {
        match (self.senders.first(), self.receivers.first()) {
            (Some(sender), _) => self.hand.wait(Op::Closed, sender.closed(), polls),
            (_, Some(receiver)) => self.hand.wait(Op::Closed, receiver.closed(), polls),
            _ => {}
        }
    }
}
