//! What went wrong in other channels with one receiver, each as a test of ours. The letters are kinds: M memory, W lost
//! wakes, O order and loss, R foreign code and limits.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
};

use futures_lite::future::block_on;
use thalweg::{
    mpsc::{Receiver, channel, error::TryRecvError, unbounded_channel},
    oneshot,
};

use crate::harness::{BOUNDED, Call, Ledger, Message, Probe, forget, in_time, panics, task};
use crate::mpsc::{held, poll, settle};

/// W11, tokio #6558, futures #2304: a request that is queued when the receiver goes learns of it at once.
#[test]
fn reply_in_a_queued_message_fails_with_the_receiver() {
    let (tx, rx) = channel::<oneshot::Sender<u8>>(4);
    let (reply, answer) = oneshot::channel();
    tx.try_send(reply).unwrap();
    let mut answer = task(answer);
    answer.waits();
    let weak = tx.downgrade();
    drop(rx);
    assert!(answer.finishes().is_err());
    drop((tx, weak));
}

/// O12, tokio #7714: what a permit sends after the receiver has gone lies in no channel until the senders go.
#[test]
fn request_through_a_permit_fails_without_the_receiver() {
    let (tx, rx) = channel::<oneshot::Sender<u8>>(2);
    let (owned, borrowed) = (tx.clone().try_reserve_owned().unwrap(), tx.try_reserve().unwrap());
    drop(rx);
    let (replies, answers): (Vec<_>, Vec<_>) = (0..2).map(|_| oneshot::channel()).unzip();
    let mut replies = replies.into_iter();
    borrowed.send(replies.next().unwrap());
    let kept = owned.send(replies.next().unwrap());
    for answer in answers {
        assert!(block_on(answer).is_err());
    }
    drop(kept);
}

/// M7, crossbeam 64eed3d5: a permit that is forgotten leaves a place that was never written.
#[test]
fn forgotten_permit_is_a_lost_place_and_no_message() {
    let ledger = Ledger::new();
    let (tx, mut rx) = channel::<Message>(2);
    forget(tx.try_reserve().unwrap());
    tx.try_send(ledger.message()).unwrap();
    assert!(tx.try_send(ledger.message()).is_err());
    rx.close();
    assert!(rx.try_recv().is_ok());
    assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Empty, "its message may still come, for all we know");
    drop((tx, rx));
    ledger.all_dropped_once();
}

/// M12, tachyonix #1: the waiter lies in the future; it is forgotten, the sender goes, the receiver goes on.
#[test]
fn forgotten_send_stays_what_it_is() {
    let (tx, mut rx) = channel(1);
    tx.try_send(1).unwrap();
    let sender = tx.clone();
    let mut send = task(sender.send(2));
    send.waits();
    send.forget();
    drop((sender, tx));
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Err(TryRecvError::Disconnected)));
    drop(rx);
}

/// A `recv` that is forgotten leaves the receiver as it was.
#[test]
fn forgotten_recv_takes_nothing_with_it() {
    for capacity in [0, 1] {
        let (tx, mut rx) = channel(capacity);
        let mut receive = task(rx.recv());
        receive.waits();
        receive.forget();
        tx.try_send(1).unwrap();
        assert_eq!(task(rx.recv()).finishes(), Some(1), "capacity {capacity}");
    }
}

/// A receiver that is forgotten while it waits: senders go on until it is full, and nothing is touched after its end.
#[test]
fn forgotten_receiver_is_one_that_does_not_come() {
    let (tx, mut rx) = channel(1);
    let probe = Probe::new();
    assert!(poll(&mut rx, &probe).is_pending());
    forget(rx);
    tx.try_send(1).unwrap();
    assert_eq!(probe.wakes(), 1);
    let mut send = task(tx.send(2));
    send.waits();
    drop(send);
    drop(tx);
}

/// M17, kanal: a send that fails drops its message once, of no size too.
#[test]
fn failed_send_owns_its_message_once() {
    for capacity in BOUNDED {
        let ledger = Ledger::new();
        let (tx, rx) = channel::<Message>(capacity);
        drop(rx);
        drop(block_on(tx.send(ledger.message())).unwrap_err());
        drop(tx.try_send(ledger.message()).unwrap_err());
        ledger.all_dropped_once();
    }
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    let (tx, mut rx) = unbounded_channel();
    (0..100).for_each(|_| tx.send(Nothing).ok().unwrap());
    drop(block_on(rx.recv()));
    drop(rx);
    assert_eq!(DROPS.load(SeqCst), 100);
    drop(tx.send(Nothing));
    assert_eq!(DROPS.load(SeqCst), 101);
}

