//! The polled sender of `mpsc`, in the dialect of `tokio_util::sync::PollSender`, whose own tests run too (xtask's
//! layer `tokio-util-mpsc`). Here is what they leave out.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use thalweg::mpsc::{PollSender, channel, error::TryRecvError};

use crate::harness::{Probe, panics, task};

fn reserve(sender: &mut PollSender<u8>, probe: &Arc<Probe>) -> Poll<bool> {
    probe.rest();
    sender.poll_reserve(&mut Context::from_waker(&probe.waker())).map(|reserved| reserved.is_ok())
}

#[test]
fn room_that_was_reserved_is_nobody_elses() {
    let (tx, mut rx) = channel(1);
    let (mut polled, probe) = (PollSender::new(tx.clone()), Probe::new());
    assert_eq!(reserve(&mut polled, &probe), Poll::Ready(true));
    assert_eq!(reserve(&mut polled, &probe), Poll::Ready(true), "once is enough");
    assert!(tx.try_send(9).is_err() && rx.is_empty());
    polled.send_item(1).unwrap();
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Err(TryRecvError::Empty)));
}

/// tokio says `Ok` and drops it.
#[test]
fn message_for_a_receiver_that_is_gone_comes_back() {
    let (tx, rx) = channel(1);
    let (mut polled, probe) = (PollSender::new(tx), Probe::new());
    assert_eq!(reserve(&mut polled, &probe), Poll::Ready(true));
    drop(rx);
    let error = polled.send_item(7).unwrap_err();
    assert_eq!(error.to_string(), "channel is closed");
    assert_eq!(format!("{error:?}"), "PollSendError { .. }");
    assert_eq!(error.into_inner(), Some(7));
    assert_eq!(reserve(&mut polled, &probe), Poll::Ready(false));
}

#[test]
fn closed_one_uses_its_room_once_more_and_then_goes() {
    let (tx, mut rx) = channel(2);
    let (mut polled, probe) = (PollSender::new(tx), Probe::new());
    assert_eq!(reserve(&mut polled, &probe), Poll::Ready(true));
    assert!(!polled.is_closed() && polled.get_ref().is_some_and(|sender| !sender.is_closed()));
    polled.close();
    assert!(polled.is_closed() && polled.get_ref().is_none() && polled.clone().is_closed());
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty), "it may still send");
    polled.send_item(1).unwrap();
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Err(TryRecvError::Disconnected)));
    assert_eq!(polled.send_item(2).unwrap_err().into_inner(), Some(2));
    assert_eq!(reserve(&mut polled, &probe), Poll::Ready(false));
    assert!(!polled.abort_send());
}

#[test]
fn one_that_goes_passes_on_what_it_had() {
    for waits in [false, true] {
        let (tx, rx) = channel(1);
        let (mut polled, probe) = (PollSender::new(tx.clone()), Probe::new());
        let first = waits.then(|| tx.try_reserve().unwrap());
        assert_eq!(reserve(&mut polled, &probe).is_pending(), waits);
        let mut send = task(tx.send(1));
        send.waits();
        drop(first);
        assert_eq!(probe.woken(), waits, "it is first in line");
        drop(polled);
        assert!(send.woken());
        assert_eq!(send.finishes(), Ok(()));
        assert_eq!(rx.len(), 1);
    }
}

#[test]
fn item_without_room_is_a_mistake() {
    let (tx, rx) = channel(1);
    let (mut polled, probe) = (PollSender::new(tx.clone()), Probe::new());
    panics(|| polled.send_item(1).is_ok());
    tx.try_send(0).unwrap();
    assert_eq!(reserve(&mut polled, &probe), Poll::Pending);
    panics(|| polled.send_item(1).is_ok());
    assert!(format!("{polled:?}").contains("stage: Waiting"));
    assert_eq!(rx.len(), 1);
}

#[cfg(feature = "sink")]
#[test]
fn sink_waits_for_room_before_each_item() {
    use futures_sink::Sink;
    use std::pin::Pin;

    let (tx, mut rx) = channel(1);
    let (mut sink, probe) = (PollSender::new(tx), Probe::new());
    let waker = probe.waker();
    let mut cx = Context::from_waker(&waker);
    for n in 0..3 {
        assert!(matches!(Pin::new(&mut sink).poll_ready(&mut cx), Poll::Ready(Ok(()))));
        Pin::new(&mut sink).start_send(n).unwrap();
        assert!(matches!(Pin::new(&mut sink).poll_flush(&mut cx), Poll::Ready(Ok(()))));
        assert!(Pin::new(&mut sink).poll_ready(&mut cx).is_pending());
        assert_eq!(rx.try_recv(), Ok(n));
    }
    assert!(matches!(Pin::new(&mut sink).poll_close(&mut cx), Poll::Ready(Ok(()))));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}
