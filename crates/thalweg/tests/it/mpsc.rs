//! The channel with one receiver, in tokio's dialect: its promises, in the order of events that each test spells out.
//! What went wrong elsewhere is in `mpsc_bugs`, orders nobody thought of in `mpsc_model` and in the loom models.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use futures_core::{Stream, future::FusedFuture, stream::FusedStream};
use futures_lite::future::{block_on, poll_once};
use thalweg::mpsc::{
    OwnedPermit, Permit, Receiver, Sender, channel,
    error::{SendError, TryRecvError, TrySendError},
    unbounded_channel,
};

use crate::harness::{BOUNDED, BUFFERED, Ledger, Message, Probe, panics, task};

/// One poll of the receiver by hand.
pub(crate) fn poll<T>(receiver: &mut Receiver<T>, probe: &Arc<Probe>) -> Poll<Option<T>> {
    probe.rest();
    receiver.poll_recv(&mut Context::from_waker(&probe.waker()))
}

/// Polls as an executor that has nothing else to do: again as long as it woke itself.
#[track_caller]
pub(crate) fn settle<T>(receiver: &mut Receiver<T>, probe: &Arc<Probe>) -> Poll<Option<T>> {
    for _ in 0..10_000 {
        match poll(receiver, probe) {
            Poll::Pending if probe.woken() => {}
            result => return result,
        }
    }
    panic!("it wakes itself for ever");
}

/// How many wakers of this probe the channel holds, none of which is in use elsewhere.
pub(crate) fn held(probe: &Arc<Probe>) -> usize {
    Arc::strong_count(probe) - 1
}

#[test]
fn message_wakes_whoever_waits_once() {
    for capacity in BUFFERED {
        let (tx, mut rx) = channel(capacity);
        let mut receive = task(rx.recv());
        receive.waits();
        tx.try_send(1).unwrap();
        assert_eq!(receive.wakes(), 1);
        assert_eq!(receive.finishes(), Some(1));
    }
}

#[test]
fn messages_keep_their_order_through_every_door() {
    let (tx, mut rx) = channel(16);
    let mut buffer = Vec::new();
    block_on(async {
        tx.send(0).await.unwrap();
        tx.try_send(1).unwrap();
        tx.reserve().await.unwrap().send(2);
        tx.try_reserve().unwrap().send(3);
        tx.reserve_many(2).await.unwrap().zip(4..).for_each(|(permit, n)| permit.send(n));
        tx.try_reserve_many(2).unwrap().zip(6..).for_each(|(permit, n)| permit.send(n));
        let tx = tx.reserve_owned().await.unwrap().send(8);
        drop(tx.try_reserve_owned().unwrap().send(9));
        assert_eq!(rx.recv().await, Some(0));
        assert_eq!(rx.try_recv(), Ok(1));
        assert_eq!(rx.recv_many(&mut buffer, 3).await, 3);
        assert_eq!(poll_fn(|cx| rx.poll_recv(cx)).await, Some(5));
        assert_eq!(poll_fn(|cx| rx.poll_recv_many(cx, &mut buffer, 2)).await, 2);
        assert_eq!(rx.recv_many(&mut buffer, 16).await, 2);
        assert_eq!(rx.recv_many(&mut buffer, 16).await, 0);
    });
    assert_eq!(buffer, [2, 3, 4, 6, 7, 8, 9]);
}

/// As a `select!` loop does. Each time the last waker is the one that counts, and no other is kept.
#[test]
fn recv_dropped_and_made_anew_keeps_its_place() {
    for capacity in [0, 1, usize::MAX] {
        let (tx, mut rx) = channel(capacity);
        let mut last = Probe::new();
        for _ in 0..1_000 {
            let mut receive = task(rx.recv());
            receive.waits();
            last = receive.probe().clone();
        }
        assert_eq!(held(&last), usize::from(capacity > 0), "capacity {capacity}");
        let mut receive = task(rx.recv());
        receive.waits();
        tx.try_send(1).unwrap();
        assert_eq!((last.wakes(), receive.wakes()), (0, 1));
        drop(receive);
        assert_eq!(rx.len(), 1, "who was woken and left took nothing");
        assert_eq!(task(rx.recv()).finishes(), Some(1));
    }
}

