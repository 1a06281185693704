//! thingbuf: one receiver, bounded only, by value. Capacity 0 panics.

use ::thingbuf::mpsc::errors::{TryRecvError, TrySendError};
use ::thingbuf::mpsc::{Receiver, Sender, channel};

use crate::message::Message;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

pub(crate) struct Channel;

impl Stream for Channel {
    const NAME: &'static str = "thingbuf";
    const KIND: &'static str = "mpsc";
    const SHARED: bool = false;
    type Tx = Sender<Message>;
    type Rx = Receiver<Message>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            Capacity::Bounded(0) | Capacity::Unbounded => None,
            Capacity::Bounded(capacity) => Some(channel(capacity)),
        }
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).await.map_err(|error| Some(error.into_inner()))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.try_send(message).map_err(|error| {
            if matches!(error, TrySendError::Full(_)) {
                Refused::Full(Some(error.into_inner()))
            } else {
                Refused::Closed(Some(error.into_inner()))
            }
        })
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.recv().await
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        rx.try_recv().map_err(|error| if error == TryRecvError::Empty { Nothing::Empty } else { Nothing::Closed })
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => Sender<T>), handle!("Receiver", T => Receiver<T>)]
    }
}
