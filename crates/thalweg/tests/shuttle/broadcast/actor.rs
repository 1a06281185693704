//! One task of a scenario: it performs its steps on a real channel and logs what they answered.

use std::num::NonZeroU32;
use std::pin::pin;

use thalweg::broadcast::error::{RecvError, TryRecvError, TrySendError};
use thalweg::broadcast::{InactiveReceiver, Receiver};

use super::ends::{Tx, WeakTx};
use super::model::{Log, Op};
use super::scenario::{Handles, Step};
use crate::board::Driven;
use crate::hand::{Hand, failed, ids};
use crate::history::{Id, Name, Ret};
use crate::token::Token;

pub(super) struct Actor {
    pub(super) hand: Hand<Log>,
    pub(super) senders: Vec<Tx>,
    /// The last one is used.
    weak: Vec<WeakTx>,
    /// The last one is used.
    pub(super) receivers: Vec<(Name, Receiver<Token>)>,
    inactive: Vec<InactiveReceiver<Token>>,
    /// The name of the next receiver.
    name: Name,
}

/// What came of one message.
pub(super) fn sent(result: Result<usize, TrySendError<Token>>, id: Id) -> Ret {
    result.map_or_else(|error| failed(error, id), Ret::Number)
}

pub(super) fn received(result: Result<Token, TryRecvError>) -> Ret {
    match result {
        Ok(token) => ids(&[token]),
        Err(TryRecvError::Empty) => Ret::Empty,
        Err(TryRecvError::Closed) => Ret::Closed,
        Err(TryRecvError::Lagged(missed)) => Ret::Lagged(missed),
    }
}

impl Actor {
    pub(super) fn new(hand: Hand<Log>, Handles { sender, receiver, weak, name }: Handles) -> Actor {
        let weak = weak.into_iter().collect();
        let receivers: Vec<_> = receiver.into_iter().map(|receiver| (name, receiver)).collect();
        let name = name + receivers.len() as Name;
        Actor { hand, senders: sender.into_iter().collect(), weak, receivers, inactive: Vec::new(), name }
    }