/// A message that comes while no `recv` lives wakes the task that polled the last one.
#[test]
fn message_between_two_recvs_wakes_the_last_task() {
    let (tx, mut rx) = channel(1);
    let mut receive = task(rx.recv());
    receive.waits();
    let probe = receive.probe().clone();
    drop(receive);
    tx.try_send(1).unwrap();
    assert_eq!(probe.wakes(), 1);
    assert_eq!(rx.try_recv(), Ok(1));
    let mut receive = task(rx.recv());
    receive.waits();
    tx.try_send(2).unwrap();
    assert!(receive.woken());
}

#[test]
fn every_way_to_poll_shares_one_place() {
    let (tx, mut rx) = channel(4);
    let (first, second) = (Probe::new(), Probe::new());
    assert!(poll(&mut rx, &first).is_pending());
    let mut buffer = Vec::new();
    assert!(rx.poll_recv_many(&mut Context::from_waker(&second.waker()), &mut buffer, 2).is_pending());
    assert_eq!((held(&first), held(&second)), (0, 1));
    let third = Probe::new();
    assert!(std::pin::Pin::new(&mut rx).poll_next(&mut Context::from_waker(&third.waker())).is_pending());
    tx.try_send(1).unwrap();
    assert_eq!((first.wakes(), second.wakes(), third.wakes()), (0, 0, 1));
}

#[test]
fn moved_receiver_keeps_its_place() {
    let (tx, mut rx) = channel(1);
    let probe = Probe::new();
    assert!(poll(&mut rx, &probe).is_pending());
    let mut moved = Box::new(rx);
    tx.try_send(1).unwrap();
    assert_eq!(probe.wakes(), 1);
    assert_eq!(poll(&mut moved, &probe), Poll::Ready(Some(1)));
}

#[test]
fn full_channel_makes_senders_wait_in_order() {
    for capacity in BOUNDED {
        let (tx, mut rx) = channel(capacity);
        (0..capacity).for_each(|n| tx.try_send(n).unwrap());
        let (mut first, mut second) = (task(tx.send(100)), task(tx.reserve()));
        first.waits();
        second.waits();
        assert_eq!(block_on(rx.recv()), Some(0));
        assert_eq!((first.woken(), second.woken()), (true, false));
        assert_eq!(first.finishes(), Ok(()));
        second.waits();
        rx.try_recv().unwrap();
        second.finishes().unwrap().send(101);
        let rest: Vec<_> = std::iter::from_fn(|| rx.try_recv().ok()).collect();
        let sent: Vec<_> = (2..capacity).chain([100, 101]).skip(usize::from(capacity == 1)).collect();
        assert_eq!(rest, sent);
    }
}

