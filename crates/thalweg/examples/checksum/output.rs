//! Where the list goes: to standard output, into a file, or into a pipe or a device.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::hash::{Hashed, without_waiting};
use crate::list;
use crate::log::Log;
use crate::stdout;

/// As many links in a row as Linux follows.
const MOST_LINKS: usize = 40;

/// Where the list goes.
#[derive(Debug)]
pub(crate) enum Output {
    Standard,
    /// A regular file, there already or not. It is replaced, never written into.
    File(PathBuf),
    /// A pipe or a character device, open from the beginning.
    Stream(PathBuf, File),
}

impl Output {
    /// Finds out whether the list can be written, without touching what is there.
    pub(crate) fn prepare(file: Option<&Path>, log: &Log) -> Result<Self, String> {
        match file {
            None => Ok(Self::Standard),
            Some(file) => Self::named(file, log).map_err(|error| format!("cannot write {file:?}: {error}")),
        }
    }

    fn named(file: &Path, log: &Log) -> io::Result<Self> {
        let place = resolve(file)?;
        if is_standard_output(&place) {
            return Ok(Self::Standard);
        }
        match fs::metadata(&place) {
            Ok(there) if is_stream(&there) => {
                let stream = open_stream(&place, log)?;
                Ok(Self::Stream(place, stream))
            }
            Ok(there) if !there.is_file() => Err(io::Error::other("neither a file nor a pipe nor a character device")),
            // Opened once more, it would be written from its beginning, and then once more by who has it open already.
            Ok(_) if is_descriptor(&place) => {
                let number = place.file_name().unwrap_or_default().to_string_lossy();
                Err(io::Error::other(format!("a file that is open already; redirect standard output with >&{number}")))
            }
            // Not there yet, or not to be looked at: then the rehearsal says so.
            Ok(_) | Err(_) => {
                // The file is removed again, so that the walk does not meet it.
                create_beside(&place)?;
                Ok(Self::File(place))
            }
        }
    }

    /// Whether `path` names the file that the list will replace.
    pub(crate) fn is(&self, path: &Path) -> bool {
        match self {
            Self::Standard | Self::Stream(..) => false,
            // The name decides most cases without a question to the file system.
            Self::File(place) => {
                path.file_name() == place.file_name() && resolve(path).is_ok_and(|path| path == *place)
            }
        }
    }

    /// Sorts the list and writes it.
    pub(crate) fn write(&self, mut list: Vec<Hashed>) -> Result<(), String> {
        list::sort(&mut list);
        match self {
            Self::Standard => stdout::writer()
                .and_then(|standard| list::write_lines(standard, &list))
                .map_err(|error| format!("cannot write to standard output: {error}")),
            Self::Stream(place, stream) => {
                list::write_lines(stream, &list).map_err(|error| format!("cannot write {place:?}: {error}"))
            }
            Self::File(place) => replace(place, &list).map_err(|error| format!("cannot write {place:?}: {error}")),
        }
    }

    /// Says what becomes of a file into which no list is written.
    pub(crate) fn leave(&self, log: &Log) {
        match self {
            Self::Standard | Self::Stream(..) => {}
            Self::File(place) if place.exists() => log.note(&format!("nothing was hashed: leaves {place:?} as it is")),
            Self::File(place) => log.note(&format!("nothing was hashed: does not write {place:?}")),
        }
    }
}

/// The place where a list named `file` will lie: without links, so that a link to a list stays a link, also one to
/// a list that is not there yet. Links to open descriptors are left: what they name is not a place.
fn resolve(file: &Path) -> io::Result<PathBuf> {
    let mut place = file.to_owned();
    for _ in 0..=MOST_LINKS {
        let Some(name) = place.file_name() else {
            return fs::canonicalize(&place);
        };
        let directory = fs::canonicalize(directory(&place))?;
        let here = directory.join(name);
        match fs::read_link(&here) {
            Ok(target) if !is_descriptor(&here) => place = directory.join(target),
            _ => return Ok(here),
        }
    }
    Err(io::Error::other("a loop of symbolic links"))
}

fn directory(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Whether this names an open descriptor of this process or another: `/dev/fd/3` (and on Linux what that is a link
/// to), in a directory without links.
fn is_descriptor(place: &Path) -> bool {
    let directory = directory(place);
    directory == Path::new("/dev/fd") || directory.starts_with("/proc") && directory.ends_with("fd")
}

fn is_standard_output(place: &Path) -> bool {
    let number_one = place.file_name().is_some_and(|name| name == "1");
    number_one && fs::canonicalize("/dev/fd").is_ok_and(|own| own == directory(place))
}

#[cfg(unix)]
fn is_stream(there: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    there.file_type().is_fifo() || there.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: &Metadata) -> bool {
    false
}

/// Opens it for writing. A named pipe makes its writer wait for a reader, which is said.
fn open_stream(place: &Path, log: &Log) -> io::Result<File> {
    // Kept until the other one is open: a reader who had seen this one come and go would take the list to be over.
    let probe = without_waiting().write(true).open(place);
    if probe.as_ref().is_err_and(has_no_reader) {
        log.note(&format!("waits until somebody reads {place:?}"));
    }
    OpenOptions::new().write(true).open(place)
}

#[cfg(unix)]
fn has_no_reader(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENXIO)
}

#[cfg(not(unix))]
fn has_no_reader(_: &io::Error) -> bool {
    false
}

/// Writes beside `place` and renames: who reads `place` sees the old list or the new one, never a part.
fn replace(place: &Path, list: &[Hashed]) -> io::Result<()> {
    let mut draft = match fs::metadata(place) {
        Ok(old) => create_like(&old, place)?,
        Err(_) => create_beside(place)?,
    };
    list::write_lines(draft.as_file_mut(), list)?;
    draft.as_file().sync_all()?;
    draft.persist(place)?;
    Ok(())
}

/// A new file in the directory of `place`, with the permissions that any new file gets; gone when dropped.
fn create_beside(place: &Path) -> io::Result<NamedTempFile> {
    draft().make_in(directory(place), |draft| File::create_new(draft))
}

/// The same with the permissions of the old list, and never with more.
fn create_like(old: &Metadata, place: &Path) -> io::Result<NamedTempFile> {
    // Of a file made in this way, nobody else can even keep it open until its permissions are those of the old one.
    let draft = draft().tempfile_in(directory(place))?;
    let mut permissions = old.permissions();
    keep_owner(old, draft.as_file(), &mut permissions);
    draft.as_file().set_permissions(permissions)?;
    Ok(draft)
}

fn draft() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".checksum-");
    builder
}

/// Only the superuser may give files away. Who may not even keep the group gives this group nothing, because what was
/// allowed was allowed to another one.
#[cfg(unix)]
fn keep_owner(old: &Metadata, draft: &File, permissions: &mut fs::Permissions) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let whole = fchown(draft, Some(old.uid()), Some(old.gid()));
    if whole.is_err() && fchown(draft, None, Some(old.gid())).is_err() {
        permissions.set_mode(permissions.mode() & !0o070);
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &Metadata, _: &File, _: &mut fs::Permissions) {}
