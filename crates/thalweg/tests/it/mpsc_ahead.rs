//! The receiver of an unbounded channel takes messages without the lock. Nobody is to notice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use futures_lite::future::block_on;
use thalweg::mpsc::{UnboundedReceiver, UnboundedSender, channel, error::TryRecvError, unbounded_channel};

use crate::harness::{Ledger, Message, Probe, Random, forget, panics};

/// More than one block holds.
const MANY: usize = 200;

/// A channel with so many messages, two of which have been received: the first one leads into the block, and the second
/// is the first from which the receiver goes ahead.
fn begun(messages: usize) -> (UnboundedSender<usize>, UnboundedReceiver<usize>) {
    let (tx, mut rx) = unbounded_channel();
    (0..messages).for_each(|n| tx.send(n).unwrap());
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(0), Ok(1)));
    (tx, rx)
}

fn poll<T>(receiver: &mut UnboundedReceiver<T>, probe: &Arc<Probe>) -> Poll<Option<T>> {
    receiver.poll_recv(&mut Context::from_waker(&probe.waker()))
}

#[test]
fn what_lies_ahead_is_counted() {
    let (tx, mut rx) = begun(11);
    for left in (1..=9).rev() {
        assert_eq!((rx.len(), rx.is_empty()), (left, false));
        for debug in [format!("{tx:?}"), format!("{rx:?}")] {
            assert!(debug.contains(&format!("len: {left},")), "{debug}, with {left} left");
        }
        assert_eq!(rx.try_recv(), Ok(11 - left));
    }
    assert_eq!((rx.len(), rx.is_empty()), (0, true));
    assert!(format!("{tx:?}").contains("len: 0,"));
}

/// Takes up to `limit` messages that are there, by one of the doors.
fn take(rx: &mut UnboundedReceiver<usize>, door: u64, limit: usize, got: &mut Vec<usize>) {
    match door {
        0 => got.extend(rx.try_recv().ok()),
        1 => {
            if let Poll::Ready(message) = poll(rx, &Probe::new()) {
                got.push(message.unwrap());
            }
        }
        2 if !rx.is_empty() => assert!(block_on(rx.recv_many(got, limit)) <= limit),
        _ if !rx.is_empty() => blocking(rx, door, limit, got),
        _ => {}
    }
}

#[cfg(feature = "std")]
fn blocking(rx: &mut UnboundedReceiver<usize>, door: u64, limit: usize, got: &mut Vec<usize>) {
    match door {
        3 => got.push(rx.blocking_recv().unwrap()),
        _ => assert!(rx.blocking_recv_many(got, limit) <= limit),
    }
}

#[cfg(not(feature = "std"))]
fn blocking(rx: &mut UnboundedReceiver<usize>, _door: u64, _limit: usize, got: &mut Vec<usize>) {
    got.extend(rx.try_recv().ok());
}

#[test]
fn every_door_goes_on_where_the_last_one_stopped() {
    let mut random = Random::new(7);
    let (tx, mut rx) = unbounded_channel();
    let (mut sent, mut got) = (0, Vec::new());
    for _ in 0..2_000 {
        for _ in 0..random.below(40) {
            tx.send(sent).unwrap();
            sent += 1;
        }
        let (door, limit) = (random.below(5), random.below(70) as usize + 1);
        take(&mut rx, door, limit, &mut got);
        assert_eq!(rx.len(), sent - got.len(), "after door {door}");
    }
    assert!(got.len() > 10_000 && got.iter().copied().eq(0..got.len()));
}

/// A batch is what is there, up to the limit, and not what happened to be taken ahead.
#[test]
fn batch_is_all_there_is() {
    let (_tx, mut rx) = begun(MANY);
    let mut batch = Vec::new();
    assert_eq!(block_on(rx.recv_many(&mut batch, 5)), 5);
    assert_eq!(block_on(rx.recv_many(&mut batch, usize::MAX)), MANY - 7);
    assert!(batch.into_iter().eq(2..MANY) && rx.is_empty());
}

/// A bounded channel's room is for the next message: there nothing is taken ahead.
#[test]
fn bounded_channel_keeps_its_capacity() {
    let (tx, mut rx) = channel(8);
    (0..8).for_each(|n| tx.try_send(n).unwrap());
    (0..4).for_each(|n| assert_eq!(rx.try_recv(), Ok(n)));
    assert_eq!((rx.len(), tx.capacity()), (4, 4));
    (8..12).for_each(|n| tx.try_send(n).unwrap());
    assert!(tx.try_send(12).is_err());
}

