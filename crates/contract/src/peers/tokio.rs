//! tokio.

use tokio::sync::{broadcast, mpsc, oneshot};

use crate::broadcast::{self as all, Got};
use crate::column::Note;
use crate::message::Message;
use crate::oneshot as once;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

pub(crate) struct Mpsc;

#[derive(Clone)]
pub(crate) enum Tx {
    Bounded(mpsc::Sender<Message>),
    Unbounded(mpsc::UnboundedSender<Message>),
}

pub(crate) enum Rx {
    Bounded(mpsc::Receiver<Message>),
    Unbounded(mpsc::UnboundedReceiver<Message>),
}

impl Stream for Mpsc {
    const NAME: &'static str = "tokio";
    const KIND: &'static str = "mpsc";
    const SHARED: bool = false;
    const PERMITS: bool = true;
    const GIVES_BACK: bool = true;
    const CLOSE_BY_RECEIVER: bool = true;
    type Tx = Tx;
    type Rx = Rx;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            // It panics.
            Capacity::Bounded(0) => None,
            Capacity::Bounded(capacity) => {
                let (tx, rx) = mpsc::channel(capacity);
                Some((Tx::Bounded(tx), Rx::Bounded(rx)))
            }
            Capacity::Unbounded => {
                let (tx, rx) = mpsc::unbounded_channel();
                Some((Tx::Unbounded(tx), Rx::Unbounded(rx)))
            }
        }
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        match tx {
            Tx::Bounded(tx) => tx.send(message).await.map_err(|error| Some(error.0)),
            Tx::Unbounded(tx) => tx.send(message).map_err(|error| Some(error.0)),
        }
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        match tx {
            Tx::Bounded(tx) => tx.try_send(message).map_err(|error| match error {
                mpsc::error::TrySendError::Full(message) => Refused::Full(Some(message)),
                mpsc::error::TrySendError::Closed(message) => Refused::Closed(Some(message)),
            }),
            Tx::Unbounded(tx) => tx.send(message).map_err(|error| Refused::Closed(Some(error.0))),
        }
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        match rx {
            Rx::Bounded(rx) => rx.recv().await,
            Rx::Unbounded(rx) => rx.recv().await,
        }
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        let result = match rx {
            Rx::Bounded(rx) => rx.try_recv(),
            Rx::Unbounded(rx) => rx.try_recv(),
        };
        result.map_err(|error| match error {
            mpsc::error::TryRecvError::Empty => Nothing::Empty,
            mpsc::error::TryRecvError::Disconnected => Nothing::Closed,
        })
    }

    fn close_by_receiver(rx: &mut Self::Rx) {
        match rx {
            Rx::Bounded(rx) => rx.close(),
            Rx::Unbounded(rx) => rx.close(),
        }
    }

    async fn hold(tx: &mut Self::Tx, message: Message, signal: impl Future<Output = ()> + Send) {
        let Tx::Bounded(tx) = tx else { return };
        if let Ok(permit) = tx.reserve().await {
            signal.await;
            permit.send(message);
        }
    }

    /// The message is not in the send before there is a place.
    async fn send_or_back(
        tx: &mut Self::Tx,
        message: Message,
        signal: impl Future<Output = ()> + Send,
    ) -> Result<(), Option<Message>> {
        let Tx::Bounded(tx) = tx else { return Self::send(tx, message).await };
        let given_up = async {
            signal.await;
            None
        };
        match futures_lite::future::or(async { tx.reserve().await.ok() }, given_up).await {
            Some(permit) => {
                permit.send(message);
                Ok(())
            }
            None => Err(Some(message)),
        }
    }

    fn traits() -> Traits {
        vec![
            handle!("Sender", T => mpsc::Sender<T>),
            handle!("Receiver", T => mpsc::Receiver<T>),
            handle!("UnboundedSender", T => mpsc::UnboundedSender<T>),
            handle!("UnboundedReceiver", T => mpsc::UnboundedReceiver<T>),
        ]
    }
}

pub(crate) struct Oneshot;

impl once::Oneshot for Oneshot {
    const NAME: &'static str = "tokio";
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
pub(crate) struct Broadcast;

impl all::Broadcast for Broadcast {
    const NAME: &'static str = "tokio";
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

    fn documented(probe: &str) -> Option<Note> {
        match probe {
            "capacity-exact" => Some(Note {
                says: "The provided capacity is rounded up to the next power of two",
                place: "https://docs.rs/tokio/1.54.1/tokio/sync/broadcast/index.html",
            }),
            _ => None,
        }
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => broadcast::Sender<T>), handle!("Receiver", T => broadcast::Receiver<T>)]
    }
}
