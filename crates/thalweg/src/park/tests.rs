//! What a thread does that polls, by polls that say when they are woken.

use super::*;
const SHORT: Duration = Duration::from_millis(30);

#[test]
fn a_wake_up_for_nothing_does_not_end_the_wait() {
    let began = Instant::now();
    let mut polls = 0;
    let result = block_on(Some(began + SHORT), |cx| {
        polls += 1;
        if polls == 1 {
            cx.waker().wake_by_ref();
        }
        Poll::<()>::Pending
    });
    assert_eq!(result, None);
    assert!(began.elapsed() >= SHORT, "given up after {:?}", began.elapsed());
}

#[test]
fn a_poll_that_wakes_itself_again_and_again_ends_at_the_deadline() {
    let began = Instant::now();
    let result = block_on(Some(began + SHORT), |cx| {
        assert!(began.elapsed() < 300 * SHORT, "polled without end");
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    });
    assert_eq!(result, None);
}

#[test]
fn who_defers_to_others_has_its_turn_though_it_is_late() {
    let mut polls = 0;
    let result = block_on(Some(Instant::now()), |cx| {
        polls += 1;
        cx.waker().wake_by_ref();
        if polls == 2 { Poll::Ready(()) } else { Poll::Pending }
    });
    assert_eq!((result, polls), (Some(()), 2));
}

/// Where nobody wakes it, it sleeps: it does not poll all the while.
#[test]
fn a_thread_that_waits_polls_only_when_it_is_woken() {
    let mut polls = 0;
    let result = block_on(Some(Instant::now() + SHORT), |_| {
        polls += 1;
        Poll::<()>::Pending
    });
    assert_eq!((result, polls), (None, 1));
}

/// On a busy machine a thread that gave way before each sleep was out of turn each time.
#[test]
fn thread_gave_way_again_and_again_where_that_took_long() {
    let courtesy = Courtesy::default();
    let waits_until_it_pays = || (0..).find(|_| courtesy.pays());
    assert_eq!(waits_until_it_pays(), Some(0));
    assert!(!courtesy.costs(LONG / 2));
    assert_eq!(waits_until_it_pays(), Some(0));
    for skips in [32, 64, 128, 256, 512, 1_024, 1_024] {
        assert!(courtesy.costs(LONG));
        assert_eq!(waits_until_it_pays(), Some(skips));
    }
    // Less and less often, when it has paid again.
    (0..3).for_each(|_| assert!(!courtesy.costs(LONG / 2)));
    assert!(courtesy.costs(LONG));
    assert_eq!(waits_until_it_pays(), Some(256));
}

const FAR: Duration = Duration::from_secs(3_600);
/// Of its looks so many come after giving way.
const GIVES_WAY: u32 = PATIENCE - PAUSES;

/// A thread waits in vain. It is as patient as it is courteous: how it gave way is noted each time, until once it took long.
#[test]
fn thread_that_was_not_woken_gives_way_before_it_sleeps() {
    for deadline in [None, Some(Instant::now() + FAR)] {
        let courtesy = Courtesy::default();
        courtesy.misses.set(2 * GIVES_WAY);
        assert!(!Signal::new().comes_soon(deadline, &courtesy));
        let took_long = courtesy.skips.get() > 0;
        assert!(took_long || courtesy.misses.get() == GIVES_WAY, "{} left", courtesy.misses.get());
    }
}

#[test]
fn thread_that_is_not_to_give_way_sleeps_after_its_pauses() {
    let courtesy = Courtesy::default();
    courtesy.misses.set(2 * GIVES_WAY);
    courtesy.skips.set(2);
    assert!(!Signal::new().comes_soon(None, &courtesy));
    assert_eq!((courtesy.skips.get(), courtesy.misses.get()), (1, 2 * GIVES_WAY));
}

/// A wait that did not come to giving way does not count as one that was to pass.
#[test]
fn thread_whose_time_is_up_does_not_think_of_giving_way() {
    let courtesy = Courtesy::default();
    courtesy.skips.set(2);
    assert!(!Signal::new().comes_soon(Some(Instant::now()), &courtesy));
    assert_eq!(courtesy.skips.get(), 2);
}

#[test]
fn thread_takes_a_wake_up_once_without_sleeping() {
    let (signal, courtesy) = (Signal::new(), Courtesy::default());
    signal.set();
    assert!(signal.comes_soon(None, &courtesy));
    assert!(!signal.comes_soon(None, &courtesy));
}
