use super::{LONGER, LOOKS, MORE, MOST_BARREN, MOST_HITS, MOST_MISSES, Pace};
use core::cell::Cell;

fn wait(pace: &Pace, enough: usize, come: &dyn Fn() -> usize) -> bool {
    pace.tries() && pace.linger(enough, come)
}

/// One that was woken by another thread.
fn apart() -> Pace {
    let pace = Pace::new();
    pace.woken(true);
    pace
}

/// One that tries at every wait.
fn hopeful() -> Pace {
    let pace = apart();
    while !(0..8).all(|_| wait(&pace, 1, &|| 1)) {}
    pace.rest();
    pace
}

/// How often it tried while `waits` waits found nothing.
fn tries_in_vain(pace: &Pace, waits: usize) -> usize {
    (0..waits).filter(|_| pace.tries() && !pace.linger(1, &|| 0)).count()
}

/// How often it looks in a try that finds nothing.
fn looks_in_vain(pace: &Pace) -> u32 {
    let looks = Cell::new(0);
    while !pace.tries() {}
    pace.linger(1, &|| {
        looks.set(looks.get() + 1);
        0
    });
    looks.get()
}

#[test]
fn where_nothing_comes_it_hardly_looks() {
    let tries = tries_in_vain(&apart(), 100 << MOST_MISSES);
    assert!((100..=100 + MOST_MISSES as usize).contains(&tries), "{tries} tries");
}

#[test]
fn the_seldomer_it_tries_the_longer_it_looks() {
    let pace = apart();
    assert_eq!(looks_in_vain(&pace), LOOKS);
    let longest = (0..20).map(|_| looks_in_vain(&pace)).max();
    assert_eq!(longest, Some(LOOKS + LONGER), "but there is an end to it");
}

/// Who is served by its own thread has nothing to wait for while it runs.
#[test]
fn on_one_thread_it_never_tries() {
    let pace = Pace::new();
    assert_eq!(tries_in_vain(&pace, 4 << MOST_MISSES), 0);
    pace.woken(true);
    assert!(pace.tries());
    pace.woken(false);
    assert_eq!(tries_in_vain(&pace, 4 << MOST_MISSES), 0);
}

#[test]
fn where_something_comes_it_soon_tries_at_every_wait() {
    let pace = apart();
    tries_in_vain(&pace, 2 << MOST_MISSES);
    let waits = 2 << MOST_MISSES;
    assert!((0..waits).filter(|_| wait(&pace, 1, &|| 1)).count() > 4);
    assert!((0..100).all(|_| wait(&pace, 1, &|| 1)), "each hit takes half of the misses back");
}

#[test]
fn one_hit_among_many_misses_does_not_make_it_hopeful() {
    let pace = apart();
    tries_in_vain(&pace, 2 << MOST_MISSES);
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
    assert!(wait(&pace, 100, &coming(2)));
    assert_eq!(looks.get(), 1 + MORE as usize, "it does not stay for ever");
}

/// A message there and one back: nothing more comes, and to wait for it would be half of the time.
#[test]
fn where_one_comes_at_a_time_it_hardly_stays() {
    let pace = hopeful();
    let looks = Cell::new(0);
    let one = || {
        looks.set(looks.get() + 1);
        1
    };
    let hits = 10 << MOST_BARREN;
    assert!((0..hits).all(|_| wait(&pace, 10, &one)));
    let stays = looks.get() - hits;
    assert!((10..=10 + MOST_BARREN).contains(&stays), "it stayed {stays} times");
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
    assert_eq!(tries_in_vain(&pace, 1), 1);
    assert!(!pace.is_long());
}

/// How many of so many that were woken and found nothing stay awake, of whom so many in ten get something.
fn stay(pace: &Pace, losers: usize, paid_in_ten: usize) -> usize {
    let mut stayed = 0;
    for _ in 0..losers {
        if pace.may_stay() {
            stayed += 1;
            pace.stayed(stayed % 10 >= paid_in_ten);
        }
    }
    stayed
}

#[test]
fn losers_stay_awake_where_it_mostly_pays() {
    assert_eq!(stay(&Pace::new(), 1_000, 10), 1_000);
    assert!(stay(&Pace::new(), 1_000, 8) > 600);
    assert!(stay(&Pace::new(), 1_000, 3) < 500);
    assert!(stay(&Pace::new(), 1_000, 0) < 200);
}

#[test]
fn losers_try_again_where_it_was_in_vain() {
    let pace = Pace::new();
    stay(&pace, 1_000, 0);
    assert!(stay(&pace, 100, 10) > 60);
}

/// How often it is refused before each of them, all in vain.
#[test]
fn losers_sleep_for_so_long_after_each_that_stayed_in_vain() {
    let pace = Pace::new();
    let refusals = [(); 5].map(|()| {
        let refusals = (0..100).find(|_| pace.may_stay());
        pace.stayed(true);
        refusals
    });
    assert_eq!(refusals, [0, 0, 5, 6, 6].map(Some));
}

/// What is learnt about staying awake leaves what is learnt about lingering as it is.
#[test]
fn losers_and_those_who_linger_learn_apart() {
    let pace = hopeful();
    stay(&pace, 100, 0);
    assert!((0..100).all(|_| wait(&pace, 1, &|| 1)));
    tries_in_vain(&pace, 2 << MOST_MISSES);
    let before = stay(&pace, 100, 10);
    assert!(before > 60, "{before}");
}
