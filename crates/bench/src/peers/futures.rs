//! futures-channel. A bounded send is over only when the sender's own place is free again, though the message went at
//! its first poll: what was dropped may be delivered, so it is loose.

use ::futures_channel::{mpsc, oneshot};
use ::futures_util::{SinkExt, StreamExt};

use crate::channel::{Capacity, Channel, Delivery, Named, Rx, Standing, Tx};
use crate::families::oneshot::Once;
use crate::message::Message;

const NAMED: Named = Named::loose("futures-channel");

/// Each sender has one place more than those of the buffer, so it holds a little more than others do. With a smaller
/// buffer a send would not be over before its message is received.
pub(crate) struct Bounded;

impl<T: Message> Channel<T> for Bounded {
    const NAMED: Named = NAMED;
    type Tx = mpsc::Sender<T>;
    type Rx = mpsc::Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            Capacity::Bounded(0) | Capacity::Unbounded => None,
            Capacity::Bounded(capacity) => Some(mpsc::channel(capacity)),
        }
    }
}

pub(crate) struct Unbounded;

impl<T: Message> Channel<T> for Unbounded {
    const NAMED: Named = NAMED;
    type Tx = mpsc::UnboundedSender<T>;
    type Rx = mpsc::UnboundedReceiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        (capacity == Capacity::Unbounded).then(mpsc::unbounded)
    }
}

impl<T: Message> Tx<T> for mpsc::Sender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        SinkExt::send(self, message)
    }

    fn try_put(&mut self, message: T) -> bool {
        self.try_send(message).is_ok()
    }
}

impl<T: Message> Tx<T> for mpsc::UnboundedSender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        std::future::ready(self.unbounded_send(message))
    }

    fn try_put(&mut self, message: T) -> bool {
        self.unbounded_send(message).is_ok()
    }
}

impl<T: Message> Rx<T> for mpsc::Receiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        StreamExt::next(self)
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

impl<T: Message> Rx<T> for mpsc::UnboundedReceiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        StreamExt::next(self)
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

pub(crate) struct Oneshot;

impl Once for Oneshot {
    const NAMED: Named = Named { standing: Standing::Strict, ..NAMED };
    type Tx = oneshot::Sender<u64>;
    type Rx = oneshot::Receiver<u64>;
    type Error = oneshot::Canceled;

    fn open() -> (Self::Tx, Self::Rx) {
        oneshot::channel()
    }

    fn send(tx: Self::Tx, message: u64) -> bool {
        tx.send(message).is_ok()
    }
}
