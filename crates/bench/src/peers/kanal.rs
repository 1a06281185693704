//! kanal. A receive that is dropped loses a message that was handed to it, so it is loose.

use ::kanal::{AsyncReceiver, AsyncSender, Receiver, Sender};

use crate::channel::{BlockingRx, BlockingTx, Capacity, Channel, Delivery, Named, Rx, Tx};
use crate::message::Message;

const NAMED: Named = Named::loose("kanal");

fn open<T: Message>(capacity: Capacity) -> (AsyncSender<T>, AsyncReceiver<T>) {
    match capacity {
        Capacity::Bounded(capacity) => ::kanal::bounded_async(capacity),
        Capacity::Unbounded => ::kanal::unbounded_async(),
    }
}

/// Tasks at both ends.
pub(crate) struct Async;

impl<T: Message> Channel<T> for Async {
    const NAMED: Named = NAMED;
    type Tx = AsyncSender<T>;
    type Rx = AsyncReceiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        Some(open(capacity))
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }
}

/// Threads at both ends.
pub(crate) struct Blocking;

impl<T: Message> Channel<T> for Blocking {
    const NAMED: Named = NAMED;
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        let (tx, rx) = open(capacity);
        Some((tx.to_sync(), rx.to_sync()))
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }
}

/// A thread that sends to a task.
pub(crate) struct ToTask;

impl<T: Message> Channel<T> for ToTask {
    const NAMED: Named = NAMED;
    type Tx = Sender<T>;
    type Rx = AsyncReceiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        let (tx, rx) = open(capacity);
        Some((tx.to_sync(), rx))
    }
}

/// A task that sends to a thread.
pub(crate) struct ToThread;

impl<T: Message> Channel<T> for ToThread {
    const NAMED: Named = NAMED;
    type Tx = AsyncSender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        let (tx, rx) = open(capacity);
        Some((tx, rx.to_sync()))
    }
}

impl<T: Message> Tx<T> for AsyncSender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        self.send(message)
    }

    fn try_put(&mut self, message: T) -> bool {
        matches!(self.try_send(message), Ok(true))
    }
}

impl<T: Message> Rx<T> for AsyncReceiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok().flatten()
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
