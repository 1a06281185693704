//! Promise 3: what did not complete did not happen.

use super::{ANY, Capacity, Stream, awaits, drain, fill, offered, open, shared};
use crate::hand::{drive, task};
use crate::message::Message;
use crate::outcome::{Fault, Outcome, ensure, not_offered};

const ROUNDS: u64 = 1_000;

/// A receive waits, a message is sent, the receive is dropped: the message must be there for the next one.
pub(crate) fn recv<S: Stream>() -> Outcome {
    awaits::<S>()?;
    for capacity in offered::<S>(&ANY)? {
        let (mut tx, mut rx) = open::<S>(capacity)?;
        let mut lost = 0;
        for id in 0..ROUNDS {
            let mut cancelled = task(S::recv(&mut rx));
            ensure(!cancelled.settle(), || format!("{capacity}: a receive on an empty channel did not wait"))?;
            let mut send = task(S::send(&mut tx, Message::plain(id)));
            send.settle();
            drop(cancelled);
            let mut receive = task(S::recv(&mut rx));
            drive(&mut [&mut receive, &mut send]);
            let got = receive.output().flatten().map(|message| message.id);
            lost += u64::from(got != Some(id));
        }
        ensure(lost == 0, || {
            format!("{capacity}: {lost} of {ROUNDS} receives that were dropped took their message with them")
        })?;
    }
    Ok(())
}

/// Two receives wait, one is woken and dropped: the other must be woken in its place.
pub(crate) fn recv_wake<S: Stream>() -> Outcome {
    awaits::<S>()?;
    for capacity in offered::<S>(&ANY)? {
        let (mut tx, mut rx) = open::<S>(capacity)?;
        let mut other = shared::<S>(&rx)?;
        let mut first = task(S::recv(&mut rx));
        let mut second = task(S::recv(&mut other));
        first.settle();
        second.settle();
        let mut send = task(S::send(&mut tx, Message::plain(1)));
        send.settle();
        let (woken, mut left) = if first.woken() { (first, second) } else { (second, first) };
        ensure(woken.woken(), || format!("{capacity}: a message woke neither of two waiting receives"))?;
        drop(woken);
        drive(&mut [&mut left, &mut send]);
        ensure(left.is_done(), || {
            format!("{capacity}: the woken of two receives was dropped, and the other was never woken")
        })?;
    }
    Ok(())
}

/// A send waits and is dropped, before there is room or after: nobody may ever receive its message.
pub(crate) fn send<S: Stream>() -> Outcome {
    awaits::<S>()?;
    let mut seen = 0;
    for capacity in offered::<S>(&ANY[..3])? {
        for room in [false, true] {
            let (waited, ghosts) = ghosts::<S>(capacity, room)?;
            seen += waited;
            let when = if room { " after a place was free for them" } else { "" };
            ensure(ghosts == 0, || {
                format!("{capacity}: {ghosts} of {waited} sends that were dropped{when} were delivered")
            })?;
        }
    }
    if seen == 0 { not_offered("its sends do not wait") } else { Ok(()) }
}

/// How many sends waited and were dropped, and how many of those were delivered.
fn ghosts<S: Stream>(capacity: Capacity, room: bool) -> Result<(u64, u64), Fault> {
    let (mut tx, mut rx) = open::<S>(capacity)?;
    let mut other = tx.clone();
    let (mut waited, mut ghosts) = (0, 0);
    for round in 0..ROUNDS {
        let places = fill::<S>(&mut tx)?;
        let ghost = 1_000_000 + round;
        let mut cancelled = task(S::send(&mut other, Message::plain(ghost)));
        if !cancelled.settle() {
            waited += 1;
            let mut got = Vec::new();
            if room && places > 0 {
                got.extend(S::try_recv(&mut rx).map(|message| message.id));
            }
            drop(cancelled);
            got.extend(drain::<S>(&mut rx));
            ghosts += u64::from(got.contains(&ghost));
        }
        drain::<S>(&mut rx);
    }
    Ok((waited, ghosts))
}

/// Two sends wait, one is woken and dropped: the other must be woken in its place.
pub(crate) fn send_wake<S: Stream>() -> Outcome {
    awaits::<S>()?;
    for capacity in offered::<S>(&ANY[1..2])? {
        let (mut tx, mut rx) = open::<S>(capacity)?;
        fill::<S>(&mut tx)?;
        let (mut tx1, mut tx2) = (tx.clone(), tx.clone());
        let mut first = task(S::send(&mut tx1, Message::plain(91)));
        let mut second = task(S::send(&mut tx2, Message::plain(92)));
        let waited = !first.settle() & !second.settle();
        if !waited {
            return not_offered("its sends do not wait");
        }
        while !first.woken() && !second.woken() && S::try_recv(&mut rx).is_ok() {}
        let (woken, mut left) = if first.woken() { (first, second) } else { (second, first) };
        ensure(woken.woken(), || format!("{capacity}: a free place woke neither of two waiting sends"))?;
        drop(woken);
        // A look at an empty channel might wake it too late: only what is there is taken.
        while !left.settle_if_woken() && S::try_recv(&mut rx).is_ok() {}
        ensure(left.is_done(), || {
            format!("{capacity}: the woken of two sends was dropped, and the other was never woken")
        })?;
    }
    Ok(())
}
