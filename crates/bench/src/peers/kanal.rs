use ::kanal::{AsyncReceiver, AsyncSender, bounded_async, unbounded_async};

use crate::peer::{Capacity, Kind, Peer};

pub(crate) struct Kanal;

impl Peer for Kanal {
    const NAME: &'static str = "kanal";
    const VERSION: &'static str = "0.1.1";
    const KIND: Kind = Kind::Loose;

    type Sender = AsyncSender<u64>;
    type Receiver = AsyncReceiver<u64>;

    fn open(capacity: Capacity) -> Option<(Self::Sender, Self::Receiver)> {
        Some(match capacity {
            Capacity::Bounded(capacity) => bounded_async(capacity),
            Capacity::Unbounded => unbounded_async(),
        })
    }

    fn send(sender: &Self::Sender, message: u64) -> impl Future<Output = Result<(), impl Send>> + Send {
        sender.send(message)
    }

    fn recv(receiver: &Self::Receiver) -> impl Future<Output = Result<u64, impl Send>> + Send {
        receiver.recv()
    }

    fn try_send(sender: &Self::Sender, message: u64) -> bool {
        matches!(sender.try_send(message), Ok(true))
    }

    fn try_recv(receiver: &Self::Receiver) -> Option<u64> {
        receiver.try_recv().ok().flatten()
    }
}
