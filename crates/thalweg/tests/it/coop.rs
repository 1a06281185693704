//! Promise 12 with the feature `tokio`: operations take part in the budget of the tokio task that they run in, also where
//! the channel's own is switched off. Each costs as much as one of tokio's, and only when it is ready.

use std::{
    cell::Cell,
    collections::VecDeque,
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures_lite::StreamExt;
use thalweg::{broadcast, mpmc, mpsc, oneshot, watch};
use tokio::task::{LocalSet, coop};

use crate::harness::*;

/// More in a row than any budget allows. A task that is not made to yield ends after so many.
const BOUND: usize = 1_000;

fn on_tokio<R>(body: impl Future<Output = R>) -> R {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(body)
}

/// How often a task does this in a row before its neighbour on the same thread gets its turn.
fn in_a_row(mut operation: impl AsyncFnMut() + 'static) -> usize {
    let tasks = LocalSet::new();
    let done = Rc::new(Cell::new(0));
    let seen = done.clone();
    tasks.spawn_local(async move {
        for _ in 0..BOUND {
            operation().await;
            done.set(done.get() + 1);
        }
    });
    let neighbour = tasks.spawn_local(async move { seen.get() });
    on_tokio(tasks.run_until(neighbour)).unwrap()
}

/// Takes what is left of the budget of the task that is polled, and says how much that was.
fn take_the_rest(cx: &mut Context<'_>) -> usize {
    let mut units = 0;
    while units < BOUND {
        let Poll::Ready(unit) = coop::poll_proceed(cx) else { break };
        unit.made_progress();
        units += 1;
    }
    units
}

/// The budget of a task of tokio's.
fn whole_budget() -> usize {
    let units = on_tokio(poll_fn(|cx| Poll::Ready(take_the_rest(cx))));
    assert!((1..BOUND).contains(&units), "{units}");
    units
}

/// What was made here yields in a task of tokio's after as many operations as tokio's own budget has units, and outside
/// of tokio not at all.
#[track_caller]
fn takes_part<O: AsyncFnMut() + 'static>(name: &str, make: impl Fn() -> O) {
    assert_eq!(in_a_row(make()), whole_budget(), "{name} in a row");
    let mut operation = make();
    let mut outside = task(async move {
        for _ in 0..BOUND {
            operation().await;
        }
    });
    assert!(outside.poll().is_ready(), "{name} yields outside of tokio");
}

/// An mpmc channel without a budget of its own, that so many messages were sent to.
fn many(capacity: usize, messages: usize) -> (mpmc::Sender<usize>, mpmc::Receiver<usize>) {
    let (sender, receiver) = filled(capacity, messages);
    sender.set_budget(None);
    receiver.set_budget(None);
    (sender, receiver)
}

#[test]
fn mpmc_sends_and_receives() {
    for capacity in [BOUND, usize::MAX] {
        takes_part("send", || {
            let (sender, receiver) = many(capacity, 0);
            async move || {
                let _open = &receiver;
                sender.send(1).await.unwrap();
            }
        });
        takes_part("recv", || {
            let (sender, receiver) = many(capacity, BOUND);
            async move || {
                let _open = &sender;
                receiver.recv().await.unwrap();
            }
        });
        takes_part("stream", || {
            let (sender, mut receiver) = many(capacity, BOUND);
            async move || {
                let _open = &sender;
                receiver.next().await.unwrap();
            }
        });
    }
}

#[test]
fn mpmc_batches() {
    takes_part("send_many", || {
        let (sender, receiver) = many(usize::MAX, 0);
        async move || {
            let _open = &receiver;
            sender.send_many(&mut VecDeque::from([1, 2])).await.unwrap();
        }
    });
    takes_part("recv_many", || {
        let (sender, receiver) = many(usize::MAX, 2 * BOUND);
        async move || {
            let _open = &sender;
            assert_eq!(receiver.recv_many(&mut Vec::new(), 2).await, Ok(2));
        }
    });
}

