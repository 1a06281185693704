//! What can go wrong with a one-shot channel, under tokio's names, with one beside them for the calls with a deadline.

use core::{error, fmt};

/// No message will come: the sender was dropped without sending, or the receiver was closed before it sent.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub struct RecvError(pub(super) ());

/// Why there is no message for [`try_recv`](super::Receiver::try_recv).
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum TryRecvError {
    /// Nothing has been sent yet.
    Empty,
    /// No message will come: the sender was dropped without sending, the receiver was closed before it sent, or the
    /// message has been received already.
    #[doc(alias = "Disconnected")]
    Closed,
}

/// Why there is no message for a blocking receive with a time limit.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum RecvTimeoutError {
    /// The time ran out before anything was sent. It may still be.
    Timeout,
    /// No message will come, as in [`TryRecvError::Closed`].
    #[doc(alias = "Disconnected")]
    Closed,
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel closed")
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "channel empty",
            Self::Closed => "channel closed",
        })
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => "timed out while the channel was empty",
            Self::Closed => "channel closed",
        })
    }
}

impl error::Error for RecvError {}
impl error::Error for TryRecvError {}
impl error::Error for RecvTimeoutError {}
