//! Faces for hand-written futures: `Stream`, `FusedStream`, `PollSender`, and `Sink` with its feature.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use futures_core::{FusedStream, Stream};
use futures_lite::StreamExt;
use thalweg::mpmc::{PollSender, Receiver, RecvError};

use crate::harness::*;

fn next(receiver: &mut Receiver<usize>, probe: &std::sync::Arc<Probe>) -> Poll<Option<usize>> {
    let waker = probe.waker();
    Pin::new(receiver).poll_next(&mut Context::from_waker(&waker))
}

#[test]
fn stream_yields_everything_and_ends() {
    for capacity in CAPACITIES {
        let (sender, mut receiver) = channel(capacity);
        let mut eater = task(async move {
            let mut eaten = Vec::new();
            while let Some(message) = receiver.next().await {
                eaten.push(message);
            }
            assert!(receiver.is_terminated());
            assert_eq!(receiver.next().await, None, "for ever");
            eaten
        });
        let mut feeder = task(async move {
            for message in 0..100 {
                sender.send(message).await.unwrap();
            }
        });
        drive(&mut [&mut eater, &mut feeder]);
        feeder.output();
        drop(feeder);
        drive(&mut [&mut eater]);
        assert_eq!(eater.output(), (0..100).collect::<Vec<_>>());
    }
}

#[test]
fn stream_waits_and_is_woken_by_the_last_waker() {
    for capacity in CAPACITIES {
        let (sender, mut receiver) = channel(capacity);
        let (old, new) = (Probe::new(), Probe::new());
        assert_eq!(next(&mut receiver, &old), Poll::Pending);
        assert_eq!(next(&mut receiver, &new), Poll::Pending);
        assert_eq!(sender.waiting_receivers(), 1, "one stream, one place in the line");
        old.rest();
        new.rest();
        sender.try_send(1).unwrap();
        assert!(!old.woken() && new.woken(), "capacity {capacity}");
        assert_eq!(next(&mut receiver, &new), Poll::Ready(Some(1)));
        assert_eq!(sender.waiting_receivers(), 0);
    }
}

/// flume, postage: a stream that is polled and dropped passes its wake-up on.
#[test]
fn dropped_stream_passes_its_wake_on() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut stream = receiver.clone();
        let probe = Probe::new();
        assert_eq!(next(&mut stream, &probe), Poll::Pending);
        let mut other = task(receiver.recv());
        other.waits();
        sender.try_send(1).unwrap();
        assert!(probe.woken() && !other.woken());
        drop(stream);
        assert!(other.woken(), "capacity {capacity}");
        assert_eq!(other.finishes(), Ok(1));
        assert_eq!(std::sync::Arc::strong_count(&probe), 1);
    }
}

/// A clone is a new receiver: it has nothing of the other's place in the line.
#[test]
fn clones_wait_on_their_own() {
    let (sender, mut first) = channel(4);
    let (one, two) = (Probe::new(), Probe::new());
    assert_eq!(next(&mut first, &one), Poll::Pending);
    let mut second = first.clone();
    assert_eq!(sender.waiting_receivers(), 1);
    assert_eq!(next(&mut second, &two), Poll::Pending);
    assert_eq!(sender.waiting_receivers(), 2);
    sender.try_send(1).unwrap();
    sender.try_send(2).unwrap();
    assert!(one.woken() && two.woken());
    assert_eq!(next(&mut first, &one), Poll::Ready(Some(1)));
    assert_eq!(next(&mut second, &two), Poll::Ready(Some(2)));
}

/// A stream in the middle of a wait may be moved, and asked by other means.
#[test]
fn stream_may_be_moved_and_mixed_with_receives() {
    let (sender, mut receiver) = channel(4);
    let probe = Probe::new();
    assert_eq!(next(&mut receiver, &probe), Poll::Pending);
    let mut receiver = Box::new(receiver);
    sender.try_send(1).unwrap();
    assert!(probe.woken());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(next(&mut receiver, &probe), Poll::Pending);
    sender.try_send(2).unwrap();
    assert_eq!(task(receiver.recv()).finishes(), Ok(2));
    assert_eq!(next(&mut receiver, &probe), Poll::Pending);
    drop(sender);
    assert!(probe.woken());
    assert_eq!(next(&mut receiver, &probe), Poll::Ready(None));
}

#[test]
fn poll_recv_is_recv_by_hand() {
    let (sender, mut receiver) = channel(1);
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(receiver.poll_recv(&mut cx), Poll::Pending);
    sender.try_send(1).unwrap();
    assert_eq!(receiver.poll_recv(&mut cx), Poll::Ready(Ok(1)));
    sender.close();
    assert_eq!(receiver.poll_recv(&mut cx), Poll::Ready(Err(RecvError)));
    assert_eq!(receiver.poll_recv(&mut cx), Poll::Ready(Err(RecvError)));
}

fn reserve(sender: &mut PollSender<usize>, probe: &std::sync::Arc<Probe>) -> Poll<bool> {
    let waker = probe.waker();
    sender.poll_reserve(&mut Context::from_waker(&waker)).map(|result| result.is_ok())
}

