//! What is recorded is what happened. A process records once at a time, so these tests do.

#[cfg(unix)]
mod child;

mod record {
    mod asked;
    mod broadcast;
    #[cfg(unix)]
    mod forked;
    mod oneshot;
    mod pictures;
    #[cfg(unix)]
    mod served;
    mod texts;
    mod trouble;
    mod waits;
    mod watch;
}

use std::panic;
use std::path::Path;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::{block_on, poll_once};
use thalweg::record::{Options, Recorder, Recording, name_channel, named};
use thalweg::{mpmc, mpsc};
use thalweg_recording::{Event, LAST_SENDER_WENT, Limits, NO_HANDLE, What, read};

static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What happened, each as: who, what, which message, and the rest. Handles are 1, 2, ... as they were made.
fn story(recording: &Recording) -> Vec<(u32, What, Option<u64>, u32)> {
    let mut ids: Vec<u32> = recording.handles.iter().map(|handle| handle.id).collect();
    ids.sort_unstable();
    let who = |id: u32| ids.iter().position(|known| *known == id).map_or(0, |at| at as u32 + 1);
    let aux = |event: &Event| if event.what == What::Cloned { who(event.aux) } else { event.aux };
    recording.events.iter().map(|event| (who(event.handle), event.what, event.message, aux(event))).collect()
}

fn recorded(run: impl FnOnce()) -> Recording {
    let recorder = Options::new().start().unwrap();
    run();
    let recording = recorder.recording();
    assert_eq!(recording.lost, 0);
    recording
}

#[test]
fn a_recorder_goes_to_any_thread() {
    fn goes<T: Send>() {}
    fn is_shared<T: Send + Sync>() {}
    goes::<Options>();
    is_shared::<Recorder>();
}

#[test]
fn messages_and_handles() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::bounded(2);
        let second = tx.clone();
        tx.try_send('a').unwrap();
        second.try_send('b').unwrap();
        assert!(tx.try_send('c').is_err());
        assert_eq!(rx.try_recv(), Ok('a'));
        drop((tx, second));
        assert_eq!(rx.try_recv(), Ok('b'));
        assert!(rx.try_recv().is_err());
    });
    use What::*;
    let expected = [
        (1, Created, None, 0),
        (2, Created, None, 0),
        (3, Cloned, None, 1),
        (1, Sent, Some(0), 0),
        (3, Sent, Some(1), 0),
        (2, Received, Some(0), 0),
        (1, Dropped, None, 0),
        (3, Dropped, None, 0),
        (NO_HANDLE, Closed, None, LAST_SENDER_WENT),
        (2, Received, Some(1), 0),
        (2, ReceiveEnded, None, 0),
        (2, Dropped, None, 0),
    ];
    assert_eq!(story(&recording), expected);
    assert_eq!(recording.channels[0].capacity, Some(2));
    let place = recording.channels[0].place.as_deref().unwrap();
    assert!(place.contains("record.rs:"), "{place} is not where the channel was made");
}

#[test]
fn messages_that_the_last_handle_left_behind_were_not_discarded() {
    let _turn = turn();
    let discarded = |run: &dyn Fn()| {
        let recording = recorded(run);
        let is_it = |told: &&(u32, What, Option<u64>, u32)| told.1 == What::Discarded;
        story(&recording).iter().filter(is_it).map(|told| (told.0, told.2, told.3)).collect::<Vec<_>>()
    };
    let of_mpmc = discarded(&|| {
        let (tx, rx) = mpmc::bounded(4);
        (0..3).for_each(|message| tx.try_send(message).unwrap());
        rx.try_recv().unwrap();
        drop(tx);
        drop(rx);
    });
    assert_eq!(of_mpmc, [(NO_HANDLE, Some(1), 2)]);
    let of_mpsc = discarded(&|| {
        let (tx, mut rx) = mpsc::unbounded_channel();
        (0..3).for_each(|message| tx.send(message).unwrap());
        rx.try_recv().unwrap();
        drop(tx);
        drop(rx);
    });
    assert_eq!(of_mpsc, [(NO_HANDLE, Some(1), 2)]);
}

