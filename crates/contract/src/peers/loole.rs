//! loole.

use ::loole::{Receiver, Sender, TryRecvError, TrySendError};

use crate::column::Note;
use crate::message::Message;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

pub(crate) struct Channel;

impl Stream for Channel {
    const NAME: &'static str = "loole";
    const KIND: &'static str = "mpmc";
    const SHARED: bool = true;
    const CLOSE_BY_SENDER: bool = true;
    const CLOSE_BY_RECEIVER: bool = true;
    type Tx = Sender<Message>;
    type Rx = Receiver<Message>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            Capacity::Bounded(capacity) => Some(::loole::bounded(capacity)),
            Capacity::Unbounded => Some(::loole::unbounded()),
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

    fn close_by_sender(tx: &mut Self::Tx) {
        tx.close();
    }

    fn close_by_receiver(rx: &mut Self::Rx) {
        rx.close();
    }

    fn documented(probe: &str) -> Option<Note> {
        match probe {
            "cancel-send" => Some(Note {
                says: "only ever delivered if the future resolved to `Ok(())` or the receiver won the hand-off race just as the future was dropped",
                place: "https://docs.rs/loole/0.6.0/loole/struct.SendFuture.html",
            }),
            _ => None,
        }
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => Sender<T>), handle!("Receiver", T => Receiver<T>)]
    }
}
