//! flume. A send that is dropped while it waits may be delivered, so it is loose.

use ::flume::{Receiver, Sender};

use crate::channel::{self, BlockingRx, BlockingTx, Capacity, Delivery, Named, Rx, Tx};
use crate::message::Message;

const NAMED: Named = Named::loose("flume");

pub(crate) struct Channel;

impl<T: Message> channel::Channel<T> for Channel {
    const NAMED: Named = NAMED;
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        Some(match capacity {
            Capacity::Bounded(capacity) => ::flume::bounded(capacity),
            Capacity::Unbounded => ::flume::unbounded(),
        })
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }
}

impl<T: Message> Tx<T> for Sender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        self.send_async(message)
    }

    fn try_put(&mut self, message: T) -> bool {
        self.try_send(message).is_ok()
    }
}

impl<T: Message> Rx<T> for Receiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv_async()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

impl<T: Message> BlockingTx<T> for Sender<T> {
    fn put_blocking(&mut self, message: T) -> bool {
        self.send(message).is_ok()
    }
}

impl<T: Message> BlockingRx<T> for Receiver<T> {
    fn take_blocking(&mut self) -> Option<T> {
        self.recv().ok()
    }
}
