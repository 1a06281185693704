//! The channel against a naive one: a value and a version. Random operations, futures polled by hand; after each step
//! all that can be asked is compared, and whoever has something to learn must have been woken, and nobody else.

use std::{future::Future, pin::Pin};

use proptest::prelude::*;
use thalweg::watch::{self, Receiver, Sender, error::RecvError};

use crate::harness::*;

/// What is done next; the numbers choose among what is there.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send(usize),
    Replace(usize),
    Modify(usize, bool),
    BorrowAndUpdate(usize),
    MarkChanged(usize),
    MarkUnchanged(usize),
    CloneSender(usize),
    CloneReceiver(usize),
    Subscribe(usize),
    DropSender(usize),
    DropReceiver(usize),
    StartChanged(usize),
    StartWaitFor(usize),
    StartClosed(usize),
    Poll(usize),
    SwapWaker(usize),
    DropWait(usize),
    PollClosed(usize),
    DropClosed(usize),
}

/// The steps, each as often as it is likely.
const LIKELY: [(usize, fn(usize) -> Step); 20] = [
    (6, Step::Send),
    (2, Step::Replace),
    (2, |which| Step::Modify(which, true)),
    (2, |which| Step::Modify(which, false)),
    (4, Step::BorrowAndUpdate),
    (2, Step::MarkChanged),
    (2, Step::MarkUnchanged),
    (2, Step::CloneSender),
    (2, Step::CloneReceiver),
    (2, Step::Subscribe),
    (1, Step::DropSender),
    (3, Step::DropReceiver),
    (6, Step::StartChanged),
    (4, Step::StartWaitFor),
    (3, Step::StartClosed),
    (10, Step::Poll),
    (3, Step::SwapWaker),
    (3, Step::DropWait),
    (3, Step::PollClosed),
    (1, Step::DropClosed),
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let table: Vec<_> = LIKELY.iter().flat_map(|(weight, step)| std::iter::repeat_n(*step, *weight)).collect();
    prop::collection::vec(0..table.len() * 8, 1..120)
        .prop_map(move |drawn| drawn.iter().map(|n| table[n / 8](n % 8)).collect())
}

type Wait = Pin<Box<dyn Future<Output = (Receiver<u32>, Result<(), RecvError>)>>>;

/// What a wait looks for: a value unseen, or one that is a multiple of this.
#[derive(Clone, Copy)]
enum Goal {
    Unseen,
    Multiple(u32),
}

/// A receiver inside a future, that waits for something.
struct Waiting {
    task: Task<Wait>,
    seen: Option<u32>,
    goal: Goal,
    /// It was polled, and has been pending since it saw this much.
    asleep: bool,
}

struct Closing {
    task: Task<Pin<Box<dyn Future<Output = ()>>>>,
    asleep: bool,
}

/// The channel and its naive twin, side by side.
struct Twins {
    senders: Vec<Sender<u32>>,
    receivers: Vec<(Receiver<u32>, Option<u32>)>,
    waits: Vec<Waiting>,
    closings: Vec<Closing>,
    value: u32,
    version: u32,
    last_sent: u32,
}

fn choose<T>(from: &[T], which: usize) -> Option<usize> {
    (!from.is_empty()).then(|| which % from.len())
}

impl Twins {
    fn new() -> Twins {
        let (sender, receiver) = watch::channel(1);
        Twins {
            senders: vec![sender],
            receivers: vec![(receiver, Some(0))],
            waits: Vec::new(),
            closings: Vec::new(),
            value: 1,
            version: 0,
            last_sent: 1,
        }
    }

    /// A task in `closed()` has a sender in it.
    fn is_closed(&self) -> bool {
        self.senders.is_empty() && self.closings.is_empty()
    }

