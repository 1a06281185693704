//! Broadcast with wakers, clones and destructors that call the channel back, block, or panic.

use std::{
    cell::Cell,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::{Context, Poll, Waker},
    thread,
};

use thalweg::broadcast::{
    Lossless, Receiver, Sender, channel,
    error::{RecvError, TryRecvError},
    lossless,
};

use crate::harness::*;

/// What a message does when it is cloned or dropped.
type Trick = Arc<dyn Fn(Event) + Send + Sync>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    Clone,
    Drop,
}

/// A message with a mind of its own.
struct Imp {
    number: usize,
    alive: Arc<AtomicUsize>,
    trick: Option<Trick>,
}

impl Imp {
    fn new(number: usize, alive: &Arc<AtomicUsize>, trick: Option<Trick>) -> Imp {
        alive.fetch_add(1, SeqCst);
        Imp { number, alive: alive.clone(), trick }
    }
}

impl std::fmt::Debug for Imp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.number)
    }
}

impl Clone for Imp {
    fn clone(&self) -> Imp {
        if let Some(trick) = &self.trick {
            trick(Event::Clone);
        }
        Imp::new(self.number, &self.alive, None)
    }
}

impl Drop for Imp {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, SeqCst);
        if let Some(trick) = self.trick.take() {
            trick(Event::Drop);
        }
    }
}

/// A trick that is not played while it is being played.
fn once_at_a_time(trick: impl Fn(Event) + Send + Sync + 'static) -> Option<Trick> {
    thread_local!(static INSIDE: Cell<bool> = const { Cell::new(false) });
    Some(Arc::new(move |event| {
        if !INSIDE.replace(true) {
            trick(event);
            INSIDE.set(false);
        }
    }))
}

/// Calls every method of the channel, as whoever is woken, cloned or dropped might.
fn everything<T: Clone, M>(sender: &Sender<T, M>, receiver: &mut Receiver<T>) {
    let mut cx = Context::from_waker(Waker::noop());
    let _ = (sender.len(), sender.is_empty(), sender.capacity(), sender.receiver_count(), sender.strong_count());
    let _ = (sender.weak_count(), sender.same_channel(&sender.clone()), sender.downgrade().upgrade());
    let _ = Box::pin(sender.closed()).as_mut().poll(&mut cx).is_ready();
    let _ = format!("{sender:?} {receiver:?}");
    let _ = (receiver.len(), receiver.is_empty(), receiver.missed(), receiver.is_closed());
    let _ = (receiver.sender_strong_count(), receiver.sender_weak_count());
    let mut other = receiver.resubscribe();
    let _ = other.try_recv();
    let _ = other.poll_recv(&mut cx).is_ready();
    let _ = Box::pin(other.recv()).as_mut().poll(&mut cx).is_ready();
    let mut other = other.deactivate().activate();
    let _ = receiver.try_recv();
    let _ = Box::pin(receiver.recv()).as_mut().poll(&mut cx).is_ready();
    let _ = other.try_recv();
}

