//! The sending end: finds the files and puts their paths into the channel.

use std::fs;
use std::path::{Path, PathBuf};

use thalweg::mpmc::Sender;
use walkdir::{DirEntry, WalkDir};

use crate::list::Output;
use crate::log::Log;

/// What the walk saw, for the summary.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Regular files, whether or not they were accepted.
    pub(crate) files: u64,
    /// Files that the channel did not take because it had been closed.
    pub(crate) missing: u64,
    /// Symbolic links that were not followed.
    pub(crate) links: u64,
}

/// Walks all `roots` and sends each regular file to the workers.
///
/// Takes the sender by value: when it returns, the last sender is gone, and with it the channel is closed.
pub(crate) fn walk(roots: &[PathBuf], paths: Sender<PathBuf>, output: &Output, log: &Log) -> Seen {
    let mut seen = Seen::default();
    for root in roots {
        for entry in WalkDir::new(root) {
            match entry {
                Ok(entry) => visit(entry, &paths, output, &mut seen, log),
                Err(error) => log.problem(&explain(&error)),
            }
        }
    }
    seen
}

fn visit(entry: DirEntry, paths: &Sender<PathBuf>, output: &Output, seen: &mut Seen, log: &Log) {
    match Kind::of(&entry) {
        Kind::File => {
            if output.is(entry.path()) {
                return log.note(&format!("skips {:?}: the list itself", entry.path()));
            }
            seen.files += 1;
            // Fails only after Ctrl-C, and gives the path back. The walk goes on, because how many files
            // are missing can only be said by one who has counted them.
            if paths.send_blocking(entry.into_path()).is_err() {
                seen.missing += 1;
            }
        }
        Kind::Directory => {}
        Kind::Link => seen.links += 1,
        Kind::Special => log.note(&format!("skips {:?}: not a regular file", entry.path())),
    }
}

enum Kind {
    File,
    Directory,
    Link,
    Special,
}

impl Kind {
    fn of(entry: &DirEntry) -> Self {
        let mut kind = entry.file_type();
        // What the user named is followed, also when it is a link: `find -H` does the same.
        if entry.depth() == 0 && kind.is_symlink() {
            if let Ok(target) = fs::metadata(entry.path()) {
                kind = target.file_type();
            }
        }
        if kind.is_file() {
            Self::File
        } else if kind.is_dir() {
            Self::Directory
        } else if kind.is_symlink() {
            Self::Link
        } else {
            Self::Special
        }
    }
}

fn explain(error: &walkdir::Error) -> String {
    let path = error.path().unwrap_or(Path::new("?"));
    match error.io_error() {
        Some(cause) => format!("cannot walk {path:?}: {cause}"),
        None => format!("cannot walk {path:?}: {error}"),
    }
}