#[test]
fn batch_makes_room_for_as_many_senders() {
    let (tx, mut rx) = channel(4);
    (0..4).for_each(|n| tx.try_send(n).unwrap());
    let mut sends: Vec<_> = (4..8).map(|n| task(tx.send(n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    let mut buffer = Vec::new();
    assert_eq!(task(rx.recv_many(&mut buffer, 3)).finishes(), 3);
    assert_eq!(sends.iter().map(|send| send.woken()).collect::<Vec<_>>(), [true, true, true, false]);
}

#[test]
fn batch_of_none_is_ready_and_no_end() {
    let (tx, mut rx) = channel::<u8>(1);
    let mut buffer = vec![7];
    assert_eq!(task(rx.recv_many(&mut buffer, 0)).poll(), Poll::Ready(0));
    let mut receive = task(rx.recv_many(&mut buffer, 1));
    receive.waits();
    drop(tx);
    assert_eq!(receive.finishes(), 0);
    drop(receive);
    assert_eq!(buffer, [7]);
}

#[test]
fn close_stops_senders_and_leaves_messages() {
    for capacity in BOUNDED {
        let (tx, mut rx) = channel(capacity);
        (0..capacity).for_each(|n| tx.try_send(n).unwrap());
        let (mut send, mut reserve, mut closed) = (task(tx.send(9)), task(tx.reserve()), task(tx.closed()));
        send.waits();
        reserve.waits();
        closed.waits();
        assert!(!tx.is_closed() && !rx.is_closed());
        rx.close();
        assert_eq!(send.finishes(), Err(SendError(9)));
        assert!(reserve.finishes().is_err());
        closed.finishes();
        assert!(tx.is_closed() && rx.is_closed());
        assert_eq!(tx.try_send(8), Err(TrySendError::Closed(8)));
        for n in 0..capacity {
            assert_eq!(block_on(rx.recv()), Some(n));
        }
        assert_eq!(block_on(rx.recv()), None);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        rx.close();
    }
}

/// What is out when it closes: used, given back, alone, together, in any order.
#[test]
fn closed_receiver_waits_for_permits() {
    let ends: [fn(Permit<'_, u8>); 2] = [|permit| permit.send(1), |permit| drop(permit)];
    for (first, second) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let (tx, mut rx) = channel(2);
        let permits = (tx.try_reserve().unwrap(), tx.try_reserve().unwrap());
        rx.close();
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty), "a message may still come");
        let mut receive = task(rx.recv());
        receive.waits();
        ends[first](permits.0);
        assert_eq!(receive.woken(), first == 0, "one permit is still out");
        if first == 0 {
            assert_eq!(receive.finishes(), Some(1));
            drop(receive);
            receive = task(rx.recv());
            receive.waits();
        }
        ends[second](permits.1);
        assert!(receive.woken());
        assert_eq!(receive.finishes(), (second == 0).then_some(1));
        drop(receive);
        assert_eq!(block_on(rx.recv()), None);
    }
}

#[test]
fn last_sender_to_go_wakes_the_receiver_once() {
    let (tx, mut rx) = channel::<u8>(1);
    let permit = tx.clone().try_reserve_owned().unwrap();
    let mut receive = task(rx.recv());
    receive.waits();
    drop(tx);
    assert!(!receive.woken(), "a permit is a sender");
    drop(permit);
    assert_eq!(receive.finishes(), None);
}

/// Queued, waiting in a send, sent by a permit, in a batch: each is dropped once, and at once where nobody can read it.
#[test]
fn receiver_that_goes_drops_what_is_there() {
    for capacity in BOUNDED {
        let ledger = Ledger::new();
        let (tx, mut rx) = channel::<Message>(capacity);
        let owned = tx.clone().try_reserve_owned().unwrap();
        (1..capacity).for_each(|_| tx.try_send(ledger.message()).unwrap());
        let mut send = task(tx.send(ledger.message()));
        send.waits();
        if capacity > 2 {
            drop(block_on(rx.recv()));
        }
        drop(rx);
        assert_eq!(ledger.alive(), 1, "the one whose send has it");
        assert!(send.finishes().unwrap_err().0.id < ledger.built());
        drop(send);
        assert_eq!(ledger.alive(), 0);
        let tx = owned.send(ledger.message());
        assert_eq!(ledger.alive(), 0, "a message that nobody can read is dropped at once");
        assert_eq!((tx.capacity(), tx.max_capacity()), (capacity, capacity));
        ledger.all_dropped_once();
    }
}

#[test]
fn numbers_tell_what_is_there() {
    let (tx, mut rx) = channel(4);
    assert_eq!((tx.capacity(), rx.capacity(), tx.max_capacity(), rx.max_capacity()), (4, 4, 4, 4));
    let permits = tx.try_reserve_many(2).unwrap();
    tx.try_send(1).unwrap();
    assert_eq!((tx.capacity(), rx.len(), rx.is_empty()), (1, 1, false));
    assert_eq!(permits.len(), 2);
    drop(permits);
    assert_eq!((rx.capacity(), rx.try_recv(), rx.is_empty()), (3, Ok(1), true));
    assert!(matches!(tx.try_reserve_many(5), Err(TrySendError::Full(()))));
    assert!(block_on(tx.reserve_many(5)).is_err());
    assert_eq!(block_on(tx.reserve_many(0)).unwrap().count(), 0);
}

#[test]
fn handles_are_counted() {
    let (tx, rx) = channel::<u8>(1);
    let counts = |tx: &Sender<u8>| (tx.strong_count(), tx.weak_count());
    assert_eq!(counts(&tx), (1, 0));
    let weak = tx.downgrade();
    let other = weak.clone();
    let second = other.upgrade().unwrap();
    assert_eq!(counts(&tx), (2, 2));
    assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), (2, 2));
    assert_eq!((weak.strong_count(), weak.weak_count()), (2, 2));
    let permit: OwnedPermit<u8> = second.try_reserve_owned().unwrap();
    drop(tx);
    drop(other);
    assert_eq!((weak.strong_count(), weak.weak_count()), (1, 1));
    drop(permit);
    assert_eq!((weak.strong_count(), rx.sender_strong_count()), (0, 0));
    assert!(weak.upgrade().is_none());
    drop(rx);
    let (tx, rx) = unbounded_channel::<u8>();
    let weak = tx.downgrade();
    let other = weak.clone();
    assert_eq!((tx.strong_count(), tx.weak_count(), weak.strong_count(), weak.weak_count()), (1, 2, 1, 2));
    let second = tx.clone();
    assert_eq!((tx.strong_count(), weak.strong_count()), (2, 2));
    assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), (2, 2));
    drop((tx, other, second));
    assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), (0, 1));
    assert!(weak.upgrade().is_none());
}

