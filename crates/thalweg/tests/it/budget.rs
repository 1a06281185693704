//! Promise 12, second half: a hot channel does not starve its neighbours. A task that could go on for ever yields now and then.

use std::{cell::Cell, num::NonZeroU32, rc::Rc, task::Poll};

use thalweg::mpmc::{Receiver, Sender};

use crate::harness::*;

const DEFAULT: usize = 128;
/// Of one that has no other at its side.
const ALONE: usize = 1_024;

/// Where there are so many others.
fn share(others: usize) -> usize {
    if others == 0 { ALONE } else { DEFAULT }
}

/// So many are not done in a few polls, if one yields at all.
const NEVER: usize = 100_000;

/// How many operations in a row a task completes before it yields, in each of `polls` polls.
fn streaks<F: Future<Output = ()>>(polls: usize, body: impl FnOnce(Rc<Cell<usize>>) -> F) -> Vec<usize> {
    let done = Rc::new(Cell::new(0));
    let mut hot = task(body(done.clone()));
    (0..polls)
        .map(|_| {
            let before = done.get();
            assert_eq!(hot.poll(), Poll::Pending, "it yields");
            assert!(hot.woken(), "and comes back");
            done.get() - before
        })
        .collect()
}

async fn send_for_ever(sender: &Sender<usize>, done: Rc<Cell<usize>>) {
    loop {
        sender.send(1).await.unwrap();
        done.set(done.get() + 1);
        assert!(done.get() < NEVER, "it does not yield");
    }
}

async fn send_and_take_for_ever(sender: &Sender<usize>, receiver: &Receiver<usize>, done: Rc<Cell<usize>>) {
    loop {
        sender.send(1).await.unwrap();
        assert!(receiver.try_recv().is_ok());
        done.set(done.get() + 1);
    }
}

async fn recv_for_ever(receiver: &Receiver<usize>, done: Rc<Cell<usize>>) {
    loop {
        receiver.recv().await.unwrap();
        done.set(done.get() + 1);
    }
}

/// Where one is alone at its side its yields serve nobody there. As soon as there are others it yields as all do, and again later when they have gone.
#[test]
fn sender_that_is_alone_yields_later() {
    let (sender, receiver) = channel(usize::MAX);
    for (others, receivers) in [(0, 2), (1, 1), (3, 1), (0, 9), (7, 1), (30, 2), (0, 2)] {
        let _others: Vec<_> = (0..others).map(|_| sender.clone()).collect();
        let _receivers: Vec<_> = (1..receivers).map(|_| receiver.clone()).collect();
        let streaks = streaks(4, |done| send_for_ever(&sender, done));
        // The first one may belong to the streak before.
        assert!(streaks[1..].iter().all(|streak| *streak == share(others)), "{others} others: {streaks:?}");
    }
}

/// Its yields let the receiver catch up.
#[test]
fn sender_of_a_pair_yields_early() {
    let (sender, _receiver) = channel(usize::MAX);
    let streaks = streaks(4, |done| send_for_ever(&sender, done));
    assert_eq!(streaks, [DEFAULT; 4]);
}

#[test]
fn receiver_that_is_alone_yields_later() {
    let (_sender, receiver) = filled(usize::MAX, 20_000);
    for others in [0, 1, 3, 0, 7, 30] {
        let _others: Vec<_> = (0..others).map(|_| receiver.clone()).collect();
        let streaks = streaks(4, |done| recv_for_ever(&receiver, done));
        assert!(streaks[1..].iter().all(|streak| *streak == share(others)), "{others} others: {streaks:?}");
    }
}

/// Where several threads are at work a yield lets one that filled the channel empty it, or the other way round: the handles have more, and
/// divide it. When one thread has been at it for a while it is as before.
#[cfg(feature = "std")]
#[test]
fn handles_used_by_several_threads_yield_later() {
    let elsewhere =
        |streak: &(dyn Fn() -> usize + Sync)| std::thread::scope(|scope| scope.spawn(streak).join().unwrap());
    for (others, share) in [(1, ALONE), (2, 682), (3, 512), (7, 256), (14, 136), (40, DEFAULT)] {
        let (sender, receiver) = filled(usize::MAX, 30_000);
        let _others: Vec<_> = (0..others).map(|_| (sender.clone(), receiver.clone())).collect();
        let send = || streaks(1, |done| send_for_ever(&sender, done))[0];
        let take = || streaks(1, |done| recv_for_ever(&receiver, done))[0];
        for streak in [&send as &(dyn Fn() -> usize + Sync), &take] {
            let first = streak();
            let both = [elsewhere(streak), streak(), elsewhere(streak)];
            assert!(first <= DEFAULT && both == [share; 3], "{others} others: {first}, {both:?}");
            let alone = [(); 9].map(|()| streak());
            assert_eq!(alone[..7], [share; 7], "{others} others");
            assert_eq!(alone[7..], [DEFAULT; 2], "{others} others");
        }
    }
}

