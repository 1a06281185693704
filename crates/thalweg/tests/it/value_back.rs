//! Promise 4: the value comes back. A box's address tells which one it is.

use std::collections::VecDeque;

use thalweg::mpmc::{SendError, Sender, TrySendError};

use crate::harness::*;

/// A message, and the address it must still have when it comes back.
fn boxed(value: usize) -> (Box<usize>, *const usize) {
    let message = Box::new(value);
    let address = &raw const *message;
    (message, address)
}

#[track_caller]
fn same(message: &usize, address: *const usize) {
    assert!(std::ptr::eq(message, address), "another box came back");
}

/// The ways in which a channel refuses for good.
fn closings() -> [fn(Sender<Box<usize>>, thalweg::mpmc::Receiver<Box<usize>>) -> Sender<Box<usize>>; 3] {
    [
        |sender, receiver| {
            receiver.close();
            sender
        },
        |sender, receiver| {
            sender.close();
            drop(receiver);
            sender
        },
        |sender, receiver| {
            drop(receiver);
            sender
        },
    ]
}

#[test]
fn closed_channel_gives_every_message_back() {
    for capacity in CAPACITIES {
        for close in closings() {
            let (sender, receiver) = channel(capacity);
            let sender = close(sender, receiver);
            let (message, address) = boxed(1);
            let Err(TrySendError::Closed(message)) = sender.try_send(message) else { panic!("it was to be closed") };
            same(&message, address);
            let SendError(message) = task(sender.send(message)).finishes().unwrap_err();
            same(&message, address);
            let SendError(message) = task(sender.send_owned(message)).finishes().unwrap_err();
            same(&message, address);
            let SendError(message) = sender.force_send(message).unwrap_err();
            same(&message, address);
            let mut batch = VecDeque::from([message]);
            assert_eq!(task(sender.send_many(&mut batch)).finishes(), Err(SendError(())));
            assert_eq!(sender.try_send_many(&mut batch), Err(TrySendError::Closed(())));
            same(&batch[0], address);
            assert!(task(sender.reserve()).finishes().is_err());
            assert!(sender.try_reserve().is_err_and(|error| error.is_closed()));
            let TrySendError::Closed(sender) = sender.try_reserve_owned().unwrap_err() else { panic!("not closed") };
            assert!(task(sender.reserve_owned()).finishes().is_err());
        }
    }
}

#[test]
fn full_channel_gives_the_message_back() {
    for capacity in [0, 1, 2] {
        let (sender, _receiver) = channel(capacity);
        (0..capacity).for_each(|n| sender.try_send(boxed(n).0).unwrap());
        let (message, address) = boxed(9);
        let error = sender.try_send(message).unwrap_err();
        assert!(error.is_full() && !error.is_closed());
        same(&error.into_inner(), address);
    }
}

/// kanal drops it; here a pending send that meets the end has it in the error.
#[test]
fn pending_send_gets_its_message_back_when_the_channel_closes() {
    for capacity in [0, 1, 2] {
        for last_receiver_leaves in [false, true] {
            let (sender, receiver) = channel(capacity);
            (0..capacity).for_each(|n| sender.try_send(boxed(n).0).unwrap());
            let (message, address) = boxed(9);
            let (owned, owned_address) = boxed(10);
            let mut send = task(sender.send(message));
            let mut send_owned = task(sender.send_owned(owned));
            send.waits();
            send_owned.waits();
            match last_receiver_leaves {
                true => drop(receiver),
                false => assert!(receiver.close()),
            }
            assert!(send.woken() && send_owned.woken());
            same(&send.finishes().unwrap_err().into_inner(), address);
            same(&send_owned.finishes().unwrap_err().0, owned_address);
        }
    }
}

/// No peer gives it back from an unfinished future.
#[test]
fn unfinished_send_gives_its_message_back_on_request() {
    for polls in 0..3 {
        for woken in [false, true] {
            let (sender, receiver) = channel(1);
            sender.try_send(boxed(0).0).unwrap();
            let (message, address) = boxed(9);
            let mut send = task(sender.send(message));
            (0..polls).for_each(|_| send.waits());
            if woken {
                receiver.try_recv().unwrap();
            }
            same(&send.pinned().cancel().unwrap(), address);
            assert_eq!(send.pinned().cancel(), None, "only once");
            assert_eq!(sender.waiting_senders(), 0);
            drop(send);
            assert_eq!(receiver.try_iter().count(), usize::from(!woken), "nothing was sent");
        }
    }
}

