//! Which thread a lock is biased towards: it takes the lock with plain loads and stores, until another one wants it.
//!
//! A locked instruction takes as long as all else that a message needs. Where a lock is taken by one thread all the time it can
//! be left to it: the bit that says "held" stays set, so all others wait, and who waits takes the bias away.
//!
//! | state | the lock's bit | who may hold it | next | who moves it |
//! | --- | --- | --- | --- | --- |
//! | nobody, or a candidate | set while somebody holds it | who sets the bit by a swap | owned | who holds it, when it was there often enough in a row |
//! | owned | always set | the owner, while it is `inside` | shared | one other thread, by a swap of the state |
//! | shared | set while somebody holds it; at first by who took the bias away | who sets the bit by a swap | | |
//!
//! The owner says that it is inside and then looks at the state; who takes the bias away changes the state and then
//! looks whether the owner is inside. So that one of them sees the other there must be a fence in between, at either: the owner's
//! costs nothing, since the other's makes up for it (`sync::fence`). Such fences are of Dice, Huang and Yang, "Asymmetric
//! Dekker synchronization" (2001), the idea of Kawachiya, Koseki and Onodera, "Lock reservation" (OOPSLA 2002).
//!
//! Invariants:
//!
//! 1. A bias is given once and taken once: nobody becomes the owner of what was taken. So the owner's look, which may be late, can
//!    mistake nothing, and what other threads lose by it is bounded.
//! 2. Until it is owned, state and count are written under the lock alone. From then on only who is or was the owner writes `inside`, or
//!    who has the whole side to itself.
//! 3. In state "owned" the lock's bit is set, and stays so until who took the bias away has let go.

use crate::sync::{AtomicU16, ENOUGH, IS_BIASED, IS_COUNTED, MANY, Mark, Ordering, fence, mark, step_aside};

/// The state once the bias was taken away. No mark is like this.
const SHARED: u16 = Mark::OWNED;

pub(super) struct Bias {
    /// 0, or the number of the candidate; the mark of the owner; `SHARED`.
    state: AtomicU16,
    /// How many messages were moved since the candidate became one, about; once it is owned, 1 while the owner is inside.
    inside: AtomicU16,
}

impl Bias {
    pub(super) fn new() -> Bias {
        Bias { state: AtomicU16::new(0), inside: AtomicU16::new(0) }
    }

    /// Whether this thread is the owner, who alone may hold the lock now. Then it does.
    #[inline]
    pub(super) fn enter(&self) -> bool {
        if !IS_BIASED {
            return false;
        }
        let mark = mark();
        // Relaxed: a guess; the look below decides. Who is inside already, in a handler of signals perhaps, waits for ever, as it would for any lock.
        if self.state.load(Ordering::Relaxed) != mark.state() || self.inside.load(Ordering::Relaxed) != 0 {
            return false;
        }
        // Relaxed: the fence orders it before the look.
        self.inside.store(1, Ordering::Relaxed);
        fence::light();
        // Relaxed: nothing is read by it that this thread has not written.
        if self.state.load(Ordering::Relaxed) == mark.state() {
            return true;
        }
        self.leave();
        false
    }

    /// The owner lets go. Release: who takes the bias away sees all that was done inside.
    #[inline]
    pub(super) fn leave(&self) {
        self.inside.store(0, Ordering::Release);
    }

    /// The holder, who is not the owner, is about to move so many messages. Whether it owns the lock from now on, and holds it as the owner.
    #[inline]
    pub(super) fn count(&self, messages: u32) -> bool {
        // Relaxed, here and below: under the lock.
        if !IS_COUNTED || self.state.load(Ordering::Relaxed) >= SHARED {
            return false;
        }
        let before = self.inside.load(Ordering::Relaxed);
        let moved = before + messages.min(MANY.into()) as u16;
        self.inside.store(moved, Ordering::Relaxed);
        moved / MANY != before / MANY && self.consider(moved, mark())
    }

    /// Looks who moves them, which is not worth it each time.
    #[inline(never)]
    fn consider(&self, moved: u16, mark: Mark) -> bool {
        let candidate = mark.number().unwrap_or(0);
        if candidate == 0 || self.state.load(Ordering::Relaxed) != candidate {
            self.state.store(candidate, Ordering::Relaxed);
            self.inside.store(0, Ordering::Relaxed);
            return false;
        }
        let is_given = moved >= ENOUGH && fence::is_ready();
        if is_given {
            self.give(mark);
        } else if moved >= ENOUGH {
            self.inside.store(ENOUGH - MANY, Ordering::Relaxed);
        }
        is_given
    }

    /// To this thread, which holds the lock.
    pub(super) fn give(&self, mark: Mark) {
        self.inside.store(1, Ordering::Relaxed);
        // Release: who takes the bias away sees that the owner is inside, and all that was done under the lock.
        self.state.store(mark.state(), Ordering::Release);
    }

    /// Takes the bias away from another thread, if it has one. Then the lock is this thread's.
    #[cold]
    pub(super) fn revoke(&self) -> bool {
        if !IS_BIASED {
            return false;
        }
        // Relaxed: a guess; the swap decides.
        let state = self.state.load(Ordering::Relaxed);
        if state <= SHARED || state == mark().state() {
            return false;
        }
        // Relaxed: the fence orders it, also after what was given with the bias (see `give`). Who fails waits for the lock of who did not.
        if self.state.compare_exchange(state, SHARED, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return false;
        }
        fence::heavy();
        let mut round = 0;
        // Acquire: see `leave`.
        while self.inside.load(Ordering::Acquire) != 0 {
            step_aside(round, 0);
            round = round.saturating_add(1);
        }
        true
    }

    /// Whether this thread is the owner.
    pub(super) fn is_own(&self) -> bool {
        IS_BIASED && self.state.load(Ordering::Relaxed) == mark().state()
    }

    /// Whether any thread is, for assertions.
    pub(super) fn is_owned(&self) -> bool {
        self.state.load(Ordering::Relaxed) > SHARED
    }
}
