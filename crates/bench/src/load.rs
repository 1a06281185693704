//! What others took of the machine while we measured.

use std::fs::read_to_string;

/// Clock ticks that all cores were busy, or taken away by a hypervisor, and those that were ours.
#[derive(Clone, Copy)]
pub(crate) struct Ticks {
    all: u64,
    ours: u64,
    elapsed: u64,
}

impl Ticks {
    /// `None` where there is no `/proc`.
    pub(crate) fn now() -> Option<Self> {
        // What is no natural number is none of those we want.
        let fields = |text: &str, skip: usize| -> Vec<u64> {
            text.split_whitespace().skip(skip).map(|field| field.parse().unwrap_or(0)).collect()
        };
        let machine = read_to_string("/proc/stat").ok()?;
        // User, nice, system, idle, waiting, interrupts, soft interrupts, stolen.
        let cores = fields(machine.lines().next()?, 1);
        let process = read_to_string("/proc/self/stat").ok()?;
        // After the name in parentheses come the state and the parent; user and system time are the 14th and 15th.
        let own = fields(process.rsplit(')').next()?, 2);
        let elapsed = cores.get(..8)?.iter().sum();
        Some(Self { all: elapsed - cores[3] - cores[4], ours: own.get(9)? + own.get(10)?, elapsed })
    }

    /// What others took since then, in per cent of the whole machine.
    pub(crate) fn foreign_since(self, start: Self) -> f64 {
        let others = (self.all - start.all).saturating_sub(self.ours - start.ours);
        100.0 * others as f64 / (self.elapsed - start.elapsed).max(1) as f64
    }
}
