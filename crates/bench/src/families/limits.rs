//! What this machine can do at best, measured beside the channels: no channel is faster than what it is made of.

use std::collections::VecDeque;
use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use crate::cell::{Cell, Entrants, Length, Metric, Place, Plan, Sample};
use crate::channel::Named;
use crate::runtime::{Flavor, Runtime, yield_now};

const EACH: &[Metric] = &[Metric::less("ns each")];
const MACHINE: Named = Named::strict("machine");

type Probe = fn(&Runtime, u64);

/// In the order of the report: what, where, and how.
const PROBES: [(&str, Flavor, Probe); 20] = [
    ("atomic load and store, relaxed", Flavor::Threads, load_store),
    ("atomic fetch_add", Flavor::Threads, fetch_add),
    ("atomic compare_exchange", Flavor::Threads, compare_exchange),
    ("store and full fence", Flavor::Threads, store_fence),
    ("lock and unlock of a std Mutex", Flavor::Threads, lock),
    ("VecDeque push and pop", Flavor::Threads, deque),
    ("box of 64 B made and dropped", Flavor::Threads, boxed),
    ("Arc cloned and dropped", Flavor::Threads, arc),
    ("memcpy in and out, 64 B", Flavor::Threads, copy::<64>),
    ("memcpy in and out, 256 B", Flavor::Threads, copy::<256>),
    ("memcpy in and out, 1024 B", Flavor::Threads, copy::<1024>),
    ("spin_loop", Flavor::Threads, pause),
    ("sched_yield", Flavor::Threads, give_way),
    ("cache line, there and back", Flavor::Threads, cache_line),
    ("fetch_add by two threads", Flavor::Threads, contended_add),
    ("std Mutex by two threads", Flavor::Threads, contended_lock),
    ("unpark and park, there and back", Flavor::Threads, park),
    ("a task polled again", Flavor::Current, repoll),
    ("a task polled again", Flavor::Workers(2), repoll),
    ("a task made and awaited", Flavor::Current, spawned),
];

fn load_store(_: &Runtime, count: u64) {
    let word = AtomicU64::new(0);
    for _ in 0..count {
        let word = black_box(&word);
        word.store(word.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

fn fetch_add(_: &Runtime, count: u64) {
    let word = AtomicU64::new(0);
    for _ in 0..count {
        black_box(&word).fetch_add(1, Ordering::AcqRel);
    }
}

fn compare_exchange(_: &Runtime, count: u64) {
    let word = AtomicU64::new(0);
    for number in 0..count {
        let swapped = black_box(&word).compare_exchange(number, number + 1, Ordering::AcqRel, Ordering::Relaxed);
        assert!(swapped.is_ok(), "nobody else writes");
    }
}

fn store_fence(_: &Runtime, count: u64) {
    let word = AtomicU64::new(0);
    for number in 0..count {
        black_box(&word).store(number, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }
}

fn lock(_: &Runtime, count: u64) {
    let word = Mutex::new(0_u64);
    for _ in 0..count {
        *black_box(&word).lock().expect("nobody panics") += 1;
    }
}

fn deque(_: &Runtime, count: u64) {
    let mut queue = VecDeque::with_capacity(16);
    for number in 0..count {
        black_box(&mut queue).push_back(number);
        black_box(queue.pop_front());
    }
}

fn boxed(_: &Runtime, count: u64) {
    for number in 0..count {
        drop(black_box(Box::new([number; 8])));
    }
}

fn arc(_: &Runtime, count: u64) {
    let shared = Arc::new(0_u64);
    for _ in 0..count {
        drop(black_box(black_box(&shared).clone()));
    }
}

/// Through a ring of 128, as a message goes.
fn copy<const N: usize>(_: &Runtime, count: u64) {
    let mut ring = Box::new([[0_u8; N]; 128]);
    let mut message = [1_u8; N];
    for number in 0..count as usize {
        ring[number % 128] = *black_box(&message);
        message = *black_box(&ring[(number + 1) % 128]);
    }
    black_box(message);
}

fn pause(_: &Runtime, count: u64) {
    (0..count).for_each(|_| spin_loop());
}

fn give_way(_: &Runtime, count: u64) {
    (0..count).for_each(|_| thread::yield_now());
}

/// Two threads write one word in turns. Where there is one processor they give way to each other.
fn cache_line(_: &Runtime, count: u64) {
    let word = AtomicU64::new(0);
    let turns = |mine: u64| {
        for round in 0..count {
            let mut spun = 0;
            while word.load(Ordering::Acquire) != 2 * round + mine {
                spun += 1;
                if spun % 1_000 == 0 { thread::yield_now() } else { spin_loop() }
            }
            word.store(2 * round + mine + 1, Ordering::Release);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| turns(1));
        turns(0);
    });
}

fn both(work: impl Fn() + Sync) {
    thread::scope(|scope| {
        scope.spawn(&work);
        work();
    });
}

fn contended_add(_: &Runtime, count: u64) {
    let word = AtomicU64::new(0);
    both(|| {
        for _ in 0..count / 2 {
            word.fetch_add(1, Ordering::AcqRel);
        }
    });
}

fn contended_lock(_: &Runtime, count: u64) {
    let word = Mutex::new(0_u64);
    both(|| {
        for _ in 0..count / 2 {
            *word.lock().expect("nobody panics") += 1;
        }
    });
}

/// Two threads wake each other in turns.
fn park(_: &Runtime, count: u64) {
    let word = AtomicU64::new(0);
    let caller = thread::current();
    let until = |value: u64| {
        while word.load(Ordering::Acquire) < value {
            thread::park();
        }
    };
    thread::scope(|scope| {
        let echo = scope.spawn(|| {
            for round in 0..count {
                until(2 * round + 1);
                word.store(2 * round + 2, Ordering::Release);
                caller.unpark();
            }
        });
        for round in 0..count {
            word.store(2 * round + 1, Ordering::Release);
            echo.thread().unpark();
            until(2 * round + 2);
        }
    });
}

fn repoll(runtime: &Runtime, count: u64) {
    let repoll = async move {
        for _ in 0..count {
            yield_now().await;
        }
    };
    runtime.run(|spawner| async move { spawner.spawn(repoll).await });
}

fn spawned(runtime: &Runtime, count: u64) {
    runtime.run(|spawner| async move {
        for _ in 0..count {
            spawner.spawn(async {}).await;
        }
    });
}

pub(super) fn cells(_: Plan) -> Vec<Cell> {
    let cell = |(what, flavor, probe): (&str, Flavor, Probe)| {
        let mut entrants = Entrants::default();
        entrants.add(MACHINE, true, move |runtime, count| -> Sample {
            let start = Instant::now();
            probe(runtime, count);
            Ok(vec![start.elapsed().as_nanos() as f64 / count as f64])
        });
        Cell::new(Place::new("machine", what), flavor, EACH, Length::Timed { most: 2_000_000 }, entrants)
    };
    PROBES.into_iter().map(cell).collect()
}