/// R1, R2: tokio #5429, #5471, #4129: a waker that is woken, cloned, replaced or dropped under the lock, and calls the
/// channel.
#[test]
fn wakers_may_call_the_channel_back() {
    in_time(|| {
        thread_local!(static INSIDE: Cell<bool> = const { Cell::new(false) });
        for action in 0..5 {
            let (sender, receiver) = lossless::<usize>(2);
            let handles = Arc::new(Mutex::new((sender.clone(), receiver.resubscribe())));
            let lossy = channel::<usize>(2);
            let arm = |probe: &Probe| {
                let handles = handles.clone();
                probe.arm(move |_| {
                    if !INSIDE.replace(true) {
                        let (sender, receiver) = &mut *handles.lock().unwrap();
                        everything(sender, receiver);
                        let _ = sender.try_send(5);
                        drop(sender.clone());
                        INSIDE.set(false);
                    }
                });
            };
            let mut receivers = [sender.subscribe(), sender.subscribe()];
            let mut recvs: Vec<_> = receivers.iter_mut().map(|receiver| task(receiver.recv())).collect();
            recvs.iter_mut().for_each(|recv| recv.waits());
            // Polled with wakers that send when they are cloned, replaced by others that do.
            recvs.iter().for_each(|recv| arm(recv.probe()));
            recvs.retain_mut(|recv| recv.poll().is_pending());
            let old: Vec<_> = recvs.iter_mut().map(|recv| recv.swap_waker()).collect();
            recvs.iter().for_each(|recv| arm(recv.probe()));
            recvs.retain_mut(|recv| recv.poll().is_pending());
            match action {
                0 => drop(recvs),
                1 => {
                    let _ = sender.try_send(1);
                    drop(recvs);
                }
                2 => {
                    let _ = sender.try_send(1);
                    recvs.iter_mut().for_each(|recv| assert!(recv.finishes().is_ok()));
                }
                3 => {
                    while sender.try_send(1).is_ok() {}
                    let mut sends: Vec<_> = (0..2).map(|number| task(sender.send(number))).collect();
                    sends.iter_mut().for_each(|send| send.waits());
                    sends.iter().for_each(|send| arm(send.probe()));
                    let _ = sends[0].swap_waker();
                    let _ = sends[0].poll();
                    drop(recvs);
                    drop(receivers);
                    drop(receiver);
                    handles.lock().unwrap().1 = sender.subscribe();
                    assert!(sends.iter().all(|send| send.wakes() > 0 || send.woken()));
                    sends.iter_mut().for_each(|send| ignore(send.poll()));
                }
                _ => {
                    let mut closed = task(lossy.0.closed());
                    closed.waits();
                    arm(closed.probe());
                    drop(lossy.1);
                }
            }
            old.iter().for_each(|probe| probe.disarm());
        }
    });
}

/// Messages that own a handle of their own channel, cloned and dropped with no lock held. R3: tokio #1886, #2082.
#[test]
fn messages_may_call_the_channel_back() {
    in_time(|| {
        let alive = Arc::default();
        let (sender, mut receiver) = channel::<Imp>(2);
        let handles = Arc::new(Mutex::new((sender.clone(), sender.subscribe())));
        let inner_alive: Arc<AtomicUsize> = Arc::clone(&alive);
        let trick = {
            let handles = handles.clone();
            once_at_a_time(move |_| {
                let (sender, receiver) = &mut *handles.lock().unwrap();
                everything(sender, receiver);
                for number in 0..5 {
                    let _ = sender.send(Imp::new(number, &inner_alive, None));
                }
                everything(sender, receiver);
            })
        };
        for number in 0..6 {
            assert!(sender.send(Imp::new(number, &alive, trick.clone())).is_ok());
            if number % 2 == 0 {
                drop(receiver.try_recv());
                drop(task(receiver.recv()).poll());
            }
        }
        // A message that owns the last sender, dropped by the last receiver.
        let (other, other_receiver) = channel::<Imp>(1);
        let owner = Mutex::new(Some(other.clone()));
        let trick: Trick = Arc::new(move |_| drop(owner.lock().unwrap().take()));
        assert!(other.send(Imp::new(0, &alive, Some(trick))).is_ok());
        let weak = other.downgrade();
        drop(other);
        drop(other_receiver);
        assert!(weak.upgrade().is_none());
        drop(receiver);
        let (sender_in, receiver_in) = (handles.lock().unwrap().0.clone(), sender.subscribe());
        drop((sender, sender_in));
        let taken = std::mem::replace(&mut *handles.lock().unwrap(), channel(1));
        drop(taken);
        drop(receiver_in);
        assert_eq!(alive.load(SeqCst), 0);
    });
}

/// A clone that laps its own message: it gets it, the others are told that they missed it, and nothing is lost twice.
#[test]
fn a_clone_may_write_over_its_own_message() {
    in_time(|| {
        let alive = Arc::default();
        let (sender, mut one) = channel::<Imp>(2);
        let mut two = sender.subscribe();
        let (again, inner) = (sender.clone(), Arc::clone(&alive));
        let trick = once_at_a_time(move |event| {
            if event == Event::Clone {
                (1..=3).for_each(|number| assert!(again.send(Imp::new(number, &inner, None)).is_ok()));
            }
        });
        assert!(sender.send(Imp::new(0, &alive, trick)).is_ok());
        assert_eq!(one.try_recv().map(|imp| imp.number), Ok(0));
        assert_eq!(two.try_recv().map(|imp| imp.number), Err(TryRecvError::Lagged(2)));
        assert_eq!(one.try_recv().map(|imp| imp.number), Err(TryRecvError::Lagged(1)));
        for receiver in [&mut one, &mut two] {
            assert_eq!(receiver.try_recv().map(|imp| imp.number), Ok(2));
            assert_eq!(receiver.try_recv().map(|imp| imp.number), Ok(3));
        }
        assert_eq!(alive.load(SeqCst), 0);
    });
}

