//! Only the newest value: every receiver can look at it, and learns when it changes (feature `std`).
//!
//! The names and signatures of `tokio::sync::watch` are all here; the rest comes beside them.
//!
//! ```
//! use futures_lite::future::block_on;
//! use std::thread;
//! use thalweg::watch;
//!
//! let (tx, mut rx) = watch::channel("starting");
//! let follower = thread::spawn(move || block_on(async {
//!     let mut last = *rx.borrow_and_update();
//!     while rx.changed().await.is_ok() {
//!         last = *rx.borrow_and_update();
//!     }
//!     last
//! }));
//! tx.send("running").unwrap();
//! tx.send("done").unwrap();
//! drop(tx); // the last sender: the follower comes to its end
//! assert_eq!(follower.join().unwrap(), "done");
//! ```
//!
//! A run as it was recorded (feature `record`; `examples/article` in the repository); time goes down:
//!
#![doc = include_str!("picture.md")]
//!
//! # What may I miss?
//!
//! Values in between, never the last one. Each receiver knows which value it has *seen*. [`changed`](Receiver::changed)
//! is ready as soon as there is one it has not, also if that came before it waited, and also if all senders have gone
//! since. What a receiver has not looked at is replaced by what comes after it.
//!
//! # How does a channel end?
//!
//! When the last sender is dropped it is closed for ever: receivers that have seen the last value are told, the others
//! see it first. The value itself stays for whoever looks, and is dropped with the last handle. When the last
//! *receiver* is dropped [`send`](Sender::send) fails and [`closed`](Sender::closed) is ready, until
//! [`subscribe`](Sender::subscribe) makes a new one.
//!
//! # What if I cancel?
//!
//! A receiver has seen a value only in the poll that told it so. A pending future that is dropped leaves nothing
//! behind, one that is forgotten its memory. All who wait are woken by each change, so a task that does not poll holds
//! nobody up.
//!
//! # What is locked?
//!
//! The value, by the standard library's readers-writer lock: any number of [`Ref`]s, or one change. So this module needs
//! the feature `std`. A [`Ref`] that is kept makes senders block their threads; a closure that changes the value makes all others block
//! who look at it. These closures, the condition of [`wait_for`](Receiver::wait_for) and the `Clone` of a value in a
//! stream are the only foreign code that runs under a lock in this crate, since running on the value is what they
//! are for. They may wait for, and ask, everything but the value. If they panic nothing stays locked and the channel goes on.
//! Wakers are woken, and values dropped, with nothing locked: they may use the channel, and they may panic. All others
//! who were to be woken are, and a handle or future that a panic drops lets no second one of a waker out. Where a value panics
//! that a first panic drops, be it the old one when a waker's panic has ended the send, the process ends, as everywhere in Rust.
//!
//! # What does it cost?
//!
//! A change wakes all who wait, first come, first served, with a short lock for each. Neither a change nor a wait
//! allocates. After 128 waits in a row of one receiver that did not have to wait, one yields to the executor. Versions
//! of the value are told apart by 60 bits (28 where pointers have 32): a receiver that sleeps through exactly so many
//! changes finds nothing new.
//!
//! # How do I move from tokio?
//!
//! Replace `tokio::sync::watch` by `thalweg::watch`. tokio's own tests pass. What differs: the futures have names, and
//! `Debug` of a handle shows no value. The whole list is in the repository's `docs/compat.md`.

mod blocking;
pub mod error;
mod future;
mod handle;
#[cfg(feature = "record")]
mod named;
mod receiver;
mod sender;
mod shared;
mod stream;
mod value;

pub use self::future::{Changed, Closed, WaitFor};
pub use self::receiver::Receiver;
pub use self::sender::Sender;
pub use self::stream::Values;
pub use self::value::Ref;

use self::shared::Shared;
use core::fmt;

/// Makes a channel with this value, which its first receiver has seen.
///
/// ```
/// let (tx, rx) = thalweg::watch::channel(1);
/// assert_eq!(*rx.borrow(), 1);
/// assert!(!rx.has_changed().unwrap());
/// tx.send(2).unwrap();
/// assert_eq!(*rx.borrow(), 2);
/// assert!(rx.has_changed().unwrap());
/// ```
#[cfg_attr(feature = "record", track_caller)]
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    let sender = Sender::new(init);
    let receiver = sender.subscribe();
    (sender, receiver)
}

/// What the `Debug` of both handles prints: the state of the channel, not the value, which may be locked.
fn describe<T>(name: &str, shared: &Shared<T>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct(name)
        .field("closed", &shared.is_closed())
        .field("senders", &shared.sender_count())
        .field("receivers", &shared.receiver_count())
        .finish_non_exhaustive()
}