#[test]
fn waits() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::bounded(1);
        tx.try_send(0).unwrap();
        let mut send = pin!(tx.send(1));
        let mut cx = Context::from_waker(Waker::noop());
        (0..2).for_each(|_| assert!(send.as_mut().poll(&mut cx).is_pending()));
        rx.try_recv().unwrap();
        assert!(send.as_mut().poll(&mut cx).is_ready());
        rx.try_recv().unwrap();
        {
            let mut recv = pin!(rx.recv());
            (0..2).for_each(|_| assert!(recv.as_mut().poll(&mut cx).is_pending()));
        }
        assert!(rx.recv_timeout(Duration::from_millis(1)).is_err());
    });
    use What::*;
    let story = story(&recording);
    let expected = [
        (1, Sent, Some(0), 0),
        (1, SendWaits, None, 1),
        (2, Received, Some(0), 0),
        (1, Woken, None, 1),
        (1, Sent, Some(1), 1),
        (2, Received, Some(1), 0),
        (2, ReceiveWaits, None, 1),
        (2, Cancelled, None, 1),
        (2, ReceiveWaits, None, 2),
        (2, TimedOut, None, 2),
    ];
    assert_eq!(story[2..story.len() - 3], expected);
}

#[test]
fn permits_batches_and_what_is_given_up() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::bounded(4);
        block_on(async {
            let mut permits = tx.reserve_many(3).await.unwrap();
            permits.next().unwrap().send('a').unwrap();
            drop(permits);
            tx.send_many(&mut ['b', 'c', 'd'].into()).await.unwrap();
            assert_eq!(tx.force_send('e'), Ok(Some('a')));
        });
        assert_eq!(rx.try_recv_many(&mut Vec::new(), 2), Ok(2));
        assert!(rx.close());
        assert!(tx.try_send('f').is_err());
        assert_eq!(rx.drain().count(), 2);
    });
    use What::*;
    let story = story(&recording);
    let expected = [
        (1, Reserved, Some(0), 3),
        (1, SentByPermit, Some(0), 0),
        (1, PermitReturned, None, 2),
        (1, Sent, Some(1), 0),
        (1, Sent, Some(2), 0),
        (1, Sent, Some(3), 0),
        (0, Discarded, Some(0), 1),
        (1, Sent, Some(4), 0),
        (2, Received, Some(1), 0),
        (2, Received, Some(2), 0),
        (2, Closed, None, 0),
        (1, SendRefused, None, 0),
        (2, Received, Some(3), 0),
        (2, Received, Some(4), 0),
    ];
    assert_eq!(story[2..16], expected);
}

/// Its `recv` is dropped, but it keeps its place and is woken there: its wait goes on.
#[test]
fn the_one_receiver() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, mut rx) = mpsc::unbounded_channel();
        block_on(async {
            assert!(poll_once(rx.recv()).await.is_none());
            tx.send('a').unwrap();
            tx.send('b').unwrap();
            assert_eq!(rx.recv().await, Some('a'));
        });
        drop(rx);
        assert!(tx.send('c').is_err());
    });
    use What::*;
    let story = story(&recording);
    let expected = [
        (2, ReceiveWaits, None, 1),
        (1, Sent, Some(0), 0),
        (2, Woken, None, 1),
        (1, Sent, Some(1), 0),
        (2, Received, Some(0), 1),
        (2, Dropped, None, 0),
        (0, Closed, None, 2),
        (0, Discarded, Some(1), 1),
        (1, SendRefused, None, 0),
    ];
    assert_eq!(story[2..11], expected);
}

/// Each message is sent once and received once, in whatever thread, and nobody receives before it was sent.
#[test]
fn threads_lose_no_event() {
    let _turn = turn();
    let path = tempfile::NamedTempFile::new().unwrap();
    let recorder = Options::new().keep(0).capture(path.path()).start().unwrap();
    let messages = 4_000;
    let (tx, rx) = mpmc::bounded(3);
    thread::scope(|scope| {
        for _ in 0..3 {
            let (tx, rx) = (tx.clone(), rx.clone());
            scope.spawn(move || (0..messages).for_each(|i| tx.send_blocking(i).unwrap()));
            scope.spawn(move || (0..messages).for_each(|_| assert!(rx.recv_blocking().unwrap() < messages)));
        }
    });
    drop((tx, rx));
    recorder.finish().unwrap();
    let recording = read(std::fs::File::open(path.path()).unwrap(), &Limits::default()).unwrap();
    assert_eq!(recording.lost, 0);
    let at = |what: What| {
        let of = recording.events.iter().filter(move |event| event.what == what);
        let mut of: Vec<(u64, u64)> = of.map(|event| (event.message.unwrap(), event.at)).collect();
        of.sort_unstable();
        of
    };
    let (sent, received) = (at(What::Sent), at(What::Received));
    assert!(sent.iter().map(|(message, _)| *message).eq(0..3 * messages));
    assert!(received.iter().map(|(message, _)| *message).eq(0..3 * messages));
    assert!(sent.iter().zip(&received).all(|((_, sent), (_, received))| sent <= received));
}

