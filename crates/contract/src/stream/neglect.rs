//! Promise 5: a future that is never polled again stops nobody. The "futurelock" of Oxide RFD 609.

use super::{ANY, BOUNDED, Stream, awaits, fill, offered, open, shared};
use crate::hand::{drive, task};
use crate::message::Message;
use crate::outcome::{Outcome, broken, ensure};

/// The scenario itself: a task has a send that waits, goes on to other work without dropping it, and sends on the same
/// channel there. Someone receives all the time. The second send must come through.
pub(crate) fn send<S: Stream>() -> Outcome {
    awaits::<S>()?;
    for capacity in offered::<S>(&BOUNDED)? {
        let (mut tx, mut rx) = open::<S>(capacity)?;
        let places = fill::<S>(&mut tx)?;
        let mut senders: Vec<S::Tx> = (0..places).map(|_| tx.clone()).collect();
        let mut neglected: Vec<_> = senders.iter_mut().map(|tx| task(S::send(tx, Message::plain(90)))).collect();
        neglected.iter_mut().for_each(|send| {
            send.settle();
        });
        let mut behind = task(S::send(&mut tx, Message::plain(100)));
        behind.settle();
        let mut eater = task(async {
            while let Some(message) = S::recv(&mut rx).await {
                if message.id == 100 {
                    return true;
                }
            }
            false
        });
        drive(&mut [&mut eater, &mut behind]);
        if !behind.is_done() {
            let seen = format!("{places} waiting sends are not polled any more");
            return broken(format!("{capacity}: {seen}: the channel is empty, and a later send waits for ever"));
        }
        ensure(eater.output() == Some(true), || format!("{capacity}: the later send is over, its message is nowhere"))?;
    }
    Ok(())
}

/// The same of a receive: another receiver must get what comes after, and senders must not be held up.
pub(crate) fn recv<S: Stream>() -> Outcome {
    awaits::<S>()?;
    for capacity in offered::<S>(&ANY)? {
        let (mut tx, mut rx) = open::<S>(capacity)?;
        let mut other = shared::<S>(&rx)?;
        let mut neglected = task(S::recv(&mut rx));
        neglected.settle();
        let mut behind = task(async { while S::recv(&mut other).await.is_some() {} });
        behind.settle();
        let mut feeder = task(async {
            for id in 0..40 {
                let _ = S::send(&mut tx, Message::plain(id)).await;
            }
        });
        drive(&mut [&mut feeder, &mut behind]);
        ensure(feeder.is_done(), || {
            format!(
                "{capacity}: a waiting receive is not polled any more: sends wait for ever, with a receiver waiting"
            )
        })?;
        drop(feeder);
        drop(tx);
        drive(&mut [&mut behind]);
        ensure(behind.is_done(), || format!("{capacity}: a neglected receive kept another from seeing the end"))?;
    }
    Ok(())
}
