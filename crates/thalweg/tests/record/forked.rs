//! A process that forks while it records.

use std::panic;

use thalweg::mpmc;
use thalweg::record::Options;
use thalweg_recording::{Limits, read};

use crate::child::ended;
use crate::turn;

#[test]
fn a_fork_joined_a_thread_that_is_not_in_it() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let (path, panicked) = (folder.path().join("run"), folder.path().join("panic"));
    let recorder = Options::new().capture(&path).on_panic(&panicked).start().unwrap();
    let (tx, rx) = mpmc::bounded(2);
    tx.try_send(1).unwrap();
    // SAFETY: the child does what is promised to work in one: it ends the recording and exits, without going back to the test.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let _ = panic::catch_unwind(|| panic!("this one is meant"));
        let ends = || recorder.finish().is_err_and(|error| error.to_string().contains("is a fork"));
        let is_told = panic::catch_unwind(panic::AssertUnwindSafe(ends));
        let code = is_told.map_or(2, |is_told| if is_told && Options::new().start().is_err() { 0 } else { 1 });
        // SAFETY: it ends the process, and nothing of what the test has made is needed then.
        unsafe { libc::_exit(code) };
    }
    assert_eq!(ended(child), Some(0), "2: it panicked; none: it never ended");
    assert!(!panicked.exists(), "the child wrote its parent's file");
    tx.try_send(2).unwrap();
    drop((tx, rx));
    recorder.finish().unwrap();
    let recording = read(std::fs::File::open(path).unwrap(), &Limits::default()).unwrap();
    assert_eq!(recording.events.iter().filter(|event| event.what == thalweg_recording::What::Sent).count(), 2);
}
