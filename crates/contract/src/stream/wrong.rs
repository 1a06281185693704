//! Promise 13: safe to use wrongly.

use super::{ANY, Stream, awaits, drain, fill, offered, open};
use crate::hand::task;
use crate::message::{Ledger, Message};
use crate::outcome::{Outcome, ensure};

/// A handle whose messages must stay on their thread stays there too.
pub(crate) fn rc<S: Stream>() -> Outcome {
    let wrong: Vec<_> = S::traits().into_iter().filter(|handle| handle.carries_rc || handle.shares_rc).collect();
    ensure(wrong.is_empty(), || {
        let names: Vec<_> = wrong.iter().map(|handle| handle.name).collect();
        format!("without any unsafe code an `Rc` gets to another thread in {}", names.join(", "))
    })
}

/// What may be sent may be sent, shared, moved and kept across a panic.
pub(crate) fn auto_traits<S: Stream>() -> Outcome {
    let missing: Vec<String> = S::traits()
        .into_iter()
        .flat_map(|handle| {
            let all = [
                ("Send", handle.send),
                ("Sync", handle.sync),
                ("Unpin", handle.unpin),
                ("UnwindSafe", handle.unwind_safe),
            ];
            all.into_iter().filter(|(_, has)| !has).map(move |(name, _)| format!("{} is not {name}", handle.name))
        })
        .collect();
    ensure(missing.is_empty(), || format!("with messages that are Send and not Sync: {}", missing.join(", ")))
}

/// Futures that are forgotten while they wait leak at most: ends leave in any order, and no message is dropped twice.
pub(crate) fn forget<S: Stream>() -> Outcome {
    awaits::<S>()?;
    for capacity in offered::<S>(&ANY)? {
        let ledger = Ledger::default();
        let (mut tx, mut rx) = open::<S>(capacity)?;
        for _ in 0..3 {
            let mut receive = task(S::recv(&mut rx));
            receive.settle();
            receive.forget();
        }
        if capacity != super::Capacity::Unbounded {
            let mut other = tx.clone();
            fill::<S>(&mut tx)?;
            for _ in 0..3 {
                let mut send = task(S::send(&mut other, ledger.message()));
                send.settle();
                send.forget();
            }
        }
        drain::<S>(&mut rx);
        let _ = S::try_send(&mut tx, Message::plain(1));
        drain::<S>(&mut rx);
        drop(rx);
        drop(tx);
        ensure(ledger.dropped_twice() == 0, || format!("{capacity}: a message was dropped twice"))?;
    }
    Ok(())
}
