//! Watching a run: what happens on channels, in order.
//!
//! [`Options::start`] begins a recording; channels that are made from then on are in it, until its [`Recorder`] ends. Handles and
//! channels are given names by [`named`] and [`name_channel`], messages texts by [`texts`]. The command `thalweg` of
//! `thalweg-diagram` draws what was captured or saved, and shows the numbers of a program that still runs.

// The other rooms tell of an event by one line, where it happens. With the feature these lines go to `hooks`, which writes
// down the events of channels that are recorded, each thread in a ring of its own, and to `step` where there is no lock;
// without it, to `off`, where they are empty.

mod acts;
#[cfg(feature = "record")]
mod collector;
#[cfg(feature = "record")]
mod entry;
#[cfg(feature = "record")]
mod foreign;
#[cfg(feature = "record")]
mod hooks;
#[cfg(feature = "record")]
mod lone;
#[cfg(feature = "record")]
mod named;
#[cfg(feature = "record")]
mod news;
#[cfg(not(feature = "record"))]
mod off;
#[cfg(feature = "record")]
mod recorder;
#[cfg(any(feature = "record", all(test, thalweg_loom)))]
mod ring;
#[cfg(feature = "record")]
mod run;
#[cfg(feature = "record")]
mod server;
#[cfg(feature = "record")]
mod step;
#[cfg(feature = "record")]
mod texts;
#[cfg(not(feature = "record"))]
mod untold;

pub(crate) use acts::{Acts, Tells};
#[cfg(feature = "record")]
pub(crate) use hooks::{By, Log, Mark, Nobody, Note, Presence};
#[cfg(feature = "record")]
pub(crate) use lone::Lone;
#[cfg(feature = "record")]
pub(crate) use named::sealed::Recorded;
#[cfg(not(feature = "record"))]
pub(crate) use off::{Beginner, By, By as Nobody, Log, Lone, Mark, Note, Pair, Presence};
#[cfg(feature = "record")]
pub(crate) use step::{Beginner, Pair};
#[cfg(feature = "record")]
pub(crate) use texts::sealed::Sends as Told;
#[cfg(feature = "record")]
pub(crate) use texts::{Texts, Words};
#[cfg(not(feature = "record"))]
pub(crate) use untold::{Texts, Words};

#[cfg(feature = "record")]
pub use self::named::{Named, name_channel, named};
#[cfg(feature = "record")]
pub use self::recorder::{Options, Recorder};
#[cfg(feature = "record")]
pub use self::texts::{Sends, texts};
#[cfg(feature = "record")]
#[doc(no_inline)]
pub use thalweg_recording::{Recording, Snapshot};

/// The way of one who is recorded, kept out of the way of all others.
#[cold]
#[inline(never)]
pub(crate) fn apart<R>(way: impl FnOnce() -> R) -> R {
    way()
}

/// Which messages go to whom.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "record"), allow(dead_code))]
pub(crate) enum Kind {
    Mpmc,
    Mpsc,
    Oneshot,
    Broadcast,
    Watch,
}

/// Which end a handle is.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "record"), allow(dead_code))]
pub(crate) enum Role {
    Sender,
    Receiver,
}