/// Only presence counts for a weak sender, not whether sends would succeed.
#[test]
fn weak_sender_of_a_closed_channel_comes_back() {
    let (tx, mut rx) = channel::<u8>(1);
    let weak = tx.downgrade();
    rx.close();
    assert!(weak.upgrade().unwrap().is_closed());
    drop(rx);
    assert!(weak.upgrade().unwrap().same_channel(&tx));
    let (tx, mut rx) = unbounded_channel::<u8>();
    rx.close();
    assert!(tx.downgrade().upgrade().unwrap().same_channel(&tx));
}

#[test]
fn channels_are_told_apart() {
    let (tx, _rx) = channel::<u8>(1);
    let (other, _rx2) = channel::<u8>(1);
    assert!(tx.same_channel(&tx.clone()) && !tx.same_channel(&other));
    let (permit, stranger) = (tx.clone().try_reserve_owned().unwrap(), other.clone().try_reserve_owned().unwrap());
    assert!(permit.same_channel_as_sender(&tx) && !permit.same_channel_as_sender(&other));
    assert!(permit.same_channel(&permit) && !permit.same_channel(&stranger));
    assert!(matches!(tx.clone().try_reserve_owned(), Err(TrySendError::Full(back)) if back.same_channel(&tx)));
    assert!(permit.release().same_channel(&tx));
    assert_eq!(tx.capacity(), 1);
    let (one, two) = (unbounded_channel::<u8>().0, unbounded_channel::<u8>().0);
    assert!(one.same_channel(&one.clone()) && !one.same_channel(&two));
}

