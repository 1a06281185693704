//! The one-shot channel: its promises, in the order of events that each test spells out. What went wrong elsewhere is in
//! `oneshot_bugs`, orders nobody thought of in `oneshot_model` and in the loom models.

use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use futures_core::future::FusedFuture;
use futures_lite::future::{block_on, poll_once};
use thalweg::oneshot::{
    Receiver, Sender, channel,
    error::{RecvError, TryRecvError},
};

use crate::harness::{Call, Ledger, Message, Probe, forget, in_time, panics, task};

pub(crate) fn poll_closed<T>(sender: &mut Sender<T>, probe: &Arc<Probe>) -> Poll<()> {
    let waker = probe.waker();
    sender.poll_closed(&mut Context::from_waker(&waker))
}

pub(crate) fn poll<T>(receiver: &mut Receiver<T>, probe: &Arc<Probe>) -> Poll<Result<T, RecvError>> {
    let waker = probe.waker();
    Pin::new(receiver).poll(&mut Context::from_waker(&waker))
}

/// How many wakers of this probe the channel holds, none of which is in use elsewhere.
pub(crate) fn held(probe: &Arc<Probe>) -> usize {
    Arc::strong_count(probe) - 1
}

#[test]
fn message_is_there_for_the_first_poll() {
    let (tx, rx) = channel();
    tx.send(1).unwrap();
    let mut receive = task(rx);
    assert_eq!(receive.poll(), Poll::Ready(Ok(1)));
    assert_eq!(receive.wakes(), 0);
}

#[test]
fn message_wakes_whoever_waits_once() {
    let (tx, rx) = channel();
    let mut receive = task(rx);
    receive.waits();
    tx.send(1).unwrap();
    assert_eq!(receive.wakes(), 1);
    assert_eq!(receive.finishes(), Ok(1));
}

#[test]
fn dropped_sender_wakes_whoever_waits_once() {
    let (tx, rx) = channel::<u64>();
    let mut receive = task(rx);
    receive.waits();
    drop(tx);
    assert_eq!(receive.wakes(), 1);
    assert!(receive.finishes().is_err());
}

/// Sent and received, sent and left, refused, or never sent: dropped once in each case.
#[test]
fn message_is_dropped_once_however_it_ends() {
    let endings: [fn(Sender<Message>, Receiver<Message>, Message); 9] = [
        |tx, rx, message| drop((tx.send(message), block_on(rx))),
        |tx, mut rx, message| drop((tx.send(message), rx.try_recv())),
        |tx, rx, message| drop((tx.send(message), rx)),
        |tx, rx, message| drop((rx, message, tx)),
        |tx, rx, message| {
            drop(rx);
            drop(tx.send(message).unwrap_err());
        },
        |tx, mut rx, message| {
            rx.close();
            drop(tx.send(message).unwrap_err());
            rx.close();
        },
        |tx, mut rx, message| {
            tx.send(message).unwrap();
            rx.close();
            drop(rx.try_recv().unwrap());
        },
        |tx, mut rx, message| {
            tx.send(message).unwrap();
            rx.close();
        },
        |tx, rx, message| {
            let mut receive = task(rx);
            receive.waits();
            tx.send(message).unwrap();
        },
    ];
    for (n, ending) in endings.into_iter().enumerate() {
        let ledger = Ledger::new();
        let (tx, rx) = channel();
        ending(tx, rx, ledger.message());
        println!("ending {n}");
        ledger.all_dropped_once();
    }
}

/// A message that nobody will receive is dropped with the receiver, not with the later of the two ends.
#[test]
fn message_goes_with_the_receiver() {
    let ledger = Ledger::new();
    let (tx, rx) = channel();
    tx.send(ledger.message()).unwrap();
    assert_eq!(ledger.alive(), 1);
    drop(rx);
    assert_eq!(ledger.alive(), 0);
}

#[test]
fn failed_send_gives_the_message_back() {
    let ledger = Ledger::new();
    for close in [false, true] {
        let (tx, mut rx) = channel();
        if close {
            rx.close();
        } else {
            drop(rx);
        }
        let message = ledger.message();
        let id = message.id;
        assert_eq!(tx.send(message).unwrap_err().id, id);
    }
    ledger.all_dropped_once();
}

