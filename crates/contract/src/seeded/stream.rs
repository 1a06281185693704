//! Defects of channels for many messages.

use std::hint::black_box;
use std::mem::ManuallyDrop;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use thalweg::mpmc;
use tokio::sync::Semaphore;

use super::Seed;
use super::hooks::{Smuggler, unless_done};
use crate::message::Message;
use crate::ours::Mpmc;
use crate::stream::{Capacity, Nothing, Refused, Stream, column};
use crate::traits::{Traits, handle};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    Loses,
    Swaps,
    ReceiveTakes,
    ReceiveKeepsWake,
    SendHaunts,
    SendKeepsWake,
    EatsRefused,
    EatsGivenUp,
    SendBaton,
    ReceiveBaton,
    LastSenderFirst,
    LastReceiverFirst,
    BackOfTheLine,
    RoundsUp,
    ZeroIsOne,
    FreePermits,
    AllocatesMessage,
    AllocatesWait,
    PollsGrow,
    WaitsGrow,
    KeepsAll,
    SenderStays,
    ReceiverStays,
    QueueStays,
    CloseDiscards,
    Locked,
    PanicLeaks,
    NoBudget,
    Smuggles,
    Pinned,
    WaitShuts,
    Hoards,
    Doubles,
}

use Defect::*;

