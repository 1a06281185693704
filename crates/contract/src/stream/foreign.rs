//! Promises 10 and 11: wakers and messages are foreign code, and run with nothing held.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Waker;
use std::thread;

use super::{ANY, BOUNDED, Capacity, Stream, awaits, drain, fill, offered, open};
use crate::child::stage;
use crate::hand::{task, waker_that};
use crate::message::{Ledger, Message, Tally};
use crate::outcome::{Fault, Outcome, ensure};

/// A waker that calls the channel when it is woken, and when it is dropped.
fn waker_on<S: Stream>(tx: &S::Tx, calls: &Tally) -> Waker {
    let (tx, calls) = (Mutex::new(tx.clone()), calls.clone());
    waker_that(move |_| {
        // A waker may be dropped while it calls: that is not to be a deadlock of the probe's own.
        if let Ok(mut tx) = tx.try_lock() {
            calls.add();
            let _ = S::try_send(&mut tx, Message::plain(7));
        }
    })
}

/// A waker that sends on the channel it is woken by. A lock that is held then hangs.
pub(crate) fn waker_calls_back<S: Stream>() -> Outcome {
    awaits::<S>()?;
    for capacity in offered::<S>(&ANY[1..])? {
        let calls = Tally::default();
        let (mut tx, mut rx) = open::<S>(capacity)?;
        stage("a send that wakes a receive, whose waker sends");
        let waker = waker_on::<S>(&tx, &calls);
        let mut receive = task(S::recv(&mut rx));
        receive.poll_with(&waker);
        drop(waker);
        let _ = S::try_send(&mut tx, Message::plain(1));
        ensure(calls.count() > 0, || format!("{capacity}: a message did not wake a waiting receive"))?;
        stage("a receive that is polled with another waker, the first of which sends when it is dropped");
        let waker = waker_on::<S>(&tx, &calls);
        receive.poll_with(&waker);
        drop(waker);
        receive.settle();
        drop(receive);
        drain::<S>(&mut rx);
        stage("a receive that is dropped, whose waker sends");
        let waker = waker_on::<S>(&tx, &calls);
        let mut receive = task(S::recv(&mut rx));
        receive.poll_with(&waker);
        drop(waker);
        drop(receive);
        drain::<S>(&mut rx);
    }
    for capacity in offered::<S>(&BOUNDED).unwrap_or_default() {
        let calls = Tally::default();
        let (mut tx, mut rx) = open::<S>(capacity)?;
        fill::<S>(&mut tx)?;
        let mut other = tx.clone();
        stage("a receive that wakes a send, whose waker sends");
        let mut send = task(S::send(&mut other, Message::plain(2)));
        let waker = waker_on::<S>(&tx, &calls);
        send.poll_with(&waker);
        drop(waker);
        while S::try_recv(&mut rx).is_ok() {}
        send.settle();
        drop(send);
        stage("the last receiver that leaves and wakes a send, whose waker sends");
        fill::<S>(&mut tx)?;
        let mut send = task(S::send(&mut other, Message::plain(3)));
        let waker = waker_on::<S>(&tx, &calls);
        send.poll_with(&waker);
        drop(waker);
        drop(rx);
        send.settle();
    }
    Ok(())
}

/// A waker that panics harms nobody but the call that woke it: the other waiters are told, and the channel works.
pub(crate) fn waker_panics<S: Stream>() -> Outcome {
    awaits::<S>()?;
    for capacity in offered::<S>(&BOUNDED)? {
        let (mut tx, mut rx) = open::<S>(capacity)?;
        fill::<S>(&mut tx)?;
        let mut handles = [tx.clone(), tx.clone()];
        let [first, second] = &mut handles;
        let mut panicking = task(S::send(first, Message::plain(8)));
        panicking.poll_with(&waker_that(|woken| assert!(!woken, "a waker's own panic")));
        let mut other = task(S::send(second, Message::plain(9)));
        other.settle();
        stage("the last receiver that leaves and wakes two sends, the first of which panics");
        let rx_gone = catch_unwind(AssertUnwindSafe(|| drop(rx)));
        let _ = rx_gone;
        other.settle_if_woken();
        ensure(other.is_done(), || {
            format!("{capacity}: one waker panicked as the last receiver left; the other send waits for ever")
        })?;
        drop((panicking, other));
        let refused = catch_unwind(AssertUnwindSafe(|| S::try_send(&mut tx, Message::plain(3)).is_err()));
        ensure(refused.is_ok_and(|refused| refused), || {
            format!("{capacity}: after a waker's panic the channel cannot be used")
        })?;
        rx = open::<S>(capacity)?.1;
        drop(rx);
        a_panic_at_work::<S>(capacity)?;
    }
    Ok(())
}

/// The same while the channel goes on.
fn a_panic_at_work<S: Stream>(capacity: Capacity) -> Outcome {
    let (mut tx, mut rx) = open::<S>(capacity)?;
    let mut receive = task(S::recv(&mut rx));
    receive.poll_with(&waker_that(|woken| assert!(!woken, "a waker's own panic")));
    stage("a send that wakes a receive, whose waker panics");
    let sent = catch_unwind(AssertUnwindSafe(|| S::try_send(&mut tx, Message::plain(1)).is_ok()));
    drop(receive);
    let after = catch_unwind(AssertUnwindSafe(|| {
        let _ = S::try_send(&mut tx, Message::plain(2));
        drain::<S>(&mut rx)
    }));
    ensure(after.is_ok_and(|got| !got.is_empty()), || {
        format!("{capacity}: after a waker's panic (sent: {sent:?}) nothing comes through")
    })
}

