//! crossbeam-channel. Threads only.

use ::crossbeam_channel::{Receiver, Sender};

use crate::channel::{self, BlockingRx, BlockingTx, Capacity, Named};
use crate::message::Message;

const NAMED: Named = Named::strict("crossbeam-channel");

pub(crate) struct Channel;

impl<T: Message> channel::Channel<T> for Channel {
    const NAMED: Named = NAMED;
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        Some(match capacity {
            Capacity::Bounded(capacity) => ::crossbeam_channel::bounded(capacity),
            Capacity::Unbounded => ::crossbeam_channel::unbounded(),
        })
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
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
