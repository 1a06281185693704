//! One adapter a file. A project with separate types for bounded and unbounded has two, of one name.

mod async_channel;
mod asyncband;
mod crossfire;
mod flume;
mod kanal;
mod thalweg;

use crate::peer::{Contender, contender};

/// Everybody, in the order of the columns.
pub(crate) fn all() -> Vec<Contender> {
    vec![
        contender::<kanal::Kanal>(),
        contender::<crossfire::Bounded>(),
        contender::<crossfire::Unbounded>(),
        contender::<async_channel::AsyncChannel>(),
        contender::<flume::Flume>(),
        contender::<asyncband::Bounded>(),
        contender::<asyncband::Unbounded>(),
        contender::<thalweg::Thalweg>(),
    ]
}
