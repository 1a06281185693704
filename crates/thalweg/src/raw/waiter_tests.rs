use super::*;
use crate::raw::WaitQueue;
use alloc::boxed::Box;

/// All else is forgotten with the operation, and the next one begins as the first.
#[test]
fn whether_it_is_of_a_thread_outlives_its_operation() {
    for of_thread in [false, true] {
        let mut waiter = Box::pin(if of_thread { Waiter::for_thread() } else { Waiter::new() });
        let mut queue = WaitQueue::new();
        for _ in 0..3 {
            drop(queue.link(waiter.as_mut(), Waker::noop().clone()));
            waiter.as_mut().become_anxious();
            drop(queue.wake_first(true));
            waiter.as_mut().stand_down();
            waiter.as_mut().defer(7);
            waiter.as_mut().finish();
            let waiter = waiter.as_mut();
            assert_eq!((waiter.is_of_thread(), waiter.is_new(), waiter.has_deferred()), (of_thread, true, false));
        }
    }
}

/// However much the channel moves.
#[test]
fn one_that_loses_again_and_again_goes_to_sleep_in_the_end() {
    let mut waiter = Box::pin(Waiter::new());
    let mut queue = WaitQueue::new();
    for _ in 0..2 {
        drop(queue.link(waiter.as_mut(), Waker::noop().clone()));
        waiter.as_mut().note(0);
        drop(queue.wake_first(true));
        assert!(!waiter.as_mut().stay(0), "nothing has moved");
        let stays = (1..).take_while(|witness| waiter.as_mut().stay(*witness)).count();
        assert_eq!(stays, usize::from(MOST_STAYS));
        assert!(waiter.as_mut().is_staying());
        waiter.as_mut().stand_down();
        waiter.as_mut().settle();
        assert!(!waiter.as_mut().is_staying());
    }
    drop(queue.link(waiter.as_mut(), Waker::noop().clone()));
    drop(queue.wake_first(true));
    waiter.as_mut().stand_down();
    waiter.as_mut().finish();
}
