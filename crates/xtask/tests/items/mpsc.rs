// tokio::sync::mpsc 1.54.1, all but `error::RecvError`, which is hidden and deprecated there: nothing returns it.
// `items.rs` includes this file.

use std::iter::FusedIterator;
use std::time::Duration;

use mpsc::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};

use crate::{Plain, Poll, block_on, clone, context, debug, equal, handle, poll, shown};

#[test]
fn sender() {
    let (tx, mut rx): (mpsc::Sender<u64>, mpsc::Receiver<u64>) = mpsc::channel(2);
    let sent: Result<(), SendError<u64>> = block_on(tx.send(1));
    assert_eq!(sent, Ok(()));
    let sizes: (usize, usize) = (tx.capacity(), tx.max_capacity());
    assert_eq!(sizes, (1, 2));
    let sent: Result<(), TrySendError<u64>> = tx.try_send(2);
    assert_eq!(sent, Ok(()));
    assert_eq!(tx.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Ok(2)));
    let sent: Result<(), SendError<u64>> = tx.blocking_send(3);
    assert_eq!(sent, Ok(()));
    let other: mpsc::Sender<u64> = tx.clone();
    let same: bool = tx.same_channel(&other);
    assert!(same);
    let open: bool = tx.is_closed();
    assert!(!open && poll(tx.closed()).is_pending());
    drop(rx);
    let (): () = block_on(tx.closed());
    assert_eq!(block_on(tx.send(4)), Err(SendError(4)));
    assert_eq!(tx.try_send(4), Err(TrySendError::Closed(4)));
}

#[test]
fn sender_with_a_timer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (tx, rx) = mpsc::channel(1);
        let millisecond = Duration::from_millis(1);
        let sent: Result<(), SendTimeoutError<u64>> = tx.send_timeout(1, millisecond).await;
        assert_eq!(sent, Ok(()));
        assert_eq!(tx.send_timeout(2, millisecond).await, Err(SendTimeoutError::Timeout(2)));
        drop(rx);
        assert_eq!(tx.send_timeout(3, millisecond).await, Err(SendTimeoutError::Closed(3)));
    });
}

#[test]
fn receiver() {
    let (tx, mut rx) = mpsc::channel::<u64>(10);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    (1..=9).for_each(|n| tx.try_send(n).unwrap());
    let asked: (bool, usize, usize, usize) = (rx.is_empty(), rx.len(), rx.capacity(), rx.max_capacity());
    assert_eq!(asked, (false, 9, 1, 10));
    let counts: (usize, usize) = (rx.sender_strong_count(), rx.sender_weak_count());
    assert_eq!(counts, (1, 0));
    let received: Option<u64> = block_on(rx.recv());
    assert_eq!(received, Some(1));
    let received: Result<u64, TryRecvError> = rx.try_recv();
    assert_eq!(received, Ok(2));
    let mut buffer: Vec<u64> = Vec::new();
    let received: usize = block_on(rx.recv_many(&mut buffer, 2));
    assert_eq!((received, &*buffer), (2, &[3, 4][..]));
    let received: Option<u64> = rx.blocking_recv();
    assert_eq!(received, Some(5));
    let received: usize = rx.blocking_recv_many(&mut buffer, 2);
    assert_eq!((received, &*buffer), (2, &[3, 4, 6, 7][..]));
    let received: Poll<Option<u64>> = rx.poll_recv(&mut context());
    assert_eq!(received, Poll::Ready(Some(8)));
    let received: Poll<usize> = rx.poll_recv_many(&mut context(), &mut buffer, 9);
    assert_eq!(received, Poll::Ready(1));
    rx.close();
    let closed: bool = rx.is_closed();
    assert!(closed);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(rx.blocking_recv(), None);
}