    pub(super) fn run(mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
        while !self.senders.is_empty() {
            self.step(&Step::DropSender);
        }
        while !self.receivers.is_empty() {
            self.try_recv();
            self.try_recv();
            self.step(&Step::Leave);
        }
        while !self.inactive.is_empty() {
            self.step(&Step::DropInactive);
        }
        while !self.weak.is_empty() {
            self.step(&Step::DropWeak);
        }
        self.hand.ended();
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Send(polls) => self.send(polls),
            Step::TrySend => self.try_send(),
            Step::Recv(polls) => self.recv(polls),
            Step::TryRecv => self.try_recv(),
            Step::Leave => {
                if let Some((name, receiver)) = self.receivers.pop() {
                    self.hand.just(Op::Leave(name), || drop(receiver));
                }
            }
            Step::Deactivate => {
                if let Some((name, receiver)) = self.receivers.pop() {
                    self.hand.just(Op::Deactivate(name), || self.inactive.push(receiver.deactivate()));
                }
            }
            Step::DropInactive => {
                if let Some(inactive) = self.inactive.pop() {
                    self.hand.just(Op::DropInactive, || drop(inactive));
                }
            }
            Step::CloneInactive => {
                if let Some(inactive) = self.inactive.last() {
                    let clone = self.hand.just(Op::CloneInactive, || inactive.clone());
                    self.inactive.push(clone);
                }
            }
            Step::PollRecv(as_stream, polls) => self.poll_recv(as_stream, polls),
            Step::RecvBlocking(until) => self.recv_blocking(until),
            Step::SendBlocking(until) => self.send_blocking(until),
            Step::Subscribe | Step::Resubscribe | Step::Activate | Step::ActivateCloned => self.subscribe(step),
            Step::CloneSender | Step::Upgrade | Step::DropSender => self.change_senders(step),
            Step::Downgrade | Step::DropWeak => self.change_weak(step),
            Step::Same => self.same(),
            Step::Budget(budget) => self.set_budget(budget),
            Step::Closed(polls) => self.closed(polls),
            _ => self.ask(step),
        }
    }

    // --- sending

    fn try_send(&mut self) {
        let Some(Tx::Lossless(sender)) = self.senders.first() else { return };
        let token = self.hand.token();
        let id = token.id;
        self.hand.log(Op::TrySend(id), || sender.try_send(token), |result| sent(result, id));
    }

    fn send(&mut self, polls: Option<usize>) {
        let Some(sender) = self.senders.first() else { return };
        let token = self.hand.token();
        let id = token.id;
        let call = self.hand.begin(Op::Send(id));
        let ret = match sender {
            Tx::Lossy(sender) => sent(sender.send(token).map_err(TrySendError::from), id),
            Tx::Lossless(sender) => {
                let mut future = pin!(sender.send(token));
                match self.hand.drive(call, future.as_mut(), polls) {
                    Driven::Ready(result) => sent(result.map_err(TrySendError::from), id),
                    Driven::Pending => {
                        let back = future.as_mut().cancel();
                        assert_eq!(back.map(|token| token.id), Some(id), "a pending send kept its message");
                        Ret::Cancelled
                    }
                }
            }
        };
        self.hand.end(call, ret);
    }

    // --- receiving

    fn try_recv(&mut self) {
        let Some((name, receiver)) = self.receivers.last_mut() else { return };
        self.hand.log(Op::TryRecv(*name), || receiver.try_recv(), received);
    }

    fn recv(&mut self, polls: Option<usize>) {
        let Some((name, receiver)) = self.receivers.last_mut() else { return };
        let call = self.hand.begin(Op::Recv(*name));
        let ret = match self.hand.drive(call, pin!(receiver.recv()), polls) {
            Driven::Ready(result) => received(result.map_err(|error: RecvError| error.into())),
            Driven::Pending => Ret::Cancelled,
        };
        self.hand.end(call, ret);
    }

    // --- handles

    /// One receiver more, out of what there is.
    fn subscribe(&mut self, step: &Step) {
        let name = self.name;
        let receiver = match (step, self.senders.first(), self.receivers.last()) {
            (Step::Subscribe, Some(sender), _) => self.hand.just(Op::Subscribe(name), || sender.subscribe()),
            (Step::Resubscribe, _, Some((_, receiver))) => {
                self.hand.just(Op::Subscribe(name), || receiver.resubscribe())
            }
            (Step::Activate, ..) => {
                let Some(inactive) = self.inactive.pop() else { return };
                self.hand.just(Op::Activate(name), || inactive.activate())
            }
            (Step::ActivateCloned, ..) => {
                let Some(inactive) = self.inactive.last() else { return };
                self.hand.just(Op::Subscribe(name), || inactive.activate_cloned())
            }
            _ => return,
        };
        self.name += 1;
        self.receivers.push((name, receiver));
    }

    fn change_senders(&mut self, step: &Step) {
        match (step, self.senders.first(), self.weak.last()) {
            (Step::CloneSender, Some(sender), _) => {
                let clone = self.hand.just(Op::CloneSender, || sender.clone());
                self.senders.push(clone);
            }
            (Step::Upgrade, _, Some(weak)) => {
                let call = self.hand.begin(Op::UpgradeSender);
                let upgraded = weak.upgrade();
                self.hand.end(call, Ret::Flag(upgraded.is_some()));
                self.senders.extend(upgraded);
            }
            (Step::DropSender, Some(_), _) => {
                let sender = self.senders.pop();
                self.hand.just(Op::DropSender, || drop(sender));
            }
            _ => {}
        }
    }

    fn change_weak(&mut self, step: &Step) {
        match (step, self.senders.first()) {
            (Step::Downgrade, Some(sender)) => {
                let weak = self.hand.just(Op::Downgrade, || sender.downgrade());
                self.weak.push(weak);
            }
            (Step::DropWeak, _) => {
                let Some(weak) = self.weak.pop() else { return };
                self.hand.just(Op::DropWeak, || drop(weak));
            }
            _ => {}
        }
    }

    /// What is the same in whatever order.
    fn same(&self) {
        let hand = &self.hand;
        if let (Some(sender), Some(last)) = (self.senders.first(), self.senders.last()) {
            assert!(hand.just(Op::Aside, || sender.same_channel(last)));
        }
        if let (Some((_, receiver)), Some((_, last))) = (self.receivers.first(), self.receivers.last()) {
            assert!(hand.just(Op::Aside, || receiver.same_channel(last)));
            let of_sender = self.senders.first().map(Tx::capacity);
            let capacity = hand.just(Op::Aside, || receiver.capacity());
            assert_eq!(of_sender.unwrap_or(capacity), capacity);
        }
    }

    /// After so many ready operations in a row one poll yields, or never.
    fn set_budget(&mut self, budget: u32) {
        let budget = NonZeroU32::new(budget);
        if let Some(sender) = self.senders.first() {
            self.hand.just(Op::Aside, || sender.set_budget(budget));
        }
        if let Some((_, receiver)) = self.receivers.last_mut() {
            self.hand.just(Op::Aside, || receiver.set_budget(budget));
        }
    }

    fn closed(&self, polls: Option<usize>) {
        let Some(sender) = self.senders.first() else { return };
        self.hand.wait(Op::Closed, sender.closed(), polls);
    }

    /// Asks whichever end can tell.
    fn ask(&self, step: &Step) {
        let hand = &self.hand;
        match (step, self.senders.first(), self.receivers.last()) {
            (Step::Unread, _, Some((name, receiver))) => {
                hand.log(Op::Unread(*name), || receiver.len(), Ret::Number);
            }
            (Step::Missed, _, Some((name, receiver))) => {
                hand.log(Op::Missed(*name), || receiver.missed(), |missed| Ret::Number(missed as usize));
            }
            (Step::IsRead, _, Some((name, receiver))) => {
                hand.log(Op::IsRead(*name), || receiver.is_empty(), Ret::Flag);
            }
            (Step::IsOver, _, Some((_, receiver))) => hand.log(Op::IsOver, || receiver.is_closed(), Ret::Flag),
            (Step::IsOver, _, None) => {
                if let Some(inactive) = self.inactive.last() {
                    hand.log(Op::IsOver, || inactive.is_closed(), Ret::Flag);
                }
            }
            (Step::WeakSenders, Some(sender), _) => hand.log(Op::Weak, || sender.weak_count(), Ret::Number),
            (Step::WeakSenders, None, Some((_, receiver))) => {
                hand.log(Op::Weak, || receiver.sender_weak_count(), Ret::Number);
            }
            (Step::Len, Some(sender), _) => hand.log(Op::Len, || sender.len(), Ret::Number),
            (Step::IsEmpty, Some(sender), _) => hand.log(Op::IsEmpty, || sender.is_empty(), Ret::Flag),
            (Step::Receivers, Some(sender), _) => hand.log(Op::Receivers, || sender.receiver_count(), Ret::Number),
            (Step::Senders, Some(sender), _) => hand.log(Op::Senders, || sender.strong_count(), Ret::Number),
            (Step::Senders, None, Some((_, receiver))) => {
                hand.log(Op::Senders, || receiver.sender_strong_count(), Ret::Number);
            }
            _ => {}
        }
    }
}
