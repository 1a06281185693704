//! A new waker at each poll: the last one is the one that counts, however late it comes.

use std::pin::pin;
use std::task::Poll;

use thalweg::mpmc::bounded;

use crate::support::{Bell, Parcel, each, model, poll_with, spawn};

/// Polls twice with different wakers. Pending after both means that the second was rung, or will be.
#[test]
fn replaced_while_a_message_comes() {
    each([0, 1], |capacity| {
        let (sender, receiver) = bounded::<Parcel>(capacity);
        let (first, second) = (Bell::new(), Bell::new());
        let mut recv = pin!(receiver.recv());
        assert!(poll_with(&first, recv.as_mut()).is_pending());
        let thread = spawn(move || sender.try_send(Parcel::new(1)).map(|()| sender).unwrap());
        let polled = poll_with(&second, recv.as_mut());
        let _sender = thread.join().unwrap();
        if polled.is_pending() {
            assert_eq!(second.rung(), 1, "the message came, and the last waker does not know");
            let Poll::Ready(Ok(parcel)) = poll_with(&second, recv.as_mut()) else { panic!("woken for nothing") };
            assert_eq!(parcel.0, 1);
        }
    });
}

#[test]
fn replaced_while_room_comes() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        sender.try_send(Parcel::new(0)).unwrap();
        let (first, second) = (Bell::new(), Bell::new());
        let mut send = pin!(sender.send(Parcel::new(1)));
        assert!(poll_with(&first, send.as_mut()).is_pending());
        let thread = spawn(move || receiver.try_recv().map(|_| receiver).unwrap());
        let polled = poll_with(&second, send.as_mut());
        let receiver = thread.join().unwrap();
        if polled.is_pending() {
            assert_eq!(second.rung(), 1, "there is room, and the last waker does not know");
            assert!(poll_with(&second, send.as_mut()).is_ready());
        }
        assert_eq!(receiver.try_recv().unwrap().0, 1);
    });
}

#[test]
fn replaced_while_it_closes() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let (first, second) = (Bell::new(), Bell::new());
        let mut closed = pin!(sender.closed());
        assert!(poll_with(&first, closed.as_mut()).is_pending());
        let thread = spawn(move || drop(receiver));
        let polled = poll_with(&second, closed.as_mut());
        thread.join().unwrap();
        if polled.is_pending() {
            assert_eq!(second.rung(), 1, "it is closed, and the last waker does not know");
            assert!(poll_with(&second, closed.as_mut()).is_ready());
        }
    });
}

/// One message wakes at most one of those who wait.
#[test]
fn one_message_one_wake() {
    model(|| {
        let (sender, receiver) = bounded::<Parcel>(1);
        let (first, second) = (Bell::new(), Bell::new());
        let mut one = pin!(receiver.recv());
        let mut two = pin!(receiver.recv());
        assert!(poll_with(&first, one.as_mut()).is_pending());
        assert!(poll_with(&second, two.as_mut()).is_pending());
        let thread = spawn(move || sender.try_send(Parcel::new(1)).map(|()| sender).unwrap());
        let _sender = thread.join().unwrap();
        assert_eq!((first.rung(), second.rung()), (1, 0), "first come, first served");
        assert!(poll_with(&first, one.as_mut()).is_ready());
    });
}
