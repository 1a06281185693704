//! Promise 4: the value comes back.

use super::{BOUNDED, Refused, Stream, awaits, drain, fill, offered, open};
use crate::hand::task;
use crate::message::Message;
use crate::outcome::{Outcome, broken, ensure, not_offered};

/// Every send that fails returns its message.
pub(crate) fn failed<S: Stream>() -> Outcome {
    let capacity = offered::<S>(&BOUNDED)?[0];
    let mut kept = Vec::new();
    let (mut tx, rx) = open::<S>(capacity)?;
    fill::<S>(&mut tx)?;
    match S::try_send(&mut tx, Message::plain(91)) {
        Err(Refused::Full(back)) if is(&back, 91) => {}
        Err(Refused::Full(_)) => kept.push("try_send on a full channel"),
        _ => return broken("a full channel took another message"),
    }
    if S::ASYNC {
        let mut sender = tx.clone();
        let mut waiting = task(S::send(&mut sender, Message::plain(92)));
        waiting.settle();
        drop(rx);
        waiting.settle();
        match waiting.output() {
            Some(Err(back)) if is(&back, 92) => {}
            Some(Ok(())) => kept.push("a send that waited when the last receiver left, which said sent"),
            _ => kept.push("a send that waited when the last receiver left"),
        }
    } else {
        drop(rx);
    }
    match S::try_send(&mut tx, Message::plain(93)) {
        Err(Refused::Closed(back)) if is(&back, 93) => {}
        _ => kept.push("try_send without a receiver"),
    }
    let mut late = task(S::send(&mut tx, Message::plain(94)));
    late.settle();
    match late.output() {
        Some(Err(back)) if is(&back, 94) => {}
        _ => kept.push("send without a receiver"),
    }
    ensure(kept.is_empty(), || format!("the message did not come back from {}", kept.join(", ")))
}

fn is(back: &Option<Message>, id: u64) -> bool {
    back.as_ref().is_some_and(|message| message.id == id)
}

/// A send that is given up while it waits gives its message back, by whatever means there are, and did not send it.
pub(crate) fn given_up<S: Stream>() -> Outcome {
    awaits::<S>()?;
    if !S::GIVES_BACK {
        return not_offered("a dropped send drops its message, and there is no other way to give one up");
    }
    let capacity = offered::<S>(&BOUNDED)?[0];
    let (mut tx, mut rx) = open::<S>(capacity)?;
    fill::<S>(&mut tx)?;
    let (signal, receiver) = signal();
    let mut sender = tx.clone();
    let mut send = task(S::send_or_back(&mut sender, Message::plain(91), receiver));
    ensure(!send.settle(), || format!("{capacity}: a send into a full channel did not wait"))?;
    signal();
    send.settle();
    let back = send.output();
    ensure(matches!(&back, Some(Err(message)) if is(message, 91)), || "it was given up, and nothing came back".into())?;
    ensure(!drain::<S>(&mut rx).contains(&91), || "it came back, and was delivered too".into())
}

/// A call, and a future that is over after it.
pub(crate) fn signal() -> (impl Fn(), impl Future<Output = ()> + Send) {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Poll;

    let fired = std::sync::Arc::new(AtomicBool::new(false));
    let seen = std::sync::Arc::clone(&fired);
    let fire = move || fired.store(true, Ordering::SeqCst);
    // The probe polls once more by itself after the call: no waker is needed.
    let wait = std::future::poll_fn(move |_| if seen.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending });
    (fire, wait)
}
