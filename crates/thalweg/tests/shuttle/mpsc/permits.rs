//! The steps of an actor that take room first.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use thalweg::mpsc::error::SendError;
use thalweg::mpsc::future::ReserveOwned;
use thalweg::mpsc::{OwnedPermit, Permit, PermitIterator, Sender};

use super::actor::Actor;
use super::ends::Tx;
use crate::board::Driven;
use crate::hand::Hand;
use crate::history::Ret;
use crate::mpmc::model::{Op, Queue};
use crate::token::Token;

impl Actor {
    /// A sender of its own, for what takes one.
    pub(super) fn another(&mut self) -> Option<Sender<Token>> {
        self.senders.first().and_then(Tx::bounded)?;
        self.clone_sender();
        let Some(Tx::Bounded(sender)) = self.senders.pop() else { unreachable!() };
        Some(sender)
    }

    pub(super) fn give_back(&self, sender: Sender<Token>) {
        self.hand.just(Op::DropSender, || drop(sender));
    }

    pub(super) fn try_reserve(&mut self) {
        if self.permit.is_some() {
            return self.try_reserve_here();
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
    pub(super) fn reserve(&mut self, polls: Option<usize>) {
        if self.permit.is_some() {
            return self.reserve_here(polls);
        }
        let Some(sender) = self.another() else { return };
        let call = self.hand.begin(Op::Reserve(1));
        let mut future = Box::pin(sender.reserve_owned());
        let driven = self.hand.drive(call, future.as_mut(), polls);
        self.reserved(future, call, driven);
    }

    pub(super) fn hold_reserve(&mut self) {
        if self.held.is_some() {
            return self.poll_held();
        }
        let Some(sender) = self.another() else { return };
        let call = self.hand.begin(Op::Reserve(1));
        self.held = Some((Box::pin(sender.reserve_owned()), call));
        self.poll_held();
    }

    pub(super) fn poll_held(&mut self) {
        let Some((future, _)) = self.held.as_mut().filter(|_| self.permit.is_none()) else { return };
        if let Poll::Ready(result) = self.hand.glance(|cx| future.as_mut().poll(cx)) {
            let (future, call) = self.held.take().unwrap();
            self.reserved(future, call, Driven::Ready(result));
        }
    }

    pub(super) fn drop_held(&mut self) {
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

    pub(super) fn try_reserve_many(&mut self, n: usize) {
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

    pub(super) fn reserve_many(&mut self, n: usize, polls: Option<usize>) {
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

    pub(super) fn permit_send(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let token = self.hand.token();
        let sender = self.hand.just(Op::PermitPut(token.id), || permit.send(token));
        self.give_back(sender);
    }

    pub(super) fn permit_release(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let sender = self.hand.just(Op::PermitDrop, || permit.release());
        self.give_back(sender);
    }

    pub(super) fn permit_drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let call = self.hand.begin(Op::PermitDrop);
        let gone = self.hand.begin_with(call, Op::DropSender);
        drop(permit);
        self.hand.end(call, Ret::Done);
        self.hand.end(gone, Ret::Done);
    }

    /// By a permit that is borrowed, and used at once.
    fn reserve_here(&mut self, polls: Option<usize>) {
        let Some(sender) = self.senders.first().and_then(Tx::bounded) else { return };
        let token = self.hand.token();
        let call = self.hand.begin(Op::Reserve(1));
        let mut future = Box::pin(sender.reserve());
        let driven = self.hand.drive(call, future.as_mut(), polls);
        drop(future);
        match driven {
            Driven::Ready(Ok(permit)) => use_one(&self.hand, call, permit, token),
            Driven::Ready(Err(_)) => self.hand.end(call, Ret::Closed),
            Driven::Pending => self.hand.end(call, Ret::Cancelled),
        }
    }

    fn try_reserve_here(&mut self) {
        let Some(sender) = self.senders.first().and_then(Tx::bounded) else { return };
        let token = self.hand.token();
        let call = self.hand.begin(Op::TryReserve(1));
        match sender.try_reserve() {
            Ok(permit) => use_one(&self.hand, call, permit, token),
            Err(error) => self.hand.end(call, if error.is_full() { Ret::Full } else { Ret::Closed }),
        }
    }
}

/// Every third is given back.
fn use_one(hand: &Hand<Queue>, call: usize, permit: Permit<'_, Token>, token: Token) {
    hand.end(call, Ret::Done);
    if token.id % 3 == 0 {
        hand.just(Op::PermitDrop, || drop(permit));
    } else {
        hand.just(Op::PermitPut(token.id), || permit.send(token));
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
