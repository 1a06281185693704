//! Messages that are counted: all are gone at the end of a round.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<AtomicI64>);

impl Ledger {
    pub(crate) fn token(&self, from: usize, number: usize) -> Token {
        self.0.fetch_add(1, Ordering::Relaxed);
        Token { from, number: Box::new(number), ledger: self.clone() }
    }

    pub(crate) fn assert_all_gone(&self) {
        assert_eq!(self.0.load(Ordering::Acquire), 0, "messages never dropped, or dropped twice");
    }
}

/// Who sent it and which it is. On the heap, so that a sanitizer sees a second drop.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) from: usize,
    pub(crate) number: Box<usize>,
    ledger: Ledger,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.load(Ordering::Relaxed))
    }
}

impl Token {
    /// Both in one number.
    pub(crate) fn id(&self) -> u64 {
        (self.from as u64) << 32 | *self.number as u64
    }
}

impl Clone for Token {
    fn clone(&self) -> Token {
        self.ledger.token(self.from, *self.number)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.ledger.0.fetch_sub(1, Ordering::AcqRel);
    }
}