#[test]
fn unfinished_owned_send_gives_its_message_back_on_request() {
    let (sender, receiver) = channel(0);
    let (message, address) = boxed(9);
    let mut send = task(sender.send_owned(message));
    send.waits();
    same(&send.pinned().cancel().unwrap(), address);
    assert_eq!(send.pinned().cancel(), None);
    assert_eq!(receiver.sender_count(), 1, "its handle goes at once");
    drop(sender);
    assert!(task(receiver.recv()).finishes().is_err());
}

#[test]
fn finished_send_has_nothing_to_give_back() {
    let (sender, receiver) = channel(1);
    let mut send = task(sender.send(boxed(1).0));
    assert!(send.finishes().is_ok());
    assert_eq!(send.pinned().cancel(), None);
    assert_eq!(receiver.len(), 1);
}

/// A send that is refused has given its message away: there is none left to ask for.
#[test]
fn refused_send_has_nothing_to_give_back() {
    let (sender, receiver) = channel(1);
    drop(receiver);
    let mut send = task(sender.send(boxed(1).0));
    assert!(send.finishes().is_err());
    assert_eq!(send.pinned().cancel(), None);
}

/// tokio #7714: a permit used after the receiver went strands its value there.
#[test]
fn permit_gives_the_message_back_when_nobody_can_receive() {
    let (sender, receiver) = channel(4);
    let permit = sender.try_reserve().unwrap();
    let owned = sender.clone().try_reserve_owned().unwrap();
    let mut many = sender.try_reserve_many(2).unwrap();
    drop(receiver);
    for send in [
        Box::new(|message| permit.send(message).unwrap_err()) as Box<dyn FnOnce(_) -> SendError<_>>,
        Box::new(|message| owned.send(message).map(drop).unwrap_err()),
        Box::new(|message| many.next().unwrap().send(message).unwrap_err()),
    ] {
        let (message, address) = boxed(1);
        same(&send(message).0, address);
    }
}

/// kanal #62: a batch that fails half-way drops the rest.
#[test]
fn batch_keeps_what_was_not_sent() {
    let (sender, receiver) = channel(2);
    let (messages, addresses): (VecDeque<_>, Vec<_>) = (0..5).map(boxed).unzip();
    let mut batch = messages;
    assert_eq!(sender.try_send_many(&mut batch), Err(TrySendError::Full(())));
    assert_eq!(batch.len(), 3);
    let mut send = task(sender.send_many(&mut batch));
    send.waits();
    receiver.try_recv().unwrap();
    send.waits();
    receiver.close();
    assert_eq!(send.finishes(), Err(SendError(())));
    drop(send);
    batch.iter().zip(&addresses[3..]).for_each(|(message, address)| same(message, *address));
    assert_eq!(batch.len(), 2);
    let received: Vec<_> = receiver.try_iter().collect();
    received.iter().zip(&addresses[1..]).for_each(|(message, address)| same(message, *address));
    assert_eq!(received.len(), 2);
}

#[test]
fn displaced_and_refused_messages_are_told_apart() {
    let (sender, receiver) = channel(1);
    let (first, first_address) = boxed(1);
    let (second, second_address) = boxed(2);
    assert_eq!(sender.force_send(first), Ok(None));
    same(&sender.force_send(second).unwrap().unwrap(), first_address);
    same(&receiver.try_recv().unwrap(), second_address);
    let _permit = sender.try_reserve().unwrap();
    let (third, third_address) = boxed(3);
    same(&sender.force_send(third).unwrap().unwrap(), third_address);
}

#[test]
fn poll_sender_without_a_room_gives_the_message_back() {
    let (sender, receiver) = channel(1);
    let mut sender = sender.into_poll_sender();
    let probe = Probe::new();
    let waker = probe.waker();
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(sender.poll_reserve(&mut cx).is_ready());
    drop(receiver);
    let (message, address) = boxed(1);
    same(&sender.send_item(message).unwrap_err().0, address);
}