/// Where tasks share handles there are at least as many as have turns.
#[cfg(feature = "std")]
#[test]
fn tasks_that_share_handles_were_counted_as_one_each() {
    let elsewhere =
        |streak: &(dyn Fn() -> usize + Sync)| std::thread::scope(|scope| scope.spawn(streak).join().unwrap());
    for (turns, share) in [(0, ALONE), (1, ALONE), (3, 512), (7, 256), (31, DEFAULT)] {
        let (sender, receiver) = channel(usize::MAX);
        let _other = receiver.clone();
        let mut waiting: Vec<_> = (0..turns).map(|_| task(receiver.recv())).collect();
        waiting.iter_mut().for_each(|receive| receive.waits());
        (0..10_000).for_each(|n| sender.try_send(n).unwrap());
        assert!(waiting.iter().all(|receive| receive.woken()));
        let take = || streaks(1, |done| recv_for_ever(&receiver, done))[0];
        let found = [take(), elsewhere(&take), take()];
        assert_eq!(found, [DEFAULT, share, share], "{turns} turns");
    }
}

/// More is gained by a streak of eight times the capacity for none.
#[test]
fn one_who_is_alone_goes_round_a_small_channel_eight_times() {
    for (capacity, limit) in [(1, DEFAULT), (16, DEFAULT), (32, 256), (100, 800), (128, ALONE)] {
        let (sender, receiver) = channel(capacity);
        let other = receiver.clone();
        let sent = streaks(4, |done| send_and_take_for_ever(&sender, &receiver, done));
        assert_eq!(sent[1..], [limit; 3], "capacity {capacity}");
        drop(other);
        let received = streaks(4, |done| async {
            let done = done;
            loop {
                assert!(sender.try_send(1).is_ok());
                receiver.recv().await.unwrap();
                done.set(done.get() + 1);
            }
        });
        assert_eq!(received[1..], [limit; 3], "capacity {capacity}");
    }
}

/// Other tasks that receive by the same handle are beside it as well, as far as they wait or have yielded.
#[test]
fn receiver_shared_by_tasks_is_not_alone() {
    let (sender, receiver) = channel(usize::MAX);
    let mut waits = task(receiver.recv());
    waits.waits();
    (0..2_000).for_each(|n| sender.try_send(n).unwrap());
    assert!(waits.woken());
    let woken = streaks(1, |done| recv_for_ever(&receiver, done));
    assert_eq!(woken, [DEFAULT], "the other was woken");
    drop(waits);
    let alone = streaks(1, |done| recv_for_ever(&receiver, done));
    assert_eq!(alone, [ALONE], "the other has gone");
}

/// The same of senders.
#[test]
fn sender_shared_by_tasks_is_not_alone() {
    let (sender, receiver) = filled(200, 200);
    let _other = receiver.clone();
    let mut waits = task(sender.send(0));
    waits.waits();
    assert_eq!(receiver.try_iter().count(), 200);
    assert!(waits.woken());
    let woken = streaks(1, |done| send_for_ever(&sender, done));
    assert_eq!(woken, [DEFAULT], "the other was woken");
    drop(waits);
    assert_eq!(receiver.try_iter().count(), DEFAULT);
    let alone = streaks(1, |done| send_and_take_for_ever(&sender, &receiver, done));
    assert_eq!(alone, [ALONE], "the other has gone");
}

