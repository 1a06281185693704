//! Every message to every receiver.

use super::{Broadcast, Got, put};
use crate::counting::Count;
use crate::hand::{drive, task};
use crate::message::{Ledger, Message};
use crate::outcome::{Outcome, ensure, not_offered};

/// Three receivers: each gets each message once, in order, and every copy is dropped.
pub(crate) fn exactly_once<B: Broadcast>() -> Outcome {
    let ledger = Ledger::default();
    let (mut tx, first) = B::open(4);
    let mut receivers = vec![first, B::subscribe(&tx), B::subscribe(&tx)];
    for id in 0..1_000 {
        put::<B>(&mut tx, ledger.message())?;
        for rx in &mut receivers {
            let got = B::try_recv(rx).id();
            ensure(got == Some(id), || format!("message {id} became {got:?} at one of three receivers"))?;
        }
    }
    for _ in 0..3 {
        put::<B>(&mut tx, ledger.message())?;
    }
    drop((tx, receivers));
    ensure(ledger.dropped_twice() == 0, || "a copy was dropped twice".into())?;
    ensure(ledger.alive() == 0, || format!("{} copies were never dropped", ledger.alive()))
}

const ROUNDS: u64 = 1_000;

/// A receive waits, a message comes, the receive is dropped: the next one has it.
pub(crate) fn cancel_recv<B: Broadcast>() -> Outcome {
    let (mut tx, mut rx) = B::open(4);
    let mut lost = 0;
    for id in 0..ROUNDS {
        let mut cancelled = task(B::recv(&mut rx));
        ensure(!cancelled.settle(), || "a receive was over before anything was sent".into())?;
        put::<B>(&mut tx, Message::plain(id))?;
        drop(cancelled);
        let mut receive = task(B::recv(&mut rx));
        receive.settle();
        lost += u64::from(receive.output().and_then(|got| got.id()) != Some(id));
    }
    ensure(lost == 0, || format!("{lost} of {ROUNDS} receives that were dropped took their message with them"))
}

/// A send waits for the slowest receiver and is dropped: nobody sees its message.
pub(crate) fn cancel_send<B: Broadcast>() -> Outcome {
    if !B::is_lossless() {
        return not_offered("its sends do not wait");
    }
    let (mut tx, mut rx) = B::open(2);
    let mut other = tx.clone();
    let mut ghosts = 0;
    for round in 0..ROUNDS {
        while B::try_send(&mut tx, Message::plain(0)).is_ok() {}
        let mut cancelled = task(B::send(&mut other, Message::plain(1_000_000)));
        ensure(!cancelled.settle(), || "a send into a full channel did not wait".into())?;
        let mut got = Vec::new();
        if round % 2 == 1 {
            got.extend(B::try_recv(&mut rx).id());
        }
        drop(cancelled);
        while let Got::Message(message) = B::try_recv(&mut rx) {
            got.push(message.id);
        }
        ghosts += u64::from(got.contains(&1_000_000));
    }
    ensure(ghosts == 0, || format!("{ghosts} of {ROUNDS} sends that were dropped were delivered"))
}

/// Sends that wait and are not polled any more do not hold up a later one.
pub(crate) fn neglected_send<B: Broadcast>() -> Outcome {
    if !B::is_lossless() {
        return not_offered("its sends do not wait");
    }
    let (mut tx, mut rx) = B::open(1);
    while B::try_send(&mut tx, Message::plain(0)).is_ok() {}
    let mut other = tx.clone();
    let mut neglected = task(B::send(&mut other, Message::plain(90)));
    neglected.settle();
    let mut behind = task(B::send(&mut tx, Message::plain(100)));
    behind.settle();
    let mut eater = task(async { while !matches!(B::recv(&mut rx).await.id(), Some(100)) {} });
    drive(&mut [&mut eater, &mut behind]);
    ensure(behind.is_done() && eater.is_done(), || {
        "cap 1: a waiting send is not polled any more: the channel is empty, and a later send waits for ever".into()
    })
}

/// Who falls behind is told how many it missed, to the message.
pub(crate) fn missed<B: Broadcast>() -> Outcome {
    if B::is_lossless() {
        return not_offered("nobody misses a message");
    }
    for (capacity, sent) in [(4, 5), (4, 20), (8, 1_000)] {
        let (mut tx, mut rx) = B::open(capacity);
        for id in 0..sent {
            put::<B>(&mut tx, Message::plain(id))?;
        }
        let mut seen = 0;
        let told = match B::try_recv(&mut rx) {
            Got::Missed(count) => count,
            other => {
                return ensure(false, || format!("cap {capacity}: {sent} messages came, and it saw {other:?} first"));
            }
        };
        let mut next = told;
        while let Got::Message(message) = B::try_recv(&mut rx) {
            ensure(message.id == next, || {
                format!("cap {capacity}: it was told {told}, and message {} came", message.id)
            })?;
            next += 1;
            seen += 1;
        }
        ensure(told + seen == sent, || format!("cap {capacity}: told {told}, seen {seen}, sent {sent}"))?;
    }
    Ok(())
}

/// As many messages as were asked for are kept for a slow receiver, whoever sends them.
pub(crate) fn capacity<B: Broadcast>() -> Outcome {
    let mut wrong = Vec::new();
    for (capacity, clones) in [1, 2, 3, 5, 100].into_iter().flat_map(|capacity| [(capacity, 0), (capacity, 2)]) {
        let (tx, mut rx) = B::open(capacity);
        let mut senders = vec![tx.clone(); clones];
        senders.push(tx);
        for id in 0..1_000 {
            for tx in &mut senders {
                let _ = B::try_send(tx, Message::plain(id));
            }
        }
        let mut kept = 0;
        loop {
            match B::try_recv(&mut rx) {
                Got::Message(_) => kept += 1,
                Got::Missed(_) => {}
                Got::Empty | Got::Closed => break,
            }
        }
        if kept != capacity {
            wrong.push(format!("cap {capacity} kept {kept}"));
        }
    }
    wrong.dedup();
    ensure(wrong.is_empty(), || wrong.join(", "))
}

/// What all receivers have read is dropped then, and what nobody can read any more too.
pub(crate) fn frees<B: Broadcast>() -> Outcome {
    let ledger = Ledger::default();
    let (mut tx, mut one) = B::open(4);
    let mut two = B::subscribe(&tx);
    for _ in 0..2 {
        put::<B>(&mut tx, ledger.message())?;
    }
    for rx in [&mut one, &mut two] {
        drop((B::try_recv(rx), B::try_recv(rx)));
    }
    ensure(ledger.alive() == 0, || format!("all have read 2 messages, and {} copies are still there", ledger.alive()))?;
    put::<B>(&mut tx, ledger.message())?;
    drop((one, two));
    ensure(ledger.alive() == 0, || "an unread message outlived the last receiver, as long as a sender is".into())
}

/// A hundred thousand polls for nothing leave nothing.
pub(crate) fn polls<B: Broadcast>() -> Outcome {
    let (_tx, mut rx) = B::open(4);
    let mut receive = task(B::recv(&mut rx));
    receive.poll();
    let start = Count::now();
    for _ in 0..100_000 {
        receive.poll();
    }
    let bytes = start.bytes();
    ensure(bytes <= 1_024, || format!("100000 polls of a receive left {bytes} bytes"))
}
