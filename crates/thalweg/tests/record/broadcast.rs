//! The same of `broadcast`, whose receivers each have their own place in it.

use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;
use thalweg::broadcast;
use thalweg::record::{name_channel, named};
use thalweg_recording::{Kind, LAST_SENDER_WENT, NO_HANDLE, Recording, Tally, What};

use crate::{recorded, story, turn};
use What::*;

/// How many waits go on at the end, for all that the numbers know.
fn waiting(recording: &Recording) -> usize {
    let mut tally = Tally::new();
    recording.channels.iter().for_each(|channel| tally.channel(channel));
    recording.handles.iter().for_each(|handle| tally.handle(handle));
    recording.events.iter().for_each(|event| tally.event(event));
    tally.waits().len()
}

#[test]
fn each_message_to_each_receiver() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, mut one) = broadcast::channel(4);
        let mut two = tx.subscribe();
        let second = tx.clone();
        tx.send('a').unwrap();
        second.send('b').unwrap();
        assert_eq!((one.try_recv(), two.try_recv()), (Ok('a'), Ok('a')));
        drop((tx, second));
        assert_eq!((two.try_recv(), one.try_recv()), (Ok('b'), Ok('b')));
        assert!(one.try_recv().is_err());
        drop(two);
    });
    let expected = [
        (1, Created, None, 0),
        (2, Created, None, 0),
        (3, Created, None, 0),
        (4, Cloned, None, 1),
        (1, Sent, Some(0), 0),
        (4, Sent, Some(1), 0),
        (2, Received, Some(0), 0),
        (3, Received, Some(0), 0),
        (1, Dropped, None, 0),
        (4, Dropped, None, 0),
        (NO_HANDLE, Closed, None, LAST_SENDER_WENT),
        (3, Received, Some(1), 0),
        (2, Received, Some(1), 0),
        (2, ReceiveEnded, None, 0),
        (3, Dropped, None, 0),
        (2, Dropped, None, 0),
    ];
    assert_eq!(story(&recording), expected);
    let channel = &recording.channels[0];
    assert_eq!((channel.kind, channel.capacity), (Kind::Broadcast, Some(4)));
    let place = channel.place.as_deref().unwrap();
    assert!(place.contains("broadcast.rs:"), "{place} is not where the channel was made");
}

/// The slow one waited, was woken, and learns only then that it missed some. Its wait is over by that.
#[test]
fn too_slow() {
    let _turn = turn();
    let mut recording = recorded(|| {
        let (tx, mut rx) = broadcast::channel(1);
        let mut cx = Context::from_waker(Waker::noop());
        let mut recv = pin!(rx.recv());
        assert!(recv.as_mut().poll(&mut cx).is_pending());
        for message in 0..3 {
            tx.send(message).unwrap();
        }
        assert!(block_on(recv).is_err());
    });
    let expected = [
        (2, ReceiveWaits, None, 1),
        (1, Sent, Some(0), 0),
        (2, Woken, None, 1),
        (1, Sent, Some(1), 0),
        (1, Sent, Some(2), 0),
        (2, Lagged, Some(2), 2),
    ];
    assert_eq!(story(&recording)[2..8], expected);
    recording.events.truncate(8);
    assert_eq!(waiting(&recording), 0);
    recording.events.truncate(7);
    assert_eq!(waiting(&recording), 1);
}

/// Its places in the queue are several, its wait is one.
#[test]
fn a_wait_that_goes_on_and_one_that_is_given_up() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, mut rx) = broadcast::channel(1);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(rx.poll_recv(&mut cx).is_pending());
        assert!(rx.poll_recv(&mut cx).is_pending());
        tx.send('a').unwrap();
        assert!(rx.poll_recv(&mut cx).is_ready());
        {
            let mut recv = pin!(rx.recv());
            assert!(recv.as_mut().poll(&mut cx).is_pending());
        }
        assert!(rx.blocking_recv_timeout(Duration::from_millis(1)).is_err());
        assert!(rx.poll_recv(&mut cx).is_pending());
        drop(rx);
        assert!(tx.send('b').is_err());
    });
    let expected = [
        (2, ReceiveWaits, None, 1),
        (1, Sent, Some(0), 0),
        (2, Woken, None, 1),
        (2, Received, Some(0), 1),
        (2, ReceiveWaits, None, 1),
        (2, Cancelled, None, 1),
        (2, ReceiveWaits, None, 1),
        (2, TimedOut, None, 1),
        (2, ReceiveWaits, None, 1),
        (2, Cancelled, None, 1),
        (2, Dropped, None, 0),
        (1, SendRefused, None, 0),
    ];
    let story = story(&recording);
    assert_eq!(story[2..14], expected);
    assert_eq!(story[14..], [(1, Dropped, None, 0), (NO_HANDLE, Closed, None, LAST_SENDER_WENT)]);
}

#[test]
fn senders_wait_for_the_slowest() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, mut one) = broadcast::lossless(1);
        let mut two = tx.subscribe();
        let mut cx = Context::from_waker(Waker::noop());
        tx.try_send('a').unwrap();
        assert!(tx.try_send('b').is_err());
        let mut send = pin!(tx.send('b'));
        assert!(send.as_mut().poll(&mut cx).is_pending());
        one.try_recv().unwrap();
        two.try_recv().unwrap();
        assert!(send.as_mut().poll(&mut cx).is_ready());
        {
            let mut send = Box::pin(tx.send('c'));
            assert!(send.as_mut().poll(&mut cx).is_pending());
            assert_eq!(send.as_mut().cancel(), Some('c'));
        }
        assert!(tx.blocking_send_timeout('d', Duration::from_millis(1)).is_err());
    });
    let expected = [
        (1, Sent, Some(0), 0),
        (1, SendWaits, None, 1),
        (2, Received, Some(0), 0),
        (3, Received, Some(0), 0),
        (1, Woken, None, 1),
        (1, Sent, Some(1), 1),
        (1, SendWaits, None, 2),
        (1, Cancelled, None, 2),
        (1, SendWaits, None, 3),
        (1, TimedOut, None, 3),
    ];
    assert_eq!(story(&recording)[3..13], expected);
}

#[test]
fn names_and_places() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = broadcast::lossless::<()>(2);
        let (_tx, rx) = (named("ticker", tx), named("screen", rx));
        name_channel("news", &rx);
        let inactive = rx.deactivate();
        let _rx = named("screen again", inactive.activate());
    });
    let names: Vec<_> = recording.handles.iter().map(|handle| handle.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["ticker", "screen", "screen again"]);
    assert_eq!(recording.channels[0].label(), "news");
}

/// Each receiver has each message once, and not before it was sent.
#[test]
fn threads_tell_of_each_receive() {
    let _turn = turn();
    let (messages, receivers) = (2_000, 3);
    let recording = recorded(|| {
        let (tx, rx) = broadcast::lossless(4);
        thread::scope(|scope| {
            (0..receivers).for_each(|_| {
                let mut rx = tx.subscribe();
                scope.spawn(move || while rx.blocking_recv().is_ok() {});
            });
            drop(rx);
            for message in 0..messages {
                tx.blocking_send(message).unwrap();
            }
            drop(tx);
        });
    });
    let mut next = std::collections::BTreeMap::new();
    let mut sent = 0;
    for event in &recording.events {
        match event.what {
            Sent => sent += 1,
            Received => {
                let next = next.entry(event.handle).or_insert(0);
                assert!(event.message == Some(*next) && *next < sent, "{event:?}");
                *next += 1;
            }
            _ => {}
        }
    }
    assert!(next.len() == receivers && next.values().all(|next| *next == messages));
}
