//! Permits: a room now, the message later. Probe P16 and the bugs that others met.

use std::task::Poll;

use thalweg::mpmc::{RecvError, SendError, TryRecvError, TrySendError};

use crate::harness::*;

/// tokio #8260: reserved, closed, and only then sent: the receivers wait for it, and see the end after it.
#[test]
fn permit_held_across_close_may_still_send() {
    for by_leaving in [false, true] {
        let (sender, receiver) = channel(2);
        let permit = sender.clone().try_reserve_owned().unwrap();
        let mut receive = task(receiver.recv());
        receive.waits();
        if by_leaving {
            drop(sender);
            assert!(!receiver.is_closed(), "an owned permit is a handle");
            receiver.close();
        } else {
            assert!(sender.close());
        }
        receive.waits();
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty), "one more may come");
        assert_eq!(receiver.try_recv_many(&mut Vec::new(), 1), Err(TryRecvError::Empty));
        drop(permit.send(1).unwrap());
        assert!(receive.woken());
        assert_eq!(receive.finishes(), Ok(1));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(task(receiver.recv()).finishes(), Err(RecvError));
    }
}

/// tokio #8075: the last permit of a closed channel is dropped: everybody who waits for it is told.
#[test]
fn permit_dropped_after_close_ends_all_receivers() {
    for kind in 0..3 {
        let (sender, receiver) = channel::<usize>(4);
        let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
        receives.iter_mut().for_each(|receive| receive.waits());
        let permit = (kind == 0).then(|| sender.try_reserve().unwrap());
        let owned = (kind == 1).then(|| sender.clone().try_reserve_owned().unwrap());
        let many = (kind == 2).then(|| sender.try_reserve_many(3).unwrap());
        sender.close();
        receives.iter_mut().for_each(|receive| receive.waits());
        drop((permit, owned, many));
        for receive in &mut receives {
            assert!(receive.woken(), "kind {kind}");
            assert_eq!(receive.finishes(), Err(RecvError));
        }
    }
}

/// The last permit is used: one receiver has the message, the others see the end.
#[test]
fn last_permit_used_after_close_ends_the_other_receivers() {
    let (sender, receiver) = channel(4);
    let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
    receives.iter_mut().for_each(|receive| receive.waits());
    let permit = sender.try_reserve().unwrap();
    sender.close();
    receives.iter_mut().for_each(|receive| receive.waits());
    permit.send(1).unwrap();
    assert!(receives.iter().all(|receive| receive.woken()));
    let results: Vec<_> = receives.iter_mut().map(|receive| receive.finishes()).collect();
    assert_eq!(results, [Ok(1), Err(RecvError), Err(RecvError)]);
}

/// A permit across the last receiver's leaving: nothing is stranded (tokio #7714).
#[test]
fn permit_held_across_the_last_receiver_refuses() {
    let ledger = Ledger::new();
    let (sender, receiver) = channel(2);
    sender.try_send(ledger.message()).unwrap();
    let permit = sender.try_reserve().unwrap();
    drop(receiver);
    assert_eq!(ledger.alive(), 0);
    let SendError(message) = permit.send(ledger.message()).unwrap_err();
    assert_eq!((message.id, sender.reserved(), sender.len()), (1, 0, 0));
    drop(message);
    ledger.all_dropped_once();
}

#[test]
fn permit_dropped_while_a_receive_waits_wakes_nobody_in_vain() {
    let (sender, receiver) = channel::<usize>(1);
    let mut receive = task(receiver.recv());
    receive.waits();
    let permit = sender.try_reserve().unwrap();
    drop(permit);
    assert_eq!(receive.wakes(), 0, "there is no message, and it is not the end");
    sender.try_send(1).unwrap();
    assert_eq!(receive.finishes(), Ok(1));
}

#[test]
fn permit_sent_wakes_the_receiver_that_waits() {
    for capacity in BUFFERED {
        let (sender, receiver) = channel(capacity);
        let mut receive = task(receiver.recv());
        receive.waits();
        sender.try_reserve().unwrap().send(1).unwrap();
        assert!(receive.woken());
        assert_eq!(receive.finishes(), Ok(1));
    }
}