#[test]
fn closed_channel_ends_after_what_was_taken_ahead() {
    let (tx, mut rx) = begun(4);
    rx.close();
    assert!(tx.send(4).is_err());
    drop(tx);
    assert_eq!((rx.is_closed(), rx.len()), (true, 2));
    assert_eq!((rx.try_recv(), block_on(rx.recv())), (Ok(2), Some(3)));
    assert_eq!((rx.try_recv(), block_on(rx.recv())), (Err(TryRecvError::Disconnected), None));
}

#[test]
fn receiver_that_goes_drops_what_it_took_ahead() {
    for received in [0, 1, 5, 63, 64, 65, MANY] {
        let ledger = Ledger::new();
        let (tx, mut rx) = unbounded_channel::<Message>();
        (0..MANY).for_each(|_| tx.send(ledger.message()).unwrap());
        (0..received).for_each(|n| assert_eq!(rx.try_recv().unwrap().id, n));
        assert_eq!(ledger.alive(), MANY - received);
        drop(rx);
        ledger.all_dropped_once();
        assert!(tx.send(ledger.message()).is_err());
    }
}

/// Counts its drops; the third one panics.
struct Brittle(Arc<AtomicUsize>);

impl Drop for Brittle {
    fn drop(&mut self) {
        assert!(self.0.fetch_add(1, SeqCst) != 2, "brittle");
    }
}

#[test]
fn destructor_that_panics_costs_no_other_message_its_own() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (tx, mut rx) = unbounded_channel();
    (0..MANY).for_each(|_| tx.send(Brittle(drops.clone())).unwrap_or_else(|_| panic!("closed")));
    drop((rx.try_recv(), rx.try_recv()));
    panics(|| drop(rx));
    assert_eq!(drops.load(SeqCst), MANY);
    assert!(tx.is_closed());
}

/// A message whose destructor uses the channel: it is closed or it is not, but it is in order.
#[test]
fn destructor_may_call_the_channel() {
    struct Caller(UnboundedSender<Option<Caller>>);

    impl Drop for Caller {
        fn drop(&mut self) {
            let _ = format!("{:?}", self.0);
            drop(self.0.send(None));
        }
    }

    let (tx, mut rx) = unbounded_channel();
    (0..MANY).for_each(|_| tx.send(Some(Caller(tx.clone()))).unwrap_or_else(|_| panic!("closed")));
    drop((rx.try_recv(), rx.try_recv()));
    drop(rx);
    assert!(tx.is_closed() && tx.strong_count() == 1);
}

/// Promise 12 where receives take no lock: what was taken ahead is charged, too.
#[test]
fn taking_ahead_is_charged() {
    let probe = Probe::new();
    let (tx, mut rx) = unbounded_channel();
    (0..1_000).for_each(|n| tx.send(n).unwrap());
    rx.set_budget(std::num::NonZeroU32::new(10));
    let mut in_a_row = Vec::new();
    let mut row = 0;
    for _ in 0..200 {
        match poll(&mut rx, &probe) {
            Poll::Ready(_) => row += 1,
            Poll::Pending => in_a_row.push(std::mem::take(&mut row)),
        }
    }
    assert!(in_a_row.len() > 10 && in_a_row.iter().all(|row| *row == 10), "{in_a_row:?}");
}

/// When the budget is used up, no `try_recv` that goes ahead leads past it.
#[test]
fn trying_ahead_gives_nothing_of_the_budget_back() {
    let probe = Probe::new();
    for tries in 0..MANY {
        let (tx, mut rx) = unbounded_channel();
        (0..1_024 + MANY).for_each(|n| tx.send(n).unwrap());
        assert!((0..1_024).all(|_| poll(&mut rx, &probe).is_ready()));
        assert!((0..tries).all(|_| rx.try_recv().is_ok()));
        assert!(poll(&mut rx, &probe).is_pending(), "after {tries} more");
    }
}

/// Forgotten with messages taken ahead: they leak, and nothing else happens.
#[test]
fn receiver_that_is_forgotten_leaks_what_it_took() {
    let (tx, rx) = begun(5);
    forget(rx);
    tx.send(5).unwrap();
    assert!(!tx.is_closed());
}
