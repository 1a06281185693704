//! async-channel. Capacity 0 panics.

use ::async_channel::{Receiver, Sender, TryRecvError, TrySendError};

use crate::message::Message;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

pub(crate) struct Channel;

impl Stream for Channel {
    const NAME: &'static str = "async-channel";
    const KIND: &'static str = "mpmc";
    const SHARED: bool = true;
    const CLOSE_BY_SENDER: bool = true;
    const CLOSE_BY_RECEIVER: bool = true;
    type Tx = Sender<Message>;
    type Rx = Receiver<Message>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            Capacity::Bounded(0) => None,
            Capacity::Bounded(capacity) => Some(::async_channel::bounded(capacity)),
            Capacity::Unbounded => Some(::async_channel::unbounded()),
        }
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).await.map_err(|error| Some(error.into_inner()))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.try_send(message).map_err(|error| match error {
            TrySendError::Full(message) => Refused::Full(Some(message)),
            TrySendError::Closed(message) => Refused::Closed(Some(message)),
        })
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.recv().await.ok()
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        rx.try_recv().map_err(|error| match error {
            TryRecvError::Empty => Nothing::Empty,
            TryRecvError::Closed => Nothing::Closed,
        })
    }

    fn close_by_sender(tx: &mut Self::Tx) {
        tx.close();
    }

    fn close_by_receiver(rx: &mut Self::Rx) {
        rx.close();
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => Sender<T>), handle!("Receiver", T => Receiver<T>)]
    }
}
