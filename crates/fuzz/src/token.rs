//! Messages that are counted: each copy made is dropped once.

use std::sync::{Arc, Mutex};

/// How many copies of each message there are now.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    live: Arc<Mutex<Vec<usize>>>,
}

impl Ledger {
    pub(crate) fn token(&self) -> Token {
        let mut live = self.live.lock().unwrap();
        live.push(1);
        Token { id: Box::new(live.len() - 1), ledger: self.clone() }
    }

    pub(crate) fn live(&self, id: usize) -> usize {
        self.live.lock().unwrap()[id]
    }

    /// At the end of a program.
    pub(crate) fn assert_all_gone(&self) {
        let live = self.live.lock().unwrap();
        let left: Vec<usize> = (0..live.len()).filter(|id| live[*id] != 0).collect();
        assert!(left.is_empty(), "never dropped: {left:?}");
    }
}

/// A message. Its number lies on the heap, so that a copy nobody made shows as memory freed twice as well.
pub(crate) struct Token {
    id: Box<usize>,
    ledger: Ledger,
}

impl Token {
    pub(crate) fn id(&self) -> usize {
        *self.id
    }
}

impl Clone for Token {
    fn clone(&self) -> Self {
        self.ledger.live.lock().unwrap()[*self.id] += 1;
        Token { id: self.id.clone(), ledger: self.ledger.clone() }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let mut live = self.ledger.live.lock().unwrap();
        assert!(live[*self.id] > 0, "dropped once too often: {}", self.id);
        live[*self.id] -= 1;
    }
}
