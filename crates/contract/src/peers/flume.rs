//! flume.

use ::flume::{Receiver, Sender, TryRecvError, TrySendError};

use crate::message::Message;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

pub(crate) struct Channel;

impl Stream for Channel {
    const NAME: &'static str = "flume";
    const KIND: &'static str = "mpmc";
    const SHARED: bool = true;
    type Tx = Sender<Message>;
    type Rx = Receiver<Message>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            Capacity::Bounded(capacity) => Some(::flume::bounded(capacity)),
            Capacity::Unbounded => Some(::flume::unbounded()),
        }
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send_async(message).await.map_err(|error| Some(error.into_inner()))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.try_send(message).map_err(|error| match error {
            TrySendError::Full(message) => Refused::Full(Some(message)),
            TrySendError::Disconnected(message) => Refused::Closed(Some(message)),
        })
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.recv_async().await.ok()
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        rx.try_recv().map_err(|error| match error {
            TryRecvError::Empty => Nothing::Empty,
            TryRecvError::Disconnected => Nothing::Closed,
        })
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => Sender<T>), handle!("Receiver", T => Receiver<T>)]
    }
}
