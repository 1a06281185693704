// async-channel 2.5.0, all of it. `items.rs` includes this file.

use chan::{RecvError, SendError, TryRecvError, TrySendError};
use futures_core::stream::{FusedStream, Stream};

use crate::{Plain, Poll, block_on, clone, context, debug, equal, handle, shown};

#[test]
fn sender() {
    let (tx, rx): (chan::Sender<u64>, chan::Receiver<u64>) = chan::bounded(2);
    let send: chan::Send<'_, u64> = tx.send(1);
    let sent: Result<(), SendError<u64>> = block_on(send);
    assert_eq!(sent, Ok(()));
    let sent: Result<(), TrySendError<u64>> = tx.try_send(2);
    assert_eq!(sent, Ok(()));
    assert_eq!(tx.try_send(3), Err(TrySendError::Full(3)));
    let displaced: Result<Option<u64>, SendError<u64>> = tx.force_send(3);
    assert_eq!(displaced, Ok(Some(1)));
    let asked: (bool, bool, usize, Option<usize>) = (tx.is_empty(), tx.is_full(), tx.len(), tx.capacity());
    assert_eq!(asked, (false, true, 2, Some(2)));
    let counts: (usize, usize) = (tx.sender_count(), tx.receiver_count());
    assert_eq!(counts, (1, 1));
    let other: chan::Sender<u64> = tx.clone();
    let same: bool = tx.same_channel(&other);
    assert!(same);
    let open: bool = tx.is_closed();
    assert!(!open);
    let first: bool = tx.close();
    assert!(first && !other.close());
    let closed: chan::Closed<'_, u64> = tx.closed();
    block_on(closed);
    assert_eq!(tx.try_send(4), Err(TrySendError::Closed(4)));
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn receiver() {
    let (tx, rx): (chan::Sender<u64>, chan::Receiver<u64>) = chan::unbounded();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let sent: Result<(), SendError<u64>> = tx.send_blocking(1);
    assert_eq!(sent, Ok(()));
    let received: Result<u64, TryRecvError> = rx.try_recv();
    assert_eq!(received, Ok(1));
    tx.try_send(2).unwrap();
    let recv: chan::Recv<'_, u64> = rx.recv();
    let received: Result<u64, RecvError> = block_on(recv);
    assert_eq!(received, Ok(2));
    tx.try_send(3).unwrap();
    let asked: (bool, bool, usize, Option<usize>) = (rx.is_empty(), rx.is_full(), rx.len(), rx.capacity());
    assert_eq!(asked, (false, false, 1, None));
    let received: Result<u64, RecvError> = rx.recv_blocking();
    assert_eq!(received, Ok(3));
    let other: chan::Receiver<u64> = rx.clone();
    let same: bool = rx.same_channel(&other);
    assert!(same);
    let counts: (usize, usize) = (rx.sender_count(), rx.receiver_count());
    assert_eq!(counts, (1, 2));
    let first: bool = rx.close();
    assert!(first && !other.close());
    let closed: bool = rx.is_closed();
    assert!(closed);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(rx.recv_blocking(), Err(RecvError));
    assert_eq!(tx.send_blocking(4), Err(SendError(4)));
}

#[test]
fn weak_handles() {
    let (tx, rx) = chan::unbounded::<u64>();
    let (weak_tx, weak_rx): (chan::WeakSender<u64>, chan::WeakReceiver<u64>) = (tx.downgrade(), rx.downgrade());
    let up: (Option<chan::Sender<u64>>, Option<chan::Receiver<u64>>) =
        (weak_tx.clone().upgrade(), weak_rx.clone().upgrade());
    assert!(up.0.is_some() && up.1.is_some());
    drop((tx, rx, up));
    assert!(weak_tx.upgrade().is_none() && weak_rx.upgrade().is_none());
}

#[test]
fn stream() {
    fn fused<S: FusedStream<Item = u64>>(_: &S) {}
    let (tx, rx) = chan::unbounded();
    fused(&rx);
    let mut stream = std::pin::pin!(rx);
    tx.try_send(1).unwrap();
    let next: Poll<Option<u64>> = stream.as_mut().poll_next(&mut context());
    assert_eq!(next, Poll::Ready(Some(1)));
    let over: bool = stream.is_terminated();
    assert!(!over);
    drop(tx);
    assert_eq!(stream.as_mut().poll_next(&mut context()), Poll::Ready(None));
    assert!(stream.is_terminated());
}

#[test]
fn traits() {
    handle::<chan::Sender<u64>>();
    handle::<chan::WeakSender<u64>>();
    handle::<chan::WeakReceiver<u64>>();
    clone::<(chan::Sender<Plain>, chan::Receiver<Plain>, chan::WeakSender<Plain>, chan::WeakReceiver<Plain>)>();
    debug::<(chan::Sender<Plain>, chan::Receiver<Plain>, chan::WeakSender<Plain>, chan::WeakReceiver<Plain>)>();
    debug::<(chan::Send<'_, u64>, chan::Recv<'_, u64>, chan::Closed<'_, u64>)>();
}

#[test]
fn errors() {
    equal::<(SendError<u64>, TrySendError<u64>, RecvError, TryRecvError)>();
    clone::<(SendError<u64>, TrySendError<u64>, RecvError, TryRecvError)>();
    let copied = SendError(1);
    assert_eq!((copied.into_inner(), copied.0), (1, 1));
    let all = [TrySendError::Full(1), TrySendError::Closed(1)];
    let asked: [(u64, bool, bool); 2] = all.map(|e| (e.into_inner(), e.is_full(), e.is_closed()));
    assert_eq!(asked, [(1, true, false), (1, false, true)]);
    let asked: [(bool, bool); 2] = [TryRecvError::Empty, TryRecvError::Closed].map(|e| (e.is_empty(), e.is_closed()));
    assert_eq!(asked, [(true, false), (false, true)]);
    assert_eq!(format!("{:?} {:?}", SendError(Plain), TrySendError::Full(Plain)), "SendError(..) Full(..)");
    assert!(!shown(SendError(Plain)).is_empty() && !shown(TrySendError::Closed(Plain)).is_empty());
    assert!(!shown(RecvError).is_empty() && !shown(TryRecvError::Empty).is_empty());
}
