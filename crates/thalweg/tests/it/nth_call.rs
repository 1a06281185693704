//! Each foreign call panics in turn, alone and together with the next one: a waker that is cloned, woken or dropped, a
//! message that is dropped or cloned. The task
//! whose poll that ends is dropped, as executors do; all others must come to their end, each message must be dropped
//! once, and the channel must work on.

mod ways;

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicIsize, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use thalweg::{broadcast, mpsc, oneshot};

use crate::harness::*;

/// Burns down by one with each foreign call, and at the end goes off so many times.
#[derive(Clone)]
struct Fuse {
    left: Arc<AtomicIsize>,
    times: isize,
    calls: Arc<AtomicUsize>,
    /// Messages that were built and not dropped.
    alive: Arc<AtomicIsize>,
}

struct GoneOff;

impl Fuse {
    fn new(length: isize, times: isize) -> Fuse {
        Fuse { left: Arc::new(AtomicIsize::new(length)), times, calls: Arc::default(), alive: Arc::default() }
    }

    fn burn(&self) {
        self.calls.fetch_add(1, SeqCst);
        // A second panic while one is under way would end the process, whoever is to blame.
        if !thread::panicking() && (2 - self.times..=1).contains(&self.left.fetch_sub(1, SeqCst)) {
            resume_unwind(Box::new(GoneOff));
        }
    }

    fn has_gone_off(&self) -> bool {
        self.left.load(SeqCst) <= 0
    }

    fn message(&self) -> Foe {
        self.alive.fetch_add(1, SeqCst);
        Foe(self.clone())
    }

    /// What `body` returns, unless the fuse goes off in it.
    fn step<R>(&self, body: impl FnOnce() -> R) -> Option<R> {
        match catch_unwind(AssertUnwindSafe(body)) {
            Ok(result) => Some(result),
            Err(panic) if panic.is::<GoneOff>() => None,
            Err(panic) => resume_unwind(panic),
        }
    }
}

struct Foe(Fuse);

impl Clone for Foe {
    fn clone(&self) -> Foe {
        self.0.burn();
        self.0.message()
    }
}

impl Drop for Foe {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, SeqCst);
        self.0.burn();
    }
}

type Deed = Pin<Box<dyn Future<Output = ()>>>;

fn deed(body: impl Future<Output = ()> + 'static) -> Deed {
    Box::pin(body)
}

/// Who does what with a channel, each with handles of its own.
struct Cast {
    consumers: Vec<Deed>,
    producers: Vec<Deed>,
    /// Uses the channel once more, by handles of its own.
    again: Box<dyn FnOnce(&Fuse)>,
}

/// Tasks as an executor has them: one whose poll panics is dropped.
struct Tasks<'a> {
    fuse: &'a Fuse,
    open: Vec<Task<Deed>>,
}

impl Tasks<'_> {
    fn add(&mut self, deeds: Vec<Deed>) {
        for deed in deeds {
            let task = task(deed);
            self.arm(task.probe());
            self.open.push(task);
        }
    }

    fn arm(&self, probe: &Probe) {
        let fuse = self.fuse.clone();
        probe.arm(move |_| fuse.burn());
    }

    fn cancel(&mut self, which: usize) {
        if which < self.open.len() {
            let task = self.open.remove(which);
            self.fuse.step(|| drop(task));
        }
    }

    /// Polls one by another waker, whether it was woken or not.
    fn move_task(&mut self, which: usize) {
        if which < self.open.len() {
            drop(self.open[which].swap_waker());
            self.arm(self.open[which].probe());
            self.turn(which);
        }
    }

    /// Polls one that has a reason to be. Whether there was one.
    fn turn(&mut self, which: usize) -> bool {
        let task = &mut self.open[which];
        let fuse = self.fuse;
        match fuse.step(|| task.turn()) {
            Some(due) => due,
            None => {
                self.cancel(which);
                true
            }
        }
    }

    fn run(&mut self) {
        for _ in 0..10_000 {
            let mut due = false;
            for which in (0..self.open.len()).rev() {
                due |= self.turn(which);
            }
            if !due {
                self.open.retain(|task| !task.is_done());
                return;
            }
        }
        panic!("the tasks wake each other for ever");
    }
}

