//! Promise 6: first come, first served.

use std::cell::Cell;
use std::rc::Rc;

use super::{BOUNDED, Capacity, Stream, awaits, drain, fill, offered, open, shared};
use crate::hand::{Task, run_in_line, task};
use crate::message::Message;
use crate::outcome::{Outcome, ensure, not_offered};

/// Three sends wait. Places come free one at a time, and who is woken is polled, the youngest first.
pub(crate) fn senders<S: Stream>() -> Outcome {
    awaits::<S>()?;
    let capacity = offered::<S>(&BOUNDED[..1])?[0];
    let (mut tx, mut rx) = open::<S>(capacity)?;
    fill::<S>(&mut tx)?;
    let mut handles = [tx.clone(), tx.clone(), tx.clone()];
    let mut waiting: Vec<_> =
        handles.iter_mut().zip(101..).map(|(tx, id)| task(S::send(tx, Message::plain(id)))).collect();
    waiting.iter_mut().for_each(|send| {
        send.settle();
    });
    let mut order = Vec::new();
    for _ in 0..20 {
        order.extend(S::try_recv(&mut rx).map(|message| message.id).ok().filter(|id| *id > 100));
        waiting.iter_mut().rev().for_each(|send| {
            send.settle_if_woken();
        });
    }
    ensure(order == [101, 102, 103], || format!("sends 101, 102, 103 waited in this order; received was {order:?}"))
}

/// Three receives wait, messages come one at a time, and who is woken is polled, the youngest first.
pub(crate) fn receivers<S: Stream>() -> Outcome {
    awaits::<S>()?;
    let capacity = offered::<S>(&BOUNDED)?[0];
    let (mut tx, rx) = open::<S>(capacity)?;
    let mut handles = [shared::<S>(&rx)?, shared::<S>(&rx)?, shared::<S>(&rx)?];
    let mut waiting: Vec<_> = handles.iter_mut().map(|rx| task(S::recv(rx))).collect();
    waiting.iter_mut().for_each(|receive| {
        receive.settle();
    });
    let mut order = Vec::new();
    for id in 0..3 {
        let _ = S::try_send(&mut tx, Message::plain(id));
        for (who, receive) in waiting.iter_mut().enumerate().rev() {
            if receive.settle_if_woken() && !order.contains(&who) {
                order.push(who);
            }
        }
    }
    ensure(order == [0, 1, 2], || format!("receives 0, 1, 2 waited in this order; served were {order:?}"))
}

/// Who was woken and finds that somebody came in between is the next to be woken all the same.
pub(crate) fn overtaken<S: Stream>() -> Outcome {
    awaits::<S>()?;
    overtaken_sender::<S>()?;
    overtaken_receiver::<S>()
}

fn overtaken_sender<S: Stream>() -> Outcome {
    let capacity = offered::<S>(&BOUNDED[..1])?[0];
    let (mut tx, mut rx) = open::<S>(capacity)?;
    fill::<S>(&mut tx)?;
    let mut handles = [tx.clone(), tx.clone()];
    let mut waiting: Vec<_> =
        handles.iter_mut().zip(101..).map(|(tx, id)| task(S::send(tx, Message::plain(id)))).collect();
    waiting.iter_mut().for_each(|send| {
        send.settle();
    });
    let _ = S::try_recv(&mut rx);
    let _ = S::try_send(&mut tx, Message::plain(50));
    poll_woken(&mut waiting);
    let mut got = Vec::new();
    for _ in 0..10 {
        got.extend(S::try_recv(&mut rx).map(|message| message.id).ok().filter(|id| *id > 100));
        poll_woken(&mut waiting);
    }
    let got: Vec<u64> = got.into_iter().chain(drain::<S>(&mut rx)).collect();
    ensure(got == [101, 102], || format!("send 101 was woken and overtaken: then 102 came first ({got:?})"))
}

fn overtaken_receiver<S: Stream>() -> Outcome {
    let capacity = offered::<S>(&BOUNDED)?[0];
    let (mut tx, mut rx) = open::<S>(capacity)?;
    let Some((mut one, mut two)) = S::share(&rx).zip(S::share(&rx)) else {
        return Ok(());
    };
    let mut waiting = vec![task(S::recv(&mut one)), task(S::recv(&mut two))];
    waiting.iter_mut().for_each(|receive| {
        receive.settle();
    });
    let _ = S::try_send(&mut tx, Message::plain(1));
    let _ = S::try_recv(&mut rx);
    poll_woken(&mut waiting);
    let _ = S::try_send(&mut tx, Message::plain(2));
    poll_woken(&mut waiting);
    let served: Vec<bool> = waiting.iter().map(Task::is_done).collect();
    ensure(served[0], || {
        let other = if served[1] { "the other, who came later, got the next message" } else { "nobody got the next" };
        format!("the first of two receives was woken and overtaken: {other}")
    })
}

fn poll_woken<F: Future>(tasks: &mut [Task<F>]) {
    tasks.iter_mut().rev().for_each(|task| {
        task.settle_if_woken();
    });
}

const RECEIVERS: usize = 8;
const MESSAGES: u64 = 16_000;

/// Eight busy receivers on one thread: the least served gets at least half of what the most served gets.
pub(crate) fn shares<S: Stream>() -> Outcome {
    awaits::<S>()?;
    if !S::SHARED {
        return not_offered("it has one receiver");
    }
    let mut seen = Vec::new();
    let mut least = f64::INFINITY;
    for producers in [1, 4] {
        let share = share_of_the_least::<S>(producers)?;
        least = least.min(share);
        seen.push(format!("{share:.2} with {producers} producer{}", if producers == 1 { "" } else { "s" }));
    }
    ensure(least >= 0.5, || {
        format!(
            "cap 16: of eight receivers the least served got this part of what the most served got: {}",
            seen.join(", ")
        )
    })
}

fn share_of_the_least<S: Stream>(producers: u64) -> Result<f64, crate::outcome::Fault> {
    let (tx, rx) = open::<S>(Capacity::Bounded(16))?;
    let counts: Vec<Rc<Cell<u64>>> = (0..RECEIVERS).map(|_| Rc::default()).collect();
    let mut futures: Vec<std::pin::Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
    for count in &counts {
        let (mut rx, count) = (shared::<S>(&rx)?, Rc::clone(count));
        futures.push(Box::pin(async move {
            while S::recv(&mut rx).await.is_some() {
                count.set(count.get() + 1);
            }
        }));
    }
    for _ in 0..producers {
        let mut tx = tx.clone();
        futures.push(Box::pin(async move {
            for id in 0..MESSAGES / producers {
                let _ = S::send(&mut tx, Message::plain(id)).await;
            }
        }));
    }
    drop((tx, rx));
    run_in_line(futures);
    let counts: Vec<u64> = counts.iter().map(|count| count.get()).collect();
    let (least, most) = (counts.iter().min().copied().unwrap_or(0), counts.iter().max().copied().unwrap_or(0));
    Ok(least as f64 / most.max(1) as f64)
}
