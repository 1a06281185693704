//! Projects of one kind of channel.

use crate::channel::{Delivery, Named};
use crate::families::broadcast::Broadcast;
use crate::families::oneshot::Once;

const ONESHOT: Named = Named::strict("oneshot");
const ASYNC_ONESHOT: Named = Named::strict("async-oneshot");
const ASYNC_BROADCAST: Named = Named::strict("async-broadcast");

pub(crate) struct Oneshot;

impl Once for Oneshot {
    const NAMED: Named = ONESHOT;
    type Tx = oneshot::Sender<u64>;
    type Rx = oneshot::AsyncReceiver<u64>;
    type Error = oneshot::RecvError;

    fn open() -> (Self::Tx, Self::Rx) {
        oneshot::async_channel()
    }

    fn send(tx: Self::Tx, message: u64) -> bool {
        tx.send(message).is_ok()
    }
}

pub(crate) struct AsyncOneshot;

impl Once for AsyncOneshot {
    const NAMED: Named = ASYNC_ONESHOT;
    type Tx = async_oneshot::Sender<u64>;
    type Rx = async_oneshot::Receiver<u64>;
    type Error = async_oneshot::Closed;

    fn open() -> (Self::Tx, Self::Rx) {
        async_oneshot::oneshot()
    }

    fn send(mut tx: Self::Tx, message: u64) -> bool {
        tx.send(message).is_ok()
    }
}

/// By the calls it calls direct, which allocate no listener where they need not wait.
pub(crate) struct AsyncBroadcast;

impl Broadcast for AsyncBroadcast {
    const NAMED: Named = ASYNC_BROADCAST;
    type Tx = async_broadcast::Sender<u64>;
    type Rx = async_broadcast::Receiver<u64>;

    fn open(capacity: usize, receivers: u64) -> (Self::Tx, Vec<Self::Rx>) {
        let (tx, first) = async_broadcast::broadcast(capacity);
        let mut all: Vec<_> = (1..receivers).map(|_| tx.new_receiver()).collect();
        all.push(first);
        (tx, all)
    }

    fn send(tx: &mut Self::Tx, message: u64) -> impl Future<Output = impl Send> + Send {
        tx.broadcast_direct(message)
    }

    fn recv(rx: &mut Self::Rx) -> impl Future<Output = impl Delivery<u64>> + Send {
        rx.recv_direct()
    }
}
