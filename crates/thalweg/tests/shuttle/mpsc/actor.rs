//! One task of a scenario: it performs its steps on a real channel and logs what they answered.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;

use thalweg::mpsc::error::{SendError, TryRecvError, TrySendError};
use thalweg::mpsc::future::ReserveOwned;
use thalweg::mpsc::{OwnedPermit, PermitIterator, Sender};

use super::ends::{Rx, Tx, WeakTx};
use super::scenario::{Handles, Step};
use crate::board::Driven;
use crate::hand::{Hand, failed, ids};
use crate::history::Ret;
use crate::mpmc::model::{Op, Queue};
use crate::token::Token;

pub(super) struct Actor {
    hand: Hand<Queue>,
    senders: Vec<Tx>,
    receiver: Option<Rx>,
    weak: WeakTx,
    capacity: usize,
    permit: Option<OwnedPermit<Token>>,
    /// A future that is neglected, and its call.
    held: Option<(Pin<Box<ReserveOwned<Token>>>, usize)>,
    /// The receive that was begun by a poll which is not waited for. The next one goes on with it.
    polled: Option<usize>,
}

fn received(token: Option<Token>) -> Ret {
    token.map_or(Ret::Closed, |token| ids(&[token]))
}

impl Actor {
    pub(super) fn new(hand: Hand<Queue>, Handles { sender, receiver, weak, capacity }: Handles) -> Actor {
        let senders = sender.into_iter().collect();
        Actor { hand, senders, receiver, weak, capacity, permit: None, held: None, polled: None }
    }

    pub(super) fn run(mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
        self.drop_held();
        self.permit_drop();
        self.drop_receiver();
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
            Step::DropHeld => self.drop_held(),
            Step::TryReserveMany(n) => self.try_reserve_many(n),
            Step::ReserveMany(n, polls) => self.reserve_many(n, polls),
            Step::PermitSend => self.permit_send(),
            Step::PermitRelease => self.permit_release(),
            Step::PermitDrop => self.permit_drop(),
            Step::TryRecv => self.try_recv(),
            Step::Recv(polls) => self.recv(polls),
            Step::RecvMany(n, polls) => self.recv_many(n, polls),
            Step::PollRecv => self.poll_recv(),
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

    // --- permits

    /// A sender of its own, for what takes one.
    fn another(&mut self) -> Option<Sender<Token>> {
        self.senders.first().and_then(Tx::bounded)?;
        self.clone_sender();
        let Some(Tx::Bounded(sender)) = self.senders.pop() else { unreachable!() };
        Some(sender)
    }

    fn give_back(&self, sender: Sender<Token>) {
        self.hand.just(Op::DropSender, || drop(sender));
    }

    fn try_reserve(&mut self) {
        if self.permit.is_some() {
            return;
        }
        let Some(sender) = self.another() else { return };
        let call = self.hand.begin(Op::TryReserve(1));
        match sender.try_reserve_owned() {
            Ok(permit) => {
                self.hand.end(call, Ret::Done);
                self.permit = Some(permit);
            }
            Err(error) => {
                self.hand.end(call, if error.is_full() { Ret::Full } else { Ret::Closed });
                self.give_back(error.into_inner());
            }
        }
    }

    /// Keeps the permit for a later step, if there is none yet; a borrowed one is used at once.
    fn reserve(&mut self, polls: Option<usize>) {
        if self.permit.is_some() {
            return self.reserve_many(1, polls);
        }
        let Some(sender) = self.another() else { return };
        let call = self.hand.begin(Op::Reserve(1));
        let mut future = Box::pin(sender.reserve_owned());
        let driven = self.hand.drive(call, future.as_mut(), polls);
        self.reserved(future, call, driven);
    }

    fn hold_reserve(&mut self) {
        if self.held.is_some() {
            return self.poll_held();
        }
        let Some(sender) = self.another() else { return };
        let call = self.hand.begin(Op::Reserve(1));
        self.held = Some((Box::pin(sender.reserve_owned()), call));
        self.poll_held();
    }

    fn poll_held(&mut self) {
        let Some((future, _)) = self.held.as_mut().filter(|_| self.permit.is_none()) else { return };
        if let Poll::Ready(result) = self.hand.glance(|cx| future.as_mut().poll(cx)) {
            let (future, call) = self.held.take().unwrap();
            self.reserved(future, call, Driven::Ready(result));
        }
    }

    fn drop_held(&mut self) {
        if let Some((future, call)) = self.held.take() {
            self.reserved(future, call, Driven::Pending);
        }
    }

    /// The end of a future that reserves. The handle inside goes with it, unless the permit has it.
    fn reserved(
        &mut self,
        future: Pin<Box<ReserveOwned<Token>>>,
        call: usize,
        driven: Driven<Result<OwnedPermit<Token>, SendError<()>>>,
    ) {
        let (ret, permit) = match driven {
            Driven::Ready(Ok(permit)) => (Ret::Done, Some(permit)),
            Driven::Ready(Err(_)) => (Ret::Closed, None),
            Driven::Pending => (Ret::Cancelled, None),
        };
        let gone = permit.is_none().then(|| self.hand.begin_with(call, Op::DropSender));
        drop(future);
        self.hand.end(call, ret);
        if let Some(gone) = gone {
            self.hand.end(gone, Ret::Done);
        }
        self.permit = permit.or(self.permit.take());
    }

    fn try_reserve_many(&mut self, n: usize) {
        let Some(sender) = self.senders.first().and_then(Tx::bounded) else { return };
        let token = self.hand.token();
        let call = self.hand.begin(Op::TryReserve(n));
        match sender.try_reserve_many(n) {
            Ok(permits) => {
                self.hand.end(call, Ret::Done);
                use_up(&self.hand, permits, token, n);
            }
            Err(error) => self.hand.end(call, if error.is_full() { Ret::Full } else { Ret::Closed }),
        }
    }

    fn reserve_many(&mut self, n: usize, polls: Option<usize>) {
        let Some(sender) = self.senders.first().and_then(Tx::bounded) else { return };
        let token = self.hand.token();
        let call = self.hand.begin(Op::Reserve(n));
        let mut future = Box::pin(sender.reserve_many(n));
        let driven = self.hand.drive(call, future.as_mut(), polls);
        drop(future);
        match driven {
            Driven::Ready(Ok(permits)) => {
                self.hand.end(call, Ret::Done);
                use_up(&self.hand, permits, token, n);
            }
            Driven::Ready(Err(_)) => self.hand.end(call, Ret::Closed),
            Driven::Pending => self.hand.end(call, Ret::Cancelled),
        }
    }

    fn permit_send(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let token = self.hand.token();
        let sender = self.hand.just(Op::PermitPut(token.id), || permit.send(token));
        self.give_back(sender);
    }

    fn permit_release(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let sender = self.hand.just(Op::PermitDrop, || permit.release());
        self.give_back(sender);
    }

    fn permit_drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let call = self.hand.begin(Op::PermitDrop);
        let gone = self.hand.begin_with(call, Op::DropSender);
        drop(permit);
        self.hand.end(call, Ret::Done);
        self.hand.end(gone, Ret::Done);
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
        let call = self.polled.take().unwrap_or_else(|| self.hand.begin(Op::Recv));
        let ret = match self.hand.drive(call, pin!(receiver.recv()), polls) {
            Driven::Ready(token) => received(token),
            Driven::Pending => Ret::Cancelled,
        };
        self.hand.end(call, ret);
    }

