//! The storm: several senders, and receivers that come and go. Each gets a slice of the one order of the channel.

use std::pin::pin;
use std::sync::{Arc, Mutex};

use thalweg::broadcast::error::{RecvError, TrySendError};
use thalweg::broadcast::{Receiver, Sender};

use super::model::{Log, Op};
use super::slices::{Entry, Journal, Life, Message};
use crate::board::{Board, Driven, together};
use crate::explore::{Order, weather};
use crate::scenario::Dice;

const PRODUCERS: usize = 2;
/// They read from the beginning to the end.
const STEADY: usize = 1;
const MESSAGES: usize = 4;

/// A clone takes its time: others may run meanwhile.
struct Slow(Message);

impl Clone for Slow {
    fn clone(&self) -> Slow {
        shuttle::thread::yield_now();
        Slow(self.0)
    }
}

/// One of the tasks, with what it needs.
struct Task<'a> {
    board: &'a Arc<Board<Log>>,
    me: usize,
    journal: &'a Mutex<Journal>,
    dice: Dice,
}

#[derive(Clone)]
enum AnySender {
    Lossy(Sender<Slow>),
    Lossless(Sender<Slow, thalweg::broadcast::Lossless>),
}

impl Task<'_> {
    fn tick(&self) -> u64 {
        self.journal.lock().unwrap().tick()
    }

    fn produce(&mut self, sender: &AnySender) {
        for number in 0..MESSAGES {
            let message = (self.me, number);
            let from = self.tick();
            loop {
                match self.send(sender, Slow(message)) {
                    Some(Ok(receivers)) => {
                        // The one that wanders may be none, or two for a moment.
                        assert!((STEADY..=STEADY + 2).contains(&receivers), "{receivers} receivers");
                        let to = self.tick();
                        self.journal.lock().unwrap().sent.push((message, (from, to)));
                        break;
                    }
                    Some(Err(_)) => panic!("receivers are left"),
                    None if self.dice.chance(4) => break,
                    None => {}
                }
            }
        }
    }

    /// Sends one message. `None`: it gave it up.
    fn send(&mut self, sender: &AnySender, message: Slow) -> Option<Result<usize, TrySendError<Slow>>> {
        let sender = match sender {
            AnySender::Lossy(sender) => return Some(sender.send(message).map_err(TrySendError::from)),
            AnySender::Lossless(sender) => sender,
        };
        let call = self.board.begin(self.me, Op::Send(0));
        let polls = self.dice.chance(4).then(|| self.dice.below(3));
        let swap = self.dice.chance(2);
        match self.board.drive((self.me, call), pin!(sender.send(message)), polls, swap) {
            Driven::Ready(result) => Some(result.map_err(TrySendError::from)),
            Driven::Pending => {
                assert!(polls.is_some(), "a send sleeps though nobody else runs: {sender:?}");
                None
            }
        }
    }

    /// Reads so many times, or to the end.
    fn consume(&mut self, receiver: &mut Receiver<Slow>, life: &mut Life, times: usize) {
        for _ in 0..times {
            let call = self.board.begin(self.me, Op::Closed);
            let polls = self.dice.chance(4).then(|| self.dice.below(3));
            let swap = self.dice.chance(2);
            match self.board.drive((self.me, call), pin!(receiver.recv()), polls, swap) {
                Driven::Ready(Ok(message)) => life.log.push(Entry::Got(message.0)),
                Driven::Ready(Err(RecvError::Lagged(missed))) => life.log.push(Entry::Missed(missed)),
                Driven::Ready(Err(RecvError::Closed)) => {
                    life.to_the_end = true;
                    return;
                }
                Driven::Pending => assert!(polls.is_some(), "a receive sleeps though nobody else runs"),
            }
        }
    }

    /// Reads a little, then begins anew where the channel is by then; at last it reads to the end.
    fn wander(&mut self, mut receiver: Receiver<Slow>) {
        let mut life = Life { made: (0, 0), log: Vec::new(), to_the_end: false };
        for _ in 0..self.dice.below(3) {
            let times = self.dice.below(4);
            self.consume(&mut receiver, &mut life, times);
            if life.to_the_end {
                break;
            }
            let from = self.tick();
            receiver = if self.dice.chance(4) { receiver.resubscribe() } else { receiver.deactivate().activate() };
            let made = (from, self.tick());
            let old = std::mem::replace(&mut life, Life { made, log: Vec::new(), to_the_end: false });
            self.journal.lock().unwrap().lives.push(old);
        }
        self.settle(receiver, life);
    }

    fn settle(&mut self, mut receiver: Receiver<Slow>, mut life: Life) {
        while !life.to_the_end {
            self.consume(&mut receiver, &mut life, usize::MAX);
        }
        self.journal.lock().unwrap().lives.push(life);
    }
}

type Work = Box<dyn FnOnce(&mut Task) + Send>;

fn storm(lossless: bool, seed: u64) {
    let capacity = 1 + (seed / 16 % 3) as usize;
    let (sender, first) = if lossless {
        let sender = Sender::lossless(capacity);
        let first = sender.subscribe();
        (AnySender::Lossless(sender), first)
    } else {
        let sender = Sender::new(capacity);
        let first = sender.subscribe();
        (AnySender::Lossy(sender), first)
    };
    let journal = Arc::new(Mutex::new(Journal::default()));
    let mut works: Vec<Work> = Vec::new();
    for _ in 0..PRODUCERS {
        let sender = sender.clone();
        works.push(Box::new(move |task| task.produce(&sender)));
    }
    for _ in 0..STEADY {
        let receiver = first.resubscribe();
        let life = Life { made: (0, 0), log: Vec::new(), to_the_end: false };
        works.push(Box::new(move |task| task.settle(receiver, life)));
    }
    works.push(Box::new(move |task| task.wander(first)));
    drop(sender);
    let task = |work: Work| {
        let journal = journal.clone();
        let run = move |board: &Arc<Board<Log>>, me: usize| {
            work(&mut Task { board, me, journal: &journal, dice: Dice(seed + me as u64) });
        };
        Box::new(run) as Box<dyn FnOnce(&Arc<Board<Log>>, usize) + Send>
    };
    together(Log::new(capacity, lossless, PRODUCERS, &[]), works.into_iter().map(task).collect());
    let journal = journal.lock().unwrap();
    let missed = journal.lives.iter().flat_map(|life| &life.log).any(|entry| matches!(entry, Entry::Missed(_)));
    assert!(!(lossless && missed), "a receiver missed something");
    journal.check().unwrap();
}

const RUNS: usize = 12_000;

#[test]
fn storm_lossy() {
    weather(Order::Random, RUNS, |seed| storm(false, seed));
    weather(Order::Priorities, RUNS / 3, |seed| storm(false, seed));
}

#[test]
fn storm_lossless() {
    weather(Order::Random, RUNS, |seed| storm(true, seed));
    weather(Order::Priorities, RUNS / 3, |seed| storm(true, seed));
}
