//! Random operations over several receivers, beside a naive twin that keeps every message there ever was.

use std::task::Poll;

use proptest::prelude::*;
use thalweg::broadcast::{
    Receiver, Sender,
    error::{RecvError, TryRecvError, TrySendError},
};

use crate::harness::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Send,
    TryRecv(usize),
    /// Polls a `recv` once, and drops it.
    PollRecv(usize),
    /// Polls a stream once, which waits on.
    PollNext(usize),
    Subscribe,
    Resubscribe(usize),
    Leave(usize),
    Deactivate(usize),
    Activate,
    CloneSender,
    DropSender,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let which = 0..8usize;
    let step = prop_oneof![
        8 => Just(Step::Send),
        6 => which.clone().prop_map(Step::TryRecv),
        3 => which.clone().prop_map(Step::PollRecv),
        3 => which.clone().prop_map(Step::PollNext),
        2 => Just(Step::Subscribe),
        1 => which.clone().prop_map(Step::Resubscribe),
        1 => which.clone().prop_map(Step::Leave),
        1 => which.prop_map(Step::Deactivate),
        1 => Just(Step::Activate),
        1 => Just(Step::CloneSender),
        1 => Just(Step::DropSender),
    ];
    prop::collection::vec(step, 0..120)
}

/// A message that is counted while it is alive.
#[derive(Clone)]
struct Leaf(usize, #[allow(dead_code, reason = "its count is looked at")] std::sync::Arc<()>);

/// A receiver and what the naive twin knows of it: which message is next.
struct Reader {
    receiver: Receiver<Leaf>,
    next: usize,
    probe: std::sync::Arc<Probe>,
    /// It waits as a stream.
    waits: bool,
}

struct Twins<M> {
    capacity: usize,
    lossless: bool,
    senders: Vec<Sender<Leaf, M>>,
    send: fn(&Sender<Leaf, M>, Leaf) -> Result<usize, TrySendError<Leaf>>,
    readers: Vec<Reader>,
    inactive: Vec<thalweg::broadcast::InactiveReceiver<Leaf>>,
    sent: usize,
    /// For each message of the log, how many have yet to read it, of those who are owed it.
    alive: std::sync::Arc<()>,
}

impl<M> Twins<M> {
    fn reader(&mut self, receiver: Receiver<Leaf>) {
        let reader = Reader { receiver, next: self.sent, probe: Probe::new(), waits: false };
        self.readers.push(reader);
    }

    /// The oldest message that is there for anyone.
    fn oldest(&self) -> usize {
        self.sent.saturating_sub(self.capacity)
    }

    /// How many messages somebody has yet to read.
    fn unread(&self) -> usize {
        let slowest = self.readers.iter().map(|reader| reader.next).min().unwrap_or(self.sent);
        self.sent - slowest.max(self.oldest())
    }

    fn send(&mut self) {
        let Some(sender) = self.senders.first() else { return };
        let result = (self.send)(sender, Leaf(self.sent, self.alive.clone()));
        match result {
            Ok(receivers) => {
                assert_eq!(receivers, self.readers.len());
                assert!(!self.lossless || self.unread() < self.capacity, "there was no room");
                self.sent += 1;
                for reader in &mut self.readers {
                    assert!(!reader.waits || reader.probe.woken(), "a message, and a receiver sleeps");
                }
            }
            Err(TrySendError::Closed(leaf)) => assert!(self.readers.is_empty() && leaf.0 == self.sent),
            Err(TrySendError::Full(leaf)) => {
                assert!(self.lossless && self.unread() == self.capacity && leaf.0 == self.sent);
            }
        }
    }

    /// What the twin says that a receive returns now.
    fn expected(&mut self, n: usize) -> Result<usize, TryRecvError> {
        let (sent, oldest, closed) = (self.sent, self.oldest(), self.senders.is_empty());
        let reader = &mut self.readers[n];
        if reader.next < oldest {
            let missed = oldest - reader.next;
            reader.next = oldest;
            return Err(TryRecvError::Lagged(missed as u64));
        }
        if reader.next < sent {
            reader.next += 1;
            return Ok(reader.next - 1);
        }
        Err(if closed { TryRecvError::Closed } else { TryRecvError::Empty })
    }

    fn recv(&mut self, n: usize, receive: impl FnOnce(&mut Reader) -> Result<usize, TryRecvError>) {
        let expected = self.expected(n);
        let actual = receive(&mut self.readers[n]);
        assert_eq!(actual, expected);
        assert!(!self.lossless || !matches!(actual, Err(TryRecvError::Lagged(_))));
    }

    fn take(&mut self, step: Step) {
        let choose = |n: usize| (!self.readers.is_empty()).then(|| n % self.readers.len());
        match step {
            Step::Send => self.send(),
            Step::TryRecv(n) => {
                if let Some(n) = choose(n) {
                    self.recv(n, |reader| reader.receiver.try_recv().map(|leaf| leaf.0));
                }
            }
            Step::PollRecv(n) => {
                if let Some(n) = choose(n) {
                    self.recv(n, |reader| polled(task(reader.receiver.recv()).settle()));
                }
            }
            Step::PollNext(n) => {
                if let Some(n) = choose(n) {
                    self.recv(n, |reader| {
                        let poll = loop {
                            reader.probe.rest();
                            let waker = reader.probe.waker();
                            let poll = reader.receiver.poll_recv(&mut std::task::Context::from_waker(&waker));
                            if poll.is_ready() || !reader.probe.woken() {
                                break poll;
                            }
                        };
                        reader.waits = poll.is_pending();
                        polled(poll)
                    });
                }
            }
            Step::Subscribe => {
                if let Some(receiver) = self.senders.first().map(Sender::subscribe) {
                    self.reader(receiver);
                }
            }
            Step::Resubscribe(n) => {
                if let Some(n) = choose(n) {
                    let receiver = self.readers[n].receiver.resubscribe();
                    self.reader(receiver);
                }
            }
            Step::Leave(n) => drop(choose(n).map(|n| self.readers.remove(n))),
            Step::Deactivate(n) => {
                if let Some(n) = choose(n) {
                    self.inactive.push(self.readers.remove(n).receiver.deactivate());
                }
            }
            Step::Activate => {
                if let Some(inactive) = self.inactive.pop() {
                    self.reader(inactive.activate());
                }
            }
            Step::CloneSender => self.senders.extend(self.senders.first().cloned()),
            Step::DropSender => {
                self.senders.pop();
                if self.senders.is_empty() {
                    let told = |reader: &Reader| !reader.waits || reader.probe.woken();
                    assert!(self.readers.iter().all(told), "the end, and a receiver sleeps");
                }
            }
        }
    }

    fn check(&self) {
        let unread = self.unread();
        if let Some(sender) = self.senders.first() {
            assert_eq!((sender.len(), sender.receiver_count()), (unread, self.readers.len()));
            let newest_read = self.sent == 0 || self.readers.iter().all(|reader| reader.next == self.sent);
            assert_eq!(sender.is_empty(), newest_read);
            assert_eq!(sender.strong_count(), self.senders.len());
        }
        for Reader { receiver, next, .. } in &self.readers {
            let missed = self.oldest().saturating_sub(*next) as u64;
            assert_eq!((receiver.len(), receiver.missed()), (self.sent - next, missed));
            assert_eq!(receiver.is_closed(), self.senders.is_empty());
        }
        assert_eq!(std::sync::Arc::strong_count(&self.alive) - 1, unread, "a message is freed when all have read it");
    }
}

fn polled(poll: Poll<Result<Leaf, RecvError>>) -> Result<usize, TryRecvError> {
    match poll {
        Poll::Ready(Ok(leaf)) => Ok(leaf.0),
        Poll::Ready(Err(error)) => Err(error.into()),
        Poll::Pending => Err(TryRecvError::Empty),
    }
}

fn run<M>(
    capacity: usize,
    lossless: bool,
    sender: Sender<Leaf, M>,
    send: fn(&Sender<Leaf, M>, Leaf) -> Result<usize, TrySendError<Leaf>>,
    steps: &[Step],
) {
    let alive = std::sync::Arc::new(());
    let senders = vec![sender];
    let (readers, inactive) = (Vec::new(), Vec::new());
    let mut twins = Twins { capacity, lossless, senders, send, readers, inactive, sent: 0, alive };
    for step in steps {
        twins.take(*step);
        twins.check();
    }
    let alive = twins.alive.clone();
    drop(twins);
    assert_eq!(std::sync::Arc::strong_count(&alive), 1);
}

/// `PROPTEST_CASES` asks for more of them.
fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { cases };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..default }
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn lossy_agrees_with_its_naive_twin(capacity in 1..6usize, steps in steps()) {
        let send = |sender: &Sender<Leaf>, leaf| sender.send(leaf).map_err(TrySendError::from);
        run(capacity, false, Sender::new(capacity), send, &steps);
    }

    #[test]
    fn lossless_agrees_with_its_naive_twin(capacity in 1..6usize, steps in steps()) {
        run(capacity, true, Sender::lossless(capacity), |sender, leaf| sender.try_send(leaf), &steps);
    }
}
