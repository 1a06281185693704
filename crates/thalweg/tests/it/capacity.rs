//! Promise 7: capacity is exact. Permits count against it, clones do not add to it, and whoever races for it, it is never exceeded.

use thalweg::mpmc::{self, OwnedPermit, Sender, TrySendError};

use crate::harness::*;

#[test]
fn bounded_takes_exactly_its_capacity() {
    for capacity in [1, 2, 3, 5, 7, 16, 31, 100, 1_000] {
        let (sender, receiver) = channel(capacity);
        assert_eq!((sender.capacity(), receiver.capacity()), (Some(capacity), Some(capacity)));
        for round in 0..3 {
            for n in 0..capacity {
                assert_eq!((sender.len(), sender.free_capacity()), (n, Some(capacity - n)));
                assert_eq!((receiver.len(), receiver.free_capacity()), (n, Some(capacity - n)));
                assert_eq!((sender.is_empty(), sender.is_full()), (n == 0, false));
                assert_eq!((receiver.is_empty(), receiver.is_full()), (n == 0, false));
                sender.try_send(n).unwrap();
            }
            assert!(sender.is_full() && receiver.is_full());
            assert_eq!(sender.try_send(0), Err(TrySendError::Full(0)));
            let kept = round % capacity;
            (kept..capacity).for_each(|_| assert!(receiver.try_recv().is_ok()));
            receiver.try_iter().for_each(drop);
        }
    }
}

#[test]
fn unbounded_has_no_capacity() {
    let (sender, receiver) = mpmc::unbounded();
    assert_eq!((sender.capacity(), sender.free_capacity()), (None, None));
    assert_eq!((receiver.capacity(), receiver.free_capacity()), (None, None));
    for n in 0..10_000 {
        assert!(!sender.is_full());
        sender.try_send(n).unwrap();
    }
    assert_eq!(receiver.len(), 10_000);
}

#[test]
fn rendezvous_holds_nothing() {
    let (sender, receiver) = mpmc::rendezvous();
    let (zero, _receiver) = mpmc::bounded::<u8>(0);
    assert_eq!((sender.capacity(), zero.capacity()), (Some(0), Some(0)));
    assert!(sender.is_full() && sender.is_empty() && receiver.is_full() && receiver.is_empty());
    assert_eq!(sender.free_capacity(), Some(0));
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
    let mut send = task(sender.send(1));
    send.waits();
    assert_eq!(receiver.len(), 0);
    assert!(receiver.try_recv().is_err(), "a pending send keeps its message");
}

/// As many messages as receivers wait, and not one more: Kotlin #3730.
#[test]
fn rendezvous_takes_one_message_a_waiting_receiver() {
    for waiting in 0..4 {
        let (sender, receiver) = channel(0);
        let mut receives: Vec<_> = (0..waiting).map(|_| task(receiver.recv())).collect();
        receives.iter_mut().for_each(|receive| receive.waits());
        (0..waiting).for_each(|n| sender.try_send(n).unwrap());
        assert_eq!(sender.try_send(9), Err(TrySendError::Full(9)));
        assert_eq!(task(sender.send(9)).poll(), std::task::Poll::Pending);
        let got: Vec<_> = receives.iter_mut().map(|receive| receive.finishes().unwrap()).collect();
        assert_eq!(got, (0..waiting).collect::<Vec<_>>());
        assert_eq!(sender.try_send(9), Err(TrySendError::Full(9)));
    }
}

/// A message kept for a receiver that left uses up the next receiver: no more than one at a time gets in.
#[test]
fn rendezvous_does_not_grow_by_receivers_that_leave() {
    let (sender, receiver) = channel(0);
    let mut first = task(receiver.recv());
    first.waits();
    sender.try_send(1).unwrap();
    drop(first);
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!(receiver.len(), 1);
    assert_eq!(task(receiver.recv()).finishes(), Ok(1));
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
}

/// tokio #6015, futures: a clone must not bring a room with it.
#[test]
fn clones_add_no_room() {
    let (sender, _receiver) = channel(2);
    let senders: Vec<_> = (0..10).map(|_| sender.clone()).collect();
    let accepted = senders.iter().filter(|sender| sender.try_send(1).is_ok()).count();
    assert_eq!(accepted, 2);
}

