//! One task of a scenario: it performs its steps on a real channel and logs what they answered.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;

use thalweg::mpmc::{
    OwnedPermit, OwnedRecv, OwnedSend, PermitIterator, Receiver, Sender, TryRecvError, TrySendError, WeakReceiver,
    WeakSender,
};

use super::model::{Op, Queue};
use super::scenario::{Handles, Step};
use crate::board::Driven;
use crate::hand::{Hand, failed, ids};
use crate::history::{Id, Ret, Stop};
use crate::token::Token;

/// A future that is neglected: started, and polled again only on a whim.
enum Held {
    Send(Pin<Box<OwnedSend<Token>>>, Id, usize),
    Recv(Pin<Box<OwnedRecv<Token>>>, usize),
}

pub(crate) struct Actor {
    pub(super) hand: Hand<Queue>,
    pub(super) senders: Vec<Sender<Token>>,
    pub(super) receivers: Vec<Receiver<Token>>,
    pub(super) weak: (WeakSender<Token>, WeakReceiver<Token>),
    permit: Option<OwnedPermit<Token>>,
    held: Vec<Held>,
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
            Step::IsClosed => self.sender(Op::IsClosed, |end| Ret::Flag(end.is_closed())),
            Step::Closed(polls) => self.closed(polls),
            Step::Free | Step::Reserved | Step::Senders | Step::Receivers => self.count(step),
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
            Step::PollSend(sends, polls) => self.poll_send(sends, polls),
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
            Step::PollRecv(polls) => self.poll_recv(polls),
            Step::Drain => self.drain(),
            Step::CloseAndDrain => self.close_and_drain(),
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

