//! Channels of many messages, each for one receiver: mpmc, mpsc, and those for threads only.

pub(crate) mod cancel;
pub(crate) mod capacity;
pub(crate) mod close;
pub(crate) mod fair;
pub(crate) mod foreign;
pub(crate) mod memory;
pub(crate) mod neglect;
pub(crate) mod once;
pub(crate) mod runtimes;
pub(crate) mod value_back;
pub(crate) mod wrong;

use std::fmt;

use crate::column::{Column, Note, Probe};
use crate::hand::task;
use crate::message::Message;
use crate::outcome::{Fault, not_offered};
use crate::traits::Traits;

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

/// Why a message was not taken at once, and the message, if it comes back.
#[derive(Debug)]
pub(crate) enum Refused {
    Full(Option<Message>),
    Closed(Option<Message>),
}

/// Why there is none at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nothing {
    Empty,
    Closed,
}

/// A channel as its authors advise to use it.
pub(crate) trait Stream: 'static {
    const NAME: &'static str;
    /// Which table its column stands in.
    const KIND: &'static str;
    /// Its operations can be awaited. Where not, the futures below block, and probes that poll by hand leave it out.
    const ASYNC: bool = true;
    /// There may be several receivers.
    const SHARED: bool;
    /// [`Self::hold`] is offered.
    const PERMITS: bool = false;
    /// [`Self::send_or_back`] is offered.
    const GIVES_BACK: bool = false;
    /// [`Self::close_by_sender`], [`Self::close_by_receiver`] are offered.
    const CLOSE_BY_SENDER: bool = false;
    const CLOSE_BY_RECEIVER: bool = false;

    type Tx: Clone + Send + 'static;
    type Rx: Send + 'static;

    /// A fresh channel, or `None` if this capacity is not offered.
    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)>;

    /// Another receiver of the same channel.
    fn share(_: &Self::Rx) -> Option<Self::Rx> {
        None
    }

    fn send(tx: &mut Self::Tx, message: Message) -> impl Future<Output = Result<(), Option<Message>>> + Send;
    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused>;
    /// `None` when the channel has ended.
    fn recv(rx: &mut Self::Rx) -> impl Future<Output = Option<Message>> + Send;
    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing>;

    fn close_by_sender(_: &mut Self::Tx) {}
    fn close_by_receiver(_: &mut Self::Rx) {}

    /// Takes a place, waits for `signal`, then sends on that place.
    fn hold(_: &mut Self::Tx, message: Message, signal: impl Future<Output = ()> + Send) -> impl Future<Output = ()> {
        async {
            drop(message);
            signal.await;
        }
    }

    /// A send that is given up when `signal` comes, and gives the message back then.
    fn send_or_back(
        _: &mut Self::Tx,
        message: Message,
        signal: impl Future<Output = ()> + Send,
    ) -> impl Future<Output = Result<(), Option<Message>>> {
        async {
            drop(message);
            signal.await;
            Ok(())
        }
    }

    fn traits() -> Traits;

    /// Where its documentation says that it behaves differently from what the probe of this name asks for.
    fn documented(_probe: &str) -> Option<Note> {
        None
    }
}

/// All probes of this kind of channel.
pub(crate) fn column<S: Stream>() -> Column {
    let probes: Vec<Probe> = vec![
        ("exactly-once", once::exactly_once::<S>),
        ("order", once::order::<S>),
        ("cancel-recv", cancel::recv::<S>),
        ("cancel-recv-wake", cancel::recv_wake::<S>),
        ("cancel-send", cancel::send::<S>),
        ("cancel-send-wake", cancel::send_wake::<S>),
        ("value-back", value_back::failed::<S>),
        ("unsent-back", value_back::given_up::<S>),
        ("neglected-send", neglect::send::<S>),
        ("neglected-recv", neglect::recv::<S>),
        ("fifo-senders", fair::senders::<S>),
        ("fifo-receivers", fair::receivers::<S>),
        ("overtaken", fair::overtaken::<S>),
        ("shares", fair::shares::<S>),
        ("capacity-exact", capacity::exact::<S>),
        ("capacity-zero", capacity::zero::<S>),
        ("permits", capacity::permits::<S>),
        ("alloc-message", memory::message::<S>),
        ("alloc-wait", memory::wait::<S>),
        ("spurious-polls", memory::polls::<S>),
        ("cancelled-waits", memory::cancelled::<S>),
        ("burst", memory::burst::<S>),
        ("last-sender", close::last_sender::<S>),
        ("last-receiver", close::last_receiver::<S>),
        ("frees-queue", close::frees_queue::<S>),
        ("close-call", close::by_call::<S>),
        ("waker-calls-back", foreign::waker_calls_back::<S>),
        ("waker-panics", foreign::waker_panics::<S>),
        ("message-calls-back", foreign::message_calls_back::<S>),
        ("message-panics", foreign::message_panics::<S>),
        ("others-inside", foreign::others_inside::<S>),
        ("runtimes", runtimes::all::<S>),
        ("neighbours-tokio", runtimes::neighbours_tokio::<S>),
        ("neighbours-any", runtimes::neighbours_any::<S>),
        ("rc", wrong::rc::<S>),
        ("auto-traits", wrong::auto_traits::<S>),
        ("forget", wrong::forget::<S>),
    ];
    Column { name: S::NAME, kind: S::KIND, probes, documented: S::documented }
}

// What probes begin with.

fn open<S: Stream>(capacity: Capacity) -> Result<(S::Tx, S::Rx), Fault> {
    S::open(capacity).map_or_else(|| not_offered(format!("there is no such channel: {capacity}")), Ok)
}

/// Those of the capacities that are offered.
fn offered<S: Stream>(capacities: &[Capacity]) -> Result<Vec<Capacity>, Fault> {
    let some: Vec<_> = capacities.iter().copied().filter(|capacity| S::open(*capacity).is_some()).collect();
    if some.is_empty() { not_offered("there is no such channel") } else { Ok(some) }
}

const BOUNDED: [Capacity; 3] = [Capacity::Bounded(1), Capacity::Bounded(2), Capacity::Bounded(5)];
const ANY: [Capacity; 4] = [Capacity::Bounded(0), Capacity::Bounded(1), Capacity::Bounded(4), Capacity::Unbounded];

fn awaits<S: Stream>() -> Result<(), Fault> {
    if S::ASYNC { Ok(()) } else { not_offered("it is for threads: nothing can be awaited") }
}

fn shared<S: Stream>(rx: &S::Rx) -> Result<S::Rx, Fault> {
    S::share(rx).map_or_else(|| not_offered("it has one receiver"), Ok)
}

/// Sends until it is full, and says how many it took.
fn fill<S: Stream>(tx: &mut S::Tx) -> Result<u64, Fault> {
    for id in 0..10_000 {
        match S::try_send(tx, Message::plain(id)) {
            Ok(()) => {}
            Err(Refused::Full(_)) => return Ok(id),
            Err(Refused::Closed(_)) => return Err(Fault::Broken("a try_send on an open channel said closed".into())),
        }
    }
    not_offered("it is never full")
}

/// All that is there now, by number.
fn drain<S: Stream>(rx: &mut S::Rx) -> Vec<u64> {
    std::iter::from_fn(|| S::try_recv(rx).ok()).map(|message| message.id).collect()
}

/// The next message, if a receive is over without waiting.
fn next<S: Stream>(rx: &mut S::Rx) -> Option<u64> {
    let mut receive = task(S::recv(rx));
    receive.settle();
    receive.output().flatten().map(|message| message.id)
}
