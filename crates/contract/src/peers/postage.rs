//! postage: bounded only, used through its own `Sink` and `Stream`. Capacity 0 panics.

use ::postage::prelude::{Sink, Stream as _};
use ::postage::sink::TrySendError;
use ::postage::stream::TryRecvError;
use ::postage::{broadcast, dispatch, mpsc, oneshot};

use crate::broadcast::{self as all, Got};
use crate::message::Message;
use crate::oneshot as once;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

fn size(capacity: Capacity) -> Option<usize> {
    match capacity {
        Capacity::Bounded(0) | Capacity::Unbounded => None,
        Capacity::Bounded(capacity) => Some(capacity),
    }
}

fn refused(error: TrySendError<Message>) -> Refused {
    match error {
        TrySendError::Pending(message) => Refused::Full(Some(message)),
        TrySendError::Rejected(message) => Refused::Closed(Some(message)),
    }
}

fn nothing(error: TryRecvError) -> Nothing {
    match error {
        TryRecvError::Pending => Nothing::Empty,
        TryRecvError::Closed => Nothing::Closed,
    }
}

pub(crate) struct Dispatch;

impl Stream for Dispatch {
    const NAME: &'static str = "postage";
    const KIND: &'static str = "mpmc";
    const SHARED: bool = true;
    type Tx = dispatch::Sender<Message>;
    type Rx = dispatch::Receiver<Message>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        size(capacity).map(dispatch::channel)
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).await.map_err(|error| Some(error.0))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.try_send(message).map_err(refused)
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.recv().await
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        rx.try_recv().map_err(nothing)
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => dispatch::Sender<T>), handle!("Receiver", T => dispatch::Receiver<T>)]
    }
}

pub(crate) struct Mpsc;

impl Stream for Mpsc {
    const NAME: &'static str = "postage";
    const KIND: &'static str = "mpsc";
    const SHARED: bool = false;
    type Tx = mpsc::Sender<Message>;
    type Rx = mpsc::Receiver<Message>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        size(capacity).map(mpsc::channel)
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).await.map_err(|error| Some(error.0))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.try_send(message).map_err(refused)
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.recv().await
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        rx.try_recv().map_err(nothing)
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => mpsc::Sender<T>), handle!("Receiver", T => mpsc::Receiver<T>)]
    }
}

pub(crate) struct Oneshot;

impl once::Oneshot for Oneshot {
    const NAME: &'static str = "postage";
    type Tx = oneshot::Sender<Message>;
    type Rx = oneshot::Receiver<Message>;

    fn open() -> (Self::Tx, Self::Rx) {
        oneshot::channel()
    }

    fn send(mut tx: Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.try_send(message).map_err(|error| match error {
            TrySendError::Pending(message) | TrySendError::Rejected(message) => Some(message),
        })
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.recv().await
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        rx.try_recv().map_err(nothing)
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => oneshot::Sender<T>), handle!("Receiver", T => oneshot::Receiver<T>)]
    }
}

pub(crate) struct Broadcast;

impl all::Broadcast for Broadcast {
    const NAME: &'static str = "postage";
    fn is_lossless() -> bool {
        true
    }

    type Tx = broadcast::Sender<Message>;
    type Rx = broadcast::Receiver<Message>;

    fn open(capacity: usize) -> (Self::Tx, Self::Rx) {
        broadcast::channel(capacity)
    }

    fn subscribe(tx: &Self::Tx) -> Self::Rx {
        tx.subscribe()
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).await.map_err(|error| Some(error.0))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.try_send(message).map_err(refused)
    }

    async fn recv(rx: &mut Self::Rx) -> Got {
        rx.recv().await.map_or(Got::Closed, Got::Message)
    }

    fn try_recv(rx: &mut Self::Rx) -> Got {
        match rx.try_recv() {
            Ok(message) => Got::Message(message),
            Err(TryRecvError::Pending) => Got::Empty,
            Err(TryRecvError::Closed) => Got::Closed,
        }
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => broadcast::Sender<T>), handle!("Receiver", T => broadcast::Receiver<T>)]
    }
}