/// A poll that finds nothing changed keeps the waker it has: no clone, no exchange.
#[test]
fn spurious_polls_clone_the_waker_once() {
    let clones = Arc::new(Mutex::new(0));
    let probe = Probe::new();
    let count = clones.clone();
    probe.arm(move |call| *count.lock().unwrap() += usize::from(call == Call::Clone));
    let (mut tx, mut rx) = channel();
    for _ in 0..1_000 {
        assert!(poll(&mut rx, &probe).is_pending());
        assert!(poll_closed(&mut tx, &probe).is_pending());
    }
    assert_eq!(*clones.lock().unwrap(), 2);
    assert_eq!(held(&probe), 2);
    tx.send(()).unwrap();
    assert_eq!((probe.wakes(), held(&probe)), (1, 0));
}

#[test]
fn last_waker_is_the_one_that_is_woken() {
    let (tx, rx) = channel();
    let mut receive = task(rx);
    receive.waits();
    let before: Vec<_> = (0..10)
        .map(|_| {
            let before = receive.swap_waker();
            receive.waits();
            assert_eq!(held(&before), 0, "a waker that was replaced is dropped");
            before
        })
        .collect();
    tx.send(1).unwrap();
    assert!(before.iter().all(|before| before.wakes() == 0));
    assert_eq!(receive.wakes(), 1);
    assert_eq!(receive.finishes(), Ok(1));
}

#[test]
fn last_waker_is_the_one_that_hears_of_the_end() {
    let (mut tx, rx) = channel::<u64>();
    let probes = [Probe::new(), Probe::new(), Probe::new()];
    probes.iter().for_each(|probe| assert!(poll_closed(&mut tx, probe).is_pending()));
    drop(rx);
    assert_eq!(probes.each_ref().map(|probe| probe.wakes()), [0, 0, 1]);
    assert_eq!(probes.each_ref().map(held), [0, 0, 0]);
    assert!(poll_closed(&mut tx, &probes[0]).is_ready());
}

/// The ends go in either order, and what they left for each other goes with the first.
#[test]
fn wakers_stay_nowhere() {
    for sender_first in [true, false] {
        let (mut tx, mut rx) = channel::<u64>();
        let (sends, receives) = (Probe::new(), Probe::new());
        assert!(poll_closed(&mut tx, &sends).is_pending());
        assert!(poll(&mut rx, &receives).is_pending());
        assert_eq!((held(&sends), held(&receives)), (1, 1));
        if sender_first {
            drop(tx);
            assert_eq!((sends.wakes(), receives.wakes()), (0, 1));
        } else {
            drop(rx);
            assert_eq!((sends.wakes(), receives.wakes()), (1, 0));
        }
        assert_eq!((held(&sends), held(&receives)), (0, 0));
    }
}

#[test]
fn closing_wakes_the_sender_and_ends_the_wait() {
    let (mut tx, mut rx) = channel::<u64>();
    let (sends, receives) = (Probe::new(), Probe::new());
    assert!(poll_closed(&mut tx, &sends).is_pending());
    assert!(poll(&mut rx, &receives).is_pending());
    rx.close();
    assert_eq!((sends.wakes(), held(&sends), held(&receives)), (1, 0, 0));
    assert!(tx.is_closed());
    assert!(poll_closed(&mut tx, &sends).is_ready());
    assert!(matches!(poll(&mut rx, &receives), Poll::Ready(Err(_))));
    assert_eq!(receives.wakes(), 0);
    assert_eq!(tx.send(1), Err(1));
}

#[test]
fn closed_can_be_given_up_and_awaited_again() {
    let (mut tx, rx) = channel::<u64>();
    assert!(block_on(poll_once(tx.closed())).is_none());
    assert!(block_on(poll_once(tx.closed())).is_none());
    drop(rx);
    let mut closed = tx.closed();
    assert!(!closed.is_terminated(), "it has yet to tell");
    block_on(&mut closed);
    assert!(closed.is_terminated());
    block_on(tx.closed());
    assert!(tx.is_closed());
}

