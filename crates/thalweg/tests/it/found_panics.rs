//! What attacks with wakers and destructors that panic found, each named after what went wrong.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock},
    task::{Context, Poll},
};

use futures_core::future::FusedFuture;

use crate::harness::*;

/// What a receiver had cloned leaked when the waker panicked that it had to wake for having done so.
#[test]
fn clone_leaked_with_a_waker_that_panics() {
    use std::sync::{Arc, Mutex};
    use thalweg::broadcast::{Receiver, lossless};

    struct Message(Arc<()>, Mutex<Option<Receiver<Message>>>);

    impl Clone for Message {
        fn clone(&self) -> Message {
            // The other one leaves, so that this reader is the last when it is done.
            drop(self.1.lock().unwrap().take());
            Message(self.0.clone(), Mutex::default())
        }
    }

    let alive = Arc::new(());
    let (sender, mut receiver) = lossless(1);
    let other = Mutex::new(Some(sender.subscribe()));
    assert!(sender.try_send(Message(alive.clone(), other)).is_ok());
    let mut send = task(sender.send(Message(alive.clone(), Mutex::default())));
    assert!(send.poll().is_pending());
    send.probe().arm(|call| assert_ne!(call, Call::Wake));
    panics(|| drop(receiver.try_recv()));
    drop(send);
    drop((sender, receiver));
    assert_eq!(Arc::strong_count(&alive), 1);
}

/// Where several messages that were dropped together panicked, or one of them beside a waker, that ended the process. So it
/// does where no panic can be caught.
#[test]
#[cfg(feature = "std")]
fn second_message_that_panicked_ended_the_process() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };

    #[derive(Debug)]
    struct Panics(Option<Arc<AtomicUsize>>);

    impl Drop for Panics {
        fn drop(&mut self) {
            if let Some(dropped) = self.0.take() {
                dropped.fetch_add(1, SeqCst);
                panic!("message");
            }
        }
    }

    for (drains, wakes) in [(false, false), (true, false), (false, true), (true, true)] {
        let dropped = Arc::new(AtomicUsize::new(0));
        let (sender, receiver) = channel(3);
        (0..3).for_each(|_| sender.try_send(Panics(Some(dropped.clone()))).unwrap());
        let mut send = task(sender.send(Panics(None)));
        send.waits();
        if wakes {
            send.probe().arm(|call| assert_ne!(call, Call::Wake));
        }
        panics(|| if drains { drop(receiver.drain()) } else { drop(receiver) });
        assert_eq!(dropped.load(SeqCst), 3);
        assert!(send.woken());
    }
}

/// A send whose wake-up had panicked said that it could be polled, and panicked when it was.
#[test]
fn sent_with_a_waker_that_panics_was_not_terminated() {
    let (sender, receiver) = channel(1);
    sends_with_a_waker_that_panics(sender.send(1), &receiver);
}

/// The same of one that owns its sender.
#[test]
fn sent_by_its_owner_with_a_waker_that_panics_was_not_terminated() {
    let (sender, receiver) = channel(1);
    sends_with_a_waker_that_panics(sender.send_owned(1), &receiver);
}

fn sends_with_a_waker_that_panics(send: impl FusedFuture, receiver: &thalweg::mpmc::Receiver<usize>) {
    let mut receive = task(receiver.recv());
    receive.waits();
    receive.probe().arm(|call| assert_ne!(call, Call::Wake));
    let mut send = task(send);
    assert!(!send.pinned().is_terminated());
    panics(|| send.poll());
    assert!(send.pinned().is_terminated());
    receive.probe().disarm();
    assert_eq!(receive.poll(), Poll::Ready(Ok(1)));
}

/// A `PollSender` whose place was given up, and the next one woken for it, with a waker that panics, kept that place.
#[test]
fn place_given_up_with_a_waker_that_panics_was_kept() {
    let (sender, receiver) = filled(1, 1);
    let probe = Probe::new();
    let waker = probe.waker();
    let mut left = sender.clone().into_poll_sender();
    assert!(left.poll_reserve(&mut Context::from_waker(&waker)).is_pending());
    let mut next = task(sender.send(1));
    next.waits();
    receiver.try_recv().unwrap();
    assert!(probe.woken());
    next.probe().arm(|call| assert_ne!(call, Call::Wake));
    panics(|| left.abort_send());
    next.probe().disarm();
    assert!(next.finishes().is_ok());
    let mut patient = task(sender.send(2));
    patient.waits();
    assert!(left.poll_reserve(&mut Context::from_waker(&waker)).is_pending());
    receiver.try_recv().unwrap();
    assert!(patient.woken(), "it came before");
}

