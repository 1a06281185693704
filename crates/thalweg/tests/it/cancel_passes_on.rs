//! Promise 3, the other half: who is dropped after it was woken passes the wake-up on.

use std::task::Poll;

use crate::harness::*;

/// flume #104, iroh #2536, tokio #3652, cats-effect #3998: the woken receiver is dropped and nobody else is told.
#[test]
fn woken_receive_that_is_dropped_wakes_the_next() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut first = task(receiver.recv());
        let mut second = task(receiver.recv());
        first.waits();
        second.waits();
        sender.try_send(7).unwrap();
        assert!(first.woken() && !second.woken());
        drop(first);
        assert!(second.woken(), "capacity {capacity}");
        assert_eq!(second.finishes(), Ok(7));
    }
}

/// There is nothing to pass on where somebody has taken the message meanwhile.
#[test]
fn woken_receive_that_is_dropped_too_late_wakes_nobody() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut first = task(receiver.recv());
        let mut second = task(receiver.recv());
        first.waits();
        second.waits();
        sender.try_send(7).unwrap();
        assert_eq!(receiver.try_recv(), Ok(7));
        drop(first);
        assert!(!second.woken(), "capacity {capacity}");
    }
}

#[test]
fn woken_send_that_is_dropped_wakes_the_next() {
    for capacity in [1, 2, 16] {
        let (sender, receiver) = filled(capacity, capacity);
        let mut first = task(sender.send(100));
        let mut second = task(sender.send(101));
        first.waits();
        second.waits();
        receiver.try_recv().unwrap();
        assert!(first.woken() && !second.woken());
        drop(first);
        assert!(second.woken(), "capacity {capacity}");
        assert_eq!(second.finishes(), Ok(()));
    }
}

#[test]
fn woken_send_that_is_cancelled_by_name_wakes_the_next() {
    let (sender, receiver) = filled(1, 1);
    let mut first = task(sender.send(100));
    let mut second = task(sender.send_owned(101));
    let mut third = task(sender.send(102));
    first.waits();
    second.waits();
    third.waits();
    receiver.try_recv().unwrap();
    assert_eq!(first.pinned().cancel(), Some(100));
    assert!(second.woken() && !third.woken());
    assert_eq!(second.pinned().cancel(), Some(101));
    assert!(third.woken());
    assert_eq!(third.finishes(), Ok(()));
}

#[test]
fn woken_rendezvous_send_that_is_dropped_wakes_the_next() {
    let (sender, receiver) = filled(0, 0);
    let mut first = task(sender.send(100));
    let mut second = task(sender.send(101));
    first.waits();
    second.waits();
    let mut receive = task(receiver.recv());
    assert!(receive.poll().is_pending());
    drop(first);
    drive(&mut [&mut second, &mut receive]);
    assert_eq!(receive.output(), Ok(101));
    assert_eq!(second.output(), Ok(()));
}

/// tokio #904, #8260: a reservation dropped half-way, a permit dropped unused.
#[test]
fn permit_or_reservation_that_is_dropped_wakes_the_next() {
    let (sender, receiver) = filled(1, 1);
    let mut first = task(sender.reserve());
    let mut second = task(sender.reserve());
    let mut third = task(sender.send(9));
    first.waits();
    second.waits();
    third.waits();
    receiver.try_recv().unwrap();
    assert!(first.woken());
    drop(first);
    assert!(second.woken());
    let permit = second.finishes().unwrap();
    assert!(!third.woken());
    drop(permit);
    assert!(third.woken());
    assert_eq!(third.finishes(), Ok(()));
}

/// A reservation of several that waits for its rooms and is dropped leaves them to those behind it, all of them.
#[test]
fn large_reservation_that_is_dropped_blocks_nobody() {
    let (sender, receiver) = filled(3, 3);
    let mut large = task(sender.reserve_many(3));
    let mut small: Vec<_> = (10..12).map(|message| task(sender.send(message))).collect();
    large.waits();
    small.iter_mut().for_each(|send| send.waits());
    receiver.try_recv().unwrap();
    receiver.try_recv().unwrap();
    drop(large);
    for send in &mut small {
        drive(&mut [send]);
        assert!(send.is_done() || send.woken() || matches!(send.settle(), Poll::Ready(Ok(()))));
    }
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [2, 10, 11]);
}

