//! The cellar: the unsafe code that all channels but `oneshot` stand on, behind interfaces that are safe to use.
//! `oneshot`, `broadcast` and the sole receiver of `mpsc` (`channel/sole.rs`) have small cellars of their own besides, and the
//! ground one for a system call.
//!
//! | room | holds |
//! | --- | --- |
//! | `side` | a word that is a position, three flags and a lock, and what the lock guards |
//! | `bias` | which thread that lock is left to |
//! | `shared` | a value and its handles, counted by kind |
//! | `waiter` | one pending operation |
//! | `queue` | the queues in which operations wait |
//! | `buffer` | the messages: a chain of blocks, written at the tail side and read at the head side |
//! | `taken` | messages that are taken by other ways than one by one under a lock |
//! | `budget` | how many operations in a row may be ready before one yields |
//! | `pace` | whether it pays to look again for a moment before waiting |
//! | `block` | one block of slots, and where blocks rest between two uses |

mod bias;
mod block;
mod budget;
mod buffer;
#[cfg(all(test, thalweg_loom))]
mod models;
mod pace;
mod queue;
mod shared;
mod side;
mod taken;
mod waiter;

pub(crate) use block::Block;
pub(crate) use budget::Budget;
pub(crate) use buffer::{Buffer, Head, Tail};
pub(crate) use pace::Pace;
pub(crate) use queue::WaitQueue;
pub(crate) use shared::{Count, Group, Member, share};
pub(crate) use side::Position;
pub(crate) use side::{ABANDONED, CLOSED, Held, MAX_LEN, Side};
pub(crate) use taken::{Ahead, Chain};
pub(crate) use waiter::{Arrival, Waiter};
