//! The channel with one receiver against a naive one made of a `VecDeque`: random operations, futures polled by hand. After
//! each step everything that can be asked is compared, and whoever should have been woken must have been.

use std::{collections::VecDeque, sync::Arc, task::Context};

use proptest::prelude::*;
use thalweg::mpsc::{
    OwnedPermit, Receiver, Sender, WeakSender, channel,
    error::{TryRecvError, TrySendError},
    future::ReserveOwned,
};

use crate::harness::{Ledger, Message, Probe, Task, task};

/// What is done next; the numbers choose among what is there.
#[derive(Clone, Copy, Debug)]
enum Step {
    TrySend,
    TryRecv,
    Poll(usize),
    PollMany(usize),
    RecvAndDrop(usize),
    StartReserve,
    PollReserve(usize),
    DropReserve(usize),
    TryReserve,
    Send(usize),
    DropPermit(usize),
    CloneSender,
    DropSender,
    CloneWeak,
    DropWeak,
    Upgrade,
    Close,
    DropReceiver,
}

/// The steps, each as often as it is likely.
const LIKELY: [(usize, fn(usize) -> Step); 18] = [
    (6, |_| Step::TrySend),
    (5, |_| Step::TryRecv),
    (8, Step::Poll),
    (4, Step::PollMany),
    (8, Step::RecvAndDrop),
    (5, |_| Step::StartReserve),
    (6, Step::PollReserve),
    (2, Step::DropReserve),
    (2, |_| Step::TryReserve),
    (6, Step::Send),
    (2, Step::DropPermit),
    (2, |_| Step::CloneSender),
    (2, |_| Step::DropSender),
    (1, |_| Step::CloneWeak),
    (1, |_| Step::DropWeak),
    (1, |_| Step::Upgrade),
    (1, |_| Step::Close),
    (1, |_| Step::DropReceiver),
];

/// A run of steps from plain numbers: cheap to draw and to shrink.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let table: Vec<_> = LIKELY.iter().flat_map(|(weight, step)| std::iter::repeat_n(*step, *weight)).collect();
    prop::collection::vec(0..table.len() * 4, 1..120)
        .prop_map(move |drawn| drawn.iter().map(|n| table[n / 4](n % 4)).collect())
}

/// The channel and its naive twin, side by side.
struct Twins {
    ledger: Ledger,
    capacity: usize,
    senders: Vec<Sender<Message>>,
    weak: Vec<WeakSender<Message>>,
    permits: Vec<OwnedPermit<Message>>,
    reserves: Vec<Task<ReserveOwned<Message>>>,
    receiver: Option<Receiver<Message>>,
    wakers: [Arc<Probe>; 2],
    /// Which of the wakers the receiver waits with, since its last poll found nothing.
    waits: Option<usize>,
    queue: VecDeque<usize>,
    closed: bool,
}

fn choose<T>(from: &[T], which: usize) -> Option<usize> {
    (!from.is_empty()).then(|| which % from.len())
}

impl Twins {
    fn new(capacity: usize) -> Twins {
        let (sender, mut receiver) = channel(capacity);
        sender.set_budget(None);
        receiver.set_budget(None);
        Twins {
            ledger: Ledger::new(),
            capacity,
            weak: vec![sender.downgrade()],
            senders: vec![sender],
            permits: Vec::new(),
            reserves: Vec::new(),
            receiver: Some(receiver),
            wakers: [Probe::new(), Probe::new()],
            waits: None,
            queue: VecDeque::new(),
            closed: false,
        }
    }

    fn present(&self) -> usize {
        self.senders.len() + self.permits.len() + self.reserves.len()
    }

    fn room(&self) -> usize {
        self.capacity - self.queue.len() - self.permits.len()
    }

