//! The same of `oneshot`, which has no lock under which to tell.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;
use thalweg::oneshot;
use thalweg::record::{Options, Recording, name_channel, named};
use thalweg_recording::{CLOSED_BY_CALL, Kind, LAST_RECEIVER_WENT, LAST_SENDER_WENT, NO_HANDLE, What};

use crate::{recorded, story, turn};
use What::*;

/// What happened between a sender, 1, and a receiver, 2, after they were made.
fn told(run: impl FnOnce(oneshot::Sender<char>, oneshot::Receiver<char>)) -> Vec<(u32, What, Option<u64>, u32)> {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = oneshot::channel();
        run(tx, rx);
    });
    let mut story = story(&recording);
    assert_eq!(story[..2], [(1, Created, None, 0), (2, Created, None, 0)]);
    story.drain(..2);
    story
}

#[test]
fn one_message() {
    let told = told(|tx, mut rx| {
        tx.send('a').unwrap();
        assert_eq!(rx.try_recv(), Ok('a'));
        assert!(rx.try_recv().is_err(), "it is at its end, which is not told twice");
    });
    let expected = [(1, Sent, Some(0), 0), (1, Dropped, None, 0), (2, Received, Some(0), 0), (2, Dropped, None, 0)];
    assert_eq!(told, expected);
}

struct Other;

impl Wake for Other {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_wait() {
    let told = told(|tx, mut rx| {
        let other = Waker::from(Arc::new(Other));
        assert!(pin!(&mut rx).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(pin!(&mut rx).poll(&mut Context::from_waker(&other)).is_pending(), "it goes on with another waker");
        tx.send('a').unwrap();
        assert_eq!(block_on(&mut rx), Ok('a'));
    });
    let expected = [
        (2, ReceiveWaits, None, 1),
        (1, Sent, Some(0), 0),
        (2, Woken, None, 1),
        (1, Dropped, None, 0),
        (2, Received, Some(0), 1),
        (2, Dropped, None, 0),
    ];
    assert_eq!(told, expected);
}

/// Whoever waits for an answer is told that there is none.
#[test]
fn sender_that_goes_without_a_word() {
    let told = told(|tx, mut rx| {
        assert!(pin!(&mut rx).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(tx);
        assert!(block_on(rx).is_err());
    });
    let expected = [
        (2, ReceiveWaits, None, 1),
        (1, Dropped, None, 0),
        (NO_HANDLE, Closed, None, LAST_SENDER_WENT),
        (2, Woken, None, 1),
        (2, ReceiveEnded, None, 1),
        (2, Dropped, None, 0),
    ];
    assert_eq!(told, expected);
}

#[test]
fn receiver_that_gives_up() {
    let told = told(|tx, mut rx| {
        assert!(pin!(&mut rx).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(rx);
        assert_eq!(tx.send('a'), Err('a'));
    });
    let expected = [
        (2, ReceiveWaits, None, 1),
        (2, Cancelled, None, 1),
        (2, Dropped, None, 0),
        (NO_HANDLE, Closed, None, LAST_RECEIVER_WENT),
        (1, SendRefused, None, 0),
        (1, Dropped, None, 0),
    ];
    assert_eq!(told, expected);
}

#[test]
fn receiver_that_closes() {
    let told = told(|tx, mut rx| {
        rx.close();
        rx.close();
        assert!(tx.send('a').is_err());
        assert!(rx.try_recv().is_err());
    });
    let expected = [
        (2, Closed, None, CLOSED_BY_CALL),
        (1, SendRefused, None, 0),
        (1, Dropped, None, 0),
        (2, ReceiveEnded, None, 0),
        (2, Dropped, None, 0),
    ];
    assert_eq!(told, expected);
}

#[test]
fn message_that_nobody_takes() {
    let told = told(|tx, rx| {
        tx.send('a').unwrap();
        drop(rx);
    });
    let expected =
        [(1, Sent, Some(0), 0), (1, Dropped, None, 0), (2, Dropped, None, 0), (NO_HANDLE, Discarded, Some(0), 1)];
    assert_eq!(told, expected);
}

#[test]
fn wait_whose_time_is_up() {
    let told = told(|tx, mut rx| {
        assert!(rx.blocking_recv_timeout(Duration::from_millis(1)).is_err());
        tx.send('a').unwrap();
        assert_eq!(rx.blocking_recv(), Ok('a'));
    });
    assert_eq!(told[..2], [(2, ReceiveWaits, None, 1), (2, TimedOut, None, 1)]);
    assert!(told.contains(&(2, Received, Some(0), 0)));
}

#[test]
fn kind_place_and_names() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = oneshot::channel::<()>();
        let (_tx, rx) = (named("actor", tx), named("client", rx));
        name_channel("reply", &rx);
    });
    let [channel] = &recording.channels[..] else { panic!("one channel") };
    assert_eq!((channel.kind, channel.capacity, channel.name.as_deref()), (Kind::Oneshot, Some(1), Some("reply")));
    assert!(channel.place.as_deref().unwrap().contains("oneshot.rs:"));
    let names: Vec<_> = recording.handles.iter().map(|handle| handle.name.as_deref()).collect();
    assert_eq!(names, [Some("actor"), Some("client")]);
}

/// Whether each message that was received was sent, further up.
fn received_after_sent(recording: &Recording) -> bool {
    let mut sent = std::collections::BTreeSet::new();
    recording.events.iter().all(|event| match event.what {
        Sent => sent.insert((event.channel, event.message)),
        Received => sent.contains(&(event.channel, event.message)),
        _ => true,
    })
}

/// Looked at at any moment, while threads are in the middle of a send: no message is received that was not sent.
#[test]
fn nothing_is_received_before_it_was_sent() {
    let _turn = turn();
    let recorder = Options::new().keep(1 << 17).start().unwrap();
    let over = AtomicBool::new(false);
    let (ask, asked) = thalweg::mpmc::bounded::<oneshot::Sender<u32>>(2);
    let looks = thread::scope(|scope| {
        for _ in 0..2 {
            let asked = asked.clone();
            scope.spawn(move || asked.iter_blocking().for_each(|answer| answer.send(1).unwrap()));
        }
        let askers: Vec<_> = (0..2)
            .map(|_| {
                let ask = ask.clone();
                scope.spawn(move || {
                    for _ in 0..400 {
                        let (answer, mut answered) = oneshot::channel();
                        ask.send_blocking(answer).unwrap();
                        while answered.try_recv().is_err() {
                            thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        let look = scope.spawn(|| {
            let mut looks = 0;
            while !over.load(Ordering::Relaxed) {
                assert!(received_after_sent(&recorder.recording()));
                looks += 1;
            }
            looks
        });
        askers.into_iter().for_each(|asker| asker.join().unwrap());
        over.store(true, Ordering::Relaxed);
        drop(ask);
        look.join().unwrap()
    });
    let recording = recorder.recording();
    assert!(looks > 0 && received_after_sent(&recording));
    let of = |what: What| recording.events.iter().filter(|event| event.what == what).count();
    assert_eq!((recording.lost, of(Sent), of(Received)), (0, 1_600, 1_600));
}
