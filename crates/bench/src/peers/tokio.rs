//! tokio. Its blocking calls panic within a runtime, so blocking cells run outside of one.

use ::tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::channel::{BlockingRx, BlockingTx, Capacity, Channel, Delivery, Named, Rx, Tx};
use crate::families::broadcast as family;
use crate::families::oneshot::Once;
use crate::families::watch::Watched;
use crate::message::Message;
use crate::runtime::yield_now;

const NAMED: Named = Named::strict("tokio");
const PACED: Named = Named::strict("tokio (paced)");

pub(crate) struct Bounded;

impl<T: Message> Channel<T> for Bounded {
    const NAMED: Named = NAMED;
    type Tx = mpsc::Sender<T>;
    type Rx = mpsc::Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            Capacity::Bounded(0) | Capacity::Unbounded => None,
            Capacity::Bounded(capacity) => Some(mpsc::channel(capacity)),
        }
    }
}

pub(crate) struct Unbounded;

impl<T: Message> Channel<T> for Unbounded {
    const NAMED: Named = NAMED;
    type Tx = mpsc::UnboundedSender<T>;
    type Rx = mpsc::UnboundedReceiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        (capacity == Capacity::Unbounded).then(mpsc::unbounded_channel)
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

impl<T: Message> BlockingTx<T> for mpsc::Sender<T> {
    fn put_blocking(&mut self, message: T) -> bool {
        self.blocking_send(message).is_ok()
    }
}

impl<T: Message> BlockingTx<T> for mpsc::UnboundedSender<T> {
    fn put_blocking(&mut self, message: T) -> bool {
        self.send(message).is_ok()
    }
}

impl<T: Message> BlockingRx<T> for mpsc::Receiver<T> {
    fn take_blocking(&mut self) -> Option<T> {
        self.blocking_recv()
    }
}

impl<T: Message> BlockingRx<T> for mpsc::UnboundedReceiver<T> {
    fn take_blocking(&mut self) -> Option<T> {
        self.blocking_recv()
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

/// It writes over what is not read, so its sender paces itself: every half capacity it yields until there is as much
/// room.
pub(crate) struct Broadcast;

#[derive(Clone)]
pub(crate) struct Paced {
    tx: broadcast::Sender<u64>,
    half: usize,
    left: usize,
}

impl family::Broadcast for Broadcast {
    const NAMED: Named = PACED;
    type Tx = Paced;
    type Rx = broadcast::Receiver<u64>;

    fn open(capacity: usize, receivers: u64) -> (Self::Tx, Vec<Self::Rx>) {
        let tx = broadcast::Sender::new(capacity);
        let all = (0..receivers).map(|_| tx.subscribe()).collect();
        (Paced { tx, half: capacity / 2, left: 0 }, all)
    }

    async fn send(paced: &mut Paced, message: u64) -> impl Send {
        if paced.left == 0 {
            while paced.tx.len() > paced.half {
                yield_now().await;
            }
            paced.left = paced.half;
        }
        paced.left -= 1;
        paced.tx.send(message)
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
