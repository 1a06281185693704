//! What handles and futures say of themselves: their state, for any message, and never a message. `broadcast` says it in
//! a test of its own.

use std::fmt::Debug;
use std::pin::pin;
use std::task::{Context, Waker};

use futures_core::future::FusedFuture;
use thalweg::{mpmc, mpsc, oneshot};

/// A message that cannot be shown.
struct Secret;

fn shown(what: impl Debug) -> String {
    format!("{what:?}")
}

/// Polls a future that can end at once, and asks it before and after.
#[track_caller]
fn ends<F: FusedFuture + Debug>(name: &str, future: F) -> F::Output {
    let mut future = pin!(future);
    assert_eq!((future.is_terminated(), shown(&future)), (false, format!("{name} {{ ended: false, .. }}")));
    let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!((future.is_terminated(), shown(&future)), (true, format!("{name} {{ ended: true, .. }}")));
    match polled {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("{name} waits"),
    }
}

#[test]
fn every_future_of_mpmc_says_whether_it_has_ended() {
    let (sender, receiver) = mpmc::bounded(9);
    ends("Send", sender.send(Secret)).ok().unwrap();
    ends("OwnedSend", sender.send_owned(Secret)).ok().unwrap();
    ends("SendMany", sender.send_many(&mut [Secret, Secret].into())).unwrap();
    drop(ends("Reserve", sender.reserve()));
    drop(ends("ReserveOwned", sender.clone().reserve_owned()));
    drop(ends("ReserveMany", sender.reserve_many(2)));
    ends("Recv", receiver.recv()).ok().unwrap();
    ends("OwnedRecv", receiver.recv_owned()).ok().unwrap();
    ends("RecvMany", receiver.recv_many(&mut Vec::new(), 2)).unwrap();
    receiver.close();
    ends("Closed", sender.closed());
}

#[test]
fn every_future_of_mpsc_says_whether_it_has_ended() {
    let (sender, mut receiver) = mpsc::channel(9);
    ends("Send", sender.send(Secret)).ok().unwrap();
    (0..2).for_each(|_| sender.try_send(Secret).ok().unwrap());
    drop(ends("Reserve", sender.reserve()));
    drop(ends("ReserveOwned", sender.clone().reserve_owned()));
    drop(ends("ReserveMany", sender.reserve_many(2)));
    assert!(ends("Recv", receiver.recv()).is_some());
    assert_eq!(ends("RecvMany", receiver.recv_many(&mut Vec::new(), 2)), 2);
    receiver.close();
    ends("Closed", sender.closed());
}

#[cfg(feature = "std")]
#[test]
fn every_future_of_watch_says_whether_it_has_ended() {
    let (sender, mut receiver) = thalweg::watch::channel(Secret);
    sender.send_modify(|_| ());
    ends("Changed", receiver.changed()).unwrap();
    drop(ends("WaitFor", receiver.wait_for(|_| true)));
    drop(receiver);
    ends("Closed", sender.closed());
}

#[test]
fn every_handle_of_mpmc_shows_its_state() {
    let (sender, receiver) = mpmc::bounded(9);
    (0..2).for_each(|_| sender.try_send(Secret).ok().unwrap());
    let (permit, mut more) = (sender.try_reserve().unwrap(), sender.try_reserve_many(3).unwrap());
    let another = more.next();
    let state = |name: &str, senders: usize| {
        format!(
            "{name} {{ len: 2, capacity: Some(9), reserved: 4, closed: false, senders: {senders}, receivers: 1, .. }}"
        )
    };
    assert_eq!((shown(&sender), shown(&receiver)), (state("Sender", 1), state("Receiver", 1)));
    assert_eq!(
        (shown(&permit), shown(&more)),
        ("Permit { .. }".to_owned(), "PermitIterator { left: 2, .. }".to_owned())
    );
    assert_eq!(shown(receiver.try_iter()), format!("TryIter {{ receiver: {} }}", state("Receiver", 1)));
    assert_eq!(
        (shown(sender.downgrade()), shown(receiver.downgrade())),
        ("WeakSender { .. }".to_owned(), "WeakReceiver { .. }".to_owned())
    );
    let polled = sender.clone().into_poll_sender();
    assert_eq!(shown(&polled), format!("PollSender {{ stage: Idle, sender: Some({}), .. }}", state("Sender", 2)));
    drop((polled, permit, more, another));
    assert_eq!(shown(sender.clone().try_reserve_owned().ok().unwrap()), "OwnedPermit { .. }");
    assert_eq!(shown(receiver.close_and_drain()), "Drain { left: 2, .. }");
    assert_eq!(
        shown(sender),
        "Sender { len: 0, capacity: Some(9), reserved: 0, closed: true, senders: 1, receivers: 1, .. }"
    );
}