    fn poll_recv(&mut self) {
        let Some(receiver) = &mut self.receiver else { return };
        let call = self.polled.take().unwrap_or_else(|| self.hand.begin(Op::Recv));
        match self.hand.glance(|cx| receiver.poll_recv(cx)) {
            Poll::Ready(token) => self.hand.end(call, received(token)),
            Poll::Pending => self.polled = Some(call),
        }
    }

    fn recv_many(&mut self, limit: usize, polls: Option<usize>) {
        let Some(receiver) = &mut self.receiver else { return };
        let mut tokens = Vec::new();
        let call = match self.polled.take() {
            Some(call) => {
                self.hand.turn(call, Op::RecvMany(limit));
                call
            }
            None => self.hand.begin(Op::RecvMany(limit)),
        };
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
        let call = self.hand.begin(Op::UpgradeCounted);
        let upgraded = self.weak.upgrade();
        self.hand.end(call, Ret::Flag(upgraded.is_some()));
        self.senders.extend(upgraded);
    }

    fn clone_sender(&mut self) {
        let Some(sender) = self.senders.first() else { return };
        let clone = self.hand.just(Op::CloneSender, || sender.clone());
        self.senders.push(clone);
    }

    fn drop_sender(&mut self) {
        if let Some(sender) = self.senders.pop() {
            self.hand.just(Op::DropSender, || drop(sender));
        }
    }

    fn drop_receiver(&mut self) {
        let Some(receiver) = self.receiver.take() else { return };
        self.hand.just(Op::DropReceiver, || drop(receiver));
        if let Some(call) = self.polled.take() {
            self.hand.end(call, Ret::Cancelled);
        }
    }
}

/// Sends through the first of so many permits, and drops the others.
fn use_up(hand: &Hand<Queue>, mut permits: PermitIterator<'_, Token>, token: Token, n: usize) {
    assert_eq!(permits.len(), n);
    let first = permits.next().unwrap();
    hand.just(Op::PermitPut(token.id), || first.send(token));
    let rest: Vec<usize> = (1..n).map(|_| hand.begin(Op::PermitDrop)).collect();
    drop(permits);
    rest.into_iter().for_each(|call| hand.end(call, Ret::Done));
}
