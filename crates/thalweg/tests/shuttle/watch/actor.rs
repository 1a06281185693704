//! One task of a scenario: it performs its steps on a real channel and logs what they answered.

use std::future::poll_fn;
use std::mem::replace;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use futures_core::stream::{FusedStream, Stream};
use shuttle::thread::yield_now;
use thalweg::watch::error::RecvTimeoutError;
use thalweg::watch::{Receiver, Ref, Sender};

use super::model::{Op, Value};
use super::scenario::{Handles, Step};
use crate::board::Driven;
use crate::hand::{Hand, ids};
use crate::history::{Id, Name, Ret, Stop};
use crate::scenario::{LONG, Until};
use crate::token::Token;

pub(super) struct Actor {
    hand: Hand<Value>,
    senders: Vec<Sender<Token>>,
    /// The last one is used.
    receivers: Vec<(Name, Receiver<Token>)>,
    /// The name of the next receiver.
    name: Name,
}

/// A look takes its time: others may run meanwhile.
fn look(value: Ref<'_, Token>) -> Ret {
    yield_now();
    Ret::Seen(value.id, value.has_changed())
}

/// So does a change. The old value is dropped after it.
fn change(value: &mut Token, token: &mut Token) {
    std::mem::swap(value, token);
    yield_now();
}

impl Actor {
    pub(super) fn new(hand: Hand<Value>, Handles { sender, receiver, name }: Handles) -> Actor {
        let receivers: Vec<_> = receiver.into_iter().map(|receiver| (name, receiver)).collect();
        let name = name + receivers.len() as Name;
        Actor { hand, senders: sender.into_iter().collect(), receivers, name }
    }

