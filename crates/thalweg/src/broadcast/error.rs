//! What can go wrong on a broadcast channel.
//!
//! The names and texts are those of `tokio::sync::broadcast::error`, with those beside them that the calls need which
//! are not there.

use core::{error, fmt};

pub use crate::error::{SendTimeoutError, TrySendError};

/// The message of a send that failed because there is no receiver.
///
/// A later send may succeed: [`subscribe`](super::Sender::subscribe) makes a receiver at any time. The message is the
/// public field, so `let SendError(message) = error;` takes it back.
#[derive(PartialEq, Eq, Clone, Copy)]
pub struct SendError<T>(pub T);

impl<T> SendError<T> {
    /// Takes the message back.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// Why a receive failed.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum RecvError {
    /// There is no sender left, and this receiver has seen every message: none will ever come.
    Closed,
    /// The receiver was too slow: so many messages were written over before it read them. The next receive gets the
    /// oldest one that is left.
    Lagged(u64),
}

/// Why a receive that doesn't wait failed.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum TryRecvError {
    /// There is no message now, but one may come. In a channel that is not lossless also while another receiver is
    /// cloning the message that is next.
    Empty,
    /// There is no sender left, and this receiver has seen every message: none will ever come.
    Closed,
    /// The receiver was too slow: so many messages were written over before it read them. The next receive gets the
    /// oldest one that is left.
    Lagged(u64),
}

/// Why a receive with a time limit failed.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum RecvTimeoutError {
    /// The time ran out before a message came.
    Timeout,
    /// There is no sender left, and this receiver has seen every message: none will ever come.
    Closed,
    /// The receiver was too slow: so many messages were written over before it read them. The next receive gets the
    /// oldest one that is left.
    Lagged(u64),
}

/// How many messages a receiver missed, as an item of its stream.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub struct Lagged(pub u64);

impl From<RecvError> for TryRecvError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Closed => Self::Closed,
            RecvError::Lagged(missed) => Self::Lagged(missed),
        }
    }
}

impl From<RecvError> for RecvTimeoutError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Closed => Self::Closed,
            RecvError::Lagged(missed) => Self::Lagged(missed),
        }
    }
}

impl From<Lagged> for RecvError {
    fn from(Lagged(missed): Lagged) -> Self {
        Self::Lagged(missed)
    }
}

impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(SendError(message): SendError<T>) -> Self {
        Self::Closed(message)
    }
}

impl<T> From<SendError<T>> for SendTimeoutError<T> {
    fn from(SendError(message): SendError<T>) -> Self {
        Self::Closed(message)
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

const CLOSED: &str = "channel closed";

fn lagged(missed: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "channel lagged by {missed}")
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CLOSED)
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str(CLOSED),
            Self::Lagged(missed) => lagged(*missed, f),
        }
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("channel empty"),
            Self::Closed => f.write_str(CLOSED),
            Self::Lagged(missed) => lagged(*missed, f),
        }
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("timed out while the channel was empty"),
            Self::Closed => f.write_str(CLOSED),
            Self::Lagged(missed) => lagged(*missed, f),
        }
    }
}

impl fmt::Display for Lagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lagged(self.0, f)
    }
}

impl<T> error::Error for SendError<T> {}
impl error::Error for RecvError {}
impl error::Error for TryRecvError {}
impl error::Error for RecvTimeoutError {}
impl error::Error for Lagged {}
