//! The command line, and what to do without one.

use std::io::{self, BufRead, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use clap::{CommandFactory, Parser};

/// Hash every file below a directory with several workers
///
/// Prints one line a file as `sha256sum` does, sorted by name: `sha256sum -c` checks them.
#[derive(Debug, Parser)]
#[command(name = "checksum", after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Directories to walk, or single files; `.` is the current directory
    #[arg(value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,

    /// How many workers hash at the same time [default: one a core]
    #[arg(short, long, value_name = "N")]
    workers: Option<NonZeroUsize>,

    /// How many paths may wait for a worker; 0 hands each one over from hand to hand
    #[arg(short, long, value_name = "N", default_value_t = 64)]
    pub(crate) capacity: usize,

    /// Write the list to FILE instead of standard output; FILE itself is not hashed
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
What is hashed: what `find -H DIR -type f` finds. Symbolic links inside DIR are not followed, so a loop
of links is harmless; pipes, sockets and devices are skipped. Both are said on standard error.

FILE is replaced in one step at the end: who reads it sees the old list or the new one, never a part.

Ctrl-C: what was accepted is finished, the list is written, and standard error says how many files are
missing in it. A second Ctrl-C stops at once, without a list.

Exit status: 0 all hashed, 1 something could not be read or written, 2 usage, 130 Ctrl-C.";

impl Args {
    /// Reads the command line. Without a directory the program explains itself and, when there is
    /// somebody to ask, offers the current one; `None` means that nothing is to be done.
    pub(crate) fn parse_or_offer() -> Option<Self> {
        let mut args = Self::parse();
        if args.dirs.is_empty() {
            let _ = writeln!(io::stderr(), "{}", Self::command().render_help());
            if !offer_current_directory() {
                return None;
            }
            args.dirs.push(PathBuf::from("."));
        }
        Some(args)
    }

    pub(crate) fn workers(&self) -> usize {
        self.workers.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }
}

fn offer_current_directory() -> bool {
    let mut stderr = io::stderr();
    if !io::stdin().is_terminal() || !stderr.is_terminal() {
        return false;
    }
    let _ = write!(stderr, "Hash the current directory? [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes")
}
