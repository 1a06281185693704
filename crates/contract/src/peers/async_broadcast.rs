//! async-broadcast, by the calls it calls direct, which allocate no future.

use ::async_broadcast::{Receiver, RecvError, Sender, TryRecvError, TrySendError};

use crate::broadcast::{self as all, Got};
use crate::message::Message;
use crate::stream::Refused;
use crate::traits::{Traits, handle};

pub(crate) struct Broadcast;

impl all::Broadcast for Broadcast {
    const NAME: &'static str = "async-broadcast";
    fn is_lossless() -> bool {
        true
    }

    type Tx = Sender<Message>;
    type Rx = Receiver<Message>;

    fn open(capacity: usize) -> (Self::Tx, Self::Rx) {
        ::async_broadcast::broadcast(capacity)
    }

    fn subscribe(tx: &Self::Tx) -> Self::Rx {
        tx.new_receiver()
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.broadcast_direct(message).await.map(drop).map_err(|error| Some(error.0))
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.try_broadcast(message).map(drop).map_err(|error| match error {
            TrySendError::Full(message) => Refused::Full(Some(message)),
            TrySendError::Closed(message) | TrySendError::Inactive(message) => Refused::Closed(Some(message)),
        })
    }

    async fn recv(rx: &mut Self::Rx) -> Got {
        match rx.recv_direct().await {
            Ok(message) => Got::Message(message),
            Err(RecvError::Overflowed(count)) => Got::Missed(count),
            Err(RecvError::Closed) => Got::Closed,
        }
    }

    fn try_recv(rx: &mut Self::Rx) -> Got {
        match rx.try_recv() {
            Ok(message) => Got::Message(message),
            Err(TryRecvError::Overflowed(count)) => Got::Missed(count),
            Err(TryRecvError::Empty) => Got::Empty,
            Err(TryRecvError::Closed) => Got::Closed,
        }
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => Sender<T>), handle!("Receiver", T => Receiver<T>)]
    }
}
