//! The channel with one receiver: what is its own, against everything that may be under way. The rest is `mpmc`'s.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use loom::sync::Arc;
use thalweg::mpsc::error::{TryRecvError, TrySendError};
use thalweg::mpsc::{UnboundedReceiver, UnboundedSender, channel, unbounded_channel};

use crate::support::{Bell, Parcel, block_on, each, model, model_deep, poll_times, poll_with, spawn};

/// A `recv` is dropped and made anew while the message comes: it is neither lost nor slept through.
#[test]
fn recv_made_anew_against_send() {
    each([0, 1, usize::MAX], |capacity| {
        let (sender, mut receiver) = channel::<Parcel>(capacity);
        let thread = spawn(move || block_on(sender.send(Parcel::new(1))).map(|()| sender).unwrap());
        let early = poll_times(1, pin!(receiver.recv()));
        let parcel = early.unwrap_or_else(|| block_on(receiver.recv())).unwrap();
        assert_eq!(parcel.0, 1);
        let _sender = thread.join().unwrap();
        assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Empty);
    });
}

/// The same with a second message, and a wait that is given up in between.
#[test]
fn recv_given_up_between_two_messages() {
    model(|| {
        let (sender, mut receiver) = channel::<Parcel>(1);
        let thread = spawn(move || {
            block_on(sender.send(Parcel::new(1))).unwrap();
            block_on(sender.send(Parcel::new(2))).unwrap();
        });
        let mut got = Vec::new();
        while got.len() < 2 {
            let given_up = poll_times(1, pin!(receiver.recv()));
            got.push(given_up.unwrap_or_else(|| block_on(receiver.recv())).unwrap().0);
        }
        thread.join().unwrap();
        assert_eq!(got, [1, 2]);
        assert!(block_on(receiver.recv()).is_none());
    });
}

/// At capacity 0 a `recv` that is given up takes its offer back, or the message that met it waits for the next.
#[test]
fn rendezvous_given_up_against_send() {
    model_deep(|| {
        let (sender, mut receiver) = channel::<Parcel>(0);
        let thread = spawn(move || {
            let sent = sender.try_send(Parcel::new(1)).is_ok();
            (sender, sent)
        });
        let early = poll_times(1, pin!(receiver.recv())).is_some();
        let (sender, sent) = thread.join().unwrap();
        assert!(matches!(sender.try_send(Parcel::new(2)), Err(TrySendError::Full(_))));
        let late = poll_times(1, pin!(receiver.recv())).is_some();
        assert_eq!(early || late, sent);
    });
}

/// The last waker that polled is the one that is woken.
#[test]
fn polled_with_another_waker_against_send() {
    each([0, 1, usize::MAX], |capacity| {
        let (sender, mut receiver) = channel::<Parcel>(capacity);
        let (first, second) = (Bell::new(), Bell::new());
        assert!(poll_with(&first, pin!(poll_fn(|cx| receiver.poll_recv(cx)))).is_pending());
        let thread = spawn(move || sender.try_send(Parcel::new(1)).map(|()| sender).unwrap());
        let polled = poll_with(&second, pin!(poll_fn(|cx| receiver.poll_recv(cx))));
        let _sender = thread.join().unwrap();
        if polled.is_pending() {
            assert_eq!(second.rung(), 1, "the message came, and the last waker does not know");
            let polled = poll_with(&second, pin!(poll_fn(|cx| receiver.poll_recv(cx))));
            let Poll::Ready(Some(parcel)) = polled else { panic!("woken for nothing") };
            assert_eq!(parcel.0, 1);
        }
    });
}

/// A permit that is out is waited for, whether it sends or is given back.
#[test]
fn close_against_permit() {
    for sends in [true, false] {
        model_deep(move || {
            let (sender, mut receiver) = channel::<Parcel>(1);
            let permit = sender.try_reserve_owned().unwrap();
            let thread = spawn(move || if sends { drop(permit.send(Parcel::new(1))) } else { drop(permit) });
            receiver.close();
            let got = block_on(receiver.recv()).map(|parcel| parcel.0);
            assert_eq!(got, sends.then_some(1));
            assert!(block_on(receiver.recv()).is_none());
            thread.join().unwrap();
        });
    }
}

/// tokio #7714: sent through a permit while the receiver goes, a message is dropped, not stranded until the senders go.
#[test]
fn permit_against_the_receiver_going() {
    model_deep(|| {
        let message = Arc::new(());
        let (sender, receiver) = channel(1);
        let permit = sender.clone().try_reserve_owned().unwrap();
        let sent = message.clone();
        let thread = spawn(move || drop(permit.send(sent)));
        drop(receiver);
        thread.join().unwrap();
        assert_eq!((sender.capacity(), Arc::strong_count(&message)), (1, 1));
    });
}

/// tokio #904, #8260: a reservation that waits and is given up while the channel closes leaves the receiver awake.
#[test]
fn close_against_a_reservation_given_up() {
    model(|| {
        let (sender, mut receiver) = channel::<Parcel>(1);
        let permit = sender.clone().try_reserve_owned().unwrap();
        let fickle = spawn(move || drop(poll_times(1, pin!(sender.reserve()))));
        let gives_back = spawn(move || drop(permit));
        receiver.close();
        assert!(block_on(receiver.recv()).is_none());
        fickle.join().unwrap();
        gives_back.join().unwrap();
    });
}