#[test]
fn permits() {
    let (tx, mut rx) = mpsc::channel::<u64>(2);
    let permit: Result<mpsc::Permit<'_, u64>, SendError<()>> = block_on(tx.reserve());
    permit.unwrap().send(1);
    let permit: Result<mpsc::Permit<'_, u64>, TrySendError<()>> = tx.try_reserve();
    permit.unwrap().send(2);
    assert!(matches!(tx.try_reserve(), Err(TrySendError::Full(()))));
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Ok(2)));
    let permits: Result<mpsc::PermitIterator<'_, u64>, SendError<()>> = block_on(tx.reserve_many(2));
    let mut permits = permits.unwrap();
    let left: (usize, (usize, Option<usize>)) = (permits.len(), permits.size_hint());
    assert_eq!(left, (2, (2, Some(2))));
    let permit: Option<mpsc::Permit<'_, u64>> = permits.next();
    permit.unwrap().send(3);
    drop(permits);
    assert_eq!(tx.capacity(), 1);
    let permits: Result<mpsc::PermitIterator<'_, u64>, TrySendError<()>> = tx.try_reserve_many(1);
    assert_eq!(permits.unwrap().count(), 1);
    assert!(matches!(tx.try_reserve_many(2), Err(TrySendError::Full(()))));
    // More than there will ever be.
    assert!(matches!(block_on(tx.reserve_many(3)), Err(SendError(()))));
    assert!(matches!(tx.try_reserve_many(3), Err(TrySendError::Full(()))));
    drop(rx);
    assert!(matches!(tx.try_reserve(), Err(TrySendError::Closed(()))));
    assert!(matches!(block_on(tx.reserve()), Err(SendError(()))));
    assert!(matches!(block_on(tx.reserve_many(1)), Err(SendError(()))));
}

#[test]
fn owned_permits() {
    let (tx, mut rx) = mpsc::channel::<u64>(2);
    let permit: Result<mpsc::OwnedPermit<u64>, SendError<()>> = block_on(tx.clone().reserve_owned());
    let permit = permit.unwrap();
    let other: Result<mpsc::OwnedPermit<u64>, TrySendError<mpsc::Sender<u64>>> = tx.clone().try_reserve_owned();
    let other = other.unwrap();
    let same: (bool, bool) = (permit.same_channel(&other), permit.same_channel_as_sender(&tx));
    assert_eq!(same, (true, true));
    assert!(matches!(tx.clone().try_reserve_owned(), Err(TrySendError::Full(_))));
    let back: mpsc::Sender<u64> = permit.send(1);
    assert!(back.same_channel(&tx));
    let back: mpsc::Sender<u64> = other.release();
    assert_eq!((back.capacity(), rx.try_recv()), (1, Ok(1)));
    drop(rx);
    assert!(matches!(block_on(tx.clone().reserve_owned()), Err(SendError(()))));
    assert!(matches!(tx.try_reserve_owned(), Err(TrySendError::Closed(_))));
}

#[test]
fn weak_senders() {
    let (tx, rx) = mpsc::channel::<u64>(1);
    let weak: mpsc::WeakSender<u64> = tx.downgrade();
    let other: mpsc::WeakSender<u64> = weak.clone();
    let counts: (usize, usize, usize, usize) =
        (tx.strong_count(), tx.weak_count(), weak.strong_count(), weak.weak_count());
    assert_eq!(counts, (1, 2, 1, 2));
    let up: Option<mpsc::Sender<u64>> = other.upgrade();
    assert_eq!((up.is_some(), rx.sender_strong_count(), rx.sender_weak_count()), (true, 2, 2));
    drop((tx, up));
    assert!(weak.upgrade().is_none());
}

#[test]
fn unbounded() {
    let (tx, mut rx): (mpsc::UnboundedSender<u64>, mpsc::UnboundedReceiver<u64>) = mpsc::unbounded_channel();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let sent: Result<(), SendError<u64>> = tx.send(1);
    assert_eq!(sent, Ok(()));
    (2..=9).for_each(|n| tx.send(n).unwrap());
    let asked: (bool, usize, usize, usize) =
        (rx.is_empty(), rx.len(), rx.sender_strong_count(), rx.sender_weak_count());
    assert_eq!(asked, (false, 9, 1, 0));
    let received: (Option<u64>, Result<u64, TryRecvError>) = (block_on(rx.recv()), rx.try_recv());
    assert_eq!(received, (Some(1), Ok(2)));
    let mut buffer: Vec<u64> = Vec::new();
    let received: usize = block_on(rx.recv_many(&mut buffer, 2));
    assert_eq!((received, &*buffer), (2, &[3, 4][..]));
    let received: (Option<u64>, usize) = (rx.blocking_recv(), rx.blocking_recv_many(&mut buffer, 2));
    assert_eq!(received, (Some(5), 2));
    let received: Poll<Option<u64>> = rx.poll_recv(&mut context());
    assert_eq!(received, Poll::Ready(Some(8)));
    let received: Poll<usize> = rx.poll_recv_many(&mut context(), &mut buffer, 9);
    assert_eq!(received, Poll::Ready(1));
    let open: (bool, bool) = (tx.is_closed(), rx.is_closed());
    assert_eq!((open, poll(tx.closed())), ((false, false), Poll::Pending));
    rx.close();
    let (): () = block_on(tx.closed());
    assert_eq!(tx.send(10), Err(SendError(10)));
    assert_eq!((rx.try_recv(), rx.blocking_recv()), (Err(TryRecvError::Disconnected), None));
}

