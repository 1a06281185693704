// tokio::sync::broadcast 1.54.1, all of it. `items.rs` includes this file.

use broadcast::error::{RecvError, SendError, TryRecvError};

use crate::{Plain, block_on, clone, debug, equal, handle, poll, shown};

#[test]
fn sender() {
    let (tx, mut rx): (broadcast::Sender<u64>, broadcast::Receiver<u64>) = broadcast::channel(4);
    let sent: Result<usize, SendError<u64>> = tx.send(1);
    assert!(matches!(sent, Ok(1)));
    let mut late: broadcast::Receiver<u64> = tx.subscribe();
    assert!(matches!(tx.send(2), Ok(2)));
    let asked: (usize, bool, usize) = (tx.len(), tx.is_empty(), tx.receiver_count());
    assert_eq!(asked, (2, false, 2));
    assert_eq!((rx.try_recv(), rx.try_recv(), late.try_recv()), (Ok(1), Ok(2), Ok(2)));
    let other: broadcast::Sender<u64> = tx.clone();
    let same: bool = tx.same_channel(&other);
    assert!(same && poll(tx.closed()).is_pending());
    drop((rx, late));
    let (): () = block_on(tx.closed());
    assert!(matches!(tx.send(3), Err(SendError(3))));

    let tx: broadcast::Sender<u64> = broadcast::Sender::new(4);
    assert_eq!(tx.receiver_count(), 0);
}

#[test]
fn receiver() {
    let (tx, mut rx) = broadcast::channel::<u64>(4);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    (1..=4).for_each(|n| assert!(tx.send(n).is_ok()));
    let asked: (usize, bool, bool) = (rx.len(), rx.is_empty(), rx.is_closed());
    assert_eq!(asked, (4, false, false));
    let received: Result<u64, RecvError> = block_on(rx.recv());
    assert_eq!(received, Ok(1));
    let received: Result<u64, TryRecvError> = rx.try_recv();
    assert_eq!(received, Ok(2));
    let received: Result<u64, RecvError> = rx.blocking_recv();
    assert_eq!(received, Ok(3));
    let mut fresh: broadcast::Receiver<u64> = rx.resubscribe();
    let same: bool = rx.same_channel(&fresh);
    assert!(same);
    let counts: (usize, usize) = (rx.sender_strong_count(), rx.sender_weak_count());
    assert_eq!(counts, (1, 0));
    (5..=10).for_each(|n| assert!(tx.send(n).is_ok()));
    assert_eq!(fresh.try_recv(), Err(TryRecvError::Lagged(2)));
    assert_eq!(block_on(rx.recv()), Err(RecvError::Lagged(3)));
    drop(tx);
    let mut rest = Vec::new();
    while let Ok(n) = rx.try_recv() {
        rest.push(n);
    }
    assert_eq!(rest, [7, 8, 9, 10]);
    assert_eq!((rx.try_recv(), rx.blocking_recv()), (Err(TryRecvError::Closed), Err(RecvError::Closed)));
    assert!(rx.is_closed());
}

#[test]
fn weak_senders() {
    let (tx, rx) = broadcast::channel::<u64>(1);
    let weak: broadcast::WeakSender<u64> = tx.downgrade();
    let other: broadcast::WeakSender<u64> = weak.clone();
    let counts: (usize, usize, usize, usize) =
        (tx.strong_count(), tx.weak_count(), weak.strong_count(), weak.weak_count());
    assert_eq!(counts, (1, 2, 1, 2));
    let up: Option<broadcast::Sender<u64>> = other.upgrade();
    assert_eq!((up.is_some(), rx.sender_strong_count(), rx.sender_weak_count()), (true, 2, 2));
    drop((tx, up));
    assert!(weak.upgrade().is_none());
}

#[test]
fn traits_and_errors() {
    handle::<(broadcast::Sender<u64>, broadcast::Receiver<u64>, broadcast::WeakSender<u64>)>();
    // Messages need not be `Sync`.
    handle::<(broadcast::Sender<std::cell::Cell<u64>>, broadcast::Receiver<std::cell::Cell<u64>>)>();
    clone::<(broadcast::Sender<Plain>, broadcast::WeakSender<Plain>)>();
    debug::<(broadcast::Sender<Plain>, broadcast::Receiver<Plain>, broadcast::WeakSender<Plain>)>();
    fn send<T: Send>(_: &T) {}
    let (tx, mut rx) = broadcast::channel::<u64>(1);
    send(&tx.closed());
    send(&rx.recv());
    equal::<(RecvError, TryRecvError)>();
    clone::<(RecvError, TryRecvError)>();
    debug::<(SendError<u64>, RecvError, TryRecvError)>();
    let SendError(message): SendError<u64> = SendError(1);
    assert_eq!(message, 1);
    assert!(!shown(SendError(1)).is_empty());
    assert_ne!(shown(RecvError::Closed), shown(RecvError::Lagged(1)));
    assert_ne!(shown(TryRecvError::Closed), shown(TryRecvError::Empty));
    assert_ne!(shown(TryRecvError::Lagged(1)), shown(TryRecvError::Lagged(2)));
}
