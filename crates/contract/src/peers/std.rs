//! The standard library: threads only, and one receiver.

use ::std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel};

use crate::message::Message;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

pub(crate) struct Channel;

#[derive(Clone)]
pub(crate) enum Tx {
    Bounded(SyncSender<Message>),
    Unbounded(Sender<Message>),
}

impl Stream for Channel {
    const NAME: &'static str = "std";
    const KIND: &'static str = "threads";
    const ASYNC: bool = false;
    const SHARED: bool = false;
    type Tx = Tx;
    type Rx = Receiver<Message>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        Some(match capacity {
            Capacity::Bounded(capacity) => {
                let (tx, rx) = sync_channel(capacity);
                (Tx::Bounded(tx), rx)
            }
            Capacity::Unbounded => {
                let (tx, rx) = channel();
                (Tx::Unbounded(tx), rx)
            }
        })
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        let result = match tx {
            Tx::Bounded(tx) => tx.send(message),
            Tx::Unbounded(tx) => tx.send(message),
        };
        result.map_err(|error| Some(error.0))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        match tx {
            Tx::Bounded(tx) => tx.try_send(message).map_err(|error| match error {
                TrySendError::Full(message) => Refused::Full(Some(message)),
                TrySendError::Disconnected(message) => Refused::Closed(Some(message)),
            }),
            Tx::Unbounded(tx) => tx.send(message).map_err(|error| Refused::Closed(Some(error.0))),
        }
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.recv().ok()
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        rx.try_recv().map_err(|error| match error {
            TryRecvError::Empty => Nothing::Empty,
            TryRecvError::Disconnected => Nothing::Closed,
        })
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => Sender<T>), handle!("SyncSender", T => SyncSender<T>)]
    }
}
