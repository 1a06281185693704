//! The command line, and what to do without one.

use std::io::{self, BufRead, IsTerminal, Write};
use std::num::{IntErrorKind, NonZeroUsize};
use std::path::PathBuf;
use std::thread;

use clap::{CommandFactory, Parser};

/// Far more than can hash at the same time, and few enough for any system: many thousands of threads meet limits
/// (of mappings, say) at which a thread cannot start in an orderly way, nor fail in one.
const MOST_WORKERS: usize = 1024;

/// Hash every file below a directory with several workers
///
/// Prints one line a file as `sha256sum` does, sorted by name: `sha256sum -c` checks them.
#[derive(Debug, Parser)]
#[command(name = "checksum", after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Directories to walk, or single files; `.` is the current directory
    #[arg(value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,

    /// How many workers hash at the same time, at most 1024 [default: one a core]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = workers)]
    workers: Option<usize>,

    /// How many paths may wait for a worker; 0 hands each one over from hand to hand
    #[arg(short, long, value_name = "N", default_value_t = 64, allow_negative_numbers = true, value_parser = capacity)]
    pub(crate) capacity: usize,

    /// Write the list to FILE instead of standard output; FILE itself is not hashed
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Draw how the paths went through the channel: FILE.svg, .txt, .mmd, or .thalweg for `thalweg draw` (feature `record`)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) diagram: Option<PathBuf>,

    /// Say how long the walk and the workers waited for each other (feature `record`)
    #[arg(short, long)]
    pub(crate) stats: bool,

    /// Name all symbolic links that are not followed, not only the first few
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

const AFTER_HELP: &str = "\
What is hashed: what `find -H DIR -type f` finds. Symbolic links inside DIR are not followed, so a loop
of links is harmless; pipes, sockets and devices are skipped. Both are said on standard error. Where DIR
itself is none of a directory, a file or a link to one of them, that is a failure.

FILE is replaced in one step at the end: who reads it sees the old list or the new one, never a part. Its
permissions stay, and a link to it stays a link. When something failed and nothing was hashed, FILE is left
as it is. A pipe or a character device is written to; /dev/stdout is standard output.

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
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.workers.unwrap_or_else(|| cores().min(MOST_WORKERS))
    }
}

fn workers(text: &str) -> Result<usize, String> {
    number(text, 1, MOST_WORKERS)
}

fn capacity(text: &str) -> Result<usize, String> {
    number(text, 0, usize::MAX)
}

fn number(text: &str, least: usize, most: usize) -> Result<usize, String> {
    let wrong = match text.parse::<i128>() {
        Ok(number) if number < least as i128 => format!("must be at least {least}"),
        Ok(number) if number > most as i128 => format!("must be at most {most}"),
        Ok(number) => return Ok(number as usize),
        Err(error) => match error.kind() {
            IntErrorKind::PosOverflow => format!("must be at most {most}"),
            IntErrorKind::NegOverflow => format!("must be at least {least}"),
            _ => "must be a whole number".to_owned(),
        },
    };
    Err(wrong)
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