#[test]
fn poll_sender_truly_reserves() {
    let (sender, receiver) = channel(1);
    let mut sender = sender.into_poll_sender();
    let probe = Probe::new();
    assert_eq!(reserve(&mut sender, &probe), Poll::Ready(true));
    assert_eq!(receiver.reserved(), 1);
    assert_eq!(reserve(&mut sender, &probe), Poll::Ready(true));
    assert_eq!(receiver.reserved(), 1, "once is enough");
    assert!(sender.sender().try_send(9).is_err(), "nobody else has the room");
    sender.send_item(1).unwrap();
    assert_eq!((receiver.reserved(), receiver.len()), (0, 1));
    assert_eq!(reserve(&mut sender, &probe), Poll::Pending);
    assert_eq!(receiver.waiting_senders(), 1);
    assert_eq!(receiver.try_recv(), Ok(1));
    assert!(probe.woken());
    assert_eq!(reserve(&mut sender, &probe), Poll::Ready(true));
    sender.send_item(2).unwrap();
    assert_eq!(receiver.try_recv(), Ok(2));
}

#[test]
fn poll_sender_gives_up_its_reservation_or_its_place() {
    let (sender, receiver) = channel(1);
    let mut first = sender.clone().into_poll_sender();
    let mut second = first.clone();
    let (one, two) = (Probe::new(), Probe::new());
    assert!(!first.abort_send(), "there is nothing to give up");
    assert_eq!(reserve(&mut first, &one), Poll::Ready(true));
    assert_eq!(reserve(&mut second, &two), Poll::Pending);
    assert!(first.abort_send());
    assert!(two.woken());
    assert_eq!(reserve(&mut second, &two), Poll::Ready(true));
    assert_eq!(reserve(&mut first, &one), Poll::Pending);
    assert!(first.abort_send());
    assert_eq!((receiver.waiting_senders(), receiver.reserved()), (0, 1));
    drop(second);
    assert_eq!(receiver.reserved(), 0);
    assert_eq!(reserve(&mut first, &one), Poll::Ready(true));
    let back = first.into_sender();
    assert_eq!((receiver.reserved(), back.same_channel(&sender)), (0, true));
}

#[test]
fn poll_sender_that_is_closed_holds_nothing() {
    let (sender, receiver) = channel(1);
    let (mut first, mut second) = (sender.clone().into_poll_sender(), sender.into_poll_sender());
    let (one, two) = (Probe::new(), Probe::new());
    assert_eq!(reserve(&mut first, &one), Poll::Ready(true));
    assert_eq!(reserve(&mut second, &two), Poll::Pending);
    first.close();
    assert_eq!((receiver.reserved(), receiver.sender_count(), two.woken()), (0, 1, true));
    second.close();
    assert!(receiver.is_closed());
}

#[test]
fn poll_sender_sees_the_end() {
    let (sender, receiver) = filled(1, 1);
    let mut sender = sender.into_poll_sender();
    let probe = Probe::new();
    assert_eq!(reserve(&mut sender, &probe), Poll::Pending);
    receiver.close();
    assert!(probe.woken());
    assert_eq!(reserve(&mut sender, &probe), Poll::Ready(false));
}

#[test]
fn dropped_poll_sender_passes_its_wake_on() {
    let (sender, receiver) = filled(1, 1);
    let mut first = sender.clone().into_poll_sender();
    let probe = Probe::new();
    assert_eq!(reserve(&mut first, &probe), Poll::Pending);
    let mut other = task(sender.send(1));
    other.waits();
    receiver.try_recv().unwrap();
    assert!(probe.woken() && !other.woken());
    drop(first);
    assert!(other.woken());
    assert_eq!(other.finishes(), Ok(()));
}

#[cfg(feature = "sink")]
mod sink {
    use super::*;
    use futures_sink::Sink;

    #[test]
    fn sink_reserves_before_it_starts() {
        let (sender, receiver) = channel(1);
        let mut sink = sender.into_poll_sender();
        let mut other = sink.clone();
        let probe = Probe::new();
        let waker = probe.waker();
        let mut cx = Context::from_waker(&waker);
        assert!(matches!(Pin::new(&mut sink).poll_ready(&mut cx), Poll::Ready(Ok(()))));
        assert!(Pin::new(&mut other).poll_ready(&mut cx).is_pending(), "ready was a promise to one");
        Pin::new(&mut sink).start_send(1).unwrap();
        assert!(matches!(Pin::new(&mut sink).poll_flush(&mut cx), Poll::Ready(Ok(()))));
        assert_eq!(receiver.try_recv(), Ok(1));
        assert!(matches!(Pin::new(&mut other).poll_ready(&mut cx), Poll::Ready(Ok(()))));
        Pin::new(&mut other).start_send(2).unwrap();
        assert!(matches!(Pin::new(&mut other).poll_close(&mut cx), Poll::Ready(Ok(()))));
        assert_eq!((receiver.sender_count(), receiver.try_recv()), (1, Ok(2)));
        assert!(matches!(Pin::new(&mut sink).poll_close(&mut cx), Poll::Ready(Ok(()))));
        assert!(receiver.is_closed(), "the last sink has ended");
    }

    #[test]
    fn sink_fails_when_nobody_receives() {
        let (sender, receiver) = channel::<usize>(1);
        let mut sink = sender.into_poll_sender();
        drop(receiver);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(Pin::new(&mut sink).poll_ready(&mut cx), Poll::Ready(Err(_))));
    }
}
