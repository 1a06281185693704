//! Promise 2, sharper: the channel against a naive one made of a `VecDeque`. Random operations, futures polled by hand; after each step
//! everything that can be asked is compared, and whoever should have been woken must have been.

use std::{collections::VecDeque, task::Poll};

use proptest::prelude::*;
use thalweg::mpmc::{
    OwnedPermit, OwnedRecv, OwnedSend, Receiver, ReserveOwned, Sender, TryRecvError, TrySendError, WeakReceiver,
    WeakSender,
};

use crate::harness::*;

/// What is done next; the numbers choose among what is there.
#[derive(Clone, Copy, Debug)]
enum Step {
    TrySend,
    TryRecv,
    ForceSend,
    TrySendMany(usize),
    TryRecvMany(usize),
    Drain,
    StartSend,
    StartRecv,
    StartReserve,
    PollSend(usize),
    PollRecv(usize),
    PollReserve(usize),
    MoveSend(usize),
    MoveRecv(usize),
    DropSend(usize),
    DropRecv(usize),
    DropReserve(usize),
    CancelSend(usize),
    TryReserve,
    UsePermit(usize),
    DropPermit(usize),
    CloneSender,
    CloneReceiver,
    DropSender,
    DropReceiver,
    Close(bool),
}

/// The steps, each as often as it is likely.
const LIKELY: [(usize, fn(usize) -> Step); 26] = [
    (8, |_| Step::TrySend),
    (8, |_| Step::TryRecv),
    (2, |_| Step::ForceSend),
    (2, Step::TrySendMany),
    (2, Step::TryRecvMany),
    (1, |_| Step::Drain),
    (9, |_| Step::StartSend),
    (9, |_| Step::StartRecv),
    (3, |_| Step::StartReserve),
    (8, Step::PollSend),
    (8, Step::PollRecv),
    (3, Step::PollReserve),
    (2, Step::MoveSend),
    (2, Step::MoveRecv),
    (3, Step::DropSend),
    (3, Step::DropRecv),
    (2, Step::DropReserve),
    (2, Step::CancelSend),
    (2, |_| Step::TryReserve),
    (3, Step::UsePermit),
    (2, Step::DropPermit),
    (1, |_| Step::CloneSender),
    (1, |_| Step::CloneReceiver),
    (1, |_| Step::DropSender),
    (1, |_| Step::DropReceiver),
    (1, |which| Step::Close(which % 2 == 0)),
];

/// A run of steps from plain numbers: cheap to draw and to shrink.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let table: Vec<_> = LIKELY.iter().flat_map(|(weight, step)| std::iter::repeat_n(*step, *weight)).collect();
    prop::collection::vec(0..table.len() * 4, 1..120)
        .prop_map(move |drawn| drawn.iter().map(|n| table[n / 4](n % 4)).collect())
}

/// A pending operation, and how often in a row it stepped back although it could go on.
struct Pending<F: Future> {
    task: Task<F>,
    id: usize,
    deferred: usize,
    /// The first and the last message that were queued when it stepped back.
    seen: (Option<usize>, Option<usize>),
}

/// How often an operation may step back in a row while no message moves: once in courtesy, and once because it had
/// woken itself.
const COURTESY: usize = 2;

/// The channel and its naive twin, side by side.
struct Twins {
    ledger: Ledger,
    capacity: usize,
    senders: Vec<Sender<Message>>,
    receivers: Vec<Receiver<Message>>,
    weak: (WeakSender<Message>, WeakReceiver<Message>),
    sends: Vec<Pending<OwnedSend<Message>>>,
    recvs: Vec<Pending<OwnedRecv<Message>>>,
    reserves: Vec<Pending<ReserveOwned<Message>>>,
    permits: Vec<OwnedPermit<Message>>,
    queue: VecDeque<usize>,
    closed: bool,
}

fn choose<T>(from: &[T], which: usize) -> Option<usize> {
    (!from.is_empty()).then(|| which % from.len())
}

impl Twins {
    fn new(capacity: usize) -> Twins {
        let (sender, receiver) = channel(capacity);
        sender.set_budget(None);
        receiver.set_budget(None);
        Twins {
            ledger: Ledger::new(),
            capacity,
            weak: (sender.downgrade(), receiver.downgrade()),
            senders: vec![sender],
            receivers: vec![receiver],
            sends: Vec::new(),
            recvs: Vec::new(),
            reserves: Vec::new(),
            permits: Vec::new(),
            queue: VecDeque::new(),
            closed: false,
        }
    }

    /// How many messages fit now. At capacity 0 as many as receivers wait: which ones do, only the channel knows.
    fn room(&self) -> usize {
        match (self.capacity, self.weak.0.upgrade()) {
            (0, Some(sender)) => sender.waiting_receivers().saturating_sub(self.permits.len()),
            (0, None) => 0,
            (limit, _) => limit - (self.queue.len() + self.permits.len()).min(limit),
        }
    }