/// A clone during which the others who were owed the message leave: then it is gone, on even laps and on odd ones.
#[test]
fn a_clone_may_be_the_last_to_need_its_message() {
    in_time(|| {
        let alive = Arc::default();
        let (sender, mut one) = channel::<Imp>(1);
        for lap in 0..4 {
            let two = Mutex::new(Some(sender.subscribe()));
            let trick = once_at_a_time(move |_| drop(two.lock().unwrap().take()));
            assert_eq!(sender.send(Imp::new(lap, &alive, trick)).ok(), Some(2));
            let got = one.try_recv().unwrap();
            assert_eq!((got.number, sender.receiver_count(), alive.load(SeqCst)), (lap, 1, 1));
        }
    });
}

/// A clone that reads the very same message through another receiver cannot have it yet, and does not hang.
#[test]
fn a_clone_may_look_at_its_own_message() {
    in_time(|| {
        let alive = Arc::default();
        let (sender, mut one) = channel::<Imp>(2);
        let two = Arc::new(Mutex::new(sender.subscribe()));
        let _three = sender.subscribe();
        let (inner, first) = (two.clone(), AtomicBool::new(true));
        let trick = once_at_a_time(move |event| {
            if event == Event::Clone && first.swap(false, SeqCst) {
                let mut two = inner.lock().unwrap();
                assert_eq!((two.len(), two.try_recv().err()), (1, Some(TryRecvError::Empty)));
                let mut recv = task(two.recv());
                assert!(recv.poll().is_pending());
                assert!(recv.poll().is_pending());
                assert!(!recv.woken());
            }
        });
        assert!(sender.send(Imp::new(0, &alive, trick)).is_ok());
        assert!(one.try_recv().is_ok());
        assert!(two.lock().unwrap().try_recv().is_ok());
    });
}

/// While one clones and takes its time, nobody's call hangs; who waits for the same message is woken when it is back.
#[test]
fn a_slow_clone_holds_up_who_needs_the_same_message_only() {
    in_time(|| {
        let alive = Arc::default();
        let (sender, mut slow) = channel::<Imp>(2);
        let mut receivers = [sender.subscribe(), sender.subscribe(), sender.subscribe()];
        let (begun, began) = mpsc::channel();
        let (go_on, gate) = mpsc::channel::<()>();
        let gate = Mutex::new(gate);
        let first = AtomicBool::new(true);
        let trick: Trick = Arc::new(move |event| {
            if event == Event::Clone && first.swap(false, SeqCst) {
                begun.send(()).unwrap();
                gate.lock().unwrap().recv().unwrap();
            }
        });
        assert!(sender.send(Imp::new(0, &alive, Some(trick))).is_ok());
        let thread = thread::spawn(move || slow.try_recv().map(|imp| imp.number).ok());
        began.recv().unwrap();
        assert_eq!(receivers[0].try_recv().err(), Some(TryRecvError::Empty));
        let [one, two, three] = &mut receivers;
        let mut recvs = [task(one.recv()), task(two.recv())];
        recvs.iter_mut().for_each(|recv| recv.waits());
        // One that is needed to be woken again although it waits for the next message.
        assert!(sender.send(Imp::new(1, &alive, None)).is_ok());
        assert!(sender.len() == 2 && !sender.is_empty());
        drop(recvs);
        let mut recvs = [task(one.recv()), task(two.recv())];
        recvs.iter_mut().for_each(|recv| recv.waits());
        assert!(recvs.iter().all(|recv| !recv.woken()));
        go_on.send(()).unwrap();
        assert_eq!(thread.join().unwrap(), Some(0));
        assert!(recvs.iter().all(|recv| recv.woken()));
        assert!(recvs.iter_mut().all(|recv| recv.finishes().is_ok_and(|imp| imp.number == 0)));
        drop(recvs);
        assert_eq!(three.try_recv().map(|imp| imp.number), Ok(0));
        drop((sender, receivers));
        assert_eq!(alive.load(SeqCst), 0);
    });
}

