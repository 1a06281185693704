//! Tasks, and the executors they belong to.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

use crate::bytes::Bytes;
use crate::token::Token;

/// What a waker does beside waking.
pub(crate) type Gossip = Arc<dyn Fn() + Send + Sync>;

/// What waits, and what it gives when it is done.
pub(crate) trait Wait<O> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<O>;

    /// Ends it, and gives back the message that it had not sent, if it can.
    fn cancel(&mut self) -> Option<Token> {
        None
    }
}

impl<O, F: Future<Output = O>> Wait<O> for Pin<Box<F>> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<O> {
        self.as_mut().poll(cx)
    }
}

/// How an executor goes about its tasks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Manner {
    /// Who was woken first runs first.
    Queue,
    /// Who was woken last runs first.
    Stack,
    /// Another waker at every poll, and polls that nothing asked for.
    Restless,
    /// Its wakers ask the channel how it is, whatever is done to them.
    Gossip,
}

pub(crate) const MANNERS: [Manner; 4] = [Manner::Queue, Manner::Stack, Manner::Restless, Manner::Gossip];

/// What a waker is of: when it was rung, counted by all of them together, or 0.
struct Bell {
    rung: AtomicUsize,
    clock: Arc<AtomicUsize>,
    gossip: Option<Gossip>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(gossip) = &self.gossip {
            gossip();
        }
        self.rung.store(self.clock.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if let Some(gossip) = &self.gossip {
            gossip();
        }
    }
}

struct Task<O, N> {
    wait: Box<dyn Wait<O>>,
    bell: Arc<Bell>,
    manner: Manner,
    note: N,
}

/// All tasks of a program. A note says of each what the model must know.
pub(crate) struct Tasks<O, N> {
    tasks: Vec<Task<O, N>>,
    clock: Arc<AtomicUsize>,
    bells: Vec<Weak<Bell>>,
}

impl<O, N: Clone> Tasks<O, N> {
    pub(crate) fn new() -> Self {
        Self { tasks: Vec::new(), clock: Arc::default(), bells: Vec::new() }
    }

    fn bell(&mut self, gossip: Option<Gossip>) -> Arc<Bell> {
        let bell = Arc::new(Bell { rung: AtomicUsize::new(0), clock: self.clock.clone(), gossip });
        self.bells.push(Arc::downgrade(&bell));
        bell
    }

    /// A new task, to be polled by the next who runs its executor.
    pub(crate) fn spawn(&mut self, manner: Manner, gossip: Option<Gossip>, wait: impl Wait<O> + 'static, note: N) {
        let bell = self.bell(gossip.filter(|_| manner == Manner::Gossip));
        Waker::from(bell.clone()).wake();
        self.tasks.push(Task { wait: Box::new(wait), bell, manner, note });
    }

    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(crate) fn notes(&self) -> impl Iterator<Item = &N> {
        self.tasks.iter().map(|task| &task.note)
    }

    /// One poll, with a fresh waker if asked for or if that is the executor's manner. Who is done is gone.
    pub(crate) fn poll(&mut self, place: usize, fresh: bool) -> Option<(O, N)> {
        if fresh || self.tasks[place].manner == Manner::Restless {
            let gossip = self.tasks[place].bell.gossip.clone();
            self.tasks[place].bell = self.bell(gossip);
        }
        let task = &mut self.tasks[place];
        task.bell.rung.store(0, Ordering::Relaxed);
        let waker = Waker::from(task.bell.clone());
        match task.wait.poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Some((output, self.tasks.remove(place).note)),
            Poll::Pending => None,
        }
    }

    /// Gives a task up.
    pub(crate) fn cancel(&mut self, place: usize) -> (Option<Token>, N) {
        let mut task = self.tasks.remove(place);
        (task.wait.cancel(), task.note)
    }

    /// Who is to run next, of those woken; of all executors, or of one.
    pub(crate) fn due(&self, of: Option<Manner>) -> Option<usize> {
        let rung = |place: &usize| self.tasks[*place].bell.rung.load(Ordering::Relaxed);
        let woken = (0..self.tasks.len()).filter(|place| rung(place) != 0);
        let mine = woken.filter(|place| of.is_none_or(|manner| self.tasks[*place].manner == manner));
        if of == Some(Manner::Stack) { mine.max_by_key(rung) } else { mine.min_by_key(rung) }
    }

    pub(crate) fn place_of(&self, manner: Manner) -> Option<usize> {
        self.tasks.iter().position(|task| task.manner == manner)
    }

    /// That nobody keeps a waker of a program that is over.
    pub(crate) fn assert_no_waker_left(self) {
        drop(self.tasks);
        let kept = self.bells.iter().filter(|bell| bell.strong_count() != 0).count();
        assert_eq!(kept, 0, "wakers are kept");
    }
}

/// What a program asks of its executors, whatever its channels.
pub(crate) enum Turn {
    /// Polls one task.
    Poll { place: usize, fresh: bool },
    /// Runs one executor until none of its tasks is woken.
    Run(Manner),
    /// Runs all of them.
    Settle,
    /// Gives one task up.
    Cancel(usize),
}

impl Turn {
    pub(crate) fn read<O, N: Clone>(bytes: &mut Bytes<'_>, tasks: &Tasks<O, N>) -> Option<Turn> {
        Some(match bytes.below(5) {
            0 => Turn::Poll { place: bytes.place(tasks.len())?, fresh: bytes.chance(3) },
            1 | 2 => Turn::Run(MANNERS[bytes.below(4)]),
            3 => Turn::Settle,
            _ => Turn::Cancel(bytes.place(tasks.len())?),
        })
    }
}

/// Polls after which tasks must have come to rest.
pub(crate) const MANY: usize = 20_000;