#[test]
fn mpmc_permits() {
    takes_part("reserve", || {
        let (sender, receiver) = many(1, 0);
        async move || {
            let _open = &receiver;
            drop(sender.reserve().await.unwrap());
        }
    });
    takes_part("reserve_many", || {
        let (sender, receiver) = many(2, 0);
        async move || {
            let _open = &receiver;
            drop(sender.reserve_many(2).await.unwrap());
        }
    });
    takes_part("reserve_owned", || {
        let (sender, receiver) = many(1, 0);
        async move || {
            let _open = &receiver;
            drop(sender.clone().reserve_owned().await.unwrap());
        }
    });
    takes_part("PollSender", || {
        let (sender, receiver) = many(1, 0);
        let mut sender = sender.into_poll_sender();
        async move || {
            let _open = &receiver;
            poll_fn(|cx| sender.poll_reserve(cx)).await.unwrap();
            sender.abort_send();
        }
    });
}

/// A queue that is at its end is ready, too.
#[test]
fn receiving_the_end() {
    takes_part("mpmc", || {
        let (_, receiver) = many(1, 0);
        async move || assert!(receiver.recv().await.is_err())
    });
    takes_part("mpsc", || {
        let (_, mut receiver) = mpsc::channel::<usize>(1);
        async move || assert_eq!(receiver.recv().await, None)
    });
    takes_part("send to nobody", || {
        let (sender, _) = many(1, 0);
        async move || assert!(sender.send(1).await.is_err())
    });
}

#[test]
fn mpsc_sends_and_receives() {
    takes_part("send", || {
        let (sender, receiver) = mpsc::channel(BOUND);
        sender.set_budget(None);
        async move || {
            let _open = &receiver;
            sender.send(1).await.unwrap();
        }
    });
    takes_part("reserve", || {
        let (sender, receiver) = mpsc::channel::<usize>(1);
        sender.set_budget(None);
        async move || {
            let _open = &receiver;
            drop(sender.reserve().await.unwrap());
        }
    });
    takes_part("bounded recv", || {
        let (sender, mut receiver) = mpsc::channel(BOUND);
        receiver.set_budget(None);
        (0..BOUND).for_each(|n| sender.try_send(n).unwrap());
        async move || {
            let _open = &sender;
            receiver.recv().await.unwrap();
        }
    });
    takes_part("bounded recv_many", || {
        let (sender, mut receiver) = mpsc::channel(2 * BOUND);
        receiver.set_budget(None);
        (0..2 * BOUND).for_each(|n| sender.try_send(n).unwrap());
        async move || {
            let _open = &sender;
            assert_eq!(receiver.recv_many(&mut Vec::new(), 2).await, 2);
        }
    });
}

/// Its receiver takes messages without the lock: each costs nevertheless.
#[test]
fn mpsc_takes_ahead() {
    let unbounded = || {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        receiver.set_budget(None);
        (0..2 * BOUND).for_each(|n| sender.send(n).unwrap());
        (sender, receiver)
    };
    takes_part("unbounded recv", || {
        let (sender, mut receiver) = unbounded();
        async move || {
            let _open = &sender;
            receiver.recv().await.unwrap();
        }
    });
    takes_part("unbounded recv_many", || {
        let (sender, mut receiver) = unbounded();
        async move || {
            let _open = &sender;
            assert_eq!(receiver.recv_many(&mut Vec::new(), 2).await, 2);
        }
    });
    takes_part("unbounded stream", || {
        let (sender, mut receiver) = unbounded();
        async move || {
            let _open = &sender;
            receiver.next().await.unwrap();
        }
    });
}

