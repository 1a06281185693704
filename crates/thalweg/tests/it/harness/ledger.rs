//! Messages with a number each, and a book of how often each was dropped.

use std::sync::{Arc, Mutex};

/// The book.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Vec<usize>>>);

impl Ledger {
    pub(crate) fn new() -> Ledger {
        Ledger::default()
    }

    /// The next message.
    pub(crate) fn message(&self) -> Message {
        let mut drops = self.0.lock().unwrap();
        drops.push(0);
        Message { id: drops.len() - 1, own: Box::new(drops.len() - 1), ledger: self.clone() }
    }

    pub(crate) fn built(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn drops_of(&self, id: usize) -> usize {
        self.0.lock().unwrap()[id]
    }

    /// How many messages are alive.
    pub(crate) fn alive(&self) -> usize {
        self.0.lock().unwrap().iter().filter(|drops| **drops == 0).count()
    }

    #[track_caller]
    pub(crate) fn all_dropped_once(&self) {
        let drops = self.0.lock().unwrap().clone();
        let wrong: Vec<_> = drops.iter().enumerate().filter(|(_, drops)| **drops != 1).collect();
        assert!(wrong.is_empty(), "(message, drops) of {}: {wrong:?}", drops.len());
    }
}

/// Not `Clone`, not `Copy`, with memory of its own: a copy that is dropped twice is also a double free.
pub(crate) struct Message {
    pub(crate) id: usize,
    own: Box<usize>,
    ledger: Ledger,
}

impl Drop for Message {
    fn drop(&mut self) {
        assert_eq!(*self.own, self.id, "a message that was overwritten");
        self.ledger.0.lock().unwrap()[self.id] += 1;
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.id)
    }
}
