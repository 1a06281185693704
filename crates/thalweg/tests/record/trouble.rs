//! What goes wrong in a program that is recorded, and that it stays the program's.

use std::collections::HashSet;
use std::io::Read;
use std::net::TcpStream;
use std::pin::pin;
#[cfg(unix)]
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use thalweg::mpmc;
use thalweg::record::{Options, Recorder};
use thalweg_recording::{Limits, What, read};

use crate::turn;

const SOON: Duration = Duration::from_millis(5);
const LIMIT: Duration = Duration::from_secs(20);

/// Runs this while a send waits.
fn stalled(run: impl FnOnce()) {
    let (tx, _rx) = mpmc::bounded(1);
    tx.try_send(1).unwrap();
    let mut send = pin!(tx.send(2));
    assert!(send.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    run();
}

/// Of what threads did while the recording ended a part was taken: rings one after the other, and of clones that were made
/// in the meantime nothing was known.
#[test]
fn a_receive_was_in_the_file_and_its_send_was_not_when_the_recording_ended() {
    let _turn = turn();
    for clones in [true, false].repeat(15) {
        let path = tempfile::NamedTempFile::new().unwrap();
        let recorder = Options::new().keep(0).capture(path.path()).start().unwrap();
        let (tx, rx) = mpmc::bounded(1);
        let ends = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                let (tx, rx, ends) = (tx.clone(), rx.clone(), &ends);
                let send = move || if clones { tx.clone().send_blocking(1) } else { tx.send_blocking(1) };
                scope.spawn(move || while !ends.load(Ordering::Relaxed) && send().is_ok() {});
                scope.spawn(move || while rx.recv_blocking().is_ok() {});
            }
            drop((tx, rx));
            thread::sleep(Duration::from_millis(10));
            recorder.finish().unwrap();
            ends.store(true, Ordering::Relaxed);
        });
        let recording = read(std::fs::File::open(path.path()).unwrap(), &Limits::default()).unwrap();
        let messages = |what: What| recording.events.iter().filter(move |event| event.what == what);
        let sent: HashSet<Option<u64>> = messages(What::Sent).map(|event| event.message).collect();
        let unsent = messages(What::Received).filter(|event| !sent.contains(&event.message)).count();
        assert!(unsent == 0 || recording.lost > 0, "{unsent} messages were received and not sent");
    }
}

/// The collector was asked once, and while there was much to record it was mostly at work.
#[test]
fn a_panic_left_no_recording_of_a_busy_program() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let path = folder.path().join(format!("panic {round}"));
        let recorder = Options::new().on_panic(&path).start().unwrap();
        let ends = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..8 {
                let (tx, rx) = mpmc::bounded(16);
                let ends = &ends;
                scope.spawn(move || while !ends.load(Ordering::Relaxed) && tx.send_blocking(()).is_ok() {});
                scope.spawn(move || rx.iter_blocking().count());
            }
            thread::sleep(Duration::from_millis(10));
            assert!(scope.spawn(|| panic!("this one is meant")).join().is_err());
            ends.store(true, Ordering::Relaxed);
        });
        drop(recorder);
        let recording = read(std::fs::File::open(path).expect("it was written"), &Limits::default()).unwrap();
        assert!(recording.notes.iter().any(|(_, value)| value.contains("this one is meant")));
    }
}

