//! Numbers for whoever asks: a local socket at which each connection is answered once.
//!
//! The recorder's thread looks after it between two collections, so nothing here waits: what a connection does not take
//! at once is given to it piece by piece, and one that takes nothing is left after a while.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// So many connections are answered at a time. More wait where the system lets them.
const MOST: usize = 16;

/// Who takes no more for so long gets no more.
const PATIENCE: Duration = Duration::from_secs(2);

/// A socket whose calls return at once.
trait Listens: Send {
    fn accept(&self) -> io::Result<Box<dyn Write + Send>>;
}

pub(super) struct Server {
    listener: Box<dyn Listens>,
    address: PathBuf,
    answers: Vec<Answer>,
}

/// What is left to be given to a connection.
struct Answer {
    to: Box<dyn Write + Send>,
    text: String,
    given: usize,
    last: Instant,
}

impl Server {
    /// # Errors
    ///
    /// What is wrong with the address.
    pub(super) fn open(address: &Path) -> io::Result<Server> {
        let opened = match port(address) {
            Some(text) => open_port(text),
            None => socket::open(address).map(|listener| (listener, address.to_owned())),
        };
        let explain = |error: io::Error| {
            io::Error::new(error.kind(), std::format!("cannot serve at {}: {error}", address.display()))
        };
        let (listener, address) = opened.map_err(explain)?;
        Ok(Server { listener, address, answers: Vec::new() })
    }

    pub(super) fn address(&self) -> &Path {
        &self.address
    }

    /// Takes who has come, and gives everybody what they take.
    pub(super) fn turn(&mut self, snapshot: impl Fn() -> String) {
        while self.answers.len() < MOST {
            // Nobody is there, or somebody who has left already. Any other trouble is the next turn's too.
            let Ok(to) = self.listener.accept() else { break };
            self.answers.push(Answer { to, text: snapshot(), given: 0, last: Instant::now() });
        }
        self.answers.retain_mut(|answer| answer.goes_on());
    }
}

impl Answer {
    fn goes_on(&mut self) -> bool {
        while let Some(rest) = self.text.as_bytes().get(self.given..).filter(|rest| !rest.is_empty()) {
            match self.to.write(rest) {
                Ok(0) => return false,
                Ok(given) => (self.given, self.last) = (self.given + given, Instant::now()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return self.last.elapsed() < PATIENCE,
                Err(_) => return false,
            }
        }
        false
    }
}

/// Whether that is meant as an address, and not as a path.
fn port(address: &Path) -> Option<&str> {
    let text = address.to_str()?;
    let is_port = text.contains(':') && !text.contains(std::path::is_separator);
    // Without a port it is hardly meant as the name of a file.
    (is_port || text.parse::<IpAddr>().is_ok()).then_some(text)
}

fn open_port(text: &str) -> io::Result<(Box<dyn Listens>, PathBuf)> {
    let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why);
    let address: SocketAddr =
        text.parse().map_err(|_| wrong("it is neither an address such as 127.0.0.1:7007 nor the path of a socket"))?;
    if !address.ip().is_loopback() {
        return Err(wrong("it can be reached from other machines, and anybody there could ask"));
    }
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?.to_string().into();
    Ok((Box::new(listener), address))
}

impl Listens for TcpListener {
    fn accept(&self) -> io::Result<Box<dyn Write + Send>> {
        let (stream, _) = TcpListener::accept(self)?;
        stream.set_nonblocking(true)?;
        Ok(Box::new(stream))
    }
}

#[cfg(unix)]
mod socket {
    use std::fs;
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    use std::os::unix::net::{UnixDatagram, UnixListener};

    use super::*;

    /// A socket that has a file, for as long as it is there.
    struct Socket {
        listener: UnixListener,
        /// From the root: the program may go to another folder.
        path: PathBuf,
        file: Option<(u64, u64)>,
    }

    impl Drop for Socket {
        fn drop(&mut self) {
            // If it is gone already, or another is in its place, somebody else has removed it. The listener is open still, so
            // its number is nobody else's.
            if self.file.is_some() && identity(&self.path) == self.file {
                let _ = fs::remove_file(&self.path);
            }
        }
    }

    impl Listens for Socket {
        fn accept(&self) -> io::Result<Box<dyn Write + Send>> {
            let (stream, _) = self.listener.accept()?;
            stream.set_nonblocking(true)?;
            Ok(Box::new(stream))
        }
    }

    pub(super) fn open(path: &Path) -> io::Result<Box<dyn Listens>> {
        if is_left_behind(path) {
            fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        let path = std::path::absolute(path)?;
        let file = identity(&path);
        let socket = Socket { listener, path, file };
        socket.listener.set_nonblocking(true)?;
        Ok(Box::new(socket))
    }

    /// Which file is there.
    fn identity(path: &Path) -> Option<(u64, u64)> {
        fs::symlink_metadata(path).ok().map(|file| (file.dev(), file.ino()))
    }

    /// Whether it is the socket of a program that has ended without removing it.
    ///
    /// Asked by a socket of another type: one that somebody has is then of the wrong type, which the system says at once. By
    /// one of the same type the other program would have to take a connection, and who asks would wait until it has room for it.
    fn is_left_behind(path: &Path) -> bool {
        let refuses = |asks: UnixDatagram| {
            asks.connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
        };
        fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket())
            && UnixDatagram::unbound().is_ok_and(refuses)
    }
}

#[cfg(not(unix))]
mod socket {
    use super::*;

    pub(super) fn open(_: &Path) -> io::Result<Box<dyn Listens>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "sockets with a path are there on Unix only"))
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
