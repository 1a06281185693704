//! What attacks on the promises found in this channel, each named after what went wrong.

use std::task::{Context, Poll};

use futures_core::future::FusedFuture;

use crate::harness::*;

/// Two reservations too big for the room there was passed one turn to each other for ever, and a small send behind
/// them never got the place.
#[test]
fn two_big_reservations_passed_a_turn_for_ever() {
    let (sender, receiver) = filled(4, 4);
    let mut big: Vec<_> = (0..2).map(|_| task(sender.reserve_many(2))).collect();
    big.iter_mut().for_each(|big| assert!(big.settle().is_pending()));
    let mut small = task(sender.send(9));
    small.waits();
    receiver.try_recv().unwrap();
    let mut polls = 0;
    while big.iter().any(|big| big.woken()) {
        for big in big.iter_mut().filter(|big| big.woken()) {
            polls += 1;
            assert!(polls < 100, "they wake each other");
            assert!(big.poll().is_pending());
        }
    }
    assert!(small.woken(), "one place is enough for it");
    assert!(small.finishes().is_ok());
}

/// A `PollSender` that gave up its reservation and came again stood where it had stood before.
#[test]
fn aborted_reservation_kept_its_place() {
    let (sender, receiver) = filled(1, 1);
    let probe = Probe::new();
    let waker = probe.waker();
    let mut left = sender.clone().into_poll_sender();
    assert!(left.poll_reserve(&mut Context::from_waker(&waker)).is_pending());
    assert!(left.abort_send());
    let mut patient = task(sender.send(1));
    patient.waits();
    assert!(left.poll_reserve(&mut Context::from_waker(&waker)).is_pending());
    receiver.try_recv().unwrap();
    assert!(patient.woken());
    assert!(!probe.woken());
}

/// At capacity 0 a fresh receive took what had been handed to one that was woken, from the second message on.
#[test]
fn handed_over_message_went_to_a_fresh_receive() {
    let (sender, receiver) = channel(0);
    for round in 0..3 {
        let mut woken = task(receiver.recv());
        woken.waits();
        sender.try_send(round).unwrap();
        assert!(task(receiver.recv()).poll().is_pending(), "round {round}");
        assert_eq!(woken.finishes(), Ok(round));
    }
}

/// A collection that sends on what it is given kept `try_recv_many` busy for ever.
#[test]
fn batch_of_a_buffer_that_refills_the_channel_never_ended() {
    struct Echo<'a>(&'a thalweg::mpmc::Sender<usize>, usize);

    impl Extend<usize> for Echo<'_> {
        fn extend<I: IntoIterator<Item = usize>>(&mut self, messages: I) {
            for message in messages {
                self.1 += 1;
                assert!(self.1 < 1_000, "it goes on and on");
                ignore(self.0.try_send(message));
            }
        }
    }

    let (sender, receiver) = filled(4, 4);
    assert!(receiver.try_recv_many(&mut Echo(&sender, 0), usize::MAX).unwrap() <= 8);
}

/// One who had seen messages move took it that their owner would look after the sleepers; but that one had finished.
#[test]
fn calmed_by_one_who_is_not_awake_any_more() {
    let (sender, receiver) = channel(0);
    let mut sends: Vec<_> = (0..3).map(|n| task(sender.send(n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    let mut first = task(receiver.recv());
    let mut second = task(receiver.recv());
    ignore(first.poll());
    ignore(second.poll());
    assert!(sends[0].woken() && sends[1].woken(), "the second of them is neglected from now on");
    assert!(sends[0].poll().is_ready());
    assert_eq!(first.poll(), Poll::Ready(Ok(0)));
    let (mut received, mut sent) = (false, false);
    for _ in 0..100 {
        received = received || (second.woken() && second.poll().is_ready());
        sent = sent || (sends[2].woken() && sends[2].poll().is_ready());
    }
    assert!(received && sent, "a sender and a receiver wait for each other");
}

/// A reservation that took its place, and whose own waker then panicked when it was dropped, left the place to nobody.
#[test]
fn place_was_lost_to_a_waker_that_panics_when_dropped() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::task::{Wake, Waker};

    struct PanicsOnDrop;

    impl Wake for PanicsOnDrop {
        fn wake(self: std::sync::Arc<Self>) {}
    }

    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "waker dropped");
        }
    }

    let (sender, receiver) = filled(1, 1);
    let mut neglected = task(sender.reserve());
    neglected.waits();
    let mut reserve = Box::pin(sender.reserve());
    let waker = Waker::from(std::sync::Arc::new(PanicsOnDrop));
    assert!(reserve.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    receiver.try_recv().unwrap();
    // It was not woken: polled all the same it steps back, and then takes the place and leaves the queue.
    let mut poll =
        || catch_unwind(AssertUnwindSafe(|| reserve.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()));
    assert!((0..5).any(|_| poll().is_err()), "the waker panics");
    drop((reserve, neglected));
    assert_eq!((sender.reserved(), sender.free_capacity()), (0, Some(1)));
}

