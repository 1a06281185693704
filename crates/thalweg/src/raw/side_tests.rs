use super::*;
use alloc::boxed::Box;
use alloc::vec::Vec;

fn at(messages: usize) -> Position {
    Position(Position::START.0.wrapping_add(messages << SHIFT))
}

/// By its last bits, 128 messages sent and received left no trace: a channel of capacity 128, seen once a burst, seemed
/// to stand still.
#[test]
fn round_numbers_of_messages_leave_a_trace() {
    let start = at(0).witness(at(0));
    for moved in (1..=64).chain([128, 256]) {
        assert_ne!(at(moved).witness(at(moved)), start, "{moved} sent and received");
        assert_ne!(at(moved).witness(at(0)), start, "{moved} sent");
        assert_ne!(at(0).witness(at(moved)), start, "{moved} received");
    }
}

/// With factors of which one was twice the other, two sent and one received left no trace.
#[test]
fn few_sent_and_received_leave_a_trace() {
    let start = at(0).witness(at(0));
    for sent in 0..=16 {
        for received in 0..=16 {
            let witness = at(sent).witness(at(received));
            assert_eq!(witness == start, sent + received == 0, "{sent} sent, {received} received");
        }
    }
}

/// The counts of turns wrap at 2^32, and half way their sign: what counts is the difference, also where more come back than were
/// given.
#[test]
fn turns_are_counted_over_the_wrap() {
    for start in [0, 1, u32::MAX / 2 - 1, u32::MAX / 2, u32::MAX - 3, u32::MAX - 1, u32::MAX] {
        let (own, other) = (Side::new(()), Side::new(()));
        own.given.store(start, Ordering::Relaxed);
        other.used.store(start, Ordering::Relaxed);
        let mut waiters: Vec<_> = (0..5).map(|_| Box::pin(Waiter::new())).collect();
        for waiter in &mut waiters {
            drop(own.take().link(waiter.as_mut(), Waker::noop().clone()));
        }
        for turns in 1..=5 {
            drop(own.take().wake_first(false));
            assert_eq!(own.turns(&other), turns, "given, from {start}");
        }
        other.take().lend_turn();
        assert_eq!(own.turns(&other), 6, "lent, from {start}");
        for turns in [5, 4, 3] {
            other.take().use_turn();
            assert_eq!(own.turns(&other), turns, "used, from {start}");
        }
        for turns in [2, 1, 0, 0] {
            own.take().take_turn_back();
            assert_eq!(own.turns(&other), turns, "taken back, from {start}");
        }
    }
}

/// Who is ahead of whom is told by the smaller way round, and every message of a full channel is counted.
#[test]
fn positions_of_the_longest_channel_do_not_lap() {
    let (start, end) = (at(0), at(MAX_LEN));
    assert_eq!(end.since(start), MAX_LEN);
    assert!(start.since(end) > MAX_LEN);
}
