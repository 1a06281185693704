//! Promise 6: first come, first served; who lost its chance is next; nobody starves.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};

use thalweg::mpmc::Receiver;

use crate::harness::*;

#[test]
fn receivers_are_woken_in_the_order_they_came() {
    for capacity in [4, 16, usize::MAX] {
        let (sender, receiver) = channel(capacity);
        let mut receives: Vec<_> = (0..4).map(|_| task(receiver.recv())).collect();
        receives.iter_mut().for_each(|receive| receive.waits());
        for message in 0..4 {
            sender.try_send(message).unwrap();
            let woken: Vec<_> = receives.iter().map(|receive| receive.wakes()).collect();
            let expected: Vec<_> = (0..4).map(|n| usize::from(n <= message)).collect();
            assert_eq!(woken, expected, "one message, one wake, the next in line");
        }
    }
}

#[test]
fn rendezvous_receivers_are_woken_in_the_order_they_came() {
    let (sender, receiver) = channel(0);
    let mut receives: Vec<_> = (0..4).map(|_| task(receiver.recv())).collect();
    receives.iter_mut().for_each(|receive| receive.waits());
    for message in 0..4 {
        sender.try_send(message).unwrap();
        assert_eq!(receives[message].finishes(), Ok(message));
        assert!(receives[message + 1..].iter().all(|receive| !receive.woken()));
    }
}

