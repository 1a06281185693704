//! oneshot, by its receiver for tasks, which has no `try_recv`.

use ::oneshot::AsyncReceiver;

use crate::message::Message;
use crate::oneshot as once;
use crate::traits::{Traits, handle};

pub(crate) struct Oneshot;

impl once::Oneshot for Oneshot {
    const NAME: &'static str = "oneshot";
    const TRY_RECV: bool = false;
    type Tx = ::oneshot::Sender<Message>;
    type Rx = AsyncReceiver<Message>;

    fn open() -> (Self::Tx, Self::Rx) {
        ::oneshot::async_channel()
    }

    fn send(tx: Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).map_err(|error| Some(error.into_inner()))
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.await.ok()
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => ::oneshot::Sender<T>), handle!("AsyncReceiver", T => AsyncReceiver<T>)]
    }
}
