use super::Budget;
use core::num::NonZeroU32;

/// How many are ready before one yields, which begins the next streak.
fn streak(budget: &mut Budget, is_alone: bool) -> u32 {
    for done in 0.. {
        if !budget.go_on(|| is_alone) {
            budget.restart();
            return done;
        }
    }
    unreachable!()
}

#[test]
fn streaks_are_longer_for_one_that_is_alone() {
    let mut budget = Budget::new();
    for is_alone in [false, true, true, false, true] {
        let length = if is_alone { 1_024 } else { 128 };
        assert_eq!(streak(&mut budget, is_alone), length);
    }
}

/// Had a wait not ended the extension too, the next streak of one that is not alone would be as long.
#[test]
fn extension_ends_with_its_streak() {
    let mut budget = Budget::new();
    budget.charge(128);
    assert!(budget.extend(|| true));
    budget.charge(896);
    assert!(!budget.extend(|| true), "once in a streak");
    budget.restart();
    assert_eq!(budget.left(), 128);
    assert_eq!(streak(&mut budget, false), 128);
}

#[test]
fn what_was_set_is_kept_whoever_is_alone() {
    for limit in [1, 5, 127, 128, 129, 1_023, 1_024, 5_000] {
        let mut budget = Budget::new();
        budget.charge(100);
        budget.set(NonZeroU32::new(limit));
        assert_eq!([true, false, true].map(|is_alone| streak(&mut budget, is_alone)), [limit; 3]);
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
            assert!(budget.extend(|| false) && budget.may_go_on());
        }
    }
    let mut budget = Budget::new();
    budget.set(NonZeroU32::new((1 << 31) - 2));
    budget.charge(budget.left());
    assert!(!budget.extend(|| true), "a large number, but a number");
}
