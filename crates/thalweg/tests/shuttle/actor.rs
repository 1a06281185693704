//! One task of a scenario: it performs its steps on a real channel and logs what they answered.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use thalweg::mpmc::{OwnedPermit, OwnedRecv, OwnedSend, Receiver, Sender, TryRecvError, TrySendError, WeakSender};

use crate::board::{Board, Driven, Ledger, Token};
use crate::history::{Id, Op, Ret, Stop};
use crate::scenario::Step;

/// A future that is neglected: started, and polled again only on a whim.
enum Held {
    Send(Pin<Box<OwnedSend<Token>>>, Id, usize),
    Recv(Pin<Box<OwnedRecv<Token>>>, usize),
}

pub(crate) struct Actor {
    pub(crate) me: usize,
    pub(crate) swap: bool,
    pub(crate) board: Arc<Board>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) senders: Vec<Sender<Token>>,
    pub(crate) receivers: Vec<Receiver<Token>>,
    pub(crate) weak: WeakSender<Token>,
    permit: Option<OwnedPermit<Token>>,
    held: Vec<Held>,
    next: Id,
}

fn ids(tokens: &[Token]) -> Ret {
    Ret::Got(tokens.iter().map(|token| token.id).collect())
}

/// What went wrong with one message, which must have come back.
fn failed(error: TrySendError<Token>, id: Id) -> Ret {
    let ret = if error.is_full() { Ret::Full } else { Ret::Closed };
    assert_eq!(error.into_inner().id, id, "a failed send gave back another message");
    ret
}

impl Actor {
    pub(crate) fn new(
        (me, swap): (usize, bool),
        (board, ledger): (Arc<Board>, Arc<Ledger>),
        senders: Vec<Sender<Token>>,
        receivers: Vec<Receiver<Token>>,
        weak: WeakSender<Token>,
    ) -> Actor {
        let next = me as Id * 20;
        Actor { me, swap, board, ledger, senders, receivers, weak, permit: None, held: Vec::new(), next }
    }

