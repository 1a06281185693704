//! docs/compat.md, point by point: what tokio's channels do, and what we do instead.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_lite::{StreamExt, future::block_on};
use thalweg::{broadcast, mpsc, oneshot, watch};
use tokio::sync as theirs;
use tokio_stream::wrappers;

/// One poll by nobody.
fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Whether the call panics, made where tokio knows that it is in a runtime.
fn panics_in_a_runtime(call: impl FnOnce()) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { catch_unwind(AssertUnwindSafe(call)).is_err() })
}

#[test]
fn t1_budget() {
    let (tx, mut rx) = theirs::mpsc::unbounded_channel();
    (0..2_000).for_each(|n| tx.send(n).unwrap());
    assert_eq!((0..2_000).position(|_| poll(rx.recv()).is_pending()), None);
    let (tx, mut rx) = mpsc::unbounded_channel();
    (0..2_000).for_each(|n| tx.send(n).unwrap());
    assert_eq!((0..2_000).position(|_| poll(rx.recv()).is_pending()), Some(1_024));
    rx.set_budget(None);
    assert_eq!((0..976).position(|_| poll(rx.recv()).is_pending()), None);

    let (tx, mut rx) = theirs::broadcast::channel(300);
    (0..300).for_each(|n| assert!(tx.send(n).is_ok()));
    assert_eq!((0..300).position(|_| poll(rx.recv()).is_pending()), None);
    let (tx, mut rx) = broadcast::channel(300);
    (0..300).for_each(|n| assert!(tx.send(n).is_ok()));
    assert_eq!((0..300).position(|_| poll(rx.recv()).is_pending()), Some(128));

    let (_tx, mut rx) = theirs::watch::channel(0);
    let mut look = |_| poll(rx.wait_for(|_| true)).is_pending();
    assert_eq!((0..300).position(&mut look), None);
    let (_tx, mut rx) = watch::channel(0);
    let mut look = |_| poll(rx.wait_for(|_| true)).is_pending();
    assert_eq!((0..300).position(&mut look), Some(128));
}

#[test]
fn t2_blocking_in_a_runtime() {
    let (tx, mut rx) = theirs::mpsc::channel(2);
    assert!(panics_in_a_runtime(|| tx.blocking_send(1).unwrap()));
    tx.try_send(1).unwrap();
    assert!(panics_in_a_runtime(|| assert_eq!(rx.blocking_recv(), Some(1))));
    let (tx, mut rx) = mpsc::channel(2);
    assert!(!panics_in_a_runtime(|| tx.blocking_send(1).unwrap()));
    assert!(!panics_in_a_runtime(|| assert_eq!(rx.blocking_recv(), Some(1))));

    let (tx, rx) = theirs::oneshot::channel();
    tx.send(1).unwrap();
    assert!(panics_in_a_runtime(|| assert_eq!(rx.blocking_recv(), Ok(1))));
    let (tx, rx) = oneshot::channel();
    tx.send(1).unwrap();
    assert!(!panics_in_a_runtime(|| assert_eq!(rx.blocking_recv(), Ok(1))));

    let (tx, mut rx) = theirs::broadcast::channel(1);
    tx.send(1).unwrap();
    assert!(panics_in_a_runtime(|| assert_eq!(rx.blocking_recv(), Ok(1))));
    let (tx, mut rx) = broadcast::channel(1);
    tx.send(1).unwrap();
    assert!(!panics_in_a_runtime(|| assert_eq!(rx.blocking_recv(), Ok(1))));
}

#[test]
fn t3_debug() {
    let shown = format!("{:?}", mpsc::channel::<u64>(3).0);
    assert!(shown.contains("capacity"), "{shown}");
    assert_eq!(format!("{:?}", theirs::broadcast::channel::<u64>(3).0), "broadcast::Sender");
    let shown = format!("{:?}", broadcast::channel::<u64>(3).0);
    assert!(shown.contains("capacity: 3"), "{shown}");
    let shown = format!("{:?}", theirs::watch::channel(12345).0);
    assert!(shown.contains("12345"), "{shown}");
    let shown = format!("{:?}", watch::channel(12345).0);
    assert!(shown.contains("receivers: 1") && !shown.contains("12345"), "{shown}");
}

