//! A thread as a task: it polls, and sleeps until its waker is woken.
//!
//! - A wake-up is a flag, so one that comes between a poll and the sleep is not lost, and one that comes late,
//!   for an operation long over, costs one more poll and nothing else.
//! - Each level of blocking has a parker of its own: a waker or a destructor that runs inside a poll may block on
//!   this thread too, and takes nobody's wake-up.
//! - The parker of the outermost level is kept for the thread's next call, so that blocking allocates once a thread.

use crate::sync::{AtomicU8, Condvar, IS_MODELLED, Mutex, MutexGuard, Ordering, PAUSES, step_aside};
use std::{
    cell::Cell,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

/// How often a thread looks again, after longer and longer pauses, before it sleeps. Measured on two processors: without it a
/// message costs up to 5 times as much; with pauses and not only `yield_now` capacity 1 with four threads at each end
/// took 0.6 of the time, and capacity 16 0.9.
const PATIENCE: u32 = if IS_MODELLED { 1 } else { 21 };
/// Who has given way and runs only after this time has given the processor to somebody who wanted all of it. Who sleeps is woken out of turn,
/// who gives way is not: on a busy machine a message took up to 75 times as long (docs/design/11).
const LONG: Duration = Duration::from_millis(1);
/// Then twice so many waits pass before the next one gives way, twice as many each time, up to 64 times as many.
const FEWEST_SKIPS: u32 = 16;
const MOST_MISSES: u32 = 6;

std::thread_local! {
    static SPARE: Cell<Option<Parker>> = const { Cell::new(None) };
}

/// Polls until the poll is ready, and sleeps in between. Returns `None` if the deadline passes first.
///
/// The first poll happens whatever the deadline. A poll that woke its own waker is repeated once even when
/// the deadline has passed: it had deferred to others and has not had its turn.
pub(crate) fn block_on<R>(deadline: Option<Instant>, mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>) -> Option<R> {
    let parker = Parker::take();
    let mut cx = Context::from_waker(&parker.waker);
    let mut late = false;
    let result = loop {
        if let Poll::Ready(result) = poll(&mut cx) {
            break Some(result);
        }
        if late || !parker.signal.wait(deadline, &parker.courtesy) {
            break None;
        }
        late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
    };
    parker.keep();
    result
}

/// A signal and the waker that sets it, made together so that a call clones neither, and what its thread has learnt.
struct Parker {
    signal: Arc<Signal>,
    waker: Waker,
    courtesy: Courtesy,
}

impl Parker {
    fn take() -> Parker {
        // The slot is empty when an outer call has taken it, and gone while the thread's locals are destroyed.
        SPARE.try_with(Cell::take).ok().flatten().unwrap_or_else(Parker::new)
    }

    fn new() -> Parker {
        let signal = Arc::new(Signal::new());
        let waker = Waker::from(Arc::clone(&signal));
        Parker { signal, waker, courtesy: Courtesy::default() }
    }

    fn keep(self) {
        // An error means that the thread's locals are being destroyed: then there is no next call to keep it for.
        let _ = SPARE.try_with(|slot| slot.set(Some(self)));
    }
}

/// Whether to give way before sleeping: not for a while where that took long.
#[derive(Default)]
struct Courtesy {
    /// How often it took long, less how often it did not.
    misses: Cell<u32>,
    /// How many waits are to pass before the next try.
    skips: Cell<u32>,
}

impl Courtesy {
    /// Asked once in each wait.
    fn pays(&self) -> bool {
        let skips = self.skips.get();
        self.skips.set(skips.saturating_sub(1));
        skips == 0
    }

    /// Whether giving way, which took so long, has cost too much.
    fn costs(&self, time: Duration) -> bool {
        let is_long = time >= LONG;
        let misses =
            if is_long { (self.misses.get() + 1).min(MOST_MISSES) } else { self.misses.get().saturating_sub(1) };
        self.misses.set(misses);
        if is_long {
            self.skips.set(FEWEST_SKIPS << misses);
        }
        is_long
    }
}

/// Nobody has woken, nobody sleeps.
const IDLE: u8 = 0;
/// The thread sleeps, or is about to with the lock in hand, and wants to be notified.
const ASLEEP: u8 = 1;
/// Woken since the thread last looked.
const WOKEN: u8 = 2;

/// Only the thread goes to `IDLE` and to `ASLEEP`, the latter with the lock held; anybody goes to `WOKEN`.
struct Signal {
    state: AtomicU8,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Signal {
    fn new() -> Signal {
        Signal { state: AtomicU8::new(IDLE), lock: Mutex::new(()), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes from one state to another. Acquire: what was done before a wake-up is seen after it.
    fn goes(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Takes a wake-up if there is one. Looks before it writes: a look leaves the cache line with who will wake.
    fn was_woken(&self) -> bool {
        self.state.load(Ordering::Relaxed) == WOKEN && self.goes(WOKEN, IDLE)
    }

    /// Looks for a wake-up a few times more, and waits a little in between: sleeping and being woken cost more. Not beyond
    /// the deadline: on a busy machine it is long before a thread that has given way runs again.
    fn comes_soon(&self, deadline: Option<Instant>, courtesy: &Courtesy) -> bool {
        for round in 0..PATIENCE {
            if self.was_woken() {
                return true;
            }
            let gives_way = round >= PAUSES;
            if round == PAUSES && !courtesy.pays() {
                break;
            }
            let now = if gives_way || deadline.is_some() { Some(Instant::now()) } else { None };
            if deadline.is_some() && now >= deadline {
                break;
            }
            step_aside(round, 0);
            if gives_way && now.is_some_and(|before| courtesy.costs(before.elapsed())) {
                break;
            }
        }
        false
    }

    /// Waits until woken, and takes the wake-up. Returns `false` if the deadline passes first.
    fn wait(&self, deadline: Option<Instant>, courtesy: &Courtesy) -> bool {
        if self.comes_soon(deadline, courtesy) {
            return true;
        }
        let mut lock = self.lock();
        if !self.goes(IDLE, ASLEEP) {
            return self.was_woken();
        }
        // Who wakes from now on takes the lock before it notifies, so it cannot do that before this one waits.
        while !self.was_woken() {
            lock = match deadline {
                None => self.changed.wait(lock).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return !self.goes(ASLEEP, IDLE) && self.was_woken();
                    }
                    self.changed.wait_timeout(lock, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }

    fn set(&self) {
        // Release: see `goes`.
        if self.state.swap(WOKEN, Ordering::Release) == ASLEEP {
            drop(self.lock());
            // Outside the lock, so that the thread does not wake up only to wait for it.
            self.changed.notify_one();
        }
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.set();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.set();
    }
}

#[cfg(all(test, thalweg_loom))]
mod models;

#[cfg(all(test, not(any(thalweg_loom, thalweg_shuttle))))]
mod tests;