#[test]
fn end_is_told_once_and_for_all() {
    let (tx, mut rx) = channel::<u64>();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(tx);
    assert!(!rx.is_terminated() && !FusedFuture::is_terminated(&rx));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    assert!(rx.is_terminated() && FusedFuture::is_terminated(&rx));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    rx.close();
    assert!(rx.is_empty());
    panics(|| block_on(rx));
}

/// As `select!` uses it: the receiver outlives the waits for it.
#[test]
fn receiver_is_unpin_and_can_be_borrowed() {
    let (tx, mut rx) = channel();
    assert_eq!(block_on(poll_once(&mut rx)), None);
    let mut moved = Box::new(rx);
    assert_eq!(block_on(poll_once(&mut *moved)), None);
    tx.send(1).unwrap();
    assert_eq!(block_on(&mut *moved), Ok(1));
    assert!(moved.is_terminated());
}

/// Whatever is forgotten leaks at most.
#[test]
fn forgotten_ends_and_waits_break_nothing() {
    let (tx, rx) = channel();
    let mut receive = task(rx);
    receive.waits();
    let probe = receive.probe().clone();
    receive.forget();
    assert_eq!(tx.send(Box::new(1)), Ok(()));
    assert_eq!(probe.wakes(), 1);

    let (tx, mut rx) = channel::<Box<u64>>();
    forget(tx);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(rx);

    let (mut tx, rx) = channel::<Box<u64>>();
    let mut closed = Box::pin(tx.closed());
    assert!(block_on(poll_once(closed.as_mut())).is_none());
    forget(closed);
    assert_eq!(tx.send(Box::new(1)), Ok(()));
    assert_eq!(block_on(rx), Ok(Box::new(1)));
}

/// Debugging output shows the state and asks nothing of the message.
#[test]
fn ends_are_shown_without_the_message() {
    struct Opaque;
    let (tx, rx) = channel();
    assert_eq!(format!("{tx:?}"), "Sender { closed: false, .. }");
    tx.send(Opaque).ok().unwrap();
    assert_eq!(format!("{rx:?}"), "Receiver { empty: false, terminated: false, .. }");
}

#[test]
fn errors_are_worded_as_tokios() {
    fn is_an_error<E: std::error::Error + Clone + Eq + Send + Sync + 'static>(error: E) -> String {
        assert_eq!(error, error.clone());
        error.to_string()
    }
    let (_, rx) = channel::<Cell<u8>>();
    let error = block_on(rx).unwrap_err();
    assert_eq!(format!("{error:?}"), "RecvError(())");
    assert_eq!(is_an_error(error), "channel closed");
    assert_eq!(is_an_error(TryRecvError::Empty), "channel empty");
    assert_eq!(is_an_error(TryRecvError::Closed), "channel closed");
}

/// Between threads that spin, sleep or have gone already: each answer arrives, each refusal is told.
#[test]
fn storm_of_requests() {
    in_time(|| {
        let ledger = Ledger::new();
        let (ask, asked) = thalweg::mpmc::bounded::<(usize, Sender<Message>)>(16);
        let server = ledger.clone();
        let server = thread::spawn(move || {
            let mut refused = 0;
            block_on(async {
                while let Ok((n, answer)) = asked.recv().await {
                    match n % 4 {
                        0 => drop(answer),
                        _ => refused += usize::from(answer.send(server.message()).is_err()),
                    }
                }
            });
            refused
        });
        let mut unanswered = 0;
        block_on(async {
            for n in 0..20_000 {
                let (tx, mut rx) = channel();
                ask.send((n, tx)).await.unwrap();
                match n % 3 {
                    0 => drop(poll_once(&mut rx).await),
                    1 => unanswered += usize::from(rx.await.is_err()),
                    _ => rx.close(),
                }
            }
        });
        drop(ask);
        let refused = server.join().unwrap();
        assert_eq!(unanswered, (0..20_000).filter(|n| n % 3 == 1 && n % 4 == 0).count());
        println!("{refused} refused");
        ledger.all_dropped_once();
    });
}

