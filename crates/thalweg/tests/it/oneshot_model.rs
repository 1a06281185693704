//! The one-shot channel against a naive one made of two flags and an option: random operations in any order, everything
//! that can be asked compared after each.

use std::{sync::Arc, task::Poll};

use proptest::prelude::*;
use thalweg::oneshot::{Receiver, Sender, channel, error::TryRecvError};

use crate::harness::{Ledger, Message, Probe};
use crate::oneshot::{held, poll, poll_closed};

/// What is done next. The numbers choose among two wakers.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send,
    DropSender,
    PollClosed(usize),
    Poll(usize),
    TryRecv,
    Close,
    DropReceiver,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Send),
        1 => Just(Step::DropSender),
        4 => (0..2_usize).prop_map(Step::PollClosed),
        6 => (0..2_usize).prop_map(Step::Poll),
        2 => Just(Step::TryRecv),
        1 => Just(Step::Close),
        1 => Just(Step::DropReceiver),
    ]
}

/// The naive channel.
#[derive(Default)]
struct Naive {
    message: Option<usize>,
    sender_gone: bool,
    closed: bool,
    receiver_gone: bool,
    told: bool,
    /// Whose waker lies there, the receiver's and the sender's, and how often each was woken.
    waits: [Option<usize>; 2],
    wakes: [[usize; 2]; 2],
}

const RECEIVER: usize = 0;
const SENDER: usize = 1;

impl Naive {
    fn can_send(&self) -> bool {
        !self.closed && !self.receiver_gone && !self.told
    }

    /// Nobody waits any more; who waited at `end` is woken.
    fn wake(&mut self, end: usize) {
        if let Some(waker) = self.waits[end] {
            self.wakes[end][waker] += 1;
        }
        self.waits = [None, None];
    }

    fn leave_sender(&mut self, message: Option<usize>) {
        self.message = message;
        self.sender_gone = true;
        self.wake(RECEIVER);
    }

    /// What a look finds: `None` while the message may still come.
    fn take(&mut self) -> Option<Option<usize>> {
        if self.message.is_none() && !self.sender_gone && !self.closed {
            return None;
        }
        self.told = true;
        Some(self.message.take())
    }
}

struct Real {
    ledger: Ledger,
    sender: Option<Sender<Message>>,
    receiver: Option<Receiver<Message>>,
    probes: [[Arc<Probe>; 2]; 2],
}

fn run(steps: &[Step]) {
    let ledger = Ledger::new();
    let (sender, receiver) = channel();
    let probes = [[Probe::new(), Probe::new()], [Probe::new(), Probe::new()]];
    let mut real = Real { ledger, sender: Some(sender), receiver: Some(receiver), probes };
    let mut naive = Naive::default();
    for step in steps {
        take(*step, &mut real, &mut naive);
        compare(&real, &naive);
    }
    drop((real.sender, real.receiver));
    real.ledger.all_dropped_once();
    assert!(real.probes.as_flattened().iter().all(|probe| held(probe) == 0));
}

fn take(step: Step, real: &mut Real, naive: &mut Naive) {
    match step {
        Step::Send => {
            let Some(sender) = real.sender.take() else { return };
            let message = real.ledger.message();
            let id = message.id;
            let sent = sender.send(message).map_err(|message| message.id);
            assert_eq!(sent, if naive.can_send() { Ok(()) } else { Err(id) });
            naive.leave_sender(sent.is_ok().then_some(id));
        }
        Step::DropSender => {
            if real.sender.take().is_some() {
                naive.leave_sender(None);
            }
        }
        Step::PollClosed(waker) => {
            let Some(sender) = &mut real.sender else { return };
            let ready = poll_closed(sender, &real.probes[SENDER][waker]).is_ready();
            assert_eq!(ready, !naive.can_send());
            naive.waits[SENDER] = (!ready).then_some(waker);
        }
        Step::Poll(waker) => {
            let Some(receiver) = real.receiver.as_mut().filter(|_| !naive.told) else { return };
            let polled = poll(receiver, &real.probes[RECEIVER][waker]);
            match naive.take() {
                None => {
                    assert!(polled.is_pending());
                    naive.waits[RECEIVER] = Some(waker);
                }
                Some(expected) => {
                    let Poll::Ready(answer) = polled else { panic!("it waits for what cannot come") };
                    assert_eq!(answer.ok().map(|message| message.id), expected);
                    naive.waits = [None, None];
                }
            }
        }
        Step::TryRecv => {
            let Some(receiver) = &mut real.receiver else { return };
            let got = receiver.try_recv().map(|message| message.id);
            match naive.told.then_some(None).or_else(|| naive.take()) {
                None => assert_eq!(got, Err(TryRecvError::Empty)),
                Some(expected) => assert_eq!(got, expected.ok_or(TryRecvError::Closed)),
            }
        }
        Step::Close => {
            let Some(receiver) = &mut real.receiver else { return };
            receiver.close();
            if !naive.sender_gone && naive.can_send() {
                naive.closed = true;
                naive.wake(SENDER);
            }
        }
        Step::DropReceiver => {
            if real.receiver.take().is_some() {
                naive.receiver_gone = true;
                naive.message = None;
                naive.wake(SENDER);
            }
        }
    }
}

fn compare(real: &Real, naive: &Naive) {
    if let Some(sender) = &real.sender {
        assert_eq!(sender.is_closed(), !naive.can_send());
    }
    if let Some(receiver) = &real.receiver {
        assert_eq!(receiver.is_empty(), naive.message.is_none());
        assert_eq!(receiver.is_terminated(), naive.told);
    }
    for end in [RECEIVER, SENDER] {
        for waker in 0..2 {
            let probe = &real.probes[end][waker];
            assert_eq!(probe.wakes(), naive.wakes[end][waker], "wakes of {end}.{waker}");
            assert_eq!(held(probe), usize::from(naive.waits[end] == Some(waker)), "wakers of {end}.{waker}");
        }
    }
    assert_eq!(real.ledger.alive(), usize::from(naive.message.is_some()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_the_naive_one(steps in prop::collection::vec(step(), 1..24)) {
        run(&steps);
    }
}
