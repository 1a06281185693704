//! What happens while memory runs out: each kind of channel made, used in every way that may allocate, and dropped.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use thalweg::{broadcast, mpmc, mpsc, oneshot, watch};

pub(crate) const ALL: &[(&str, fn())] = &[
    ("mpmc_0", || of_mpmc(0)),
    ("mpmc_1", || of_mpmc(1)),
    ("mpmc_3", || of_mpmc(3)),
    ("mpmc_unbounded", || of_mpmc(usize::MAX)),
    ("mpsc", of_mpsc),
    ("unbounded_mpsc", of_unbounded_mpsc),
    ("oneshot", of_oneshot),
    ("broadcast", of_broadcast),
    ("lossless_broadcast", of_lossless_broadcast),
    ("watch", of_watch),
];

/// A scene by its name, and the number that follows it.
pub(crate) fn chosen(words: &str) -> (fn(), usize) {
    let (name, number) = words.split_once(' ').expect("a scene and a number");
    let (_, scene) = ALL.iter().find(|(known, _)| *known == name).expect("a scene");
    (*scene, number.parse().expect("a number"))
}

const SHORT: Duration = Duration::from_micros(10);

/// Eight of them fill a block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message([usize; 100]);

fn message() -> Message {
    Message([1; 100])
}

/// One poll by a waker nobody listens to.
fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn poll_once<R>(body: impl FnMut(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    poll(Box::pin(poll_fn(body)).as_mut())
}

fn mpmc_channel(capacity: usize) -> (mpmc::Sender<Message>, mpmc::Receiver<Message>) {
    match capacity {
        0 => mpmc::rendezvous(),
        usize::MAX => mpmc::unbounded(),
        limit => mpmc::bounded(limit),
    }
}

fn of_mpmc(capacity: usize) {
    let (sender, receiver) = mpmc_channel(capacity);
    let weak = sender.downgrade();
    let mut receives: Vec<_> = (0..3).map(|_| Box::pin(receiver.recv())).collect();
    receives.iter_mut().for_each(|receive| drop(poll(receive.as_mut())));
    let mut sends: Vec<_> = (0..30).map(|_| Box::pin(sender.send(message()))).collect();
    sends.iter_mut().for_each(|send| drop(poll(send.as_mut())));
    receives.iter_mut().for_each(|receive| drop(poll(receive.as_mut())));
    let _ = poll(Box::pin(sender.send_many(&mut VecDeque::from(vec![message(); 20]))).as_mut());
    if let Ok(permit) = sender.try_reserve() {
        permit.send(message()).unwrap();
    }
    drop(sender.force_send(message()));
    let mut polled = sender.clone().into_poll_sender();
    let _ = poll_once(|cx| polled.poll_reserve(cx));
    let _ = poll(Box::pin(sender.closed()).as_mut());
    drop(sender.send_timeout(message(), SHORT));
    drop((receives, sends));
    let mut many = Vec::new();
    let _ = receiver.try_recv_many(&mut many, 10);
    let _ = receiver.drain().next();
    drop(receiver.recv_timeout(SHORT));
    drop(sender.try_send(message()));
    drop((polled, receiver, sender));
    assert!(weak.upgrade().is_none());
}

fn of_mpsc() {
    let (sender, mut receiver) = mpsc::channel(2);
    drop(poll_once(|cx| receiver.poll_recv(cx)));
    let mut sends: Vec<_> = (0..4).map(|_| Box::pin(sender.send(message()))).collect();
    sends.iter_mut().for_each(|send| drop(poll(send.as_mut())));
    drop(poll_once(|cx| receiver.poll_recv(cx)));
    drop(sends);
    drop(sender.blocking_send_timeout(message(), SHORT));
    if let Ok(permit) = sender.clone().try_reserve_owned() {
        permit.send(message());
    }
    let mut many = Vec::new();
    let _ = poll(Box::pin(receiver.recv_many(&mut many, 5)).as_mut());
    drop(receiver.blocking_recv_timeout(SHORT));
    drop(sender.try_send(message()));
}

fn of_unbounded_mpsc() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    drop(poll_once(|cx| receiver.poll_recv(cx)));
    (0..30).for_each(|_| sender.send(message()).unwrap());
    for _ in 0..20 {
        assert!(poll_once(|cx| receiver.poll_recv(cx)).is_ready());
    }
    drop(receiver.blocking_recv_timeout(SHORT));
}