    /// All receivers are gone, or the channel was closed, or all senders are gone.
    fn settle_counts(&mut self) {
        if self.receivers.is_empty() && self.recvs.is_empty() {
            self.closed = true;
            self.queue.clear();
        }
        if self.senders.is_empty() && self.sends.is_empty() && self.reserves.is_empty() && self.permits.is_empty() {
            self.closed = true;
        }
    }

    fn try_send(&mut self) {
        let Some(sender) = self.senders.first() else { return };
        let message = self.ledger.message();
        let (id, room) = (message.id, self.room());
        match sender.try_send(message) {
            Ok(()) => {
                assert!(!self.closed && room > 0);
                self.queue.push_back(id);
            }
            Err(TrySendError::Full(message)) => assert!(!self.closed && room == 0 && message.id == id),
            Err(TrySendError::Closed(message)) => assert!(self.closed && message.id == id),
        }
    }

    fn try_recv(&mut self) {
        let Some(receiver) = self.receivers.first() else { return };
        let expected = match self.queue.pop_front() {
            Some(id) => Ok(id),
            None if self.closed && self.permits.is_empty() => Err(TryRecvError::Closed),
            None => Err(TryRecvError::Empty),
        };
        assert_eq!(receiver.try_recv().map(|message| message.id), expected);
    }

    fn force_send(&mut self) {
        let Some(sender) = self.senders.first() else { return };
        let message = self.ledger.message();
        let (id, room) = (message.id, self.room());
        let expected = match () {
            () if self.closed => Err(id),
            () if room > 0 => Ok(None),
            () if self.capacity == 0 => Ok(Some(id)),
            () => Ok(Some(self.queue.pop_front().unwrap_or(id))),
        };
        let result = sender.force_send(message);
        let actual = match &result {
            Ok(displaced) => Ok(displaced.as_ref().map(|message| message.id)),
            Err(error) => Err(error.0.id),
        };
        assert_eq!(actual, expected);
        if !self.closed && expected != Ok(Some(id)) {
            self.queue.push_back(id);
        }
    }

    fn try_send_many(&mut self, size: usize) {
        let Some(sender) = self.senders.first() else { return };
        let mut batch: VecDeque<_> = (0..size).map(|_| self.ledger.message()).collect();
        let ids: Vec<_> = batch.iter().map(|message| message.id).collect();
        let fits = if self.closed { 0 } else { self.room().min(size) };
        let expected = match () {
            () if self.closed && size > 0 => Err(TrySendError::Closed(())),
            () if fits < size => Err(TrySendError::Full(())),
            () => Ok(()),
        };
        let result = sender.try_send_many(&mut batch);
        if size > 0 {
            assert_eq!(result, expected);
        }
        assert!(batch.iter().map(|message| message.id).eq(ids[fits..].iter().copied()), "what was not sent stays");
        self.queue.extend(&ids[..fits]);
    }

    fn try_recv_many(&mut self, limit: usize) {
        let Some(receiver) = self.receivers.first() else { return };
        let mut batch: Vec<Message> = Vec::new();
        let taken: Vec<_> = self.queue.drain(..limit.min(self.queue.len())).collect();
        let expected = match () {
            () if !taken.is_empty() || limit == 0 => Ok(taken.len()),
            () if self.closed && self.permits.is_empty() => Err(TryRecvError::Closed),
            () => Err(TryRecvError::Empty),
        };
        assert_eq!(receiver.try_recv_many(&mut batch, limit), expected);
        assert!(batch.iter().map(|message| message.id).eq(taken));
    }

    fn drain(&mut self) {
        let Some(receiver) = self.receivers.first() else { return };
        assert!(receiver.drain().map(|message| message.id).eq(self.queue.drain(..)));
    }

    fn poll_send(&mut self, n: usize) {
        let room = self.room();
        let send = &mut self.sends[n];
        match send.task.poll() {
            Poll::Ready(Ok(())) => {
                assert!(!self.closed && room > 0, "sent without room");
                self.queue.push_back(send.id);
                self.sends.remove(n);
            }
            Poll::Ready(Err(error)) => {
                assert!(self.closed && error.0.id == send.id);
                self.sends.remove(n);
            }
            Poll::Pending => {
                assert!(!self.closed, "it waits for ever");
                courteous(send, room > 0, (self.queue.front().copied(), self.queue.back().copied()));
            }
        }
    }

