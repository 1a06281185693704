//! Promise 10: no foreign code under a lock. Wakers and messages may call the channel back, or panic; the others are told all the same.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use thalweg::mpmc::{Receiver, Sender};

use crate::harness::*;

/// Calls every method of the channel, as whoever is woken or dropped might.
fn everything(sender: &Sender<usize>, receiver: &Receiver<usize>) {
    let mut cx = Context::from_waker(Waker::noop());
    let _ = (sender.len(), sender.is_empty(), sender.is_full(), sender.is_closed(), sender.capacity());
    let _ = (sender.free_capacity(), sender.reserved(), sender.sender_count(), sender.receiver_count());
    let _ = (sender.waiting_senders(), sender.waiting_receivers(), format!("{sender:?} {receiver:?}"));
    let _ = sender.try_send(77);
    let _ = receiver.try_recv();
    let _ = sender.force_send(78);
    let _ = sender.try_reserve().map(|permit| permit.send(79));
    drop(sender.try_reserve());
    drop(sender.try_reserve_many(2));
    let _ = sender.try_send_many(&mut VecDeque::from([1, 2]));
    let _ = receiver.try_recv_many(&mut Vec::new(), 2);
    let _ = receiver.try_iter().take(2).count();
    let _ = Box::pin(sender.send(80)).as_mut().poll(&mut cx).is_ready();
    let _ = Box::pin(receiver.recv()).as_mut().poll(&mut cx).is_ready();
    let _ = Box::pin(sender.reserve()).as_mut().poll(&mut cx).is_ready();
    let _ = Box::pin(sender.closed()).as_mut().poll(&mut cx).is_ready();
    let _ = Box::pin(receiver.clone().recv_owned()).as_mut().poll(&mut cx).is_ready();
    let _ = receiver.clone().poll_recv(&mut cx).is_ready();
    drop((sender.clone(), receiver.clone()));
    let _ = (sender.downgrade().upgrade(), receiver.downgrade().upgrade());
    drop(receiver.drain());
}

/// Waits in every way there is, with wakers that run `hook`, then does what wakes, drops and replaces them.
fn wake_in_every_way(hook: impl Fn(&Sender<usize>, &Receiver<usize>, Call) + Send + Sync + Clone + 'static) {
    // Where a message has been before there is a block at hand, and the short ways are open.
    for (capacity, used) in [(0, 0), (1, 0), (2, 0), (1, 1), (2, 2)] {
        for action in 0..12 {
            let (sender, receiver) = filled(capacity, used);
            receiver.try_iter().for_each(drop);
            let arm = |probe: &Probe| {
                let (hook, sender, receiver) = (hook.clone(), sender.clone(), receiver.clone());
                probe.arm(move |call| hook(&sender, &receiver, call));
            };
            let fill = || while sender.try_send(0).is_ok() {};
            let mut closed = task(sender.closed());
            closed.waits();
            let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
            let mut sends: Vec<_> = (0..3).map(|n| task(sender.send(n))).collect();
            if action < 6 {
                receives.iter_mut().for_each(|receive| receive.waits());
            } else {
                fill();
                sends.iter_mut().for_each(|send| send.waits());
            }
            receives.iter().for_each(|receive| arm(receive.probe()));
            sends.iter().for_each(|send| arm(send.probe()));
            arm(closed.probe());
            match action {
                0 => ignore(sender.try_send(1)),
                1 => ignore(sender.try_send_many(&mut VecDeque::from([1, 2, 3]))),
                2 => ignore(sender.force_send(1)),
                3 | 9 => {
                    receives.iter_mut().for_each(|receive| drop(receive.swap_waker()));
                    receives.iter().for_each(|receive| arm(receive.probe()));
                    receives.iter_mut().for_each(|receive| ignore(receive.poll()));
                }
                4 => receives.truncate(1),
                5 => {
                    let _ = sender.try_send(1);
                    receives.truncate(1);
                }
                6 => ignore(receiver.try_recv()),
                7 => ignore(receiver.try_recv_many(&mut Vec::new(), 5)),
                8 => drop(receiver.drain()),
                10 => sends.truncate(1),
                11 => {
                    let _ = receiver.try_recv();
                    let _ = sends[0].pinned().cancel();
                    sends.truncate(2);
                }
                _ => unreachable!(),
            }
            sender.close();
            let probes: Vec<_> = receives
                .iter()
                .map(|receive| receive.probe().clone())
                .chain(sends.iter().map(|send| send.probe().clone()))
                .chain([closed.probe().clone()])
                .collect();
            drop((receives, sends, closed));
            probes.iter().for_each(|probe| probe.disarm());
            probes.iter().for_each(|probe| assert_eq!(Arc::strong_count(probe), 1, "a waker stayed behind"));
        }
    }
}

