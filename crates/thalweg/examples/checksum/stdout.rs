//! Writing to standard output so that what goes wrong is known.
//!
//! One case cannot be known: a program that is started without a standard output (`checksum DIR >&-`) finds
//! `/dev/null` in its place, which std opens there before `main`.

use std::io::{self, Write};

/// Not `io::stdout`, which takes a descriptor that cannot be written to for one that swallows everything.
#[cfg(unix)]
pub(crate) fn writer() -> io::Result<impl Write> {
    use std::fs::File;
    use std::os::fd::AsFd;

    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
pub(crate) fn writer() -> io::Result<impl Write> {
    Ok(io::stdout().lock())
}
