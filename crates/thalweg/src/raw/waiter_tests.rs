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
