//! What the user sees on standard error: a progress line on a terminal, notes, problems, a summary.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{BinaryBytes, ProgressBar, ProgressState, ProgressStyle};

use crate::interrupt;
use crate::walk::Seen;

/// Up to so many workers, the summary says what each one did.
const LISTED_WORKERS: usize = 16;

/// Shared by the walk and all workers.
#[derive(Debug)]
pub(crate) struct Log {
    bar: ProgressBar,
    done: Arc<Done>,
    problems: AtomicU64,
}

/// Counted by the workers, read by the progress line whenever it is drawn: nobody waits for the terminal.
#[derive(Debug, Default)]
struct Done {
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Log {
    pub(crate) fn new() -> Self {
        let done = Arc::new(Done::default());
        let bar = ProgressBar::new_spinner();
        // Drawn on standard error, and hidden when that is not a terminal.
        if !bar.is_hidden() {
            let counted = Arc::clone(&done);
            let style = ProgressStyle::with_template("{spinner} {done}, {elapsed}").expect("a valid template");
            bar.set_style(style.with_key("done", move |_: &ProgressState, line: &mut dyn fmt::Write| {
                let _ = line.write_str(&counted.describe());
            }));
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { bar, done, problems: AtomicU64::new(0) }
    }

    pub(crate) fn hashed_file(&self) {
        self.done.files.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn hashed_bytes(&self, count: usize) {
        self.done.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Something worth knowing that is not a failure.
    pub(crate) fn note(&self, text: &str) {
        // Nothing can be said about a standard error that cannot be written to.
        self.bar.suspend(|| {
            let _ = writeln!(io::stderr(), "checksum: {text}");
        });
    }

    /// Something that failed; the rest is still done.
    pub(crate) fn problem(&self, text: &str) {
        self.problems.fetch_add(1, Ordering::Relaxed);
        self.note(text);
    }

    pub(crate) fn problems(&self) -> u64 {
        self.problems.load(Ordering::Relaxed)
    }

    /// Removes the progress line.
    pub(crate) fn end_progress(&self) {
        self.bar.finish_and_clear();
    }

    /// Says what was done, what was left out, and who did it: `shares` are files by worker.
    pub(crate) fn summarize(&self, seen: &Seen, shares: &[usize], elapsed: Duration) {
        if seen.links > 0 {
            let how = if seen.unnamed_links > 0 { "; --verbose names all of them" } else { "" };
            self.note(&format!("{} not followed{how}", count(seen.links, "symbolic link")));
        }
        if seen.files == 0 && self.problems() == 0 {
            self.note("found no files");
        }
        if interrupt::requested() {
            self.note(&format!("interrupted: {} missing in the list", count(seen.missing, "file")));
        }
        self.note(&format!(
            "{} in {elapsed:.2?} by {}: {}",
            self.done.describe(),
            count(shares.len() as u64, "worker"),
            describe_shares(shares)
        ));
        if self.problems() > 0 {
            self.note(&format!("{}, see above", count(self.problems(), "failure")));
        }
    }
}

impl Done {
    fn describe(&self) -> String {
        let files = self.files.load(Ordering::Relaxed);
        let bytes = self.bytes.load(Ordering::Relaxed);
        format!("{}, {}", count(files, "file"), BinaryBytes(bytes))
    }
}

fn describe_shares(shares: &[usize]) -> String {
    if shares.len() <= LISTED_WORKERS {
        let each: Vec<_> = shares.iter().map(usize::to_string).collect();
        return each.join(" + ");
    }
    let (least, most) = (shares.iter().min(), shares.iter().max());
    format!("{} to {} files each", least.unwrap_or(&0), most.unwrap_or(&0))
}

fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
