//! Many producers, one consumer.
//!
//! The names, signatures and behaviour are those of `tokio::sync::mpsc`; the rest comes beside them. It is the channel
//! of [`mpmc`](crate::mpmc) with another face: a receiver that is used by `&mut` and has one place to wait. [`channel()`]
//! makes a bounded one, which holds fast senders back; [`unbounded_channel`] makes one whose senders never wait.
//!
//! ```
//! use futures_lite::future::{block_on, zip};
//! use thalweg::mpsc;
//!
//! let (tx, mut rx) = mpsc::channel(8);
//! let count = |tx: mpsc::Sender<u64>| async move {
//!     for n in 1..=10 {
//!         tx.send(n).await.expect("the receiver is there");
//!     } // the last sender goes: the channel closes
//! };
//! let sum = async {
//!     let mut sum = 0;
//!     while let Some(n) = rx.recv().await {
//!         sum += n;
//!     }
//!     sum
//! };
//! let (sum, _) = block_on(zip(sum, zip(count(tx.clone()), count(tx))));
//! assert_eq!(sum, 110);
//! ```
//!
//! A run as it was recorded (feature `record`; `examples/article` in the repository); time goes down:
//!
#![doc = include_str!("picture.md")]
//!
//! # How does a channel end?
//!
//! When the last sender is dropped, or the receiver says [`close`](Receiver::close). The receiver takes what was accepted
//! and then gets `None`. To shut down without losing anything: `close`, then receive until `None`. Permits that are out
//! may be used after a close, and the receiver waits for them. When the receiver is dropped nobody can read what is
//! queued, so it is dropped there and then, outside any lock; what a permit sends later is dropped at once.
//!
//! # What if I cancel?
//!
//! What did not complete did not happen. A `recv` that is dropped took nothing, and one in a `select!` loop, dropped and
//! made anew at every turn, keeps its place: that belongs to the receiver. A pending `send` that is dropped sent
//! nothing, and never will. To keep its message use [`Send::cancel`](future::Send::cancel) or a
//! [permit](Sender::reserve).
//!
//! # Who goes first?
//!
//! Messages have one order, that in which they were sent. Senders that wait are woken first come, first served; one that
//! is woken and does not come holds nobody up, as long as [anything else happens](crate::mpmc#who-goes-first). One that
//! comes fresh takes the room it finds.
//!
//! # Does a busy channel starve its neighbours?
//!
//! After 128 ready operations of the senders in a row (up to 1,024 where several threads send by several handles), and 128 to 1,024 of the receiver, by the capacity, without one that waited, one poll
//! yields to the executor ([`Sender::set_budget`], [`Receiver::set_budget`]). With the feature `tokio` they count against tokio's own
//! budget, too.
//!
//! # What does it cost?
//!
//! A fresh channel is one small allocation, whatever its capacity and the size of its messages. Memory grows with what
//! is queued, and a burst that was received gives it back. Waiting allocates nothing. What
//! allocates once is a [`PollSender`], a thread that makes a channel, waits or blocks for the first time, and a process
//! ([`membarrier`](crate#features)). A receive from an unbounded channel
//! takes no lock, but to wait, where a block of messages ends, which has 64 small ones, and where the budget does.
//!
//! # What is capacity 0?
//!
//! `channel(0)`, which panics in tokio, makes a rendezvous: a send completes when the receiver waits for it.
//!
//! # May I block?
//!
//! With the feature `std`, yes: the `blocking_` methods wait in the same lines as the futures. Inside an async task they
//! block its thread, where tokio's panic: use the futures there.
//!
//! # What about wakers and destructors that misbehave?
//!
//! The same as in [`mpmc`](crate::mpmc#what-about-wakers-and-destructors-that-misbehave): they may use the channel, and may
//! panic.
//!
//! # How do I move from tokio?
//!
//! Replace `tokio::sync::mpsc` by `thalweg::mpsc`. What differs: `channel(0)` is a rendezvous, the `blocking_` methods
//! don't panic in a runtime, [`send_timeout`](Sender#method.send_timeout) needs the feature `tokio`, the futures have names
//! ([`future`]), an operation that is ready may yield once first. The receivers are streams themselves, so leave out
//! `tokio_stream`'s wrappers, and [`PollSender`] is that of `tokio_util`. The whole list is in the repository's
//! `docs/compat.md`.

#[cfg(feature = "std")]
mod blocking;
pub mod error;
pub mod future;
#[cfg(feature = "record")]
mod named;
mod permit;
mod poll_sender;
mod receiver;
mod sender;
#[cfg(feature = "sink")]
mod sink;
mod stream;
#[cfg(feature = "tokio")]
mod timeout;
mod unbounded;

pub use self::permit::{OwnedPermit, Permit, PermitIterator};
pub use self::poll_sender::PollSender;
pub use self::receiver::Receiver;
pub use self::sender::{Sender, WeakSender};
pub use self::unbounded::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender};

use crate::channel::sole;
use crate::record::{Kind, Log};

/// Makes a channel with room for `buffer` messages.
///
/// The capacity is exact, up to 2^59 - 1 messages (2^27 - 1 where pointers have 32 bits), which no channel exceeds. 0
/// makes a rendezvous: a send completes when the receiver waits for it. No room is allocated ahead, so a huge capacity
/// costs nothing until it is used.
///
/// ```
/// let (tx, rx) = thalweg::mpsc::channel(2);
/// assert!(tx.try_send(1).is_ok());
/// assert!(tx.try_send(2).is_ok());
/// assert!(tx.try_send(3).is_err());
/// assert_eq!(rx.len(), 2);
/// ```
#[cfg_attr(feature = "record", track_caller)]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    let (sending, receiving) = sole(buffer, Log::new(Kind::Mpsc, buffer));
    (Sender::new(sending), Receiver::new(receiving))
}

/// Makes a channel with room for any number of messages.
///
/// Sending waits for nobody, so nothing but memory holds fast senders back.
///
/// ```
/// let (tx, rx) = thalweg::mpsc::unbounded_channel();
/// for i in 0..1000 {
///     tx.send(i).unwrap();
/// }
/// assert_eq!(rx.len(), 1000);
/// ```
#[cfg_attr(feature = "record", track_caller)]
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sending, receiving) = sole(usize::MAX, Log::new(Kind::Mpsc, usize::MAX));
    (UnboundedSender::new(sending), UnboundedReceiver::new(Receiver::new(receiving)))
}
