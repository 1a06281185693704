//! The sending end: finds the files and puts their paths into the channel.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thalweg::mpmc::Sender;
use walkdir::{DirEntry, WalkDir};

use crate::log::Log;
use crate::output::Output;

/// How many links are named when all are not asked for.
const NAMED_LINKS: u64 = 5;

/// What the walk saw, for the summary.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Regular files, whether or not they were accepted.
    pub(crate) files: u64,
    /// Files that the channel did not take because it had been closed.
    pub(crate) missing: u64,
    /// Symbolic links that were not followed.
    pub(crate) links: u64,
    /// Those among them that were not named.
    pub(crate) unnamed_links: u64,
    /// The file that the list will replace, if the user named it as one to be hashed.
    pub(crate) list: Option<PathBuf>,
}

/// Walks directories and sends each regular file to the workers.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    /// When the walk is over, the last sender is gone, and with it the channel is closed.
    pub(crate) paths: Sender<PathBuf>,
    pub(crate) output: &'a Output,
    pub(crate) log: &'a Log,
    pub(crate) names_all_links: bool,
}

impl Walk<'_> {
    pub(crate) fn run(self, roots: &[PathBuf]) -> Seen {
        let mut seen = Seen::default();
        for root in roots {
            for entry in WalkDir::new(root) {
                match entry {
                    Ok(entry) => self.visit(entry, &mut seen),
                    Err(error) => self.log.problem(&explain(&error)),
                }
            }
        }
        seen
    }

    fn visit(&self, entry: DirEntry, seen: &mut Seen) {
        let named_by_user = entry.depth() == 0;
        match Kind::of(&entry) {
            Kind::File if self.output.is(entry.path()) => {
                self.log.note(&format!("skips {:?}: the list itself", entry.path()));
                if named_by_user {
                    seen.list = Some(entry.into_path());
                }
            }
            Kind::File => self.send(entry.into_path(), seen),
            Kind::Directory => {}
            Kind::Link => self.count_link(entry.path(), seen),
            Kind::Special if named_by_user => {
                self.log.problem(&format!("cannot hash {:?}: not a regular file", entry.path()));
            }
            Kind::Special => self.log.note(&format!("skips {:?}: not a regular file", entry.path())),
        }
    }

    fn send(&self, path: PathBuf, seen: &mut Seen) {
        seen.files += 1;
        // Fails only after Ctrl-C, and gives the path back. The walk goes on, because how many files
        // are missing can only be said by one who has counted them.
        if self.paths.send_blocking(path).is_err() {
            seen.missing += 1;
        }
    }

    fn count_link(&self, path: &Path, seen: &mut Seen) {
        seen.links += 1;
        if self.names_all_links || seen.links <= NAMED_LINKS {
            self.log.note(&describe_link(path));
        } else {
            seen.unnamed_links += 1;
        }
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

fn describe_link(path: &Path) -> String {
    let target = fs::read_link(path).unwrap_or_default();
    let nature = match fs::canonicalize(path) {
        // Who followed it would be above the link again.
        Ok(end) if leads_above(path, &end) => ", a loop",
        Ok(_) => "",
        Err(error) if is_loop(&error) => ", a loop",
        Err(error) if error.kind() == io::ErrorKind::NotFound => ", which is not there",
        Err(_) => ", which cannot be reached",
    };
    format!("does not follow {path:?}: a symbolic link to {target:?}{nature}")
}

fn leads_above(link: &Path, end: &Path) -> bool {
    let here = link.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    fs::canonicalize(here).is_ok_and(|here| here.starts_with(end))
}

#[cfg(unix)]
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ELOOP)
}

#[cfg(not(unix))]
fn is_loop(_: &io::Error) -> bool {
    false
}

fn explain(error: &walkdir::Error) -> String {
    let path = error.path().unwrap_or(Path::new("?"));
    match error.io_error() {
        Some(cause) => format!("cannot walk {path:?}: {cause}"),
        None => format!("cannot walk {path:?}: {error}"),
    }
}
