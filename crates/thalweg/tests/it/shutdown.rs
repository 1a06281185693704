//! A runtime is shut down with tasks waiting in it: for those outside it is as if their ends were dropped. Of the kinds
//! beside `mpmc`, whose tests of this are in `runtimes`.

use std::{
    future::{Future, pending},
    sync::mpsc::{Sender as Steps, channel as steps},
    thread,
};

use futures_lite::future::block_on;
use thalweg::{broadcast, mpsc, oneshot};

use crate::harness::in_time;

/// Runs `inside` in a runtime, of one thread and of two workers, up to `there` steps, and shuts it down while `outside`
/// waits on another thread.
fn shut_down<I, O>(there: usize, make: fn(Steps<()>) -> (I, O))
where
    I: Future<Output = ()> + Send + 'static,
    O: FnOnce() + Send + 'static,
{
    for workers in [0, 2] {
        in_time(move || {
            let runtime = match workers {
                0 => tokio::runtime::Builder::new_current_thread().build().unwrap(),
                _ => tokio::runtime::Builder::new_multi_thread().worker_threads(workers).build().unwrap(),
            };
            let (step, stepped) = steps();
            let (inside, outside) = make(step);
            runtime.spawn(inside);
            runtime.block_on(async {
                for _ in 0..there {
                    while stepped.try_recv().is_err() {
                        tokio::task::yield_now().await;
                    }
                }
            });
            let outside = thread::spawn(outside);
            // Until the other thread waits, most likely; it must end well either way.
            thread::sleep(std::time::Duration::from_millis(5));
            drop(runtime);
            outside.join().unwrap();
        });
    }
}

/// The actor is in the runtime with a full mailbox, and askers wait: one inside for room, one outside for the answer.
#[test]
fn askers_outside_learn_that_the_actor_went() {
    shut_down(2, |step| {
        let (ask, mut asked) = mpsc::channel::<oneshot::Sender<u8>>(1);
        let (answer, answered) = oneshot::channel();
        ask.try_send(answer).unwrap();
        let (inner, weak) = (ask.clone(), ask.downgrade());
        let asker = step.clone();
        let inside = async move {
            tokio::spawn(async move {
                let (answer, answered) = oneshot::channel();
                asker.send(()).unwrap();
                inner.send(answer).await.unwrap();
                let _ = answered.await;
            });
            step.send(()).unwrap();
            pending::<()>().await;
            asked.close();
        };
        let outside = move || {
            assert!(block_on(answered).is_err(), "the question went with the mailbox");
            block_on(ask.closed());
            assert!(ask.try_send(oneshot::channel().0).is_err());
            drop(ask);
            // The asker inside goes too, but perhaps after the actor.
            while weak.upgrade().is_some() {
                thread::yield_now();
            }
        };
        (inside, outside)
    });
}

/// All senders are in the runtime: one waits for room, one holds a permit.
#[test]
fn mailbox_outside_comes_to_its_end() {
    shut_down(1, |step| {
        let (tx, mut rx) = mpsc::channel(2);
        let permit = tx.clone().try_reserve_owned().unwrap();
        tx.try_send(1).unwrap();
        let inside = async move {
            let _permit = permit;
            step.send(()).unwrap();
            let _ = tx.send(2).await;
            pending::<()>().await;
        };
        let outside = move || {
            assert_eq!(block_on(rx.recv()), Some(1));
            // The send that waited may have come in time; the permit's message never comes.
            while let Some(message) = block_on(rx.recv()) {
                assert_eq!(message, 2);
            }
        };
        (inside, outside)
    });
}

#[test]
fn worker_outside_learns_that_nobody_wants_its_answer() {
    shut_down(1, |step| {
        let (mut tx, rx) = oneshot::channel::<u8>();
        let inside = async move {
            step.send(()).unwrap();
            let _ = rx.await;
        };
        let outside = move || {
            block_on(tx.closed());
            assert_eq!(tx.send(1), Err(1));
        };
        (inside, outside)
    });
}

/// Receivers are in the runtime, one that waits and one that is behind: a sender that waits for it goes on.
#[test]
fn broadcaster_outside_waits_for_no_receiver_that_went() {
    shut_down(1, |step| {
        let (tx, mut behind) = broadcast::lossless(1);
        let mut waiting = tx.subscribe();
        tx.try_send(0).unwrap();
        let inside = async move {
            tokio::spawn(async move { while waiting.recv().await.is_ok() {} });
            step.send(()).unwrap();
            pending::<()>().await;
            let _ = behind.recv().await;
        };
        let outside = move || {
            // Who is behind may go before the other: then the send that waited for it still comes in time.
            let _ = block_on(tx.send(1));
            block_on(tx.closed());
            assert!(block_on(tx.send(2)).is_err(), "nobody is left to send to");
            assert_eq!(tx.receiver_count(), 0);
            // What the last one had yet to read goes with it, perhaps a moment after it is known to go.
            while !tx.is_empty() {
                thread::yield_now();
            }
        };
        (inside, outside)
    });
}

#[test]
fn listener_outside_hears_the_end() {
    shut_down(1, |step| {
        let (tx, mut rx) = broadcast::lossless(1);
        tx.try_send(0).unwrap();
        let inside = async move {
            step.send(()).unwrap();
            let _ = tx.send(1).await;
            pending::<()>().await;
        };
        let outside = move || {
            assert_eq!(block_on(rx.recv()), Ok(0));
            // As with the mailbox, the send that waited may have come in time.
            let rest = std::iter::from_fn(|| block_on(rx.recv()).ok()).collect::<Vec<_>>();
            assert!(rest.is_empty() || rest == [1], "{rest:?}");
        };
        (inside, outside)
    });
}

#[cfg(feature = "std")]
mod watching {
    use thalweg::watch;

    use super::*;

    #[test]
    fn watcher_outside_keeps_the_last_value() {
        shut_down(1, |step| {
            let (tx, mut rx) = watch::channel(0);
            let inside = async move {
                tx.send(1).unwrap();
                step.send(()).unwrap();
                tx.closed().await;
            };
            let outside = move || {
                assert!(block_on(rx.changed()).is_ok());
                assert!(block_on(rx.changed()).is_err());
                assert_eq!(*rx.borrow(), 1);
            };
            (inside, outside)
        });
    }

    #[test]
    fn announcer_outside_learns_that_nobody_looks() {
        shut_down(1, |step| {
            let (tx, mut rx) = watch::channel(0);
            let inside = async move {
                step.send(()).unwrap();
                while rx.changed().await.is_ok() {}
            };
            let outside = move || {
                tx.send_replace(1);
                block_on(tx.closed());
                assert!(tx.send(2).is_err());
            };
            (inside, outside)
        });
    }
}