/// An answer across each pair of runtimes.
#[test]
fn any_runtime_answers_any_other() {
    type Run = fn(Pin<Box<dyn Future<Output = ()> + Send>>);
    let runtimes: [Run; 4] = [
        |job| tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(job),
        |job| {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
            runtime.block_on(async { tokio::spawn(job).await.unwrap() });
        },
        |job| smol::block_on(smol::spawn(job)),
        |job| block_on(job),
    ];
    for ask in runtimes {
        for answer in runtimes {
            in_time(move || {
                let (rounds, mut asks) = (200, Vec::new());
                let (mut senders, mut receivers) = (Vec::new(), Vec::new());
                for n in 0..rounds {
                    let (tx, rx) = channel();
                    let (late, told) = channel::<usize>();
                    senders.push((n, tx, late));
                    receivers.push((n, rx, told));
                }
                asks.push(thread::spawn(move || {
                    answer(Box::pin(async move {
                        for (n, tx, mut late) in senders {
                            tx.send(n).unwrap();
                            late.closed().await;
                        }
                    }));
                }));
                ask(Box::pin(async move {
                    for (n, rx, told) in receivers {
                        assert_eq!(rx.await, Ok(n));
                        drop(told);
                    }
                }));
                asks.into_iter().for_each(|thread| thread.join().unwrap());
            });
        }
    }
}

/// Without a runtime and without a waker that does anything.
#[test]
fn polling_alone_gets_there() {
    let (tx, mut rx) = channel();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut rx).poll(&mut cx).is_pending());
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(2));
        tx.send(1)
    });
    let got = in_time(move || {
        loop {
            if let Poll::Ready(got) = Pin::new(&mut rx).poll(&mut Context::from_waker(Waker::noop())) {
                break got;
            }
            thread::yield_now();
        }
    });
    assert_eq!((got, thread.join().unwrap()), (Ok(1), Ok(())));
}

#[cfg(feature = "std")]
mod blocking {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use thalweg::oneshot::{channel, error::RecvTimeoutError};

    use crate::harness::{in_time, panics};

    #[test]
    fn thread_sleeps_until_the_message_comes() {
        in_time(|| {
            let (tx, rx) = channel();
            let thread = thread::spawn(move || rx.blocking_recv());
            thread::sleep(Duration::from_millis(5));
            tx.send(1).unwrap();
            assert_eq!(thread.join().unwrap(), Ok(1));
        });
    }

    #[test]
    fn thread_wakes_up_when_the_sender_goes() {
        in_time(|| {
            let (tx, mut rx) = channel::<u64>();
            let thread = thread::spawn(move || rx.blocking_recv_timeout(Duration::MAX));
            thread::sleep(Duration::from_millis(5));
            drop(tx);
            assert_eq!(thread.join().unwrap(), Err(RecvTimeoutError::Closed));
        });
    }

    /// Nothing was taken, and the receiver goes on.
    #[test]
    fn receiver_that_timed_out_can_be_used_on() {
        in_time(|| {
            let (tx, mut rx) = channel();
            let began = Instant::now();
            assert_eq!(rx.blocking_recv_timeout(Duration::from_millis(20)), Err(RecvTimeoutError::Timeout));
            assert!(began.elapsed() >= Duration::from_millis(20));
            assert_eq!(rx.blocking_recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
            assert_eq!(rx.blocking_recv_deadline(began), Err(RecvTimeoutError::Timeout));
            assert!(!rx.is_terminated());
            assert_eq!(RecvTimeoutError::Timeout.to_string(), "timed out while the channel was empty");
            assert_eq!(RecvTimeoutError::Closed.to_string(), "channel closed");
            tx.send(1).unwrap();
            assert_eq!(rx.blocking_recv_deadline(began), Ok(1), "what is there is found, however late");
            assert_eq!(rx.blocking_recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Closed));
            panics(|| rx.blocking_recv());
        });
    }

    #[test]
    fn closed_receiver_does_not_block() {
        in_time(|| {
            let (_tx, mut rx) = channel::<u64>();
            rx.close();
            assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Err(RecvTimeoutError::Closed));
            let (_tx, mut rx) = channel::<u64>();
            rx.close();
            assert!(rx.blocking_recv().is_err());
        });
    }

    /// In a runtime it blocks the thread and does not panic.
    #[test]
    fn blocking_within_a_runtime_is_allowed() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (tx, rx) = channel();
        let thread = thread::spawn(move || tx.send(1));
        assert_eq!(runtime.block_on(async { rx.blocking_recv() }), Ok(1));
        thread.join().unwrap().unwrap();
    }
}
