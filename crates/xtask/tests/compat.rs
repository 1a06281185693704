//! docs/compat.md, point by point: what async-channel does, and what we do instead.

use std::future::Future;
use std::panic::catch_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use async_channel as theirs;
use futures_core::stream::{FusedStream, Stream};
use thalweg::mpmc as ours;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A task that is polled by hand and counts how often it is woken.
#[derive(Default, Clone)]
struct Task(Arc<Count>);

impl Task {
    fn poll<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&Waker::from(self.0.clone())))
    }

    fn poll_next<S: Stream>(&self, stream: Pin<&mut S>) -> Poll<Option<S::Item>> {
        stream.poll_next(&mut Context::from_waker(&Waker::from(self.0.clone())))
    }

    fn wakes(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }
}

#[test]
fn d1_capacity_zero() {
    assert!(catch_unwind(|| theirs::bounded::<()>(0)).is_err());
    let (tx, rx) = ours::bounded(0);
    let (sender, receiver) = (Task::default(), Task::default());
    let (mut send, mut recv) = (pin!(tx.send(1)), pin!(rx.recv()));
    assert!(sender.poll(send.as_mut()).is_pending());
    assert!(receiver.poll(recv.as_mut()).is_pending());
    assert_eq!(sender.poll(send.as_mut()), Poll::Ready(Ok(())));
    assert_eq!(receiver.poll(recv.as_mut()), Poll::Ready(Ok(1)));
}

#[test]
fn d2_huge_capacity() {
    let huge = usize::MAX - 1;
    assert_eq!(ours::bounded::<[u64; 100]>(huge).0.capacity(), Some(huge));
    assert_eq!(ours::bounded::<u64>(usize::MAX).0.capacity(), None);
}

#[test]
fn d3_budget() {
    let task = Task::default();
    let (tx, rx) = theirs::unbounded();
    (0..300).for_each(|n| tx.try_send(n).unwrap());
    assert_eq!((0..300).filter(|_| task.poll(pin!(rx.recv())).is_pending()).count(), 0);
    let (tx, rx) = ours::unbounded();
    (0..2_000).for_each(|n| tx.try_send(n).unwrap());
    let pending = |rx: &ours::Receiver<_>| (0..2_000).position(|_| task.poll(pin!(rx.recv())).is_pending());
    let other = rx.clone();
    assert_eq!(pending(&rx), Some(128));
    assert_eq!(task.wakes(), 1);
    drop(other);
    assert_eq!(pending(&rx), Some(1_024));
    rx.set_budget(None);
    assert_eq!((0..848).filter(|_| task.poll(pin!(rx.recv())).is_pending()).count(), 0);
}

/// Wakes the first of two receivers, which is never polled again, fills the channel, and has a sender wait.
/// Whether that sender ever gets the second receiver to run.
macro_rules! second_receiver_is_woken {
    ($channel:ident) => {{
        let (tx, rx) = $channel::bounded(1);
        let (neglected, other, sender) = (Task::default(), Task::default(), Task::default());
        let (mut first, mut second, mut send) = (pin!(rx.recv()), pin!(rx.recv()), pin!(tx.send(2)));
        assert!(neglected.poll(first.as_mut()).is_pending());
        assert!(other.poll(second.as_mut()).is_pending());
        tx.try_send(1).unwrap();
        assert_eq!((neglected.wakes(), other.wakes()), (1, 0));
        let mut polls = 0;
        while polls <= sender.wakes() && other.wakes() == 0 {
            assert!(sender.poll(send.as_mut()).is_pending());
            polls += 1;
        }
        other.wakes() > 0
    }};
}

#[test]
fn d4_neglected_future() {
    assert!(!second_receiver_is_woken!(theirs));
    assert!(second_receiver_is_woken!(ours));
}

#[test]
fn d6_force_send() {
    let (tx, _rx) = ours::bounded(0);
    assert_eq!(tx.force_send(1), Ok(Some(1)));
    let (tx, _rx) = ours::bounded(1);
    let _permit = tx.try_reserve().unwrap();
    assert_eq!(tx.force_send(1), Ok(Some(1)));
}

#[test]
fn d7_closed_with_a_permit_out() {
    let (tx, rx) = ours::bounded::<u32>(1);
    let permit = tx.try_reserve().unwrap();
    tx.close();
    assert_eq!(rx.try_recv(), Err(ours::TryRecvError::Empty));
    drop(permit);
    assert_eq!(rx.try_recv(), Err(ours::TryRecvError::Closed));
}

#[test]
fn d8_last_receiver() {
    let message = Arc::new(());
    let (tx, rx) = theirs::unbounded();
    tx.try_send(message.clone()).unwrap();
    drop(rx);
    assert_eq!(Arc::strong_count(&message), 2);
    drop(tx);
    let (tx, rx) = ours::unbounded();
    tx.try_send(message.clone()).unwrap();
    drop(rx);
    assert_eq!(Arc::strong_count(&message), 1);
    assert!(tx.is_closed());
}

#[test]
fn d9_unpin() {
    fn unpin<T: Unpin>(_: &T) {}
    unpin(&ours::unbounded::<std::marker::PhantomPinned>().1);
}

#[test]
fn d10_one_message_wakes_one_stream() {
    let tasks = [Task::default(), Task::default()];
    let (tx, rx) = theirs::unbounded();
    let mut streams = [Box::pin(rx.clone()), Box::pin(rx)];
    for (task, stream) in tasks.iter().zip(&mut streams) {
        assert!(task.poll_next(stream.as_mut()).is_pending());
    }
    tx.try_send(1).unwrap();
    assert_eq!([tasks[0].wakes(), tasks[1].wakes()], [1, 1]);
    let tasks = [Task::default(), Task::default()];
    let (tx, rx) = ours::unbounded();
    let mut streams = [rx.clone(), rx];
    for (task, stream) in tasks.iter().zip(&mut streams) {
        assert!(task.poll_next(Pin::new(stream)).is_pending());
    }
    tx.try_send(1).unwrap();
    assert_eq!([tasks[0].wakes(), tasks[1].wakes()], [1, 0]);
}

#[test]
fn d11_is_terminated() {
    let (tx, rx) = theirs::unbounded::<()>();
    drop(tx);
    assert!(rx.is_terminated());
    let (tx, mut rx) = ours::unbounded::<()>();
    drop(tx);
    assert!(!rx.is_terminated());
    assert_eq!(Task::default().poll_next(Pin::new(&mut rx)), Poll::Ready(None));
    assert!(rx.is_terminated());
}

#[test]
fn d12_debug() {
    assert_eq!(format!("{:?}", theirs::unbounded::<()>().0), "Sender { .. }");
    let shown = format!("{:?}", ours::bounded::<()>(3).0);
    assert!(shown.contains("len: 0") && shown.contains("capacity: Some(3)") && shown.contains("closed"), "{shown}");
}

#[test]
fn d13_words_of_errors() {
    assert_eq!(theirs::SendError(1).to_string(), "sending into a closed channel");
    assert_eq!(ours::SendError(1).to_string(), "channel is closed");
    assert_eq!(format!("{:?}", theirs::SendError(1)), format!("{:?}", ours::SendError(1)));
}
