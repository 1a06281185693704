//! Ours.

use ::thalweg::{broadcast, mpmc, mpsc, oneshot, watch};

use crate::channel::{BlockingRx, BlockingTx, Capacity, Channel, Delivery, Named, Rx, Tx};
use crate::families::broadcast as family;
use crate::families::oneshot::Once;
use crate::families::watch::Watched;
use crate::message::Message;

const NAMED: Named = Named::ours("thalweg");

pub(crate) struct Mpmc;

impl<T: Message> Channel<T> for Mpmc {
    const NAMED: Named = NAMED;
    type Tx = mpmc::Sender<T>;
    type Rx = mpmc::Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        Some(match capacity {
            Capacity::Bounded(capacity) => mpmc::bounded(capacity),
            Capacity::Unbounded => mpmc::unbounded(),
        })
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }
}

pub(crate) struct Mpsc;

impl<T: Message> Channel<T> for Mpsc {
    const NAMED: Named = NAMED;
    type Tx = mpsc::Sender<T>;
    type Rx = mpsc::Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            Capacity::Bounded(capacity) => Some(mpsc::channel(capacity)),
            Capacity::Unbounded => None,
        }
    }
}

pub(crate) struct MpscUnbounded;

impl<T: Message> Channel<T> for MpscUnbounded {
    const NAMED: Named = NAMED;
    type Tx = mpsc::UnboundedSender<T>;
    type Rx = mpsc::UnboundedReceiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        (capacity == Capacity::Unbounded).then(mpsc::unbounded_channel)
    }
}

impl<T: Message> Tx<T> for mpmc::Sender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        self.send(message)
    }

    fn try_put(&mut self, message: T) -> bool {
        self.try_send(message).is_ok()
    }
}

impl<T: Message> Rx<T> for mpmc::Receiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

impl<T: Message> BlockingTx<T> for mpmc::Sender<T> {
    fn put_blocking(&mut self, message: T) -> bool {
        self.send_blocking(message).is_ok()
    }
}

impl<T: Message> BlockingRx<T> for mpmc::Receiver<T> {
    fn take_blocking(&mut self) -> Option<T> {
        self.recv_blocking().ok()
    }
}

impl<T: Message> Tx<T> for mpsc::Sender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        self.send(message)
    }

    fn try_put(&mut self, message: T) -> bool {
        self.try_send(message).is_ok()
    }
}

impl<T: Message> Tx<T> for mpsc::UnboundedSender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        std::future::ready(self.send(message))
    }

    fn try_put(&mut self, message: T) -> bool {
        self.send(message).is_ok()
    }
}

impl<T: Message> Rx<T> for mpsc::Receiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

impl<T: Message> Rx<T> for mpsc::UnboundedReceiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

pub(crate) struct Oneshot;

impl Once for Oneshot {
    const NAMED: Named = NAMED;
    type Tx = oneshot::Sender<u64>;
    type Rx = oneshot::Receiver<u64>;
    type Error = oneshot::error::RecvError;

    fn open() -> (Self::Tx, Self::Rx) {
        oneshot::channel()
    }

    fn send(tx: Self::Tx, message: u64) -> bool {
        tx.send(message).is_ok()
    }
}

pub(crate) struct Broadcast;

impl family::Broadcast for Broadcast {
    const NAMED: Named = NAMED;
    type Tx = broadcast::Sender<u64, broadcast::Lossless>;
    type Rx = broadcast::Receiver<u64>;

    fn open(capacity: usize, receivers: u64) -> (Self::Tx, Vec<Self::Rx>) {
        let tx = broadcast::Sender::lossless(capacity);
        let all = (0..receivers).map(|_| tx.subscribe()).collect();
        (tx, all)
    }

    fn send(tx: &mut Self::Tx, message: u64) -> impl Future<Output = impl Send> + Send {
        tx.send(message)
    }

    fn recv(rx: &mut Self::Rx) -> impl Future<Output = impl Delivery<u64>> + Send {
        rx.recv()
    }
}

pub(crate) struct Watch;

impl Watched for Watch {
    const NAMED: Named = NAMED;
    type Tx = watch::Sender<u64>;
    type Rx = watch::Receiver<u64>;

    fn open(receivers: u64) -> (Self::Tx, Vec<Self::Rx>) {
        let tx = watch::Sender::new(0);
        let all = (0..receivers).map(|_| tx.subscribe()).collect();
        (tx, all)
    }

    fn set(tx: &mut Self::Tx, value: u64) {
        tx.send_replace(value);
    }

    fn look(rx: &mut Self::Rx) -> u64 {
        *rx.borrow_and_update()
    }

    async fn next(rx: &mut Self::Rx) -> Option<u64> {
        rx.changed().await.ok()?;
        Some(*rx.borrow_and_update())
    }
}
