//! What is drawn by lot.

/// A small generator, the same after the same seed.
#[derive(Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..4 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((self.next() >> 33) as usize) % count
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Dice of its own for a task.
    pub(crate) fn fork(&mut self) -> Dice {
        Dice::new(self.next())
    }

    /// Loses time as a thread does whose processor others want.
    pub(crate) fn dawdle(&mut self) {
        match self.below(24) {
            0 => std::thread::yield_now(),
            1 => (0..self.below(300)).for_each(|_| std::hint::spin_loop()),
            2 if self.chance(8) => std::thread::sleep(std::time::Duration::from_micros(50)),
            _ => {}
        }
    }
}
