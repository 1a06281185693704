//! What a measured channel must offer.
//!
//! Each trait is implemented for the project's own handle, and each operation returns the project's own future: an
//! `async fn` around it would cost more than some channels do. Loops are generic over [`Channel`], so every call in
//! them is direct; only whole rounds are called through a pointer.

use std::fmt;

/// How many messages a channel holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capacity {
    Bounded(usize),
    Unbounded,
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bounded(capacity) => write!(f, "cap {capacity}"),
            Self::Unbounded => f.write_str("unbounded"),
        }
    }
}

/// What a project promises about a send or a receive that is dropped while pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Another project; what was dropped did not happen.
    Strict,
    /// Another project; a dropped send may be delivered, or a dropped receive may lose its message.
    Loose,
    /// Ours; strict, and never a peer to compare with.
    Ours,
}

/// Who is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    /// As the registry has it. Who uses it in an unusual way says so behind it, in parentheses.
    pub(crate) name: &'static str,
    pub(crate) standing: Standing,
}

impl Named {
    pub(crate) const fn strict(name: &'static str) -> Self {
        Self { name, standing: Standing::Strict }
    }

    pub(crate) const fn loose(name: &'static str) -> Self {
        Self { name, standing: Standing::Loose }
    }

    pub(crate) const fn ours(name: &'static str) -> Self {
        Self { name, standing: Standing::Ours }
    }
}

/// One channel, configured as its authors advise.
pub(crate) trait Channel<T>: 'static {
    const NAMED: Named;

    /// Why it takes no part where operations are dropped while they wait, if it would take the whole run down.
    const EXCUSE: Option<&'static str> = None;

    type Tx: Clone + Send + 'static;
    type Rx: Send + 'static;

    /// A fresh channel, or `None` if this capacity is not offered.
    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)>;

    /// Another receiver of the same channel, where there may be several.
    fn share(_: &Self::Rx) -> Option<Self::Rx> {
        None
    }
}

/// What a receive yields, whatever its authors call it.
pub(crate) trait Delivery<T>: Send {
    fn message(self) -> Option<T>;
}

impl<T: Send> Delivery<T> for Option<T> {
    fn message(self) -> Option<T> {
        self
    }
}

impl<T: Send, E: Send> Delivery<T> for Result<T, E> {
    fn message(self) -> Option<T> {
        self.ok()
    }
}

/// A handle that sends from tasks.
pub(crate) trait Tx<T>: Clone + Send + 'static {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send;
    fn try_put(&mut self, message: T) -> bool;
}

/// A handle that receives in tasks.
pub(crate) trait Rx<T>: Send + 'static {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send;
    fn try_take(&mut self) -> Option<T>;
}

/// A handle that sends from threads.
pub(crate) trait BlockingTx<T>: Clone + Send + 'static {
    fn put_blocking(&mut self, message: T) -> bool;
}

/// A handle that receives in threads.
pub(crate) trait BlockingRx<T>: Send + 'static {
    fn take_blocking(&mut self) -> Option<T>;
}

/// Something to be done with every channel of tasks.
pub(crate) trait Visit<T> {
    fn channel<C>(&mut self)
    where
        C: Channel<T, Tx: Tx<T>, Rx: Rx<T>>;
}

/// Something to be done with every channel of threads.
pub(crate) trait VisitBlocking<T> {
    fn channel<C>(&mut self)
    where
        C: Channel<T, Tx: BlockingTx<T>, Rx: BlockingRx<T>>;
}

/// Something to be done with every channel between a thread and a task, either way.
pub(crate) trait VisitMixed<T> {
    fn to_task<C>(&mut self)
    where
        C: Channel<T, Tx: BlockingTx<T>, Rx: Rx<T>>;

    fn to_thread<C>(&mut self)
    where
        C: Channel<T, Tx: Tx<T>, Rx: BlockingRx<T>>;
}

/// Whether a channel comes in this capacity, for this number of receivers.
pub(crate) fn offers<T, C: Channel<T>>(capacity: Capacity, receivers: u64) -> bool {
    C::open(capacity).is_some_and(|(_, rx)| receivers == 1 || C::share(&rx).is_some())
}
