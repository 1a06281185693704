//! Stress: every kind of channel between threads and runtimes that are drawn by lot, more threads than processors, with
//! yields, sends and receives that are given up, deadlines, other threads that spin, and runtimes shut down in the midst
//! of it. What went in and what came out is compared, no task may panic, and a channel that is stuck is described.
//!
//! One run lasts `THALWEG_SOAK_SECONDS`, 2 without it, and 50 rounds at least; `cargo xtask soak` sets it. The rounds
//! follow from the seed that is printed first, `THALWEG_SOAK_SEED` repeats it: the same scenarios, not the same schedules.

mod broadcast;
mod dice;
mod noise;
mod oneshot;
mod places;
mod queue;
mod shutdown;
mod tasks;
mod token;
mod watch;
mod watchdog;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dice::Dice;
use places::Places;
use tasks::{assert_none_panicked, count_panics, say};
use watchdog::Watchdog;

/// On a busy machine a few seconds may pass with hardly any.
const LEAST_ROUNDS: u64 = 50;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

#[test]
fn what_goes_in_comes_out_wherever_it_runs() {
    let limit = Duration::from_secs(number("THALWEG_SOAK_SECONDS").unwrap_or(2));
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_nanos() as u64);
    let seed = number("THALWEG_SOAK_SEED").unwrap_or(clock);
    say(&format!("THALWEG_SOAK_SEED={seed}, {} s", limit.as_secs()));
    count_panics();
    let places = Places::new();
    let watchdog = Watchdog::start(seed);
    let (started, mut rounds, mut messages, mut sum) = (Instant::now(), 0_u64, 0_u64, 0_u64);
    while started.elapsed() < limit || rounds < LEAST_ROUNDS {
        let mut dice = Dice::new(seed.wrapping_add(rounds));
        let came = match dice.below(9) {
            0..=3 => queue::round(&mut dice, &places, &watchdog),
            4 | 5 => shutdown::round(&mut dice, &watchdog),
            6 => broadcast::round(&mut dice, &places, &watchdog),
            7 => watch::round(&mut dice, &places, &watchdog),
            _ => oneshot::round(&mut dice, &places, &watchdog),
        };
        assert_none_panicked(&format!("round {rounds}, THALWEG_SOAK_SEED={seed}"));
        rounds += 1;
        messages += came.messages;
        sum = sum.wrapping_mul(31).wrapping_add(came.checksum);
    }
    watchdog.stop();
    println!("soak: {rounds} rounds, {messages} messages in and out, checksum {sum:016x}, seed {seed}");
    assert!(messages > 0);
}

/// What came out of a round, the same as went in.
#[derive(Default)]
struct Came {
    messages: u64,
    checksum: u64,
}

impl Came {
    fn of(numbers: impl Iterator<Item = u64>) -> Came {
        let mut came = Came::default();
        for number in numbers {
            came.messages += 1;
            // The order of what comes by several ways is nobody's; the sum knows none.
            came.checksum = came.checksum.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23));
        }
        came
    }
}
