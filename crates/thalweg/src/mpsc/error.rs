//! What can go wrong, under tokio's names.
//!
//! The errors of sending, and that of a receive with a time limit, are those of [`mpmc`](crate::mpmc).

pub use crate::error::{RecvTimeoutError, SendError, SendTimeoutError, TrySendError};

use core::{error, fmt};

/// Why a receive that doesn't wait failed.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum TryRecvError {
    /// No message is queued now, but one may still come: from a sender, or through a permit that is out.
    Empty,
    /// The channel is closed and empty: no message will ever come.
    #[doc(alias = "Closed")]
    Disconnected,
}

impl From<crate::error::TryRecvError> for TryRecvError {
    fn from(error: crate::error::TryRecvError) -> Self {
        match error {
            crate::error::TryRecvError::Empty => Self::Empty,
            crate::error::TryRecvError::Closed => Self::Disconnected,
        }
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "channel is empty",
            Self::Disconnected => "channel is closed and empty",
        })
    }
}

impl error::Error for TryRecvError {}

/// Why a [`PollSender`](super::PollSender) failed: the receiver was closed or dropped, or the sender itself was closed.
///
/// It has the message if there was one: of `send_item`, not of `poll_reserve`.
#[derive(PartialEq, Eq, Clone, Copy)]
pub struct PollSendError<T>(pub(super) Option<T>);

impl<T> PollSendError<T> {
    /// Takes the message back, if there was one.
    pub fn into_inner(self) -> Option<T> {
        self.0
    }
}

impl<T> fmt::Debug for PollSendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollSendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for PollSendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel is closed")
    }
}

impl<T> error::Error for PollSendError<T> {}
