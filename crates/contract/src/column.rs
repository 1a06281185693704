//! One crate's answers to all questions about one kind of channel.

use crate::outcome::Outcome;

/// Its name, and what it does.
pub(crate) type Probe = (&'static str, fn() -> Outcome);

/// Where a crate's own documentation says what a probe would call broken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    /// Its words.
    pub(crate) says: &'static str,
    pub(crate) place: &'static str,
}

pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) probes: Vec<Probe>,
    pub(crate) documented: fn(&str) -> Option<Note>,
}
