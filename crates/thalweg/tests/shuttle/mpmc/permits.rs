//! The steps of an actor that take room first.

use std::pin::pin;

use thalweg::mpmc::{Permit, PermitIterator, SendError, TrySendError};

use super::actor::Actor;
use super::model::Op;
use crate::board::Driven;
use crate::hand::failed;
use crate::history::Ret;
use crate::token::Token;

impl Actor {
    pub(super) fn try_reserve(&mut self) {
        if self.permit.is_some() {
            return self.try_reserve_here();
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
    pub(super) fn reserve(&mut self, polls: Option<usize>) {
        if self.permit.is_some() {
            return self.reserve_here(polls);
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

    pub(super) fn reserve_many(&mut self, n: usize, polls: Option<usize>) {
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

    pub(super) fn try_reserve_many(&mut self, n: usize) {
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

    pub(super) fn permit_send(&mut self) {
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

    pub(super) fn permit_drop(&mut self) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let sender = self.hand.just(Op::PermitDrop, || permit.release());
        self.hand.just(Op::DropSender, || drop(sender));
    }

    /// By a permit that is borrowed, and used at once.
    fn reserve_here(&mut self, polls: Option<usize>) {
        let token = self.hand.token();
        let call = self.hand.begin(Op::Reserve(1));
        let mut future = Box::pin(self.senders[0].reserve());
        let driven = self.hand.drive(call, future.as_mut(), polls);
        drop(future);
        match driven {
            Driven::Ready(Ok(permit)) => self.use_permit(call, permit, token),
            Driven::Ready(Err(_)) => self.hand.end(call, Ret::Closed),
            Driven::Pending => self.hand.end(call, Ret::Cancelled),
        }
    }

    fn try_reserve_here(&mut self) {
        let token = self.hand.token();
        let call = self.hand.begin(Op::TryReserve(1));
        match self.senders[0].try_reserve() {
            Ok(permit) => self.use_permit(call, permit, token),
            Err(error) => self.hand.end(call, if error.is_full() { Ret::Full } else { Ret::Closed }),
        }
    }

    /// Every third is given back.
    fn use_permit(&self, call: usize, permit: Permit<'_, Token>, token: Token) {
        self.hand.end(call, Ret::Done);
        let id = token.id;
        if id % 3 == 0 {
            return self.hand.just(Op::PermitDrop, || drop(permit));
        }
        let answer = |result: Result<(), SendError<Token>>| match result {
            Ok(()) => Ret::Done,
            Err(error) => failed(TrySendError::Closed(error.0), id),
        };
        self.hand.log(Op::PermitSend(id), || permit.send(token), answer);
    }
}