#[test]
fn reserve_waits_for_room_and_holds_it() {
    for capacity in BOUNDED {
        let (sender, receiver) = filled(capacity, capacity);
        let mut reserve = task(sender.reserve());
        reserve.waits();
        assert_eq!(sender.reserved(), 0, "not before it was given");
        receiver.try_recv().unwrap();
        let permit = reserve.finishes().unwrap();
        assert_eq!(sender.try_send(9), Err(TrySendError::Full(9)));
        permit.send(100).unwrap();
        assert_eq!(receiver.try_iter().last(), Some(100));
    }
}

#[test]
fn many_are_all_or_nothing() {
    let (sender, receiver) = filled(4, 2);
    assert!(sender.try_reserve_many(3).is_err_and(|error| error.is_full()));
    assert_eq!(sender.reserved(), 0);
    let mut reserve = task(sender.reserve_many(4));
    reserve.waits();
    assert_eq!(receiver.try_recv(), Ok(0));
    reserve.waits();
    assert_eq!(sender.reserved(), 0);
    assert_eq!(receiver.try_recv(), Ok(1));
    let Poll::Ready(Ok(mut permits)) = reserve.settle() else { panic!("there is room") };
    assert_eq!((permits.len(), permits.size_hint(), sender.reserved()), (4, (4, Some(4)), 4));
    permits.next().unwrap().send(10).unwrap();
    let kept = permits.next().unwrap();
    assert_eq!((permits.len(), sender.reserved()), (2, 3));
    drop(permits);
    assert_eq!(sender.reserved(), 1, "what was not taken out is given back");
    kept.send(11).unwrap();
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [10, 11]);
}

#[test]
fn many_ends_after_its_last() {
    let (sender, _receiver) = channel::<u8>(4);
    let mut permits = sender.try_reserve_many(2).unwrap();
    assert_eq!((permits.by_ref().count(), permits.len()), (2, 0));
    assert!(permits.next().is_none() && permits.next().is_none());
    assert_eq!(sender.reserved(), 0);
}

#[test]
fn more_than_ever_fits_is_refused_at_once() {
    let (sender, _receiver) = channel::<u8>(4);
    assert!(task(sender.reserve_many(5)).finishes().is_err());
    assert!(sender.try_reserve_many(5).is_err());
    assert!(task(sender.reserve_many(usize::MAX)).finishes().is_err());
    assert_eq!(sender.reserved(), 0);
}

#[test]
fn none_is_granted_at_once() {
    for capacity in [1, 4, usize::MAX] {
        let (sender, _receiver) = channel(capacity);
        while capacity != usize::MAX && sender.try_send(1).is_ok() {}
        assert_eq!(task(sender.reserve_many(0)).finishes().unwrap().len(), 0);
        assert_eq!(sender.try_reserve_many(0).unwrap().len(), 0);
        assert_eq!(sender.reserved(), 0);
    }
}

#[test]
fn owned_permit_gives_its_sender_back() {
    let (sender, receiver) = channel(2);
    let permit = task(sender.reserve_owned()).finishes().unwrap();
    let sender = permit.release();
    assert_eq!((sender.reserved(), sender.sender_count()), (0, 1));
    let permit = sender.try_reserve_owned().unwrap();
    assert_eq!(receiver.sender_count(), 1);
    let sender = permit.send(5).unwrap();
    assert_eq!((receiver.try_recv(), sender.sender_count()), (Ok(5), 1));
    let permit = sender.try_reserve_owned().unwrap();
    drop(permit);
    assert!(receiver.is_closed(), "its sender was the last");
}

#[test]
fn owned_permit_fails_with_its_sender_when_full() {
    let (sender, receiver) = filled(1, 1);
    let Err(TrySendError::Full(sender)) = sender.try_reserve_owned() else { panic!("it is full") };
    assert_eq!(receiver.try_recv(), Ok(0));
    assert!(sender.try_reserve_owned().is_ok());
}

