use super::{Budget, Hands};
use core::num::NonZeroU32;

/// How many are ready before one yields, which begins the next streak.
fn streak(budget: &mut Budget, share: u32) -> u32 {
    for done in 0..10_000 {
        if !budget.go_on(|_| share) {
            budget.restart();
            return done;
        }
    }
    panic!("it has no end")
}

/// `spend` was written so that a compiler left the subtraction out, only where it optimises (`cargo xtask test it-release`).
#[test]
fn optimised_budget_had_no_end() {
    let mut budget = Budget::new();
    budget.set(NonZeroU32::new(5));
    assert_eq!((0..10).filter(|_| budget.spend()).count(), 5);
    assert_eq!([128, 300].map(|share| streak(&mut Budget::new(), share)), [128, 300]);
}

#[test]
fn streak_is_as_long_as_the_share() {
    let mut budget = Budget::new();
    for share in [128, 1_024, 256, 1_024, 128, 512] {
        assert_eq!(streak(&mut budget, share), share);
    }
}

#[test]
fn one_that_is_alone_goes_round_eight_times() {
    let rounds = [(0, 128), (1, 128), (16, 128), (17, 136), (64, 512), (127, 1_016), (128, 1_024), (usize::MAX, 1_024)];
    for (capacity, share) in rounds {
        assert_eq!(Budget::of_one_alone(capacity), share, "{capacity}");
    }
}

#[test]
fn handles_divide_what_they_have_together() {
    let parts = [(0, 1_024), (2, 1_024), (3, 682), (4, 512), (8, 256), (15, 136), (16, 128), (1_000, 128)];
    for (handles, part) in parts {
        assert_eq!(Budget::of_one_among(handles, usize::MAX), part, "{handles}");
        assert_eq!(Budget::of_one_among(handles, 16), 128, "no more than of one alone");
    }
}

#[test]
fn several_threads_are_forgotten_after_seven_streaks() {
    fn several<const N: usize>(threads: [u32; N]) -> [bool; N] {
        let mut hands = Hands(0);
        threads.map(|thread| {
            hands = hands.after(thread);
            hands.are_several()
        })
    }
    assert_eq!(several([1; 20]), [false; 20], "the first one is no other");
    assert_eq!(several([1, 2, 2, 1]), [false, true, true, true]);
    let mut threads = [2; 20];
    threads[3] = 1;
    let found = several(threads);
    assert!(found.iter().enumerate().all(|(at, several)| *several == (3..=10).contains(&at)), "{found:?}");
    assert_eq!(several([u32::MAX, u32::MAX, 1]), [false, false, true], "the topmost bits are no thread's");
}

/// What is known of the threads outlasts what ends a streak, but not a number that was set.
#[cfg(feature = "std")]
#[test]
fn hands_are_kept_from_streak_to_streak() {
    let mut budget = Budget::new();
    let told = |budget: &mut Budget, set: bool| {
        let mut told = None;
        budget.charge(budget.left());
        budget.extend(|several| (told = Some(several), 200).1);
        if set {
            budget.set(NonZeroU32::new(5));
        } else {
            budget.restart();
        }
        told
    };
    assert_eq!(told(&mut budget, false), Some(false));
    std::thread::scope(|scope| {
        assert_eq!(scope.spawn(|| told(&mut budget, false)).join().unwrap(), Some(true));
    });
    assert_eq!([(); 6].map(|()| told(&mut budget, false)), [Some(true); 6]);
    assert_eq!(told(&mut budget, true), Some(true));
    assert_eq!(told(&mut budget, false), None, "five, whoever does them");
}

/// Had a wait not ended the extension too, the next streak of one with a small share would be as long.
#[test]
fn extension_ends_with_its_streak() {
    let mut budget = Budget::new();
    budget.charge(128);
    assert!(budget.extend(|_| 1_024));
    budget.charge(896);
    assert!(!budget.extend(|_| 1_024), "once in a streak");
    budget.restart();
    assert_eq!(budget.left(), 128);
    assert_eq!(streak(&mut budget, 128), 128);
}

#[test]
fn what_was_set_is_kept_whatever_the_share() {
    for limit in [1, 5, 127, 128, 129, 1_023, 1_024, 5_000] {
        let mut budget = Budget::new();
        budget.charge(100);
        budget.set(NonZeroU32::new(limit));
        assert_eq!([1_024, 128, 512].map(|share| streak(&mut budget, share)), [limit; 3]);
    }
}

#[test]
fn budget_that_is_off_has_no_end() {
    for limit in [None, NonZeroU32::new(u32::MAX), NonZeroU32::new((1 << 31) - 1)] {
        let mut budget = Budget::new();
        budget.set(limit);
        for _ in 0..3 {
            budget.charge(budget.left());
            assert!(!budget.may_go_on());
            assert!(budget.extend(|_| 128) && budget.may_go_on());
        }
    }
    let mut budget = Budget::new();
    budget.set(NonZeroU32::new((1 << 31) - 2));
    budget.charge(budget.left());
    assert!(!budget.extend(|_| 1_024), "a large number, but a number");
}
