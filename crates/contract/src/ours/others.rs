//! The other kinds.

use thalweg::{broadcast, oneshot};

use crate::broadcast::{self as all, Got};
use crate::message::Message;
use crate::oneshot as once;
use crate::stream::{Nothing, Refused};
use crate::traits::{Traits, handle};

pub(crate) struct Oneshot;

impl once::Oneshot for Oneshot {
    const NAME: &'static str = "thalweg";
    const CLOSE: bool = true;
    type Tx = oneshot::Sender<Message>;
    type Rx = oneshot::Receiver<Message>;

    fn open() -> (Self::Tx, Self::Rx) {
        oneshot::channel()
    }

    fn send(tx: Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).map_err(Some)
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.await.ok()
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        rx.try_recv().map_err(|error| match error {
            oneshot::error::TryRecvError::Empty => Nothing::Empty,
            oneshot::error::TryRecvError::Closed => Nothing::Closed,
        })
    }

    fn close(rx: &mut Self::Rx) {
        rx.close();
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => oneshot::Sender<T>), handle!("Receiver", T => oneshot::Receiver<T>)]
    }
}

/// It writes over what is not read.
pub(crate) struct Lossy;

impl all::Broadcast for Lossy {
    const NAME: &'static str = "thalweg lossy";
    fn is_lossless() -> bool {
        false
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
        tx.send(message).map(drop).map_err(|error| Some(error.0))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.send(message).map(drop).map_err(|error| Refused::Closed(Some(error.0)))
    }

    async fn recv(rx: &mut Self::Rx) -> Got {
        match rx.recv().await {
            Ok(message) => Got::Message(message),
            Err(broadcast::error::RecvError::Lagged(count)) => Got::Missed(count),
            Err(broadcast::error::RecvError::Closed) => Got::Closed,
        }
    }

    fn try_recv(rx: &mut Self::Rx) -> Got {
        match rx.try_recv() {
            Ok(message) => Got::Message(message),
            Err(broadcast::error::TryRecvError::Lagged(count)) => Got::Missed(count),
            Err(broadcast::error::TryRecvError::Empty) => Got::Empty,
            Err(broadcast::error::TryRecvError::Closed) => Got::Closed,
        }
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => broadcast::Sender<T>), handle!("Receiver", T => broadcast::Receiver<T>)]
    }
}

/// Senders wait for the slowest receiver.
pub(crate) struct Lossless;

impl all::Broadcast for Lossless {
    const NAME: &'static str = "thalweg lossless";
    fn is_lossless() -> bool {
        true
    }

    type Tx = broadcast::Sender<Message, broadcast::Lossless>;
    type Rx = broadcast::Receiver<Message>;

    fn open(capacity: usize) -> (Self::Tx, Self::Rx) {
        broadcast::lossless(capacity)
    }

    fn subscribe(tx: &Self::Tx) -> Self::Rx {
        tx.subscribe()
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).await.map(drop).map_err(|error| Some(error.0))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.try_send(message).map(drop).map_err(|error| match error {
            broadcast::error::TrySendError::Full(message) => Refused::Full(Some(message)),
            broadcast::error::TrySendError::Closed(message) => Refused::Closed(Some(message)),
        })
    }

    async fn recv(rx: &mut Self::Rx) -> Got {
        <Lossy as all::Broadcast>::recv(rx).await
    }

    fn try_recv(rx: &mut Self::Rx) -> Got {
        <Lossy as all::Broadcast>::try_recv(rx)
    }

    fn traits() -> Traits {
        type Sender<T> = broadcast::Sender<T, broadcast::Lossless>;
        vec![handle!("Sender", T => Sender<T>), handle!("Receiver", T => broadcast::Receiver<T>)]
    }
}
