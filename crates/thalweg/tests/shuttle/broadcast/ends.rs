//! The senders of both kinds of channel under one name.

use std::num::NonZeroU32;

use thalweg::broadcast::{Closed, Lossless, Lossy, Receiver, Sender, WeakSender};

use crate::token::Token;

#[derive(Clone)]
pub(super) enum Tx {
    Lossy(Sender<Token, Lossy>),
    Lossless(Sender<Token, Lossless>),
}

pub(super) enum WeakTx {
    Lossy(WeakSender<Token, Lossy>),
    Lossless(WeakSender<Token, Lossless>),
}

/// Does the same with a sender of either kind.
macro_rules! either {
    ($end:expr, $sender:ident => $work:expr) => {
        match $end {
            Tx::Lossy($sender) => $work,
            Tx::Lossless($sender) => $work,
        }
    };
}

impl Tx {
    pub(super) fn subscribe(&self) -> Receiver<Token> {
        either!(self, sender => sender.subscribe())
    }

    pub(super) fn len(&self) -> usize {
        either!(self, sender => sender.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        either!(self, sender => sender.is_empty())
    }

    pub(super) fn receiver_count(&self) -> usize {
        either!(self, sender => sender.receiver_count())
    }

    pub(super) fn strong_count(&self) -> usize {
        either!(self, sender => sender.strong_count())
    }

    pub(super) fn weak_count(&self) -> usize {
        either!(self, sender => sender.weak_count())
    }

    pub(super) fn capacity(&self) -> usize {
        either!(self, sender => sender.capacity())
    }

    pub(super) fn set_budget(&self, budget: Option<NonZeroU32>) {
        // A lossy send never waits.
        if let Tx::Lossless(sender) = self {
            sender.set_budget(budget);
        }
    }

    pub(super) fn same_channel(&self, other: &Tx) -> bool {
        match (self, other) {
            (Tx::Lossy(sender), Tx::Lossy(other)) => sender.same_channel(other),
            (Tx::Lossless(sender), Tx::Lossless(other)) => sender.same_channel(other),
            _ => false,
        }
    }

    pub(super) fn closed(&self) -> Closed<'_, Token> {
        either!(self, sender => sender.closed())
    }

    pub(super) fn downgrade(&self) -> WeakTx {
        match self {
            Tx::Lossy(sender) => WeakTx::Lossy(sender.downgrade()),
            Tx::Lossless(sender) => WeakTx::Lossless(sender.downgrade()),
        }
    }
}

impl WeakTx {
    pub(super) fn upgrade(&self) -> Option<Tx> {
        match self {
            WeakTx::Lossy(sender) => sender.upgrade().map(Tx::Lossy),
            WeakTx::Lossless(sender) => sender.upgrade().map(Tx::Lossless),
        }
    }
}