/// tokio #5429, #5471; kanal: a waker that is woken, cloned or dropped under the lock, and calls the channel.
#[test]
fn wakers_may_call_the_channel_back() {
    in_time(|| {
        wake_in_every_way(|sender, receiver, _| {
            thread_local!(static INSIDE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
            if !INSIDE.replace(true) {
                everything(sender, receiver);
                INSIDE.set(false);
            }
        });
    });
}

#[test]
fn wakers_may_close_the_channel() {
    in_time(|| {
        wake_in_every_way(|sender, receiver, call| match call {
            Call::Drop => ignore(receiver.close()),
            _ => ignore(sender.close()),
        });
    });
}

/// A wake, or a dropped waker, that drops the last handle of a side, or of the channel.
#[test]
fn wakers_may_drop_the_last_handle() {
    in_time(|| {
        for capacity in CAPACITIES {
            for both in [false, true] {
                for at in [Call::Wake, Call::Drop] {
                    let (sender, receiver) = channel::<usize>(capacity);
                    let mut receive = task(receiver.recv_owned());
                    receive.waits();
                    let handles = Mutex::new((Some(sender.clone()), both.then_some(receiver)));
                    receive.probe().arm(move |call| {
                        if call == at {
                            let handles = std::mem::take(&mut *handles.lock().unwrap());
                            drop(handles);
                        }
                    });
                    let probe = receive.probe().clone();
                    sender.try_send(5).unwrap();
                    drop(sender);
                    if at == Call::Wake {
                        assert_eq!(receive.finishes(), Ok(5));
                    }
                    drop(receive);
                    probe.disarm();
                }
            }
        }
    });
}

/// A message that owns a sender of its own channel: the last receiver's leaving drops it, and that comes back in.
#[test]
fn messages_may_own_handles_of_their_own_channel() {
    struct Letter {
        _sender: Sender<Letter>,
        receiver: Option<Receiver<Letter>>,
    }
    impl Drop for Letter {
        fn drop(&mut self) {
            let _ = (self._sender.len(), self._sender.try_reserve().is_ok(), self._sender.close());
            if let Some(receiver) = &self.receiver {
                ignore(receiver.try_recv());
            }
        }
    }
    in_time(|| {
        for capacity in BUFFERED {
            let (sender, receiver) = channel(capacity);
            for _ in 0..capacity.min(5) {
                sender.try_send(Letter { _sender: sender.clone(), receiver: None }).unwrap();
            }
            let mut pending = task(sender.send_owned(Letter { _sender: sender.clone(), receiver: None }));
            let _ = pending.poll();
            let weak = sender.downgrade();
            drop((sender, receiver));
            drop(pending);
            assert!(weak.upgrade().is_none());

            let (sender, receiver) = channel(capacity);
            for _ in 0..capacity.min(5) {
                sender.try_send(Letter { _sender: sender.clone(), receiver: Some(receiver.clone()) }).unwrap();
            }
            drop(receiver.close_and_drain());
            assert_eq!(receiver.len(), 0);
        }
    });
}

/// Three wait, the n-th has a waker that panics when woken: the others are woken, and the channel works on.
#[test]
fn panicking_waker_keeps_nobody_from_being_woken() {
    type Setup = fn(&Sender<usize>, &Receiver<usize>);
    let for_receivers: [Setup; 2] = [|sender, _| ignore(sender.close()), |_, receiver| ignore(receiver.close())];
    let for_senders: [Setup; 3] = [
        |sender, _| ignore(sender.close()),
        |_, receiver| drop(receiver.drain()),
        |_, receiver| drop(receiver.close_and_drain()),
    ];
    for guilty in 0..3 {
        for act in for_receivers {
            let (sender, receiver) = channel(3);
            let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
            receives.iter_mut().for_each(|receive| receive.waits());
            receives[guilty].probe().arm(|call| {
                if call == Call::Wake {
                    panic!("waker")
                }
            });
            panics(|| act(&sender, &receiver));
            assert!(receives.iter().all(|receive| receive.woken()), "guilty {guilty}");
            receives.iter_mut().for_each(|receive| ignore(receive.finishes()));
        }
        for act in for_senders {
            let (sender, receiver) = filled(3, 3);
            let mut sends: Vec<_> = (0..3).map(|n| task(sender.send(n))).collect();
            sends.iter_mut().for_each(|send| send.waits());
            sends[guilty].probe().arm(|call| {
                if call == Call::Wake {
                    panic!("waker")
                }
            });
            panics(|| act(&sender, &receiver));
            assert!(sends.iter().all(|send| send.woken()), "guilty {guilty}");
            sends.iter_mut().for_each(|send| ignore(send.finishes()));
        }
    }
}

/// Taking a batch is interrupted by such a panic: for each room that came free a sender is awake, and nothing is dropped twice.
#[test]
fn panicking_waker_interrupts_taking_in_order() {
    for guilty in 0..3 {
        let ledger = Ledger::new();
        let (sender, receiver) = channel(3);
        (0..3).for_each(|_| sender.try_send(ledger.message()).unwrap());
        let mut sends: Vec<_> = (0..3).map(|_| task(sender.send(ledger.message()))).collect();
        sends.iter_mut().for_each(|send| send.waits());
        sends[guilty].probe().arm(|call| {
            if call == Call::Wake {
                panic!("waker")
            }
        });
        let mut batch = Vec::new();
        panics(|| receiver.try_recv_many(&mut batch, 3));
        let freed = 3 - receiver.len();
        let woken = sends.iter().filter(|send| send.woken()).count();
        assert_eq!(woken, freed, "guilty {guilty}");
        sends.iter_mut().take(freed).for_each(|send| send.finishes().unwrap());
        drop(sends);
        drop((batch, sender, receiver));
        ledger.all_dropped_once();
    }
}

/// A batch that is interrupted by such a panic: each message is either sent, and announced, or still in the deque.
#[test]
fn panicking_waker_interrupts_a_batch_in_order() {
    for guilty in 0..3 {
        let (sender, receiver) = channel(3);
        let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
        receives.iter_mut().for_each(|receive| receive.waits());
        receives[guilty].probe().arm(|call| {
            if call == Call::Wake {
                panic!("waker")
            }
        });
        let mut batch = VecDeque::from([0, 1, 2]);
        panics(|| sender.try_send_many(&mut batch));
        let sent = receiver.len();
        assert!(receives.iter().take(sent).all(|receive| receive.woken()), "guilty {guilty}, {sent} sent");
        sender.try_send_many(&mut batch).unwrap();
        receives.iter_mut().enumerate().for_each(|(n, receive)| assert_eq!(receive.finishes(), Ok(n)));
    }
}

#[test]
fn panicking_waker_of_closed_keeps_nobody_from_being_told() {
    for guilty in 0..5 {
        let (sender, receiver) = filled(1, 0);
        let mut closed: Vec<_> = (0..3).map(|_| task(receiver.closed())).collect();
        let mut receives: Vec<_> = (0..2).map(|_| task(receiver.recv())).collect();
        closed.iter_mut().for_each(|closed| closed.waits());
        receives.iter_mut().for_each(|receive| receive.waits());
        let probes: Vec<_> = closed
            .iter()
            .map(|closed| closed.probe().clone())
            .chain(receives.iter().map(|receive| receive.probe().clone()))
            .collect();
        probes[guilty].arm(|call| {
            if call == Call::Wake {
                panic!("waker")
            }
        });
        panics(|| drop(sender));
        assert!(probes.iter().all(|probe| probe.woken()), "guilty {guilty}");
        probes[guilty].disarm();
    }
}

/// Dropping permits, of which several senders wait for the places.
#[test]
fn panicking_waker_meets_dropped_permits() {
    let (sender, receiver) = channel(3);
    let permits = sender.try_reserve_many(3).unwrap();
    let mut sends: Vec<_> = (0..3).map(|n| task(sender.send(n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    sends[0].probe().arm(|call| {
        if call == Call::Wake {
            panic!("waker")
        }
    });
    panics(|| drop(permits));
    for send in &mut sends {
        assert!(send.woken());
        assert_eq!(send.finishes(), Ok(()));
    }
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
}

/// tokio #3689, asyncband #259, futures #2211: a clone that panics leaves the slot "registering".
#[test]
fn panicking_waker_clone_leaves_the_future_usable() {
    let (sender, receiver) = channel(1);
    let mut receive = task(receiver.recv());
    receive.probe().arm(|call| {
        if call == Call::Clone {
            panic!("clone")
        }
    });
    panics(|| receive.poll());
    receive.probe().disarm();
    receive.waits();
    sender.try_send(1).unwrap();
    assert!(receive.woken());

    let mut send = task(sender.send(2));
    send.waits();
    drop(send.swap_waker());
    send.probe().arm(|call| {
        if call == Call::Clone {
            panic!("clone")
        }
    });
    panics(|| send.poll());
    send.probe().disarm();
    send.waits();
    assert_eq!(receive.finishes(), Ok(1));
    assert!(send.woken());
    assert_eq!(send.finishes(), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(2));
}

#[test]
fn panicking_waker_drop_leaves_the_channel_usable() {
    let (sender, receiver) = channel(1);
    let mut receive = task(receiver.recv());
    let mut other = task(receiver.recv());
    receive.waits();
    other.waits();
    let old = receive.swap_waker();
    old.arm(|call| {
        if call == Call::Drop {
            panic!("drop")
        }
    });
    panics(|| receive.poll());
    old.disarm();
    receive.waits();
    sender.try_send(1).unwrap();
    assert!(receive.woken() && !other.woken());
    let probe = receive.probe().clone();
    assert_eq!(receive.finishes(), Ok(1));
    drop(receive);
    assert_eq!((Arc::strong_count(&probe), Arc::strong_count(&old)), (1, 1));

    let guilty = other.probe().clone();
    guilty.arm(|call| {
        if call == Call::Drop {
            panic!("drop")
        }
    });
    panics(|| drop(other));
    guilty.disarm();
    assert_eq!(receiver.waiting_receivers(), 0);
    sender.try_send(2).unwrap();
    assert_eq!(receiver.try_recv(), Ok(2));
}

/// A message whose drop panics when it is told to.
struct Bomb(Message, bool);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.1 && !std::thread::panicking() {
            panic!("message {}", self.0.id);
        }
    }
}

/// tokio #7094: one message's drop panics, and the rest leaks.
#[test]
fn panicking_message_keeps_no_other_from_being_dropped() {
    for guilty in 0..4 {
        for way in 0..4 {
            let ledger = Ledger::new();
            let (sender, receiver) = channel(4);
            (0..4).for_each(|n| drop(sender.try_send(Bomb(ledger.message(), n == guilty))));
            panics(|| match way {
                0 => drop(receiver),
                1 => drop(receiver.drain()),
                2 => drop(receiver.close_and_drain()),
                _ => receiver.try_iter().for_each(drop),
            });
            drop(sender);
            ledger.all_dropped_once();
        }
    }
}

/// The same while a panic is in flight already: no abort, nothing leaks.
#[test]
fn channel_is_dropped_in_order_while_panicking() {
    let ledger = Ledger::new();
    let (sender, receiver) = channel(4);
    (0..4).for_each(|_| drop(sender.try_send(Bomb(ledger.message(), true))));
    let mut pending = task(sender.send_owned(Bomb(ledger.message(), true)));
    assert!(pending.poll().is_pending());
    panics(move || {
        let _all = (pending, receiver, sender);
        panic!("in flight");
    });
    ledger.all_dropped_once();
}

/// A collection that calls the channel when it grows, and one that panics.
struct Nosy<'a, F: Fn()>(Vec<Message>, &'a F);

impl<F: Fn()> Extend<Message> for Nosy<'_, F> {
    fn extend<I: IntoIterator<Item = Message>>(&mut self, messages: I) {
        for message in messages {
            (self.1)();
            self.0.push(message);
        }
    }
}