fn play(fuse: &Fuse, cast: Cast) {
    let mut tasks = Tasks { fuse, open: Vec::new() };
    tasks.add(cast.consumers);
    tasks.run();
    tasks.move_task(0);
    tasks.cancel(1);
    let waiting = tasks.open.len();
    tasks.add(cast.producers);
    (waiting..tasks.open.len()).rev().for_each(|which| ignore(tasks.turn(which)));
    tasks.move_task(waiting);
    tasks.cancel(waiting + 1);
    tasks.run();
    let again = cast.again;
    fuse.step(|| again(fuse));
    tasks.run();
    assert_eq!(tasks.open.len(), 0, "all handles are theirs, so they cannot wait for anybody");
    assert_eq!(fuse.alive.load(SeqCst), 0, "each message is dropped once");
}

/// Plays once for each foreign call, which panics, then with the next one too, and once more with none that does. Then during a panic.
fn play_all(name: &str, cast: impl Fn(&Fuse) -> Cast) {
    for times in [1, 2] {
        let mut length = 0;
        loop {
            length += 1;
            let fuse = Fuse::new(length, times);
            play(&fuse, cast(&fuse));
            if !fuse.has_gone_off() {
                break;
            }
        }
        assert!(length > 5, "{name}: only {length} foreign calls");
    }

    struct While<F: FnMut()>(F);
    impl<F: FnMut()> Drop for While<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    let fuse = Fuse::new(isize::MAX, 1);
    panics(|| {
        let _last = While(|| play(&fuse, cast(&fuse)));
        panic!("in flight");
    });
    assert!(fuse.calls.load(SeqCst) > 5, "{name}: it was not played to the end");
}

#[test]
fn of_mpmc() {
    for capacity in [0, 1, 3, usize::MAX] {
        play_all(&format!("mpmc at {capacity}"), |fuse| {
            let (sender, receiver) = channel(capacity);
            let consume = |count: usize| {
                let receiver = receiver.clone();
                deed(async move {
                    for _ in 0..count {
                        drop(receiver.recv().await);
                    }
                })
            };
            let produce = |count: usize| {
                let (sender, fuse) = (sender.clone(), fuse.clone());
                deed(async move {
                    for _ in 0..count {
                        drop(sender.send(fuse.message()).await);
                    }
                    if let Ok(permit) = sender.reserve().await {
                        drop(permit.send(fuse.message()));
                    }
                })
            };
            let told = sender.clone();
            let mut producers: Vec<_> = [2, 3, 1].map(produce).into();
            producers.push(deed(async move { told.closed().await }));
            let consumers = [2, 2, 1].map(consume).into();
            Cast { consumers, producers, again: Box::new(move |fuse| use_again(capacity, sender, receiver, fuse)) }
        });
    }
}

fn use_again(capacity: usize, sender: thalweg::mpmc::Sender<Foe>, receiver: thalweg::mpmc::Receiver<Foe>, fuse: &Fuse) {
    receiver.drain().for_each(drop);
    let sent = sender.try_send(fuse.message()).is_ok();
    assert!(sent || capacity == 0, "there is room");
    assert_eq!(receiver.try_recv().is_ok(), sent);
    drop(sender.force_send(fuse.message()));
    assert!(sender.close());
}

#[test]
fn of_mpsc() {
    for capacity in [1, 3] {
        play_all(&format!("mpsc at {capacity}"), |fuse| {
            let (sender, mut receiver) = mpsc::channel(capacity);
            let produce = |count: usize| {
                let (sender, fuse) = (sender.clone(), fuse.clone());
                deed(async move {
                    for _ in 0..count {
                        drop(sender.send(fuse.message()).await);
                    }
                    if let Ok(permit) = sender.reserve().await {
                        permit.send(fuse.message());
                    }
                })
            };
            let producers = [2, 3, 1].map(produce).into();
            let consumers = vec![deed(async move {
                for _ in 0..3 {
                    drop(receiver.recv().await);
                }
                receiver.close();
                while receiver.recv().await.is_some() {}
            })];
            let again = move |fuse: &Fuse| assert!(sender.is_closed() || sender.try_send(fuse.message()).is_ok());
            Cast { consumers, producers, again: Box::new(again) }
        });
    }
}

#[test]
fn of_unbounded_mpsc() {
    play_all("unbounded mpsc", |fuse| {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let produce = |count: usize| {
            let (sender, fuse) = (sender.clone(), fuse.clone());
            deed(async move { (0..count).for_each(|_| drop(sender.send(fuse.message()))) })
        };
        let told = sender.clone();
        let mut producers: Vec<_> = [2, 3, 1].map(produce).into();
        producers.push(deed(async move { told.closed().await }));
        let consumers = vec![deed(async move {
            let mut many = Vec::new();
            receiver.recv_many(&mut many, 2).await;
            drop(receiver.recv().await);
        })];
        let again = move |fuse: &Fuse| assert!(sender.is_closed() || sender.send(fuse.message()).is_ok());
        Cast { consumers, producers, again: Box::new(again) }
    });
}

