//! Channels of one message.

pub(crate) mod foreign;
pub(crate) mod once;

use crate::column::{Column, Note, Probe};
use crate::message::Message;
use crate::stream::Nothing;
use crate::traits::Traits;

/// A oneshot channel as its authors advise to use it.
pub(crate) trait Oneshot: 'static {
    const NAME: &'static str;
    /// [`Self::try_recv`], [`Self::close`] are offered.
    const TRY_RECV: bool = true;
    const CLOSE: bool = false;

    type Tx: Send + 'static;
    type Rx: Send + 'static;

    fn open() -> (Self::Tx, Self::Rx);
    fn send(tx: Self::Tx, message: Message) -> Result<(), Option<Message>>;
    /// By reference, as in a `select!` that comes round again.
    fn recv(rx: &mut Self::Rx) -> impl Future<Output = Option<Message>> + Send;

    fn try_recv(_: &mut Self::Rx) -> Result<Message, Nothing> {
        Err(Nothing::Closed)
    }

    fn close(_: &mut Self::Rx) {}

    fn traits() -> Traits;

    /// Where its documentation says that it behaves differently from what the probe of this name asks for.
    fn documented(_probe: &str) -> Option<Note> {
        None
    }
}

/// All probes of this kind of channel.
pub(crate) fn column<O: Oneshot>() -> Column {
    let probes: Vec<Probe> = vec![
        ("exactly-once", once::exactly_once::<O>),
        ("cancel-recv", once::cancel_recv::<O>),
        ("value-back", once::value_back::<O>),
        ("new-waker", once::new_waker::<O>),
        ("spurious-polls", once::polls::<O>),
        ("last-sender", once::sender_leaves::<O>),
        ("frees-queue", once::frees::<O>),
        ("close-call", once::close::<O>),
        ("waker-calls-back", foreign::waker_calls_back::<O>),
        ("waker-panics", foreign::waker_panics::<O>),
        ("others-inside", foreign::others_inside::<O>),
        ("rc", foreign::rc::<O>),
        ("auto-traits", foreign::auto_traits::<O>),
        ("forget", foreign::forget::<O>),
    ];
    Column { name: O::NAME, kind: "oneshot", probes, documented: O::documented }
}