/// Each with its name, and the probes that must see it.
const DEFECTS: [(Defect, &str, &[&str]); 33] = [
    (Loses, "loses one of a hundred", &["exactly-once", "runtimes"]),
    (Swaps, "swaps two messages", &["order"]),
    (ReceiveTakes, "dropped receive takes one", &["cancel-recv"]),
    (ReceiveKeepsWake, "dropped receive keeps its wake", &["cancel-recv-wake"]),
    (SendHaunts, "dropped send is delivered", &["cancel-send"]),
    (SendKeepsWake, "dropped send keeps its wake", &["cancel-send-wake"]),
    (EatsRefused, "try_send eats its message", &["value-back"]),
    (EatsGivenUp, "given up send eats it", &["unsent-back"]),
    (SendBaton, "sends queue for a baton", &["neglected-send"]),
    (ReceiveBaton, "receives queue for a baton", &["neglected-recv"]),
    (LastSenderFirst, "last sender in line first", &["fifo-senders"]),
    (LastReceiverFirst, "last receiver in line first", &["fifo-receivers"]),
    (BackOfTheLine, "who loses goes to the back", &["overtaken"]),
    (RoundsUp, "rounds capacity up", &["capacity-exact"]),
    (ZeroIsOne, "zero is one", &["capacity-zero"]),
    (FreePermits, "permits take no place", &["permits"]),
    (AllocatesMessage, "allocates a message", &["alloc-message"]),
    (AllocatesWait, "allocates a wait", &["alloc-wait"]),
    (PollsGrow, "polls grow", &["spurious-polls"]),
    (WaitsGrow, "dropped waits grow", &["cancelled-waits"]),
    (KeepsAll, "keeps what it ever took", &["burst"]),
    (SenderStays, "a sender stays behind", &["last-sender"]),
    (ReceiverStays, "a receiver stays behind", &["last-receiver"]),
    (QueueStays, "the queue stays behind", &["frees-queue"]),
    (CloseDiscards, "close discards", &["close-call"]),
    (Locked, "works under a lock", &["waker-calls-back", "waker-panics", "message-calls-back", "others-inside"]),
    (PanicLeaks, "a panic leaks the rest", &["message-panics"]),
    (NoBudget, "no budget", &["neighbours-tokio", "neighbours-any"]),
    (Smuggles, "smuggles", &["rc"]),
    (Pinned, "pinned", &["auto-traits"]),
    (WaitShuts, "a waiting receive shuts it", &["forget"]),
    (Hoards, "hoards for one receiver", &["shares"]),
    (Doubles, "doubles one of a hundred", &["exactly-once"]),
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

/// [`Mpmc`] with the chosen defect.
struct Seeded;

/// What defects remember.
#[derive(Default)]
struct Shared {
    number: AtomicU64,
    stash: Mutex<Vec<Message>>,
    senders: Mutex<Vec<Waker>>,
    receivers: Mutex<Vec<Waker>>,
    waste: Mutex<Vec<[u64; 4]>>,
    lock: Mutex<()>,
    shut: AtomicBool,
    behind: Mutex<(Option<mpmc::Sender<Message>>, Option<mpmc::Receiver<Message>>)>,
}

impl Shared {
    /// Wakes one of a line: the last or the first, as the defect has it.
    fn wake(line: &Mutex<Vec<Waker>>) {
        let mut line = line.lock().unwrap();
        let waker = if line.is_empty() {
            None
        } else if is(BackOfTheLine) {
            Some(line.remove(0))
        } else {
            line.pop()
        };
        drop(line);
        waker.into_iter().for_each(Waker::wake);
    }

    fn every(&self, count: u64) -> bool {
        self.number.fetch_add(1, Ordering::SeqCst) % count == count - 1
    }

    fn waste(&self) {
        self.waste.lock().unwrap().push([0; 4]);
    }
}

#[derive(Clone)]
struct Tx {
    inner: mpmc::Sender<Message>,
    shared: Arc<Shared>,
    baton: Arc<Semaphore>,
}

struct Rx {
    inner: Option<mpmc::Receiver<Message>>,
    shared: Arc<Shared>,
    baton: Arc<Semaphore>,
    /// The first receiver of its channel.
    eldest: bool,
}

impl Rx {
    fn inner(&self) -> &mpmc::Receiver<Message> {
        self.inner.as_ref().expect("it is there until the handle is dropped")
    }
}

impl Drop for Rx {
    fn drop(&mut self) {
        if is(QueueStays) && self.inner().receiver_count() == 2 {
            self.inner().close();
        }
        if is(PanicLeaks) {
            let rest: Vec<_> = std::iter::from_fn(|| self.inner().try_recv().ok()).map(ManuallyDrop::new).collect();
            rest.into_iter().for_each(|message| drop(ManuallyDrop::into_inner(message)));
        }
        let _held = is(Locked).then(|| self.shared.lock.lock());
        drop(self.inner.take());
    }
}

impl Stream for Seeded {
    const NAME: &'static str = "seeded";
    const KIND: &'static str = "mpmc";
    const SHARED: bool = true;
    const PERMITS: bool = true;
    const GIVES_BACK: bool = true;
    const CLOSE_BY_RECEIVER: bool = true;
    type Tx = Tx;
    type Rx = Rx;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        let capacity = match capacity {
            Capacity::Bounded(0) if is(ZeroIsOne) => Capacity::Bounded(1),
            Capacity::Bounded(size) if is(RoundsUp) => Capacity::Bounded(size.next_power_of_two()),
            other => other,
        };
        let (tx, rx) = Mpmc::open(capacity)?;
        let shared = Arc::new(Shared::default());
        let sender = is(SenderStays).then(|| tx.clone());
        let receiver = (is(ReceiverStays) || is(QueueStays)).then(|| rx.clone());
        *shared.behind.lock().unwrap() = (sender, receiver);
        let baton = Arc::new(Semaphore::new(1));
        let tx = Tx { inner: tx, shared: Arc::clone(&shared), baton: Arc::clone(&baton) };
        Some((tx, Rx { inner: Some(rx), shared, baton, eldest: true }))
    }

    fn share(rx: &Self::Rx) -> Option<Self::Rx> {
        let eldest = rx.eldest && !rx.shared.shut.swap(is(Hoards), Ordering::SeqCst);
        let (shared, baton) = (Arc::clone(&rx.shared), Arc::clone(&rx.baton));
        Some(Rx { inner: rx.inner.clone(), shared, baton, eldest })
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        let Tx { inner, shared, baton } = tx;
        if is(Loses) && shared.every(100) {
            return Ok(());
        }
        if is(Doubles) && shared.every(100) {
            let _ = inner.send(message.clone()).await;
        }
        if is(SendHaunts) {
            return haunting_send(inner, shared, message).await;
        }
        if is(SendKeepsWake) {
            let mut kept = ManuallyDrop::new(Box::pin(inner.send(message)));
            return kept.as_mut().await.map_err(|error| Some(error.into_inner()));
        }
        if is(LastSenderFirst) || is(BackOfTheLine) {
            let mut message = Some(message);
            return std::future::poll_fn(|cx| lined_up_send(inner, shared, &mut message, cx)).await;
        }
        let _held = if is(SendBaton) { baton.acquire().await.ok() } else { None };
        Mpmc::send(inner, message).await
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        let Tx { inner, shared, .. } = tx;
        if is(AllocatesMessage) {
            drop(black_box(Box::new(message.id)));
        }
        if is(KeepsAll) {
            shared.waste();
        }
        let held = is(Locked).then(|| shared.lock.lock().unwrap());
        let result = Mpmc::try_send(inner, message);
        drop(held);
        match result {
            Err(Refused::Full(_)) if is(EatsRefused) => Err(Refused::Full(None)),
            other => {
                if other.is_ok() && is(LastReceiverFirst) {
                    Shared::wake(&shared.receivers);
                }
                other
            }
        }
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        let (inner, shared) = (rx.inner.as_ref()?, &rx.shared);
        if is(ReceiveKeepsWake) {
            let mut kept = ManuallyDrop::new(Box::pin(inner.recv()));
            return kept.as_mut().await.ok();
        }
        if is(LastReceiverFirst) || is(Hoards) && rx.eldest {
            return std::future::poll_fn(|cx| lined_up_recv(inner, shared, cx)).await;
        }
        if is(NoBudget) {
            if let Ok(message) = inner.try_recv() {
                return Some(message);
            }
        }
        let _held = if is(ReceiveBaton) { rx.baton.acquire().await.ok() } else { None };
        let mut dropped = unless_done(|| {
            if is(ReceiveTakes) {
                drop(inner.try_recv());
            }
            if is(WaitsGrow) {
                shared.waste();
            }
            shared.shut.store(false, Ordering::SeqCst);
        });
        let mut receive = pin!(inner.recv());
        let got = std::future::poll_fn(|cx| {
            if is(PollsGrow) {
                shared.waste();
            }
            let _held = is(Locked).then(|| shared.lock.lock().unwrap());
            let polled = receive.as_mut().poll(cx);
            if is(AllocatesWait) && polled.is_pending() {
                drop(black_box(Box::new(1)));
            }
            shared.shut.store(is(WaitShuts), Ordering::SeqCst);
            polled
        })
        .await;
        dropped.done();
        shared.shut.store(false, Ordering::SeqCst);
        got.ok()
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        while rx.shared.shut.load(Ordering::SeqCst) && is(WaitShuts) {
            std::thread::yield_now();
        }
        let stashed = rx.shared.stash.lock().unwrap().pop();
        if let Some(message) = stashed {
            return Ok(message);
        }
        let result = rx.inner().try_recv();
        if result.is_ok() {
            Shared::wake(&rx.shared.senders);
        }
        if is(Swaps) && rx.shared.every(10) {
            if let (Ok(first), Ok(second)) = (&result, rx.inner().try_recv()) {
                rx.shared.stash.lock().unwrap().push(first.clone());
                return Ok(second);
            }
        }
        result.map_err(|error| if error.is_closed() { Nothing::Closed } else { Nothing::Empty })
    }

    fn close_by_receiver(rx: &mut Self::Rx) {
        if is(CloseDiscards) {
            drop(rx.inner().close_and_drain());
        } else {
            rx.inner().close();
        }
    }

    async fn hold(tx: &mut Self::Tx, message: Message, signal: impl Future<Output = ()> + Send) {
        if is(FreePermits) {
            signal.await;
            let _ = tx.inner.send(message).await;
        } else {
            Mpmc::hold(&mut tx.inner, message, signal).await;
        }
    }

    async fn send_or_back(
        tx: &mut Self::Tx,
        message: Message,
        signal: impl Future<Output = ()> + Send,
    ) -> Result<(), Option<Message>> {
        let result = Mpmc::send_or_back(&mut tx.inner, message, signal).await;
        if is(EatsGivenUp) { result.map_err(|_| None) } else { result }
    }

    fn traits() -> Traits {
        if is(Smuggles) {
            return vec![handle!("Smuggler", T => Smuggler<T>)];
        }
        vec![handle!("Pinned", T => (mpmc::Sender<T>, std::marker::PhantomPinned))]
    }
}

