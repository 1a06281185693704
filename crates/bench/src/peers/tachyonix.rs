//! tachyonix. One receiver, bounded only.

use ::tachyonix::{Receiver, Sender};

use crate::channel::{self, Capacity, Delivery, Named, Rx, Tx};
use crate::message::Message;

const NAMED: Named = Named::strict("tachyonix");

pub(crate) struct Channel;

impl<T: Message> channel::Channel<T> for Channel {
    const NAMED: Named = NAMED;
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            Capacity::Bounded(0) | Capacity::Unbounded => None,
            Capacity::Bounded(capacity) => Some(::tachyonix::channel(capacity)),
        }
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
