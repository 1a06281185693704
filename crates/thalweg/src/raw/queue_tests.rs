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

/// The last of them have tickets of the next round, whatever they wait for.
const STARTS: [u32; 4] = [0, u32::MAX / 2 - 2, u32::MAX - 2, u32::MAX];

fn queue_at(next_ticket: u32) -> WaitQueue {
    WaitQueue { next_ticket, ..WaitQueue::new() }
}

#[test]
fn who_comes_back_stands_before_all_who_never_left_in_the_old_order() {
    STARTS.into_iter().for_each(|start| come_back(queue_at(start)));
}

fn come_back(mut queue: WaitQueue) {
    let mut all = waiters(6);
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

/// What was too little for one is offered to those who came after it, not to those before, though tickets wrap.
#[test]
fn who_came_after_is_told_by_the_ticket() {
    for start in STARTS {
        for one in 0..4 {
            let (mut queue, mut all) = (queue_at(start), waiters(4));
            all.iter_mut().for_each(|waiter| link(&mut queue, waiter));
            (0..4).for_each(|_| drop(queue.wake_first(false)));
            all.iter_mut().for_each(|waiter| waiter.as_mut().stand_down());
            for (n, waiter) in all.iter_mut().enumerate().filter(|(n, _)| *n != one) {
                assert!(waiter.has_ticket(), "{n} has been here");
                link(&mut queue, waiter);
            }
            let mut others: Vec<usize> = (0..4).filter(|n| *n != one).collect();
            assert_eq!(order(&queue, &all), others, "from {start}");
            let woken = queue.wake_after(all[one].as_mut()).is_some();
            assert_eq!(woken, one < 3, "from {start}, after {one}");
            others.retain(|n| *n != one + 1);
            assert_eq!(order(&queue, &all), others, "from {start}, after {one}");
            all.iter_mut().for_each(|waiter| drop(queue.unlink(waiter.as_mut())));
        }
    }
}