#[test]
fn a_report_that_panicked_ended_the_recording() {
    let _turn = turn();
    let (tell, told) = mpsc::channel();
    let panics = move |_: &str| {
        tell.send(()).unwrap();
        panic!("this one is meant");
    };
    let recorder = Options::new().serve("127.0.0.1:0").on_stall(SOON, panics).start().unwrap();
    stalled(|| told.recv_timeout(LIMIT).unwrap());
    // Who asks is answered by the thread that was told, and takes what happens.
    let address = recorder.address().unwrap().to_str().unwrap().to_owned();
    stalled(|| thread::sleep(4 * SOON));
    let mut answer = String::new();
    TcpStream::connect(address).unwrap().read_to_string(&mut answer).unwrap();
    assert!(answer.contains(r#""sends_waited":2"#), "{answer}");
    assert!(told.try_recv().is_err(), "it is not called again");
    assert_eq!(recorder.finish().unwrap_err().to_string(), "what was told of a stall panicked");
}

/// Who learns of a stall may want what there is of it, and no more.
#[test]
fn a_recording_that_its_own_report_ended_was_a_panic() {
    static RECORDER: Mutex<Option<Recorder>> = Mutex::new(None);
    let _turn = turn();
    let (tell, told) = mpsc::channel();
    let ends = move |_: &str| {
        let recorder = RECORDER.lock().unwrap().take().unwrap();
        tell.send(recorder.finish()).unwrap();
    };
    *RECORDER.lock().unwrap() = Some(Options::new().on_stall(SOON, ends).start().unwrap());
    stalled(|| told.recv_timeout(LIMIT).expect("it did not end").unwrap());
    Options::new().start().unwrap().finish().unwrap();
}

/// Receives that wait are none.
#[test]
fn where_no_send_waits_there_is_no_stall() {
    let _turn = turn();
    let (tell, told) = mpsc::channel();
    let recorder = Options::new().on_stall(SOON, move |report| tell.send(report.to_owned()).unwrap()).start().unwrap();
    let (_tx, rx) = mpmc::bounded::<()>(1);
    let mut receive = pin!(rx.recv());
    assert!(receive.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    thread::sleep(6 * SOON);
    recorder.finish().unwrap();
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [""; 0]);
}

/// Begins a recording, makes a channel, and runs this with a sender of it while the recorder is held up by a report.
fn held_up(options: Options, run: impl FnOnce(&mpmc::Sender<()>)) -> (Recorder, mpmc::Sender<()>, mpmc::Receiver<()>) {
    let (tell, told) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let holds_up = move |_: &str| {
        tell.send(()).unwrap();
        goes_on.recv_timeout(LIMIT).unwrap();
    };
    let recorder = options.on_stall(SOON, holds_up).start().unwrap();
    let (tx, rx) = mpmc::bounded(1);
    stalled(|| {
        told.recv_timeout(LIMIT).unwrap();
        run(&tx);
        go_on.send(()).unwrap();
    });
    (recorder, tx, rx)
}

/// Between two looks at whether it is time to publish there may be more than that time.
#[test]
fn numbers_are_published_after_a_report_that_took_its_time() {
    let _turn = turn();
    let path = tempfile::NamedTempFile::new().unwrap();
    let options = Options::new().publish(path.path());
    let (recorder, _tx, _rx) = held_up(options, |_| thread::sleep(Duration::from_millis(1_200)));
    // The channel that stalled has gone since.
    let deadline = Instant::now() + LIMIT;
    let read = || thalweg_diagram::read_snapshot(&std::fs::read_to_string(path.path()).unwrap()).unwrap();
    while read().gone.is_empty() {
        assert!(Instant::now() < deadline, "the numbers are not written anew: {:?}", read());
        thread::sleep(Duration::from_millis(20));
    }
    recorder.finish().unwrap();
}

/// Their last event was lost, so they were kept, as alive, by a recorder that could not keep up.
#[test]
fn handles_that_went_while_there_was_no_room_stayed() {
    let _turn = turn();
    let path = tempfile::NamedTempFile::new().unwrap();
    let options = Options::new().capture(path.path());
    let (recorder, _tx, rx) = held_up(options, |tx| (0..20_000).for_each(|_| drop(tx.clone())));
    let snapshot = recorder.snapshot();
    assert!(snapshot.lost > 0, "its ring has held all that");
    assert_eq!(snapshot.channels[0].senders.handles, 1);
    assert_eq!(recorder.recording().lost, snapshot.lost);
    drop(rx);
    recorder.finish().unwrap();
    let captured = read(std::fs::File::open(path.path()).unwrap(), &Limits::default()).unwrap();
    assert_eq!(captured.lost, snapshot.lost);
}

/// Clones that were too many to be told of are nobody, and what is cloned from them is too.
#[test]
fn clones_of_a_handle_that_is_not_recorded_are_not_either() {
    const CLONES: u64 = 70_000;
    let _turn = turn();
    let mut clones = Vec::new();
    let (recorder, _tx, _rx) = held_up(Options::new(), |tx| clones.extend((0..CLONES).map(|_| tx.clone())));
    let known = recorder.snapshot().channels[0].senders.handles;
    assert!(known < CLONES, "there was room for all");
    let last = clones.last().unwrap().clone();
    assert_eq!(recorder.snapshot().channels[0].senders.handles, known);
    drop((last, recorder));
}

/// Of a path for a panic nothing was said before there was one, and then not either; and of the others not which it was.
#[test]
fn a_file_that_cannot_be_written_was_not_named() {
    let _turn = turn();
    let nowhere = "/nowhere/at/all";
    for options in [
        Options::new().capture(nowhere),
        Options::new().on_panic(nowhere),
        Options::new().publish(nowhere),
        Options::new().serve(nowhere),
    ] {
        let error = options.start().unwrap_err();
        assert!(error.to_string().contains(nowhere), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let error = Options::new().on_panic(folder.path()).start().unwrap_err();
    assert!(error.to_string().contains(folder.path().to_str().unwrap()), "a folder: {error}");
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    std::fs::write(&old, "of the last panic").unwrap();
    Options::new().on_panic(&old).start().unwrap().finish().unwrap();
    Options::new().on_panic(&new).start().unwrap().finish().unwrap();
    assert_eq!(std::fs::read_to_string(old).unwrap(), "of the last panic");
    assert!(!new.exists());
    // Nor is a link to it another's business.
    #[cfg(unix)]
    {
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&new, &link).unwrap();
        Options::new().on_panic(&link).start().unwrap().finish().unwrap();
        assert!(link.is_symlink() && !new.exists());
    }
}

/// One may have panics told to whoever reads a pipe, and reads it later.
#[cfg(unix)]
#[test]
fn a_pipe_for_panics_is_not_waited_for() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(Options::new().on_panic(pipe).start().and_then(Recorder::finish)));
    told.recv_timeout(LIMIT).expect("it waits for a reader").unwrap();
}
