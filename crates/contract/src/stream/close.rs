//! Promise 9: closing is one-way and gentle.

use super::{ANY, BOUNDED, Capacity, Nothing, Refused, Stream, fill, next, offered, open};
use crate::hand::task;
use crate::message::{Ledger, Message};
use crate::outcome::{Outcome, ensure, not_offered};

const QUEUES: [Capacity; 2] = [Capacity::Bounded(4), Capacity::Unbounded];

/// The last sender leaves: what was accepted is received, then the end; who waits is told.
pub(crate) fn last_sender<S: Stream>() -> Outcome {
    for capacity in offered::<S>(&QUEUES)? {
        let (mut tx, mut rx) = open::<S>(capacity)?;
        for id in 0..3 {
            let _ = S::try_send(&mut tx, Message::plain(id));
        }
        drop(tx);
        let got: Vec<_> = (0..3).map(|_| S::try_recv(&mut rx).map(|message| message.id)).collect();
        ensure(got == [Ok(0), Ok(1), Ok(2)], || {
            format!("{capacity}: the last sender left, and 0, 1, 2 became {got:?}")
        })?;
        let end = S::try_recv(&mut rx).map(|message| message.id);
        ensure(end == Err(Nothing::Closed), || format!("{capacity}: after the end a try_recv said {end:?}"))?;
        ensure(next::<S>(&mut rx).is_none(), || format!("{capacity}: there was a message after the end"))?;
    }
    if !S::ASYNC {
        return Ok(());
    }
    for capacity in offered::<S>(&ANY)? {
        let (tx, mut rx) = open::<S>(capacity)?;
        let mut receive = task(S::recv(&mut rx));
        receive.settle();
        drop(tx);
        receive.settle_if_woken();
        ensure(receive.is_done(), || format!("{capacity}: the last sender left, and a waiting receive was not told"))?;
    }
    Ok(())
}

/// The last receiver leaves: sends fail at once, and those that wait are told.
pub(crate) fn last_receiver<S: Stream>() -> Outcome {
    for capacity in offered::<S>(&QUEUES)? {
        let (mut tx, rx) = open::<S>(capacity)?;
        let _ = S::try_send(&mut tx, Message::plain(1));
        drop(rx);
        let refused = matches!(S::try_send(&mut tx, Message::plain(2)), Err(Refused::Closed(_)));
        ensure(refused, || format!("{capacity}: a try_send without any receiver did not say closed"))?;
        let mut send = task(S::send(&mut tx, Message::plain(3)));
        send.settle();
        let failed = matches!(send.output(), Some(Err(_)));
        ensure(failed, || format!("{capacity}: a send without any receiver did not fail at once"))?;
    }
    if !S::ASYNC {
        return Ok(());
    }
    for capacity in offered::<S>(&BOUNDED).unwrap_or_default() {
        let (mut tx, rx) = open::<S>(capacity)?;
        fill::<S>(&mut tx)?;
        let mut send = task(S::send(&mut tx, Message::plain(9)));
        send.settle();
        drop(rx);
        send.settle_if_woken();
        let failed = matches!(send.output(), Some(Err(_)));
        ensure(failed, || format!("{capacity}: the last receiver left, and a waiting send did not fail"))?;
    }
    Ok(())
}

/// The last receiver leaves: what is in the channel is dropped then, not when the last sender goes.
pub(crate) fn frees_queue<S: Stream>() -> Outcome {
    for capacity in offered::<S>(&QUEUES)? {
        let (mut tx, rx) = open::<S>(capacity)?;
        let ledger = Ledger::default();
        for _ in 0..3 {
            let _ = S::try_send(&mut tx, ledger.message());
        }
        drop(rx);
        let kept = ledger.alive();
        ensure(kept == 0, || {
            format!("{capacity}: {kept} of 3 messages outlived the last receiver, as long as a sender is")
        })?;
    }
    Ok(())
}

/// Either end closes by a call: sends fail, what was accepted is received, then the end.
pub(crate) fn by_call<S: Stream>() -> Outcome {
    if !S::CLOSE_BY_SENDER && !S::CLOSE_BY_RECEIVER {
        return not_offered("it has no close()");
    }
    for capacity in offered::<S>(&QUEUES)? {
        for by_sender in [true, false] {
            if if by_sender { !S::CLOSE_BY_SENDER } else { !S::CLOSE_BY_RECEIVER } {
                continue;
            }
            let (mut tx, mut rx) = open::<S>(capacity)?;
            for id in 0..3 {
                let _ = S::try_send(&mut tx, Message::plain(id));
            }
            if by_sender {
                S::close_by_sender(&mut tx)
            } else {
                S::close_by_receiver(&mut rx)
            }
            let refused = matches!(S::try_send(&mut tx, Message::plain(9)), Err(Refused::Closed(_)));
            ensure(refused, || format!("{capacity}: it was closed, and a try_send did not say so"))?;
            let got: Vec<u64> = std::iter::from_fn(|| next::<S>(&mut rx)).take(4).collect();
            ensure(got == [0, 1, 2], || format!("{capacity}: closed with 0, 1, 2 accepted, it gave {got:?}"))?;
            let end = S::try_recv(&mut rx).map(|message| message.id);
            ensure(end == Err(Nothing::Closed), || format!("{capacity}: after the end a try_recv said {end:?}"))?;
        }
    }
    Ok(())
}
