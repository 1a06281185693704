//! What every task of a scenario has: it writes down what it calls, and makes messages.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use thalweg::mpmc::{RecvTimeoutError, SendTimeoutError, TrySendError};

use crate::board::{Board, Driven};
use crate::checker::Model;
use crate::history::{Id, Ret};
use crate::scenario::Until;
use crate::token::{Ledger, Token};

pub(crate) struct Hand<M: Model> {
    me: usize,
    /// Every poll brings another waker.
    swap: bool,
    board: Arc<Board<M>>,
    ledger: Arc<Ledger>,
    next: Id,
}

impl<M: Model> Hand<M> {
    pub(crate) fn new(me: usize, swap: bool, board: Arc<Board<M>>, ledger: Arc<Ledger>) -> Hand<M> {
        Hand { me, swap, board, ledger, next: me as Id * 20 }
    }

    /// Logs the start of a call. Until `end` it counts as cancelled.
    pub(crate) fn begin(&self, op: M::Op) -> usize {
        self.board.begin(self.me, op)
    }

    /// Logs a call that is part of another: it may happen as early as that one.
    pub(crate) fn begin_with(&self, call: usize, op: M::Op) -> usize {
        self.board.begin_with(call, op)
    }

    pub(crate) fn end(&self, call: usize, ret: Ret) {
        self.board.end(call, ret);
    }

    /// A call that was begun goes on as another one.
    pub(crate) fn turn(&self, call: usize, op: M::Op) {
        self.board.turn(call, op);
    }

    /// Logs a call that is over before anything else of this task happens.
    pub(crate) fn log<R>(&self, op: M::Op, call: impl FnOnce() -> R, answer: impl FnOnce(R) -> Ret) {
        let at = self.begin(op);
        let result = call();
        self.end(at, answer(result));
    }

    /// Logs a call that succeeds, and may make something.
    pub(crate) fn just<R>(&self, op: M::Op, call: impl FnOnce() -> R) -> R {
        let at = self.begin(op);
        let result = call();
        self.end(at, Ret::Done);
        result
    }

    /// Logs the wait for an end.
    pub(crate) fn wait(&self, op: M::Op, future: impl Future<Output = ()>, polls: Option<usize>) {
        let call = self.begin(op);
        let mut future = Box::pin(future);
        let driven = self.drive(call, future.as_mut(), polls);
        drop(future);
        self.end(call, done(driven));
    }

    /// Polls until ready, or `polls` times, or until nobody runs.
    pub(crate) fn drive<F: Future>(&self, call: usize, future: Pin<&mut F>, polls: Option<usize>) -> Driven<F::Output> {
        self.board.drive((self.me, call), future, polls, self.swap)
    }

    /// Makes a call that may block the thread.
    pub(crate) fn block<R>(&self, call: usize, work: impl FnOnce() -> R) -> R {
        self.board.block((self.me, call), work)
    }

    /// Polls a future once that is neglected afterwards: its wake-up finds nobody.
    pub(crate) fn glance<R>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        let waker = self.board.idle_waker(self.me);
        poll(&mut Context::from_waker(&waker))
    }

    pub(crate) fn token(&mut self) -> Token {
        self.next += 1;
        self.ledger.token(self.next)
    }

    pub(crate) fn tokens(&mut self, n: usize) -> (Vec<Id>, VecDeque<Token>) {
        let tokens: VecDeque<Token> = (0..n).map(|_| self.token()).collect();
        (tokens.iter().map(|token| token.id).collect(), tokens)
    }

    /// The task does nothing any more.
    pub(crate) fn ended(&self) {
        self.board.ended(self.me);
    }
}

/// What the wait for an end answers.
pub(crate) fn done(driven: Driven<()>) -> Ret {
    if let Driven::Ready(()) = driven { Ret::Done } else { Ret::Cancelled }
}

/// What went wrong with one message, which must have come back.
pub(crate) fn failed(error: TrySendError<Token>, id: Id) -> Ret {
    let ret = if error.is_full() { Ret::Full } else { Ret::Closed };
    assert_eq!(error.into_inner().id, id, "a failed send gave back another message");
    ret
}

/// What came of a send that blocked until then.
pub(crate) fn sent_until(until: Until, result: Result<(), SendTimeoutError<Token>>, id: Id) -> Ret {
    match result {
        Ok(()) => Ret::Done,
        Err(SendTimeoutError::Closed(token)) => failed(TrySendError::Closed(token), id),
        Err(SendTimeoutError::Timeout(token)) => {
            assert!(until == Until::AtOnce && token.id == id, "another message, or before the time was up");
            Ret::Cancelled
        }
    }
}

/// What came of a receive that blocked until then.
pub(crate) fn received_until(until: Until, result: Result<Token, RecvTimeoutError>) -> Ret {
    match result {
        Ok(token) => ids(&[token]),
        Err(RecvTimeoutError::Closed) => Ret::Closed,
        Err(RecvTimeoutError::Timeout) => {
            assert!(until == Until::AtOnce, "before the time was up");
            Ret::Cancelled
        }
    }
}

/// What a receive of these answers.
pub(crate) fn ids(tokens: &[Token]) -> Ret {
    Ret::Got(tokens.iter().map(|token| token.id).collect())
}
