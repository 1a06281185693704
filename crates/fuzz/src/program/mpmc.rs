//! async-channel's dialect.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use thalweg::mpmc::{OwnedPermit, OwnedSend, Receiver, Sender, TryRecvError, TrySendError, bounded, unbounded};

use super::queue::{Counted, Not, Output, Queue, Waiting};
use crate::task::{Gossip, Wait};
use crate::token::Token;

pub(crate) struct Mpmc;

fn why<T>(error: TrySendError<T>) -> (Not, T) {
    match error {
        TrySendError::Full(message) => (Not::Now, message),
        TrySendError::Closed(message) => (Not::Ever, message),
    }
}

fn why_not(error: TryRecvError) -> Not {
    match error {
        TryRecvError::Empty => Not::Now,
        TryRecvError::Closed => Not::Ever,
    }
}

/// A send that gives its message back.
struct Owned(Pin<Box<OwnedSend<Token>>>, usize);

impl Wait<Output<Mpmc>> for Owned {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Output<Mpmc>> {
        let result = self.0.as_mut();
        std::future::Future::poll(result, cx).map(|result| Output::Sent(self.1, result.map_err(|error| error.0)))
    }

    fn cancel(&mut self) -> Option<Token> {
        let back = self.0.as_mut().cancel().expect("a pending send has its message");
        assert_eq!(back.id(), self.1);
        Some(back)
    }
}

impl Queue for Mpmc {
    type Tx = Sender<Token>;
    type Rx = Receiver<Token>;
    type Permit = OwnedPermit<Token>;

    const OWNED: bool = true;

    fn channel(capacity: usize) -> (Self::Tx, Self::Rx) {
        if capacity == usize::MAX { unbounded() } else { bounded(capacity) }
    }

    fn clone_tx(tx: &Self::Tx) -> Self::Tx {
        tx.clone()
    }

    fn clone_rx(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }

    fn gossip(tx: &Self::Tx) -> Gossip {
        let weak = tx.downgrade();
        Arc::new(move || {
            if let Some(tx) = weak.upgrade() {
                assert!(!format!("{tx:?}").is_empty());
            }
        })
    }

    fn len(rx: &Self::Rx) -> Option<usize> {
        Some(rx.len())
    }

    fn reserved(tx: &Self::Tx) -> Option<usize> {
        Some(tx.reserved())
    }

    fn set_budget(rx: &Self::Rx, budget: Option<NonZeroU32>) {
        rx.set_budget(budget);
    }

    fn try_send(tx: &Self::Tx, message: Token) -> Result<(), (Not, Token)> {
        tx.try_send(message).map_err(why)
    }

    fn try_recv(rx: &Self::Rx) -> Option<Result<Token, Not>> {
        Some(rx.try_recv().map_err(why_not))
    }

    fn try_reserve(tx: &Self::Tx) -> Option<Result<Self::Permit, Not>> {
        Some(tx.clone().try_reserve_owned().map_err(|error| why(error).0))
    }

    fn send_with(permit: Self::Permit, message: Token) -> Option<Result<(), Token>> {
        Some(permit.send(message).map(drop).map_err(|error| error.0))
    }

    fn try_send_many(tx: &Self::Tx, messages: &mut VecDeque<Token>) -> Option<Result<(), Not>> {
        Some(tx.try_send_many(messages).map_err(|error| why(error).0))
    }

    fn try_recv_many(rx: &Self::Rx, limit: usize) -> Option<Result<Vec<Token>, Not>> {
        let mut batch = Vec::new();
        let result = rx.try_recv_many(&mut batch, limit).map_err(why_not);
        Some(result.map(|count| {
            assert_eq!(count, batch.len());
            batch
        }))
    }

    fn force_send(tx: &Self::Tx, message: Token) -> Option<Result<Option<Token>, Token>> {
        Some(tx.force_send(message).map_err(|error| error.0))
    }

    fn drain(rx: &Self::Rx) -> Option<Vec<Token>> {
        Some(rx.drain().collect())
    }

    fn close(rx: &Self::Rx) -> bool {
        rx.close();
        true
    }

    fn send(tx: Rc<Counted<Self::Tx>>, message: Token, owned: bool) -> Waiting<Self> {
        let id = message.id();
        if owned {
            return Box::new(Owned(Box::pin(tx.handle.send_owned(message)), id));
        }
        Box::new(Box::pin(async move { Output::Sent(id, tx.handle.send(message).await.map_err(|error| error.0)) }))
    }

    fn recv(rx: Rc<Counted<Self::Rx>>, owned: bool) -> Waiting<Self> {
        if owned {
            let recv = rx.handle.recv_owned();
            return Box::new(Box::pin(async move { Output::Received(recv.await.map_err(drop)) }));
        }
        Box::new(Box::pin(async move { Output::Received(rx.handle.recv().await.map_err(drop)) }))
    }

    fn recv_many(rx: Rc<Counted<Self::Rx>>, limit: usize) -> Waiting<Self> {
        Box::new(Box::pin(async move {
            let mut batch = Vec::new();
            let result = rx.handle.recv_many(&mut batch, limit).await;
            Output::ReceivedMany(result.map(|_| batch).map_err(drop))
        }))
    }

    fn reserve(tx: Rc<Counted<Self::Tx>>) -> Option<Waiting<Self>> {
        let reserve = tx.handle.clone().reserve_owned();
        Some(Box::new(Box::pin(async move { Output::Reserved(reserve.await.map_err(drop)) })))
    }

    fn closed(tx: Rc<Counted<Self::Tx>>) -> Waiting<Self> {
        Box::new(Box::pin(async move {
            tx.handle.closed().await;
            Output::ClosedSeen
        }))
    }
}