fn of_oneshot() {
    let (mut sender, mut receiver) = oneshot::channel();
    assert!(poll(Pin::new(&mut receiver)).is_pending());
    let _ = poll(Box::pin(sender.closed()).as_mut());
    assert!(receiver.blocking_recv_timeout(SHORT).is_err());
    sender.send(message()).unwrap();
    assert_eq!(receiver.try_recv(), Ok(message()));
}

fn of_broadcast() {
    let (sender, mut receiver) = broadcast::channel(2);
    let mut others: Vec<_> = (0..3).map(|_| sender.subscribe()).collect();
    let mut receives: Vec<_> = others.iter_mut().map(|other| Box::pin(other.recv())).collect();
    receives.iter_mut().for_each(|receive| drop(poll(receive.as_mut())));
    (0..5).for_each(|_| drop(sender.send(message())));
    receives.iter_mut().for_each(|receive| drop(poll(receive.as_mut())));
    drop(receives);
    drop(receiver.try_recv());
    drop(receiver.blocking_recv_timeout(SHORT));
    let _ = poll(Box::pin(sender.closed()).as_mut());
    drop(receiver.deactivate().activate());
}

fn of_lossless_broadcast() {
    let (sender, mut receiver) = broadcast::lossless(2);
    let mut sends: Vec<_> = (0..4).map(|_| Box::pin(sender.send(message()))).collect();
    sends.iter_mut().for_each(|send| drop(poll(send.as_mut())));
    let mut other = receiver.resubscribe();
    drop(poll(Box::pin(other.recv()).as_mut()));
    drop(receiver.try_recv());
    drop(sends);
    drop(sender.blocking_send_timeout(message(), SHORT));
    drop(receiver.blocking_recv_timeout(SHORT));
}

fn of_watch() {
    let (sender, mut receiver) = watch::channel(message());
    let mut other = receiver.clone();
    let mut changed = Box::pin(other.changed());
    drop(poll(changed.as_mut()));
    sender.send(message()).unwrap();
    drop(poll(changed.as_mut()));
    drop(changed);
    drop(poll(Box::pin(other.wait_for(|_| false)).as_mut()));
    let _ = poll(Box::pin(sender.closed()).as_mut());
    drop(receiver.borrow_and_update());
    let _ = receiver.blocking_changed_timeout(SHORT);
    drop(sender.subscribe());
}

/// Threads that block for ever at each kind of channel, futures that wait there and are kept by a thread-local, and the
/// handles that the threads wait for kept there too.
pub(crate) fn leave_all_pending() {
    type Kept = Vec<Box<dyn std::any::Any>>;
    thread_local!(static KEPT: RefCell<Kept> = const { RefCell::new(Vec::new()) });
    let keep = |kept: Box<dyn std::any::Any>| KEPT.with_borrow_mut(|all| all.push(kept));
    let mut threads = 0;
    let mut block = |body: Box<dyn FnOnce() + Send>| {
        threads += 1;
        thread::spawn(body);
    };
    for capacity in [0, 1, usize::MAX] {
        let (sender, receiver) = mpmc_channel(capacity);
        let mut receive = Box::pin(receiver.recv_owned());
        drop(poll(receive.as_mut()));
        let blocked = receiver.clone();
        block(Box::new(move || drop(blocked.recv_blocking())));
        keep(Box::new((receive, sender, receiver)));
    }
    let (full, unread) = mpmc::bounded(1);
    full.try_send(message()).unwrap();
    let mut send = Box::pin(full.send_owned(message()));
    drop(poll(send.as_mut()));
    block(Box::new(move || drop(full.send_blocking(message()))));
    keep(Box::new((send, unread)));
    let (sender, mut receiver) = mpsc::channel::<Message>(1);
    block(Box::new(move || {
        let _ = receiver.blocking_recv();
    }));
    keep(Box::new(sender));
    let (sender, receiver) = oneshot::channel::<Message>();
    block(Box::new(move || drop(receiver.blocking_recv())));
    keep(Box::new(sender));
    let (sender, mut receiver) = broadcast::channel::<Message>(1);
    block(Box::new(move || drop(receiver.blocking_recv())));
    keep(Box::new(sender));
    let (sender, unread) = broadcast::lossless(1);
    sender.try_send(message()).unwrap();
    block(Box::new(move || drop(sender.blocking_send(message()))));
    keep(Box::new(unread));
    let (sender, mut receiver) = watch::channel(message());
    block(Box::new(move || assert!(receiver.blocking_changed().is_err())));
    keep(Box::new(sender));
    assert_eq!(threads, 9);
    // Long enough for most of them to sleep; those that do not are as good.
    thread::sleep(Duration::from_millis(20));
}
