//! How it ends.

use super::{Broadcast, Got, put};
use crate::hand::task;
use crate::message::Message;
use crate::outcome::{Outcome, ensure, not_offered};

/// The last sender leaves: each receiver sees what it has not seen, then the end; who waits is told.
pub(crate) fn last_sender<B: Broadcast>() -> Outcome {
    let (mut tx, rx) = B::open(4);
    let mut receivers = [rx, B::subscribe(&tx)];
    for id in 0..3 {
        put::<B>(&mut tx, Message::plain(id))?;
    }
    drop(tx);
    for rx in &mut receivers {
        for id in 0..3 {
            let got = B::try_recv(rx).id();
            ensure(got == Some(id), || format!("the last sender left, and message {id} became {got:?}"))?;
        }
        let end = B::try_recv(rx);
        ensure(matches!(end, Got::Closed), || format!("after the end a try_recv said {end:?}"))?;
    }
    let (tx, mut rx) = B::open(4);
    let mut receive = task(B::recv(&mut rx));
    receive.settle();
    drop(tx);
    receive.settle_if_woken();
    ensure(receive.is_done(), || "the last sender left, and a waiting receive was not told".into())
}

/// Without a receiver a send fails, and gives its message back.
pub(crate) fn last_receiver<B: Broadcast>() -> Outcome {
    let (mut tx, rx) = B::open(4);
    drop(rx);
    let mut send = task(B::send(&mut tx, Message::plain(1)));
    let over = send.settle();
    ensure(over, || "a send without a receiver waits".into())?;
    let result = send.output();
    ensure(!matches!(result, Some(Ok(()))), || "a send without a receiver said sent".into())?;
    let back = matches!(result, Some(Err(Some(message))) if message.id == 1);
    ensure(back, || "the message did not come back from a send without a receiver".into())
}

/// A send waits for the slowest receiver, and that one leaves: the send goes on.
pub(crate) fn slowest_leaves<B: Broadcast>() -> Outcome {
    if !B::is_lossless() {
        return not_offered("its sends do not wait");
    }
    let (mut tx, slow) = B::open(1);
    let mut quick = B::subscribe(&tx);
    while B::try_send(&mut tx, Message::plain(0)).is_ok() {}
    while let Got::Message(_) = B::try_recv(&mut quick) {}
    let mut send = task(B::send(&mut tx, Message::plain(1)));
    ensure(!send.settle(), || "a send did not wait for the slowest receiver".into())?;
    drop(slow);
    send.settle_if_woken();
    ensure(send.is_done(), || "the slowest receiver left, and a send that waited for it was not told".into())?;
    let got = B::try_recv(&mut quick).id();
    ensure(got == Some(1), || format!("the other receiver got {got:?} then"))
}
