//! What was wrong with a file, said so that a reader knows what to do.

use std::error::Error;
use std::fmt;
use std::io;

use crate::model::Recording;

/// What could be read of a file with which something is wrong, and what that is.
#[derive(Debug)]
pub struct Partial {
    /// Everything that could be read.
    pub recording: Recording,
    /// What was wrong, in the order in which it was found. There is at least one.
    pub problems: Vec<Problem>,
}

/// Something that is wrong with a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// It could not be read further.
    Io(io::Error),
    /// It does not begin as a recording does.
    Foreign,
    /// It is of another version of the format.
    Version(u32),
    /// It ends in the middle of a chunk that begins at this byte.
    Truncated {
        /// Where that chunk begins.
        at: u64,
    },
    /// A chunk means nothing.
    Damaged {
        /// Where it begins.
        at: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Times went back within a stream. They were lifted to the time before.
    Clock {
        /// How many events were changed.
        events: u64,
        /// The largest step back, in nanoseconds.
        most: u64,
    },
    /// Events name channels or handles that the file does not describe. They were left out.
    Orphans {
        /// How many events.
        events: u64,
    },
    /// There was more than [`Limits`](crate::Limits) allow.
    Limit {
        /// Of what.
        what: &'static str,
        /// How many were kept.
        kept: u64,
        /// How many were left out.
        left_out: u64,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Io(error) => write!(f, "could not be read further: {error}"),
            Problem::Foreign => f.write_str(
                "is not a recording: it does not begin with the word `thalweg`; give the file that the recorded \
                 program wrote",
            ),
            Problem::Version(found) => write!(
                f,
                "is of version {found} of the format, and this reader knows version {}; use the `thalweg` tool of the \
                 release that the recorded program uses",
                crate::format::VERSION
            ),
            Problem::Truncated { at } => write!(
                f,
                "ends in the middle of a piece, at byte {at}: the program was stopped while it wrote, or the file was \
                 not copied whole; everything before is kept, and the events of that piece that are whole"
            ),
            Problem::Damaged { at, why } => write!(
                f,
                "is damaged at byte {at}: {why}; if the file was copied as text, copy it as bytes; everything before \
                 is kept, and the events of that piece before the damage"
            ),
            Problem::Clock { events, most } => write!(
                f,
                "has a clock that went back, {events} times and by {most} ns at the most; these events were moved to \
                 the time of the one before, so their order is right and their times are not"
            ),
            Problem::Orphans { events } => write!(
                f,
                "has {events} events of channels or handles that it does not describe, which were left out; a file \
                 that was cut at its beginning, or joined from two, looks so"
            ),
            Problem::Limit { what, kept, left_out } => write!(
                f,
                "holds more {what} than are kept in memory: the first {kept} were kept and {left_out} left out; raise \
                 the limit if there is memory for them, or record for a shorter time"
            ),
        }
    }
}

impl fmt::Display for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().enumerate() {
            let between = if number == 0 { "the file " } else { "\nthe file " };
            write!(f, "{between}{problem}")?;
        }
        Ok(())
    }
}

impl Error for Partial {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problems.iter().find_map(|problem| match problem {
            Problem::Io(error) => Some(error as &(dyn Error + 'static)),
            _ => None,
        })
    }
}
