//! The child of a fork, as its parent sees it.

use std::thread;
use std::time::{Duration, Instant};

/// With what code the child ended, if it did: it is not waited for without end.
pub(crate) fn ended(child: libc::pid_t) -> Option<libc::c_int> {
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut status = 0;
    while Instant::now() < deadline {
        // SAFETY: `status` is ours, and the child is nobody else's to wait for.
        match unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) } {
            0 => thread::sleep(Duration::from_millis(2)),
            _ if libc::WIFEXITED(status) => return Some(libc::WEXITSTATUS(status)),
            _ => panic!("the child died of {status}"),
        }
    }
    // SAFETY: it has not been waited for, so its number is its own still.
    unsafe { libc::kill(child, libc::SIGKILL) };
    // SAFETY: as above.
    unsafe { libc::waitpid(child, &mut status, 0) };
    None
}
