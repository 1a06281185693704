//! Standard output: whether there is one, and writing to it.

#[cfg(not(unix))]
pub(crate) use elsewhere::*;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Write};
    use std::os::fd::AsFd;
    use std::sync::atomic::{AtomicBool, Ordering};

    static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

    /// Whether the program was started without a standard output, as `checksum DIR >&-` does.
    ///
    /// In `main` it is too late to ask. Before it, std opens `/dev/null` for reading and writing in the place of
    /// each closed standard stream, and that is also what some programs pass on purpose to those whose output
    /// they do not want (Python's `subprocess.DEVNULL` is one). So the question is asked before std is there.
    pub(crate) fn was_closed() -> bool {
        WAS_CLOSED.load(Ordering::Relaxed)
    }

    // SAFETY (of the section): it is an array of pointers to functions of this type, which the C library calls one
    // after the other before `main`. They get arguments that `look` does not take, which C's calls allow.
    #[used]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
    static BEFORE_MAIN: extern "C" fn() = look;

    /// Runs before std has set anything up, and so uses nothing of it but an atomic.
    extern "C" fn look() {
        // SAFETY: `F_GETFD` takes no argument and changes nothing; any number may be asked for.
        let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
        WAS_CLOSED.store(flags == -1, Ordering::Relaxed);
    }

    /// Not `io::stdout`, which takes a descriptor that cannot be written to for one that swallows everything.
    pub(crate) fn writer() -> io::Result<impl Write> {
        Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::io::{self, Write};

    pub(crate) fn was_closed() -> bool {
        false
    }

    pub(crate) fn writer() -> io::Result<impl Write> {
        Ok(io::stdout().lock())
    }
}
