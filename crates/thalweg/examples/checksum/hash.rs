//! The receiving end: takes paths out of the channel and hashes what they name.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thalweg::mpmc::Receiver;

use crate::log::Log;

/// Enough to make the system calls of a large file cheap, and little enough to stay in a core's own cache.
const BLOCK: usize = 128 * 1024;

/// A file and the digest of its contents.
#[derive(Debug)]
pub(crate) struct Hashed {
    pub(crate) path: PathBuf,
    pub(crate) digest: [u8; 32],
}

/// One worker: hashes what it receives until the channel is closed and empty.
///
/// It takes one path at a time. `recv_many_blocking` would save wake-ups where all files are small, and have a worker
/// sit on large ones that an idle one could take: nobody knows before reading which kind comes next.
pub(crate) fn work(inbox: &Receiver<PathBuf>, log: &Log) -> Vec<Hashed> {
    let mut block = vec![0; BLOCK];
    let mut done = Vec::new();
    while let Ok(path) = inbox.recv_blocking() {
        match hash(&path, &mut block, log) {
            Ok(digest) => {
                log.hashed_file();
                done.push(Hashed { path, digest });
            }
            Err(error) => log.problem(&format!("cannot read {path:?}: {error}")),
        }
    }
    done
}

fn hash(path: &Path, block: &mut [u8], log: &Log) -> io::Result<[u8; 32]> {
    let mut file = open(path)?;
    let mut hasher = Sha256::new();
    loop {
        match file.read(block) {
            Ok(0) => return Ok(hasher.finalize().into()),
            Ok(length) => {
                hasher.update(&block[..length]);
                log.hashed_bytes(length);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Between the walk and this moment another program may have put something else under the name.
/// A named pipe would block the worker for ever, or give the digest of nothing.
fn open(path: &Path) -> io::Result<File> {
    let file = without_waiting().read(true).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("no longer a regular file")) }
}

/// For opening a named pipe without a partner at its other end.
#[cfg(unix)]
pub(crate) fn without_waiting() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.custom_flags(libc::O_NONBLOCK);
    options
}

#[cfg(not(unix))]
pub(crate) fn without_waiting() -> OpenOptions {
    OpenOptions::new()
}