#[test]
fn channels_of_before_and_after_are_not_in_it() {
    let _turn = turn();
    let (before, rx) = mpmc::bounded(1);
    let recording = recorded(|| before.try_send(()).unwrap());
    assert!(recording.channels.is_empty() && recording.events.is_empty());
    let (after, _rx) = mpmc::bounded(1);
    let recorder = Options::new().start().unwrap();
    let (within, within_rx) = mpmc::bounded(1);
    recorder.finish().unwrap();
    rx.try_recv().unwrap();
    within.try_send(()).unwrap();
    after.try_send(()).unwrap();
    let recording = recorded(|| within_rx.try_recv().unwrap());
    assert!(recording.events.is_empty());
}

#[test]
fn one_recording_at_a_time() {
    let _turn = turn();
    let recorder: Recorder = Options::new().start().unwrap();
    let error = Options::new().start().unwrap_err();
    assert_eq!(error.to_string(), "this process records already: finish that first");
    drop(recorder);
    Options::new().start().unwrap().finish().unwrap();
}

#[test]
fn a_file_that_cannot_be_made_leaves_no_recording() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    assert!(Options::new().capture(folder.path().join("no/such/folder")).start().is_err());
    Options::new().start().unwrap().finish().unwrap();
}

#[test]
fn names() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::bounded::<()>(1);
        let (_tx, _rx) = (named("parser", tx), named("printer", rx));
        name_channel("jobs", &_tx);
        let (tx, rx) = mpsc::unbounded_channel::<()>();
        let (_tx, _rx) = (named("clerk", tx), named("archive", rx));
        name_channel("letters", &_rx);
    });
    let names: Vec<_> = recording.handles.iter().map(|handle| handle.name.as_deref()).collect();
    assert_eq!(names, [Some("parser"), Some("printer"), Some("clerk"), Some("archive")]);
    let channels: Vec<_> = recording.channels.iter().map(|channel| channel.name.as_deref()).collect();
    assert_eq!(channels, [Some("jobs"), Some("letters")]);
}

#[test]
fn handles_without_a_name_are_numbered_by_their_role() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::bounded::<()>(1);
        drop((tx.clone(), rx.clone(), tx.clone()));
    });
    let labels: Vec<_> = recording.handles.iter().map(|handle| handle.label()).collect();
    assert_eq!(labels, ["sender 1", "receiver 1", "sender 2", "receiver 2", "sender 3"]);
}

/// The file has a handle first without its name and then with it; the reader kept the first.
#[test]
fn names_are_in_the_file() {
    let _turn = turn();
    let path = tempfile::NamedTempFile::new().unwrap();
    let recorder = Options::new().capture(path.path()).start().unwrap();
    let (tx, _rx) = mpmc::bounded::<()>(1);
    // Written down without names.
    assert_eq!(recorder.recording().channels.len(), 1);
    let tx = named("parser", tx);
    name_channel("jobs", &tx);
    recorder.finish().unwrap();
    let recording = read(std::fs::File::open(path.path()).unwrap(), &Limits::default()).unwrap();
    let names: Vec<_> = recording.handles.iter().map(|handle| handle.name.as_deref()).collect();
    assert_eq!(names, [Some("parser"), None]);
    assert_eq!(recording.channels[0].name.as_deref(), Some("jobs"));
}

