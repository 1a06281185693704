//! Messages that are counted: when they are made, cloned and dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};

use crate::history::Id;

/// A message that tells when it is dropped.
pub(crate) struct Token {
    pub(crate) id: Id,
    ledger: Arc<Ledger>,
}

impl Drop for Token {
    fn drop(&mut self) {
        Ledger::count(&self.ledger.dropped, self.id);
    }
}

/// A clone takes its time: others may run meanwhile.
impl Clone for Token {
    fn clone(&self) -> Token {
        shuttle::thread::yield_now();
        Ledger::count(&self.ledger.cloned, self.id);
        self.ledger.token(self.id)
    }
}

/// More messages than any scenario has.
const MOST: usize = 64;

/// How often each message was made, cloned and dropped. Plain atomics: looking here is not a scheduling point.
pub(crate) struct Ledger {
    made: [AtomicU8; MOST],
    cloned: [AtomicU8; MOST],
    dropped: [AtomicU8; MOST],
}

impl Ledger {
    pub(crate) fn new() -> Arc<Ledger> {
        let zeros = || [const { AtomicU8::new(0) }; MOST];
        Arc::new(Ledger { made: zeros(), cloned: zeros(), dropped: zeros() })
    }

    pub(crate) fn token(self: &Arc<Self>, id: Id) -> Token {
        Ledger::count(&self.made, id);
        Token { id, ledger: self.clone() }
    }

    fn count(counts: &[AtomicU8; MOST], id: Id) {
        counts[usize::from(id)].fetch_add(1, SeqCst);
    }

    pub(crate) fn clones(&self, id: Id) -> usize {
        usize::from(self.cloned[usize::from(id)].load(SeqCst))
    }

    /// Messages of which not every copy was dropped exactly once.
    pub(crate) fn unbalanced(&self) -> Vec<usize> {
        let counts = |id: &usize| self.made[*id].load(SeqCst) != self.dropped[*id].load(SeqCst);
        (0..MOST).filter(counts).collect()
    }
}