#[test]
fn weak_unbounded_senders() {
    let (tx, rx) = mpsc::unbounded_channel::<u64>();
    let other: mpsc::UnboundedSender<u64> = tx.clone();
    let same: bool = tx.same_channel(&other);
    assert!(same);
    let weak: mpsc::WeakUnboundedSender<u64> = tx.downgrade();
    let again: mpsc::WeakUnboundedSender<u64> = weak.clone();
    let counts: (usize, usize, usize, usize) =
        (tx.strong_count(), tx.weak_count(), weak.strong_count(), weak.weak_count());
    assert_eq!(counts, (2, 2, 2, 2));
    let up: Option<mpsc::UnboundedSender<u64>> = again.upgrade();
    assert_eq!((up.is_some(), rx.sender_strong_count()), (true, 3));
    drop((tx, other, up));
    assert!(weak.upgrade().is_none());
}

#[test]
fn traits() {
    fn iterator<'a, I: ExactSizeIterator<Item = mpsc::Permit<'a, u64>> + FusedIterator>(_: Option<I>) {}
    iterator(None::<mpsc::PermitIterator<'_, u64>>);
    handle::<(mpsc::Sender<u64>, mpsc::Receiver<u64>, mpsc::WeakSender<u64>)>();
    handle::<(mpsc::UnboundedSender<u64>, mpsc::UnboundedReceiver<u64>, mpsc::WeakUnboundedSender<u64>)>();
    handle::<(mpsc::Permit<'_, u64>, mpsc::PermitIterator<'_, u64>, mpsc::OwnedPermit<u64>)>();
    clone::<(mpsc::Sender<Plain>, mpsc::WeakSender<Plain>)>();
    clone::<(mpsc::UnboundedSender<Plain>, mpsc::WeakUnboundedSender<Plain>)>();
    debug::<(mpsc::Sender<Plain>, mpsc::Receiver<Plain>, mpsc::WeakSender<Plain>)>();
    debug::<(mpsc::UnboundedSender<Plain>, mpsc::UnboundedReceiver<Plain>, mpsc::WeakUnboundedSender<Plain>)>();
    debug::<(mpsc::Permit<'_, Plain>, mpsc::PermitIterator<'_, Plain>, mpsc::OwnedPermit<Plain>)>();
    // Futures that tasks may take to other threads.
    fn send<T: Send>(_: &T) {}
    let (tx, mut rx) = mpsc::channel::<u64>(1);
    send(&tx.send(1));
    send(&tx.reserve());
    send(&tx.reserve_many(1));
    send(&tx.clone().reserve_owned());
    send(&tx.closed());
    send(&rx.recv());
    send(&rx.recv_many(&mut Vec::new(), 1));
}

#[test]
fn errors() {
    equal::<(SendError<u64>, TrySendError<u64>, SendTimeoutError<u64>, TryRecvError)>();
    clone::<(SendError<u64>, TrySendError<u64>, SendTimeoutError<u64>, TryRecvError)>();
    let copied: SendError<u64> = SendError(1);
    assert_eq!((copied.0, TrySendError::from(copied)), (1, TrySendError::Closed(1)));
    let inner: (u64, u64) = (TrySendError::Full(1).into_inner(), TrySendError::Closed(2).into_inner());
    assert_eq!(inner, (1, 2));
    let inner: (u64, u64) = (SendTimeoutError::Timeout(1).into_inner(), SendTimeoutError::Closed(2).into_inner());
    assert_eq!(inner, (1, 2));
    debug::<(SendError<Plain>, TrySendError<Plain>, SendTimeoutError<Plain>)>();
    assert_eq!(format!("{:?}", TryRecvError::Disconnected), "Disconnected");
    assert!(!shown(SendError(Plain)).is_empty() && !shown(TryRecvError::Empty).is_empty());
    assert_ne!(shown(TrySendError::Full(Plain)), shown(TrySendError::Closed(Plain)));
    assert_ne!(shown(SendTimeoutError::Timeout(Plain)), shown(SendTimeoutError::Closed(Plain)));
}