#[test]
fn t4_words_of_errors() {
    assert_eq!(theirs::mpsc::error::SendError(1).to_string(), "channel closed");
    assert_eq!(mpsc::error::SendError(1).to_string(), "channel is closed");
    assert_eq!(format!("{:?}", theirs::mpsc::error::SendError(1)), "SendError { .. }");
    assert_eq!(format!("{:?}", mpsc::error::SendError(1)), "SendError(..)");
    assert_eq!(format!("{:?}", theirs::mpsc::error::TrySendError::Full(1)), "\"Full(..)\"");
    assert_eq!(format!("{:?}", mpsc::error::TrySendError::Full(1)), "Full(..)");
    // The other kinds say the same.
    let there = theirs::oneshot::error::TryRecvError::Empty.to_string();
    assert_eq!(oneshot::error::TryRecvError::Empty.to_string(), there);
    let there = theirs::broadcast::error::RecvError::Lagged(3).to_string();
    assert_eq!(broadcast::error::RecvError::Lagged(3).to_string(), there);
    assert_eq!(watch::error::SendError(1).to_string(), theirs::watch::error::SendError(1).to_string());
}

#[test]
fn t6_capacity_zero() {
    assert!(catch_unwind(|| theirs::mpsc::channel::<u64>(0)).is_err());
    let (tx, mut rx) = mpsc::channel(0);
    let (mut send, mut recv) = (pin!(tx.send(1)), pin!(rx.recv()));
    assert!(poll(send.as_mut()).is_pending() && poll(recv.as_mut()).is_pending());
    assert_eq!(poll(send), Poll::Ready(Ok(())));
    assert_eq!(poll(recv), Poll::Ready(Some(1)));
}

#[test]
fn t7_any_capacity() {
    assert!(catch_unwind(|| theirs::mpsc::channel::<u64>(usize::MAX)).is_err());
    let (tx, _rx) = mpsc::channel(usize::MAX);
    assert_eq!(tx.try_send(1), Ok(()));
}

/// A sender waits, room comes, and before it is polled another one tries.
macro_rules! fresh_one_gets_the_room {
    ($channel:path) => {{
        use $channel as channel;
        let (tx, mut rx) = channel::channel(1);
        tx.try_send(1).unwrap();
        let mut waits = pin!(tx.send(2));
        assert!(poll(waits.as_mut()).is_pending());
        assert_eq!(rx.try_recv(), Ok(1));
        tx.try_send(3).is_ok()
    }};
}

#[test]
fn t8_room_for_who_comes_first() {
    assert!(!fresh_one_gets_the_room!(tokio::sync::mpsc));
    assert!(fresh_one_gets_the_room!(thalweg::mpsc));
}

/// A sender waits, room comes, the receiver closes and receives before that sender is polled.
macro_rules! receiver_sees_the_end {
    ($channel:path) => {{
        use $channel as channel;
        let (tx, mut rx) = channel::channel::<u64>(1);
        let permit = tx.try_reserve().unwrap();
        let mut waits = pin!(tx.reserve());
        assert!(poll(waits.as_mut()).is_pending());
        drop(permit);
        rx.close();
        poll(rx.recv()) == Poll::Ready(None)
    }};
}

#[test]
fn t9_who_waits_holds_nothing() {
    assert!(!receiver_sees_the_end!(tokio::sync::mpsc));
    assert!(receiver_sees_the_end!(thalweg::mpsc));
}

#[test]
fn t11_exact_capacity() {
    let (tx, mut rx) = theirs::broadcast::channel(3);
    (0..4).for_each(|n| assert!(tx.send(n).is_ok()));
    assert_eq!(rx.try_recv(), Ok(0));
    let (tx, mut rx) = broadcast::channel(3);
    (0..4).for_each(|n| assert!(tx.send(n).is_ok()));
    assert_eq!(rx.try_recv(), Err(broadcast::error::TryRecvError::Lagged(1)));
}

/// Counts its clones.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::SeqCst);
        Self(self.0.clone())
    }
}

#[test]
fn t12_last_reader_gets_the_message() {
    let clones = Arc::new(AtomicUsize::new(0));
    let (tx, mut rx) = theirs::broadcast::channel(1);
    tx.send(Counted(clones.clone())).unwrap();
    rx.try_recv().unwrap();
    assert_eq!(clones.load(Ordering::SeqCst), 1);
    let (tx, mut rx) = broadcast::channel(1);
    tx.send(Counted(clones.clone())).unwrap();
    rx.try_recv().unwrap();
    assert_eq!(clones.load(Ordering::SeqCst), 1);
}

/// What its clone does, once, and what came of it.
type Act = Box<dyn FnOnce() -> String + Send>;
#[derive(Default)]
struct Acts(Arc<Mutex<(Option<Act>, String)>>);

