//! What a recorder gives to who asks for it.

use std::fs::File;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use thalweg::record::{Options, named, texts};
use thalweg::{mpmc, oneshot};
use thalweg_recording::{Limits, What, read};

use crate::{recorded, turn};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn what_is_saved_is_what_there_is() {
    let _turn = turn();
    let path = tempfile::NamedTempFile::new().unwrap();
    let recorder = Options::new().start().unwrap();
    let (tx, _rx) = mpmc::bounded(1);
    tx.try_send(()).unwrap();
    recorder.save(path.path()).unwrap();
    let saved = read(File::open(path.path()).unwrap(), &Limits::default()).unwrap();
    assert_eq!((&saved.events, &saved.channels), (&recorder.recording().events, &recorder.recording().channels));
    assert!(saved.events.iter().any(|event| event.what == What::Sent));
    let folder = path.path().parent().unwrap();
    assert!(recorder.save(folder).is_err(), "a folder is no file");
}

#[test]
fn who_waits_is_told_after_that_time_and_not_before() {
    const LONG: Duration = Duration::from_millis(800);
    let _turn = turn();
    let told = Arc::new(AtomicBool::new(false));
    let tells = told.clone();
    let recorder = Options::new().on_stall(LONG, move |_| tells.store(true, Ordering::Relaxed)).start().unwrap();
    // However long the recording has gone on before.
    thread::sleep(LONG / 2);
    let (tx, _rx) = mpmc::bounded(1);
    let tx = named("shop", tx);
    tx.try_send(1).unwrap();
    let mut send = pin!(tx.send(2));
    let since = Instant::now();
    assert!(send.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    // Some rounds of the recorder.
    thread::sleep(Duration::from_millis(30));
    let (now, later) = (recorder.stall_report(Duration::ZERO), recorder.stall_report(HOUR));
    let is_told = told.load(Ordering::Relaxed);
    assert!(!is_told || since.elapsed() > LONG, "it has not waited for so long");
    assert!(now.contains("shop"), "{now}");
    assert!(!later.contains("shop") && !later.is_empty(), "{later}");
    recorder.finish().unwrap();
}

#[test]
fn options_and_recorder_say_what_they_are() {
    let _turn = turn();
    let options = Options::new().keep(7).capture("run");
    assert_eq!(format!("{options:?}"), r#"Options { keep: 7, capture: Some("run"), .. }"#);
    assert_eq!(format!("{:?}", Options::new().start().unwrap()), "Recorder { .. }");
}

/// It would cost its users for as long as it lives.
#[test]
fn a_channel_that_is_made_after_the_recording_is_not_recorded() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let _turn = turn();
    Options::new().start().unwrap().finish().unwrap();
    let (tx, _rx) = mpmc::bounded(1);
    texts(&tx, |()| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        String::new()
    });
    tx.try_send(()).unwrap();
    assert_eq!(ASKED.load(Ordering::Relaxed), 0);
}

#[test]
fn each_channel_has_its_own_events() {
    let _turn = turn();
    let recording = recorded(|| {
        let (one, _first) = oneshot::channel::<()>();
        let (two, second) = oneshot::channel();
        two.send(()).unwrap();
        drop((second, one));
    });
    let of = |what: What| recording.events.iter().filter(move |event| event.what == what).map(|event| event.channel);
    let channels: Vec<u32> = recording.channels.iter().map(|channel| channel.id).collect();
    assert_eq!(of(What::Discarded).collect::<Vec<_>>(), channels[1..]);
    assert_eq!(of(What::Closed).collect::<Vec<_>>(), channels[..1]);
}