/// Of a receive this was never so: a sender is told of the place that it makes before its own waker is dropped.
#[test]
fn place_made_by_a_receive_outlives_its_panicking_waker() {
    let (sender, receiver) = channel(1);
    let mut neglected = task(receiver.recv());
    let mut receive = task(receiver.recv());
    neglected.waits();
    receive.waits();
    sender.try_send(1).unwrap();
    let mut send = task(sender.send(2));
    assert!(send.poll().is_pending());
    let wakes = send.wakes();
    let own = receive.swap_waker();
    own.arm(|call| {
        if call == Call::Drop {
            panic!("drop")
        }
    });
    // It was not woken: polled all the same it steps back, and then takes the message and leaves the queue.
    assert!(receive.poll().is_pending());
    panics(|| receive.poll());
    own.disarm();
    assert_eq!(send.wakes(), wakes + 1);
    assert_eq!(send.finishes(), Ok(()));
}

/// One that had stayed awake was polled on after the panic of another's waker, stayed awake once more, and gave back a
/// turn that was over. From then on one who was woken and neglected counted as nobody, and those behind it slept.
#[test]
fn polled_on_after_a_panic_it_stayed_awake_without_a_turn() {
    let (sender, receiver) = channel(2);
    let passes_by = || assert!(sender.try_send(0).is_ok() && receiver.try_recv().is_ok());
    let mut receive = task(receiver.recv());
    receive.waits();
    passes_by();
    assert!(receive.poll().is_pending());
    assert_eq!(receive.woken(), !cfg!(feature = "tokio"), "it stays awake");
    (1..3).for_each(|message| sender.try_send(message).unwrap());
    let mut send = task(sender.send(3));
    send.waits();
    send.probe().arm(|call| assert_ne!(call, Call::Wake));
    panics(|| receive.poll());
    send.probe().disarm();
    assert_eq!(send.finishes(), Ok(()));
    assert_eq!(receiver.drain().collect::<Vec<_>>(), [2, 3]);
    assert!(receive.poll().is_pending() && !receive.woken(), "it has no turn, and sleeps");
    sender.try_send(4).unwrap();
    assert_eq!(receive.finishes(), Ok(4));
}

/// The same of a send: its own `cancel` panicked, with the waker of the one to which it passed its turn on. With the feature
/// `tokio` it has none to pass on.
#[test]
#[cfg(not(feature = "tokio"))]
fn cancelled_in_vain_it_stayed_awake_without_a_turn() {
    let (sender, receiver) = filled(2, 2);
    let passes_by = || assert!(receiver.try_recv().is_ok() && sender.try_send(0).is_ok());
    let mut sends: Vec<_> = (5..7).map(|message| task(sender.send(message))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    passes_by();
    assert!(sends[0].poll().is_pending());
    assert!(sends[0].woken(), "it stays awake");
    sends[1].probe().arm(|call| assert_ne!(call, Call::Wake));
    panics(|| sends[0].pinned().cancel());
    sends[1].probe().disarm();
    passes_by();
    assert!(sends[0].poll().is_pending() && !sends[0].woken(), "it has no turn, and sleeps");
    receiver.try_recv().unwrap();
    assert!(sends[0].finishes().is_ok());
}

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
