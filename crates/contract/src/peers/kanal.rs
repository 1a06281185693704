//! kanal.

use ::kanal::{AsyncReceiver, AsyncSender};

use crate::column::Note;
use crate::message::Message;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

pub(crate) struct Channel;

impl Stream for Channel {
    const NAME: &'static str = "kanal";
    const KIND: &'static str = "mpmc";
    const SHARED: bool = true;
    const CLOSE_BY_SENDER: bool = true;
    const CLOSE_BY_RECEIVER: bool = true;
    type Tx = AsyncSender<Message>;
    type Rx = AsyncReceiver<Message>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        Some(match capacity {
            Capacity::Bounded(capacity) => ::kanal::bounded_async(capacity),
            Capacity::Unbounded => ::kanal::unbounded_async(),
        })
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).await.map_err(|_| None)
    }

    /// By the form that leaves the message where it was.
    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        let mut message = Some(message);
        match tx.try_send_option(&mut message) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refused::Full(message)),
            Err(_) => Err(Refused::Closed(message)),
        }
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.recv().await.ok()
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        match rx.try_recv() {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(Nothing::Empty),
            Err(_) => Err(Nothing::Closed),
        }
    }

    fn close_by_sender(tx: &mut Self::Tx) {
        let _ = tx.close();
    }

    fn close_by_receiver(rx: &mut Self::Rx) {
        let _ = rx.close();
    }

    fn documented(probe: &str) -> Option<Note> {
        match probe {
            "cancel-recv" | "cancel-recv-wake" | "capacity-zero" => Some(Note {
                says: "if a `ReceiveFuture` is dropped exactly at the time when new data is written to the channel, it may result in the loss of the received value",
                place: "https://docs.rs/kanal/0.1.1/kanal/struct.AsyncReceiver.html#method.recv",
            }),
            _ => None,
        }
    }

    fn traits() -> Traits {
        vec![handle!("AsyncSender", T => AsyncSender<T>), handle!("AsyncReceiver", T => AsyncReceiver<T>)]
    }
}
