//! A recorded run of channels, drawn as the sequence diagram that people draw by hand.
//!
//! Senders stand left of their channel and receivers right of it, each with a line from top to bottom. Messages are arrows
//! into the channel and out of it, waiting is a bar on the line of who waits, and the channel is as wide as its capacity
//! and filled as far as it is. Handles of one name are one line, so a task between two channels stands between them.
//!
//! A run too long for a page is drawn as a strip of the whole, and below it the part that looks most worth a look; what is
//! not drawn is counted and said. [`svg`] is for pages, [`mermaid`] for forges, [`text`] for terminals, and
//! [`chrome_trace`] for looking at everything in Perfetto. The command `thalweg draw` is a face of these four.
//! The numbers of a program that still runs are a table: [`top`], of a [snapshot](read_snapshot).
//!
//! ```
//! use thalweg_diagram::{Options, text};
//! use thalweg_recording::*;
//!
//! let handle = |id, role, name: &str| Handle { id, channel: 1, role, name: Some(name.into()), ordinal: 1 };
//! let event = |at, handle, what| Event { at, channel: 1, handle, what, message: Some(0), aux: 0 };
//! let recording = Recording {
//!     channels: vec![Channel { id: 1, kind: Kind::Oneshot, capacity: Some(1), name: None, place: None }],
//!     handles: vec![handle(1, Role::Sender, "producer"), handle(2, Role::Receiver, "consumer")],
//!     events: vec![event(1_000, 1, What::Sent), event(2_000, 2, What::Received)],
//!     ended: 2_000,
//!     ..Recording::default()
//! };
//! let picture = text(&recording, &Options::default());
//! assert!(picture.contains("──#0─▶"), "{picture}");
//! ```
//!
//! # How it is made
//!
//! A recording becomes a *cast* (the lanes), a *story* (waits, depths, what became of each message), a *window* (which
//! events are drawn), and *rows* (one event each, or a repeated pattern folded, or many events in a bundle). The writers
//! start from these. For SVG a *plan* gives each lane and each row its place.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod arrows;
mod cast;
#[cfg(test)]
mod checks;
mod chrome;
mod ladder;
mod mermaid;
mod options;
mod plan;
mod rows;
mod say;
mod sheet;
mod slices;
mod snapshot;
mod story;
mod strip;
mod style;
mod svg;
mod text;
mod top;
mod window;

pub use chrome::chrome_trace;
pub use mermaid::mermaid;
pub use options::{Options, Part, Scale, Theme};
pub use snapshot::{SnapshotError, read_snapshot};
pub use svg::{PROBLEM, svg};
pub use text::text;
pub use top::top;