/// A send whose message is delivered after it was dropped.
async fn haunting_send(
    inner: &mpmc::Sender<Message>,
    shared: &Shared,
    message: Message,
) -> Result<(), Option<Message>> {
    let slot = Mutex::new(Some(message));
    let mut dropped = unless_done(|| shared.stash.lock().unwrap().extend(slot.lock().unwrap().take()));
    let permit = inner.reserve().await;
    dropped.done();
    let message = slot.lock().unwrap().take();
    match (permit, message) {
        (Ok(permit), Some(message)) => permit.send(message).map_err(|error| Some(error.into_inner())),
        (_, message) => Err(message),
    }
}

/// A send that lines up where [`Shared::wake`] looks.
fn lined_up_send(
    inner: &mut mpmc::Sender<Message>,
    shared: &Shared,
    message: &mut Option<Message>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Option<Message>>> {
    let Some(unsent) = message.take() else { return Poll::Ready(Err(None)) };
    match Mpmc::try_send(inner, unsent) {
        Ok(()) => Poll::Ready(Ok(())),
        Err(Refused::Closed(back)) => Poll::Ready(Err(back)),
        Err(Refused::Full(back)) => {
            *message = back;
            shared.senders.lock().unwrap().push(cx.waker().clone());
            Poll::Pending
        }
    }
}

/// A receive that does the same, or that never rests if it is to have most.
fn lined_up_recv(inner: &mpmc::Receiver<Message>, shared: &Shared, cx: &mut Context<'_>) -> Poll<Option<Message>> {
    match inner.try_recv() {
        Ok(message) => Poll::Ready(Some(message)),
        Err(error) if error.is_closed() => Poll::Ready(None),
        Err(_) if is(Hoards) => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        Err(_) => {
            shared.receivers.lock().unwrap().push(cx.waker().clone());
            Poll::Pending
        }
    }
}