/// tokio's `panic_in_clone`, with others who are owed the same message: it counts as read, and the others get it.
#[test]
fn a_clone_that_panics_costs_its_receiver_that_message_only() {
    fn check<M>(sender: Sender<Imp, M>, send: impl Fn(&Sender<Imp, M>, Imp)) {
        let alive = Arc::default();
        let (mut one, mut two) = (sender.subscribe(), sender.subscribe());
        let left = AtomicUsize::new(2);
        let trick: Trick = Arc::new(move |event| {
            let bad = event == Event::Clone && left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
            assert!(!bad, "clone");
        });
        let mut three = sender.subscribe();
        send(&sender, Imp::new(0, &alive, Some(trick)));
        send(&sender, Imp::new(1, &alive, None));
        panics(|| one.try_recv());
        panics(|| task(two.recv()).poll());
        assert_eq!(three.try_recv().map(|imp| imp.number), Ok(0));
        for receiver in [&mut one, &mut two, &mut three] {
            assert_eq!(receiver.try_recv().map(|imp| imp.number), Ok(1));
        }
        assert_eq!((sender.len(), alive.load(SeqCst)), (0, 0));
    }
    check(Sender::new(2), |sender, imp| assert!(sender.send(imp).is_ok()));
    check(Sender::<_, Lossless>::lossless(2), |sender, imp| assert!(sender.try_send(imp).is_ok()));
}

/// R8: unwinding through a blocked receive leaves nothing linked.
#[cfg(feature = "std")]
#[test]
fn a_clone_may_panic_in_a_blocked_receive() {
    in_time(|| {
        let alive = Arc::default();
        let (sender, mut receiver) = channel::<Imp>(1);
        let _other = sender.subscribe();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            panics(|| receiver.blocking_recv());
            tell.send(()).unwrap();
            receiver.blocking_recv().map(|imp| imp.number)
        });
        // Most likely it sleeps by now.
        thread::sleep(std::time::Duration::from_millis(20));
        let trick: Trick = Arc::new(|event| assert_ne!(event, Event::Clone));
        assert!(sender.send(Imp::new(0, &alive, Some(trick))).is_ok());
        told.recv().unwrap();
        assert!(sender.send(Imp::new(1, &alive, None)).is_ok());
        assert_eq!(thread.join().unwrap(), Ok(1));
    });
}

/// R4: tokio #3689: a waker whose clone panics leaves nothing half registered.
#[test]
fn a_waker_that_cannot_be_cloned() {
    let (sender, mut receiver) = lossless(1);
    let mut recv = task(receiver.recv());
    recv.probe().arm(|call| assert_ne!(call, Call::Clone));
    panics(|| recv.poll());
    recv.probe().disarm();
    recv.waits();
    assert!(sender.try_send(1).is_ok());
    assert!(recv.woken());
    assert_eq!(recv.finishes(), Ok(1));
    drop(recv);
    assert!(sender.try_send(2).is_ok());
    let mut send = task(sender.send(3));
    send.probe().arm(|call| assert_ne!(call, Call::Clone));
    panics(|| send.poll());
    send.probe().disarm();
    send.waits();
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(send.finishes(), Ok(1));
}

