//! postage. Bounded only. Its channels are used through its own `Sink` and `Stream`.

use ::postage::sink::Sink;
use ::postage::stream::Stream;
use ::postage::{broadcast, dispatch, mpsc, watch};

use crate::channel::{Capacity, Channel, Delivery, Named, Rx, Tx};
use crate::families::broadcast as family;
use crate::families::watch::Watched;
use crate::message::Message;

const NAMED: Named = Named::strict("postage");

fn open<C>(capacity: Capacity, open: fn(usize) -> C) -> Option<C> {
    match capacity {
        Capacity::Bounded(0) | Capacity::Unbounded => None,
        Capacity::Bounded(capacity) => Some(open(capacity)),
    }
}

pub(crate) struct Dispatch;

impl<T: Message> Channel<T> for Dispatch {
    const NAMED: Named = NAMED;
    type Tx = dispatch::Sender<T>;
    type Rx = dispatch::Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        open(capacity, dispatch::channel)
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
        open(capacity, mpsc::channel)
    }
}

impl<T: Message> Tx<T> for dispatch::Sender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        self.send(message)
    }

    fn try_put(&mut self, message: T) -> bool {
        self.try_send(message).is_ok()
    }
}

impl<T: Message> Rx<T> for dispatch::Receiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
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

impl<T: Message> Rx<T> for mpsc::Receiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

pub(crate) struct Broadcast;

impl family::Broadcast for Broadcast {
    const NAMED: Named = NAMED;
    type Tx = broadcast::Sender<u64>;
    type Rx = broadcast::Receiver<u64>;

    fn open(capacity: usize, receivers: u64) -> (Self::Tx, Vec<Self::Rx>) {
        let (tx, first) = broadcast::channel(capacity);
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
        let (mut tx, first) = watch::channel_with(0);
        let mut all: Vec<_> = (1..receivers).map(|_| tx.subscribe()).collect();
        all.push(first);
        (tx, all)
    }

    fn set(tx: &mut Self::Tx, value: u64) {
        *tx.borrow_mut() = value;
    }

    fn look(rx: &mut Self::Rx) -> u64 {
        *rx.borrow()
    }

    fn next(rx: &mut Self::Rx) -> impl Future<Output = Option<u64>> + Send {
        rx.recv()
    }
}