/// A number that was set is kept, and be it that which it is by default.
#[test]
fn budget_that_was_set_is_not_raised() {
    for limit in [1, 5, DEFAULT, ALONE, 1_500] {
        let (sender, receiver) = filled(usize::MAX, 5_000);
        sender.set_budget(NonZeroU32::new(limit as u32));
        assert_eq!(streaks(3, |done| send_for_ever(&sender, done)), [limit; 3]);
        receiver.set_budget(NonZeroU32::new(limit as u32));
        assert_eq!(streaks(3, |done| recv_for_ever(&receiver, done)), [limit; 3]);
    }
}

/// A task that feeds itself: never empty, never full, each side counts.
#[test]
fn one_task_on_both_ends_yields() {
    let (sender, receiver) = channel(1);
    let streaks = streaks(5, |done| async move {
        loop {
            sender.send(1).await.unwrap();
            receiver.recv().await.unwrap();
            done.set(done.get() + 1);
        }
    });
    assert!(streaks.iter().all(|streak| *streak <= DEFAULT + 1), "{streaks:?}");
}

#[test]
fn budget_can_be_set() {
    let limit = NonZeroU32::new(5);
    let (sender, receiver) = filled(usize::MAX, 2_000);
    receiver.set_budget(limit);
    let received = streaks(5, |done| recv_for_ever(&receiver, done));
    assert!(received.iter().all(|streak| (4..=6).contains(streak)), "{received:?}");
    sender.set_budget(limit);
    let sent = streaks(5, |done| send_for_ever(&sender, done));
    assert!(sent.iter().all(|streak| (4..=6).contains(streak)), "{sent:?}");
}

#[test]
fn budget_can_be_switched_off() {
    let (sender, receiver) = channel(usize::MAX);
    sender.set_budget(None);
    receiver.set_budget(None);
    let mut hot = task(async {
        for _ in 0..10_000 {
            sender.send(1).await.unwrap();
        }
        for _ in 0..10_000 {
            receiver.recv().await.unwrap();
        }
    });
    assert_eq!(hot.poll(), Poll::Ready(()), "in one poll");
}

/// At a rendezvous too, where many wait for what is sent, or did.
#[test]
fn budget_counts_at_a_rendezvous() {
    let limit = NonZeroU32::new(3);
    let (sender, receiver) = channel(0);
    let mut receives: Vec<_> = (0..20).map(|_| task(receiver.recv())).collect();
    receives.iter_mut().for_each(|receive| receive.waits());
    sender.set_budget(limit);
    let sent = streaks(3, |done| send_for_ever(&sender, done));
    assert!(sent.iter().all(|streak| (2..=4).contains(streak)), "{sent:?}");
    // Nobody comes for them.
    let left = receiver.len();
    drop(receives);
    assert_eq!(receiver.len(), left);
    receiver.set_budget(limit);
    let received = streaks(2, |done| recv_for_ever(&receiver, done));
    assert!(received.iter().all(|streak| (2..=4).contains(streak)), "{received:?}");
}

/// Each side has its own: a budget set at one end leaves the other as it was.
#[test]
fn sides_have_budgets_of_their_own() {
    let (sender, receiver) = channel(usize::MAX);
    sender.set_budget(None);
    let mut hot = task(async {
        for _ in 0..3_000 {
            sender.send(1).await.unwrap();
        }
    });
    assert!(hot.poll().is_ready());
    let streaks = streaks(2, |done| recv_for_ever(&receiver, done));
    assert!(streaks.iter().all(|streak| *streak <= ALONE), "{streaks:?}");
}

/// What never waits is never charged.
#[test]
fn try_calls_are_not_charged() {
    let (sender, receiver) = channel(1);
    for n in 0..1_000 {
        sender.try_send(n).unwrap();
        assert_eq!(receiver.try_recv(), Ok(n));
    }
    let mut batch = Vec::new();
    sender.try_send(1).unwrap();
    assert!(task(receiver.recv_many(&mut batch, 10)).poll().is_ready());
}

/// Neither are threads: nobody could wake them from a yield.
#[cfg(feature = "std")]
#[test]
fn blocking_calls_are_not_charged() {
    in_time(|| {
        let (sender, receiver) = channel(usize::MAX);
        (0..10_000).for_each(|n| sender.send_blocking(n).unwrap());
        (0..10_000).for_each(|n| assert_eq!(receiver.recv_blocking(), Ok(n)));
    });
}

