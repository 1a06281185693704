use ::crossfire::{MAsyncRx, MAsyncTx, MTx, detect_backoff_cfg, mpmc};

use crate::peer::{Capacity, Kind, Peer};

const VERSION: &str = "3.1.22";

/// `bounded_async` picks its one-slot flavor by itself at capacity 1. Capacity 0 is rewritten to 1
/// by the crate, so it is not offered here.
pub(crate) struct Bounded;

impl Peer for Bounded {
    const NAME: &'static str = "crossfire";
    const VERSION: &'static str = VERSION;
    const KIND: Kind = Kind::Strict;

    type Sender = MAsyncTx<mpmc::Array<u64>>;
    type Receiver = MAsyncRx<mpmc::Array<u64>>;

    fn open(capacity: Capacity) -> Option<(Self::Sender, Self::Receiver)> {
        // The authors ask for this call at the start of a program on a virtual machine.
        detect_backoff_cfg();
        match capacity {
            Capacity::Bounded(0) | Capacity::Unbounded => None,
            Capacity::Bounded(capacity) => Some(mpmc::bounded_async(capacity)),
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

/// An unbounded send never waits, so its sender is the blocking one.
pub(crate) struct Unbounded;

impl Peer for Unbounded {
    const NAME: &'static str = "crossfire";
    const VERSION: &'static str = VERSION;
    const KIND: Kind = Kind::Strict;

    type Sender = MTx<mpmc::List<u64>>;
    type Receiver = MAsyncRx<mpmc::List<u64>>;

    fn open(capacity: Capacity) -> Option<(Self::Sender, Self::Receiver)> {
        detect_backoff_cfg();
        (capacity == Capacity::Unbounded).then(mpmc::unbounded_async)
    }

    fn send(sender: &Self::Sender, message: u64) -> impl Future<Output = Result<(), impl Send>> + Send {
        std::future::ready(sender.send(message))
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
