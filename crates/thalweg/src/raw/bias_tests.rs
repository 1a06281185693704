use super::Side;
use crate::sync::{ENOUGH, IS_BIASED, MANY, prepare};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use std::vec::Vec;

const ROUNDS: usize = if cfg!(debug_assertions) { 10_000 } else { 5_000 };
const TURNS: usize = 100;

/// In a cache line of its own.
#[repr(align(128))]
struct Apart(AtomicUsize);

/// So many messages, one by one, in a hold each.
fn move_messages(side: &Side<u32>, messages: u16) {
    for _ in 0..messages {
        let mut held = side.take();
        held.count(1);
        *held += 1;
        held.advance(1);
    }
}

/// A side that is left to this thread, unless there is no such thing here. Linux must be asked first, which takes a while.
fn left_here() -> Option<Side<u32>> {
    for _ in 0..if IS_BIASED { 200 } else { 0 } {
        prepare();
        let side = Side::new(0);
        move_messages(&side, ENOUGH + MANY);
        if side.bias.is_own() {
            return Some(side);
        }
        thread::sleep(Duration::from_millis(10));
    }
    let is_late = IS_BIASED;
    assert!(!is_late, "two seconds are enough for Linux");
    None
}

#[test]
fn it_is_left_to_who_is_there_often_in_a_row() {
    let Some(_) = left_here() else { return };
    let side = Side::new(0);
    // The first look makes it the candidate.
    move_messages(&side, ENOUGH + MANY - 1);
    assert!(!side.bias.is_own());
    move_messages(&side, 1);
    assert!(side.bias.is_own());
    move_messages(&side, 1_000);
    assert!(side.bias.is_own());
    assert_eq!(*side.take(), u32::from(ENOUGH + MANY) + 1_000);
}

#[test]
fn it_is_not_left_to_one_of_two_who_take_turns() {
    let Some(_) = left_here() else { return };
    let side = Side::new(0);
    for _ in 0..20 {
        move_messages(&side, ENOUGH);
        thread::scope(|scope| {
            scope
                .spawn(|| {
                    prepare();
                    move_messages(&side, MANY);
                })
                .join()
                .unwrap()
        });
    }
    assert!(!side.bias.is_own());
}

#[test]
fn another_takes_it_away_for_good() {
    let Some(side) = left_here() else { return };
    let before = *side.take();
    thread::scope(|scope| scope.spawn(|| *side.take() += 1).join().unwrap());
    assert!(!side.bias.is_own());
    assert_eq!(*side.take(), before + 1);
    move_messages(&side, 10 * ENOUGH);
    assert!(!side.bias.is_own(), "it is given once");
}

/// The number of a thread that ended is given to the next: what was left to the one is left to the other, which sees all of it.
#[test]
fn owner_ended_and_its_number_went_on() {
    let Some(_) = left_here() else { return };
    let side = Arc::new(Side::new(0));
    for round in 0..50 {
        let own = side.clone();
        thread::spawn(move || {
            prepare();
            move_messages(&own, 2 * ENOUGH);
            if round % 10 == 9 {
                // Another one comes in between.
                thread::scope(|scope| scope.spawn(|| *own.take() += 1).join().unwrap());
            }
        })
        .join()
        .unwrap();
    }
    assert_eq!(*side.take(), 50 * 2 * u32::from(ENOUGH) + 5);
}

/// The owner is at work while another takes it away: they are never inside together. Before each hold the owner writes what the other one
/// reads, so that what it writes next is long on its way: without the heavy fence this fails.
#[test]
fn it_is_taken_away_from_one_at_work() {
    let Some(_) = left_here() else { return };
    let sides: Vec<Side<u32>> = (0..ROUNDS).map(|_| Side::new(0)).collect();
    let noise = [const { Apart(AtomicUsize::new(0)) }; 8];
    let round = AtomicUsize::new(0);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            for (number, side) in sides.iter().enumerate() {
                while round.load(Ordering::Acquire) <= number {
                    std::hint::spin_loop();
                }
                (0..number % 50)
                    .for_each(|_| _ = noise.iter().map(|line| line.0.load(Ordering::Relaxed)).sum::<usize>());
                let mut held = side.take();
                let before = *held;
                (0..50).for_each(|_| std::hint::spin_loop());
                *held = before + 1;
            }
        });
        for (number, side) in sides.iter().enumerate() {
            move_messages(side, ENOUGH + MANY);
            assert!(side.bias.is_own());
            round.store(number + 1, Ordering::Release);
            for n in 0..TURNS {
                noise.iter().for_each(|line| line.0.store(n, Ordering::Relaxed));
                *side.take() += 1;
            }
        }
        other.join().unwrap();
    });
    for side in &sides {
        assert_eq!(*side.take(), u32::from(ENOUGH + MANY) + TURNS as u32 + 1);
    }
}
