//! Medians, and how far to trust them.

/// A median and its standard error, both in the unit of the samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) error: f64,
}

impl Summary {
    /// Half the distance between the order statistics half a root of n below and above the middle:
    /// one standard error of the median, whatever the distribution.
    pub(crate) fn of(samples: &[f64]) -> Option<Self> {
        if samples.is_empty() {
            return None;
        }
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = (sorted.len() - 1) as f64 / 2.0;
        let reach = (sorted.len() as f64).sqrt() / 2.0;
        let at = |index: f64| {
            let index = index.clamp(0.0, (sorted.len() - 1) as f64);
            let low = sorted[index.floor() as usize];
            low + (sorted[index.ceil() as usize] - low) * index.fract()
        };
        Some(Self { median: at(middle), error: (at(middle + reach) - at(middle - reach)) / 2.0 })
    }

    pub(crate) fn is_rough(&self) -> bool {
        self.error > 0.05 * self.median
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
