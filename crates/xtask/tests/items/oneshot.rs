// tokio::sync::oneshot 1.54.1, all of it. `items.rs` includes this file.

use oneshot::error::{RecvError, TryRecvError};

use crate::{Future, Poll, block_on, clone, context, debug, equal, handle, poll, shown};

#[test]
fn sender() {
    let (mut tx, rx): (oneshot::Sender<u64>, oneshot::Receiver<u64>) = oneshot::channel();
    let closed: (bool, Poll<()>) = (tx.is_closed(), tx.poll_closed(&mut context()));
    assert_eq!((closed, poll(tx.closed())), ((false, Poll::Pending), Poll::Pending));
    drop(rx);
    let (): () = block_on(tx.closed());
    assert_eq!((tx.is_closed(), tx.poll_closed(&mut context())), (true, Poll::Ready(())));
    let sent: Result<(), u64> = tx.send(1);
    assert_eq!(sent, Err(1));
}

#[test]
fn receiver() {
    fn future<F: Future<Output = Result<u64, RecvError>> + Unpin>(_: &F) {}
    let (tx, mut rx) = oneshot::channel::<u64>();
    future(&rx);
    assert_eq!(poll(&mut rx), Poll::Pending);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let asked: (bool, bool) = (rx.is_empty(), rx.is_terminated());
    assert_eq!(asked, (true, false));
    tx.send(1).unwrap();
    let received: Result<u64, TryRecvError> = rx.try_recv();
    assert_eq!((received, rx.is_terminated()), (Ok(1), true));

    let (tx, rx) = oneshot::channel::<u64>();
    tx.send(2).unwrap();
    let received: Result<u64, RecvError> = block_on(rx);
    assert_eq!(received, Ok(2));

    let (tx, rx) = oneshot::channel::<u64>();
    tx.send(3).unwrap();
    let received: Result<u64, RecvError> = rx.blocking_recv();
    assert_eq!(received, Ok(3));

    let (tx, mut rx) = oneshot::channel::<u64>();
    rx.close();
    assert_eq!((tx.send(4), rx.try_recv()), (Err(4), Err(TryRecvError::Closed)));
    let (tx, rx) = oneshot::channel::<u64>();
    drop(tx);
    assert!(block_on(rx).is_err());
}

#[test]
fn traits_and_errors() {
    handle::<(oneshot::Sender<u64>, oneshot::Receiver<u64>)>();
    debug::<(oneshot::Sender<u64>, oneshot::Receiver<u64>)>();
    equal::<(RecvError, TryRecvError)>();
    clone::<(RecvError, TryRecvError)>();
    debug::<(RecvError, TryRecvError)>();
    let (tx, rx) = oneshot::channel::<u64>();
    drop(tx);
    let error: RecvError = block_on(rx).unwrap_err();
    assert!(!shown(error).is_empty());
    assert_ne!(shown(TryRecvError::Empty), shown(TryRecvError::Closed));
}
