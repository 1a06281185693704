//! Defects of channels for one message: a plain one behind a lock, with one thing wrong.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::Seed;
use super::hooks::{Smuggler, unless_done};
use crate::message::Message;
use crate::oneshot::{Oneshot, column};
use crate::stream::Nothing;
use crate::traits::{Traits, handle};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    Loses,
    ReceiveTakes,
    EatsRefused,
    FirstWaker,
    PollsGrow,
    SenderStays,
    MessageStays,
    CloseDiscards,
    Locked,
    WakesFirst,
    Smuggles,
    Pinned,
    DropsTwice,
}

use Defect::*;

/// Each with its name, and the probes that must see it.
const DEFECTS: [(Defect, &str, &[&str]); 13] = [
    (Loses, "loses one of a hundred", &["exactly-once"]),
    (ReceiveTakes, "dropped receive takes it", &["cancel-recv"]),
    (EatsRefused, "send eats its message", &["value-back"]),
    (FirstWaker, "wakes the first waker", &["new-waker"]),
    (PollsGrow, "polls grow", &["spurious-polls"]),
    (SenderStays, "a sender stays behind", &["last-sender"]),
    (MessageStays, "the message stays behind", &["frees-queue"]),
    (CloseDiscards, "close discards", &["close-call"]),
    (Locked, "works under a lock", &["waker-calls-back", "others-inside"]),
    (WakesFirst, "wakes before it sends", &["waker-panics"]),
    (Smuggles, "smuggles", &["rc"]),
    (Pinned, "pinned", &["auto-traits"]),
    (DropsTwice, "drops twice what was forgotten", &["forget"]),
];

pub(super) fn seeds() -> Vec<Seed> {
    DEFECTS.iter().map(|(_, name, probes)| (crate::column::Column { name, ..column::<Seeded>() }, *probes)).collect()
}

/// Which one this process looks at.
static CHOSEN: AtomicUsize = AtomicUsize::new(0);

pub(super) fn choose(name: &str) {
    let at = DEFECTS.iter().position(|(_, other, _)| *other == name);
    CHOSEN.store(at.unwrap_or(0), Ordering::SeqCst);
}

fn is(defect: Defect) -> bool {
    DEFECTS[CHOSEN.load(Ordering::SeqCst)].0 == defect
}

struct Seeded;

#[derive(Default)]
struct State {
    message: Option<Message>,
    waker: Option<Waker>,
    sent: bool,
    closed: bool,
    waste: Vec<[u64; 4]>,
}

type Shared = Arc<Mutex<State>>;

struct Tx(Shared);
struct Rx(Shared);

/// How many messages there were, for what goes wrong now and then.
static SENT: AtomicUsize = AtomicUsize::new(0);

impl Drop for Tx {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap();
        state.closed |= !is(SenderStays);
        let waker = state.waker.take().filter(|_| !is(SenderStays));
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Rx {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap();
        state.closed = true;
        let (message, waker) = (state.message.take(), state.waker.take());
        drop(state);
        if is(DropsTwice) {
            drop(message.as_ref().map(Message::uncounted));
        }
        if is(MessageStays) {
            std::mem::forget(message);
        }
        drop(waker);
    }
}

impl Rx {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        let mut state = self.0.lock().unwrap();
        if is(PollsGrow) {
            state.waste.push([0; 4]);
        }
        if let Some(message) = state.message.take() {
            return Poll::Ready(Some(message));
        }
        if state.closed || state.sent {
            return Poll::Ready(None);
        }
        let old = if is(FirstWaker) && state.waker.is_some() { None } else { state.waker.replace(cx.waker().clone()) };
        drop(state);
        drop(old);
        Poll::Pending
    }
}

impl Oneshot for Seeded {
    const NAME: &'static str = "seeded";
    const CLOSE: bool = true;
    type Tx = Tx;
    type Rx = Rx;

    fn open() -> (Self::Tx, Self::Rx) {
        let shared = Shared::default();
        (Tx(Arc::clone(&shared)), Rx(shared))
    }

    fn send(tx: Self::Tx, message: Message) -> Result<(), Option<Message>> {
        let mut state = tx.0.lock().unwrap();
        if state.closed {
            drop(state);
            return Err(Some(message).filter(|_| !is(EatsRefused)));
        }
        let waker = state.waker.take();
        if is(WakesFirst) {
            drop(state);
            waker.into_iter().for_each(Waker::wake);
            state = tx.0.lock().unwrap();
            state.message = Some(message);
            state.sent = true;
            return Ok(());
        }
        let lost = is(Loses) && SENT.fetch_add(1, Ordering::SeqCst) % 100 == 99;
        state.message = Some(message).filter(|_| !lost);
        state.sent = true;
        let held = is(Locked).then_some(state);
        waker.into_iter().for_each(Waker::wake);
        drop(held);
        Ok(())
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        let rx = &*rx;
        let mut dropped = unless_done(|| {
            let taken = if is(ReceiveTakes) { rx.0.lock().unwrap().message.take() } else { None };
            drop(taken);
        });
        let got = std::future::poll_fn(|cx| rx.poll(cx)).await;
        dropped.done();
        got
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        let mut state = rx.0.lock().unwrap();
        let ended = state.closed || state.sent;
        state.message.take().ok_or(if ended { Nothing::Closed } else { Nothing::Empty })
    }

    fn close(rx: &mut Self::Rx) {
        let mut state = rx.0.lock().unwrap();
        state.closed = true;
        let taken = if is(CloseDiscards) { state.message.take() } else { None };
        drop(state);
        drop(taken);
    }

    fn traits() -> Traits {
        if is(Smuggles) {
            return vec![handle!("Smuggler", T => Smuggler<T>)];
        }
        vec![handle!("Pinned", T => (Option<T>, std::marker::PhantomPinned))]
    }
}