    pub(crate) fn run(mut self, steps: &[Step]) {
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
        self.board.ended(self.me);
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
            Step::Upgrade => self.upgrade(),
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
            Step::Drain => self.drain(),
            _ => {}
        }
    }

    /// Logs a call that is over before anything else of this task happens.
    pub(crate) fn log<R>(&self, op: Op, call: impl FnOnce() -> R, answer: impl FnOnce(R) -> Ret) {
        let at = self.board.begin(self.me, op);
        let result = call();
        self.board.end(at, answer(result));
    }

    fn sender(&self, op: Op, ask: impl FnOnce(&Sender<Token>) -> Ret) {
        if let Some(sender) = self.senders.first() {
            self.log(op, || ask(sender), |ret| ret);
        }
    }

    fn receiver(&self, op: Op, ask: impl FnOnce(&Receiver<Token>) -> Ret) {
        if let Some(receiver) = self.receivers.first() {
            self.log(op, || ask(receiver), |ret| ret);
        }
    }

    fn drive<F: Future>(&self, call: usize, future: Pin<&mut F>, polls: Option<usize>) -> Driven<F::Output> {
        self.board.drive((self.me, call), future, polls, self.swap)
    }

    fn token(&mut self) -> Token {
        self.next += 1;
        self.ledger.token(self.next)
    }

    fn tokens(&mut self, n: usize) -> (Vec<Id>, VecDeque<Token>) {
        let tokens: VecDeque<Token> = (0..n).map(|_| self.token()).collect();
        (tokens.iter().map(|token| token.id).collect(), tokens)
    }

    // --- sending

    fn try_send(&mut self) {
        let token = self.token();
        let id = token.id;
        let answer = |result| {
            if let Err(error) = result { failed(error, id) } else { Ret::Done }
        };
        self.log(Op::TrySend(id), || self.senders[0].try_send(token), answer);
    }

    fn send(&mut self, polls: Option<usize>) {
        let token = self.token();
        let id = token.id;
        let call = self.board.begin(self.me, Op::Send(id));
        let mut future = pin!(self.senders[0].send(token));
        let ret = match self.drive(call, future.as_mut(), polls) {
            Driven::Ready(Ok(())) => Ret::Done,
            Driven::Ready(Err(error)) => failed(TrySendError::Closed(error.0), id),
            Driven::Pending => {
                let back = future.as_mut().cancel();
                assert_eq!(back.map(|token| token.id), Some(id), "a pending send did not give its message back");
                Ret::Cancelled
            }
        };
        self.board.end(call, ret);
    }

    fn hold_send(&mut self) {
        let token = self.token();
        let id = token.id;
        // The future holds a handle of its own.
        let handle = self.board.begin(self.me, Op::CloneSender);
        let call = self.board.begin_with(handle, Op::Send(id));
        let future = Box::pin(self.senders[0].send_owned(token));
        self.board.end(handle, Ret::Done);
        self.held.push(Held::Send(future, id, call));
        self.poll_held();
    }

    fn force_send(&mut self) {
        let token = self.token();
        let id = token.id;
        let answer = |result: Result<Option<Token>, _>| match result {
            Ok(displaced) => Ret::Displaced(displaced.map(|token| token.id)),
            Err(thalweg::mpmc::SendError(token)) => failed(TrySendError::Closed(token), id),
        };
        self.log(Op::ForceSend(id), || self.senders[0].force_send(token), answer);
    }

    fn try_send_many(&mut self, n: usize) {
        let (ids, mut tokens) = self.tokens(n);
        let call = self.board.begin(self.me, Op::TrySendMany(ids));
        let result = self.senders[0].try_send_many(&mut tokens);
        let sent = n - tokens.len();
        let ret = match result {
            Ok(()) => Ret::Done,
            Err(TrySendError::Full(())) => Ret::Sent { sent, why: Stop::Full },
            Err(TrySendError::Closed(())) => Ret::Sent { sent, why: Stop::Closed },
        };
        self.board.end(call, ret);
    }

    fn send_many(&mut self, n: usize, polls: Option<usize>) {
        let (ids, mut tokens) = self.tokens(n);
        let call = self.board.begin(self.me, Op::SendMany(ids));
        let driven = self.drive(call, pin!(self.senders[0].send_many(&mut tokens)), polls);
        let sent = n - tokens.len();
        let ret = match driven {
            Driven::Ready(Ok(())) => Ret::Done,
            Driven::Ready(Err(_)) => Ret::Sent { sent, why: Stop::Closed },
            Driven::Pending => Ret::Sent { sent, why: Stop::Cancelled },
        };
        self.board.end(call, ret);
    }

    // --- permits

    fn try_reserve(&mut self) {
        if self.permit.is_some() {
            return;
        }
        self.clone_sender();
        let sender = self.senders.pop().unwrap();
        let call = self.board.begin(self.me, Op::TryReserve(1));
        match sender.try_reserve_owned() {
            Ok(permit) => {
                self.board.end(call, Ret::Done);
                self.permit = Some(permit);
            }
            Err(error) => {
                self.board.end(call, if error.is_full() { Ret::Full } else { Ret::Closed });
                self.log(Op::DropSender, || drop(error), |()| Ret::Done);
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
        let call = self.board.begin(self.me, Op::Reserve(1));
        let mut future = Box::pin(sender.reserve_owned());
        let (ret, permit) = match self.drive(call, future.as_mut(), polls) {
            Driven::Ready(Ok(permit)) => (Ret::Done, Some(permit)),
            Driven::Ready(Err(_)) => (Ret::Closed, None),
            Driven::Pending => (Ret::Cancelled, None),
        };
        // The handle inside goes with the future, unless the permit has it.
        let gone = permit.is_none().then(|| self.board.begin_with(call, Op::DropSender));
        drop(future);
        self.board.end(call, ret);
        if let Some(gone) = gone {
            self.board.end(gone, Ret::Done);
        }
        self.permit = permit;
    }

    fn reserve_many(&mut self, n: usize, polls: Option<usize>) {
        let token = self.token();
        let id = token.id;
        let call = self.board.begin(self.me, Op::Reserve(n));
        let mut future = pin!(self.senders[0].reserve_many(n));
        let mut permits = match self.drive(call, future.as_mut(), polls) {
            Driven::Ready(Ok(permits)) => permits,
            Driven::Ready(Err(_)) => return self.board.end(call, Ret::Closed),
            // The future lives on to the end of this function; the log must not end before it.
            Driven::Pending => {
                future.set(self.senders[0].reserve_many(0));
                return self.board.end(call, Ret::Cancelled);
            }
        };
        self.board.end(call, Ret::Done);
        assert_eq!(permits.len(), n);
        let first = permits.next().unwrap();
        self.log(
            Op::PermitSend(id),
            || first.send(token),
            |result| match result {
                Ok(()) => Ret::Done,
                Err(error) => failed(TrySendError::Closed(error.0), id),
            },
        );
        let rest: Vec<usize> = (1..n).map(|_| self.board.begin(self.me, Op::PermitDrop)).collect();
        drop(permits);
        rest.into_iter().for_each(|call| self.board.end(call, Ret::Done));
    }

    fn permit_send(&mut self) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let token = self.token();
        let id = token.id;
        let sent = self.board.begin(self.me, Op::PermitSend(id));
        match permit.send(token) {
            Ok(sender) => {
                self.board.end(sent, Ret::Done);
                self.log(Op::DropSender, || drop(sender), |()| Ret::Done);
            }
            Err(error) => {
                // The handle inside the permit went at the end of the failing send.
                let gone = self.board.begin_with(sent, Op::DropSender);
                self.board.end(sent, failed(TrySendError::Closed(error.0), id));
                self.board.end(gone, Ret::Done);
            }
        }
    }

    fn permit_drop(&mut self) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let call = self.board.begin(self.me, Op::PermitDrop);
        let sender = permit.release();
        self.board.end(call, Ret::Done);
        self.log(Op::DropSender, || drop(sender), |()| Ret::Done);
    }

    // --- receiving

    fn try_recv(&mut self) {
        self.log(
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
        let call = self.board.begin(self.me, Op::Recv);
        let ret = {
            let mut future = pin!(self.receivers[0].recv());
            match self.drive(call, future.as_mut(), polls) {
                Driven::Ready(Ok(token)) => ids(&[token]),
                Driven::Ready(Err(_)) => Ret::Closed,
                Driven::Pending => Ret::Cancelled,
            }
        };
        self.board.end(call, ret);
    }

    fn hold_recv(&mut self) {
        let handle = self.board.begin(self.me, Op::CloneReceiver);
        let call = self.board.begin_with(handle, Op::Recv);
        let future = Box::pin(self.receivers[0].recv_owned());
        self.board.end(handle, Ret::Done);
        self.held.push(Held::Recv(future, call));
        self.poll_held();
    }

    fn try_recv_many(&mut self, limit: usize) {
        let mut tokens = Vec::new();
        let call = self.board.begin(self.me, Op::TryRecvMany(limit));
        let ret = match self.receivers[0].try_recv_many(&mut tokens, limit) {
            Ok(n) => {
                assert_eq!(n, tokens.len());
                ids(&tokens)
            }
            Err(TryRecvError::Empty) => Ret::Empty,
            Err(TryRecvError::Closed) => Ret::Closed,
        };
        self.board.end(call, ret);
    }

    fn recv_many(&mut self, limit: usize, polls: Option<usize>) {
        let mut tokens = Vec::new();
        let call = self.board.begin(self.me, Op::RecvMany(limit));
        let driven = self.drive(call, pin!(self.receivers[0].recv_many(&mut tokens, limit)), polls);
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
        self.board.end(call, ret);
    }

    fn drain(&mut self) {
        let call = self.board.begin(self.me, Op::Drain);
        let drain = self.receivers[0].drain();
        let tokens: Vec<Token> = drain.collect();
        self.board.end(call, ids(&tokens));
    }

    // --- neglected futures

    /// Polls the oldest of them once.
    fn poll_held(&mut self) {
        let waker = self.board.idle_waker(self.me);
        let context = &mut Context::from_waker(&waker);
        let Some(held) = self.held.last_mut() else {
            return;
        };
        let (call, ret) = match held {
            Held::Send(future, id, call) => match future.as_mut().poll(context) {
                Poll::Ready(Ok(())) => (*call, Ret::Done),
                Poll::Ready(Err(error)) => (*call, failed(TrySendError::Closed(error.0), *id)),
                Poll::Pending => return,
            },
            Held::Recv(future, call) => match future.as_mut().poll(context) {
                Poll::Ready(Ok(token)) => (*call, ids(&[token])),
                Poll::Ready(Err(_)) => (*call, Ret::Closed),
                Poll::Pending => return,
            },
        };
        self.board.end(call, ret);
        let held = self.held.pop().unwrap();
        self.forget_handle(held);
    }

    /// Drops a future that is over, and with it its handle.
    fn forget_handle(&self, held: Held) {
        let op = if matches!(held, Held::Send(..)) { Op::DropSender } else { Op::DropReceiver };
        self.log(op, || drop(held), |()| Ret::Done);
    }

    fn drop_held(&mut self) {
        let Some(held) = self.held.pop() else { return };
        let (Held::Send(_, _, call) | Held::Recv(_, call)) = held;
        self.forget_handle(held);
        self.board.end(call, Ret::Cancelled);
    }

    // --- handles

    fn closed(&mut self, polls: Option<usize>) {
        let call = self.board.begin(self.me, Op::Closed);
        let driven = match (self.senders.first(), self.receivers.first()) {
            (Some(sender), _) => self.drive(call, pin!(sender.closed()), polls),
            (_, Some(receiver)) => self.drive(call, pin!(receiver.closed()), polls),
            _ => Driven::Pending,
        };
        let ret = if let Driven::Ready(()) = driven { Ret::Done } else { Ret::Cancelled };
        self.board.end(call, ret);
    }
}
