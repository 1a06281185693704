use ::asyncband::mpmc::{BoundedReceiver, BoundedSender, UnboundedReceiver, UnboundedSender, bounded, unbounded};

use crate::peer::{Capacity, Kind, Peer};

const VERSION: &str = "0.7.4";

pub(crate) struct Bounded;

impl Peer for Bounded {
    const NAME: &'static str = "asyncband";
    const VERSION: &'static str = VERSION;
    const KIND: Kind = Kind::Strict;

    type Sender = BoundedSender<u64>;
    type Receiver = BoundedReceiver<u64>;

    fn open(capacity: Capacity) -> Option<(Self::Sender, Self::Receiver)> {
        match capacity {
            Capacity::Bounded(0) | Capacity::Unbounded => None,
            Capacity::Bounded(capacity) => Some(bounded(capacity)),
        }
    }

    fn send(sender: &Self::Sender, message: u64) -> impl Future<Output = Result<(), impl Send>> + Send {
        sender.send(message)
    }

    fn recv(receiver: &Self::Receiver) -> impl Future<Output = Result<u64, impl Send>> + Send {
        receiver.recv()
    }

    fn try_send(sender: &Self::Sender, message: u64) -> bool {
        sender.try_send(message).is_ok()
    }

    fn try_recv(receiver: &Self::Receiver) -> Option<u64> {
        receiver.try_recv().ok()
    }
}

/// Its unbounded send is a plain call.
pub(crate) struct Unbounded;

impl Peer for Unbounded {
    const NAME: &'static str = "asyncband";
    const VERSION: &'static str = VERSION;
    const KIND: Kind = Kind::Strict;

    type Sender = UnboundedSender<u64>;
    type Receiver = UnboundedReceiver<u64>;

    fn open(capacity: Capacity) -> Option<(Self::Sender, Self::Receiver)> {
        (capacity == Capacity::Unbounded).then(unbounded)
    }

    fn send(sender: &Self::Sender, message: u64) -> impl Future<Output = Result<(), impl Send>> + Send {
        std::future::ready(sender.send(message))
    }

    fn recv(receiver: &Self::Receiver) -> impl Future<Output = Result<u64, impl Send>> + Send {
        receiver.recv()
    }

    fn try_send(sender: &Self::Sender, message: u64) -> bool {
        sender.send(message).is_ok()
    }

    fn try_recv(receiver: &Self::Receiver) -> Option<u64> {
        receiver.try_recv().ok()
    }
}
