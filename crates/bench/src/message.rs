//! What is sent: a number, with or without a load.

use std::hint::black_box;

/// A message that tells which one it is.
pub(crate) trait Message: Clone + Default + Send + Sync + Unpin + 'static {
    const BYTES: usize = size_of::<Self>();

    fn new(number: u64) -> Self;
    /// The number it was made with.
    fn number(&self) -> u64;
}

impl Message for u64 {
    fn new(number: u64) -> Self {
        number
    }

    fn number(&self) -> u64 {
        *self
    }
}

/// A number with a load of `N` words behind it.
#[derive(Clone)]
pub(crate) struct Parcel<const N: usize> {
    number: u64,
    load: [u64; N],
}

impl<const N: usize> Default for Parcel<N> {
    fn default() -> Self {
        Self { number: 0, load: [0; N] }
    }
}

impl<const N: usize> Message for Parcel<N> {
    fn new(number: u64) -> Self {
        Self { number, load: [number; N] }
    }

    /// A load that did not arrive whole spoils the sum. The whole of it must lie in memory: where a compiler sees that only
    /// two of its words are looked at it leaves the others where they were, if it can see through the channel.
    fn number(&self) -> u64 {
        let Self { number, load } = black_box(self);
        if load.last() == Some(number) { *number } else { u64::MAX >> 8 }
    }
}

/// What a receiver saw: enough to tell that each number arrived once, if all of them do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    count: u64,
    sum: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, message: &impl Message) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(message.number());
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// Fails unless these are the numbers from 0 to `total`.
    pub(crate) fn verify(self, total: u64) -> Result<(), String> {
        if (self.count, self.sum) == (total, total * total.saturating_sub(1) / 2) {
            return Ok(());
        }
        Err(format!("wrong: {} of {total} messages, whose numbers sum up to {}", self.count, self.sum))
    }
}
