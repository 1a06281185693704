use ::async_channel::{Receiver, Sender, bounded, unbounded};

use crate::peer::{Capacity, Kind, Peer};

pub(crate) struct AsyncChannel;

impl Peer for AsyncChannel {
    const NAME: &'static str = "async-channel";
    const VERSION: &'static str = "2.5.0";
    const KIND: Kind = Kind::Strict;

    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;

    fn open(capacity: Capacity) -> Option<(Self::Sender, Self::Receiver)> {
        match capacity {
            Capacity::Bounded(0) => None,
            Capacity::Bounded(capacity) => Some(bounded(capacity)),
            Capacity::Unbounded => Some(unbounded()),
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
