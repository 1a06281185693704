//! Channels of many messages, each for all receivers.

pub(crate) mod all;
pub(crate) mod ends;
pub(crate) mod foreign;

use crate::column::{Column, Note, Probe};
use crate::hand::task;
use crate::message::Message;
use crate::outcome::Outcome;
use crate::stream::Refused;
use crate::traits::Traits;

/// What a receive finds.
#[derive(Debug)]
pub(crate) enum Got {
    Message(Message),
    /// So many came and went unread.
    Missed(u64),
    Empty,
    Closed,
}

impl Got {
    fn id(&self) -> Option<u64> {
        match self {
            Self::Message(message) => Some(message.id),
            _ => None,
        }
    }
}

/// A broadcast channel as its authors advise to use it.
pub(crate) trait Broadcast: 'static {
    const NAME: &'static str;
    /// Senders wait for the slowest receiver. Where not, it misses messages.
    fn is_lossless() -> bool;

    type Tx: Clone + Send + 'static;
    type Rx: Send + 'static;

    fn open(capacity: usize) -> (Self::Tx, Self::Rx);
    fn subscribe(tx: &Self::Tx) -> Self::Rx;
    fn send(tx: &mut Self::Tx, message: Message) -> impl Future<Output = Result<(), Option<Message>>> + Send;
    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused>;
    fn recv(rx: &mut Self::Rx) -> impl Future<Output = Got> + Send;
    fn try_recv(rx: &mut Self::Rx) -> Got;
    fn traits() -> Traits;

    /// Where its documentation says that it behaves differently from what the probe of this name asks for.
    fn documented(_probe: &str) -> Option<Note> {
        None
    }
}

/// All probes of this kind of channel.
pub(crate) fn column<B: Broadcast>() -> Column {
    let probes: Vec<Probe> = vec![
        ("exactly-once", all::exactly_once::<B>),
        ("cancel-recv", all::cancel_recv::<B>),
        ("cancel-send", all::cancel_send::<B>),
        ("neglected-send", all::neglected_send::<B>),
        ("missed-count", all::missed::<B>),
        ("capacity-exact", all::capacity::<B>),
        ("frees-queue", all::frees::<B>),
        ("spurious-polls", all::polls::<B>),
        ("last-sender", ends::last_sender::<B>),
        ("last-receiver", ends::last_receiver::<B>),
        ("slowest-leaves", ends::slowest_leaves::<B>),
        ("waker-calls-back", foreign::waker_calls_back::<B>),
        ("clone-calls-back", foreign::clone_calls_back::<B>),
        ("clone-panics", foreign::clone_panics::<B>),
        ("others-inside", foreign::others_inside::<B>),
        ("rc", foreign::rc::<B>),
        ("auto-traits", foreign::auto_traits::<B>),
    ];
    Column { name: B::NAME, kind: "broadcast", probes, documented: B::documented }
}

/// Sends one that needs no wait.
fn put<B: Broadcast>(tx: &mut B::Tx, message: Message) -> Outcome {
    let mut send = task(B::send(tx, message));
    send.settle();
    crate::outcome::ensure(matches!(send.output(), Some(Ok(()))), || "a send that had room did not go through".into())
}