#[test]
fn senders_are_woken_in_the_order_they_came() {
    let (sender, receiver) = filled(4, 4);
    let mut sends: Vec<_> = (0..4).map(|n| task(sender.send(100 + n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    for message in 0..4 {
        assert_eq!(receiver.try_recv(), Ok(message));
        let woken: Vec<_> = sends.iter().map(|send| send.wakes()).collect();
        let expected: Vec<_> = (0..4).map(|n| usize::from(n <= message)).collect();
        assert_eq!(woken, expected, "one room, one wake, the next in line");
    }
}

/// Sends and reservations stand in one line.
#[test]
fn all_kinds_of_senders_stand_in_one_line() {
    let (sender, receiver) = filled(1, 1);
    let mut send = task(sender.send(1));
    let mut reserve = task(sender.reserve());
    let mut batch = [2].into();
    let mut many = task(sender.send_many(&mut batch));
    let mut owned = task(sender.send_owned(3));
    send.waits();
    reserve.waits();
    many.waits();
    owned.waits();
    assert_eq!(receiver.try_recv(), Ok(0));
    assert!(send.woken() && !reserve.woken());
    assert_eq!(send.finishes(), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(1));
    assert!(reserve.woken() && !many.woken());
    drop(reserve.finishes().unwrap());
    assert!(many.woken() && !owned.woken());
    assert_eq!(many.finishes(), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(2));
    assert!(owned.woken());
}

/// The loser of a race is the next to be woken, not the last: before those who waited behind it.
#[test]
fn receiver_that_lost_its_message_is_first_in_line_again() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
        receives.iter_mut().for_each(|receive| receive.waits());
        for message in 0..5 {
            sender.try_send(message).unwrap();
            assert!(receives[0].woken() && !receives[1].woken() && !receives[2].woken());
            assert_eq!(receiver.try_recv(), Ok(message));
            receives[0].waits();
        }
        sender.try_send(9).unwrap();
        assert_eq!(receives[0].finishes(), Ok(9), "capacity {capacity}");
        sender.try_send(10).unwrap();
        assert_eq!(receives[1].finishes(), Ok(10));
    }
}

#[test]
fn sender_that_lost_its_room_is_first_in_line_again() {
    for capacity in BOUNDED {
        let (sender, receiver) = filled(capacity, capacity);
        let mut sends: Vec<_> = (0..3).map(|n| task(sender.send(100 + n))).collect();
        sends.iter_mut().for_each(|send| send.waits());
        for _ in 0..5 {
            receiver.try_recv().unwrap();
            assert!(sends[0].woken() && !sends[1].woken() && !sends[2].woken());
            sender.try_send(50).unwrap();
            sends[0].waits();
        }
        receiver.try_recv().unwrap();
        assert_eq!(sends[0].finishes(), Ok(()), "capacity {capacity}");
        receiver.try_recv().unwrap();
        assert_eq!(sends[1].finishes(), Ok(()));
    }
}

/// Two losers come back in the order in which they first came, whichever is polled first.
#[test]
fn losers_keep_their_order() {
    for reversed in [false, true] {
        let (sender, receiver) = channel(4);
        let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
        receives.iter_mut().for_each(|receive| receive.waits());
        sender.try_send(0).unwrap();
        sender.try_send(1).unwrap();
        assert_eq!(receiver.try_iter().count(), 2);
        let order = if reversed { [1, 0] } else { [0, 1] };
        order.iter().for_each(|n| receives[*n].waits());
        sender.try_send(2).unwrap();
        assert!(receives[0].woken() && !receives[1].woken() && !receives[2].woken(), "reversed {reversed}");
        sender.try_send(3).unwrap();
        assert!(receives[1].woken() && !receives[2].woken(), "reversed {reversed}");
    }
}

/// A waker that changes, and polls out of turn, cost nobody the place.
#[test]
fn spurious_polls_and_new_wakers_keep_the_place() {
    let (sender, receiver) = channel(4);
    let mut receives: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
    receives.iter_mut().for_each(|receive| receive.waits());
    for _ in 0..3 {
        receives[0].swap_waker();
        receives.iter_mut().for_each(|receive| receive.waits());
    }
    for (message, receive) in receives.iter_mut().enumerate() {
        sender.try_send(message).unwrap();
        assert_eq!(receive.finishes(), Ok(message));
    }
}

/// Who comes fresh takes what is there; who was woken for it looks in vain, once, and is next.
#[test]
fn fresh_receive_may_overtake_and_the_woken_one_is_next() {
    for capacity in BUFFERED {
        let (sender, receiver) = channel(capacity);
        let mut first = task(receiver.recv());
        let mut second = task(receiver.recv());
        first.waits();
        second.waits();
        sender.try_send(0).unwrap();
        assert_eq!(task(receiver.recv()).finishes(), Ok(0));
        first.waits();
        sender.try_send(1).unwrap();
        assert!(first.woken() && !second.woken(), "capacity {capacity}");
        assert_eq!(first.finishes(), Ok(1));
    }
}

#[test]
fn fresh_send_may_overtake_and_the_woken_one_is_next() {
    for capacity in BOUNDED {
        let (sender, receiver) = filled(capacity, capacity);
        let mut first = task(sender.send(100));
        let mut second = task(sender.send(101));
        first.waits();
        second.waits();
        receiver.try_recv().unwrap();
        assert_eq!(task(sender.send(102)).finishes(), Ok(()));
        first.waits();
        receiver.try_recv().unwrap();
        assert!(first.woken() && !second.woken(), "capacity {capacity}");
        assert_eq!(first.finishes(), Ok(()));
    }
}

/// Who waits in line, was not woken, and is polled all the same leaves what there is to the one that was woken. Once.
#[test]
fn polls_out_of_turn_step_back_once() {
    let (sender, receiver) = channel(4);
    let mut first = task(receiver.recv());
    let mut second = task(receiver.recv());
    first.waits();
    second.waits();
    sender.try_send(0).unwrap();
    assert!(second.poll().is_pending() && second.woken(), "it wakes itself");
    assert!(second.poll().is_ready(), "the other has had its chance");
    first.waits();

    let (sender, receiver) = filled(4, 4);
    let mut first = task(sender.send(100));
    let mut second = task(sender.send(101));
    first.waits();
    second.waits();
    receiver.try_recv().unwrap();
    assert!(second.poll().is_pending() && second.woken());
    assert!(second.poll().is_ready());
    first.waits();
}

/// Who was woken second and is polled first lets the first go: an executor that runs the last woken first would serve
/// the same one for ever.
#[test]
fn second_woken_lets_the_first_go_once() {
    let (sender, receiver) = channel(4);
    let mut first = task(receiver.recv());
    let mut second = task(receiver.recv());
    first.waits();
    second.waits();
    sender.try_send(0).unwrap();
    sender.try_send(1).unwrap();
    assert!(second.poll().is_pending() && second.woken());
    assert_eq!(first.poll(), Poll::Ready(Ok(0)), "it has nobody to let go");
    assert_eq!(second.finishes(), Ok(1));

    let (sender, receiver) = filled(4, 4);
    let mut first = task(sender.send(100));
    let mut second = task(sender.send(101));
    first.waits();
    second.waits();
    receiver.try_recv().unwrap();
    receiver.try_recv().unwrap();
    assert!(second.poll().is_pending() && second.woken());
    assert_eq!(first.poll(), Poll::Ready(Ok(())), "it has nobody to let go");
    assert_eq!(second.finishes(), Ok(()));
    assert!(receiver.try_iter().eq([2, 3, 100, 101]));
}

/// A batch that is polled when one has been woken for a place, and others are free: it leaves that one its place.
#[test]
fn batch_leaves_a_place_to_each_who_was_woken() {
    let (sender, receiver) = filled(4, 4);
    let mut first = task(sender.send(100));
    first.waits();
    let other = sender.clone();
    let sends = async move {
        let mut batch = (10..14).collect();
        other.send_many(&mut batch).await
    };
    let many = Arc::new(Mutex::new(task(sends)));
    many.lock().unwrap().waits();
    // Four places are free by the time the first wake-up comes.
    let polled = many.clone();
    first.probe().arm(move |call| {
        if call == Call::Wake {
            assert!(polled.lock().unwrap().poll().is_pending());
        }
    });
    assert_eq!(receiver.drain().count(), 4);
    first.probe().disarm();
    assert_eq!(receiver.len(), 3);
    assert_eq!(first.poll(), Poll::Ready(Ok(())));
    assert!(receiver.try_iter().eq([10, 11, 12, 100]));
    assert_eq!(many.lock().unwrap().finishes(), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(13));
}

/// A reservation that is woken for less than it needs keeps its place, and lets the next have what there is.
#[test]
fn too_little_for_the_first_is_offered_to_the_next() {
    let (sender, receiver) = filled(4, 4);
    let mut large = task(sender.reserve_many(3));
    let mut small: Vec<_> = (0..2).map(|n| task(sender.send(100 + n))).collect();
    large.waits();
    small.iter_mut().for_each(|send| send.waits());
    receiver.try_recv().unwrap();
    assert!(large.woken());
    large.waits();
    assert!(small[0].woken() && !small[1].woken());
    assert_eq!(small[0].finishes(), Ok(()));
    (0..3).for_each(|_| assert!(receiver.try_recv().is_ok()));
    assert!(large.woken(), "it is still the first");
    assert_eq!(large.finishes().unwrap().len(), 3);
}

/// One waiter who is overtaken by `try_` calls again and again still gets what they leave.
#[test]
fn overtaken_receiver_is_not_forgotten() {
    let (sender, receiver) = channel(2);
    let mut waiting = task(receiver.recv());
    waiting.waits();
    for message in 0..100 {
        sender.try_send(message).unwrap();
        receiver.try_recv().unwrap();
        waiting.waits();
    }
    sender.try_send(7).unwrap();
    assert!(waiting.woken());
    assert_eq!(waiting.finishes(), Ok(7));
}

async fn worker(receiver: Receiver<usize>, served: Arc<AtomicUsize>, work: Duration) {
    while receiver.recv().await.is_ok() {
        served.fetch_add(1, SeqCst);
        let start = std::time::Instant::now();
        while start.elapsed() < work {
            std::hint::spin_loop();
        }
    }
}

/// Eight counts, and the check that the least is at least half of the most.
fn eight() -> Vec<Arc<AtomicUsize>> {
    (0..8).map(|_| Arc::default()).collect()
}

#[track_caller]
fn balanced(served: &[Arc<AtomicUsize>], name: &str) {
    let counts: Vec<_> = served.iter().map(|count| count.load(SeqCst)).collect();
    let (least, most) = (*counts.iter().min().unwrap(), *counts.iter().max().unwrap());
    println!("{name}: {counts:?}");
    assert!(least * 2 >= most, "{name}: {counts:?}");
}

const MESSAGES: usize = 24_000;

async fn producer(sender: thalweg::mpmc::Sender<usize>, share: usize) {
    for message in 0..MESSAGES / share {
        sender.send(message).await.unwrap();
    }
}

/// Eight busy receivers on one thread, fed by some producers on the same.
fn shares_on_one_tokio_thread(producers: usize, capacity: usize, work: Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let served = eight();
    let (sender, receiver) = channel(capacity);
    let mut tasks: Vec<_> =
        served.iter().map(|count| runtime.spawn(worker(receiver.clone(), count.clone(), work))).collect();
    tasks.extend((0..producers).map(|_| runtime.spawn(producer(sender.clone(), producers))));
    drop((sender, receiver));
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    balanced(&served, &format!("capacity {capacity}, {producers} producers, {work:?}"));
}

/// Peers give the least served 0.00 to 0.06 of what the most served gets.
#[test]
fn eight_receivers_share_one_tokio_thread() {
    for work in [Duration::ZERO, Duration::from_nanos(500)] {
        for capacity in [1, 4, 16, 128, usize::MAX] {
            shares_on_one_tokio_thread(1, capacity, work);
        }
    }
}

/// Producers and receivers alternate in the executor's queue, and always the same receiver comes after a full burst.
/// Unbounded is not among the capacities: there the shares are bursts of a whole budget, see `docs/design/05-turns.md`.
#[test]
fn eight_receivers_and_four_senders_share_one_tokio_thread() {
    for work in [Duration::ZERO, Duration::from_nanos(500)] {
        for capacity in [1, 4, 16, 128] {
            shares_on_one_tokio_thread(4, capacity, work);
        }
    }
}

/// One worker of tokio's multi-thread runtime polls the task that was woken last first: who has just taken a burst goes
/// to the back, is woken last, and would be served for ever. The tasks are spawned by one of that worker: begun by another
/// thread, in whatever order the two meet, they sometimes end in just that (`docs/design/05-turns.md`).
#[test]
fn eight_receivers_share_one_worker_that_runs_the_last_woken_first() {
    for producers in [1, 4] {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let served = eight();
        let counts = served.to_vec();
        let all = runtime.spawn(async move {
            let (sender, receiver) = channel(16);
            let workers = counts.into_iter().map(|count| worker(receiver.clone(), count, Duration::ZERO));
            let mut tasks: Vec<_> = workers.map(tokio::spawn).collect();
            tasks.extend((0..producers).map(|_| tokio::spawn(producer(sender.clone(), producers))));
            drop((sender, receiver));
            for task in tasks {
                task.await.unwrap();
            }
        });
        runtime.block_on(all).unwrap();
        balanced(&served, &format!("{producers} producers"));
    }
}

/// The same with a `LocalSet`, which polls in another order. With the feature `tokio` it is tokio's budget that ends a burst; who had yielded for that
/// went before all who were woken meanwhile, and one in eight was served a 250th of the others.
#[test]
fn eight_receivers_share_one_local_set() {
    for producers in [1, 2, 3, 4] {
        for capacity in [1, 4, 16, 128, 200, 512, usize::MAX] {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let local = tokio::task::LocalSet::new();
            let served = eight();
            let (sender, receiver) = channel(capacity);
            for count in &served {
                local.spawn_local(worker(receiver.clone(), count.clone(), Duration::ZERO));
            }
            (0..producers).for_each(|_| drop(local.spawn_local(producer(sender.clone(), producers))));
            drop((sender, receiver));
            runtime.block_on(local);
            balanced(&served, &format!("capacity {capacity}, {producers} producers"));
        }
    }
}

#[test]
fn eight_receivers_share_one_smol_thread() {
    for capacity in [1, 4, 16, 128] {
        let executor = smol::LocalExecutor::new();
        let served = eight();
        let (sender, receiver) = channel(capacity);
        let workers: Vec<_> = served
            .iter()
            .map(|count| executor.spawn(worker(receiver.clone(), count.clone(), Duration::ZERO)))
            .collect();
        drop(receiver);
        smol::block_on(executor.run(async move {
            for message in 0..4_000 {
                sender.send(message).await.unwrap();
            }
            drop(sender);
            for worker in workers {
                worker.await;
            }
        }));
        balanced(&served, &format!("capacity {capacity}"));
    }
}

/// The mirror image: eight senders to one slow receiver.
#[test]
fn eight_senders_share_one_tokio_thread() {
    for capacity in [0, 1, 16] {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let local = tokio::task::LocalSet::new();
        let sent = eight();
        let (sender, receiver) = channel(capacity);
        for count in &sent {
            let (sender, count) = (sender.clone(), count.clone());
            local.spawn_local(async move {
                while sender.send(1usize).await.is_ok() {
                    count.fetch_add(1, SeqCst);
                }
            });
        }
        drop(sender);
        runtime.block_on(local.run_until(async move {
            for _ in 0..4_000 {
                receiver.recv().await.unwrap();
            }
        }));
        balanced(&sent, &format!("capacity {capacity}"));
    }
}