#[test]
fn collections_may_call_the_channel_back_or_panic() {
    in_time(|| {
        let ledger = Ledger::new();
        let (sender, receiver) = channel(8);
        (0..6).for_each(|_| sender.try_send(ledger.message()).unwrap());
        let call = || drop((sender.try_send(ledger.message()), receiver.try_recv(), receiver.len()));
        let mut nosy = Nosy(Vec::new(), &call);
        assert!(receiver.try_recv_many(&mut nosy, 3).unwrap() >= 1);
        assert!(matches!(task(receiver.recv_many(&mut nosy, 2)).settle(), Poll::Ready(Ok(_))));
        drop(nosy);

        let refuse = || panic!("full up");
        let mut refusing = Nosy(Vec::new(), &refuse);
        sender.try_send(ledger.message()).unwrap();
        panics(|| receiver.try_recv_many(&mut refusing, 3));
        sender.try_send(ledger.message()).unwrap();
        panics(|| task(receiver.recv_many(&mut refusing, 3)).settle());
        assert_eq!(receiver.waiting_receivers(), 0);
        while receiver.try_recv().is_ok() {}
        sender.try_send(ledger.message()).unwrap();
        assert!(receiver.try_recv().is_ok());
        drop((sender, receiver));
        drop(refusing);
        ledger.all_dropped_once();
    });
}

/// toy R7: one thread panics in the middle; for the others nothing is poisoned.
#[test]
fn panic_poisons_nothing() {
    let (sender, receiver) = channel(2);
    let mut receive = task(receiver.recv());
    receive.waits();
    receive.probe().arm(|call| {
        if call == Call::Wake {
            panic!("waker")
        }
    });
    let sender2 = sender.clone();
    assert!(std::thread::spawn(move || sender2.try_send(1)).join().is_err());
    assert_eq!(receive.finishes(), Ok(1), "the message was sent before its receiver was told");
    sender.try_send(2).unwrap();
    assert_eq!(receiver.try_recv(), Ok(2));
}