impl Clone for Acts {
    fn clone(&self) -> Self {
        let act = self.0.lock().unwrap().0.take();
        if let Some(act) = act {
            let said = act();
            self.0.lock().unwrap().1 = said;
        }
        Self(self.0.clone())
    }
}

#[test]
fn t13_clones_hold_nobody_up() {
    // There, both calls would block for ever.
    let (tx, mut one) = broadcast::channel(1);
    let mut other = tx.subscribe();
    let message = Acts::default();
    let shared = message.0.clone();
    let sender = tx.clone();
    let act = move || format!("{:?} {:?}", other.try_recv().err(), sender.send(Acts::default()).ok());
    shared.lock().unwrap().0 = Some(Box::new(act));
    assert!(tx.send(message).is_ok());
    assert!(one.try_recv().is_ok());
    assert_eq!(shared.lock().unwrap().1, "Some(Empty) Some(2)");
}

#[test]
fn t14_errors_ask_nothing_of_messages() {
    struct Plain;
    let error: Box<dyn std::error::Error> = Box::new(broadcast::error::SendError(Plain));
    assert_eq!(format!("{error} {error:?}"), "channel closed SendError(..)");
}

#[test]
fn t15_closed_waits_for_inactive_receivers() {
    let (tx, rx) = broadcast::channel::<u64>(1);
    let inactive = rx.deactivate();
    assert!(tx.send(1).is_err());
    assert!(poll(tx.closed()).is_pending());
    drop(inactive);
    assert!(poll(tx.closed()).is_ready());
}

#[test]
fn t20_what_a_permit_sends_to_nobody_is_dropped() {
    let message = Arc::new(());
    let (tx, rx) = theirs::mpsc::channel(1);
    let permit = tx.try_reserve().unwrap();
    drop(rx);
    permit.send(message.clone());
    assert_eq!(Arc::strong_count(&message), 2);
    let (tx, rx) = mpsc::channel(1);
    let permit = tx.try_reserve().unwrap();
    drop(rx);
    permit.send(message.clone());
    assert_eq!(Arc::strong_count(&message), 2, "theirs has kept its own; ours has none");
}

#[test]
fn t21_item_for_a_receiver_that_is_gone() {
    let (tx, rx) = theirs::mpsc::channel(1);
    let mut tx = tokio_util::sync::PollSender::new(tx);
    assert!(poll(std::future::poll_fn(|cx| tx.poll_reserve(cx))).is_ready());
    drop(rx);
    assert!(tx.send_item(1).is_ok());
    let (tx, rx) = mpsc::channel(1);
    let mut tx = mpsc::PollSender::new(tx);
    assert!(poll(std::future::poll_fn(|cx| tx.poll_reserve(cx))).is_ready());
    drop(rx);
    assert_eq!(tx.send_item(1).unwrap_err().into_inner(), Some(1));
}

#[test]
fn t22_receivers_are_streams() {
    let (tx, rx) = theirs::mpsc::channel(3);
    (1..=3).for_each(|n| tx.try_send(n).unwrap());
    drop(tx);
    let there: Vec<_> = block_on(wrappers::ReceiverStream::new(rx).collect());
    let (tx, rx) = mpsc::channel(3);
    (1..=3).for_each(|n| tx.try_send(n).unwrap());
    drop(tx);
    assert_eq!(block_on(rx.collect::<Vec<_>>()), there);

    let (tx, rx) = theirs::broadcast::channel(2);
    (1..=4).for_each(|n| assert!(tx.send(n).is_ok()));
    drop(tx);
    let there = wrappers::BroadcastStream::new(rx).map(|item| item.map_err(|error| error.to_string()));
    let there: Vec<_> = block_on(there.collect());
    let (tx, rx) = broadcast::channel(2);
    (1..=4).for_each(|n| assert!(tx.send(n).is_ok()));
    drop(tx);
    let here = rx.map(|item| item.map_err(|broadcast::error::Lagged(missed)| format!("channel lagged by {missed}")));
    assert_eq!(block_on(here.collect::<Vec<_>>()), there);

    let (_, rx) = theirs::watch::channel(1);
    assert_eq!(block_on(wrappers::WatchStream::new(rx.clone()).collect::<Vec<_>>()), [1]);
    assert!(block_on(wrappers::WatchStream::from_changes(rx).collect::<Vec<_>>()).is_empty());
    let (_, mut rx) = watch::channel(1);
    assert!(block_on(rx.clone().into_stream().collect::<Vec<_>>()).is_empty());
    rx.mark_changed();
    assert_eq!(block_on(rx.into_stream().collect::<Vec<_>>()), [1]);
}