#[test]
fn permits_count() {
    let (sender, receiver) = channel(3);
    let first = sender.try_reserve().unwrap();
    let second = sender.clone().try_reserve_owned().unwrap();
    assert_eq!((sender.reserved(), sender.len(), sender.free_capacity()), (2, 0, Some(1)));
    assert!(sender.is_empty() && !sender.is_full());
    sender.try_send(1).unwrap();
    assert!(sender.is_full());
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    assert!(sender.try_reserve().is_err_and(|error| error.is_full()));
    first.send(3).unwrap();
    assert_eq!((receiver.reserved(), receiver.len()), (1, 2));
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    drop(second);
    assert_eq!(sender.try_send(2), Ok(()));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 3, 2]);
}

#[test]
fn permits_of_an_unbounded_channel_are_counted_too() {
    let (sender, receiver) = mpmc::unbounded();
    let permits: Vec<_> = (0..5).map(|_| sender.try_reserve().unwrap()).collect();
    assert_eq!((sender.reserved(), sender.len(), sender.is_full()), (5, 0, false));
    permits.into_iter().enumerate().for_each(|(n, permit)| permit.send(n).unwrap());
    assert_eq!((sender.reserved(), receiver.len()), (0, 5));
}

/// All ways to send race for the last places, and nobody receives: what was accepted in the end is counted one by one, since `len`
/// would not tell of more than the capacity.
#[test]
fn never_over_capacity_however_sends_race() {
    for capacity in [1, 2, 3, 16] {
        for round in 0..200 {
            in_time(move || {
                let (sender, receiver) = channel(capacity);
                let racer = |nth: usize| -> Box<dyn FnOnce() -> Vec<OwnedPermit<usize>> + Send> {
                    let sender = sender.clone();
                    Box::new(move || race_for_places(&sender, round + nth))
                };
                let permits: Vec<_> = threads((0..3).map(racer).collect()).into_iter().flatten().collect();
                while sender.try_send(0).is_ok() {}
                assert_eq!(sender.reserved(), permits.len());
                assert_eq!(receiver.try_iter().count() + permits.len(), capacity, "round {round}, permits out");
                permits.into_iter().for_each(|permit| drop(permit.send(0).unwrap()));
                while sender.try_send(0).is_ok() {}
                assert_eq!(receiver.try_iter().count(), capacity, "round {round}, permits used");
            });
        }
    }
}

/// Sends in each way, beginning with another each time. Gives back one permit, if it got one in the end.
fn race_for_places(sender: &Sender<usize>, first: usize) -> Vec<OwnedPermit<usize>> {
    for way in first..first + 10 {
        match way % 5 {
            0 => drop(sender.try_send(1)),
            1 => drop(sender.force_send(2).unwrap()),
            2 => drop(task(sender.send(3)).poll()),
            3 => drop(task(sender.reserve()).poll()),
            _ => drop(sender.try_reserve().map(|permit| permit.send(4).unwrap())),
        }
    }
    sender.clone().try_reserve_owned().into_iter().collect()
}

/// A receive that is cancelled after it was woken leaves the count as it was.
#[test]
fn cancelled_operations_leave_the_count_as_it_was() {
    let (sender, receiver) = channel(2);
    for _ in 0..10 {
        let mut receive = task(receiver.recv());
        receive.waits();
        sender.try_send(1).unwrap();
        sender.try_send(2).unwrap();
        assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
        drop(receive);
        assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
        let mut send = task(sender.send(4));
        send.waits();
        assert_eq!(receiver.try_recv(), Ok(1));
        drop(send);
        sender.try_send(3).unwrap();
        assert_eq!(sender.try_send(4), Err(TrySendError::Full(4)));
        assert_eq!(receiver.try_iter().count(), 2);
    }
}

#[test]
fn waiting_operations_are_counted_and_are_not_messages() {
    let (sender, receiver) = filled(1, 1);
    let mut sends: Vec<_> = (0..3).map(|n| task(sender.send(n))).collect();
    assert_eq!(sender.waiting_senders(), 0, "not before the first poll");
    sends.iter_mut().for_each(|send| send.waits());
    assert_eq!((sender.waiting_senders(), receiver.waiting_senders(), sender.len()), (3, 3, 1));
    drop(sends);
    assert_eq!(sender.waiting_senders(), 0);
    assert_eq!(receiver.try_recv(), Ok(0));
    let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
    receives.iter_mut().for_each(|receive| receive.waits());
    assert_eq!((sender.waiting_receivers(), receiver.waiting_receivers()), (3, 3));
    drop(receives);
    assert_eq!(receiver.waiting_receivers(), 0);
}
