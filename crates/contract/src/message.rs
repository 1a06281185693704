//! What travels: a number, an entry in a book of how often it was dropped, and what else is to happen then.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// One for all probes, so that an adapter need not be generic. `Default` and `Clone`, since some channels ask for them.
#[derive(Default)]
pub(crate) struct Message {
    pub(crate) id: u64,
    entry: Option<Ledger>,
    /// Runs when the message is dropped. Behind a lock, since some channels want messages that may be shared.
    parting: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// Runs when it is cloned.
    cloning: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Message {
    /// Only a number. Allocates nothing.
    pub(crate) fn plain(id: u64) -> Self {
        Self { id, entry: None, parting: Mutex::new(None), cloning: None }
    }

    /// One that does something when it is dropped.
    pub(crate) fn parting(id: u64, act: impl FnOnce() + Send + 'static) -> Self {
        let mut message = Self::plain(id);
        message.parting = Mutex::new(Some(Box::new(act)));
        message
    }

    /// One that does something when it is cloned.
    pub(crate) fn cloning(id: u64, act: impl Fn() + Send + Sync + 'static) -> Self {
        let mut message = Self::plain(id);
        message.cloning = Some(Arc::new(act));
        message
    }

    /// A second owner that the book knows nothing of, as a bitwise copy would be. For seeded defects.
    pub(crate) fn uncounted(&self) -> Self {
        let mut copy = Self::plain(self.id);
        copy.entry = self.entry.clone();
        copy
    }
}

impl Clone for Message {
    fn clone(&self) -> Self {
        if let Some(act) = &self.cloning {
            act();
        }
        if let Some(ledger) = &self.entry {
            ledger.note(self.id, |entry| entry.clones += 1);
        }
        // What is to happen at the drop happens once, with the original.
        Self { id: self.id, entry: self.entry.clone(), parting: Mutex::new(None), cloning: self.cloning.clone() }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        if let Some(ledger) = &self.entry {
            ledger.note(self.id, |entry| entry.drops += 1);
        }
        let parting = self.parting.get_mut().map_or(None, Option::take);
        if let Some(act) = parting {
            act();
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.id)
    }
}

#[derive(Clone, Copy, Default)]
struct Entry {
    clones: u32,
    drops: u32,
}

/// The book: what was made, cloned and dropped.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Vec<Entry>>>);

impl Ledger {
    /// The next message. Its number is its place in the book.
    pub(crate) fn message(&self) -> Message {
        let mut entries = self.0.lock().unwrap();
        entries.push(Entry::default());
        let mut message = Message::plain(entries.len() as u64 - 1);
        message.entry = Some(self.clone());
        message
    }

    fn note(&self, id: u64, change: impl FnOnce(&mut Entry)) {
        change(&mut self.0.lock().unwrap()[id as usize]);
    }

    /// How many copies are alive.
    pub(crate) fn alive(&self) -> usize {
        self.0.lock().unwrap().iter().map(|entry| (1 + entry.clones).saturating_sub(entry.drops) as usize).sum()
    }

    /// How many messages were dropped more often than they existed.
    pub(crate) fn dropped_twice(&self) -> usize {
        self.0.lock().unwrap().iter().filter(|entry| entry.drops > 1 + entry.clones).count()
    }
}

/// Counts, from any thread.
#[derive(Clone, Default)]
pub(crate) struct Tally(Arc<AtomicU32>);

impl Tally {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}
