use ::thalweg::mpmc::{Receiver, Sender, bounded, unbounded};

use crate::peer::{Capacity, Kind, Peer};

pub(crate) struct Thalweg;

impl Peer for Thalweg {
    const NAME: &'static str = "thalweg";
    const VERSION: &'static str = "0.1.0";
    const KIND: Kind = Kind::Ours;

    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;

    fn open(capacity: Capacity) -> Option<(Self::Sender, Self::Receiver)> {
        Some(match capacity {
            Capacity::Bounded(capacity) => bounded(capacity),
            Capacity::Unbounded => unbounded(),
        })
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
