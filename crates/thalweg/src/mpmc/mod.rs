//! Many producers, many consumers, each message to one of them.
//!
//! One pair of types serves every capacity: [`bounded`], [`unbounded`], and [`rendezvous`], which is capacity 0.
//! The names and signatures of async-channel 2 are all here; the rest comes beside them.
//!
//! ```
//! use futures_lite::future::block_on;
//! use std::thread;
//! use thalweg::mpmc;
//!
//! let (tx, rx) = mpmc::bounded(8);
//! let worker = |rx: mpmc::Receiver<u64>| async move {
//!     let mut sum = 0;
//!     while let Ok(n) = rx.recv().await {
//!         sum += n * n;
//!     }
//!     sum
//! };
//! let threads = [rx.clone(), rx].map(|rx| thread::spawn(move || block_on(worker(rx))));
//! block_on(async {
//!     for n in 1..=10 {
//!         tx.send(n).await.unwrap();
//!     }
//! });
//! drop(tx); // the last sender: the workers come to their end
//! assert_eq!(threads.map(|thread| thread.join().unwrap()).iter().sum::<u64>(), 385);
//! ```
//!
//! A run as it was recorded (feature `record`; `examples/article` in the repository); time goes down:
//!
#![doc = include_str!("picture.md")]
//!
//! # How does a channel end?
//!
//! Either side may [close](Sender::close) it, and dropping the last sender or the last receiver does. From then on
//! sends fail and give their message back, those that wait included. What was accepted can still be received, then
//! receivers see the end; [`close_and_drain`](Receiver::close_and_drain) is the explicit way to have the rest at
//! once. When the last *receiver* is gone nobody can read what is queued, so it is dropped there and then, outside
//! any lock. A permit that is out may be used after a close, and receivers wait for it. [`closed`](Sender::closed)
//! waits for the end on either side.
//!
//! # What if I cancel?
//!
//! What did not complete did not happen. A pending `recv` that is dropped took nothing and passes its wake-up on. A
//! pending `send` that is dropped sent nothing, and never will: a message enters the channel only in its own send's
//! poll. To keep the message use [`Send::cancel`], [`send_many`](Sender::send_many) or a [permit](Sender::reserve); a
//! blocking send that times out returns it. Each async method has a section on this.
//!
//! # Who goes first?
//!
//! Messages have one order, that in which they were sent; each receiver sees a part of it in that order. Waiting
//! tasks and threads are woken first come, first served, one for each message or free slot. Who comes fresh takes
//! what it finds, even if another was woken for it and has yet to run; that one goes back to the front of the line,
//! before all who came later. (With capacity 0 it leaves that to the other first, and then comes into the line too.) Where tasks are no more than slots it may
//! stay awake instead, and look again up to 64 times while the channel moves. A task that does not poll what it
//! waits for holds nobody up: others take what it was woken for. Only if nothing at all happens on the channel
//! afterwards is nobody else woken for that one message, or place; dropping the neglected future, or any send or receive
//! that has to wait, passes it on.
//!
//! # Does a busy channel starve its neighbours?
//!
//! After 128 ready operations of a side in a row, without one that waited, one poll yields to the executor. The side is
//! all senders, or all receivers, of one channel, not a task: those that run at the same time share the count. One that is alone, with
//! no other handle at its side nor another operation that waits, was woken or has yielded, goes on to eight times the capacity, if that is more, or to 1,024, if that
//! is less: 10 to 40 microseconds. But not the sender of a single receiver. Where several handles were used on more than one thread lately it
//! is 2,048 divided by their number, within the same bounds: with two processors at work each yield sets both in each other's way.
//! [`Sender::set_budget`] and [`Receiver::set_budget`] change the number or switch it off. Where there are two processors an
//! operation that is about to wait looks again for a few microseconds, 16 at the most, if that has paid lately. If what it needs
//! comes meanwhile it has not waited, yet it begins the count anew. Before somebody is about to wait, or yields, that may happen three
//! times in a row, but at capacities 1 and 2 up to 32 and 8 times, where after the fourth it counts on, and 512 times where the channel has one sender and one receiver; on a thread that
//! blocks, as often as it pays.
//!
//! # What does it cost?
//!
//! Every operation on one message takes constant time, but that a waiter which was overtaken looks for its place in
//! the line among others that were, that one which is about to sleep, while those sleep who could help it and nobody
//! comes, wakes more of them each time, and that the last permit of a closed channel wakes all who wait. Waiting allocates nothing, on a task or a thread: the waiter lies in the future.
//! Memory grows with what is queued, not with the capacity, and a burst that was received gives it back, but for what a
//! steady load uses again: beside the block in use as many as the capacity needs, within 256 kB, for a bounded channel, and two
//! for an unbounded one. A block holds 2 kB of messages, at most 64 of them; of messages larger than 256 bytes it holds eight,
//! or as many as fit into 8 kB, or one. Two blocks are kept even of messages so large that 256 kB do not hold two.
//! [`drain`](Receiver::drain) takes the blocks in use with it. What else allocates does it once: a receiver polled as a stream, a
//! [`PollSender`], a thread that makes a channel, waits or blocks for the first time, and, with the feature `membarrier`, a process in
//! which one thread had an end of a channel to itself for a while.
//!
//! # What is a rendezvous?
//!
//! With capacity 0 a send completes when a receiver waits for it. The message is then as good as received: if that
//! receiver is dropped before it looks, the next one gets it, before all others. So `try_send` succeeds only while a
//! receiver waits, and `try_recv` finds only such a message.
//!
//! # What are permits for?
//!
//! To wait for room before there is a message: [`reserve`](Sender::reserve),
//! [`reserve_owned`](Sender::reserve_owned), [`reserve_many`](Sender::reserve_many). A permit counts against the
//! capacity, not as a message; sending with it neither waits nor finds the channel full, and fails with the message
//! when no receiver is left.
//!
//! # May I block?
//!
//! With the feature `std`, yes: `*_blocking`, `*_timeout` and `*_deadline` wait in the same lines as the futures, so
//! threads and tasks mix on one channel. Inside an async task they block its thread, without a panic: use the
//! futures there.
//!
//! # What about wakers and destructors that misbehave?
//!
//! Wakers are woken, and messages dropped, with no lock held: they may use the channel. They may panic, too: the call
//! that ran them unwinds, and what it had done stays done. Everybody else who was to be woken is, and messages that are
//! dropped together all are. A handle, future or permit that a panic drops lets no second one out, be it of a waker or of a
//! queued message. Without the feature `std` a second panic ends the process. With it one does, as everywhere in Rust, if it
//! is that of a message which the first one drops: a send had not sent it, or had displaced it, or a receive was about to hand
//! it out.
//!
//! # How do I move from async-channel?
//!
//! Replace `async_channel::` by `thalweg::mpmc::`. What differs: `bounded(0)` is a rendezvous instead of a panic; a
//! [`Receiver`] is `Unpin`; the last receiver to leave drops what is queued; `is_terminated` is true after `None` was
//! returned, not before; an operation that is ready may yield once first. The whole list is in the repository's
//! `docs/compat.md`.

