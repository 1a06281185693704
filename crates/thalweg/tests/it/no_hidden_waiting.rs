//! Promise 11: `try_*` waits for nobody and `poll` never parks, whatever another thread is in the middle of.

use std::{
    sync::mpsc,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use thalweg::mpmc::{Receiver, Sender};

use crate::harness::*;

/// Every call that promises not to wait.
fn try_everything(sender: &Sender<usize>, receiver: &Receiver<usize>) {
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..100 {
        let _ = sender.try_send(1);
        let _ = sender.try_reserve().map(|permit| permit.send(2));
        let _ = sender.force_send(3);
        let _ = receiver.try_recv();
        let _ = receiver.try_recv_many(&mut Vec::new(), 3);
        let _ = (receiver.len(), receiver.waiting_senders(), sender.waiting_receivers(), sender.reserved());
        let _ = Box::pin(sender.send(4)).as_mut().poll(&mut cx).is_ready();
        let _ = Box::pin(receiver.recv()).as_mut().poll(&mut cx).is_ready();
        drop(receiver.drain());
        drop((sender.clone(), receiver.clone()));
    }
}

/// Runs `stuck` on a thread; it must call the hook it is given, which then blocks while others use the channel.
fn while_stuck(
    capacity: usize,
    stuck: impl FnOnce(Sender<usize>, Receiver<usize>, Box<dyn Fn() + Send + Sync>) + Send + 'static,
) {
    in_time(move || {
        let (sender, receiver) = channel(capacity);
        let (entered, inside) = mpsc::sync_channel(100);
        let (release, released) = mpsc::channel::<()>();
        let released = std::sync::Mutex::new(released);
        let hook = move || {
            let _ = entered.send(());
            let _ = released.lock().map(|released| released.recv());
        };
        let (sender2, receiver2) = (sender.clone(), receiver.clone());
        let thread = thread::spawn(move || stuck(sender2, receiver2, Box::new(hook)));
        inside.recv_timeout(Duration::from_secs(5)).expect("the hook is called");
        try_everything(&sender, &receiver);
        sender.close();
        try_everything(&sender, &receiver);
        drop(release);
        thread.join().unwrap();
    });
}

#[test]
fn nobody_waits_for_a_slow_wake() {
    for capacity in CAPACITIES {
        while_stuck(capacity, |sender, receiver, hook| {
            let mut receive = task(receiver.recv());
            receive.waits();
            receive.probe().arm(move |call| {
                if call == Call::Wake {
                    hook()
                }
            });
            sender.try_send(1).unwrap();
            receive.probe().disarm();
        });
    }
}

#[test]
fn nobody_waits_for_a_slow_wake_of_a_sender() {
    while_stuck(1, |sender, receiver, hook| {
        sender.try_send(1).unwrap();
        let mut send = task(sender.send(2));
        send.waits();
        send.probe().arm(move |call| {
            if call == Call::Wake {
                hook()
            }
        });
        receiver.try_recv().unwrap();
        send.probe().disarm();
    });
}

#[test]
fn nobody_waits_for_a_slow_drop_of_a_waker() {
    while_stuck(1, |_sender, receiver, hook| {
        let mut receive = task(receiver.recv());
        receive.waits();
        let old = receive.swap_waker();
        old.arm(move |call| {
            if call == Call::Drop {
                hook()
            }
        });
        let _ = receive.poll();
        old.disarm();
    });
}

#[test]
fn nobody_waits_for_a_slow_close() {
    while_stuck(1, |sender, receiver, hook| {
        let mut closed = task(receiver.closed());
        closed.waits();
        closed.probe().arm(move |call| {
            if call == Call::Wake {
                hook()
            }
        });
        sender.close();
        closed.probe().disarm();
    });
}

#[test]
fn nobody_waits_for_a_slow_collection() {
    struct Slow(Box<dyn Fn() + Send + Sync>);
    impl Extend<usize> for Slow {
        fn extend<I: IntoIterator<Item = usize>>(&mut self, messages: I) {
            (self.0)();
            messages.into_iter().for_each(drop);
        }
    }
    while_stuck(4, |sender, receiver, hook| {
        sender.try_send(1).unwrap();
        let _ = receiver.try_recv_many(&mut Slow(hook), 3);
    });
}

/// The last receiver leaves, and a message's destructor takes its time: senders are refused meanwhile, at once.
#[test]
fn nobody_waits_for_a_slow_destructor() {
    struct Slow(mpsc::SyncSender<()>, mpsc::Receiver<()>);
    impl Drop for Slow {
        fn drop(&mut self) {
            let _ = self.0.send(());
            let _ = self.1.recv();
        }
    }
    in_time(|| {
        for capacity in BUFFERED {
            let (sender, receiver) = channel::<Option<Slow>>(capacity);
            let (entered, inside) = mpsc::sync_channel(1);
            let (release, released) = mpsc::channel();
            sender.try_send(Some(Slow(entered, released))).unwrap();
            let leaver = thread::spawn(move || drop(receiver));
            inside.recv_timeout(Duration::from_secs(5)).unwrap();
            assert!(sender.try_send(None).unwrap_err().is_closed());
            assert!(task(sender.send(None)).finishes().is_err());
            assert!(sender.try_reserve().is_err() && sender.is_closed());
            let _ = (sender.len(), sender.clone());
            drop(release);
            leaver.join().unwrap();
        }
    });
}

/// A poll returns. Even with nobody else in the world.
#[test]
fn poll_never_parks() {
    in_time(|| {
        for capacity in [0, 1] {
            let (sender, receiver) = filled(capacity, capacity);
            let mut send = task(sender.send(1));
            let mut reserve = task(sender.reserve());
            let mut closed = task(sender.closed());
            for _ in 0..1_000 {
                assert!(send.poll().is_pending() && reserve.poll().is_pending() && closed.poll().is_pending());
            }
            drop((send, reserve));
            receiver.try_iter().for_each(drop);
            let mut receive = task(receiver.recv());
            for _ in 0..1_000 {
                assert_eq!(receive.poll(), Poll::Pending);
            }
        }
    });
}
