//! The message: once, or back, or dropped.

use std::thread;

use futures_lite::future::block_on;

use super::Oneshot;
use crate::counting::Count;
use crate::hand::task;
use crate::message::{Ledger, Message};
use crate::outcome::{Outcome, ensure, not_offered};
use crate::stream::Nothing;

/// Two threads that meet, and ends that leave in either order with the message between them.
pub(crate) fn exactly_once<O: Oneshot>() -> Outcome {
    let ledger = Ledger::default();
    for round in 0..500 {
        let (tx, mut rx) = O::open();
        let message = ledger.message();
        let sending = thread::spawn(move || O::send(tx, message).is_ok());
        let got = block_on(O::recv(&mut rx)).map(|message| message.id);
        let sent = sending.join().unwrap();
        ensure(sent && got == Some(round), || "a message was sent and not received".into())?;
    }
    for receiver_first in [true, false] {
        let (tx, rx) = O::open();
        if receiver_first {
            drop(rx);
            let _ = O::send(tx, ledger.message());
        } else {
            let _ = O::send(tx, ledger.message());
            drop(rx);
        }
    }
    ensure(ledger.dropped_twice() == 0, || "a message was dropped twice".into())?;
    ensure(ledger.alive() == 0, || format!("{} messages were never dropped", ledger.alive()))
}

const ROUNDS: u64 = 1_000;

/// A receive by reference is dropped after the message came: the next receive has it.
pub(crate) fn cancel_recv<O: Oneshot>() -> Outcome {
    let mut lost = 0;
    for id in 0..ROUNDS {
        let (tx, mut rx) = O::open();
        let mut cancelled = task(O::recv(&mut rx));
        ensure(!cancelled.settle(), || "a receive was over before anything was sent".into())?;
        let _ = O::send(tx, Message::plain(id));
        drop(cancelled);
        let mut receive = task(O::recv(&mut rx));
        receive.settle();
        lost += u64::from(receive.output().flatten().is_none_or(|message| message.id != id));
    }
    ensure(lost == 0, || format!("{lost} of {ROUNDS} receives that were dropped took their message with them"))
}

/// A send that nobody can receive returns its message.
pub(crate) fn value_back<O: Oneshot>() -> Outcome {
    let (tx, rx) = O::open();
    drop(rx);
    let back = matches!(O::send(tx, Message::plain(1)), Err(Some(message)) if message.id == 1);
    ensure(back, || "the message did not come back from a send without a receiver".into())
}

/// A receive that is polled by two tasks in turn: the last one is woken.
pub(crate) fn new_waker<O: Oneshot>() -> Outcome {
    let (tx, mut rx) = O::open();
    let mut receive = task(O::recv(&mut rx));
    receive.poll_with(std::task::Waker::noop());
    receive.poll();
    let _ = O::send(tx, Message::plain(1));
    receive.settle_if_woken();
    ensure(receive.is_done(), || "a receive moved to another task, and that task was not woken".into())
}

/// A hundred thousand polls for nothing leave nothing.
pub(crate) fn polls<O: Oneshot>() -> Outcome {
    let (_tx, mut rx) = O::open();
    let mut receive = task(O::recv(&mut rx));
    receive.poll();
    let start = Count::now();
    for _ in 0..100_000 {
        receive.poll();
    }
    let (bytes, made) = (start.bytes(), start.allocations());
    ensure(bytes <= 1_024, || format!("100000 polls left {bytes} bytes"))?;
    ensure(made == 0, || format!("100000 polls took {made} allocations"))
}

/// The sender leaves without a word: the receiver is told, whether it waits or comes later.
pub(crate) fn sender_leaves<O: Oneshot>() -> Outcome {
    let (tx, mut rx) = O::open();
    let mut receive = task(O::recv(&mut rx));
    receive.settle();
    drop(tx);
    receive.settle_if_woken();
    ensure(receive.is_done(), || "the sender left, and a waiting receive was not told".into())?;
    ensure(receive.output().flatten().is_none(), || "there was a message from a sender that sent none".into())?;
    let (tx, mut rx) = O::open();
    drop(tx);
    let mut late = task(O::recv(&mut rx));
    ensure(late.settle(), || "the sender had left, and a receive waited".into())
}

/// The receiver leaves with the message unread: it is dropped then.
pub(crate) fn frees<O: Oneshot>() -> Outcome {
    let (tx, rx) = O::open();
    let ledger = Ledger::default();
    let _ = O::send(tx, ledger.message());
    drop(rx);
    ensure(ledger.alive() == 0, || "the message outlived both ends".into())
}

/// The receiver closes by a call: a message that is there can be read, one that comes later comes back.
pub(crate) fn close<O: Oneshot>() -> Outcome {
    if !O::CLOSE {
        return not_offered("it has no close() that leaves the receiver");
    }
    let (tx, mut rx) = O::open();
    O::close(&mut rx);
    ensure(O::send(tx, Message::plain(1)).is_err(), || "it was closed, and a send went through".into())?;
    let (tx, mut rx) = O::open();
    let _ = O::send(tx, Message::plain(2));
    O::close(&mut rx);
    if !O::TRY_RECV {
        return Ok(());
    }
    let got = O::try_recv(&mut rx).map(|message| message.id);
    ensure(got == Ok(2), || format!("closed with a message in it, it gave {got:?}"))?;
    let end = O::try_recv(&mut rx).map(|message| message.id);
    ensure(end == Err(Nothing::Closed), || format!("after the end a try_recv said {end:?}"))
}