mod batch;
#[cfg(feature = "std")]
mod blocking;
mod future;
#[cfg(feature = "record")]
mod named;
mod permit;
mod poll_sender;
mod receiver;
mod sender;
#[cfg(feature = "sink")]
mod sink;
mod stream;

pub use self::batch::{Drain, TryIter};
#[cfg(feature = "std")]
pub use self::blocking::IterBlocking;
pub use self::future::{
    Closed, OwnedRecv, OwnedSend, Recv, RecvMany, Reserve, ReserveMany, ReserveOwned, Send, SendMany,
};
pub use self::permit::{OwnedPermit, Permit, PermitIterator};
pub use self::poll_sender::PollSender;
pub use self::receiver::{Receiver, WeakReceiver};
pub use self::sender::{Sender, WeakSender};
pub use crate::error::{RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError};

use crate::channel::pair;
use crate::record::{Kind, Log};

/// Makes a channel with room for `capacity` messages.
///
/// The capacity is exact, up to 2^59 - 1 messages (2^27 - 1 where pointers have 32 bits), which no channel exceeds. 0
/// makes a [`rendezvous`], `usize::MAX` an [`unbounded`] channel. No room is allocated ahead, so a huge capacity
/// costs nothing until it is used.
///
/// ```
/// let (tx, rx) = thalweg::mpmc::bounded(2);
/// assert!(tx.try_send(1).is_ok());
/// assert!(tx.try_send(2).is_ok());
/// assert!(tx.try_send(3).is_err());
/// assert_eq!(rx.capacity(), Some(2));
/// ```
#[cfg_attr(feature = "record", track_caller)]
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sending, receiving) = pair(capacity, Log::new(Kind::Mpmc, capacity));
    (Sender::new(sending), Receiver::new(receiving))
}

/// Makes a channel with room for any number of messages.
///
/// Sending waits for nobody, so nothing but memory holds fast senders back.
///
/// ```
/// let (tx, rx) = thalweg::mpmc::unbounded();
/// for i in 0..1000 {
///     tx.try_send(i).unwrap();
/// }
/// assert_eq!((rx.len(), rx.capacity()), (1000, None));
/// ```
#[cfg_attr(feature = "record", track_caller)]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    bounded(usize::MAX)
}

/// Makes a channel without room: each send waits for a receiver. The same as `bounded(0)`.
///
/// ```
/// use futures_lite::future::{block_on, zip};
///
/// let (tx, rx) = thalweg::mpmc::rendezvous();
/// assert!(tx.try_send(1).is_err()); // nobody waits
/// assert_eq!(block_on(zip(tx.send(2), rx.recv())), (Ok(()), Ok(2)));
/// ```
#[cfg_attr(feature = "record", track_caller)]
pub fn rendezvous<T>() -> (Sender<T>, Receiver<T>) {
    bounded(0)
}
