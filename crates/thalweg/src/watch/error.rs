//! What can go wrong. Names and texts are tokio's, but for `RecvTimeoutError`, which tokio has not.

use core::{error, fmt};

/// The value of a send that failed because no receiver is there.
///
/// The value is the public field, so `let SendError(value) = error;` takes it back.
#[derive(PartialEq, Eq, Clone, Copy)]
pub struct SendError<T>(pub T);

impl<T> SendError<T> {
    /// Takes the value back.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// No sender is left: the value will not change any more.
#[derive(PartialEq, Eq, Clone, Debug)]
pub struct RecvError(pub(super) ());

/// Why a wait with a time limit failed.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum RecvTimeoutError {
    /// The time ran out before the value changed.
    Timeout,
    /// No sender is left: the value will not change any more.
    Closed,
}

impl RecvTimeoutError {
    /// Whether the time ran out.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// Whether no sender is left.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }
}

impl From<RecvError> for RecvTimeoutError {
    fn from(_: RecvError) -> Self {
        Self::Closed
    }
}

const CLOSED: &str = "channel closed";

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CLOSED)
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CLOSED)
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => "timed out before the value changed",
            Self::Closed => CLOSED,
        })
    }
}

impl<T> error::Error for SendError<T> {}
impl error::Error for RecvError {}
impl error::Error for RecvTimeoutError {}
