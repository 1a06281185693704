//! Promise 7: capacity is exact.

use super::value_back::signal;
use super::{Capacity, Refused, Stream, awaits, drain, fill, next, offered, open};
use crate::hand::task;
use crate::message::Message;
use crate::outcome::{Outcome, ensure, not_offered};

/// However many senders there are, it takes as many messages as were asked for.
pub(crate) fn exact<S: Stream>() -> Outcome {
    let mut wrong = Vec::new();
    let sizes = [1, 2, 3, 5, 7, 16, 100].map(Capacity::Bounded);
    for (capacity, clones) in offered::<S>(&sizes)?.into_iter().flat_map(|capacity| [(capacity, 0), (capacity, 3)]) {
        let (tx, _rx) = open::<S>(capacity)?;
        let mut senders = vec![tx.clone(); clones];
        senders.push(tx);
        let mut taken = 0;
        while senders.iter_mut().any(|tx| S::try_send(tx, Message::plain(0)).is_ok()) {
            taken += 1;
        }
        if Capacity::Bounded(taken) != capacity {
            wrong.push(format!(
                "{capacity} took {taken} from {} sender{}",
                clones + 1,
                if clones > 0 { "s" } else { "" }
            ));
        }
    }
    wrong.truncate(3);
    ensure(wrong.is_empty(), || wrong.join(", "))
}

/// Capacity 0: a send is over when a receiver waits for it, not before, and never without its message being received:
/// where that receiver leaves, the next one has it.
pub(crate) fn zero<S: Stream>() -> Outcome {
    let Some((mut tx, mut rx)) = S::open(Capacity::Bounded(0)) else {
        return not_offered("there is no channel of capacity 0");
    };
    let refused = matches!(S::try_send(&mut tx, Message::plain(1)), Err(Refused::Full(_)));
    ensure(refused, || "a try_send was taken although nobody waits for it".into())?;
    if !S::ASYNC {
        return between_threads::<S>(tx, rx);
    }
    let mut send = task(S::send(&mut tx, Message::plain(2)));
    ensure(!send.settle(), || "a send was over although nobody waits for it".into())?;
    drop(send);
    drain::<S>(&mut rx);
    let mut receive = task(S::recv(&mut rx));
    receive.settle();
    let mut send = task(S::send(&mut tx, Message::plain(3)));
    let early = send.settle();
    drop(receive);
    drop(send);
    if early {
        let full = matches!(S::try_send(&mut tx, Message::plain(4)), Err(Refused::Full(_)));
        ensure(full, || "a second message was taken although nobody waits for it".into())?;
        let got = next::<S>(&mut rx);
        ensure(got == Some(3), || {
            "a send was over, its receiver had nothing yet and left: the message is lost".into()
        })?;
    }
    let mut receive = task(S::recv(&mut rx));
    let mut send = task(S::send(&mut tx, Message::plain(5)));
    crate::hand::drive(&mut [&mut receive, &mut send]);
    ensure(receive.is_done() && send.is_done(), || "a send and a receive did not meet".into())
}

/// Of threads only that they meet can be seen, and that nothing is taken before.
fn between_threads<S: Stream>(mut tx: S::Tx, mut rx: S::Rx) -> Outcome {
    let sending =
        std::thread::spawn(move || futures_lite::future::block_on(S::send(&mut tx, Message::plain(2))).is_ok());
    let got = futures_lite::future::block_on(S::recv(&mut rx)).map(|message| message.id);
    let sent = sending.join().unwrap();
    ensure(sent && got == Some(2), || "a send and a receive did not meet".into())
}

/// A place that was promised is taken, and free again when the promise is given back.
pub(crate) fn permits<S: Stream>() -> Outcome {
    awaits::<S>()?;
    if !S::PERMITS {
        return not_offered("it has no permits");
    }
    let capacity = Capacity::Bounded(2);
    let (mut tx, mut rx) = open::<S>(capacity)?;
    let mut holder = tx.clone();
    let (fire, wait) = signal();
    let mut held = task(S::hold(&mut holder, Message::plain(50), wait));
    held.settle();
    let beside = fill::<S>(&mut tx)?;
    ensure(beside == 1, || format!("{capacity}: beside a permit it took {beside} messages"))?;
    drain::<S>(&mut rx);
    fire();
    ensure(held.settle(), || format!("{capacity}: a send by a permit waited"))?;
    ensure(drain::<S>(&mut rx) == [50], || format!("{capacity}: what was sent by a permit did not arrive"))?;
    drop(held);
    let (_, never) = signal();
    let mut dropped = task(S::hold(&mut holder, Message::plain(51), never));
    dropped.settle();
    drop(dropped);
    let free = fill::<S>(&mut tx)?;
    ensure(free == 2, || format!("{capacity}: after a permit was given back it took {free} messages"))
}
