//! async-oneshot. Its `try_recv` takes the receiver, and is left out.

use ::async_oneshot::{Receiver, Sender};

use crate::message::Message;
use crate::oneshot as once;
use crate::traits::{Traits, handle};

pub(crate) struct Oneshot;

impl once::Oneshot for Oneshot {
    const NAME: &'static str = "async-oneshot";
    const TRY_RECV: bool = false;
    type Tx = Sender<Message>;
    type Rx = Receiver<Message>;

    fn open() -> (Self::Tx, Self::Rx) {
        ::async_oneshot::oneshot()
    }

    fn send(mut tx: Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).map_err(|_| None)
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.await.ok()
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => Sender<T>), handle!("Receiver", T => Receiver<T>)]
    }
}
