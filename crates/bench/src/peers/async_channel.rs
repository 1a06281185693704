//! async-channel. Capacity 0 panics, so it is not offered.

use ::async_channel::{Receiver, Sender};

use crate::channel::{self, BlockingRx, BlockingTx, Capacity, Delivery, Named, Rx, Tx};
use crate::message::Message;

const NAMED: Named = Named::strict("async-channel");

pub(crate) struct Channel;

impl<T: Message> channel::Channel<T> for Channel {
    const NAMED: Named = NAMED;
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

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
}

impl<T: Message> Tx<T> for Sender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        self.send(message)
    }

    fn try_put(&mut self, message: T) -> bool {
        self.try_send(message).is_ok()
    }
}

impl<T: Message> Rx<T> for Receiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

impl<T: Message> BlockingTx<T> for Sender<T> {
    fn put_blocking(&mut self, message: T) -> bool {
        self.send_blocking(message).is_ok()
    }
}

impl<T: Message> BlockingRx<T> for Receiver<T> {
    fn take_blocking(&mut self) -> Option<T> {
        self.recv_blocking().ok()
    }
}