#[cfg(feature = "std")]
#[test]
fn an_iterator_that_blocks_shows_its_receiver() {
    let (_sender, receiver) = mpmc::unbounded::<Secret>();
    assert_eq!(shown(receiver.iter_blocking()), format!("IterBlocking {{ receiver: {receiver:?} }}"));
}

#[test]
fn every_handle_of_mpsc_shows_its_state() {
    let (sender, receiver) = mpsc::channel(9);
    (0..2).for_each(|_| sender.try_send(Secret).ok().unwrap());
    let (permit, mut more) = (sender.try_reserve().unwrap(), sender.try_reserve_many(3).unwrap());
    let another = more.next();
    let state = |name: &str, capacity: &str, reserved: usize, senders: usize| {
        let counts = format!("reserved: {reserved}, closed: false, senders: {senders}, receivers: 1, .. }}");
        format!("{name} {{ len: 2, capacity: {capacity}, {counts}")
    };
    assert_eq!(shown(&sender), state("Sender", "Some(9)", 4, 1));
    assert_eq!(shown(&receiver), state("Receiver", "Some(9)", 4, 1));
    assert_eq!(
        (shown(&permit), shown(&more)),
        ("Permit { .. }".to_owned(), "PermitIterator { left: 2, .. }".to_owned())
    );
    assert_eq!(shown(sender.downgrade()), "WeakSender { .. }");
    let polled = mpsc::PollSender::new(sender.clone());
    let inner = state("Sender", "Some(9)", 4, 2);
    assert_eq!(shown(&polled), format!("PollSender {{ stage: Idle, sender: Some({inner}), .. }}"));
    drop((polled, permit, more, another));
    assert_eq!(shown(sender.try_reserve_owned().ok().unwrap()), "OwnedPermit { .. }");
    let (sender, receiver) = mpsc::unbounded_channel();
    (0..2).for_each(|_| sender.send(Secret).ok().unwrap());
    assert_eq!(shown(&sender), state("UnboundedSender", "None", 0, 1));
    assert_eq!(shown(&receiver), state("UnboundedReceiver", "None", 0, 1));
    assert_eq!(shown(sender.downgrade()), "WeakUnboundedSender { .. }");
}

#[test]
fn every_handle_of_oneshot_shows_its_state() {
    let (sender, mut receiver) = oneshot::channel();
    assert_eq!(shown(&sender), "Sender { closed: false, .. }");
    assert_eq!(shown(&receiver), "Receiver { empty: true, terminated: false, .. }");
    sender.send(Secret).ok().unwrap();
    assert_eq!(shown(&receiver), "Receiver { empty: false, terminated: false, .. }");
    receiver.try_recv().ok().unwrap();
    assert_eq!(shown(&receiver), "Receiver { empty: true, terminated: true, .. }");
    let (sender, receiver) = oneshot::channel::<Secret>();
    drop(receiver);
    assert_eq!(shown(&sender), "Sender { closed: true, .. }");
}

#[cfg(feature = "std")]
#[test]
fn every_handle_of_watch_shows_its_state() {
    let (sender, mut receiver) = thalweg::watch::channel(7);
    let another = (sender.clone(), receiver.clone());
    let state = "{ closed: false, senders: 2, receivers: 2, .. }";
    assert_eq!((shown(&sender), shown(&receiver)), (format!("Sender {state}"), format!("Receiver {state}")));
    assert_eq!(shown(another.1.into_stream()), format!("Values {{ receiver: Receiver {state}, ended: false }}"));
    sender.send_modify(|value| *value += 1);
    assert_eq!(shown(receiver.borrow_and_update()), "Ref { value: 8, has_changed: true }");
    assert_eq!(shown(receiver.borrow()), "Ref { value: 8, has_changed: false }");
    drop((sender, another.0));
    assert_eq!(shown(receiver), "Receiver { closed: true, senders: 0, receivers: 1, .. }");
}
