//! asyncband. Capacity 0 is not offered, and an unbounded send is a plain call.

use ::asyncband::{broadcast, mpmc, mpsc, oneshot, watch};

use crate::channel::{Capacity, Channel, Delivery, Named, Rx, Tx};
use crate::families::broadcast as family;
use crate::families::oneshot::Once;
use crate::families::watch::Watched;
use crate::message::Message;

const NAMED: Named = Named::strict("asyncband");

fn bounded<C>(capacity: Capacity, open: fn(usize) -> C) -> Option<C> {
    match capacity {
        Capacity::Bounded(0) | Capacity::Unbounded => None,
        Capacity::Bounded(capacity) => Some(open(capacity)),
    }
}

pub(crate) struct Bounded;

impl<T: Message> Channel<T> for Bounded {
    const NAMED: Named = NAMED;
    type Tx = mpmc::BoundedSender<T>;
    type Rx = mpmc::BoundedReceiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        bounded(capacity, mpmc::bounded)
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }
}

pub(crate) struct Unbounded;

impl<T: Message> Channel<T> for Unbounded {
    const NAMED: Named = NAMED;
    type Tx = mpmc::UnboundedSender<T>;
    type Rx = mpmc::UnboundedReceiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        (capacity == Capacity::Unbounded).then(mpmc::unbounded)
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }
}

pub(crate) struct MpscBounded;

impl<T: Message> Channel<T> for MpscBounded {
    const NAMED: Named = NAMED;
    type Tx = mpsc::BoundedSender<T>;
    type Rx = mpsc::BoundedReceiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        bounded(capacity, mpsc::bounded)
    }
}

pub(crate) struct MpscUnbounded;

impl<T: Message> Channel<T> for MpscUnbounded {
    const NAMED: Named = NAMED;
    type Tx = mpsc::UnboundedSender<T>;
    type Rx = mpsc::UnboundedReceiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        (capacity == Capacity::Unbounded).then(mpsc::unbounded)
    }
}

impl<T: Message> Tx<T> for mpmc::BoundedSender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        self.send(message)
    }

    fn try_put(&mut self, message: T) -> bool {
        self.try_send(message).is_ok()
    }
}

impl<T: Message> Tx<T> for mpmc::UnboundedSender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        std::future::ready(self.send(message))
    }

    fn try_put(&mut self, message: T) -> bool {
        self.send(message).is_ok()
    }
}

impl<T: Message> Rx<T> for mpmc::BoundedReceiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

impl<T: Message> Rx<T> for mpmc::UnboundedReceiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

impl<T: Message> Tx<T> for mpsc::BoundedSender<T> {
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

impl<T: Message> Rx<T> for mpsc::BoundedReceiver<T> {
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
    type Rx = oneshot::Recv<u64>;
    type Error = oneshot::RecvError;

    fn open() -> (Self::Tx, Self::Rx) {
        let (tx, rx) = oneshot::channel();
        (tx, rx.into_future())
    }

    fn send(tx: Self::Tx, message: u64) -> bool {
        tx.send(message).is_ok()
    }
}

pub(crate) struct Broadcast;

impl family::Broadcast for Broadcast {
    const NAMED: Named = NAMED;
    type Tx = broadcast::mpmc::BoundedSender<u64>;
    type Rx = broadcast::mpmc::BoundedReceiver<u64>;

    fn open(capacity: usize, receivers: u64) -> (Self::Tx, Vec<Self::Rx>) {
        let (tx, first) = broadcast::mpmc::bounded(capacity);
        let mut all: Vec<_> = (1..receivers).map(|_| tx.subscribe()).collect();
        all.push(first);
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
        let (tx, first) = watch::channel(0);
        let mut all: Vec<_> = (1..receivers).map(|_| tx.subscribe()).collect();
        all.push(first);
        (tx, all)
    }

    fn set(tx: &mut Self::Tx, value: u64) {
        tx.send_replace(value);
    }

    fn look(rx: &mut Self::Rx) -> u64 {
        rx.get()
    }

    async fn next(rx: &mut Self::Rx) -> Option<u64> {
        rx.recv().await.ok()
    }
}
