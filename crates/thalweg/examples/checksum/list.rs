//! The list: lines that `sha256sum -c` accepts, sorted, on standard output or in a file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::hash::Hashed;

/// Where the list goes.
#[derive(Debug)]
pub(crate) enum Output {
    Standard,
    File(PathBuf),
}

impl Output {
    /// Finds out whether the list can be written, without touching what is there.
    pub(crate) fn prepare(file: Option<&Path>) -> Result<Self, String> {
        let Some(file) = file else {
            return Ok(Self::Standard);
        };
        let explain = |error| format!("cannot write {file:?}: {error}");
        let place = resolve(file).map_err(explain)?;
        if place.exists() && !place.is_file() {
            return Err(explain(io::Error::other("exists and is not a regular file")));
        }
        // A rehearsal. The file is removed again, so that the walk does not meet it.
        create_beside(&place).map_err(explain)?;
        Ok(Self::File(place))
    }

    /// Whether `path` names the file that the list will replace.
    pub(crate) fn is(&self, path: &Path) -> bool {
        match self {
            Self::Standard => false,
            // The name decides most cases without a question to the file system.
            Self::File(place) => {
                path.file_name() == place.file_name() && resolve(path).is_ok_and(|path| path == *place)
            }
        }
    }

    /// Sorts the list by the bytes of the names, as `LC_ALL=C sort` would, and writes it.
    pub(crate) fn write(&self, mut list: Vec<Hashed>) -> Result<(), String> {
        list.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        match self {
            Self::Standard => {
                let standard = io::stdout().lock();
                write_lines(standard, &list).map_err(|error| format!("cannot write to standard output: {error}"))
            }
            Self::File(place) => replace(place, &list).map_err(|error| format!("cannot write {place:?}: {error}")),
        }
    }
}

/// The place where a list named `file` will lie: without links, so that a link to a list stays a link.
fn resolve(file: &Path) -> io::Result<PathBuf> {
    if let Ok(existing) = fs::canonicalize(file) {
        return Ok(existing);
    }
    let name = file.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    Ok(fs::canonicalize(directory(file))?.join(name))
}

fn directory(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Writes beside `place` and renames: who reads `place` sees the old list or the new one, never a part.
fn replace(place: &Path, list: &[Hashed]) -> io::Result<()> {
    let mut draft = create_beside(place)?;
    write_lines(draft.as_file_mut(), list)?;
    draft.as_file().sync_all()?;
    draft.persist(place)?;
    Ok(())
}

/// A new file in the directory of `place`, with the permissions that any new file gets; gone when dropped.
fn create_beside(place: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".checksum-").make_in(directory(place), |draft| File::create_new(draft))
}

fn write_lines(to: impl Write, list: &[Hashed]) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(64 * 1024, to);
    let mut line = Vec::new();
    for hashed in list {
        line.clear();
        push_line(&mut line, hashed);
        to.write_all(&line)?;
    }
    to.flush()
}

/// `<64 hexadecimal digits>  <name>`. Where the name would break the line, the line begins with a
/// backslash, and backslash, line feed and carriage return in the name are written `\\`, `\n` and `\r`.
fn push_line(line: &mut Vec<u8>, hashed: &Hashed) {
    let name = name(hashed);
    let escaped = name.iter().any(|byte| escape(*byte).is_some());
    if escaped {
        line.push(b'\\');
    }
    for byte in hashed.digest {
        line.extend([byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    }
    line.extend(b"  ");
    if escaped {
        for &byte in name {
            match escape(byte) {
                Some(letter) => line.extend([b'\\', letter]),
                None => line.push(byte),
            }
        }
    } else {
        line.extend(name);
    }
    line.push(b'\n');
}

fn escape(byte: u8) -> Option<u8> {
    match byte {
        b'\\' => Some(b'\\'),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        _ => None,
    }
}

/// The name as it is: on Unix any bytes, whether or not they are UTF-8.
fn name(hashed: &Hashed) -> &[u8] {
    hashed.path.as_os_str().as_encoded_bytes()
}