    /// Nothing is queued, and nothing will be.
    fn at_end(&self) -> bool {
        self.closed && self.queue.is_empty() && self.permits.is_empty()
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::TrySend => self.try_send(),
            Step::TryRecv => self.try_recv(),
            Step::Poll(which) => self.poll(which % 2, 1, true),
            Step::PollMany(which) => self.poll(which % 2, 1 + which, true),
            Step::RecvAndDrop(which) => self.poll(which % 2, 1, false),
            Step::StartReserve => self.reserves.extend(self.senders.last().map(|it| task(it.clone().reserve_owned()))),
            Step::PollReserve(which) => self.poll_reserve(which),
            Step::DropReserve(which) => {
                choose(&self.reserves, which).map(|at| self.reserves.remove(at));
            }
            Step::TryReserve => self.try_reserve(),
            Step::Send(which) => self.send(which),
            Step::DropPermit(which) => {
                choose(&self.permits, which).map(|at| self.permits.remove(at));
            }
            Step::CloneSender => self.senders.extend(self.senders.last().cloned()),
            Step::DropSender => drop(self.senders.pop()),
            Step::CloneWeak => self.weak.extend(self.weak.last().cloned()),
            Step::DropWeak => drop(self.weak.pop()),
            Step::Upgrade => {
                let Some(weak) = self.weak.last() else { return };
                let upgraded = weak.upgrade();
                assert_eq!(upgraded.is_some(), self.present() > 0);
                self.senders.extend(upgraded);
            }
            Step::Close => {
                if let Some(receiver) = &mut self.receiver {
                    receiver.close();
                    self.closed = true;
                }
            }
            Step::DropReceiver => {
                if self.receiver.take().is_some() {
                    self.closed = true;
                    self.queue.clear();
                    self.waits = None;
                }
            }
        }
        self.closed |= self.present() == 0;
    }

    fn try_send(&mut self) {
        let Some(sender) = self.senders.last() else { return };
        let message = self.ledger.message();
        let id = message.id;
        match sender.try_send(message) {
            Ok(()) => {
                assert!(!self.closed && self.room() > 0);
                self.queue.push_back(id);
            }
            Err(TrySendError::Full(back)) => assert!(!self.closed && self.room() == 0 && back.id == id),
            Err(TrySendError::Closed(back)) => assert!(self.closed && back.id == id),
        }
    }

    fn try_recv(&mut self) {
        let Some(receiver) = &mut self.receiver else { return };
        match receiver.try_recv() {
            Ok(message) => assert_eq!(Some(message.id), self.queue.pop_front()),
            Err(error) => {
                assert!(self.queue.is_empty());
                assert_eq!(error == TryRecvError::Disconnected, self.at_end());
            }
        }
    }

    /// Polls for up to `limit` messages, by hand or through a future that is dropped after it; as often as it wakes itself.
    fn poll(&mut self, which: usize, limit: usize, by_hand: bool) {
        let Some(receiver) = &mut self.receiver else { return };
        let probe = &self.wakers[which];
        let mut got = Vec::new();
        let waker = probe.waker();
        let mut cx = Context::from_waker(&waker);
        let ready = loop {
            probe.rest();
            let polled = if by_hand {
                receiver.poll_recv_many(&mut cx, &mut got, limit).map(|count| assert_eq!(count, got.len()))
            } else {
                let mut receive = std::pin::pin!(receiver.recv());
                receive.as_mut().poll(&mut cx).map(|message| got.extend(message))
            };
            if polled.is_ready() || !probe.woken() {
                break polled.is_ready();
            }
        };
        assert_eq!(ready, !self.queue.is_empty() || self.at_end());
        let expected: Vec<_> = self.queue.drain(..limit.min(self.queue.len())).collect();
        assert_eq!(got.iter().map(|message| message.id).collect::<Vec<_>>(), expected);
        self.waits = (!ready).then_some(which);
        probe.rest();
    }

    fn poll_reserve(&mut self, which: usize) {
        let Some(at) = choose(&self.reserves, which) else { return };
        let polled = self.reserves[at].settle();
        let (closed, room) = (self.closed, self.room());
        match polled {
            std::task::Poll::Pending => {
                // It may leave what there is to one that came before it and was woken for it.
                let others = self.reserves.iter().filter(|it| it.woken()).count();
                assert!(!closed && room <= others, "room for {room}, {others} others woken");
            }
            std::task::Poll::Ready(Ok(permit)) => {
                assert!(!closed && room > 0);
                drop(self.reserves.remove(at));
                self.permits.push(permit);
            }
            std::task::Poll::Ready(Err(_)) => {
                assert!(closed);
                drop(self.reserves.remove(at));
            }
        }
    }

    fn try_reserve(&mut self) {
        let Some(sender) = self.senders.last() else { return };
        match sender.clone().try_reserve_owned() {
            Ok(permit) => {
                assert!(!self.closed && self.room() > 0);
                self.permits.push(permit);
            }
            Err(error) => assert_eq!(matches!(error, TrySendError::Closed(_)), self.closed),
        }
    }

    fn send(&mut self, which: usize) {
        let Some(at) = choose(&self.permits, which) else { return };
        let message = self.ledger.message();
        let id = message.id;
        self.senders.push(self.permits.remove(at).send(message));
        if self.receiver.is_some() {
            self.queue.push_back(id);
        }
    }

    fn compare(&mut self) {
        let (present, weak) = (self.present(), self.weak.len());
        if let Some(sender) = self.senders.last() {
            assert_eq!((sender.strong_count(), sender.weak_count()), (present, weak));
            assert_eq!((sender.capacity(), sender.max_capacity()), (self.room(), self.capacity));
            assert_eq!(sender.is_closed(), self.closed);
        }
        if let Some(receiver) = &self.receiver {
            assert_eq!((receiver.sender_strong_count(), receiver.sender_weak_count()), (present, weak));
            assert_eq!((receiver.len(), receiver.is_empty()), (self.queue.len(), self.queue.is_empty()));
            assert_eq!((receiver.capacity(), receiver.is_closed()), (self.room(), self.closed));
        }
        assert_eq!(self.ledger.alive(), self.queue.len());
        if let Some(which) = self.waits {
            let due = !self.queue.is_empty() || self.at_end();
            assert!(!due || self.wakers[which].woken(), "there is something, and the receiver sleeps");
        }
        let woken = self.reserves.iter().any(|reserve| reserve.woken());
        let waiting = self.reserves.iter().filter(|reserve| held(reserve.probe())).count();
        assert!(waiting == 0 || woken || (!self.closed && self.room() == 0), "there is room, and all senders sleep");
    }
}

/// Whether the channel holds a waker of this task.
fn held(probe: &Arc<Probe>) -> bool {
    Arc::strong_count(probe) > 1
}

fn run(capacity: usize, steps: &[Step]) {
    let mut twins = Twins::new(capacity);
    for step in steps {
        twins.take(*step);
        twins.compare();
    }
    let (ledger, wakers) = (twins.ledger.clone(), twins.wakers.clone());
    drop(twins);
    ledger.all_dropped_once();
    assert!(!wakers.iter().any(held), "a waker stayed behind");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_the_naive_one(capacity in 1..4_usize, steps in steps()) {
        run(capacity, &steps);
    }
}
