//! What every property needs: futures polled by hand, wakers that count or misbehave, messages that know how often they were dropped.

mod ledger;
mod task;
mod waker;

use std::{
    fmt::Debug,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

pub(crate) use ledger::{Ledger, Message};
pub(crate) use task::{Runnable, Task, drive, task};
pub(crate) use waker::{Call, Probe};

use thalweg::mpmc::{self, Receiver, Sender};

/// The capacities that every property is asked at: the hand-over, the smallest buffers, an ordinary one, no limit.
pub(crate) const CAPACITIES: [usize; 5] = [0, 1, 2, 16, usize::MAX];

/// The same without the hand-over, for what needs a message at rest.
pub(crate) const BUFFERED: [usize; 4] = [1, 2, 16, usize::MAX];

/// The bounded ones: a sender can find them full.
pub(crate) const BOUNDED: [usize; 3] = [1, 2, 16];

pub(crate) fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    match capacity {
        0 => mpmc::rendezvous(),
        usize::MAX => mpmc::unbounded(),
        limit => mpmc::bounded(limit),
    }
}

/// A channel of `capacity` that `filled` messages `0..` were sent to.
pub(crate) fn filled(capacity: usize, filled: usize) -> (Sender<usize>, Receiver<usize>) {
    let (sender, receiver) = channel(capacity);
    (0..filled).for_each(|message| sender.try_send(message).expect("there is room"));
    (sender, receiver)
}

/// Runs `body` on a thread of its own and panics with `state()` when it is not done in time: a hang is a failure.
#[track_caller]
pub(crate) fn within<R: Send + 'static>(
    limit: Duration,
    state: impl FnOnce() -> String,
    body: impl FnOnce() -> R + Send + 'static,
) -> R {
    let (done, wait) = mpsc::channel();
    thread::spawn(move || {
        let _ = done.send(catch_unwind(AssertUnwindSafe(body)));
    });
    let limit = limit * patience();
    match wait.recv_timeout(limit) {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => panic!("stuck after {limit:?}: {}", state()),
    }
}

/// How much slower than usual everything may be: under a sanitizer, or an emulator.
fn patience() -> u32 {
    std::env::var("THALWEG_PATIENCE").map_or(1, |text| text.parse().expect("THALWEG_PATIENCE is a number"))
}

/// `within` for scenarios that make their own channels.
#[track_caller]
pub(crate) fn in_time<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    within(Duration::from_secs(20), || "no state to show".into(), body)
}

/// What a stuck channel looks like, without keeping it open meanwhile.
pub(crate) fn state_of<T: Send + 'static>(receiver: &Receiver<T>) -> impl FnOnce() -> String + use<T> {
    let weak = receiver.downgrade();
    move || weak.upgrade().map_or("closed".into(), |receiver| format!("{receiver:?}"))
}

/// Runs each body on its own thread and waits for all.
pub(crate) fn threads<R: Send + 'static>(bodies: Vec<Box<dyn FnOnce() -> R + Send>>) -> Vec<R> {
    let handles: Vec<_> = bodies.into_iter().map(thread::spawn).collect();
    handles.into_iter().map(|handle| handle.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
}

/// Panics unless `body` does.
#[track_caller]
pub(crate) fn panics<R>(body: impl FnOnce() -> R) -> Box<dyn std::any::Any + Send> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(_) => panic!("it was to panic"),
        Err(panic) => panic,
    }
}

/// Forgets it, as `mem::forget` does: its destructor never runs. A checker of leaks finds it in a list, and so is silent
/// of what a test forgets on purpose, and of nothing else.
pub(crate) fn forget<T>(value: T) {
    keep(value);
}

/// The same for what is used after that.
pub(crate) fn keep<'a, T: 'a>(value: T) -> &'a mut T {
    static KEPT: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let kept = Box::leak(Box::new(value));
    KEPT.lock().unwrap().push((&raw mut *kept).expose_provenance());
    kept
}

/// For a result that is not the point.
pub(crate) fn ignore<R>(_result: R) {}

/// A small generator (xorshift*): stress tests print its seed and can be run again.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }
}

/// Asserts that `actual` and `expected` hold the same things, in any order.
#[track_caller]
pub(crate) fn same_multiset<T: Ord + Debug>(mut actual: Vec<T>, mut expected: Vec<T>) {
    actual.sort();
    expected.sort();
    assert_eq!(actual, expected);
}