/// M18, tokio #7886, crossbeam #1121: no waker outlives the receiver it waited for.
#[test]
fn wakers_go_with_the_receiver() {
    for woken in [false, true] {
        let (tx, mut rx) = channel(1);
        let probe = Probe::new();
        assert!(poll(&mut rx, &probe).is_pending());
        if woken {
            tx.try_send(1).unwrap();
        }
        assert_eq!(held(&probe), usize::from(!woken));
        drop(rx);
        assert_eq!(held(&probe), 0);
    }
}

/// W2, W13, tokio #3652: woken, then dropped before its poll. The next `recv` finds the message without a wake.
#[test]
fn woken_recv_that_is_dropped_takes_no_wake_with_it() {
    for capacity in [0, 1, 2] {
        let (tx, mut rx) = channel(capacity);
        let mut receive = task(rx.recv());
        receive.waits();
        tx.try_send(1).unwrap();
        assert!(receive.woken());
        drop(receive);
        assert_eq!(task(rx.recv()).finishes(), Some(1));
        let mut receive = task(rx.recv());
        receive.waits();
        tx.try_send(2).unwrap();
        assert!(receive.woken(), "capacity {capacity}");
    }
}

/// W4, Oxide RFD 609: a send that was woken and is never polled holds up no other.
#[test]
fn neglected_send_stops_nobody() {
    for capacity in BOUNDED {
        let (tx, mut rx) = channel(capacity);
        (0..capacity).for_each(|n| tx.try_send(n).unwrap());
        let mut neglected = task(tx.send(100));
        neglected.waits();
        assert!(block_on(rx.recv()).is_some());
        assert!(neglected.woken());
        let mut reserve = task(tx.reserve());
        reserve.finishes().unwrap().send(101);
        (0..capacity).for_each(|_| assert!(block_on(rx.recv()).is_some()));
        assert!(tx.try_send(102).is_ok());
    }
}

/// W6, kanal #15: of two wakers the later is woken, and of the same twice one is kept.
#[test]
fn last_waker_is_the_one_that_is_woken() {
    let (tx, mut rx) = channel(1);
    let (first, second) = (Probe::new(), Probe::new());
    for probe in [&first, &second, &second] {
        assert!(poll(&mut rx, probe).is_pending());
    }
    assert_eq!((held(&first), held(&second)), (0, 1));
    tx.try_send(1).unwrap();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
}

/// W12, tokio #904, #8260: reservations that are given up or fail while it closes leave the receiver awake.
#[test]
fn reservation_given_up_tells_the_closed_receiver() {
    for (fails, places) in [(false, 1), (false, 2), (true, 1), (true, 2)] {
        let (tx, mut rx) = channel::<u8>(2);
        let permits = tx.try_reserve_many(2).unwrap();
        let mut reserve = task(tx.reserve_many(places));
        reserve.waits();
        rx.close();
        let mut receive = task(rx.recv());
        receive.waits();
        drop(permits);
        if fails {
            assert!(reserve.finishes().is_err());
        }
        drop(reserve);
        assert!(receive.woken());
        assert_eq!(receive.finishes(), None);
    }
}

/// O7, tokio #6602, #8062, #7991: the numbers hold at the edges of blocks, with permits out, with a buffer that is not empty.
#[test]
fn numbers_hold_at_the_edges_of_blocks() {
    let (tx, mut rx) = channel(200);
    let mut buffer = vec![0; 3];
    for round in 1..300 {
        let permit = tx.try_reserve().unwrap();
        assert_eq!((rx.is_empty(), rx.len()), (true, 0), "round {round}");
        (0..round % 150).for_each(|n| tx.try_send(n).unwrap());
        assert_eq!((rx.len(), tx.capacity()), (round % 150, 199 - round % 150));
        let before = buffer.len();
        assert_eq!(task(rx.recv_many(&mut buffer, round % 150)).finishes(), round % 150);
        assert_eq!(buffer.len(), before + round % 150);
        drop(permit);
        assert_eq!((rx.is_empty(), tx.capacity()), (true, 200));
    }
}

