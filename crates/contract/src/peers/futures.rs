//! futures-channel, through its `Sink` and `Stream`, as its authors advise. Each sender has a place of its own beside
//! those of the buffer.

use ::futures_channel::{mpsc, oneshot};
use ::futures_util::{SinkExt, StreamExt};

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
    const NAME: &'static str = "futures-channel";
    const KIND: &'static str = "mpsc";
    const SHARED: bool = false;
    const CLOSE_BY_SENDER: bool = true;
    const CLOSE_BY_RECEIVER: bool = true;
    type Tx = Tx;
    type Rx = Rx;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            // It is offered, and has one place for each sender: no rendezvous is meant by it.
            Capacity::Bounded(0) => None,
            Capacity::Bounded(capacity) => {
                let (tx, rx) = mpsc::channel(capacity);
                Some((Tx::Bounded(tx), Rx::Bounded(rx)))
            }
            Capacity::Unbounded => {
                let (tx, rx) = mpsc::unbounded();
                Some((Tx::Unbounded(tx), Rx::Unbounded(rx)))
            }
        }
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        match tx {
            Tx::Bounded(tx) => tx.send(message).await.map_err(|_| None),
            Tx::Unbounded(tx) => tx.unbounded_send(message).map_err(|error| Some(error.into_inner())),
        }
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        let result = match tx {
            Tx::Bounded(tx) => tx.try_send(message),
            Tx::Unbounded(tx) => tx.unbounded_send(message),
        };
        result.map_err(|error| {
            if error.is_full() {
                Refused::Full(Some(error.into_inner()))
            } else {
                Refused::Closed(Some(error.into_inner()))
            }
        })
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        match rx {
            Rx::Bounded(rx) => rx.next().await,
            Rx::Unbounded(rx) => rx.next().await,
        }
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        let result = match rx {
            Rx::Bounded(rx) => rx.try_recv(),
            Rx::Unbounded(rx) => rx.try_recv(),
        };
        result.map_err(|error| match error {
            mpsc::TryRecvError::Empty => Nothing::Empty,
            mpsc::TryRecvError::Closed => Nothing::Closed,
        })
    }

    fn close_by_sender(tx: &mut Self::Tx) {
        match tx {
            Tx::Bounded(tx) => tx.close_channel(),
            Tx::Unbounded(tx) => tx.close_channel(),
        }
    }

    fn close_by_receiver(rx: &mut Self::Rx) {
        match rx {
            Rx::Bounded(rx) => rx.close(),
            Rx::Unbounded(rx) => rx.close(),
        }
    }

    fn documented(probe: &str) -> Option<Note> {
        match probe {
            "capacity-exact" => Some(Note {
                says: "The channel's capacity is equal to `buffer + num-senders`",
                place: "https://docs.rs/futures-channel/0.3.34/futures_channel/mpsc/fn.channel.html",
            }),
            _ => None,
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
    const NAME: &'static str = "futures-channel";
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
        match rx.try_recv() {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(Nothing::Empty),
            Err(oneshot::Canceled) => Err(Nothing::Closed),
        }
    }

    fn close(rx: &mut Self::Rx) {
        rx.close();
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => oneshot::Sender<T>), handle!("Receiver", T => oneshot::Receiver<T>)]
    }
}
