//! Async channels that lose nothing when futures are cancelled, on any runtime or none.
//!
//! # Which channel do I need?
//!
//! | messages | use |
//! | --- | --- |
//! | from many, each to one of many; work shared among workers | [`mpmc::bounded`] |
//! | the same, without back-pressure | [`mpmc::unbounded`] |
//! | handed over from one task to another, nothing in between | [`mpmc::rendezvous`] |
//! | from many, all to one: an actor's mailbox | [`mpsc::channel`], [`mpsc::unbounded_channel`] |
//! | each to every receiver; who is too slow misses some, or holds the sender back | [`broadcast::channel`], [`broadcast::lossless`] |
//! | one, once: an answer | [`oneshot::channel`] |
//! | of which only the newest counts, to each of many | [`watch::channel`] |
//!
//! A bounded channel is the one to start with: it holds fast senders back.
//!
//! ```
//! # futures_lite::future::block_on(async {
//! use futures_lite::future::zip;
//! use thalweg::mpmc;
//!
//! let (tx, rx) = mpmc::bounded(4);
//! let produce = async move {
//!     for n in 1..=10 {
//!         tx.send(n).await.expect("a receiver is there");
//!     } // the last sender goes: the channel closes
//! };
//! let consume = async move {
//!     let mut sum = 0;
//!     while let Ok(n) = rx.recv().await {
//!         sum += n;
//!     }
//!     sum
//! };
//! let ((), sum) = zip(produce, consume).await;
//! assert_eq!(sum, 55);
//! # });
//! ```
//!
//! # What does it promise?
//!
//! Of `mpmc` all of this; of the others what applies to them, and their pages say what.
//!
//! - A message whose send succeeded is received once, or dropped once, or handed back by a call that says so.
//! - What did not complete did not happen: a pending receive that is dropped took nothing, a pending send that is
//!   dropped sent nothing, ever. A failing send gives its message back.
//! - A future that nobody polls stops nobody else, as long as [anything else happens](mpmc#who-goes-first).
//! - Waiters are woken first come, first served.
//! - Capacity is exact, from 0 to unbounded, and memory follows what is queued. Waiting allocates nothing.
//! - Wakers and destructors run with no lock held.
//! - It needs no runtime, mixes tasks with blocking threads, and works without `std`.
//!
//! # Where is what?
//!
//! [`mpmc`] is the flagship and a face: handles, futures, permits. Under it a private `channel` says what a channel is,
//! once, and a private `raw` holds the `unsafe` code. [`mpsc`] is a second face, in `tokio::sync`'s dialect.
//! [`oneshot`], [`broadcast`] and [`watch`] are rooms of their own, in that dialect too. What `unsafe` code the first two
//! and the receiver of `mpsc` have of their own stands in files apart.
//!
//! # Features
//!
//! - `std` (default): blocking calls and time limits, and `watch`. Without it the crate needs `alloc` only.
//! - `membarrier` (default): on 64-bit Linux (x86-64, aarch64) an end of an `mpmc` or `mpsc` channel that one thread has had to
//!   itself for 4,096 messages is used without locked instructions, until another thread comes: that one makes the system call
//!   `membarrier`, once. Once in a process a thread may be made for 10 ms, which asks Linux for it; a sandbox must allow these, and `statx`.
//!   It needs `std`.
//! - `sink`: [`mpmc::PollSender`] and [`mpsc::PollSender`] are `Sink`s.
//! - `tokio`: takes part in tokio's cooperative budget too; `send_timeout` of `mpsc`, by tokio's timer. It needs `std`.
//! - `record`: what happens on the channels can be recorded, drawn and counted. It needs `std`.

// What is not there leads to what brings it.
#![cfg_attr(not(feature = "std"), doc = "", doc = "[`watch`]: #features", doc = "[`watch::channel`]: #features")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code, unsafe_op_in_unsafe_fn, missing_docs, missing_debug_implementations, unreachable_pub)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod channel;
mod coop;
mod error;
#[cfg(feature = "std")]
mod park;
#[allow(unsafe_code)] // the cellar
mod raw;
mod sync;

pub mod broadcast;
pub mod mpmc;
pub mod mpsc;
pub mod oneshot;
#[cfg(feature = "record")]
pub mod record;
#[cfg(not(feature = "record"))]
mod record;
#[cfg(feature = "std")]
pub mod watch;