/// R1, tokio #5429: a waker that calls the channel while it is woken, replaced or dropped.
#[test]
fn wakers_may_call_the_channel_back() {
    in_time(|| {
        let (tx, mut rx) = channel(1);
        for at in [Call::Clone, Call::Wake, Call::Drop] {
            let probe = Probe::new();
            let sender = tx.clone();
            probe.arm(move |call| {
                if call == at {
                    let _ = sender.try_send(9);
                    let _ = (sender.capacity(), sender.is_closed(), format!("{sender:?}"));
                }
            });
            let _ = poll(&mut rx, &probe);
            let _ = tx.try_send(1);
            let _ = poll(&mut rx, &Probe::new());
            while rx.try_recv().is_ok() {}
            let _ = poll(&mut rx, &probe);
            let _ = poll(&mut rx, &Probe::new());
            probe.disarm();
            assert_eq!(held(&probe), 0);
        }
        let (tx, mut rx) = channel::<u8>(1);
        let probe = Probe::new();
        let last = Mutex::new(Some(tx.clone()));
        probe.arm(move |call| {
            if call == Call::Drop {
                last.lock().unwrap().take();
            }
        });
        assert!(poll(&mut rx, &probe).is_pending());
        drop(rx);
        assert!(tx.is_closed());
    });
}

/// R3, tokio #1886: a queued message that owns the last sender, dropped with the receiver.
#[test]
fn message_may_own_the_last_sender() {
    in_time(|| {
        for capacity in [1, usize::MAX] {
            let (tx, mut rx) = channel::<Box<dyn Send>>(capacity);
            let weak = tx.downgrade();
            tx.clone().try_send(Box::new(tx)).ok().unwrap();
            assert!(poll(&mut rx, &Probe::new()).is_ready());
            assert!(weak.upgrade().is_none());
            let (tx, rx) = channel::<Box<dyn Send>>(capacity);
            let weak = tx.downgrade();
            tx.clone().try_send(Box::new(tx)).ok().unwrap();
            drop(rx);
            assert!(weak.upgrade().is_none());
        }
    });
}

/// R4, tokio #3689: a waker that cannot be cloned. Nothing is taken, and the next one waits as if nothing had been.
#[test]
fn waker_that_panics_when_cloned_changes_nothing() {
    let (tx, mut rx) = channel(1);
    let (good, bad) = (Probe::new(), Probe::new());
    bad.arm(|call| assert!(call != Call::Clone, "on purpose"));
    panics(|| poll(&mut rx, &bad));
    assert!(poll(&mut rx, &good).is_pending());
    panics(|| poll(&mut rx, &bad));
    tx.try_send(1).unwrap();
    assert_eq!(good.wakes(), 1);
    assert_eq!(poll(&mut rx, &bad), Poll::Ready(Some(1)));
}

/// R5, asyncband #234, tokio #5154: a wake that panics is the sender's to see; what was sent is sent, once.
#[test]
fn waker_that_panics_when_woken_costs_no_message() {
    let ways: [fn(&thalweg::mpsc::Sender<u8>); 4] = [
        |tx| tx.try_send(1).unwrap(),
        |tx| block_on(tx.send(1)).unwrap(),
        |tx| tx.try_reserve().unwrap().send(1),
        |tx| drop(tx.clone().try_reserve_owned().unwrap().send(1)),
    ];
    for way in ways {
        let (tx, mut rx) = channel(1);
        let bad = Probe::new();
        bad.arm(|call| assert!(call != Call::Wake, "on purpose"));
        assert!(poll(&mut rx, &bad).is_pending());
        panics(|| way(&tx));
        assert_eq!((rx.len(), tx.capacity()), (1, 0));
        assert_eq!(task(rx.recv()).finishes(), Some(1));
        assert_eq!(tx.capacity(), 1);
    }
}

/// A waker that panics when it is dropped because `way` replaces it, then with the receiver.
fn replaces_a_waker_that_panics(way: fn(&mut Receiver<u8>)) {
    let (tx, mut rx) = channel(1);
    let bad = Probe::new();
    assert!(poll(&mut rx, &bad).is_pending());
    bad.arm(|call| assert!(call != Call::Drop, "on purpose"));
    panics(|| way(&mut rx));
    bad.disarm();
    let good = Probe::new();
    assert!(settle(&mut rx, &good).is_pending());
    tx.try_send(1).unwrap();
    assert_eq!((good.wakes(), settle(&mut rx, &good)), (1, Poll::Ready(Some(1))));
    assert!(poll(&mut rx, &bad).is_pending());
    bad.arm(|call| assert!(call != Call::Drop, "on purpose"));
    panics(|| drop(rx));
    assert!(tx.is_closed());
}