#[test]
fn numbers() {
    let _turn = turn();
    let recorder = Options::new().start().unwrap();
    let (tx, rx) = mpmc::bounded(2);
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    let mut send = pin!(tx.send(3));
    assert!(send.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let snapshot = recorder.snapshot();
    let [channel] = &snapshot.channels[..] else { panic!("one channel") };
    assert_eq!((channel.depth, channel.counts.sent, channel.counts.high_water), (2, 2, 2));
    assert_eq!((channel.senders.waiting, channel.counts.sends_waited), (1, 1));
    assert_eq!(snapshot.program.as_deref(), recorder.recording().notes.first().map(|(_, program)| &**program));
    drop(rx);
}

#[test]
fn numbers_are_published() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.json");
    let read = || thalweg_diagram::read_snapshot(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let recorder = Options::new().publish(&path).start().unwrap();
    assert!(read().channels.is_empty());
    let (tx, _rx) = mpmc::bounded(2);
    tx.try_send(1).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while read().channels.first().is_none_or(|channel| channel.depth != 1) {
        assert!(Instant::now() < deadline, "the numbers are not written anew: {:?}", read());
        thread::sleep(Duration::from_millis(50));
    }
    drop(recorder);
    // What is written first is not in the place of a file with another ending.
    let other = folder.path().join("numbers.new");
    std::fs::write(&other, "what somebody wrote").unwrap();
    drop(Options::new().publish(&path).start().unwrap());
    assert_eq!(std::fs::read_to_string(other).unwrap(), "what somebody wrote");
    assert!(Options::new().publish(folder.path().join("no/such/file")).start().is_err());
}

/// Who looked at the file after the program's end saw waits that were over long since.
#[test]
fn what_happened_in_the_last_second_was_not_published() {
    let _turn = turn();
    let file = tempfile::NamedTempFile::new().unwrap();
    let recorder = Options::new().publish(file.path()).start().unwrap();
    drop(mpmc::bounded::<()>(2));
    recorder.finish().unwrap();
    let snapshot = thalweg_diagram::read_snapshot(&std::fs::read_to_string(file.path()).unwrap()).unwrap();
    assert_eq!((snapshot.channels.len(), snapshot.gone.len()), (0, 1));
}

/// A picture of the file was one of "a recorded run", where one of what was saved had the program's name.
#[test]
fn a_captured_file_did_not_say_of_which_program_it_is() {
    let _turn = turn();
    let path = tempfile::NamedTempFile::new().unwrap();
    let recorder = Options::new().capture(path.path()).start().unwrap();
    let saved = recorder.recording();
    recorder.finish().unwrap();
    let captured = read(std::fs::File::open(path.path()).unwrap(), &Limits::default()).unwrap();
    assert_eq!(captured.notes.first(), saved.notes.first());
    let path = std::env::args().next().unwrap();
    let program = Path::new(&path).file_name().unwrap().to_str().unwrap();
    assert_eq!(captured.notes, [("program".to_owned(), program.to_owned())]);
}

/// More than a ring holds.
#[test]
fn what_an_old_channel_lost_is_not_lost_in_the_next_recording() {
    let _turn = turn();
    let recorder = Options::new().start().unwrap();
    let (tx, rx) = mpmc::bounded(1);
    recorder.finish().unwrap();
    for _ in 0..20_000 {
        tx.try_send(()).unwrap();
        rx.try_recv().unwrap();
    }
    let recording = recorded(|| drop(mpmc::bounded::<()>(1)));
    assert_eq!(recording.channels.len(), 1);
}

/// Two tasks, each of which waits for a place that only the other could make.
#[test]
fn a_deadlock_is_told() {
    let _turn = turn();
    let (tell, told) = mpmc::unbounded();
    let recorder = Options::new()
        .on_stall(Duration::from_millis(20), move |report| tell.try_send(report.to_owned()).unwrap())
        .start()
        .unwrap();
    let ((orders, to_factory), (receipts, to_shop)) = (mpmc::bounded(1), mpmc::bounded(1));
    let (orders, to_shop) = (named("shop", orders), named("shop", to_shop));
    let (receipts, to_factory) = (named("factory", receipts), named("factory", to_factory));
    orders.try_send(1).unwrap();
    receipts.try_send(1).unwrap();
    let (mut shop, mut factory) = (pin!(orders.send(2)), pin!(receipts.send(2)));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(shop.as_mut().poll(&mut cx).is_pending() && factory.as_mut().poll(&mut cx).is_pending());
    let report = told.recv_timeout(Duration::from_secs(20)).expect("the stall is told");
    assert!(report.contains("shop") && report.contains("factory"), "{report}");
    thread::sleep(Duration::from_millis(30));
    assert!(told.is_empty(), "it is told once");
    drop((to_factory, to_shop, recorder));
}

#[test]
fn a_panic_leaves_its_recording() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("panic");
    let recorder = Options::new().on_panic(&path).start().unwrap();
    let (tx, rx) = mpmc::bounded(1);
    tx.try_send(()).unwrap();
    assert!(thread::spawn(|| panic!("this one is meant")).join().is_err());
    drop((recorder, rx));
    let recording = read(std::fs::File::open(path).unwrap(), &Limits::default()).unwrap();
    assert!(recording.events.iter().any(|event| event.what == What::Sent));
    assert!(recording.notes.iter().any(|(_, value)| value.contains("this one is meant")));
}

/// Each recording put one more hook before those that were there, for as long as the process lived.
#[test]
fn panic_hooks_became_more_with_each_recording() {
    static DEPTH: AtomicUsize = AtomicUsize::new(0);
    /// How far below the bottom of its thread this is.
    fn here() -> usize {
        let local = 0_u8;
        (&raw const local).addr()
    }
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("panic");
    let record = || drop(Options::new().on_panic(&path).start().unwrap());
    record();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // Behind all hooks that were added later.
        DEPTH.store(here(), Ordering::Relaxed);
        before(panic);
    }));
    let depth = || {
        let bottom = thread::spawn(|| {
            let bottom = here();
            let _ = panic::catch_unwind(|| panic!("this one is meant"));
            bottom
        });
        bottom.join().unwrap().abs_diff(DEPTH.load(Ordering::Relaxed))
    };
    let once = depth();
    (0..50).for_each(|_| record());
    assert_eq!(depth(), once);
}
