//! How often something took how long.

/// How often something took how long, by powers of two: exact in count, sum and maximum, and to a factor of two in between.
///
/// ```
/// let mut waits = thalweg_recording::Histogram::default();
/// (1..=100).for_each(|ns| waits.record(ns));
/// assert_eq!((waits.count(), waits.sum(), waits.max()), (100, 5_050, 100));
/// assert_eq!((waits.quantile(0.5), waits.quantile(1.0)), (63, 100)); // Never less than the true one.
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Up to the last one that is not empty. The one at k holds 2ᵏ to 2ᵏ⁺¹ - 1, the first one 0 as well.
    buckets: Vec<u64>,
    count: u64,
    sum: u64,
    max: u64,
}

impl Histogram {
    /// The number of buckets that there are at the most.
    pub const BUCKETS: usize = 64;

    /// One more, which took so long.
    pub fn record(&mut self, ns: u64) {
        let bucket = (ns | 1).ilog2() as usize;
        if bucket >= self.buckets.len() {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] += 1;
        self.count += 1;
        self.sum = self.sum.saturating_add(ns);
        self.max = self.max.max(ns);
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Histogram) {
        if other.buckets.len() > self.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(mine, more)| *mine += more);
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// All of them together; `u64::MAX` where that would be more.
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The longest; 0 where there was none.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// What this share of them, from 0 to 1, did not exceed: the upper end of its bucket, or the longest of all where
    /// that is less. 0 where there was none.
    pub fn quantile(&self, q: f64) -> u64 {
        let rank = ((q.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).max(1);
        let mut so_far = 0;
        for (upper, count) in self.buckets() {
            so_far += count;
            if so_far >= rank {
                return upper.min(self.max);
            }
        }
        self.max
    }

    /// The buckets up to the last one that is not empty: the longest time that belongs into each, and how many are there.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        // The last one ends where u64 does.
        let upper = |bucket: usize| u64::MAX >> (Self::BUCKETS - 1 - bucket);
        self.buckets.iter().enumerate().map(move |(bucket, count)| (upper(bucket), *count))
    }

    /// One that has these counts in its buckets, from the first one on. `None` where they cannot be a histogram's.
    pub fn from_parts(buckets: &[u64], sum: u64, max: u64) -> Option<Histogram> {
        let used = buckets.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        let count = buckets.iter().try_fold(0, |count: u64, bucket| count.checked_add(*bucket))?;
        let fits = match used {
            0 => max == 0 && sum == 0,
            _ => used <= Self::BUCKETS && (max | 1).ilog2() as usize == used - 1 && sum >= max,
        };
        fits.then(|| Histogram { buckets: buckets[..used].to_vec(), count, sum, max })
    }
}
