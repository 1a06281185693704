//! Every message to every receiver.
//!
//! [`channel`] speaks the dialect of `tokio::sync::broadcast`: sending never waits, and a receiver that is too slow is told
//! how many messages it missed. [`lossless`] makes a channel in which nothing is missed: sending waits for the slowest
//! receiver. The handles are the same, and so are the receivers' methods; what differs is how one sends.
//!
//! ```
//! use futures_lite::future::{block_on, zip};
//! use thalweg::broadcast;
//!
//! let (tx, rx) = broadcast::lossless(8);
//! let sum = |mut rx: broadcast::Receiver<u64>| async move {
//!     let mut sum = 0;
//!     while let Ok(number) = rx.recv().await {
//!         sum += number;
//!     }
//!     sum
//! };
//! let receive = zip(sum(tx.subscribe()), sum(rx));
//! let send = async move {
//!     for number in 1..=100 {
//!         tx.send(number).await.unwrap();
//!     } // the last sender goes: the receivers come to their end
//! };
//! assert_eq!(block_on(zip(send, receive)).1, (5050, 5050));
//! ```
//!
//! A run as it was recorded (feature `record`; `examples/article` in the repository); time goes down:
//!
#![doc = include_str!("picture.md")]
//!
//! # Who gets what?
//!
//! A receiver gets every message that is sent from the moment it is there, in the one order of the channel. A message is
//! owed to the receivers that were there when it was sent. The last of them to read it gets the message itself, the others
//! clones; when all have read it, or left, it is gone from the channel.
//!
//! # What if a receiver is slow?
//!
//! In a [`Lossy`] channel a send that finds all of the capacity in use writes over the oldest message. Receivers that have
//! yet to read it get [`Lagged(n)`](error::RecvError::Lagged) at their next receive, with the exact number of
//! messages they missed since the last one they got, and then the oldest message that is left. What a receiver got and what
//! it was told it missed add up to what was sent. In a [`Lossless`] channel a send waits instead, until all who are owed the
//! oldest message have read it or left. A receiver that is kept and never read then holds up the senders for ever: drop
//! it, or [`deactivate`](Receiver::deactivate) it.
//!
//! # How does a channel end?
//!
//! When the last [`Sender`] is dropped receivers get what they are owed, then `Closed`. When the last [`Receiver`] is
//! dropped messages have nobody to go to, and sending fails; but a channel can be [subscribed](Sender::subscribe) to at any
//! time, so that is not the end. [`closed`](Sender::closed) waits for the moment at which nobody receives or could:
//! [`InactiveReceiver`]s count.
//!
//! # What if I cancel?
//!
//! What did not complete did not happen: a pending `recv` that is dropped took nothing, a pending `send` of a lossless
//! channel that is dropped sent nothing, and never will.
//!
//! # May messages be `!Sync`?
//!
//! In a [`Lossy`] channel, yes: `T: Send` makes all handles `Send` and `Sync`, and no two threads ever have a reference to
//! the same message. A receiver that clones one takes it out of the channel for that time; who comes to the same message
//! meanwhile waits until it is back. No lock is held: sends go on, also over a message that is being cloned. In a
//! [`Lossless`] channel messages are `Sync`, and receivers clone them at the same time: nobody waits for another.
//!
//! # What does it cost?
//!
//! The room for all messages is allocated when the channel is made, and no more after: neither a message nor a wait
//! allocates. What allocates once is a receiver polled as a stream, and a thread that blocks for the first time. All
//! operations take constant time, but waking who waits, going back to the line of senders, [`Sender::len`], and dropping a
//! receiver, which gives up its messages one by one.
//!
//! # What about clones, wakers and destructors that misbehave?
//!
//! They run with no lock held: they may use the channel. They may panic, too: the call that ran them unwinds, and what it
//! had done stays done. Everybody else who was to be woken is, and a handle or future that a panic drops lets no second one
//! out, be it of a waker or of a queued message. Without the feature `std` a second panic ends the process. With it one does,
//! as everywhere in Rust, if it is that of a message which the first one drops: a send had not sent it, or had displaced it, or
//! a receive was about to hand it out.
//!
//! # How do I move from tokio?
//!
//! Replace `tokio::sync::broadcast` by `thalweg::broadcast`. What differs: the capacity is not rounded up, so a receiver
//! lags when it says; the last reader clones nothing; a `recv` that is ready may yield once first; `blocking_recv` doesn't
//! panic in a runtime. The receiver is a stream itself, so leave out `tokio_stream`'s `BroadcastStream`. The whole list is
//! in the repository's `docs/compat.md`.

