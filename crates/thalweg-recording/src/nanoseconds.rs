//! Times as words.

use std::fmt;

/// A time or a duration, which displays with a unit and three digits that count.
///
/// ```
/// assert_eq!(thalweg_recording::Nanoseconds(1_234_567).to_string(), "1.23 ms");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanoseconds(pub u64);

impl fmt::Display for Nanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ns = self.0 as f64;
        let (value, unit) = match self.0 {
            0 => return f.pad("0"),
            1..1_000 => return f.pad(&format!("{} ns", self.0)),
            1_000..999_500 => (ns / 1e3, "µs"),
            999_500..999_500_000 => (ns / 1e6, "ms"),
            _ => (ns / 1e9, "s"),
        };
        f.pad(&match value {
            v if v < 9.995 => format!("{v:.2} {unit}"),
            v if v < 99.95 => format!("{v:.1} {unit}"),
            v => format!("{v:.0} {unit}"),
        })
    }
}