    pub(super) fn run(mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
        while !self.senders.is_empty() {
            self.step(&Step::DropSender);
        }
        while !self.receivers.is_empty() {
            self.step(&Step::BorrowUpdate);
            self.step(&Step::Leave);
        }
        self.hand.ended();
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Send | Step::Replace | Step::Modify | Step::ModifyIf(_) => self.change(step),
            Step::Closed(polls) => self.closed(polls),
            Step::CloneSender | Step::Subscribe | Step::CloneReceiver => self.more(step),
            Step::DropSender => {
                if let Some(sender) = self.senders.pop() {
                    self.hand.just(Op::DropSender, || drop(sender));
                }
            }
            Step::Leave => {
                if let Some((name, receiver)) = self.receivers.pop() {
                    self.hand.just(Op::Leave(name), || drop(receiver));
                }
            }
            Step::Look | Step::IsClosed | Step::Receivers | Step::Senders => self.ask(step),
            Step::WaitFor(rest, polls) => self.wait_for(rest, polls),
            Step::ChangedBlocking(until) => self.changed_blocking(until),
            Step::Stream(polls) => self.stream(polls),
            Step::Same => self.same(),
            _ => self.receive(step),
        }
    }

    // --- sending

    fn change(&mut self, step: &Step) {
        let Some(sender) = self.senders.first() else { return };
        let mut token = self.hand.token();
        let id = token.id;
        match *step {
            Step::Send => {
                let answer = |result: Result<(), thalweg::watch::error::SendError<Token>>| match result {
                    Ok(()) => Ret::Done,
                    Err(error) => {
                        assert_eq!(error.0.id, id, "a failed send gave back another value");
                        Ret::Closed
                    }
                };
                self.hand.log(Op::Send(id), || sender.send(token), answer);
            }
            Step::Replace => self.hand.log(Op::Change(id), || sender.send_replace(token), |_| Ret::Flag(true)),
            Step::Modify => {
                let modify = || sender.send_modify(|value| change(value, &mut token));
                self.hand.log(Op::Change(id), modify, |()| Ret::Flag(true));
            }
            _ => {
                let made_known = matches!(step, Step::ModifyIf(true));
                let modify = |value: &mut Token| {
                    change(value, &mut token);
                    made_known
                };
                self.hand.log(Op::Change(id), || sender.send_if_modified(modify), Ret::Flag);
            }
        }
    }

    fn closed(&self, polls: Option<usize>) {
        let Some(sender) = self.senders.first() else { return };
        self.hand.wait(Op::Closed, sender.closed(), polls);
    }

    fn ask(&self, step: &Step) {
        let (hand, Some(sender)) = (&self.hand, self.senders.first()) else { return };
        match step {
            Step::Look => hand.log(Op::Look, || look(sender.borrow()), |ret| ret),
            Step::IsClosed => hand.log(Op::IsClosed, || sender.is_closed(), Ret::Flag),
            Step::Receivers => hand.log(Op::Receivers, || sender.receiver_count(), Ret::Number),
            _ => hand.log(Op::Senders, || sender.sender_count(), Ret::Number),
        }
    }

    // --- receiving

    fn receive(&mut self, step: &Step) {
        let hand = &self.hand;
        let Some((name, receiver)) = self.receivers.last_mut() else { return };
        let name = *name;
        match *step {
            Step::Borrow => hand.log(Op::Borrow(name), || look(receiver.borrow()), |ret| ret),
            Step::BorrowUpdate => {
                hand.log(Op::BorrowUpdate(name), || look(receiver.borrow_and_update()), |ret| ret);
            }
            Step::HasChanged => {
                let answer = |changed: Result<bool, _>| changed.map_or(Ret::Closed, Ret::Flag);
                hand.log(Op::HasChanged(name), || receiver.has_changed(), answer);
            }
            Step::MarkChanged => hand.just(Op::MarkChanged(name), || receiver.mark_changed()),
            Step::MarkUnchanged => hand.just(Op::MarkUnchanged(name), || receiver.mark_unchanged()),
            Step::IsOver => hand.log(Op::IsOver, || receiver.is_closed(), Ret::Flag),
            Step::Changed(polls) => {
                let call = hand.begin(Op::Changed(name));
                let ret = match hand.drive(call, pin!(receiver.changed()), polls) {
                    Driven::Ready(Ok(())) => Ret::Done,
                    Driven::Ready(Err(_)) => Ret::Closed,
                    Driven::Pending => Ret::Cancelled,
                };
                hand.end(call, ret);
            }
            _ => {}
        }
    }

    fn wait_for(&mut self, rest: Id, polls: Option<usize>) {
        let Some((name, receiver)) = self.receivers.last_mut() else { return };
        let pleases = |id: Id| id % 3 == rest;
        let mut at = Vec::new();
        let call = self.hand.begin(Op::WaitFor(*name));
        let condition = |value: &Token| {
            at.push(value.id);
            yield_now();
            pleases(value.id)
        };
        let driven = self.hand.drive(call, pin!(receiver.wait_for(condition)), polls);
        let (why, value) = match driven {
            Driven::Ready(Ok(value)) => (None, Some(value.id)),
            Driven::Ready(Err(_)) => (Some(Stop::Closed), None),
            Driven::Pending => (Some(Stop::Cancelled), None),
        };
        let pleased = value.is_some();
        assert!(value.is_none_or(|id| at.last() == Some(&id)), "it returned a value that it was not asked about");
        assert!(at.iter().rev().skip(usize::from(pleased)).all(|id| !pleases(*id)), "a value that pleased was passed");
        assert_eq!(pleased, at.last().is_some_and(|id| pleases(*id)));
        self.hand.end(call, Ret::Looked { at, why });
    }

    /// Who may wait long keeps nobody waiting: it has no sender.
    fn changed_blocking(&mut self, until: Until) {
        let until = if self.senders.is_empty() { until } else { Until::AtOnce };
        let Some((name, receiver)) = self.receivers.last_mut() else { return };
        let call = self.hand.begin(Op::Changed(*name));
        let result = self.hand.block(call, || match until {
            Until::Done => receiver.blocking_changed().map_err(RecvTimeoutError::from),
            Until::Late => receiver.blocking_changed_deadline(Instant::now() + LONG),
            Until::AtOnce => receiver.blocking_changed_timeout(Duration::ZERO),
        });
        let ret = match result {
            Ok(()) => Ret::Done,
            Err(RecvTimeoutError::Closed) => Ret::Closed,
            Err(RecvTimeoutError::Timeout) => {
                assert!(until == Until::AtOnce, "before the time was up");
                Ret::Cancelled
            }
        };
        self.hand.end(call, ret);
    }

    /// A receiver ends as a stream, of which up to two values are taken.
    fn stream(&mut self, polls: Option<usize>) {
        let Some((name, receiver)) = self.receivers.pop() else { return };
        let mut values = receiver.into_stream();
        for _ in 0..2 {
            let call = self.hand.begin(Op::Next(name));
            let driven = self.hand.drive(call, pin!(poll_fn(|cx| Pin::new(&mut values).poll_next(cx))), polls);
            let ret = match driven {
                Driven::Ready(Some(token)) => ids(&[token]),
                Driven::Ready(None) => Ret::Closed,
                Driven::Pending => Ret::Cancelled,
            };
            assert_eq!(values.is_terminated(), ret == Ret::Closed);
            self.hand.end(call, ret);
            if values.is_terminated() {
                break;
            }
        }
        self.hand.just(Op::Leave(name), || drop(values));
    }

    // --- handles

    /// What is the same in whatever order.
    fn same(&self) {
        if let (Some(sender), Some(last)) = (self.senders.first(), self.senders.last()) {
            assert!(self.hand.just(Op::Aside, || sender.same_channel(last)));
        }
        if let (Some((_, receiver)), Some((_, last))) = (self.receivers.first(), self.receivers.last()) {
            assert!(self.hand.just(Op::Aside, || receiver.same_channel(last)));
        }
    }

    /// One handle more, out of what there is.
    fn more(&mut self, step: &Step) {
        let clone = self.name;
        match (step, self.senders.first(), self.receivers.last()) {
            (Step::CloneSender, Some(sender), _) => {
                let sender = self.hand.just(Op::CloneSender, || sender.clone());
                self.senders.push(sender);
            }
            (Step::Subscribe, Some(sender), _) => {
                let receiver = self.hand.just(Op::Subscribe(clone), || sender.subscribe());
                self.receivers.push((replace(&mut self.name, clone + 1), receiver));
            }
            (Step::CloneReceiver, _, Some((name, receiver))) => {
                let receiver = self.hand.just(Op::CloneReceiver(*name, clone), || receiver.clone());
                self.receivers.push((replace(&mut self.name, clone + 1), receiver));
            }
            _ => {}
        }
    }
}