#[test]
fn last_sender_against_recv() {
    each([0, 1], |capacity| {
        let (sender, mut receiver) = channel::<Parcel>(capacity);
        let thread = spawn(move || drop(sender));
        assert!(block_on(receiver.recv()).is_none());
        thread.join().unwrap();
    });
    model(|| {
        let (sender, mut receiver) = unbounded_channel::<Parcel>();
        let thread = spawn(move || sender.send(Parcel::new(1)).unwrap());
        assert_eq!(block_on(receiver.recv()).unwrap().0, 1);
        assert!(block_on(receiver.recv()).is_none());
        thread.join().unwrap();
    });
}

/// A weak sender revives nothing, also after a close; and the counts come out right.
#[test]
fn upgrade_against_last_drop() {
    for closed in [false, true] {
        model_deep(move || {
            let (sender, mut receiver) = channel::<Parcel>(1);
            if closed {
                receiver.close();
            }
            let weak = sender.downgrade();
            let thread = spawn(move || drop(sender));
            let other = weak.clone();
            if let Some(sender) = other.upgrade() {
                assert_eq!(sender.try_send(Parcel::new(1)).is_ok(), !closed);
                thread.join().unwrap();
                assert_eq!((sender.strong_count(), sender.weak_count()), (1, 2));
                drop(sender);
                assert_eq!(block_on(receiver.recv()).is_some(), !closed);
            } else {
                thread.join().unwrap();
            }
            assert!(block_on(receiver.recv()).is_none());
            assert!(weak.upgrade().is_none());
            drop(other);
            assert_eq!((weak.strong_count(), weak.weak_count()), (0, 1));
        });
    }
}

/// Weak senders come and go on two threads: none is counted twice, none is forgotten.
#[test]
fn weak_senders_are_counted() {
    model_deep(|| {
        let (sender, receiver) = unbounded_channel::<Parcel>();
        let weak = sender.downgrade();
        let thread = spawn(move || drop(weak.clone()));
        let kept = sender.downgrade();
        drop(kept.clone());
        thread.join().unwrap();
        assert_eq!((receiver.sender_strong_count(), receiver.sender_weak_count()), (1, 1));
        drop((kept, sender));
        assert_eq!((receiver.sender_strong_count(), receiver.sender_weak_count()), (0, 0));
    });
}

/// Polled again by the same task, which takes no lock: a message or the end that comes at that moment wakes it.
#[test]
fn polled_again_by_the_same_task_against_send_and_close() {
    each([1, usize::MAX], |capacity| {
        let (sender, mut receiver) = channel::<Parcel>(capacity);
        let bell = Bell::new();
        assert!(poll_with(&bell, pin!(poll_fn(|cx| receiver.poll_recv(cx)))).is_pending());
        let thread = spawn(move || sender.try_send(Parcel::new(1)).unwrap());
        let mut polls = 0;
        for expected in [Some(1), None] {
            loop {
                let rung = bell.rung();
                if let Poll::Ready(got) = poll_with(&bell, pin!(poll_fn(|cx| receiver.poll_recv(cx)))) {
                    assert_eq!(got.map(|parcel| parcel.0), expected);
                    break;
                }
                polls += 1;
                if polls > 1 {
                    // Pending twice: from here on it sleeps until it is woken.
                    while bell.rung() == rung {
                        loom::thread::yield_now();
                    }
                }
            }
        }
        thread.join().unwrap();
    });
}

// Of this size a block holds three.
const _: () = assert!(size_of::<Arc<u32>>() <= 16);

/// A channel with these messages, the first of which has been received. They are so small that a block holds three, so
/// that the receiver goes ahead for the third one.
fn begun(messages: u32) -> (UnboundedSender<Arc<u32>>, UnboundedReceiver<Arc<u32>>) {
    let (sender, mut receiver) = unbounded_channel();
    (0..messages).for_each(|number| sender.send(Arc::new(number)).unwrap());
    assert_eq!(*receiver.try_recv().unwrap(), 0);
    (sender, receiver)
}

/// Messages are taken without the lock while more is sent, and the next block begins.
#[test]
fn going_ahead_against_send() {
    model(|| {
        let (sender, mut receiver) = begun(3);
        let thread = spawn(move || (3..5).for_each(|number| sender.send(Arc::new(number)).unwrap()));
        let mut got = Vec::new();
        while let Some(number) = block_on(receiver.recv()) {
            got.push(*number);
        }
        thread.join().unwrap();
        assert_eq!(got, [1, 2, 3, 4]);
    });
}

/// The third message of the block comes while the receiver takes the second: it is taken ahead or waited for.
#[test]
fn end_of_a_block_against_send() {
    model_deep(|| {
        let (sender, mut receiver) = begun(2);
        let thread = spawn(move || (2..4).for_each(|number| sender.send(Arc::new(number)).unwrap()));
        let got: Vec<_> = (1..4).map(|_| *block_on(receiver.recv()).unwrap()).collect();
        thread.join().unwrap();
        assert_eq!((got.as_slice(), receiver.len()), ([1, 2, 3].as_slice(), 0));
    });
}

/// The receiver goes after it went ahead, while another message is sent: each is dropped once.
#[test]
fn going_ahead_and_leaving_against_send() {
    model_deep(|| {
        let (sender, mut receiver) = begun(3);
        let thread = spawn(move || drop(sender.send(Arc::new(3))));
        assert_eq!((*receiver.try_recv().unwrap(), *receiver.try_recv().unwrap()), (1, 2));
        drop(receiver);
        thread.join().unwrap();
    });
}
