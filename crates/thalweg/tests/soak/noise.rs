//! Threads that want the processors too: who holds a lock, or is about to sleep, is stopped in the midst of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::dice::Dice;

/// They spin no longer than this, whatever becomes of the round.
const LONGEST: Duration = Duration::from_millis(200);

/// As many threads as processors, every second of which gives way to others.
pub(crate) struct Noise {
    ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Noise {
    /// In one round of four.
    pub(crate) fn by_lot(dice: &mut Dice) -> Option<Noise> {
        dice.chance(4).then(Noise::start)
    }

    fn start() -> Noise {
        let ended: Arc<AtomicBool> = Arc::default();
        let count = thread::available_parallelism().map_or(2, usize::from);
        let start = |number| {
            let ended = ended.clone();
            thread::spawn(move || {
                if number % 2 == 0 {
                    give_way(19);
                }
                let started = Instant::now();
                while !ended.load(Ordering::Relaxed) && started.elapsed() < LONGEST {
                    (0..100).for_each(|_| std::hint::spin_loop());
                }
            })
        };
        let threads = (0..count).map(start).collect();
        Noise { ended, threads }
    }
}

impl Drop for Noise {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

/// From now on this thread is nicer than it was by so much. It cannot be taken back.
#[cfg(target_os = "linux")]
pub(crate) fn give_way(by: libc::c_int) {
    // SAFETY: it takes a number only, and on Linux means the thread that calls. Being nicer is refused to nobody.
    unsafe { libc::nice(by) };
}

/// Elsewhere the whole process would be nicer.
#[cfg(not(target_os = "linux"))]
pub(crate) fn give_way(_by: i32) {}