/// A message whose destructor sends on the channel it was in. A lock that is held then hangs.
pub(crate) fn message_calls_back<S: Stream>() -> Outcome {
    for capacity in offered::<S>(&ANY[1..])? {
        for receiver_first in [true, false] {
            let (mut tx, rx) = open::<S>(capacity)?;
            // It would keep the channel alive for ever if it owned a sender of it, where the queue is not freed in time.
            let shared = Arc::new(Mutex::new(tx.clone()));
            let own = Arc::downgrade(&shared);
            stage("the last receiver that leaves, and drops a message that sends");
            let _ = S::try_send(
                &mut tx,
                Message::parting(1, move || {
                    if let Some(tx) = own.upgrade() {
                        let _ = S::try_send(&mut tx.lock().unwrap(), Message::plain(2));
                    }
                }),
            );
            if receiver_first {
                drop(rx);
                drop(tx);
                drop(shared);
            } else {
                drop(tx);
                drop(rx);
            }
        }
    }
    if S::ASYNC {
        if let Ok(capacities) = offered::<S>(&BOUNDED) {
            let (mut tx, _rx) = open::<S>(capacities[0])?;
            fill::<S>(&mut tx)?;
            stage("a send that is dropped, with a message that sends");
            let own = Mutex::new(tx.clone());
            let mut send = task(S::send(
                &mut tx,
                Message::parting(1, move || drop(S::try_send(&mut own.lock().unwrap(), Message::plain(2)))),
            ));
            send.settle();
            drop(send);
        }
    }
    Ok(())
}

/// A message whose destructor panics takes no other with it.
pub(crate) fn message_panics<S: Stream>() -> Outcome {
    for capacity in offered::<S>(&[Capacity::Bounded(4), Capacity::Unbounded])? {
        let (mut tx, rx) = open::<S>(capacity)?;
        let ledger = Ledger::default();
        let _ = S::try_send(&mut tx, Message::parting(99, || panic!("a message's own panic")));
        for _ in 0..3 {
            let _ = S::try_send(&mut tx, ledger.message());
        }
        stage("the ends that leave, with a message whose destructor panics");
        let _ = catch_unwind(AssertUnwindSafe(|| drop(rx)));
        let _ = catch_unwind(AssertUnwindSafe(|| drop(tx)));
        let alive = ledger.alive();
        ensure(alive == 0, || {
            format!("{capacity}: one destructor panicked, and {alive} of the 3 other messages were never dropped")
        })?;
        ensure(ledger.dropped_twice() == 0, || format!("{capacity}: a message was dropped twice"))?;
    }
    Ok(())
}

/// A thread stands still inside a waker, or inside a destructor, that the channel called: `try_send` and `try_recv` of
/// others come back. Where a thread stands still between two instructions of the channel cannot be arranged from here.
pub(crate) fn others_inside<S: Stream>() -> Outcome {
    if S::ASYNC {
        for capacity in offered::<S>(&BOUNDED[2..])? {
            inside_a_waker::<S>(capacity)?;
        }
    }
    for capacity in offered::<S>(&[Capacity::Bounded(4), Capacity::Unbounded])? {
        inside_a_destructor::<S>(capacity)?;
    }
    Ok(())
}

fn inside_a_waker<S: Stream>(capacity: Capacity) -> Outcome {
    let (mut tx, mut rx) = open::<S>(capacity)?;
    let (inside, entered) = mpsc::channel::<()>();
    let (leave, left) = mpsc::channel::<()>();
    let (inside, left) = (Mutex::new(inside), Mutex::new(left));
    let once = Arc::new(AtomicBool::new(false));
    let waker = waker_that(move |woken| {
        if woken && !once.swap(true, Ordering::SeqCst) {
            let _ = inside.lock().unwrap().send(());
            let _ = left.lock().unwrap().recv();
        }
    });
    let mut receive = task(S::recv(&mut rx));
    receive.poll_with(&waker);
    let mut other = tx.clone();
    let sending = thread::spawn(move || S::try_send(&mut tx, Message::plain(1)).is_ok());
    entered.recv().map_err(|_| Fault::Broken(format!("{capacity}: a message did not wake a waiting receive")))?;
    stage("a try_send while another thread is in a waker that the channel called");
    let sent = S::try_send(&mut other, Message::plain(2)).is_ok();
    stage("a receive that is dropped while another thread is in its waker");
    drop(receive);
    stage("a try_recv while another thread is in a waker that the channel called");
    let received = S::try_recv(&mut rx).is_ok();
    let _ = leave.send(());
    drop(leave);
    let first = sending.join().unwrap();
    ensure(first && sent && received, || {
        format!("{capacity}: a thread in a waker made a try_send or try_recv of another fail")
    })
}

fn inside_a_destructor<S: Stream>(capacity: Capacity) -> Outcome {
    let (mut tx, rx) = open::<S>(capacity)?;
    let (inside, entered) = mpsc::channel::<()>();
    let (leave, left) = mpsc::channel::<()>();
    let _ = S::try_send(
        &mut tx,
        Message::parting(1, move || {
            let _ = inside.send(());
            let _ = left.recv();
        }),
    );
    let mut other = tx.clone();
    let leaving = thread::spawn(move || {
        drop(rx);
        drop(tx);
    });
    while entered.try_recv().is_err() {
        if leaving.is_finished() {
            // The message outlives the receiver: that is another promise, and here there is nothing to stand in.
            drop(leave);
            return Ok(());
        }
        thread::yield_now();
    }
    stage("a try_send while another thread is in a destructor that the channel called");
    let refused = S::try_send(&mut other, Message::plain(2)).is_err();
    let _ = leave.send(());
    leaving.join().unwrap();
    ensure(refused, || format!("{capacity}: without a receiver a try_send was taken"))
}
