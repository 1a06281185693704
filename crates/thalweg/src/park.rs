//! A thread as a task: it polls, and sleeps until its waker is woken.
//!
//! - A wake-up is a flag, so one that comes between a poll and the sleep is not lost, and one that comes late,
//!   for an operation long over, costs one more poll and nothing else.
//! - Each level of blocking has a parker of its own: a waker or a destructor that runs inside a poll may block on
//!   this thread too, and takes nobody's wake-up.
//! - The parker of the outermost level is kept for the thread's next call, so that blocking allocates once a thread.

use core::mem;
use std::{
    cell::Cell,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Instant,
};

/// How often a thread gives way before it sleeps. Measured between two threads on a busy machine of two processors:
/// without it a message costs 1.1 to 5 times as much, most at capacity 16.
const PATIENCE: usize = 16;

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
        if late || !parker.signal.wait(deadline) {
            break None;
        }
        late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
    };
    parker.keep();
    result
}

/// A signal and the waker that sets it, made together so that a call clones neither.
struct Parker {
    signal: Arc<Signal>,
    waker: Waker,
}

impl Parker {
    fn take() -> Parker {
        // The slot is empty when an outer call has taken it, and gone while the thread's locals are destroyed.
        SPARE.try_with(Cell::take).ok().flatten().unwrap_or_else(Parker::new)
    }

    fn new() -> Parker {
        let signal = Arc::new(Signal::default());
        let waker = Waker::from(Arc::clone(&signal));
        Parker { signal, waker }
    }

    fn keep(self) {
        // An error means that the thread's locals are being destroyed: then there is no next call to keep it for.
        let _ = SPARE.try_with(|slot| slot.set(Some(self)));
    }
}

#[derive(Default)]
struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default, PartialEq)]
enum State {
    /// Nobody has woken, nobody sleeps.
    #[default]
    Idle,
    /// The thread sleeps and wants to be notified.
    Asleep,
    /// Woken since the thread last looked.
    Woken,
}

impl Signal {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for a wake-up a few times more, and lets others run in between: sleeping and being woken cost more.
    fn comes_soon(&self) -> bool {
        for _ in 0..PATIENCE {
            if mem::take(&mut *self.lock()) == State::Woken {
                return true;
            }
            thread::yield_now();
        }
        false
    }

    /// Waits until woken, and takes the wake-up. Returns `false` if the deadline passes first.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        if self.comes_soon() {
            return true;
        }
        let mut state = self.lock();
        while *state != State::Woken {
            *state = State::Asleep;
            state = match deadline {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        *state = State::Idle;
                        return false;
                    }
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        *state = State::Idle;
        true
    }

    fn set(&self) {
        let asleep = {
            let mut state = self.lock();
            mem::replace(&mut *state, State::Woken) == State::Asleep
        };
        // Outside the lock, so that the thread does not wake up only to wait for it.
        if asleep {
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