#[test]
fn waker_that_panics_when_replaced_leaves_order() {
    replaces_a_waker_that_panics(|rx| assert!(poll(rx, &Probe::new()).is_pending()));
}

#[cfg(feature = "std")]
#[test]
fn waker_that_panics_when_a_thread_blocks_leaves_order() {
    replaces_a_waker_that_panics(|rx| assert!(rx.blocking_recv_timeout(std::time::Duration::ZERO).is_err()));
}

/// R6, tokio #7094: one destructor panics; the others run, and the channel is closed.
#[test]
fn destructor_that_panics_stops_no_other() {
    struct Bomb(Arc<AtomicUsize>, bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
            assert!(!self.1, "on purpose");
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    let (tx, rx) = unbounded_channel();
    (0..200).for_each(|n| tx.send(Bomb(drops.clone(), n == 3)).ok().unwrap());
    panics(|| drop(rx));
    assert_eq!(drops.load(SeqCst), 200);
    assert!(tx.is_closed());
    let (tx, rx) = channel(1);
    let permit = tx.try_reserve().unwrap();
    drop(rx);
    panics(|| permit.send(Bomb(drops.clone(), true)));
    assert_eq!((drops.load(SeqCst), tx.capacity()), (201, 1));
}

/// R10, tokio #3188, #8021: numbers too large for a channel are refused, or held to what it can have.
#[test]
fn huge_numbers_are_only_numbers() {
    let (tx, mut rx) = channel::<u8>(usize::MAX - 1);
    assert_eq!((tx.capacity(), tx.max_capacity()), (usize::MAX - 1, usize::MAX - 1));
    for n in [usize::MAX, usize::MAX / 2, usize::MAX - 1] {
        assert!(tx.try_reserve_many(n).is_err());
        assert!(block_on(tx.reserve_many(n)).is_err());
    }
    tx.try_send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
    let (tx, mut rx) = channel::<u8>(usize::MAX);
    assert_eq!((tx.capacity(), rx.max_capacity()), (usize::MAX, usize::MAX));
    rx.close();
    forget(tx.try_reserve());
    assert!(tx.is_closed());
    let mut buffer = Vec::new();
    assert_eq!(task(rx.recv_many(&mut buffer, usize::MAX)).finishes(), 0);
}

/// R11, flume #182: polls for nothing leave nothing behind.
#[test]
fn spurious_polls_keep_one_waker() {
    let (_tx, mut rx) = channel::<u8>(1);
    let probe = Probe::new();
    let waker = probe.waker();
    for _ in 0..10_000 {
        assert!(rx.poll_recv(&mut Context::from_waker(&waker)).is_pending());
        assert!(rx.poll_recv(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    drop(waker);
    assert_eq!(held(&probe), 0);
}

/// R13, async-channel #60: a weak sender revives no channel that has ended.
#[test]
fn weak_sender_revives_nothing() {
    let (tx, mut rx) = channel::<u8>(1);
    let weak = tx.downgrade();
    let permit = tx.try_reserve_owned().unwrap();
    let again = weak.upgrade().unwrap();
    drop(permit);
    drop(again);
    assert!(weak.upgrade().is_none());
    assert_eq!(task(rx.recv()).finishes(), None);
    assert!(weak.upgrade().is_none() && rx.is_closed());
}

/// A `select!` loop polls a receiver that waits again and again: it keeps the waker it has, and touches nothing.
#[test]
fn receiver_polled_again_by_the_same_task_clones_no_waker() {
    let (tx, mut rx) = channel(1);
    let (probe, clones) = (Probe::new(), Arc::new(AtomicUsize::new(0)));
    let count = clones.clone();
    probe.arm(move |call| {
        count.fetch_add(usize::from(call == Call::Clone), SeqCst);
    });
    for _ in 0..10 {
        assert!(poll(&mut rx, &probe).is_pending());
    }
    assert_eq!(clones.load(SeqCst), 1);
    tx.try_send(1).unwrap();
    assert!(probe.woken());
    assert_eq!(poll(&mut rx, &probe), Poll::Ready(Some(1)));
    probe.disarm();
}
