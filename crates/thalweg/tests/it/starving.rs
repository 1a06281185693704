//! Nobody starves on a busy channel: not who comes later, not beside a future that is neglected, and not because the
//! neighbours' operations come in step with the budget.
//!
//! Tasks run in the order in which they were woken, as on tokio's current-thread runtime and on smol's executor.

use std::{
    cell::Cell,
    collections::VecDeque,
    future::{Future, pending},
    num::NonZeroU32,
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

use thalweg::{
    broadcast,
    mpmc::{Receiver, RecvError, Sender},
    mpsc,
};

use crate::harness::*;

type Line = Arc<Mutex<VecDeque<usize>>>;

/// Runs tasks first come, first served.
#[derive(Default)]
struct InTurn {
    line: Line,
    tasks: Vec<(Pin<Box<dyn Future<Output = ()>>>, Arc<InLine>)>,
}

struct InLine {
    task: usize,
    is_there: AtomicBool,
    line: Line,
}

impl Wake for InLine {
    fn wake(self: Arc<Self>) {
        if !self.is_there.swap(true, SeqCst) {
            self.line.lock().unwrap().push_back(self.task);
        }
    }
}

impl InTurn {
    fn spawn(&mut self, task: impl Future<Output = ()> + 'static) {
        let line = self.line.clone();
        let place = Arc::new(InLine { task: self.tasks.len(), is_there: AtomicBool::new(false), line });
        place.clone().wake();
        self.tasks.push((Box::pin(task), place));
    }

    fn run(&mut self, polls: usize) {
        for _ in 0..polls {
            let Some(next) = self.line.lock().unwrap().pop_front() else { return };
            let (task, place) = &mut self.tasks[next];
            place.is_there.store(false, SeqCst);
            let waker = Waker::from(place.clone());
            ignore(task.as_mut().poll(&mut Context::from_waker(&waker)));
        }
    }
}

type Ends = (Sender<()>, Receiver<()>);

/// How much one task has done.
type Count = Rc<Cell<u32>>;

async fn sends(sender: Sender<()>, done: Count) {
    while sender.send(()).await.is_ok() {
        done.set(done.get() + 1);
    }
}

async fn receives(receiver: Receiver<()>, done: Count) {
    while receiver.recv().await.is_ok() {
        done.set(done.get() + 1);
    }
}

/// Begins an operation that has to wait, and polls it no more.
async fn neglects(operation: impl Future) {
    let mut kept = pin!(operation);
    std::future::poll_fn(|cx| {
        assert!(kept.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    pending().await
}

fn counts(n: usize) -> Vec<Count> {
    (0..n).map(|_| Count::default()).collect()
}

#[track_caller]
fn nobody_starves(done: &[Count], what: &str) {
    let done: Vec<u32> = done.iter().map(|done| done.get()).collect();
    assert!(done.iter().all(|done| *done > 0), "{what}: {done:?}");
}

/// It stepped back for those who had turns at each of its polls, and never came into the line.
#[test]
fn a_sender_that_came_later_to_a_busy_rendezvous_was_never_served() {
    for senders in 2..5 {
        let (sender, receiver) = channel(0);
        let (mut tasks, done) = (InTurn::default(), counts(senders + 2));
        for done in &done[..senders] {
            tasks.spawn(sends(sender.clone(), done.clone()));
        }
        tasks.spawn(receives(receiver, done[senders].clone()));
        tasks.run(1_000);
        tasks.spawn(sends(sender, done[senders + 1].clone()));
        tasks.run(20_000);
        nobody_starves(&done, "the last one comes later");
    }
}

#[test]
fn a_receiver_that_came_later_to_a_busy_rendezvous_is_served() {
    let (sender, receiver) = channel(0);
    let (mut tasks, done) = (InTurn::default(), counts(4));
    for done in &done[..2] {
        tasks.spawn(receives(receiver.clone(), done.clone()));
    }
    tasks.spawn(sends(sender, done[2].clone()));
    tasks.run(1_000);
    tasks.spawn(receives(receiver, done[3].clone()));
    tasks.run(20_000);
    nobody_starves(&done, "the last one comes later");
}

/// Who came fresh let others go first once, and at its next look took what was theirs: some tasks were in step with that for ever.
#[test]
fn shares_of_a_rendezvous_were_uneven_for_ever() {
    let (sends, receives): (fn(&mut InTurn, &Ends, Count), fn(&mut InTurn, &Ends, Count)) = (
        |tasks, (sender, _), done| tasks.spawn(sends(sender.clone(), done)),
        |tasks, (_, receiver), done| tasks.spawn(receives(receiver.clone(), done)),
    );
    for (name, one, other) in [("senders", sends, receives), ("receivers", receives, sends)] {
        for (many, others) in [4, 8, 16].into_iter().flat_map(|many| (1..7).map(move |others| (many, others))) {
            for late in [0, 50, 306] {
                let (mut tasks, ends, done) = (InTurn::default(), channel(0), counts(many));
                (0..others).for_each(|_| other(&mut tasks, &ends, Count::default()));
                done[1..].iter().for_each(|done| one(&mut tasks, &ends, done.clone()));
                tasks.run(late);
                one(&mut tasks, &ends, done[0].clone());
                tasks.run(400);
                done.iter().for_each(|done| done.set(0));
                tasks.run(1_600);
                let done: Vec<u32> = done.iter().map(|done| done.get()).collect();
                let (least, most) = (done.iter().min(), done.iter().max());
                assert!(
                    least.map(|least| 2 * least) >= most.copied(),
                    "{many} {name}, {others} others, late {late}: {done:?}"
                );
            }
        }
    }
}

/// The last messages were handed to others, and nobody comes any more who could send: looking for more without end would block the thread.
#[test]
fn at_a_closed_rendezvous_one_stays_awake_for_those_who_were_woken() {
    in_time(|| {
        let (sender, receiver) = channel(0);
        let mut woken: Vec<_> = (0..3).map(|_| task(receiver.recv())).collect();
        woken.iter_mut().for_each(|receive| receive.waits());
        (0..3).for_each(|message| assert_eq!(sender.try_send(message), Ok(())));
        drop(sender);
        let mut late = task(receiver.recv());
        assert!(late.poll().is_pending());
        assert_eq!(woken.remove(0).poll(), Poll::Ready(Ok(0)));
        assert!(late.poll().is_pending());
        assert!(late.woken(), "it waits for who may never come");
        assert_eq!(woken.remove(0).poll(), Poll::Ready(Ok(1)));
        assert!(late.poll().is_pending());
        drop(woken);
        assert_eq!(late.poll(), Poll::Ready(Ok(2)));
        assert_eq!(poll(pin!(receiver.recv())), Poll::Ready(Err(RecvError)));
    });
}

#[test]
fn a_sender_of_mpsc_that_came_later_to_a_busy_rendezvous_was_never_served() {
    let (sender, mut receiver) = mpsc::channel(0);
    let (mut tasks, done) = (InTurn::default(), counts(3));
    let spawn = |tasks: &mut InTurn, at: usize| {
        let (sender, done) = (sender.clone(), done[at].clone());
        tasks.spawn(async move {
            while sender.send(()).await.is_ok() {
                done.set(done.get() + 1);
            }
        });
    };
    (0..2).for_each(|at| spawn(&mut tasks, at));
    tasks.spawn(async move { while receiver.recv().await.is_some() {} });
    tasks.run(1_000);
    spawn(&mut tasks, 2);
    tasks.run(20_000);
    nobody_starves(&done, "the last one comes later");
}

/// The turn of the neglected one stays out, so nobody else was woken as the first. Each let others go first again and again, and who
/// came fresh took all there was.
#[test]
fn beside_a_neglected_send_others_starved() {
    for capacity in [1, 2, 4, 16] {
        let (sender, receiver) = channel(capacity);
        let (mut tasks, done) = (InTurn::default(), counts(2 * capacity + 3));
        let neglected = sender.clone();
        tasks.spawn(async move {
            for _ in 0..capacity {
                neglected.send(()).await.unwrap();
            }
            neglects(neglected.send(())).await;
        });
        let (senders, receivers) = done.split_at(capacity + 1);
        senders.iter().for_each(|done| tasks.spawn(sends(sender.clone(), done.clone())));
        receivers.iter().for_each(|done| tasks.spawn(receives(receiver.clone(), done.clone())));
        tasks.run(2_000 * (capacity + 1));
        nobody_starves(&done, &format!("capacity {capacity}"));
    }
}

#[test]
fn beside_a_neglected_receive_others_starved() {
    for capacity in [1, 2, 4] {
        let (sender, receiver) = channel(capacity);
        let (mut tasks, done) = (InTurn::default(), counts(4));
        done[..2].iter().for_each(|done| tasks.spawn(sends(sender.clone(), done.clone())));
        let neglected = receiver.clone();
        tasks.spawn(async move {
            for _ in 0..capacity {
                neglected.recv().await.unwrap();
            }
            neglects(neglected.recv()).await;
        });
        done[2..].iter().for_each(|done| tasks.spawn(receives(receiver.clone(), done.clone())));
        tasks.run(40_000);
        nobody_starves(&done, &format!("capacity {capacity}"));
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Between any two of its polls neighbours do as much as the budget allows.
#[track_caller]
fn yields_once<F: Future>(operation: F, mut neighbours: impl FnMut()) {
    neighbours();
    let mut operation = pin!(operation);
    assert!(poll(operation.as_mut()).is_pending(), "the budget is spent");
    neighbours();
    assert!(poll(operation).is_ready(), "it yielded twice");
}

const BUDGET: usize = 128;
/// With so many handles beside it none may do more.
const OTHERS: usize = 7;

#[test]
fn a_receive_yielded_as_often_as_others_had_spent_the_budget() {
    let (sender, receiver) = filled(usize::MAX, 3 * BUDGET);
    let _others: Vec<_> = (0..OTHERS).map(|_| receiver.clone()).collect();
    yields_once(receiver.recv(), || (0..BUDGET).for_each(|_| assert!(poll(pin!(receiver.recv())).is_ready())));
    drop(sender);
}

#[test]
fn a_send_yielded_as_often_as_others_had_spent_the_budget() {
    let (sender, receiver) = channel(usize::MAX);
    let _others: Vec<_> = (0..OTHERS).map(|_| sender.clone()).collect();
    yields_once(sender.send(0), || (0..BUDGET).for_each(|_| assert!(poll(pin!(sender.send(0))).is_ready())));
    drop(receiver);
}

/// It yielded once, and moved all the rest in its next poll.
#[test]
fn a_batch_had_a_budget_for_its_first_messages_only() {
    const MESSAGES: usize = 60;
    for capacity in [0, usize::MAX] {
        let (sender, receiver) = channel(capacity);
        let mut receives: Vec<_> = (0..MESSAGES).map(|_| task(receiver.recv())).collect();
        receives.iter_mut().for_each(|receive| receive.waits());
        sender.set_budget(NonZeroU32::new(3));
        let mut batch: VecDeque<_> = (0..MESSAGES).collect();
        let mut send = pin!(sender.send_many(&mut batch));
        let polls = (1..).find(|_| poll(send.as_mut()).is_ready());
        assert_eq!(polls, Some(MESSAGES / 3), "capacity {capacity}");
    }
}

#[test]
fn a_broadcast_yielded_as_often_as_others_had_spent_the_budget() {
    let (sender, receiver) = broadcast::lossless(3 * BUDGET);
    yields_once(sender.send(0), || (0..BUDGET).for_each(|_| assert!(poll(pin!(sender.send(0))).is_ready())));
    drop(receiver);
}

#[cfg(feature = "std")]
#[test]
fn a_closed_watch_yielded_as_often_as_others_had_spent_the_budget() {
    let (sender, receiver) = thalweg::watch::channel(0);
    drop(receiver);
    yields_once(sender.closed(), || (0..BUDGET).for_each(|_| assert!(poll(pin!(sender.closed())).is_ready())));
}