/// R5: tokio #5154: one wake panics, and the rest are woken all the same.
#[cfg(feature = "std")]
#[test]
fn panicking_waker_keeps_nobody_from_being_woken() {
    for guilty in [0, 7, 15, 16, 39] {
        for action in 0..3 {
            let sender = Sender::lossless(1);
            let mut receivers: Vec<_> = (0..40).map(|_| sender.subscribe()).collect();
            let mut recvs: Vec<_> = receivers.iter_mut().map(|receiver| task(receiver.recv())).collect();
            let mut sends: Vec<_> = (0..40).map(|number| task(sender.send(number))).collect();
            let mut closers: Vec<_> = (0..40).map(|_| task(sender.closed())).collect();
            let bad = |call| assert_ne!(call, Call::Wake, "waker");
            match action {
                0 => {
                    recvs.iter_mut().for_each(|recv| recv.waits());
                    recvs[guilty].probe().arm(bad);
                    panics(|| sender.try_send(1));
                    assert!(recvs.iter().all(|recv| recv.woken()));
                    recvs[guilty].probe().disarm();
                    assert!(recvs.iter_mut().all(|recv| recv.finishes() == Ok(1)));
                }
                1 => {
                    drop(recvs);
                    assert!(sender.try_send(1).is_ok());
                    sends.iter_mut().for_each(|send| send.waits());
                    sends[guilty].probe().arm(bad);
                    let last = receivers.pop().unwrap();
                    assert!(receivers.iter_mut().all(|receiver| receiver.try_recv() == Ok(1)));
                    panics(|| drop(last));
                    assert!(sends.iter().all(|send| send.woken()));
                    assert_eq!(sender.receiver_count(), 39);
                }
                _ => {
                    drop(recvs);
                    closers.iter_mut().for_each(|closer| closer.waits());
                    closers[guilty].probe().arm(bad);
                    panics(|| drop(receivers));
                    assert!(closers.iter().all(|closer| closer.woken()));
                }
            }
        }
    }
}

/// R6: tokio #7094, #8560: one message panics when it is dropped, and the rest are dropped all the same.
#[cfg(feature = "std")]
#[test]
fn a_message_that_panics_when_dropped_costs_no_other() {
    for guilty in 0..4 {
        let alive = Arc::default();
        let (sender, receiver) = lossless(4);
        let trick: Trick = Arc::new(|event| assert_ne!(event, Event::Drop, "drop"));
        for number in 0..4 {
            let trick = (number == guilty).then(|| trick.clone());
            assert!(sender.try_send(Imp::new(number, &alive, trick)).is_ok());
        }
        let mut send = task(sender.send(Imp::new(4, &alive, None)));
        let mut closed = task(sender.closed());
        send.waits();
        closed.waits();
        panics(|| drop(receiver));
        assert_eq!((alive.load(SeqCst), sender.len(), sender.receiver_count()), (1, 0, 0));
        assert!(send.woken() && closed.woken());
        assert!(send.finishes().is_err());
        let mut receiver = sender.subscribe();
        assert!(sender.try_send(Imp::new(5, &alive, None)).is_ok());
        assert_eq!(receiver.try_recv().map(|imp| imp.number), Ok(5));
    }
}

/// The message that is written over panics: the new one is sent, and those who wait are woken.
#[test]
fn what_is_written_over_may_panic() {
    let alive = Arc::default();
    let (sender, mut receiver) = channel(1);
    let mut slow = sender.subscribe();
    let trick: Trick = Arc::new(|event| assert_ne!(event, Event::Drop, "drop"));
    assert!(sender.send(Imp::new(0, &alive, Some(trick))).is_ok());
    let _ = receiver.try_recv().map(|imp| imp.number);
    let mut recv = task(receiver.recv());
    recv.waits();
    panics(|| sender.send(Imp::new(1, &alive, None)));
    assert!(recv.woken());
    assert_eq!(recv.finishes().map(|imp| imp.number), Ok(1));
    drop(recv);
    assert_eq!(slow.try_recv().map(|imp| imp.number), Err(TryRecvError::Lagged(1)));
    assert_eq!(slow.try_recv().map(|imp| imp.number), Ok(1));
    assert_eq!(alive.load(SeqCst), 0);
}

/// A forgotten receiver is owed its messages for ever: a lossy channel goes on, and what is in it goes with it.
#[test]
fn forgotten_receivers_and_futures_leak_at_most() {
    let (sender, receiver) = channel(1);
    let mut other = sender.subscribe();
    forget(receiver);
    (0..5).for_each(|number| assert_eq!(sender.send(number), Ok(2)));
    assert_eq!(other.try_recv(), Err(TryRecvError::Lagged(4)));
    let mut recv = task(other.recv());
    assert_eq!(recv.poll(), Poll::Ready(Ok(4)));
    drop(recv);
    let mut recv = task(other.recv());
    recv.waits();
    recv.forget();
    drop(sender);
    assert_eq!(task(other.recv()).finishes(), Err(RecvError::Closed));
}
