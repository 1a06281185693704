//! tokio's dialect, bounded and unbounded. The receiver is lent to the one task that waits with it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;

use thalweg::mpsc::error::{TryRecvError, TrySendError};
use thalweg::mpsc::{OwnedPermit, Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};

use super::queue::{Counted, Not, Output, Queue, Waiting};
use crate::task::Gossip;
use crate::token::Token;

pub(crate) struct Bounded;
pub(crate) struct Unbounded;

fn why<T>(error: TrySendError<T>) -> (Not, T) {
    match error {
        TrySendError::Full(message) => (Not::Now, message),
        TrySendError::Closed(message) => (Not::Ever, message),
    }
}

fn why_not(error: TryRecvError) -> Not {
    match error {
        TryRecvError::Empty => Not::Now,
        TryRecvError::Disconnected => Not::Ever,
    }
}

impl Queue for Bounded {
    type Tx = Sender<Token>;
    type Rx = RefCell<Receiver<Token>>;
    type Permit = OwnedPermit<Token>;

    const OWNED: bool = false;

    fn channel(capacity: usize) -> (Self::Tx, Self::Rx) {
        let (tx, rx) = channel(capacity);
        (tx, RefCell::new(rx))
    }

    fn clone_tx(tx: &Self::Tx) -> Self::Tx {
        tx.clone()
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
        Some(rx.try_borrow().ok()?.len())
    }

    fn set_budget(rx: &Self::Rx, budget: Option<NonZeroU32>) {
        if let Ok(mut rx) = rx.try_borrow_mut() {
            rx.set_budget(budget);
        }
    }

    fn try_send(tx: &Self::Tx, message: Token) -> Result<(), (Not, Token)> {
        tx.try_send(message).map_err(why)
    }

    fn try_recv(rx: &Self::Rx) -> Option<Result<Token, Not>> {
        Some(rx.try_borrow_mut().ok()?.try_recv().map_err(why_not))
    }

    fn close(rx: &Self::Rx) -> bool {
        rx.try_borrow_mut().map(|mut rx| rx.close()).is_ok()
    }

    fn send(tx: Rc<Counted<Self::Tx>>, message: Token, _: bool) -> Waiting<Self> {
        let id = message.id();
        Box::new(Box::pin(async move { Output::Sent(id, tx.handle.send(message).await.map_err(|error| error.0)) }))
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "lent for as long as the task waits")]
    fn recv(rx: Rc<Counted<Self::Rx>>, polled: bool) -> Waiting<Self> {
        Box::new(Box::pin(async move {
            let Ok(mut rx) = rx.handle.try_borrow_mut() else { return Output::Busy };
            let message = if polled { poll_fn(|cx| rx.poll_recv(cx)).await } else { rx.recv().await };
            Output::Received(message.ok_or(()))
        }))
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "lent for as long as the task waits")]
    fn recv_many(rx: Rc<Counted<Self::Rx>>, limit: usize) -> Waiting<Self> {
        Box::new(Box::pin(async move {
            let Ok(mut rx) = rx.handle.try_borrow_mut() else { return Output::Busy };
            let mut batch = Vec::new();
            let count = rx.recv_many(&mut batch, limit).await;
            assert_eq!(count, batch.len());
            Output::ReceivedMany(if count == 0 { Err(()) } else { Ok(batch) })
        }))
    }

    fn closed(tx: Rc<Counted<Self::Tx>>) -> Waiting<Self> {
        Box::new(Box::pin(async move {
            tx.handle.closed().await;
            Output::ClosedSeen
        }))
    }

    fn reserve(tx: Rc<Counted<Self::Tx>>) -> Option<Waiting<Self>> {
        let reserve = tx.handle.clone().reserve_owned();
        Some(Box::new(Box::pin(async move { Output::Reserved(reserve.await.map_err(drop)) })))
    }

    fn try_reserve(tx: &Self::Tx) -> Option<Result<Self::Permit, Not>> {
        Some(tx.clone().try_reserve_owned().map_err(|error| why(error).0))
    }

    fn send_with(permit: Self::Permit, message: Token) -> Option<Result<(), Token>> {
        drop(permit.send(message));
        None
    }
}

impl Queue for Unbounded {
    type Tx = UnboundedSender<Token>;
    type Rx = RefCell<UnboundedReceiver<Token>>;
    type Permit = ();

    const OWNED: bool = false;

    fn channel(_: usize) -> (Self::Tx, Self::Rx) {
        let (tx, rx) = unbounded_channel();
        (tx, RefCell::new(rx))
    }

    fn clone_tx(tx: &Self::Tx) -> Self::Tx {
        tx.clone()
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
        Some(rx.try_borrow().ok()?.len())
    }

    fn set_budget(rx: &Self::Rx, budget: Option<NonZeroU32>) {
        if let Ok(mut rx) = rx.try_borrow_mut() {
            rx.set_budget(budget);
        }
    }

    fn try_send(tx: &Self::Tx, message: Token) -> Result<(), (Not, Token)> {
        tx.send(message).map_err(|error| (Not::Ever, error.0))
    }

    fn try_recv(rx: &Self::Rx) -> Option<Result<Token, Not>> {
        Some(rx.try_borrow_mut().ok()?.try_recv().map_err(why_not))
    }

    fn close(rx: &Self::Rx) -> bool {
        rx.try_borrow_mut().map(|mut rx| rx.close()).is_ok()
    }

    fn send(tx: Rc<Counted<Self::Tx>>, message: Token, _: bool) -> Waiting<Self> {
        let id = message.id();
        Box::new(Box::pin(async move { Output::Sent(id, tx.handle.send(message).map_err(|error| error.0)) }))
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "lent for as long as the task waits")]
    fn recv(rx: Rc<Counted<Self::Rx>>, polled: bool) -> Waiting<Self> {
        Box::new(Box::pin(async move {
            let Ok(mut rx) = rx.handle.try_borrow_mut() else { return Output::Busy };
            let message = if polled { poll_fn(|cx| rx.poll_recv(cx)).await } else { rx.recv().await };
            Output::Received(message.ok_or(()))
        }))
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "lent for as long as the task waits")]
    fn recv_many(rx: Rc<Counted<Self::Rx>>, limit: usize) -> Waiting<Self> {
        Box::new(Box::pin(async move {
            let Ok(mut rx) = rx.handle.try_borrow_mut() else { return Output::Busy };
            let mut batch = Vec::new();
            let count = rx.recv_many(&mut batch, limit).await;
            assert_eq!(count, batch.len());
            Output::ReceivedMany(if count == 0 { Err(()) } else { Ok(batch) })
        }))
    }

    fn closed(tx: Rc<Counted<Self::Tx>>) -> Waiting<Self> {
        Box::new(Box::pin(async move {
            tx.handle.closed().await;
            Output::ClosedSeen
        }))
    }
}
