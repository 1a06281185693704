//! Broadcast: who waits for what, who is woken, and what a wait that is given up leaves behind.

use std::{
    mem,
    sync::{Arc, Mutex},
};

use thalweg::broadcast::{
    Sender, channel,
    error::{SendError, TryRecvError},
    lossless,
};

use crate::harness::*;

#[test]
fn lossless_send_waits_for_the_slowest() {
    let (sender, mut fast) = lossless(1);
    let mut slow = sender.subscribe();
    assert_eq!(task(sender.send(1)).finishes(), Ok(2));
    let mut send = task(sender.send(2));
    send.waits();
    assert_eq!(fast.try_recv(), Ok(1));
    assert!(!send.woken());
    assert_eq!(fast.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(slow.try_recv(), Ok(1));
    assert!(send.woken());
    // It is there only once its sender has looked.
    assert_eq!(fast.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(send.finishes(), Ok(2));
    assert_eq!((fast.try_recv(), slow.try_recv()), (Ok(2), Ok(2)));
}

/// A message that comes while the receiver's waker is cloned is there before it waits.
#[test]
fn receive_does_not_wait_for_what_came_as_it_began_to() {
    let (sender, mut receiver) = channel(1);
    let mut receive = task(receiver.recv());
    receive.probe().arm(move |call| {
        if call == Call::Clone {
            assert_eq!(sender.send(7), Ok(1));
        }
    });
    assert_eq!(receive.finishes(), Ok(7));
}

#[test]
fn lossless_send_goes_on_when_the_slowest_leaves() {
    let (sender, mut fast) = lossless(2);
    let slow = sender.subscribe();
    (0..2).for_each(|number| assert!(sender.try_send(number).is_ok()));
    assert_eq!((fast.try_recv(), fast.try_recv()), (Ok(0), Ok(1)));
    let mut send = task(sender.send(2));
    send.waits();
    drop(slow);
    assert!(send.woken());
    assert_eq!(send.finishes(), Ok(1));
    let mut send = task(sender.send(3));
    assert_eq!(send.finishes(), Ok(1));
    let mut send = task(sender.send(4));
    send.waits();
    drop(fast);
    assert!(send.woken());
    assert_eq!(send.finishes(), Err(SendError(4)));
}

/// A receiver that is deactivated holds nobody up.
#[test]
fn inactive_receivers_hold_no_sender_up() {
    let (sender, mut receiver) = lossless(1);
    let idle = sender.subscribe();
    assert!(sender.try_send(1).is_ok());
    assert_eq!(receiver.try_recv(), Ok(1));
    let mut send = task(sender.send(2));
    send.waits();
    let idle = idle.deactivate();
    assert_eq!(send.finishes(), Ok(1));
    drop(send);
    assert_eq!(receiver.try_recv(), Ok(2));
    let mut active = idle.activate_cloned();
    assert_eq!(sender.try_send(3), Ok(2));
    assert_eq!((active.try_recv(), receiver.try_recv()), (Ok(3), Ok(3)));
    assert!(!idle.is_closed());
    drop(sender);
    assert!(idle.clone().is_closed());
}

#[test]
fn closed_waits_for_inactive_receivers_too() {
    let (sender, receiver) = channel::<()>(1);
    let mut closed = task(sender.closed());
    let mut other = task(sender.closed());
    closed.waits();
    other.waits();
    let inactive = receiver.deactivate();
    let second = inactive.clone();
    drop(inactive);
    closed.waits();
    let receiver = second.activate();
    assert!(!other.woken());
    drop(receiver);
    assert!(closed.woken() && other.woken());
    let receiver = sender.subscribe();
    closed.waits();
    drop(receiver);
    closed.finishes();
    // One that is dropped leaves nothing behind.
    let receiver = sender.subscribe();
    let mut closed = task(sender.closed());
    closed.waits();
    let probe = closed.probe().clone();
    drop(closed);
    drop(receiver);
    assert_eq!((probe.wakes(), Arc::strong_count(&probe)), (0, 1));
    assert!(other.woken());
}

/// Promise 3: a pending receive that is dropped took nothing, a pending send sent nothing.
#[test]
fn what_did_not_complete_did_not_happen() {
    let (sender, mut receiver) = lossless(1);
    let mut recv = task(receiver.recv());
    recv.waits();
    assert!(sender.try_send(1).is_ok());
    assert!(recv.woken());
    drop(recv);
    assert_eq!(receiver.len(), 1);
    let mut send = task(sender.send(2));
    send.waits();
    assert_eq!(receiver.try_recv(), Ok(1));
    assert!(send.woken());
    drop(send);
    assert_eq!((receiver.len(), receiver.try_recv()), (0, Err(TryRecvError::Empty)));
    assert!(sender.try_send(3).is_ok());
    let mut send = task(sender.send(4));
    send.waits();
    assert_eq!(send.pinned().cancel(), Some(4));
    assert_eq!(send.pinned().cancel(), None);
    drop(send);
    assert_eq!(receiver.try_recv(), Ok(3));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    let mut send = task(sender.send(5));
    assert_eq!(send.finishes(), Ok(1));
    assert_eq!(send.pinned().cancel(), None);
}

/// Promise 5: senders and receivers that were woken and are never polled again, or forgotten, stop nobody.
#[test]
fn neglected_futures_stop_nobody() {
    let (sender, mut receiver) = lossless(1);
    assert!(sender.try_send(0).is_ok());
    let mut sends: Vec<_> = (1..4).map(|number| task(sender.send(number))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    assert_eq!(receiver.try_recv(), Ok(0));
    // The first two are not polled.
    assert!(sends[2].woken());
    assert_eq!(sends[2].finishes(), Ok(1));
    assert_eq!(receiver.try_recv(), Ok(3));
    sends.remove(0).forget();
    assert_eq!(sends[0].finishes(), Ok(1));
    assert_eq!(receiver.try_recv(), Ok(2));

    let (sender, mut one) = channel(1);
    let mut two = sender.subscribe();
    let mut neglected = task(one.recv());
    neglected.waits();
    for number in 0..3 {
        let mut recv = task(two.recv());
        recv.waits();
        assert!(sender.send(number).is_ok());
        assert!(recv.woken());
        assert_eq!(recv.finishes(), Ok(number));
    }
    neglected.forget();
    assert_eq!(sender.send(3), Ok(2));
    assert_eq!(two.try_recv(), Ok(3));
}

/// Promise 6: woken in the order in which they came, and who finds it full again keeps its place.
#[test]
fn senders_keep_their_places() {
    let (sender, mut receiver) = lossless(1);
    assert!(sender.try_send(0).is_ok());
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut sends: Vec<_> = (1..40).map(|number| task(sender.send(number))).collect();
    for (n, send) in sends.iter_mut().enumerate() {
        send.waits();
        let order = order.clone();
        send.probe().arm(move |call| {
            if call == Call::Wake {
                order.lock().unwrap().push(n);
            }
        });
    }
    for round in 0..39 {
        assert_eq!(receiver.try_recv(), Ok(round));
        assert!(mem::take(&mut *order.lock().unwrap()).into_iter().eq(0..sends.len()), "round {round}");
        let mut first = sends.remove(0);
        assert_eq!(first.finishes(), Ok(1));
        sends.iter_mut().rev().for_each(|send| send.waits());
        let renumbered = sends.iter().enumerate();
        renumbered.for_each(|(n, send)| {
            let order = order.clone();
            send.probe().arm(move |call| {
                if call == Call::Wake {
                    order.lock().unwrap().push(n);
                }
            });
        });
    }
}

/// One message, one wake-up for each who waits, more than fit into one batch; and the waker of the last poll.
#[test]
fn a_send_wakes_each_receiver_once() {
    let sender = Sender::new(4);
    let mut receivers: Vec<_> = (0..100).map(|_| sender.subscribe()).collect();
    let mut recvs: Vec<_> = receivers.iter_mut().map(|receiver| task(receiver.recv())).collect();
    recvs.iter_mut().for_each(|recv| recv.waits());
    let old: Vec<_> = recvs.iter_mut().map(|recv| recv.swap_waker()).collect();
    recvs.iter_mut().for_each(|recv| recv.waits());
    (0..3).for_each(|number| assert_eq!(sender.send(number), Ok(100)));
    assert!(recvs.iter().all(|recv| recv.wakes() == 1));
    assert!(old.iter().all(|probe| probe.wakes() == 0 && Arc::strong_count(probe) == 1));
    recvs.iter_mut().for_each(|recv| assert_eq!(recv.finishes(), Ok(0)));
}

/// Has a future polled by its own waker, as some executors do, up to so many times.
fn polled_when_woken<F>(future: F, times: usize) -> Arc<Mutex<Task<F>>>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let task = Arc::new(Mutex::new(task(future)));
    let (own, probe) = (Arc::downgrade(&task), task.lock().unwrap().probe().clone());
    let known = Arc::downgrade(&probe);
    probe.arm(move |call| {
        if call == Call::Wake && known.upgrade().unwrap().wakes() <= times {
            let _ = own.upgrade().unwrap().lock().unwrap().poll();
        }
    });
    task
}

/// One slot, more than fit into one batch who want it: who finds it taken waits anew, at its old place, while others are
/// woken. That ends all the same.
#[test]
fn an_event_wakes_no_more_often_than_there_are_who_wait() {
    let (sender, mut receiver) = lossless(1);
    assert!(sender.try_send(0).is_ok());
    let sends: Vec<_> = (1..40)
        .map(|number| {
            let sender = sender.clone();
            polled_when_woken(async move { sender.send(number).await }, 5)
        })
        .collect();
    sends.iter().for_each(|send| send.lock().unwrap().waits());
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(sends.iter().map(|send| send.lock().unwrap().wakes()).sum::<usize>(), sends.len());
    assert_eq!((receiver.try_recv(), sender.len()), (Ok(1), 1));
}

/// Who is polled by another's waker, and has its message before it was woken for it, is in no queue any more.
#[test]
fn who_receives_before_it_is_woken_leaves_the_queue() {
    let sender = Sender::new(1);
    let receives: Vec<_> = (0..40)
        .map(|_| {
            let mut receiver = sender.subscribe();
            Arc::new(Mutex::new(task(async move { receiver.recv().await })))
        })
        .collect();
    receives.iter().for_each(|receive| receive.lock().unwrap().waits());
    let last = receives[39].clone();
    receives[0].lock().unwrap().probe().arm(move |call| {
        if call == Call::Wake {
            assert_eq!(last.lock().unwrap().finishes(), Ok(7));
        }
    });
    assert_eq!(sender.send(7), Ok(40));
    let wakes = receives.iter().map(|receive| receive.lock().unwrap().wakes());
    assert!(wakes.eq((0..40).map(|number| usize::from(number < 39))));
    receives[..39].iter().for_each(|receive| assert_eq!(receive.lock().unwrap().finishes(), Ok(7)));
}

/// Tells, as it is dropped, whether who waits has been woken by then.
#[derive(Clone)]
struct Left {
    waits: Arc<Mutex<Option<Arc<Probe>>>>,
    told_before: Arc<Mutex<Vec<bool>>>,
}

impl Drop for Left {
    fn drop(&mut self) {
        if let Some(waits) = &*self.waits.lock().unwrap() {
            self.told_before.lock().unwrap().push(waits.woken());
        }
    }
}

/// Whose destructor waits for the one that waits for the room would wait for ever.
#[test]
fn messages_were_dropped_before_who_waited_for_their_room_was_told() {
    for others in 0..2 {
        let (sender, receiver) = lossless(1);
        let mut rest: Vec<_> = (0..others).map(|_| sender.subscribe()).collect();
        let message = || Left { waits: Arc::default(), told_before: Arc::default() };
        let left = message();
        let (waits, told_before) = (left.waits.clone(), left.told_before.clone());
        assert!(sender.try_send(left).is_ok());
        rest.iter_mut().for_each(|other| drop(other.try_recv().unwrap()));
        let mut send = task(sender.send(message()));
        send.waits();
        *waits.lock().unwrap() = Some(send.probe().clone());
        drop(receiver);
        assert_eq!(*told_before.lock().unwrap(), [true], "{others} others");
        assert_eq!(send.finishes().is_ok(), others > 0);
    }
}

#[cfg(feature = "std")]
mod blocking {
    use super::*;
    use std::{
        thread,
        time::{Duration, Instant},
    };
    use thalweg::broadcast::error::{RecvError, RecvTimeoutError, SendTimeoutError};

    const SHORT: Duration = Duration::from_millis(5);

    #[test]
    fn time_runs_out() {
        in_time(|| {
            let (sender, mut receiver) = lossless(1);
            assert_eq!(receiver.blocking_recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
            assert_eq!(sender.blocking_send_timeout(1, Duration::ZERO), Ok(1));
            assert_eq!(sender.blocking_send_timeout(2, SHORT), Err(SendTimeoutError::Timeout(2)));
            assert_eq!(sender.blocking_send_deadline(2, Instant::now()), Err(SendTimeoutError::Timeout(2)));
            assert_eq!(receiver.blocking_recv_timeout(Duration::MAX), Ok(1));
            assert_eq!(receiver.blocking_recv_deadline(Instant::now()), Err(RecvTimeoutError::Timeout));
            drop(sender);
            assert_eq!(receiver.blocking_recv_timeout(SHORT), Err(RecvTimeoutError::Closed));
            assert_eq!(receiver.blocking_recv(), Err(RecvError::Closed));
            let (sender, mut receiver) = channel(1);
            (0..3).for_each(|number| assert!(sender.send(number).is_ok()));
            assert_eq!(receiver.blocking_recv_timeout(SHORT), Err(RecvTimeoutError::Lagged(2)));
            let sender = Sender::lossless(1);
            assert_eq!(sender.blocking_send_timeout(1, SHORT), Err(SendTimeoutError::Closed(1)));
            assert_eq!(sender.blocking_send(1), Err(SendError(1)));
        });
    }

    #[test]
    fn threads_in_step() {
        in_time(|| {
            let (sender, receiver) = lossless(2);
            let receivers: Vec<_> = (0..2).map(|_| sender.subscribe()).chain([receiver]).collect();
            let readers: Vec<_> = receivers
                .into_iter()
                .map(|mut receiver| {
                    thread::spawn(move || std::iter::from_fn(|| receiver.blocking_recv().ok()).collect::<Vec<u32>>())
                })
                .collect();
            (0..2_000).for_each(|number| assert_eq!(sender.blocking_send(number), Ok(3)));
            drop(sender);
            readers.into_iter().for_each(|reader| assert!(reader.join().unwrap().into_iter().eq(0..2_000)));
        });
    }
}
