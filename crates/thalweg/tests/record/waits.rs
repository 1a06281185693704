//! Waits of `mpmc` that go another way where they are recorded.

use std::num::NonZeroU32;
use std::pin::pin;
use std::task::{Context, Waker};

use futures_lite::future::block_on;
use thalweg::mpmc;
use thalweg_recording::What;

use crate::{recorded, story, turn};
use What::*;

/// Polled for no reason it waits on.
#[test]
fn a_wait_is_told_once() {
    let _turn = turn();
    let recording = recorded(|| {
        let (_tx, rx) = mpmc::bounded::<()>(1);
        let mut recv = pin!(rx.recv());
        let mut cx = Context::from_waker(Waker::noop());
        (0..3).for_each(|_| assert!(recv.as_mut().poll(&mut cx).is_pending()));
    });
    assert_eq!(story(&recording)[2..4], [(2, ReceiveWaits, None, 1), (2, Cancelled, None, 1)]);
}

/// At capacity 0 it is the receiver that makes room for the sender.
#[test]
fn a_rendezvous() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::rendezvous();
        let (mut send, mut recv) = (pin!(tx.send('a')), pin!(rx.recv()));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(send.as_mut().poll(&mut cx).is_pending() && recv.as_mut().poll(&mut cx).is_pending());
        assert!(send.as_mut().poll(&mut cx).is_ready() && recv.as_mut().poll(&mut cx).is_ready());
    });
    let expected = [
        (1, SendWaits, None, 1),
        (2, ReceiveWaits, None, 1),
        (1, Woken, None, 1),
        (1, Sent, Some(0), 1),
        (2, Woken, None, 1),
        (2, Received, Some(0), 1),
    ];
    assert_eq!(story(&recording)[2..8], expected);
}

/// The budget is kept on the way that recorded channels go, also by one that was woken.
#[test]
fn who_is_recorded_yields_too() {
    let _turn = turn();
    recorded(|| {
        let (tx, rx) = mpmc::bounded(3);
        rx.set_budget(NonZeroU32::new(2));
        let mut woken = pin!(rx.recv());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(woken.as_mut().poll(&mut cx).is_pending());
        (0..3).for_each(|message| tx.try_send(message).unwrap());
        (0..2).for_each(|message| assert_eq!(block_on(rx.recv()), Ok(message)));
        assert!(woken.as_mut().poll(&mut cx).is_pending(), "it yields");
        assert_eq!(block_on(woken), Ok(2));
    });
}