/// A yield changes nothing else: the place, the message, and what others find.
#[test]
fn yielding_loses_nothing() {
    let (sender, receiver) = filled(usize::MAX, 300);
    receiver.set_budget(NonZeroU32::new(1));
    assert_eq!(task(receiver.recv()).poll(), Poll::Ready(Ok(0)));
    let mut yielding = task(receiver.recv());
    assert!(yielding.poll().is_pending() && yielding.woken());
    assert_eq!(receiver.len(), 299);
    drop(yielding);
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), (1..300).collect::<Vec<_>>());
    drop(sender);
}

/// Who yields is in the order from then on: who was woken before it goes first.
#[test]
fn who_yields_lets_those_go_first_who_were_woken() {
    let (sender, receiver) = channel(4);
    receiver.set_budget(NonZeroU32::new(1));
    let mut woken = task(receiver.recv());
    woken.waits();
    (0..2).for_each(|message| sender.try_send(message).unwrap());
    assert_eq!(task(receiver.recv()).poll(), Poll::Ready(Ok(0)));
    let mut yields = task(receiver.recv());
    assert!(yields.poll().is_pending() && yields.woken(), "the budget is spent");
    assert!(yields.poll().is_pending() && yields.woken(), "another was woken");
    assert_eq!(woken.poll(), Poll::Ready(Ok(1)));
    yields.waits();
    // All turns are over: the next one that is woken has nobody to let go.
    sender.try_send(2).unwrap();
    assert_eq!(yields.poll(), Poll::Ready(Ok(2)));
}

/// Who let others go first has yielded: it does not yield for the budget as well.
#[test]
fn who_stepped_back_is_not_made_to_yield() {
    let (sender, receiver) = channel(4);
    receiver.set_budget(NonZeroU32::new(1));
    let mut waiting: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
    waiting.iter_mut().for_each(|receive| receive.waits());
    sender.try_send(0).unwrap();
    assert_eq!(task(receiver.recv()).poll(), Poll::Ready(Ok(0)), "which is all of the budget");
    sender.try_send(1).unwrap();
    assert!(waiting[0].woken() && waiting[1].woken());
    let last = &mut waiting[2];
    assert!(last.poll().is_pending() && last.woken(), "it steps back for those two");
    assert_eq!(last.poll(), Poll::Ready(Ok(1)));
}

/// The complaint that made users leave (risingwave #3350, hoprnet #8252): a neighbour on the same thread gets its turn.
#[test]
fn neighbour_of_a_hot_channel_gets_its_turn() {
    for capacity in [1, 16, usize::MAX] {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let turns = runtime.block_on(async move {
            let (sender, receiver) = channel(capacity);
            let hot = tokio::task::spawn(async move {
                for n in 0..100_000 {
                    sender.send(n).await.unwrap();
                    receiver.recv().await.unwrap();
                }
            });
            // A task like the other, with a yield that is a plain wake: tokio's own, and `block_on`'s future, come last.
            let neighbour = tokio::task::spawn(async move {
                let mut turns = 0;
                while !hot.is_finished() {
                    turns += 1;
                    futures_lite::future::yield_now().await;
                }
                turns
            });
            neighbour.await.unwrap()
        });
        assert!(turns > 500, "capacity {capacity}: {turns} turns in 200,000 operations");
    }
}

/// tokio's budget is the task's, and a thread that blocks inside a task would wait for ever for it to be renewed.
#[cfg(feature = "std")]
#[test]
fn blocking_calls_need_no_budget_of_the_task_they_block() {
    in_time(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(std::future::poll_fn(|cx| {
            while let Poll::Ready(unit) = tokio::task::coop::poll_proceed(cx) {
                unit.made_progress();
            }
            let (sender, receiver) = channel(1);
            sender.send_blocking(1).unwrap();
            assert_eq!(receiver.recv_blocking(), Ok(1));
            let (sender, receiver) = thalweg::oneshot::channel();
            sender.send(2).unwrap();
            assert_eq!(receiver.blocking_recv(), Ok(2));
            let (sender, mut receiver) = thalweg::broadcast::lossless(1);
            sender.blocking_send(3).unwrap();
            assert_eq!(receiver.blocking_recv(), Ok(3));
            let (sender, mut receiver) = thalweg::watch::channel(3);
            sender.send(4).unwrap();
            receiver.blocking_changed().unwrap();
            Poll::Ready(())
        }));
    });
}
