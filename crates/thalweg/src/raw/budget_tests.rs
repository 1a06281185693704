use super::Budget;
use core::num::NonZeroU32;

/// How many are ready before one yields, which begins the next streak.
fn streak(budget: &mut Budget, share: u32) -> u32 {
    for done in 0..10_000 {
        if !budget.go_on(|| share) {
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

/// Had a wait not ended the extension too, the next streak of one with a small share would be as long.
#[test]
fn extension_ends_with_its_streak() {
    let mut budget = Budget::new();
    budget.charge(128);
    assert!(budget.extend(|| 1_024));
    budget.charge(896);
    assert!(!budget.extend(|| 1_024), "once in a streak");
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
            assert!(budget.extend(|| 128) && budget.may_go_on());
        }
    }
    let mut budget = Budget::new();
    budget.set(NonZeroU32::new((1 << 31) - 2));
    budget.charge(budget.left());
    assert!(!budget.extend(|| 1_024), "a large number, but a number");
}
