//! The standard library. Threads only, and one receiver.

use ::std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use crate::channel::{BlockingRx, BlockingTx, Capacity, Channel, Named};
use crate::message::Message;

/// As new as the compiler.
const NAMED: Named = Named::strict("std");

pub(crate) struct Bounded;

impl<T: Message> Channel<T> for Bounded {
    const NAMED: Named = NAMED;
    type Tx = SyncSender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            Capacity::Bounded(capacity) => Some(sync_channel(capacity)),
            Capacity::Unbounded => None,
        }
    }
}

pub(crate) struct Unbounded;

impl<T: Message> Channel<T> for Unbounded {
    const NAMED: Named = NAMED;
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        (capacity == Capacity::Unbounded).then(channel)
    }
}

impl<T: Message> BlockingTx<T> for SyncSender<T> {
    fn put_blocking(&mut self, message: T) -> bool {
        self.send(message).is_ok()
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
