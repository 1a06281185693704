//! Defects of broadcast channels, made of ours: of the lossless one, but for what only the other can do.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use thalweg::broadcast;
use tokio::sync::Semaphore;

use super::Seed;
use super::hooks::{Smuggler, unless_done};
use crate::broadcast::{Broadcast, Got, column};
use crate::message::Message;
use crate::ours::{Lossless, Lossy};
use crate::stream::Refused;
use crate::traits::{Traits, handle};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    Loses,
    ReceiveTakes,
    SendHaunts,
    SendBaton,
    Miscounts,
    RoundsUp,
    KeepsAll,
    PollsGrow,
    SenderStays,
    ReceiverStays,
    SlowestStays,
    Locked,
    Smuggles,
    Pinned,
}

use Defect::*;

/// Each with its name, and the probes that must see it.
const DEFECTS: [(Defect, &str, &[&str]); 14] = [
    (Loses, "loses one of a hundred", &["exactly-once"]),
    (ReceiveTakes, "dropped receive takes one", &["cancel-recv"]),
    (SendHaunts, "dropped send is delivered", &["cancel-send"]),
    (SendBaton, "sends queue for a baton", &["neglected-send"]),
    (Miscounts, "counts what was missed wrongly", &["missed-count"]),
    (RoundsUp, "rounds capacity up", &["capacity-exact"]),
    (KeepsAll, "keeps what all have read", &["frees-queue"]),
    (PollsGrow, "polls grow", &["spurious-polls"]),
    (SenderStays, "a sender stays behind", &["last-sender"]),
    (ReceiverStays, "a receiver stays behind", &["last-receiver"]),
    (SlowestStays, "who leaves is waited for", &["slowest-leaves"]),
    (Locked, "works under a lock", &["waker-calls-back", "clone-calls-back", "clone-panics", "others-inside"]),
    (Smuggles, "smuggles", &["rc"]),
    (Pinned, "pinned", &["auto-traits"]),
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

/// What defects remember.
struct Shared {
    number: AtomicUsize,
    haunting: Mutex<Vec<Message>>,
    kept: Mutex<Vec<Message>>,
    waste: Mutex<Vec<[u64; 4]>>,
    lock: Mutex<()>,
    baton: Semaphore,
    behind: Mutex<(Option<Inner>, Vec<broadcast::Receiver<Message>>)>,
}

/// The lossy one is there for what is missed.
#[derive(Clone)]
enum Inner {
    Lossless(broadcast::Sender<Message, broadcast::Lossless>),
    Lossy(broadcast::Sender<Message>),
}

#[derive(Clone)]
struct Tx {
    inner: Inner,
    shared: Arc<Shared>,
}

struct Rx {
    inner: Option<broadcast::Receiver<Message>>,
    shared: Arc<Shared>,
}

impl Drop for Rx {
    fn drop(&mut self) {
        if is(SlowestStays) {
            self.shared.behind.lock().unwrap().1.extend(self.inner.take());
        }
    }
}

impl Seeded {
    fn wrong(got: Got) -> Got {
        match got {
            Got::Missed(count) if is(Miscounts) => Got::Missed(count + 1),
            other => other,
        }
    }
}

impl Broadcast for Seeded {
    const NAME: &'static str = "seeded";

    fn is_lossless() -> bool {
        !is(Miscounts)
    }

    type Tx = Tx;
    type Rx = Rx;

    fn open(capacity: usize) -> (Self::Tx, Self::Rx) {
        let capacity = if is(RoundsUp) { capacity.next_power_of_two() } else { capacity };
        let (inner, rx) = if is(Miscounts) {
            let (tx, rx) = Lossy::open(capacity);
            (Inner::Lossy(tx), rx)
        } else {
            let (tx, rx) = Lossless::open(capacity);
            (Inner::Lossless(tx), rx)
        };
        let sender = is(SenderStays).then(|| inner.clone());
        let receiver = is(ReceiverStays).then(|| subscribed(&inner));
        let shared = Arc::new(Shared {
            number: AtomicUsize::new(0),
            haunting: Mutex::default(),
            kept: Mutex::default(),
            waste: Mutex::default(),
            lock: Mutex::default(),
            baton: Semaphore::new(1),
            behind: Mutex::new((sender, receiver.into_iter().collect())),
        });
        (Tx { inner, shared: Arc::clone(&shared) }, Rx { inner: Some(rx), shared })
    }

    fn subscribe(tx: &Self::Tx) -> Self::Rx {
        Rx { inner: Some(subscribed(&tx.inner)), shared: Arc::clone(&tx.shared) }
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        let Tx { inner, shared } = tx;
        if is(Loses) && shared.number.fetch_add(1, Ordering::SeqCst) % 100 == 99 {
            return Ok(());
        }
        if is(KeepsAll) {
            shared.kept.lock().unwrap().push(message.clone());
        }
        let haunt = Message::plain(message.id);
        let haunt = Mutex::new(is(SendHaunts).then_some(haunt));
        let mut dropped = unless_done(|| shared.haunting.lock().unwrap().extend(haunt.lock().unwrap().take()));
        let baton = if is(SendBaton) { shared.baton.acquire().await.ok() } else { None };
        let mut send = pin!(async {
            match inner {
                Inner::Lossless(tx) => Lossless::send(tx, message).await,
                Inner::Lossy(tx) => Lossy::send(tx, message).await,
            }
        });
        let result = std::future::poll_fn(|cx| {
            let _held = is(Locked).then(|| shared.lock.lock().unwrap());
            send.as_mut().poll(cx)
        })
        .await;
        dropped.done();
        drop(baton);
        result
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        let _held = is(Locked).then(|| tx.shared.lock.lock().unwrap());
        match &mut tx.inner {
            Inner::Lossless(tx) => Lossless::try_send(tx, message),
            Inner::Lossy(tx) => Lossy::try_send(tx, message),
        }
    }

    async fn recv(rx: &mut Self::Rx) -> Got {
        let shared = Arc::clone(&rx.shared);
        let Some(inner) = rx.inner.as_mut() else { return Got::Closed };
        let inner = Mutex::new(inner);
        let mut dropped = unless_done(|| {
            if is(ReceiveTakes) {
                drop(inner.lock().unwrap().try_recv());
            }
        });
        let got = std::future::poll_fn(|cx| {
            if is(PollsGrow) {
                shared.waste.lock().unwrap().push([0; 4]);
            }
            let mut inner = inner.lock().unwrap();
            // A receive that is made anew for each poll keeps no place in line, and here that does no harm.
            inner.poll_recv(cx)
        })
        .await;
        dropped.done();
        Self::wrong(match got {
            Ok(message) => Got::Message(message),
            Err(broadcast::error::RecvError::Lagged(count)) => Got::Missed(count),
            Err(broadcast::error::RecvError::Closed) => Got::Closed,
        })
    }

    fn try_recv(rx: &mut Self::Rx) -> Got {
        let haunting = rx.shared.haunting.lock().unwrap().pop();
        if let Some(message) = haunting {
            return Got::Message(message);
        }
        let _held = is(Locked).then(|| rx.shared.lock.lock().unwrap());
        rx.inner.as_mut().map_or(Got::Closed, |rx| Self::wrong(Lossy::try_recv(rx)))
    }

    fn traits() -> Traits {
        if is(Smuggles) {
            return vec![handle!("Smuggler", T => Smuggler<T>)];
        }
        vec![handle!("Pinned", T => (Option<T>, std::marker::PhantomPinned))]
    }
}

fn subscribed(inner: &Inner) -> broadcast::Receiver<Message> {
    match inner {
        Inner::Lossless(tx) => tx.subscribe(),
        Inner::Lossy(tx) => tx.subscribe(),
    }
}
