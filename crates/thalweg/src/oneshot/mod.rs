//! One message, once, from one task or thread to another.
//!
//! The names, signatures and behaviour are those of `tokio::sync::oneshot`; the rest comes beside them. It is made for
//! answers: whoever asks sends the [`Sender`] along and awaits the [`Receiver`], which is itself the future.
//!
//! ```
//! use futures_lite::future::block_on;
//! use std::thread;
//! use thalweg::{mpmc, oneshot};
//!
//! let (ask, asked) = mpmc::bounded::<(u64, oneshot::Sender<u64>)>(8);
//! let server = thread::spawn(move || {
//!     for (number, answer) in asked.iter_blocking() {
//!         let _ = answer.send(number * number); // an error: the asker went away
//!     }
//! });
//! block_on(async {
//!     let (answer, answered) = oneshot::channel();
//!     ask.send((7, answer)).await.unwrap();
//!     assert_eq!(answered.await, Ok(49));
//! });
//! drop(ask);
//! server.join().unwrap();
//! ```
//!
//! A run as it was recorded (feature `record`; `examples/article` in the repository); time goes down:
//!
#![doc = include_str!("picture.md")]
//!
//! # How does it end?
//!
//! Sending takes the sender, so one message is all there is. A sender that is dropped without sending makes the receiver
//! ready with an [error](error::RecvError). A receiver that is dropped, or [closed](Receiver::close), makes sends fail,
//! and a failed send gives its message back; whoever works on an answer can [wait](Sender::closed) for that and stop. A
//! message that was sent before a close can still be received. One that was sent and never received is dropped with the
//! receiver.
//!
//! # What if I cancel?
//!
//! A receiver that is polled, even if never again, takes nothing before its poll returns the message. Await `&mut
//! receiver` to keep it when the wait is given up, as in a `select!`. Sending does not wait, so it cannot be cancelled.
//!
//! # What does it cost?
//!
//! One allocation for all, made by [`channel`] and given back with the later of the two ends. A send is one atomic
//! exchange, whether or not somebody waits; a receive that finds the message there is none, and one that waits is one.
//! No call waits for the other end to get something done. Where wakers and messages are woken or dropped, nothing is in
//! the middle of being changed: they may call back into the channel, and may panic. Where both ends' wakers do in one call,
//! one of the panics goes on, and an end that a panic drops lets no second one out; without the feature `std` the second ends
//! the process.
//!
//! # How do I move from tokio?
//!
//! Replace `tokio::sync::oneshot` by `thalweg::oneshot`. tokio's own tests pass. What differs: `blocking_recv`, which needs
//! the feature `std`, doesn't panic in a runtime. The whole list is in the repository's `docs/compat.md`.

#[cfg(feature = "std")]
mod blocking;
pub mod error;
#[cfg(feature = "record")]
mod named;
mod receiver;
mod sender;
#[allow(unsafe_code)] // this channel's cellar
mod state;

pub use receiver::Receiver;
pub use sender::{Closed, Sender};

/// Makes a channel for one message.
///
/// Allocates once.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let (tx, rx) = thalweg::oneshot::channel();
/// tx.send("hello")?;
/// assert_eq!(rx.await, Ok("hello"));
/// # Ok::<(), &str>(()) }).unwrap();
/// ```
#[inline]
#[cfg_attr(feature = "record", track_caller)]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = state::pair();
    (Sender::new(sender), Receiver::new(receiver))
}
