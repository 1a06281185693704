use super::{FIRST_MISSES, LOOKS, MORE, MOST_HITS, MOST_MISSES, Pace};
use core::cell::Cell;

fn wait(pace: &Pace, enough: usize, come: &dyn Fn() -> usize) -> bool {
    pace.tries() && pace.linger(enough, come)
}

/// One that tries at every wait.
fn hopeful() -> Pace {
    let pace = Pace::new();
    while !(0..8).all(|_| wait(&pace, 1, &|| 1)) {}
    pace.rest();
    pace
}

/// How often it looked while `waits` waits found nothing.
fn looks_in_vain(pace: &Pace, waits: usize) -> usize {
    let looks = Cell::new(0);
    for _ in 0..waits {
        let lingered = wait(pace, 1, &|| {
            looks.set(looks.get() + 1);
            0
        });
        assert!(!lingered);
    }
    looks.get()
}

#[test]
fn where_nothing_comes_it_hardly_looks() {
    let pace = Pace::new();
    let tries = looks_in_vain(&pace, 100 << MOST_MISSES) / LOOKS as usize;
    assert!((100..=100 + MOST_MISSES as usize).contains(&tries), "{tries} tries");
}

/// A channel for one request and its answer is not to pay for those that live long.
#[test]
fn first_waits_of_a_channel_do_not_try() {
    assert_eq!(looks_in_vain(&Pace::new(), (1 << FIRST_MISSES) - 1), 0);
}

#[test]
fn where_something_comes_it_soon_tries_at_every_wait() {
    let pace = Pace::new();
    looks_in_vain(&pace, 2 << MOST_MISSES);
    let waits = 2 << MOST_MISSES;
    assert!((0..waits).filter(|_| wait(&pace, 1, &|| 1)).count() > 4);
    assert!((0..100).all(|_| wait(&pace, 1, &|| 1)), "each hit takes half of the misses back");
}

#[test]
fn one_hit_among_many_misses_does_not_make_it_hopeful() {
    let pace = Pace::new();
    looks_in_vain(&pace, 2 << MOST_MISSES);
    while !wait(&pace, 1, &|| 1) {}
    assert!(!wait(&pace, 1, &|| 1));
}

#[test]
fn it_stays_for_more_only_while_more_comes() {
    let looks = Cell::new(0);
    let coming = |each: usize| {
        looks.set(0);
        let looks = &looks;
        move || {
            looks.set(looks.get() + 1);
            looks.get() * each
        }
    };
    let pace = hopeful();
    assert!(wait(&pace, 1, &coming(1)));
    assert_eq!(looks.get(), 1, "one was enough");
    assert!(wait(&pace, 10, &coming(5)));
    assert_eq!(looks.get(), 2, "ten were there at the second look");
    assert!(wait(&pace, 10, &coming(1)));
    assert_eq!(looks.get(), 2, "they came too slowly");
    assert!(wait(&pace, usize::MAX, &coming(2)));
    assert_eq!(looks.get(), 1 + MORE as usize, "it does not stay for ever");
}

#[test]
fn after_many_hits_it_is_time_for_others_until_somebody_yields_or_waits() {
    let pace = hopeful();
    for _ in 0..MOST_HITS {
        assert!(!pace.is_long());
        assert!(wait(&pace, 1, &|| 1));
    }
    assert!(pace.is_long());
    pace.rest();
    assert!(!pace.is_long());
    for _ in 0..MOST_HITS {
        assert!(wait(&pace, 1, &|| 1));
    }
    assert!(pace.is_long());
    looks_in_vain(&pace, 1);
    assert!(!pace.is_long());
}