#[test]
fn owned_permits_tell_channels_apart() {
    let (sender, _receiver) = channel::<u8>(3);
    let (other, _other_receiver) = channel::<u8>(3);
    let permits = [sender.clone(), sender.clone(), other].map(|sender| sender.try_reserve_owned().unwrap());
    assert!(permits[0].same_channel(&permits[1]) && !permits[0].same_channel(&permits[2]));
}

/// Dropping a future that was just given its permit inside the same poll cannot happen; dropping one that was woken for it can.
#[test]
fn dropped_reservation_holds_nothing() {
    let (sender, receiver) = filled(1, 1);
    let mut reserve = task(sender.reserve());
    reserve.waits();
    receiver.try_recv().unwrap();
    assert!(reserve.woken());
    drop(reserve);
    assert_eq!((sender.reserved(), sender.waiting_senders()), (0, 0));
    sender.try_send(1).unwrap();
}

/// At capacity 0 the room is a receiver that waits.
#[test]
fn rendezvous_permit_is_a_receiver_that_waits() {
    let (sender, receiver) = channel(0);
    assert!(sender.try_reserve().is_err_and(|error| error.is_full()));
    let mut receive = task(receiver.recv());
    receive.waits();
    let permit = sender.try_reserve().unwrap();
    assert!(sender.try_reserve().is_err(), "one receiver, one permit");
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)), "it is spoken for");
    permit.send(2).unwrap();
    assert_eq!(receive.finishes(), Ok(2));
}

/// The receiver leaves meanwhile: the permit's message is kept for the next one.
#[test]
fn rendezvous_permit_outlives_its_receiver() {
    let (sender, receiver) = channel(0);
    let mut receive = task(receiver.recv());
    receive.waits();
    let permit = sender.try_reserve().unwrap();
    drop(receive);
    permit.send(2).unwrap();
    assert_eq!(receiver.len(), 1);
    assert_eq!(task(receiver.recv()).finishes(), Ok(2));
}

#[test]
fn rendezvous_reservation_waits_for_a_receiver() {
    let (sender, receiver) = channel(0);
    let mut sending = task(async { sender.reserve().await.unwrap().send(3) });
    let mut receive = task(receiver.recv());
    sending.waits();
    drive(&mut [&mut receive, &mut sending]);
    assert_eq!((sending.output(), receive.output()), (Ok(()), Ok(3)));
}

/// A sender remembers how much room it has seen. A permit that was taken since then counts all the same.
#[test]
fn room_that_a_permit_took_since_the_last_look_is_taken() {
    for capacity in [3, 4, 63, 64, 65] {
        let (sender, receiver) = channel(capacity);
        // Only a send that found a place at hand remembers more of them.
        (0..2).for_each(|number| sender.try_send(number).unwrap());
        let permits = sender.try_reserve_many(capacity - 2).unwrap();
        assert!(sender.try_send(2).unwrap_err().is_full(), "capacity {capacity}");
        assert!(task(sender.send(2)).poll().is_pending(), "capacity {capacity}");
        for (number, permit) in permits.enumerate() {
            permit.send(number + 2).unwrap();
        }
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), (0..capacity).collect::<Vec<_>>());
        assert_eq!(sender.try_send(0), Ok(()));
    }
}

/// One message, one receiver: that no other permit is out wakes the rest only where it is the end.
#[test]
fn last_permit_wakes_one_receiver_as_long_as_the_channel_is_open() {
    for capacity in BUFFERED {
        for closed in [false, true] {
            let (sender, receiver) = channel(capacity);
            let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
            let permit = sender.try_reserve().unwrap();
            receives.iter_mut().for_each(|receive| receive.waits());
            if closed {
                receiver.close();
                receives.iter_mut().for_each(|receive| receive.waits());
            }
            permit.send(1).unwrap();
            let woken = receives.iter().filter(|receive| receive.woken()).count();
            assert_eq!(woken, if closed { 3 } else { 1 }, "capacity {capacity}");
        }
    }
}