    fn receivers(&self) -> usize {
        self.receivers.len() + self.waits.len()
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Send(which) | Step::Replace(which) | Step::Modify(which, _) => self.change(step, which),
            Step::CloneSender(which) => self.senders.extend(self.senders.get(which).cloned()),
            Step::DropSender(which) => drop(choose(&self.senders, which).map(|which| self.senders.remove(which))),
            Step::Subscribe(which) => {
                let receiver = choose(&self.senders, which).map(|which| self.senders[which].subscribe());
                self.receivers.extend(receiver.map(|receiver| (receiver, Some(self.version))));
            }
            Step::StartClosed(which) => {
                let Some(sender) = choose(&self.senders, which).map(|which| self.senders[which].clone()) else {
                    return;
                };
                let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move { sender.closed().await });
                self.closings.push(Closing { task: task(future), asleep: false });
            }
            Step::PollClosed(which) => self.poll_closing(which),
            Step::DropClosed(which) => drop(choose(&self.closings, which).map(|which| self.closings.remove(which))),
            Step::Poll(which) => self.poll_wait(which),
            Step::SwapWaker(which) => {
                if let Some(which) = choose(&self.waits, which) {
                    let old = self.waits[which].task.swap_waker();
                    self.poll_wait(which);
                    assert_eq!(std::sync::Arc::strong_count(&old), 1, "the old waker is still somewhere");
                }
            }
            Step::DropWait(which) => drop(choose(&self.waits, which).map(|which| self.waits.remove(which))),
            _ => self.use_receiver(step),
        }
    }

    fn change(&mut self, step: Step, which: usize) {
        let Some(which) = choose(&self.senders, which) else { return };
        let sender = &self.senders[which];
        let next = self.last_sent + 1;
        let (changed, counts) = match step {
            Step::Send(_) => {
                let sent = sender.send(next);
                assert_eq!(sent.is_ok(), self.receivers() > 0);
                (sent.is_ok(), sent.is_ok())
            }
            Step::Replace(_) => {
                assert_eq!(sender.send_replace(next), self.value);
                (true, true)
            }
            Step::Modify(_, counts) => {
                let modified = sender.send_if_modified(|value| {
                    *value = next;
                    counts
                });
                assert_eq!(modified, counts);
                (true, counts)
            }
            _ => unreachable!(),
        };
        self.last_sent = next;
        self.value = if changed { next } else { self.value };
        self.version += u32::from(counts);
    }

    fn use_receiver(&mut self, step: Step) {
        let (Step::BorrowAndUpdate(which)
        | Step::MarkChanged(which)
        | Step::MarkUnchanged(which)
        | Step::CloneReceiver(which)
        | Step::DropReceiver(which)
        | Step::StartChanged(which)
        | Step::StartWaitFor(which)) = step
        else {
            unreachable!()
        };
        let Some(at) = choose(&self.receivers, which) else { return };
        let (receiver, seen) = &mut self.receivers[at];
        match step {
            Step::BorrowAndUpdate(_) => {
                let value = receiver.borrow_and_update();
                assert_eq!((*value, value.has_changed()), (self.value, *seen != Some(self.version)));
                *seen = Some(self.version);
            }
            Step::MarkChanged(_) => {
                receiver.mark_changed();
                *seen = None;
            }
            Step::MarkUnchanged(_) => {
                receiver.mark_unchanged();
                *seen = Some(self.version);
            }
            Step::CloneReceiver(_) => {
                let copy = (receiver.clone(), *seen);
                self.receivers.push(copy);
            }
            Step::DropReceiver(_) => drop(self.receivers.remove(at)),
            _ => {
                let (mut receiver, seen) = (receiver.clone(), *seen);
                let goal = match step {
                    Step::StartWaitFor(which) => Goal::Multiple(which as u32 + 2),
                    _ => Goal::Unseen,
                };
                let future: Wait = Box::pin(async move {
                    let result = match goal {
                        Goal::Unseen => receiver.changed().await,
                        Goal::Multiple(of) => {
                            receiver.wait_for(|value| value % of == 0).await.map(|value| assert_eq!(*value % of, 0))
                        }
                    };
                    (receiver, result)
                });
                self.waits.push(Waiting { task: task(future), seen, goal, asleep: false });
            }
        }
    }

    fn poll_wait(&mut self, which: usize) {
        let Some(which) = choose(&self.waits, which) else { return };
        let (is_closed, version, value) = (self.is_closed(), self.version, self.value);
        let wait = &mut self.waits[which];
        // A closure looks at what is there when it comes first, and at what is new later.
        let has_news = wait.seen != Some(version);
        let looks = !wait.asleep || has_news;
        let expected = match wait.goal {
            Goal::Unseen if has_news => Some(true),
            Goal::Multiple(of) if looks && value % of == 0 => Some(true),
            _ => is_closed.then_some(false),
        };
        match (wait.task.poll(), expected) {
            (std::task::Poll::Ready((receiver, result)), Some(expected)) => {
                assert_eq!(result.is_ok(), expected);
                self.waits.remove(which);
                self.receivers.push((receiver, Some(version)));
            }
            (std::task::Poll::Pending, None) => {
                assert!(!wait.task.woken(), "it wakes itself");
                wait.seen = Some(version);
                wait.asleep = true;
            }
            (got, expected) => panic!("ready: {}, expected {expected:?}", got.is_ready()),
        }
    }

    fn poll_closing(&mut self, which: usize) {
        let Some(which) = choose(&self.closings, which) else { return };
        let closing = &mut self.closings[which];
        let ready = closing.task.poll().is_ready();
        closing.asleep = true;
        assert_eq!(ready, self.receivers() == 0);
        if ready {
            self.closings.remove(which);
        }
    }

    /// Everything that can be asked.
    fn compare(&self) {
        let (closed, receivers) = (self.is_closed(), self.receivers());
        for sender in &self.senders {
            assert_eq!(*sender.borrow(), self.value);
            assert_eq!((sender.is_closed(), sender.receiver_count()), (receivers == 0, receivers));
            assert_eq!(sender.sender_count(), self.senders.len() + self.closings.len());
        }
        for (receiver, seen) in &self.receivers {
            let new = *seen != Some(self.version);
            assert_eq!((*receiver.borrow(), receiver.borrow().has_changed()), (self.value, new));
            assert_eq!(receiver.is_closed(), closed);
            assert_eq!(receiver.has_changed().ok(), (!closed).then_some(new));
        }
        for wait in self.waits.iter().filter(|wait| wait.asleep) {
            assert_eq!(wait.task.woken(), closed || wait.seen != Some(self.version), "woken if there is news");
        }
        for closing in self.closings.iter().filter(|closing| closing.asleep) {
            assert!(receivers > 0 || closing.task.woken());
        }
    }

    /// After the last send every receiver is ready, and sees that value.
    fn end(mut self) {
        let last = self.last_sent + 1;
        if let Some(sender) = self.senders.first() {
            sender.send_replace(last);
            self.value = last;
            self.version += 1;
            self.compare();
        }
        let (value, version) = (self.value, self.version);
        let closed = self.is_closed();
        for (mut receiver, seen) in self.receivers.drain(..) {
            let result = task(receiver.changed()).poll();
            assert_eq!(result.map(|result| result.is_ok()).is_ready(), closed || seen != Some(version));
            assert_eq!(*receiver.borrow(), value);
        }
    }
}

proptest! {
    #![proptest_config(crate::model::config(2_000))]

    #[test]
    fn does_what_a_value_and_a_version_do(steps in steps()) {
        let mut twins = Twins::new();
        for step in steps {
            twins.step(step);
            twins.compare();
        }
        twins.end();
    }
}