#[cfg(feature = "std")]
mod blocking;
mod channel;
mod future;
#[cfg(feature = "record")]
mod named;
mod place;
mod receiver;
#[allow(unsafe_code)] // the cellar: this and `slot`
mod ring;
mod sender;
#[allow(unsafe_code)]
mod slot;
mod stream;
mod wake;

pub mod error;

pub use self::future::{Closed, Recv, Send};
pub use self::receiver::{InactiveReceiver, Receiver};
pub use self::sender::{Sender, WeakSender};

use self::channel::Channel;
use core::fmt;

/// How one sends in a channel that writes over the oldest message when it is full. See [`channel`].
#[derive(Debug)]
pub enum Lossy {}

/// How one sends in a channel that waits for the slowest receiver when it is full. See [`lossless`].
#[derive(Debug)]
pub enum Lossless {}

/// Makes a channel that keeps the last `capacity` messages for receivers that have yet to read them.
///
/// The capacity is exact. [`Sender::new`] makes such a channel without a receiver.
///
/// # Panics
///
/// If `capacity` is 0, or so large that its room would take more than `isize::MAX` bytes. The room is allocated here:
/// if there is not that much memory the process ends.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let (tx, mut rx) = thalweg::broadcast::channel(3);
/// assert_eq!(tx.send("hello"), Ok(1));
/// assert_eq!(rx.recv().await, Ok("hello"));
/// # });
/// ```
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    with_receiver(Sender::new(capacity))
}

/// Makes a channel with room for `capacity` messages, in which nothing is missed.
///
/// The capacity is exact. [`Sender::lossless`] makes such a channel without a receiver.
///
/// # Panics
///
/// If `capacity` is 0, or so large that its room would take more than `isize::MAX` bytes. The room is allocated here:
/// if there is not that much memory the process ends.
///
/// ```
/// let (tx, mut rx) = thalweg::broadcast::lossless(2);
/// assert!(tx.try_send(1).is_ok());
/// assert!(tx.try_send(2).is_ok());
/// assert!(tx.try_send(3).is_err());
/// assert_eq!(rx.try_recv(), Ok(1));
/// ```
#[track_caller]
pub fn lossless<T: Clone + Sync>(capacity: usize) -> (Sender<T, Lossless>, Receiver<T>) {
    with_receiver(Sender::lossless(capacity))
}

fn with_receiver<T, M>(sender: Sender<T, M>) -> (Sender<T, M>, Receiver<T>) {
    let receiver = sender.subscribe();
    (sender, receiver)
}

/// The capacity, if there can be such a channel.
#[track_caller]
fn checked(capacity: usize) -> usize {
    assert!(capacity > 0, "a broadcast channel needs room for a message");
    assert!(capacity <= usize::MAX / 2, "a broadcast channel's capacity is at most `usize::MAX / 2`");
    capacity
}

/// What the `Debug` of the handles prints: the state of the channel, none of the messages.
fn describe<T>(name: &str, channel: &Channel<T>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let tail = channel.ring.take_tail();
    let (len, senders, receivers) = (channel.ring.unread(&tail), tail.senders, tail.receivers);
    drop(tail);
    f.debug_struct(name)
        .field("len", &len)
        .field("capacity", &channel.ring.capacity())
        .field("senders", &senders)
        .field("receivers", &receivers)
        .finish_non_exhaustive()
}