#[test]
fn unbounded_sends_at_once_until_the_end() {
    let (tx, mut rx) = unbounded_channel();
    (0..1_000).for_each(|n| tx.send(n).unwrap());
    let mut buffer = Vec::new();
    assert_eq!((rx.len(), task(rx.recv_many(&mut buffer, 999)).finishes()), (1_000, 999));
    assert_eq!(task(rx.recv()).finishes(), Some(999));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let mut closed = task(tx.closed());
    closed.waits();
    tx.send(1).unwrap();
    assert!(!tx.is_closed() && !rx.is_closed());
    rx.close();
    closed.finishes();
    assert!(tx.is_closed() && rx.is_closed() && !rx.is_empty());
    assert_eq!(tx.send(2), Err(SendError(2)));
    assert_eq!(task(rx.recv()).finishes(), Some(1));
    assert_eq!(task(rx.recv()).finishes(), None);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn unbounded_can_be_polled_for_many() {
    let (tx, mut rx) = unbounded_channel();
    let (mut buffer, mut cx) = (Vec::new(), Context::from_waker(Waker::noop()));
    assert!(rx.poll_recv_many(&mut cx, &mut buffer, 2).is_pending());
    (0..3).for_each(|n| tx.send(n).unwrap());
    assert_eq!(rx.poll_recv_many(&mut cx, &mut buffer, 2), Poll::Ready(2));
    assert_eq!((rx.poll_recv(&mut cx), buffer), (Poll::Ready(Some(2)), vec![0, 1]));
}

#[test]
fn rendezvous_needs_a_receiver_that_waits() {
    let (tx, mut rx) = channel(0);
    assert_eq!((tx.capacity(), tx.max_capacity()), (0, 0));
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    let mut send = task(tx.send(2));
    send.waits();
    let mut receive = task(rx.recv());
    receive.poll().is_ready().then(|| panic!("nothing was sent yet"));
    assert_eq!(send.finishes(), Ok(()));
    assert_eq!(receive.finishes(), Some(2));
}

/// A `recv` that was given up is no receiver that waits; what was sent for it is there for the next.
#[test]
fn rendezvous_ends_with_the_recv() {
    let (tx, mut rx) = channel(0);
    let mut receive = task(rx.recv());
    receive.waits();
    drop(receive);
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    let mut receive = task(rx.recv());
    receive.waits();
    tx.try_send(2).unwrap();
    drop(receive);
    assert_eq!(tx.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(rx.len(), 1);
    assert_eq!(task(rx.recv()).poll(), Poll::Ready(Some(2)));
    let mut buffer = Vec::new();
    task(rx.recv_many(&mut buffer, 2)).waits();
    assert_eq!(tx.try_send(4), Err(TrySendError::Full(4)));
}

#[test]
fn stream_ends_once_and_for_ever() {
    let (tx, mut rx) = channel(2);
    tx.try_send(1).unwrap();
    drop(tx);
    block_on(async {
        use futures_lite::StreamExt;
        assert!(!rx.is_terminated());
        assert_eq!(rx.next().await, Some(1));
        assert!(!rx.is_terminated(), "None was not seen yet");
        assert_eq!(rx.next().await, None);
        assert!(rx.is_terminated());
        assert_eq!((rx.next().await, rx.recv().await), (None, None));
    });
    let (tx, mut rx) = unbounded_channel();
    tx.send(1).unwrap();
    drop(tx);
    assert!(!rx.is_terminated());
    assert_eq!(block_on(futures_lite::StreamExt::collect::<Vec<_>>(&mut rx)), [1]);
    assert!(rx.is_terminated());
}

#[test]
fn cancelled_send_gives_its_message_back() {
    let (tx, mut rx) = channel(1);
    tx.try_send(1).unwrap();
    let mut send = task(tx.send(2));
    send.waits();
    let mut next = task(tx.send(3));
    next.waits();
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(send.woken());
    assert_eq!(send.pinned().cancel(), Some(2));
    assert!(next.woken(), "its turn passes on");
    assert_eq!(next.finishes(), Ok(()));
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(3), Err(TryRecvError::Empty)));
}

#[test]
fn finished_futures_say_so() {
    let (tx, mut rx) = channel(4);
    let mut send = Box::pin(tx.send(1));
    assert!(!send.is_terminated());
    block_on(&mut send).unwrap();
    assert!(send.is_terminated());
    panics(|| block_on(&mut send));
    let mut receive = rx.recv();
    assert_eq!(block_on(&mut receive), Some(1));
    assert!(receive.is_terminated());
    panics(|| block_on(&mut receive));
    drop(receive);
    let mut buffer = Vec::new();
    let mut receive = rx.recv_many(&mut buffer, 1);
    assert!(block_on(poll_once(&mut receive)).is_none() && !receive.is_terminated());
    tx.try_send(2).unwrap();
    assert_eq!(block_on(&mut receive), 1);
    panics(|| block_on(&mut receive));
}

#[test]
fn empty_and_gone_are_told_in_words() {
    assert_eq!(TryRecvError::Empty.to_string(), "channel is empty");
    assert_eq!(TryRecvError::Disconnected.to_string(), "channel is closed and empty");
}