#[test]
fn broadcast_sends_and_receives() {
    takes_part("lossy recv", || {
        let (sender, mut receiver) = broadcast::channel(1);
        receiver.set_budget(None);
        async move || {
            sender.send(1).unwrap();
            receiver.recv().await.unwrap();
        }
    });
    takes_part("lossless recv", || {
        let (sender, mut receiver) = broadcast::lossless(1);
        receiver.set_budget(None);
        async move || {
            sender.try_send(1).unwrap();
            receiver.recv().await.unwrap();
        }
    });
    takes_part("lossless send", || {
        let (sender, mut receiver) = broadcast::lossless(1);
        sender.set_budget(None);
        async move || {
            sender.send(1).await.unwrap();
            receiver.try_recv().unwrap();
        }
    });
    takes_part("stream", || {
        let (sender, mut receiver) = broadcast::channel(1);
        receiver.set_budget(None);
        async move || {
            sender.send(1).unwrap();
            receiver.next().await.unwrap().unwrap();
        }
    });
}

/// So many watched values that the budget of none of them is used up, which cannot be switched off.
fn values<R>(watch: impl Fn(watch::Receiver<usize>) -> R) -> VecDeque<(watch::Sender<usize>, R)> {
    let pair = || {
        let (sender, receiver) = watch::channel(0);
        (sender, watch(receiver))
    };
    (0..BOUND / 100).map(|_| pair()).collect()
}

#[test]
fn watch_changes() {
    takes_part("changed", || {
        let mut all = values(|receiver| receiver);
        async move || {
            all.rotate_left(1);
            let (sender, receiver) = &mut all[0];
            sender.send(1).unwrap();
            receiver.changed().await.unwrap();
        }
    });
    takes_part("wait_for", || {
        let mut all = values(|receiver| receiver);
        async move || {
            all.rotate_left(1);
            all[0].1.wait_for(|value| *value == 0).await.unwrap();
        }
    });
    takes_part("stream", || {
        let mut all = values(watch::Receiver::into_stream);
        async move || {
            all.rotate_left(1);
            let (sender, receiver) = &mut all[0];
            sender.send(1).unwrap();
            receiver.next().await.unwrap();
        }
    });
    takes_part("closed", || {
        let mut all = values(drop);
        async move || {
            all.rotate_left(1);
            all[0].0.closed().await;
        }
    });
}

#[test]
fn oneshot_answers() {
    takes_part("recv", || {
        async || {
            let (sender, receiver) = oneshot::channel();
            sender.send(1).unwrap();
            receiver.await.unwrap();
        }
    });
    takes_part("closed", || {
        let (mut sender, _) = oneshot::channel::<usize>();
        async move || sender.closed().await
    });
}

/// Polls this again and again, and asserts that the task has all of its budget afterwards.
#[track_caller]
fn costs_nothing<R>(name: &str, waiting: impl Future<Output = R>) {
    let whole = whole_budget();
    let mut waiting = pin!(waiting);
    let left = on_tokio(poll_fn(|cx| {
        for _ in 0..BOUND {
            assert!(waiting.as_mut().poll(cx).is_pending(), "{name} was to wait");
        }
        Poll::Ready(take_the_rest(cx))
    }));
    assert_eq!(left, whole, "{name}");
}

#[test]
fn what_waits_costs_nothing() {
    let (sender, receiver) = many(1, 1);
    costs_nothing("mpmc send", sender.send(1));
    costs_nothing("mpmc reserve", sender.reserve());
    receiver.try_recv().unwrap();
    costs_nothing("mpmc recv", receiver.recv());
    let (sender, mut receiver) = mpsc::channel(1);
    costs_nothing("bounded mpsc recv", receiver.recv());
    sender.try_send(1).unwrap();
    costs_nothing("bounded mpsc send", sender.send(2));
    let (_open, mut receiver) = mpsc::unbounded_channel::<usize>();
    costs_nothing("unbounded mpsc recv", receiver.recv());
    let (sender, mut receiver) = broadcast::lossless(1);
    costs_nothing("broadcast recv", receiver.recv());
    sender.try_send(1).unwrap();
    costs_nothing("broadcast send", sender.send(2));
    let (sender, mut receiver) = watch::channel(1);
    costs_nothing("watch changed", receiver.changed());
    costs_nothing("watch wait_for", receiver.wait_for(|value| *value == 2));
    costs_nothing("watch closed", sender.closed());
    let (mut sender, receiver) = oneshot::channel::<usize>();
    costs_nothing("oneshot closed", sender.closed());
    costs_nothing("oneshot recv", receiver);
}

