//! Promises 5 and 6 step by step: who looks after the other side, how often whom it wakes, and who lets whom go first. What
//! comes of it in the end is in `neglect`, `quiet` and `fairness`.

use std::{iter, task::Poll};

use crate::harness::*;

/// One sleeper, then two, then four, until all were woken: none of them can go on, and nobody is woken for that again.
#[test]
fn sleepers_are_woken_until_all_were() {
    for sleepers in 1..=9 {
        let (sender, receiver) = channel(1);
        // It has the only place.
        let _permit = sender.try_reserve().unwrap();
        let mut sends: Vec<_> = (0..sleepers).map(|n| task(sender.send(n))).collect();
        sends.iter_mut().for_each(|send| send.waits());
        let mut receive = task(receiver.recv());
        let mut all: Vec<&mut dyn Runnable> = vec![&mut receive];
        all.extend(sends.iter_mut().map(|send| send as &mut dyn Runnable));
        drive(&mut all);
        let rounds = iter::successors(Some(1), |woken| (*woken < sleepers).then_some(2 * woken));
        let expected: usize = rounds.map(|woken| woken.min(sleepers)).sum();
        assert_eq!(sends.iter().map(Task::wakes).sum::<usize>(), expected, "{sleepers} sleepers");
    }
}

/// Who watches sleeps once something has moved, if another of its side watches. The last one goes on.
#[test]
fn of_those_who_watch_one_is_enough() {
    let (sender, receiver) = filled(1, 1);
    let mut sends: Vec<_> = (1..4).map(|message| task(sender.send(message))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    // Who is woken for the place is neglected.
    assert_eq!(receiver.try_recv(), Ok(0));
    let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
    for receive in &mut receives {
        assert!(receive.poll().is_pending() && receive.woken(), "it watches, as a send sleeps");
    }
    sender.try_send(4).unwrap();
    assert_eq!(receives[0].finishes(), Ok(4));
    assert!(receives[1].poll().is_pending() && !receives[1].woken());
    assert!(receives[2].poll().is_pending() && receives[2].woken());
    let mut last = sends.pop().unwrap();
    drive(&mut [&mut receives[2], &mut last]);
    assert_eq!(last.output(), Ok(()));
}

/// Who watched sleeps as soon as all who were woken have looked. Polled again, while nothing has moved, it wakes nobody.
#[test]
fn who_watched_and_sleeps_is_polled_for_nothing() {
    let (sender, receiver) = channel(1);
    let permit = sender.try_reserve().unwrap();
    let mut sleeper = task(sender.send(9));
    sleeper.waits();
    let mut receives: Vec<_> = (0..2).map(|_| task(receiver.recv())).collect();
    for receive in &mut receives {
        assert!(receive.poll().is_pending() && receive.woken(), "it watches, as a send sleeps");
    }
    permit.send(0).unwrap();
    assert_eq!(receiver.try_recv(), Ok(0));
    let _permit = sender.try_reserve().unwrap();
    assert!(sleeper.woken());
    sleeper.waits();
    let wakes = sleeper.wakes();
    for _ in 0..3 {
        assert!(receives[1].poll().is_pending() && !receives[1].woken());
        assert_eq!(sleeper.wakes(), wakes);
    }
}

/// Its own task may have moved what moved last, and those who were woken for that are all neglected.
#[test]
fn who_is_polled_for_nothing_looks_after_the_others_if_anything_has_moved() {
    let (sender, receiver) = channel(1);
    let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
    receives.iter_mut().for_each(|receive| receive.waits());
    sender.try_send(0).unwrap();
    let mut sends: Vec<_> = (10..13).map(|message| task(sender.send(message))).collect();
    for send in &mut sends {
        assert!(send.poll().is_pending() && send.woken(), "it watches, as a receive sleeps");
    }
    assert_eq!(receiver.try_recv(), Ok(0));
    sender.try_send(1).unwrap();
    let (mut send, mut receive) = (sends.pop().unwrap(), receives.pop().unwrap());
    assert!(send.poll().is_pending() && !send.woken(), "it has moved, and another watches");
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!((send.woken(), receive.wakes()), (false, 0));
    assert!(receive.poll().is_pending() && receive.woken());
    drive(&mut [&mut receive, &mut send]);
    assert_eq!((send.output(), receive.output()), (Ok(()), Ok(12)));
}

/// In the queue, and not woken, it leaves what is there to those who were: until it has looked twice and nothing moved.
#[test]
fn who_was_not_woken_lets_others_go_first_as_long_as_something_moves() {
    let (sender, receiver) = channel(8);
    let mut woken: Vec<_> = (0..4).map(|_| task(receiver.recv())).collect();
    woken.iter_mut().for_each(|receive| receive.waits());
    let mut receive = task(receiver.recv());
    receive.waits();
    for message in 0..4 {
        sender.try_send(message).unwrap();
        assert!(receive.poll().is_pending() && receive.woken(), "message {message}");
    }
    assert_eq!(receive.poll(), Poll::Ready(Ok(0)), "those who were woken do not come");
}