/// async-std #452: two receivers asleep, two sends; both must be woken, though the first has not run yet. In any order of dropping.
#[test]
fn every_message_has_someone_awake_for_it() {
    for capacity in [2, 16, usize::MAX] {
        for dropped in 0..3 {
            let (sender, receiver) = channel(capacity);
            let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
            receives.iter_mut().for_each(|receive| receive.waits());
            sender.try_send(0).unwrap();
            sender.try_send(1).unwrap();
            assert!(receives[0].woken() && receives[1].woken() && !receives[2].woken());
            drop(receives.remove(dropped));
            let mut got: Vec<_> =
                receives.iter_mut().filter(|receive| receive.woken()).map(|receive| receive.finishes()).collect();
            got.sort_by_key(|result| result.unwrap());
            assert_eq!(got, [Ok(0), Ok(1)], "capacity {capacity}, dropped {dropped}");
        }
    }
}

/// Any subset of the waiting is dropped, woken or not: the messages go to the rest, first come, first served.
#[test]
fn any_subset_may_leave() {
    for capacity in [1, 4, usize::MAX] {
        for subset in 0u32..64 {
            for woken in 0..=capacity.min(4) {
                let (sender, receiver) = channel(capacity);
                let mut receives: Vec<_> = (0..6).map(|_| Some(task(receiver.recv()))).collect();
                receives.iter_mut().flatten().for_each(|receive| receive.waits());
                (0..woken).for_each(|message| sender.try_send(message).unwrap());
                for (n, receive) in receives.iter_mut().enumerate() {
                    if subset & (1 << n) != 0 {
                        *receive = None;
                    }
                }
                let mut got = Vec::new();
                for receive in receives.iter_mut().flatten().filter(|receive| receive.woken()) {
                    got.push(receive.finishes().unwrap());
                }
                let left = 6 - subset.count_ones() as usize;
                assert_eq!(got, (0..woken.min(left)).collect::<Vec<_>>(), "subset {subset:b}, {woken} woken");
                assert_eq!(receiver.len(), woken - got.len());
            }
        }
    }
}

/// The mirror image for senders.
#[test]
fn any_subset_of_senders_may_leave() {
    for subset in 0u32..64 {
        for freed in 0..=4 {
            let (sender, receiver) = filled(4, 4);
            let mut sends: Vec<_> = (0..6).map(|n| Some(task(sender.send(100 + n)))).collect();
            sends.iter_mut().flatten().for_each(|send| send.waits());
            (0..freed).for_each(|message| assert_eq!(receiver.try_recv(), Ok(message)));
            for (n, send) in sends.iter_mut().enumerate() {
                if subset & (1 << n) != 0 {
                    *send = None;
                }
            }
            let mut went = 0;
            for send in sends.iter_mut().flatten().filter(|send| send.woken()) {
                assert_eq!(send.finishes(), Ok(()));
                went += 1;
            }
            let left = 6 - subset.count_ones() as usize;
            assert_eq!(went, freed.min(left), "subset {subset:b}, {freed} freed");
            let stayed = (0..6).filter(|n| subset & (1 << n) == 0).map(|n| 100 + n).take(went);
            let expected: Vec<_> = (freed..4).chain(stayed).collect();
            assert_eq!(receiver.try_iter().collect::<Vec<_>>(), expected);
        }
    }
}

/// A cancelled closed() leaves the others waiting for the end.
#[test]
fn closed_that_is_dropped_hides_the_end_from_nobody() {
    let (sender, receiver) = channel::<usize>(1);
    let mut first = task(sender.closed());
    let mut second = task(receiver.closed());
    let mut third = task(sender.closed());
    first.waits();
    second.waits();
    third.waits();
    drop(second);
    assert!(sender.close());
    assert!(first.woken() && third.woken());
    drop(first);
    third.finishes();
}