#[test]
fn of_oneshot() {
    for end in 0..3 {
        play_all(&format!("oneshot {end}"), |fuse| {
            let (mut consumers, mut producers) = (Vec::new(), Vec::new());
            for _ in 0..4 {
                let (mut sender, mut receiver) = oneshot::channel();
                let fuse = fuse.clone();
                consumers.push(deed(async move {
                    if end == 1 {
                        receiver.close();
                    }
                    drop(receiver.await);
                }));
                producers.push(deed(async move {
                    match end {
                        0 => drop(sender.send(fuse.message())),
                        1 => sender.closed().await,
                        _ => drop(sender),
                    }
                }));
            }
            let again = |fuse: &Fuse| {
                let (sender, mut receiver) = oneshot::channel();
                assert!(sender.send(fuse.message()).is_ok());
                assert!(receiver.try_recv().is_ok());
            };
            Cast { consumers, producers, again: Box::new(again) }
        });
    }
}

#[test]
fn of_broadcast() {
    for capacity in [1, 2] {
        play_all(&format!("broadcast at {capacity}"), |fuse| {
            let (sender, receiver) = broadcast::channel(capacity);
            let consumers = [2, 2, 1].map(|count| consume(receiver.resubscribe(), count)).into();
            let produce = |count: usize| {
                let (sender, fuse) = (sender.clone(), fuse.clone());
                deed(async move { (0..count).for_each(|_| drop(sender.send(fuse.message()))) })
            };
            let told = sender.clone();
            let mut producers: Vec<_> = [2, 3, 1].map(produce).into();
            producers.push(deed(async move { told.closed().await }));
            let again = move |fuse: &Fuse| {
                let mut receiver = receiver.resubscribe();
                assert!(sender.send(fuse.message()).is_ok());
                assert!(receiver.try_recv().is_ok());
            };
            Cast { consumers, producers, again: Box::new(again) }
        });
    }
}

#[test]
fn of_lossless_broadcast() {
    for capacity in [1, 2] {
        play_all(&format!("lossless broadcast at {capacity}"), |fuse| {
            let (sender, receiver) = broadcast::lossless(capacity);
            let consumers = [2, 2, 1].map(|count| consume(receiver.resubscribe(), count)).into();
            let produce = |count: usize| {
                let (sender, fuse) = (sender.clone(), fuse.clone());
                deed(async move {
                    for _ in 0..count {
                        drop(sender.send(fuse.message()).await);
                    }
                })
            };
            let producers = [2, 3, 1].map(produce).into();
            let again = move |fuse: &Fuse| {
                drop(receiver);
                let receiver = sender.subscribe();
                drop((sender.try_send(fuse.message()), receiver));
            };
            Cast { consumers, producers, again: Box::new(again) }
        });
    }
}

fn consume(mut receiver: broadcast::Receiver<Foe>, count: usize) -> Deed {
    deed(async move {
        for _ in 0..count {
            drop(receiver.recv().await);
        }
    })
}

#[cfg(feature = "std")]
#[test]
fn of_watch() {
    use thalweg::watch;

    play_all("watch", |fuse| {
        let (sender, receiver) = watch::channel(fuse.message());
        let consumers = [2, 2, 1].map(|count| {
            let mut receiver = receiver.clone();
            deed(async move {
                for _ in 0..count {
                    drop(receiver.changed().await);
                    drop(receiver.borrow_and_update().clone());
                }
            })
        });
        let produce = |count: usize| {
            let (sender, fuse) = (sender.clone(), fuse.clone());
            deed(async move {
                for _ in 0..count {
                    drop(sender.send(fuse.message()));
                    sender.send_modify(|value| drop(value.clone()));
                }
            })
        };
        let told = sender.clone();
        let mut producers: Vec<_> = [2, 3, 1].map(produce).into();
        producers.push(deed(async move { told.closed().await }));
        let again = move |fuse: &Fuse| {
            let mut receiver = receiver;
            drop(receiver.borrow_and_update());
            assert!(sender.send(fuse.message()).is_ok());
            assert!(receiver.has_changed().unwrap());
        };
        Cast { consumers: consumers.into(), producers, again: Box::new(again) }
    });
}
