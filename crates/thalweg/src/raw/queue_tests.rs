//! The order of a queue when waiters come back to it.

use super::*;
use alloc::boxed::Box;
use alloc::vec::Vec;

fn waiters(n: usize) -> Vec<Pin<Box<Waiter>>> {
    (0..n).map(|_| Box::pin(Waiter::new())).collect()
}

/// The waiters in the queue, as indices, front first; links checked in both directions.
fn order(queue: &WaitQueue, waiters: &[Pin<Box<Waiter>>]) -> Vec<usize> {
    let mut found = Vec::new();
    let (mut link, mut previous) = (queue.line.first, None);
    while let Some(here) = link {
        assert_eq!(queue.line.at(here).links().previous.get(), previous);
        let is = |waiter: &Pin<Box<Waiter>>| core::ptr::eq(&raw const **waiter, here.as_ptr());
        found.push(waiters.iter().position(is).expect("a link to a stranger"));
        previous = link;
        link = queue.line.at(here).links().next.get();
    }
    assert_eq!(queue.line.last, previous);
    assert_eq!(queue.len(), found.len());
    found
}

fn link(queue: &mut WaitQueue, waiter: &mut Pin<Box<Waiter>>) {
    drop(queue.link(waiter.as_mut(), Waker::noop().clone()));
}

#[test]
fn who_comes_back_stands_before_all_who_never_left_in_the_old_order() {
    let (mut queue, mut all) = (WaitQueue::new(), waiters(6));
    all.iter_mut().take(5).for_each(|waiter| link(&mut queue, waiter));
    (0..4).for_each(|_| drop(queue.wake_first(false)));
    assert_eq!(order(&queue, &all), [4]);
    all.iter_mut().take(4).for_each(|waiter| waiter.as_mut().stand_down());
    link(&mut queue, &mut all[5]);
    for returning in [2, 0, 3, 1] {
        link(&mut queue, &mut all[returning]);
    }
    assert_eq!(order(&queue, &all), [0, 1, 2, 3, 4, 5]);
    drop(queue.unlink(all[3].as_mut()));
    drop(queue.unlink(all[0].as_mut()));
    link(&mut queue, &mut all[3]);
    assert_eq!(order(&queue, &all), [1, 2, 3, 4, 5]);
    all.iter_mut().for_each(|waiter| drop(queue.unlink(waiter.as_mut())));
    assert!(order(&queue, &all).is_empty());
}
