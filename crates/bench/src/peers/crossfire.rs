//! crossfire. Capacity 0 is rewritten to 1 by the crate, so it is not offered here. An unbounded send never waits, so
//! its sender is the blocking one.

use ::crossfire::oneshot::{RxOneshot, TxOneshot};
use ::crossfire::{AsyncRx, MAsyncRx, MAsyncTx, MRx, MTx, RecvError, detect_backoff_cfg, mpmc, mpsc};

use crate::channel::{BlockingRx, BlockingTx, Capacity, Channel, Delivery, Named, Rx, Tx};
use crate::families::oneshot::Once;
use crate::message::Message;

const NAMED: Named = Named::strict("crossfire");

fn bounded<C>(capacity: Capacity, open: fn(usize) -> C) -> Option<C> {
    // The authors ask for this call at the start of a program that may run on a virtual machine.
    detect_backoff_cfg();
    match capacity {
        Capacity::Bounded(0) | Capacity::Unbounded => None,
        Capacity::Bounded(capacity) => Some(open(capacity)),
    }
}

fn unbounded<C>(capacity: Capacity, open: fn() -> C) -> Option<C> {
    detect_backoff_cfg();
    (capacity == Capacity::Unbounded).then(open)
}

pub(crate) struct Bounded;

impl<T: Message> Channel<T> for Bounded {
    const NAMED: Named = NAMED;
    type Tx = MAsyncTx<mpmc::Array<T>>;
    type Rx = MAsyncRx<mpmc::Array<T>>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        bounded(capacity, mpmc::bounded_async)
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }
}

pub(crate) struct Unbounded;

impl<T: Message> Channel<T> for Unbounded {
    const NAMED: Named = NAMED;
    type Tx = MTx<mpmc::List<T>>;
    type Rx = MAsyncRx<mpmc::List<T>>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        unbounded(capacity, mpmc::unbounded_async)
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }
}

pub(crate) struct MpscBounded;

impl<T: Message> Channel<T> for MpscBounded {
    const NAMED: Named = NAMED;
    type Tx = MAsyncTx<mpsc::Array<T>>;
    type Rx = AsyncRx<mpsc::Array<T>>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        bounded(capacity, mpsc::bounded_async)
    }
}

pub(crate) struct MpscUnbounded;

impl<T: Message> Channel<T> for MpscUnbounded {
    const NAMED: Named = NAMED;
    type Tx = MTx<mpsc::List<T>>;
    type Rx = AsyncRx<mpsc::List<T>>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        unbounded(capacity, mpsc::unbounded_async)
    }
}

pub(crate) struct Blocking;

impl<T: Message> Channel<T> for Blocking {
    const NAMED: Named = NAMED;
    type Tx = MTx<mpmc::Array<T>>;
    type Rx = MRx<mpmc::Array<T>>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        bounded(capacity, mpmc::bounded_blocking)
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }
}

pub(crate) struct BlockingUnbounded;

impl<T: Message> Channel<T> for BlockingUnbounded {
    const NAMED: Named = NAMED;
    type Tx = MTx<mpmc::List<T>>;
    type Rx = MRx<mpmc::List<T>>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        unbounded(capacity, mpmc::unbounded_blocking)
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        Some(rx.clone())
    }
}

pub(crate) struct ToTask;

impl<T: Message> Channel<T> for ToTask {
    const NAMED: Named = NAMED;
    type Tx = MTx<mpmc::Array<T>>;
    type Rx = MAsyncRx<mpmc::Array<T>>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        bounded(capacity, mpmc::bounded_blocking_async)
    }
}

pub(crate) struct ToThread;

impl<T: Message> Channel<T> for ToThread {
    const NAMED: Named = NAMED;
    type Tx = MAsyncTx<mpmc::Array<T>>;
    type Rx = MRx<mpmc::Array<T>>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        bounded(capacity, mpmc::bounded_async_blocking)
    }
}

impl<F: ::crossfire::flavor::Flavor<Item = T> + ::crossfire::flavor::FlavorMP, T: Message> Tx<T> for MAsyncTx<F> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        self.send(message)
    }

    fn try_put(&mut self, message: T) -> bool {
        self.try_send(message).is_ok()
    }
}

/// Only the unbounded ones are used so, whose send is over at once.
impl<F: ::crossfire::flavor::Flavor<Item = T> + ::crossfire::flavor::FlavorMP, T: Message> Tx<T> for MTx<F> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        std::future::ready(self.send(message))
    }

    fn try_put(&mut self, message: T) -> bool {
        self.try_send(message).is_ok()
    }
}

impl<F: ::crossfire::flavor::Flavor<Item = T> + ::crossfire::flavor::FlavorMC, T: Message> Rx<T> for MAsyncRx<F> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

impl<F: ::crossfire::flavor::Flavor<Item = T>, T: Message> Rx<T> for AsyncRx<F> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}

impl<F: ::crossfire::flavor::Flavor<Item = T> + ::crossfire::flavor::FlavorMP, T: Message> BlockingTx<T> for MTx<F> {
    fn put_blocking(&mut self, message: T) -> bool {
        self.send(message).is_ok()
    }
}

impl<F: ::crossfire::flavor::Flavor<Item = T> + ::crossfire::flavor::FlavorMC, T: Message> BlockingRx<T> for MRx<F> {
    fn take_blocking(&mut self) -> Option<T> {
        self.recv().ok()
    }
}

/// Its send tells nothing.
pub(crate) struct Oneshot;

impl Once for Oneshot {
    const NAMED: Named = NAMED;
    type Tx = TxOneshot<u64>;
    type Rx = RxOneshot<u64>;
    type Error = RecvError;

    fn open() -> (Self::Tx, Self::Rx) {
        ::crossfire::oneshot::oneshot()
    }

    fn send(tx: Self::Tx, message: u64) -> bool {
        tx.send(message);
        true
    }
}
