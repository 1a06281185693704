//! What happened on the channels of a program: the events, and the file they are kept in.
//!
//! A [`Recording`] is a list of [channels](Channel), of their [handles](Handle), and of [events](Event) in the order of
//! their time. [`Writer`] writes one piece by piece, [`read`] reads it whole, [`json_lines`] turns it into text for
//! other tools.
//!
//! ```
//! use thalweg_recording::*;
//!
//! let mut file = Vec::new();
//! let mut writer = Writer::new(&mut file)?;
//! writer.channel(&Channel { id: 1, kind: Kind::Mpmc, capacity: Some(4), name: None, place: None })?;
//! writer.handle(&Handle { id: 1, channel: 1, role: Role::Sender, name: Some("parser".into()), ordinal: 1 })?;
//! let sent = Event { at: 1_200, channel: 1, handle: 1, what: What::Sent, message: Some(0), aux: 0 };
//! writer.events(0, &[sent])?;
//! writer.ended(5_000)?;
//!
//! let recording = read(&file[..], &Limits::default()).expect("just written");
//! assert_eq!(recording.events, [sent]);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # The file
//!
//! Everything is little-endian. A file begins with the eight bytes `thalweg\n`, the version as a `u32` (now 1) and four
//! bytes 0. Chunks follow, each with a tag of four letters, the length of its content as a `u32`, and the content:
//!
//! | tag | content |
//! | --- | --- |
//! | `CHAN` | a channel: id `u32`, kind `u8`, capacity `u64` (all ones: none), name, place |
//! | `HAND` | a handle: id `u32`, channel `u32`, role `u8`, ordinal `u32`, name |
//! | `EVTS` | stream `u32`, four bytes 0, then events of 32 bytes each |
//! | `TEXT` | the text of a message: channel `u32`, message `u64`, then the text |
//! | `LOST` | how many more events were lost: `u64` |
//! | `NOTE` | a note on the whole: key, value |
//! | `ENDS` | the time at which the recording was ended: `u64` |
//!
//! A channel or a handle may be described again, when it is given a name: the last description counts.
//! A string is its length as a `u16` and so many bytes of UTF-8; the length `0xffff` stands for none. An event is its
//! time `u64`, the message `u64` (all ones: none), channel `u32`, handle `u32`, [`What`] as `u8`, three bytes 0, and
//! `aux` as `u32`. Content that is longer than a reader expects is from a later writer: the reader leaves out the rest.
//! So it does with chunks whose tag begins with a small letter.
//!
//! A chunk is appended whole and never changed. A file that was cut off anywhere is readable up to its last whole chunk, and in
//! one of events up to the last whole event.
//! Within a stream, such as a thread, events stand in the order of their time; the reader merges the streams.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod format;
mod histogram;
mod json;
mod model;
mod nanoseconds;
mod problem;
mod reader;
mod snapshot;
mod stall;
mod tally;
mod writer;

pub use histogram::Histogram;
pub use json::json_lines;
pub use model::{CLOSED_BY_CALL, Channel, Event, Handle, Kind, LAST_RECEIVER_WENT, LAST_SENDER_WENT, NO_HANDLE};
pub use model::{Recording, Role, What};
pub use nanoseconds::Nanoseconds;
pub use problem::{Partial, Problem};
pub use reader::{Limits, read};
pub use snapshot::{ChannelSnapshot, Counts, GoneChannels, Party, Side, Snapshot, Waiter};
pub use stall::stall_report;
pub use tally::{Tally, Wait};
pub use writer::Writer;
