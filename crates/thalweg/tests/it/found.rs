//! What attacks on the promises found in this channel, each named after what went wrong.

use std::task::{Context, Poll};

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
