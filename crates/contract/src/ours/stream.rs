//! Ours.

use thalweg::{mpmc, mpsc};

use crate::message::Message;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

pub(crate) struct Mpmc;

impl Stream for Mpmc {
    const NAME: &'static str = "thalweg";
    const KIND: &'static str = "mpmc";
    const SHARED: bool = true;
    const PERMITS: bool = true;
    const GIVES_BACK: bool = true;
    const CLOSE_BY_SENDER: bool = true;
    const CLOSE_BY_RECEIVER: bool = true;
    type Tx = mpmc::Sender<Message>;
    type Rx = mpmc::Receiver<Message>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        Some(match capacity {
            Capacity::Bounded(capacity) => mpmc::bounded(capacity),
            Capacity::Unbounded => mpmc::unbounded(),
        })
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).await.map_err(|error| Some(error.into_inner()))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.try_send(message).map_err(|error| match error {
            mpmc::TrySendError::Full(message) => Refused::Full(Some(message)),
            mpmc::TrySendError::Closed(message) => Refused::Closed(Some(message)),
        })
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.recv().await.ok()
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        rx.try_recv().map_err(|error| if error.is_closed() { Nothing::Closed } else { Nothing::Empty })
    }

    fn close_by_sender(tx: &mut Self::Tx) {
        tx.close();
    }

    fn close_by_receiver(rx: &mut Self::Rx) {
        rx.close();
    }

    async fn hold(tx: &mut Self::Tx, message: Message, signal: impl Future<Output = ()> + Send) {
        if let Ok(permit) = tx.reserve().await {
            signal.await;
            let _ = permit.send(message);
        }
    }

    async fn send_or_back(
        tx: &mut Self::Tx,
        message: Message,
        signal: impl Future<Output = ()> + Send,
    ) -> Result<(), Option<Message>> {
        let mut send = std::pin::pin!(tx.send(message));
        let sent = async { Some(send.as_mut().await) };
        let given_up = async {
            signal.await;
            None
        };
        match futures_lite::future::or(sent, given_up).await {
            Some(result) => result.map_err(|error| Some(error.into_inner())),
            None => Err(send.cancel()),
        }
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => mpmc::Sender<T>), handle!("Receiver", T => mpmc::Receiver<T>)]
    }
}

/// The same by its calls for threads.
pub(crate) struct Threads;

impl Stream for Threads {
    const NAME: &'static str = "thalweg";
    const KIND: &'static str = "threads";
    const ASYNC: bool = false;
    const SHARED: bool = true;
    const CLOSE_BY_SENDER: bool = true;
    const CLOSE_BY_RECEIVER: bool = true;
    type Tx = mpmc::Sender<Message>;
    type Rx = mpmc::Receiver<Message>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        Mpmc::open(capacity)
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Mpmc::share(rx)
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send_blocking(message).map_err(|error| Some(error.into_inner()))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        Mpmc::try_send(tx, message)
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.recv_blocking().ok()
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        Mpmc::try_recv(rx)
    }

    fn close_by_sender(tx: &mut Self::Tx) {
        tx.close();
    }

    fn close_by_receiver(rx: &mut Self::Rx) {
        rx.close();
    }

    fn traits() -> Traits {
        Mpmc::traits()
    }
}

/// Bounded and unbounded are types of their own there.
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
    const NAME: &'static str = "thalweg";
    const KIND: &'static str = "mpsc";
    const SHARED: bool = false;
    const PERMITS: bool = true;
    const GIVES_BACK: bool = true;
    const CLOSE_BY_RECEIVER: bool = true;
    type Tx = Tx;
    type Rx = Rx;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            // As in tokio, it panics.
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
