// tokio::sync::watch 1.54.1, all of it. `items.rs` includes this file.

use watch::error::{RecvError, SendError};

use crate::{Plain, block_on, clone, debug, equal, handle, poll, shown};

#[test]
fn sender() {
    let (tx, rx): (watch::Sender<u64>, watch::Receiver<u64>) = watch::channel(1);
    let sent: Result<(), SendError<u64>> = tx.send(2);
    assert_eq!(sent, Ok(()));
    let (): () = tx.send_modify(|value: &mut u64| *value += 1);
    let modified: bool = tx.send_if_modified(|value: &mut u64| *value > 3);
    assert!(!modified);
    let old: u64 = tx.send_replace(4);
    assert_eq!(old, 3);
    let value: watch::Ref<'_, u64> = tx.borrow();
    assert_eq!(*value, 4);
    drop(value);
    let other: watch::Sender<u64> = tx.clone();
    let same: bool = tx.same_channel(&other);
    assert!(same);
    let more: watch::Receiver<u64> = tx.subscribe();
    let counts: (usize, usize) = (tx.sender_count(), tx.receiver_count());
    assert_eq!(counts, (2, 2));
    let closed: bool = tx.is_closed();
    assert!(!closed && poll(tx.closed()).is_pending());
    drop((rx, more));
    let (): () = block_on(tx.closed());
    assert_eq!(tx.send(5), Err(SendError(5)));

    let tx: watch::Sender<u64> = watch::Sender::new(6);
    assert_eq!(*tx.borrow(), 6);
    let tx: watch::Sender<u64> = Default::default();
    assert_eq!(*tx.borrow(), 0);
}

#[test]
fn receiver() {
    let (tx, mut rx) = watch::channel::<u64>(1);
    let changed: Result<bool, RecvError> = rx.has_changed();
    assert!(matches!(changed, Ok(false)));
    tx.send(2).unwrap();
    let value: watch::Ref<'_, u64> = rx.borrow();
    let changed: bool = value.has_changed();
    assert_eq!((*value, changed), (2, true));
    drop(value);
    let value: watch::Ref<'_, u64> = rx.borrow_and_update();
    assert_eq!(*value, 2);
    drop(value);
    let (): () = rx.mark_changed();
    let changed: Result<(), RecvError> = block_on(rx.changed());
    assert!(changed.is_ok() && poll(rx.changed()).is_pending());
    rx.mark_changed();
    let (): () = rx.mark_unchanged();
    assert!(matches!(rx.has_changed(), Ok(false)));
    let value: Result<watch::Ref<'_, u64>, RecvError> = block_on(rx.wait_for(|value: &u64| *value == 2));
    assert_eq!(*value.unwrap(), 2);
    let other: watch::Receiver<u64> = rx.clone();
    let same: bool = rx.same_channel(&other);
    assert!(same);
    let closed: bool = rx.is_closed();
    assert!(!closed);
    drop(tx);
    assert!(rx.is_closed() && rx.has_changed().is_err());
    assert!(block_on(rx.changed()).is_err());
    assert!(block_on(rx.wait_for(|value| *value == 3)).is_err());
}

#[test]
fn traits_and_errors() {
    handle::<(watch::Sender<u64>, watch::Receiver<u64>)>();
    clone::<(watch::Sender<Plain>, watch::Receiver<Plain>)>();
    debug::<(watch::Sender<u64>, watch::Receiver<u64>, watch::Ref<'_, u64>)>();
    fn send<T: Send>(_: &T) {}
    let (tx, mut rx) = watch::channel::<u64>(1);
    send(&tx.closed());
    send(&rx.changed());
    send(&rx.wait_for(|_| true));
    equal::<SendError<u64>>();
    clone::<(SendError<u64>, RecvError)>();
    debug::<(SendError<Plain>, RecvError)>();
    let copied: SendError<u64> = SendError(1);
    assert_eq!((copied.0, copied), (1, SendError(1)));
    assert!(!shown(SendError(Plain)).is_empty());
    drop(tx);
    assert!(!shown(block_on(rx.changed()).unwrap_err()).is_empty());
}