    fn poll_reserve(&mut self, n: usize) {
        let room = self.room();
        let reserve = &mut self.reserves[n];
        match reserve.task.poll() {
            Poll::Ready(Ok(permit)) => {
                assert!(!self.closed && room > 0, "reserved without room");
                self.permits.push(permit);
                self.reserves.remove(n);
            }
            Poll::Ready(Err(_)) => {
                assert!(self.closed);
                self.reserves.remove(n);
            }
            Poll::Pending => {
                assert!(!self.closed, "it waits for ever");
                courteous(reserve, room > 0, (self.queue.front().copied(), self.queue.back().copied()));
            }
        }
    }

    fn poll_recv(&mut self, n: usize) {
        let ended = self.closed && self.permits.is_empty();
        let recv = &mut self.recvs[n];
        match recv.task.poll() {
            Poll::Ready(Ok(message)) => {
                assert_eq!(Some(message.id), self.queue.pop_front(), "the oldest");
                self.recvs.remove(n);
            }
            Poll::Ready(Err(_)) => {
                assert!(ended && self.queue.is_empty());
                self.recvs.remove(n);
            }
            Poll::Pending => {
                assert!(!(ended && self.queue.is_empty()), "it waits for ever");
                courteous(recv, !self.queue.is_empty(), (self.queue.front().copied(), self.queue.back().copied()));
            }
        }
    }

    fn use_permit(&mut self, n: usize) {
        let message = self.ledger.message();
        let id = message.id;
        let abandoned = self.receivers.is_empty() && self.recvs.is_empty();
        match self.permits.remove(n).send(message) {
            Ok(sender) => {
                assert!(!abandoned);
                self.queue.push_back(id);
                drop(sender);
            }
            Err(error) => assert!(abandoned && error.0.id == id),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::TrySend => self.try_send(),
            Step::TryRecv => self.try_recv(),
            Step::ForceSend => self.force_send(),
            Step::TrySendMany(size) => self.try_send_many(size),
            Step::TryRecvMany(limit) => self.try_recv_many(limit),
            Step::Drain => self.drain(),
            Step::StartSend | Step::StartRecv | Step::StartReserve | Step::TryReserve => self.start(step),
            Step::PollSend(n) => drop(choose(&self.sends, n).map(|n| self.poll_send(n))),
            Step::PollRecv(n) => drop(choose(&self.recvs, n).map(|n| self.poll_recv(n))),
            Step::PollReserve(n) => drop(choose(&self.reserves, n).map(|n| self.poll_reserve(n))),
            Step::MoveSend(n) => {
                if let Some(n) = choose(&self.sends, n) {
                    drop(self.sends[n].task.swap_waker());
                    self.poll_send(n);
                }
            }
            Step::MoveRecv(n) => {
                if let Some(n) = choose(&self.recvs, n) {
                    drop(self.recvs[n].task.swap_waker());
                    self.poll_recv(n);
                }
            }
            Step::DropSend(n) => drop(choose(&self.sends, n).map(|n| self.sends.remove(n))),
            Step::DropRecv(n) => drop(choose(&self.recvs, n).map(|n| self.recvs.remove(n))),
            Step::DropReserve(n) => drop(choose(&self.reserves, n).map(|n| self.reserves.remove(n))),
            Step::CancelSend(n) => {
                if let Some(n) = choose(&self.sends, n) {
                    let mut send = self.sends.remove(n);
                    assert_eq!(send.task.pinned().cancel().map(|message| message.id), Some(send.id));
                }
            }
            Step::UsePermit(n) => drop(choose(&self.permits, n).map(|n| self.use_permit(n))),
            Step::DropPermit(n) => drop(choose(&self.permits, n).map(|n| self.permits.remove(n))),
            Step::CloneSender => self.senders.extend(self.senders.first().cloned()),
            Step::CloneReceiver => self.receivers.extend(self.receivers.first().cloned()),
            Step::DropSender => drop(self.senders.pop()),
            Step::DropReceiver => drop(self.receivers.pop()),
            Step::Close(by_sender) => self.close(by_sender),
        }
    }

    /// Starts an operation, polled once.
    fn start(&mut self, step: Step) {
        match (step, self.senders.first(), self.receivers.first()) {
            (Step::StartSend, Some(sender), _) => {
                let message = self.ledger.message();
                let id = message.id;
                self.sends.push(Pending {
                    task: task(sender.send_owned(message)),
                    id,
                    deferred: 0,
                    seen: (None, None),
                });
                self.poll_send(self.sends.len() - 1);
            }
            (Step::StartReserve, Some(sender), _) => {
                self.reserves.push(Pending {
                    task: task(sender.clone().reserve_owned()),
                    id: 0,
                    deferred: 0,
                    seen: (None, None),
                });
                self.poll_reserve(self.reserves.len() - 1);
            }
            (Step::TryReserve, Some(sender), _) => {
                let room = self.room();
                match sender.clone().try_reserve_owned() {
                    Ok(permit) => {
                        assert!(!self.closed && room > 0);
                        self.permits.push(permit);
                    }
                    Err(error) => assert!(if self.closed { error.is_closed() } else { error.is_full() && room == 0 }),
                }
            }
            (Step::StartRecv, _, Some(receiver)) => {
                self.recvs.push(Pending { task: task(receiver.recv_owned()), id: 0, deferred: 0, seen: (None, None) });
                self.poll_recv(self.recvs.len() - 1);
            }
            _ => {}
        }
    }

