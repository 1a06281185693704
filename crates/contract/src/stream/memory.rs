//! Promise 8: memory is bounded by what is in the channel.

use super::{BOUNDED, Capacity, Nothing, Refused, Stream, awaits, fill, offered, open, shared};
use crate::counting::Count;
use crate::hand::{Task, task};
use crate::message::Message;
use crate::outcome::{Fault, Outcome, broken, ensure, not_offered};

const MANY: i64 = 100_000;
/// What may come and go with a hundred thousand of something that is to leave nothing.
const NOTHING: i64 = 1_024;

/// No allocation for a message; without a limit fewer than one for eight.
pub(crate) fn message<S: Stream>() -> Outcome {
    let messages = 10_000;
    for (capacity, allowed) in [(Capacity::Bounded(16), 0), (Capacity::Unbounded, messages / 8)] {
        let Some((mut tx, mut rx)) = S::open(capacity) else {
            continue;
        };
        pairs::<S>(&mut tx, &mut rx, 100)?;
        let start = Count::now();
        pairs::<S>(&mut tx, &mut rx, messages)?;
        let made = start.allocations();
        ensure(made <= allowed, || format!("{capacity}: {made} allocations for {messages} messages"))?;
    }
    Ok(())
}

fn pairs<S: Stream>(tx: &mut S::Tx, rx: &mut S::Rx, count: i64) -> Outcome {
    for id in 0..count as u64 {
        if S::try_send(tx, Message::plain(id)).is_err() || S::try_recv(rx).is_err() {
            return broken("a message did not come through an empty channel");
        }
    }
    Ok(())
}

/// No allocation for a receive or a send that waits; blocks for the messages may be made, fewer than one for eight.
pub(crate) fn wait<S: Stream>() -> Outcome {
    awaits::<S>()?;
    let waits = 1_000;
    let capacity = offered::<S>(&BOUNDED)?[0];
    let (mut tx, mut rx) = open::<S>(capacity)?;
    let mut made = [0, 0];
    for round in 0..=waits {
        let mut receive = task(S::recv(&mut rx));
        let start = Count::now();
        receive.settle();
        let _ = S::try_send(&mut tx, Message::plain(1));
        receive.settle();
        let received = start.allocations();
        drop(receive);
        fill::<S>(&mut tx)?;
        let mut other = tx.clone();
        let mut send = task(S::send(&mut other, Message::plain(2)));
        let start = Count::now();
        send.settle();
        let mut room = 0;
        while S::try_recv(&mut rx).is_ok() {
            room += 1;
        }
        send.settle();
        let sent = start.allocations();
        ensure(room > 0 && send.is_done(), || format!("{capacity}: a send did not end when there was room"))?;
        drop(send);
        while S::try_recv(&mut rx).is_ok() {}
        // The first round may make what later ones use again.
        if round > 0 {
            made = [made[0] + received, made[1] + sent];
        }
    }
    ensure(made.into_iter().all(|made| made < waits / 8), || {
        format!("{capacity}: {} allocations for {waits} receives that waited, {} for as many sends", made[0], made[1])
    })
}

/// A future that is polled a hundred thousand times for nothing leaves nothing, also after it was woken and overtaken.
pub(crate) fn polls<S: Stream>() -> Outcome {
    awaits::<S>()?;
    let capacity = offered::<S>(&BOUNDED)?[0];
    let (mut tx, mut rx) = open::<S>(capacity)?;
    let mut grown = Vec::new();
    if S::SHARED {
        let mut other = shared::<S>(&rx)?;
        let mut receive = task(S::recv(&mut other));
        receive.settle();
        let _ = S::try_send(&mut tx, Message::plain(1));
        // Somebody else has it; this one was woken and finds nothing.
        if S::try_recv(&mut rx) != Err(Nothing::Empty) {
            note(&mut grown, "a receive that was woken and overtaken", polled(&mut receive));
        }
    } else {
        let mut receive = task(S::recv(&mut rx));
        note(&mut grown, "a receive", polled(&mut receive));
    }
    while S::try_recv(&mut rx).is_ok() {}
    fill::<S>(&mut tx)?;
    let mut other = tx.clone();
    let mut send = task(S::send(&mut other, Message::plain(2)));
    note(&mut grown, "a send", polled(&mut send));
    ensure(grown.is_empty(), || format!("{capacity}: {}", grown.join(", ")))
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// By how much memory grew while it was polled.
fn polled<F: Future>(task: &mut Task<F>) -> i64 {
    task.poll();
    let start = Count::now();
    for _ in 0..MANY {
        task.poll();
    }
    start.bytes()
}

fn note(grown: &mut Vec<String>, what: &str, bytes: i64) {
    if bytes > NOTHING {
        grown.push(format!("{MANY} polls of {what} left {bytes} bytes"));
    }
}

/// A hundred thousand receives, or sends, that wait and are dropped leave nothing.
pub(crate) fn cancelled<S: Stream>() -> Outcome {
    awaits::<S>()?;
    let capacity = offered::<S>(&BOUNDED)?[0];
    let (mut tx, mut rx) = open::<S>(capacity)?;
    drop_waiting_receives::<S>(&mut rx, 10);
    let start = Count::now();
    drop_waiting_receives::<S>(&mut rx, MANY);
    let received = start.bytes();
    fill::<S>(&mut tx)?;
    let mut other = tx.clone();
    drop_waiting_sends::<S>(&mut other, 10);
    let start = Count::now();
    drop_waiting_sends::<S>(&mut other, MANY);
    let sent = start.bytes();
    ensure(received <= NOTHING && sent <= NOTHING, || {
        format!("{capacity}: {MANY} cancelled receives left {received} bytes, as many sends {sent}")
    })
}

fn drop_waiting_receives<S: Stream>(rx: &mut S::Rx, count: i64) {
    for _ in 0..count {
        task(S::recv(rx)).poll();
    }
}

fn drop_waiting_sends<S: Stream>(tx: &mut S::Tx, count: i64) {
    for _ in 0..count {
        task(S::send(tx, Message::plain(9))).poll();
    }
}

/// Without a limit: what a hundred thousand messages took comes back when they are received.
pub(crate) fn burst<S: Stream>() -> Outcome {
    let Some((mut tx, mut rx)) = S::open(Capacity::Unbounded) else {
        return not_offered("there is no unbounded channel");
    };
    pairs::<S>(&mut tx, &mut rx, 100)?;
    let start = Count::now();
    for id in 0..MANY as u64 {
        match S::try_send(&mut tx, Message::plain(id)) {
            Ok(()) => {}
            Err(Refused::Full(_) | Refused::Closed(_)) => {
                return Err(Fault::Broken("an unbounded channel refused".into()));
            }
        }
    }
    let height = start.bytes();
    while S::try_recv(&mut rx).is_ok() {}
    let kept = start.bytes();
    ensure(kept * 20 <= height, || format!("{MANY} messages took {height} bytes; drained, {kept} are kept"))
}
