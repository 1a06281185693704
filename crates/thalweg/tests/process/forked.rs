//! A process that forks while threads of it block at every kind of channel. In the child they are not there; what they wait
//! in is, as they left it.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use thalweg::{broadcast, mpmc, mpsc, oneshot, watch};

use crate::child::ended;

/// What a thread that blocks waits for, from the other end. Runs in the child, and then in the parent.
type Use = Box<dyn FnOnce()>;

/// Threads that block at every kind of channel, and what the other ends do with them.
#[derive(Default)]
struct Scene {
    threads: Vec<JoinHandle<()>>,
    uses: Vec<(&'static str, Use)>,
    begun: Arc<AtomicUsize>,
}

impl Scene {
    fn add(&mut self, name: &'static str, blocks: impl FnOnce() + Send + 'static, uses: impl FnOnce() + 'static) {
        let begun = self.begun.clone();
        self.threads.push(thread::spawn(move || {
            begun.fetch_add(1, SeqCst);
            blocks();
        }));
        self.uses.push((name, Box::new(uses)));
    }

    fn mpmc(&mut self) {
        for capacity in [0, 1, usize::MAX] {
            let (sender, receiver) = match capacity {
                0 => mpmc::rendezvous(),
                usize::MAX => mpmc::unbounded(),
                limit => mpmc::bounded(limit),
            };
            let blocked = receiver.clone();
            let blocks = move || assert_eq!(blocked.recv_blocking(), Ok(1));
            self.add("a receive of mpmc", blocks, move || {
                assert_eq!(sender.waiting_receivers(), 1);
                sender.try_send(1).unwrap();
                let weak = sender.downgrade();
                drop((sender, receiver));
                assert!(weak.upgrade().is_none());
            });
        }
        let (sender, receiver) = mpmc::bounded(1);
        sender.try_send(0).unwrap();
        // It is woken for the place. In the child it does not come.
        let blocks = move || {
            let _ = sender.send_blocking(1);
        };
        self.add("a send of mpmc", blocks, move || {
            assert_eq!((receiver.waiting_senders(), receiver.try_recv()), (1, Ok(0)));
            receiver.close();
            while receiver.try_recv().is_ok() {}
        });
    }

    fn mpsc(&mut self) {
        let (sender, mut receiver) = mpsc::channel(1);
        let blocks = move || assert_eq!(receiver.blocking_recv(), Some(1));
        self.add("a receive of mpsc", blocks, move || {
            sender.try_send(1).unwrap();
            drop(sender.downgrade());
            drop(sender);
        });
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let blocks = move || assert_eq!(receiver.blocking_recv(), Some(1));
        self.add("a receive of unbounded mpsc", blocks, move || sender.send(1).unwrap());
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(0).unwrap();
        let blocks = move || {
            let _ = sender.blocking_send(1);
        };
        self.add("a send of mpsc", blocks, move || {
            assert_eq!(receiver.try_recv(), Ok(0));
            receiver.close();
            while receiver.try_recv().is_ok() {}
        });
    }

    fn others(&mut self) {
        let (sender, receiver) = oneshot::channel();
        let blocks = move || assert_eq!(receiver.blocking_recv(), Ok(1));
        self.add("oneshot", blocks, move || sender.send(1).unwrap());
        let (sender, mut receiver) = broadcast::channel(1);
        let mut own = sender.subscribe();
        let blocks = move || assert_eq!(receiver.blocking_recv(), Ok(1));
        self.add("a receive of broadcast", blocks, move || {
            assert_eq!((sender.send(1), own.try_recv()), (Ok(2), Ok(1)));
        });
        let (sender, mut receiver) = broadcast::lossless(1);
        sender.try_send(0).unwrap();
        let blocks = move || {
            let _ = sender.blocking_send(1);
        };
        self.add("a send of broadcast", blocks, move || {
            assert_eq!(receiver.try_recv(), Ok(0));
            drop(receiver);
        });
        let (sender, mut receiver) = watch::channel(0);
        let blocks = move || receiver.blocking_changed().unwrap();
        self.add("watch", blocks, move || {
            sender.send(1).unwrap();
            assert_eq!(*sender.borrow(), 1);
        });
    }

    /// Until all have come to block, and so hold no lock: as far as the system tells, all but this thread sleep.
    fn sleeps(&self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.begun.load(SeqCst) < self.threads.len() || !all_others_sleep() {
            assert!(Instant::now() < deadline, "they do not sleep");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn all_others_sleep() -> bool {
    // SAFETY: it only asks for a number.
    let own = unsafe { libc::gettid() }.to_string();
    fs::read_dir("/proc/self/task").unwrap().flatten().filter(|task| *task.file_name() != *own).all(|task| {
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('S'))
    })
}

/// Runs all uses. Which of them went wrong.
fn run_all(uses: Vec<(&'static str, Use)>) -> Vec<&'static str> {
    uses.into_iter().filter_map(|(name, body)| catch_unwind(AssertUnwindSafe(body)).is_err().then_some(name)).collect()
}

/// The child uses the ends that it has, drops them and goes; then the parent does, and its threads come back.
pub(crate) fn fork_while_threads_block() {
    let mut scene = Scene::default();
    scene.mpmc();
    scene.mpsc();
    scene.others();
    assert_eq!(scene.threads.len(), 11);
    scene.sleeps();
    // SAFETY: the child does what is to be shown to work in one, and exits without going back to its caller. All other
    // threads sleep, so none holds the allocator's lock or any other.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let wrong = run_all(scene.uses);
        eprintln!("wrong in the child: {wrong:?}");
        // SAFETY: it ends the process, and nothing of what the parent has made is needed then.
        unsafe { libc::_exit(if wrong.is_empty() { 0 } else { 1 }) };
    }
    assert_eq!(ended(child), Some(0), "1: something went wrong in the child; none: it never ended");
    let wrong = run_all(scene.uses);
    assert!(wrong.is_empty(), "wrong in the parent: {wrong:?}");
    scene.threads.into_iter().for_each(|thread| thread.join().unwrap());
}
