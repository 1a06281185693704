//! What is to be drawn, and how.

/// What is to be drawn, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Which part of the run.
    pub part: Part,
    /// Where one side of a channel has more parties than this, those whose names differ only in a number at the end are drawn as one.
    pub fold: usize,
    /// Names of parties that are drawn for themselves in any case, and of channels that are, but for those for which there is no room.
    pub unfold: Vec<String>,
    /// What the distance between two rows means.
    pub scale: Scale,
    /// The colours of an SVG.
    pub theme: Theme,
    /// The most rows; what has more is drawn as bundles of arrows.
    pub rows: usize,
    /// What stands above the picture; without it, the recording's note `program`.
    pub title: Option<String>,
}

/// A part of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it if it fits, otherwise what looks most worth a look: a stall, or the longest wait.
    Auto,
    /// All of it, however much has to be bundled.
    All,
    /// Between two times, in nanoseconds since the recording began.
    Time {
        /// From here on.
        from: u64,
        /// Up to here.
        to: u64,
    },
    /// From the sending of one message to the end of another one, the same numbers in every channel.
    Messages {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// The last so many nanoseconds.
    Last(u64),
    /// Around the longest wait of a send, or of a receive where that took more than four times as long.
    LongestWait,
    /// Around the longest time in which something waited and no message moved.
    Stall,
}

/// What the distance between two rows means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Nothing: each row has the space it needs. Long pauses are marked.
    Sequence,
    /// Time, but for pauses that are cut and marked.
    Time,
}

/// The colours of an SVG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Those that the reader's system asks for.
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            part: Part::Auto,
            fold: 8,
            unfold: Vec::new(),
            scale: Scale::Sequence,
            theme: Theme::Auto,
            rows: 96,
            title: None,
        }
    }
}
