//! The handles of both kinds of channel under one name.

use std::num::NonZeroU32;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use thalweg::mpsc::error::{RecvTimeoutError, TryRecvError, TrySendError};
use thalweg::mpsc::future::{Closed, Recv, RecvMany};
use thalweg::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, WeakSender, WeakUnboundedSender};

use crate::token::Token;

/// Does the same with a handle of either kind.
macro_rules! either {
    ($kind:ident, $end:expr, $handle:ident => $work:expr) => {
        match $end {
            $kind::Bounded($handle) => $work,
            $kind::Unbounded($handle) => $work,
        }
    };
}

#[derive(Clone)]
pub(super) enum Tx {
    Bounded(Sender<Token>),
    Unbounded(UnboundedSender<Token>),
}

pub(super) enum WeakTx {
    Bounded(WeakSender<Token>),
    Unbounded(WeakUnboundedSender<Token>),
}

pub(super) enum Rx {
    Bounded(Receiver<Token>),
    Unbounded(UnboundedReceiver<Token>),
}

impl Tx {
    /// The handle that can do what only that of a bounded channel can.
    pub(super) fn bounded(&self) -> Option<&Sender<Token>> {
        if let Tx::Bounded(sender) = self { Some(sender) } else { None }
    }

    pub(super) fn try_send(&self, token: Token) -> Result<(), TrySendError<Token>> {
        match self {
            Tx::Bounded(sender) => sender.try_send(token),
            Tx::Unbounded(sender) => sender.send(token).map_err(|error| TrySendError::Closed(error.0)),
        }
    }

    pub(super) fn closed(&self) -> Closed<'_, Token> {
        either!(Tx, self, sender => sender.closed())
    }

    pub(super) fn is_closed(&self) -> bool {
        either!(Tx, self, sender => sender.is_closed())
    }

    pub(super) fn strong_count(&self) -> usize {
        either!(Tx, self, sender => sender.strong_count())
    }

    pub(super) fn weak_count(&self) -> usize {
        either!(Tx, self, sender => sender.weak_count())
    }

    pub(super) fn same_channel(&self, other: &Tx) -> bool {
        match (self, other) {
            (Tx::Bounded(sender), Tx::Bounded(other)) => sender.same_channel(other),
            (Tx::Unbounded(sender), Tx::Unbounded(other)) => sender.same_channel(other),
            _ => false,
        }
    }

    /// `None` for any number.
    pub(super) fn max_capacity(&self) -> Option<usize> {
        self.bounded().map(Sender::max_capacity)
    }

    pub(super) fn downgrade(&self) -> WeakTx {
        match self {
            Tx::Bounded(sender) => WeakTx::Bounded(sender.downgrade()),
            Tx::Unbounded(sender) => WeakTx::Unbounded(sender.downgrade()),
        }
    }
}

impl WeakTx {
    pub(super) fn upgrade(&self) -> Option<Tx> {
        match self {
            WeakTx::Bounded(sender) => sender.upgrade().map(Tx::Bounded),
            WeakTx::Unbounded(sender) => sender.upgrade().map(Tx::Unbounded),
        }
    }
}

impl Rx {
    pub(super) fn try_recv(&mut self) -> Result<Token, TryRecvError> {
        either!(Rx, self, receiver => receiver.try_recv())
    }

    pub(super) fn recv(&mut self) -> Recv<'_, Token> {
        either!(Rx, self, receiver => receiver.recv())
    }

    pub(super) fn recv_many<'a>(&'a mut self, tokens: &'a mut Vec<Token>, limit: usize) -> RecvMany<'a, Token> {
        either!(Rx, self, receiver => receiver.recv_many(tokens, limit))
    }

    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Token>> {
        either!(Rx, self, receiver => receiver.poll_recv(cx))
    }

    pub(super) fn close(&mut self) {
        either!(Rx, self, receiver => receiver.close());
    }

    pub(super) fn is_closed(&self) -> bool {
        either!(Rx, self, receiver => receiver.is_closed())
    }

    pub(super) fn len(&self) -> usize {
        either!(Rx, self, receiver => receiver.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        either!(Rx, self, receiver => receiver.is_empty())
    }

    pub(super) fn sender_strong_count(&self) -> usize {
        either!(Rx, self, receiver => receiver.sender_strong_count())
    }

    pub(super) fn sender_weak_count(&self) -> usize {
        either!(Rx, self, receiver => receiver.sender_weak_count())
    }

    pub(super) fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        tokens: &mut Vec<Token>,
        limit: usize,
    ) -> Poll<usize> {
        either!(Rx, self, receiver => receiver.poll_recv_many(cx, tokens, limit))
    }

    pub(super) fn set_budget(&mut self, budget: Option<NonZeroU32>) {
        either!(Rx, self, receiver => receiver.set_budget(budget));
    }

    pub(super) fn blocking_recv(&mut self) -> Option<Token> {
        either!(Rx, self, receiver => receiver.blocking_recv())
    }

    pub(super) fn blocking_recv_many(&mut self, tokens: &mut Vec<Token>, limit: usize) -> usize {
        either!(Rx, self, receiver => receiver.blocking_recv_many(tokens, limit))
    }

    pub(super) fn blocking_recv_timeout(&mut self, timeout: Duration) -> Result<Token, RecvTimeoutError> {
        either!(Rx, self, receiver => receiver.blocking_recv_timeout(timeout))
    }

    pub(super) fn blocking_recv_deadline(&mut self, deadline: Instant) -> Result<Token, RecvTimeoutError> {
        either!(Rx, self, receiver => receiver.blocking_recv_deadline(deadline))
    }
}
