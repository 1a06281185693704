//! The same of `watch`, where a message is a version of the value.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use futures_lite::StreamExt;
use futures_lite::future::block_on;
use thalweg::record::{name_channel, named};
use thalweg::watch;
use thalweg_recording::{Kind, LAST_SENDER_WENT, NO_HANDLE, What};

use crate::{recorded, story, turn};
use What::*;

#[test]
fn values_sent_and_changes_seen() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, mut rx) = watch::channel(0);
        tx.send(1).unwrap();
        tx.send_modify(|value| *value += 1);
        assert!(!tx.send_if_modified(|_| false));
        assert!(rx.borrow_and_update().has_changed());
        assert!(!rx.borrow_and_update().has_changed());
        tx.send(3).unwrap();
        block_on(rx.changed()).unwrap();
        assert!(rx.borrow().eq(&3), "to look only is no news");
        let mut second = rx.clone();
        tx.send(4).unwrap();
        assert_eq!(*block_on(second.wait_for(|value| *value == 4)).unwrap(), 4);
        drop(second);
        drop(rx);
        assert!(tx.send(5).is_err());
    });
    let expected = [
        (1, Created, None, 0),
        (2, Created, None, 0),
        (1, Sent, Some(1), 0),
        (1, Sent, Some(2), 0),
        (2, Received, Some(2), 0),
        (1, Sent, Some(3), 0),
        (2, Received, Some(3), 0),
        (3, Cloned, None, 2),
        (1, Sent, Some(4), 0),
        (3, Received, Some(4), 0),
        (3, Dropped, None, 0),
        (2, Dropped, None, 0),
        (1, SendRefused, None, 0),
        (1, Dropped, None, 0),
        (NO_HANDLE, Closed, None, LAST_SENDER_WENT),
    ];
    assert_eq!(story(&recording), expected);
    let channel = &recording.channels[0];
    assert_eq!(channel.kind, Kind::Watch);
    assert!(channel.place.as_deref().unwrap().contains("watch.rs:"));
}

#[test]
fn waits() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, mut rx) = watch::channel(0);
        let mut cx = Context::from_waker(Waker::noop());
        {
            let mut changed = pin!(rx.changed());
            assert!(changed.as_mut().poll(&mut cx).is_pending());
            tx.send(1).unwrap();
            assert!(changed.as_mut().poll(&mut cx).is_ready());
        }
        {
            let mut changed = pin!(rx.changed());
            assert!(changed.as_mut().poll(&mut cx).is_pending());
        }
        assert!(rx.blocking_changed_timeout(Duration::from_millis(1)).is_err());
        {
            // Woken by a value that it does not want, it waits on.
            let mut wanted = pin!(rx.wait_for(|value| *value == 3));
            assert!(wanted.as_mut().poll(&mut cx).is_pending());
            tx.send(2).unwrap();
            assert!(wanted.as_mut().poll(&mut cx).is_pending());
            drop(tx);
            assert!(wanted.as_mut().poll(&mut cx).is_ready());
        }
    });
    let expected = [
        (2, ReceiveWaits, None, 1),
        (1, Sent, Some(1), 0),
        (2, Woken, None, 1),
        (2, Received, Some(1), 1),
        (2, ReceiveWaits, None, 1),
        (2, Cancelled, None, 1),
        (2, ReceiveWaits, None, 1),
        (2, TimedOut, None, 1),
        (2, ReceiveWaits, None, 1),
        (1, Sent, Some(2), 0),
        (2, Woken, None, 1),
        (2, Received, Some(2), 1),
        (2, ReceiveWaits, None, 1),
        (1, Dropped, None, 0),
        (NO_HANDLE, Closed, None, LAST_SENDER_WENT),
        (2, Woken, None, 1),
        (2, ReceiveEnded, None, 1),
        (2, Dropped, None, 0),
    ];
    assert_eq!(story(&recording)[2..], expected);
}

#[test]
fn streams_and_names() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = watch::channel(0);
        let (tx, rx) = (named("settings", tx), named("screen", rx));
        name_channel("brightness", &tx);
        let mut values = rx.into_stream();
        tx.send(1).unwrap();
        assert_eq!(block_on(values.next()), Some(1));
        assert!(values.poll_next(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(values);
    });
    let expected = [
        (1, Sent, Some(1), 0),
        (2, Received, Some(1), 0),
        (2, ReceiveWaits, None, 1),
        (2, Cancelled, None, 1),
        (2, Dropped, None, 0),
    ];
    assert_eq!(story(&recording)[2..7], expected);
    let names: Vec<_> = recording.handles.iter().map(|handle| handle.name.as_deref()).collect();
    assert_eq!(names, [Some("settings"), Some("screen")]);
    assert_eq!(recording.channels[0].label(), "brightness");
}