/// A receive that had taken its message kept its place when the waker of the sender panicked for whom that made room, and
/// used it for the next one. It goes two ways: woken first it takes without a closer look, and polled though not woken it is
/// in the line still.
#[test]
fn place_of_a_receive_outlived_a_waker_that_panics() {
    for (polled_unwoken, polls) in [(false, Polls::Receiver), (true, Polls::Receiver), (false, Polls::Future)] {
        for panicking in [false, true] {
            // Without a panic the future has completed, and waits no more.
            if panicking || polls == Polls::Receiver {
                assert!(who_came_first_is_woken(polled_unwoken, polls, panicking), "{polled_unwoken} {polls:?}");
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Polls {
    Receiver,
    Future,
}

fn who_came_first_is_woken(polled_unwoken: bool, polls: Polls, panicking: bool) -> bool {
    let (sender, receiver) = channel(1);
    let waker = Probe::new().waker();
    let mut cx = Context::from_waker(&waker);
    let mut stream = receiver.clone();
    let mut future = task(receiver.recv());
    let mut other = task(receiver.recv());
    let mut poll = |cx: &mut Context<'_>| match polls {
        Polls::Receiver => stream.poll_recv(cx),
        Polls::Future => future.pinned().as_mut().poll(cx),
    };
    if polled_unwoken {
        other.waits();
    }
    assert!(poll(&mut cx).is_pending());
    sender.try_send(1).unwrap();
    let mut send = task(sender.send(2));
    assert!(send.poll().is_pending());
    if polled_unwoken {
        assert!(poll(&mut cx).is_pending(), "it steps back once");
    }
    if panicking {
        send.probe().arm(|call| assert_ne!(call, Call::Wake));
        panics(|| poll(&mut cx));
        send.probe().disarm();
    } else {
        assert_eq!(poll(&mut cx), Poll::Ready(Ok(1)));
    }
    assert!(send.finishes().is_ok());
    assert_eq!(receiver.try_recv(), Ok(2));
    drop(other);
    let mut patient = task(receiver.recv());
    patient.waits();
    assert!(poll(&mut cx).is_pending());
    sender.try_send(3).unwrap();
    patient.woken()
}

/// Two wakers that panicked in one call ended the process: of a receive that is polled by another task, the old one, and the
/// one of a sender that it looks after.
#[test]
#[cfg(feature = "std")]
fn second_waker_that_panicked_in_a_receive_ended_the_process() {
    let (sender, receiver) = channel(0);
    let mut sends: Vec<_> = (0..3).map(|n| task(sender.send(n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    let mut receive = task(receiver.recv());
    assert!(receive.poll().is_pending() && receive.woken());
    sends.iter().for_each(|send| send.probe().arm(|call| assert_ne!(call, Call::Wake)));
    let own = receive.swap_waker();
    own.arm(|call| assert_ne!(call, Call::Drop));
    panics(|| receive.poll());
    sends.iter().for_each(|send| send.probe().disarm());
    assert!(sends.iter().filter(|send| send.woken()).count() > 1, "one more than the receive had woken");
}

/// The same of a send.
#[test]
#[cfg(feature = "std")]
fn second_waker_that_panicked_in_a_send_ended_the_process() {
    let (sender, receiver) = channel(1);
    let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
    receives.iter_mut().for_each(|receive| receive.waits());
    sender.try_send(0).unwrap();
    let mut send = task(sender.send(1));
    assert!(send.poll().is_pending() && send.woken());
    receives.iter().for_each(|receive| receive.probe().arm(|call| assert_ne!(call, Call::Wake)));
    let own = send.swap_waker();
    own.arm(|call| assert_ne!(call, Call::Drop));
    panics(|| send.poll());
    receives.iter().for_each(|receive| receive.probe().disarm());
    assert!(receives.iter().filter(|receive| receive.woken()).count() > 1, "one more than the message had woken");
}

/// A send that had completed was polled again, and panicked with the tail in hand: the hook for panics used the channel, and waited for
/// ever.
#[test]
#[cfg(feature = "std")]
fn panic_hook_that_used_the_channel_hung() {
    use std::{panic, sync::Arc, sync::atomic::AtomicUsize, sync::atomic::Ordering::Relaxed, thread};

    let (sender, receiver) = channel(100);
    // So the channel's sides are left to this thread, where there is such a thing.
    for n in 0..10_000 {
        sender.try_send(n).unwrap();
        receiver.try_recv().unwrap();
    }
    let mut receive = task(receiver.recv());
    receive.waits();
    receive.probe().arm(|call| assert_ne!(call, Call::Wake));
    let mut send = task(sender.send(1));
    panics(|| send.poll());
    receive.probe().disarm();

    let (used, own, this) = (Arc::new(AtomicUsize::new(0)), sender.clone(), thread::current().id());
    let (count, others) = (used.clone(), Arc::new(panic::take_hook()));
    let rest = others.clone();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == this {
            own.try_send(2).unwrap();
            count.fetch_add(1, Relaxed);
        } else {
            rest(info);
        }
    }));
    panics(|| send.poll());
    panic::set_hook(Box::new(move |info| others(info)));
    assert_eq!(used.load(Relaxed), 1);
    assert_eq!((receiver.try_recv(), receiver.try_recv()), (Ok(1), Ok(2)));
}

/// What the first of two panics carried leaked. It is dropped, and may panic as well.
#[test]
#[cfg(feature = "std")]
fn what_a_panic_carried_leaked() {
    use std::{panic::resume_unwind, sync::Arc};

    struct Carried {
        _alive: Arc<()>,
        panics: bool,
    }

    impl Drop for Carried {
        fn drop(&mut self) {
            if self.panics {
                // This one leaks: it carries nothing.
                resume_unwind(Box::new(()));
            }
        }
    }

    struct Panics(Arc<()>, bool);

    impl Drop for Panics {
        fn drop(&mut self) {
            resume_unwind(Box::new(Carried { _alive: self.0.clone(), panics: self.1 }));
        }
    }

    for carried_panics in [false, true] {
        let alive = Arc::new(());
        let (sender, receiver) = channel(3);
        for last in [false, false, true] {
            ignore(sender.try_send(Panics(alive.clone(), carried_panics && !last)).map_err(forget));
        }
        drop(panics(|| drop(receiver)));
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}

/// A `PollSender` that was closed, with a waker that panics, kept its sender, and the channel open.
#[test]
fn closed_with_a_waker_that_panics_kept_the_sender() {
    let waker = Probe::new().waker();
    let mut cx = Context::from_waker(&waker);
    let (sender, receiver) = filled(1, 1);
    let mut next = task(sender.clone().send_owned(1));
    let mut last = sender.into_poll_sender();
    assert!(last.poll_reserve(&mut cx).is_pending());
    next.waits();
    receiver.try_recv().unwrap();
    next.probe().arm(|call| assert_ne!(call, Call::Wake));
    panics(|| last.close());
    next.probe().disarm();
    assert!(next.finishes().is_ok());
    drop(next);
    assert_eq!(receiver.sender_count(), 0);

    let (sender, mut receiver) = thalweg::mpsc::channel(1);
    let mut last = thalweg::mpsc::PollSender::new(sender);
    assert!(last.poll_reserve(&mut cx).is_ready());
    last.close();
    let mut receive = task(std::future::poll_fn(|cx| receiver.poll_recv(cx)));
    receive.waits();
    receive.probe().arm(|call| assert_ne!(call, Call::Wake));
    panics(|| last.send_item(1));
    receive.probe().disarm();
    assert_eq!(receive.poll(), Poll::Ready(Some(1)));
    drop(receive);
    assert_eq!(receiver.sender_strong_count(), 0);
}

/// A send that had sent, polled though not woken, kept its place when the waker of the receiver panicked for whom it brought
/// the message: it was given the next turn, and who came after it slept beside room.
#[test]
fn place_of_a_send_outlived_a_waker_that_panics() {
    let (sender, receiver) = filled(1, 1);
    let mut sends: Vec<_> = (1..4).map(|n| task(sender.send(n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    receiver.try_recv().unwrap();
    assert!(sends[0].woken());
    let mut receive = task(receiver.recv());
    assert!(receive.poll().is_pending());
    assert!(sends[1].poll().is_pending(), "it steps back once");
    receive.probe().arm(|call| assert_ne!(call, Call::Wake));
    panics(|| sends[1].poll());
    receive.probe().disarm();
    assert!(sends[1].pinned().is_terminated());
    assert_eq!(receiver.try_recv(), Ok(2));
    assert!(sends[2].woken(), "who has sent does not stand before it");
}

/// A future that waits for the close, which others may poll.
type Closed = Arc<Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>>;

/// One in `closed()`, polled after the close though not woken yet, dropped its old waker and a fresh one: two drops that
/// panicked ended the process.
#[test]
#[cfg(feature = "std")]
fn second_waker_dropped_after_the_last_receiver_ended_the_process() {
    static SENDER: OnceLock<thalweg::watch::Sender<i32>> = OnceLock::new();
    let (sender, receiver) = thalweg::watch::channel(0);
    let sender = SENDER.get_or_init(|| sender);
    let mut first = task(sender.closed());
    assert!(first.poll().is_pending());
    two_drops_panic(first.probe(), Box::pin(sender.closed()), receiver);
}

/// The same of a broadcast, where a send waits before it.
#[test]
#[cfg(feature = "std")]
fn second_waker_dropped_after_the_close_of_a_broadcast_ended_the_process() {
    static SENDER: OnceLock<thalweg::broadcast::Sender<i32, thalweg::broadcast::Lossless>> = OnceLock::new();
    let (sender, receiver) = thalweg::broadcast::lossless(1);
    let sender = SENDER.get_or_init(|| sender);
    sender.try_send(0).unwrap();
    let mut first = task(sender.send(1));
    assert!(first.poll().is_pending());
    two_drops_panic(first.probe(), Box::pin(sender.closed()), receiver);
}

/// `first` is the probe of one that is woken before the second, when the receiver is dropped, and then polls that.
#[cfg(feature = "std")]
fn two_drops_panic(first: &Probe, second: Pin<Box<dyn Future<Output = ()> + Send>>, receiver: impl Sized) {
    let second: Closed = Arc::new(Mutex::new(second));
    let probe = Probe::new();
    let waker = Arc::new(probe.waker());
    assert!(second.lock().unwrap().as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let same = waker.clone();
    first.arm(move |call| {
        if call == Call::Wake {
            let _ = second.lock().unwrap().as_mut().poll(&mut Context::from_waker(&same));
        }
    });
    probe.arm(|call| assert_ne!(call, Call::Drop));
    panics(|| drop(receiver));
    probe.disarm();
    first.disarm();
}

/// A blocking receive whose sender's waker panicked unwound through its place in the line, where the turn that it passed on
/// came to a waker that panicked as well: the process ended.
#[test]
#[cfg(feature = "std")]
fn second_waker_that_panicked_in_a_blocking_receive_ended_the_process() {
    let (sender, receiver) = channel(0);
    let mut send = task(sender.send_owned(1));
    assert!(send.poll().is_pending());
    let probe = send.probe().clone();
    let next = Arc::new(Mutex::new(task(receiver.recv_owned())));
    let pair = Mutex::new(Some((send, next.clone())));
    probe.arm(move |call| {
        let Some((mut send, next)) = (call == Call::Wake).then(|| pair.lock().unwrap().take()).flatten() else {
            return;
        };
        let mut next = next.lock().unwrap();
        assert!(next.poll().is_pending());
        next.probe().arm(|call| assert_ne!(call, Call::Wake));
        assert_eq!(send.poll(), Poll::Ready(Ok(())));
        panic!("the sender's waker");
    });
    panics(|| receiver.recv_blocking());
    probe.disarm();
    let mut next = next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    next.probe().disarm();
    assert_eq!(next.poll(), Poll::Ready(Ok(1)));
}