    fn close(&mut self, by_sender: bool) {
        let first = match (self.senders.first(), self.receivers.first()) {
            (Some(sender), _) if by_sender => sender.close(),
            (_, Some(receiver)) => receiver.close(),
            _ => return,
        };
        assert_eq!(first, !self.closed);
        self.closed = true;
    }

    /// Everything that can be asked agrees, and nobody sleeps who should not.
    fn check(&self) {
        let senders = self.senders.len() + self.sends.len() + self.reserves.len() + self.permits.len();
        let receivers = self.receivers.len() + self.recvs.len();
        let free = self.capacity - (self.queue.len() + self.permits.len()).min(self.capacity);
        if let Some(sender) = self.senders.first() {
            assert_eq!((sender.len(), sender.reserved()), (self.queue.len(), self.permits.len()));
            assert_eq!((sender.is_closed(), sender.is_empty()), (self.closed, self.queue.is_empty()));
            assert_eq!((sender.sender_count(), sender.receiver_count()), (senders, receivers));
            let bounded = self.capacity != usize::MAX;
            assert_eq!(sender.free_capacity(), bounded.then_some(free));
            assert_eq!(sender.is_full(), self.capacity == 0 || free == 0);
            assert!(sender.waiting_senders() <= self.sends.len() + self.reserves.len());
            assert!(sender.waiting_receivers() <= self.recvs.len());
        }
        if let Some(receiver) = self.receivers.first() {
            assert_eq!((receiver.len(), receiver.is_closed()), (self.queue.len(), self.closed));
        }
        assert_eq!(self.weak.0.upgrade().is_some(), !self.closed && senders > 0);
        assert_eq!(self.weak.1.upgrade().is_some(), !self.closed && receivers > 0);
        self.check_wakes();
    }

    fn check_wakes(&self) {
        let mut receivers = self.recvs.iter().map(|recv| recv.task.woken());
        let mut senders = self.sends.iter().map(|send| send.task.woken());
        let mut reserves = self.reserves.iter().map(|reserve| reserve.task.woken());
        if self.closed {
            assert!(senders.all(|woken| woken) && reserves.all(|woken| woken), "all senders are told of the end");
            if self.permits.is_empty() && self.queue.is_empty() {
                assert!(receivers.all(|woken| woken), "all receivers are told of the end");
            }
        } else {
            if self.room() > 0 && self.sends.len() + self.reserves.len() > 0 {
                assert!(senders.any(|woken| woken) || reserves.any(|woken| woken), "room, and every sender sleeps");
            }
            if !self.queue.is_empty() && !self.recvs.is_empty() {
                assert!(receivers.any(|woken| woken), "a message, and every receiver sleeps");
            }
        }
    }
}

/// Who can go on and does not has woken itself, and does not do so again and again.
fn courteous<F: Future>(pending: &mut Pending<F>, could: bool, queued: (Option<usize>, Option<usize>)) {
    // An empty queue does not tell whether messages came and went.
    let unmoved = queued.0.is_some() && pending.seen == queued;
    pending.seen = queued;
    pending.deferred = if could && unmoved { pending.deferred + 1 } else { 0 };
    if could {
        assert!(pending.task.woken(), "it sleeps beside what it waits for");
        assert!(pending.deferred <= COURTESY, "it steps back again and again");
    }
}

fn run(capacity: usize, steps: &[Step]) {
    let mut twins = Twins::new(capacity);
    for step in steps {
        twins.take(*step);
        twins.settle_counts();
        twins.check();
    }
    let Twins { ledger, queue, senders, sends, reserves, permits, recvs, receivers, weak, .. } = twins;
    drop((senders, sends, reserves, permits));
    if let Some(receiver) = receivers.first() {
        assert!(receiver.try_iter().map(|message| message.id).eq(queue), "what was accepted is there");
    }
    drop((recvs, receivers));
    assert!(weak.0.upgrade().is_none() && weak.1.upgrade().is_none());
    ledger.all_dropped_once();
}

/// `PROPTEST_CASES` asks for more of them.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { cases };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..default }
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn rendezvous_agrees_with_its_naive_twin(steps in steps()) {
        run(0, &steps);
    }

    #[test]
    fn smallest_buffers_agree_with_their_naive_twin(capacity in 1..4usize, steps in steps()) {
        run(capacity, &steps);
    }

    #[test]
    fn unbounded_agrees_with_its_naive_twin(steps in steps()) {
        run(usize::MAX, &steps);
    }
}
