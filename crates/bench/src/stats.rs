//! Medians, and how far to trust them.

use crate::cell::Fold;

/// What many rounds come to, all in the unit of the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    /// The median, or the sum.
    pub(crate) value: f64,
    /// One standard error of the median.
    pub(crate) error: f64,
    /// The quarter of the samples that are least lie below this.
    pub(crate) low: f64,
    /// The quarter of the samples that are greatest lie above this.
    pub(crate) high: f64,
    pub(crate) rounds: usize,
}

impl Summary {
    pub(crate) fn of(samples: &[f64], fold: Fold) -> Option<Self> {
        if samples.is_empty() {
            return None;
        }
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = (sorted.len() - 1) as f64;
        let at = |index: f64| {
            let index = index.clamp(0.0, last);
            let low = sorted[index.floor() as usize];
            low + (sorted[index.ceil() as usize] - low) * index.fract()
        };
        let (low, high, rounds) = (at(last / 4.0), at(last * 0.75), sorted.len());
        if fold == Fold::Sum {
            return Some(Self { value: sorted.iter().sum(), error: 0.0, low, high, rounds });
        }
        // Half the distance between the order statistics half a root of n below and above the middle: one standard
        // error of the median, whatever the distribution.
        let middle = last / 2.0;
        let reach = (rounds as f64).sqrt() / 2.0;
        Some(Self { value: at(middle), error: (at(middle + reach) - at(middle - reach)) / 2.0, low, high, rounds })
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.error <= 0.05 * self.value
    }
}

/// The value below which `share` of the samples lie.
pub(crate) fn percentile(samples: &mut [u32], share: f64) -> u32 {
    if samples.is_empty() {
        return 0;
    }
    let index = ((samples.len() - 1) as f64 * share) as usize;
    *samples.select_nth_unstable(index).1
}

/// The mean of ratios.
pub(crate) fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    (!ratios.is_empty()).then(|| (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wild_sample_moves_nothing() {
        let calm = Summary::of(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 90.0], Fold::Less).unwrap();
        assert_eq!((calm.value, calm.error), (1.0, 0.0));
        assert!(calm.is_settled());
        let wild = Summary::of(&[1.0, 9.0, 2.0, 8.0, 3.0, 7.0], Fold::Less).unwrap();
        assert_eq!(wild.value, 5.0);
        assert!(!wild.is_settled());
        assert_eq!(Summary::of(&[1.0, 0.0, 2.0], Fold::Sum).unwrap().value, 3.0);
        assert!(Summary::of(&[], Fold::Less).is_none());
    }

    #[test]
    fn percentiles_and_means() {
        let mut samples: Vec<u32> = (1..=101).rev().collect();
        assert_eq!([0.0, 0.5, 0.99].map(|share| percentile(&mut samples, share)), [1, 51, 100]);
        assert!((geometric_mean(&[0.5, 2.0]).unwrap() - 1.0).abs() < 1e-9);
    }
}