    fn hold_send(&mut self) {
        let token = self.hand.token();
        let id = token.id;
        // The future holds a handle of its own.
        let handle = self.hand.begin(Op::CloneSender);
        let call = self.hand.begin_with(handle, Op::Send(id));
        let future = Box::pin(self.senders[0].send_owned(token));
        self.hand.end(handle, Ret::Done);
        self.held.push(Held::Send(future, id, call));
        self.poll_held();
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

    fn try_send_many(&mut self, n: usize) {
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

    // --- permits

    fn try_reserve(&mut self) {
        if self.permit.is_some() {
            return;
        }
        self.clone_sender();
        let sender = self.senders.pop().unwrap();
        let call = self.hand.begin(Op::TryReserve(1));
        match sender.try_reserve_owned() {
            Ok(permit) => {
                self.hand.end(call, Ret::Done);
                self.permit = Some(permit);
            }
            Err(error) => {
                self.hand.end(call, if error.is_full() { Ret::Full } else { Ret::Closed });
                self.hand.just(Op::DropSender, || drop(error));
            }
        }
    }

    /// Keeps the permit for a later step, if there is none yet; a borrowed one is used at once.
    fn reserve(&mut self, polls: Option<usize>) {
        if self.permit.is_some() {
            return self.reserve_many(1, polls);
        }
        self.clone_sender();
        let sender = self.senders.pop().unwrap();
        let call = self.hand.begin(Op::Reserve(1));
        let mut future = Box::pin(sender.reserve_owned());
        let (ret, permit) = match self.hand.drive(call, future.as_mut(), polls) {
            Driven::Ready(Ok(permit)) => (Ret::Done, Some(permit)),
            Driven::Ready(Err(_)) => (Ret::Closed, None),
            Driven::Pending => (Ret::Cancelled, None),
        };
        // The handle inside goes with the future, unless the permit has it.
        let gone = permit.is_none().then(|| self.hand.begin_with(call, Op::DropSender));
        drop(future);
        self.hand.end(call, ret);
        if let Some(gone) = gone {
            self.hand.end(gone, Ret::Done);
        }
        self.permit = permit;
    }

    fn reserve_many(&mut self, n: usize, polls: Option<usize>) {
        let token = self.hand.token();
        let call = self.hand.begin(Op::Reserve(n));
        let mut future = pin!(self.senders[0].reserve_many(n));
        let permits = match self.hand.drive(call, future.as_mut(), polls) {
            Driven::Ready(Ok(permits)) => permits,
            Driven::Ready(Err(_)) => return self.hand.end(call, Ret::Closed),
            // The future lives on to the end of this function; the log must not end before it.
            Driven::Pending => {
                future.set(self.senders[0].reserve_many(0));
                return self.hand.end(call, Ret::Cancelled);
            }
        };
        self.hand.end(call, Ret::Done);
        self.use_permits(permits, n, token);
    }

    fn try_reserve_many(&mut self, n: usize) {
        let token = self.hand.token();
        let call = self.hand.begin(Op::TryReserve(n));
        match self.senders[0].try_reserve_many(n) {
            Ok(permits) => {
                self.hand.end(call, Ret::Done);
                self.use_permits(permits, n, token);
            }
            Err(error) => self.hand.end(call, if error.is_full() { Ret::Full } else { Ret::Closed }),
        }
    }

    /// Sends by the first of them, and gives back the others.
    fn use_permits(&self, mut permits: PermitIterator<'_, Token>, n: usize, token: Token) {
        assert_eq!(permits.len(), n);
        let (first, id) = (permits.next().unwrap(), token.id);
        self.hand.log(
            Op::PermitSend(id),
            || first.send(token),
            |result| match result {
                Ok(()) => Ret::Done,
                Err(error) => failed(TrySendError::Closed(error.0), id),
            },
        );
        let rest: Vec<usize> = (1..n).map(|_| self.hand.begin(Op::PermitDrop)).collect();
        drop(permits);
        rest.into_iter().for_each(|call| self.hand.end(call, Ret::Done));
    }

    fn permit_send(&mut self) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let token = self.hand.token();
        let id = token.id;
        let sent = self.hand.begin(Op::PermitSend(id));
        match permit.send(token) {
            Ok(sender) => {
                self.hand.end(sent, Ret::Done);
                self.hand.just(Op::DropSender, || drop(sender));
            }
            Err(error) => {
                // The handle inside the permit went at the end of the failing send.
                let gone = self.hand.begin_with(sent, Op::DropSender);
                self.hand.end(sent, failed(TrySendError::Closed(error.0), id));
                self.hand.end(gone, Ret::Done);
            }
        }
    }

    fn permit_drop(&mut self) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let sender = self.hand.just(Op::PermitDrop, || permit.release());
        self.hand.just(Op::DropSender, || drop(sender));
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

    fn hold_recv(&mut self) {
        let handle = self.hand.begin(Op::CloneReceiver);
        let call = self.hand.begin_with(handle, Op::Recv);
        let future = Box::pin(self.receivers[0].recv_owned());
        self.hand.end(handle, Ret::Done);
        self.held.push(Held::Recv(future, call));
        self.poll_held();
    }

    fn try_recv_many(&mut self, limit: usize) {
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

    fn drain(&mut self) {
        let call = self.hand.begin(Op::Drain);
        let drain = self.receivers[0].drain();
        let tokens: Vec<Token> = drain.collect();
        self.hand.end(call, ids(&tokens));
    }

    fn close_and_drain(&mut self) {
        let call = self.hand.begin(Op::CloseAndDrain);
        let tokens: Vec<Token> = self.receivers[0].close_and_drain().collect();
        self.hand.end(call, ids(&tokens));
    }

    // --- neglected futures

    /// Polls the last of them once.
    fn poll_held(&mut self) {
        let Some(held) = self.held.last_mut() else {
            return;
        };
        let hand = &self.hand;
        let (call, ret) = match held {
            Held::Send(future, id, call) => match hand.glance(|cx| future.as_mut().poll(cx)) {
                Poll::Ready(Ok(())) => (*call, Ret::Done),
                Poll::Ready(Err(error)) => (*call, failed(TrySendError::Closed(error.0), *id)),
                Poll::Pending => return,
            },
            Held::Recv(future, call) => match hand.glance(|cx| future.as_mut().poll(cx)) {
                Poll::Ready(Ok(token)) => (*call, ids(&[token])),
                Poll::Ready(Err(_)) => (*call, Ret::Closed),
                Poll::Pending => return,
            },
        };
        self.hand.end(call, ret);
        let held = self.held.pop().unwrap();
        self.forget_handle(held);
    }

    /// Drops a future that is over, and with it its handle.
    fn forget_handle(&self, held: Held) {
        let op = if matches!(held, Held::Send(..)) { Op::DropSender } else { Op::DropReceiver };
        self.hand.log(op, || drop(held), |()| Ret::Done);
    }

    fn drop_held(&mut self) {
        let Some(held) = self.held.pop() else { return };
        let (Held::Send(_, _, call) | Held::Recv(_, call)) = held;
        self.forget_handle(held);
        self.hand.end(call, Ret::Cancelled);
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