/// Who was woken, and nobody else, takes a short way. That costs the same.
#[test]
fn who_was_woken_needs_budget_too() {
    let (sender, receiver) = many(1, 1);
    let (put, mut taken) = mpsc::unbounded_channel();
    taken.set_budget(None);
    let mut send = pin!(sender.send(1));
    let mut receive = pin!(taken.recv());
    let (other_sender, other_receiver) = many(1, 0);
    let mut other_receive = pin!(other_receiver.recv());
    let mut polls = 0;
    on_tokio(poll_fn(|cx| {
        polls += 1;
        if polls == 1 {
            assert!(send.as_mut().poll(cx).is_pending());
            assert!(receive.as_mut().poll(cx).is_pending());
            assert!(other_receive.as_mut().poll(cx).is_pending());
            take_the_rest(cx);
            receiver.try_recv().unwrap();
            put.send(2).unwrap();
            other_sender.try_send(3).unwrap();
        }
        let done = [send.as_mut().poll(cx).is_ready(), receive.as_mut().poll(cx).is_ready()];
        let done = [done[0], done[1], other_receive.as_mut().poll(cx).is_ready()];
        assert_eq!(done, [polls == 2; 3], "poll {polls}");
        if polls == 2 { Poll::Ready(()) } else { Poll::Pending }
    }));
}

/// A thread that blocks inside a task is not the task, and what only tries never waits.
#[test]
fn blocking_and_trying_cost_nothing() {
    let whole = whole_budget();
    let left = in_time(|| {
        on_tokio(poll_fn(|cx| {
            for n in 0..BOUND {
                let (sender, receiver) = many(2, 0);
                sender.send_blocking(n).unwrap();
                sender.try_send(n).unwrap();
                assert_eq!((receiver.recv_blocking(), receiver.try_recv()), (Ok(n), Ok(n)));
                let (sender, mut receiver) = mpsc::channel(1);
                sender.blocking_send(n).unwrap();
                assert_eq!(receiver.blocking_recv(), Some(n));
                let (sender, mut receiver) = mpsc::unbounded_channel();
                sender.send(n).unwrap();
                assert_eq!(receiver.blocking_recv(), Some(n));
                let (sender, mut receiver) = broadcast::lossless(1);
                sender.blocking_send(n).unwrap();
                assert_eq!(receiver.blocking_recv(), Ok(n));
                let (sender, mut receiver) = watch::channel(n);
                sender.send(n).unwrap();
                receiver.blocking_changed().unwrap();
                let (sender, receiver) = oneshot::channel();
                sender.send(n).unwrap();
                assert_eq!(receiver.blocking_recv(), Ok(n));
            }
            Poll::Ready(take_the_rest(cx))
        }))
    });
    assert_eq!(left, whole);
}

/// At a rendezvous what was handed to another stays its own, also where one comes whose task is out of tokio's budget: it took it, each time anew.
#[test]
fn out_of_budget_it_took_what_was_handed_to_another() {
    on_tokio(async {
        let (sender, receiver) = mpmc::bounded(0);
        let mut first = Box::pin(receiver.recv());
        let mut second = Box::pin(receiver.recv());
        let mut send = Box::pin(sender.send(1));
        poll_fn(|cx| {
            assert!(first.as_mut().poll(cx).is_pending());
            assert!(send.as_mut().poll(cx).is_ready(), "there is one that waits");
            take_the_rest(cx);
            assert!(second.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        tokio::task::yield_now().await;
        poll_fn(|cx| {
            assert!(second.as_mut().poll(cx).is_pending(), "it is another's");
            assert_eq!(first.as_mut().poll(cx), Poll::Ready(Ok(1)));
            Poll::Ready(())
        })
        .await;
    });
}
