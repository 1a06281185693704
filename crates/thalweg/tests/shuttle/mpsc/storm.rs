//! The storm: more messages than a model can explain, most sends, reservations and receives given up after a poll or two,
//! and a receiver that uses every door and is at times gone before its senders. What was sent arrives once, in the order of
//! its sender; if the receiver has gone, a first part of it. Every message is dropped once.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use thalweg::mpsc::error::TryRecvError;
use thalweg::mpsc::{channel, unbounded_channel};

use super::ends::{Rx, Tx};
use crate::board::{Board, Driven, together};
use crate::explore::{Order, weather};
use crate::history::Id;
use crate::mpmc::model::{Op, Queue};
use crate::scenario::Dice;
use crate::token::{Ledger, Token};

const PRODUCERS: usize = 2;
/// Of each producer: together more than three blocks hold.
const MESSAGES: usize = 6;

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// The senders go, and the receiver has everything.
    Drained,
    /// The receiver closes it after so many messages, and has what was accepted.
    Closed(usize),
    /// The receiver goes after so many messages.
    Left(usize),
}

impl End {
    fn draw(dice: &mut Dice) -> End {
        let after = dice.below(PRODUCERS * MESSAGES);
        match dice.below(4) {
            0 => End::Closed(after),
            1 => End::Left(after),
            _ => End::Drained,
        }
    }
}

/// What happened, known to the test only.
#[derive(Default)]
struct Tally {
    sent: [Vec<Id>; PRODUCERS],
    received: Vec<Id>,
}

struct Task<'a> {
    board: &'a Arc<Board<Queue>>,
    me: usize,
    call: usize,
    dice: Dice,
}

impl Task<'_> {
    fn polls(&mut self) -> Option<usize> {
        self.dice.chance(5).then(|| self.dice.below(3))
    }

    /// Tries by one of the ways. `None`: it was given up.
    fn send(&mut self, sender: &Tx, token: Token) -> Option<Result<(), ()>> {
        let (polls, swap, permit) = (self.polls(), self.dice.chance(2), self.dice.chance(2));
        let Some(bounded) = sender.bounded().filter(|_| !self.dice.chance(2)) else {
            return match sender.try_send(token) {
                Err(error) if error.is_full() => None,
                result => Some(result.map_err(drop)),
            };
        };
        let at = (self.me, self.call);
        let driven = if permit {
            match self.board.drive(at, pin!(bounded.reserve()), polls, swap) {
                Driven::Ready(reserved) => Some(reserved.map(|permit| permit.send(token)).map_err(drop)),
                Driven::Pending => None,
            }
        } else {
            match self.board.drive(at, pin!(bounded.send(token)), polls, swap) {
                Driven::Ready(sent) => Some(sent.map_err(drop)),
                Driven::Pending => None,
            }
        };
        assert!(driven.is_some() || polls.is_some(), "a send sleeps though nobody else runs: {bounded:?}");
        driven
    }

    fn produce(&mut self, sender: &Tx, ledger: &Arc<Ledger>) -> Vec<Id> {
        let mut sent = Vec::new();
        for number in 0..MESSAGES {
            let id = (self.me * MESSAGES + number) as Id;
            // Half of the messages are given up for good when their send is.
            let stubborn = self.dice.chance(4);
            loop {
                match self.send(sender, ledger.token(id)) {
                    Some(Ok(())) => sent.push(id),
                    Some(Err(())) => return sent,
                    None if stubborn => {
                        shuttle::thread::yield_now();
                        continue;
                    }
                    None => {}
                }
                break;
            }
        }
        sent
    }

    /// Takes what is there by one of the doors. Whether that was the end.
    fn receive(&mut self, receiver: &mut Rx, tokens: &mut Vec<Token>) -> bool {
        let (polls, swap, at) = (self.polls(), self.dice.chance(2), (self.me, self.call));
        let before = tokens.len();
        let driven = match self.dice.below(5) {
            0 => match receiver.try_recv() {
                Err(TryRecvError::Disconnected) => Driven::Ready(None),
                result => Driven::Ready(Some(result.ok())),
            },
            1 => match receiver.poll_recv(&mut std::task::Context::from_waker(&self.board.idle_waker(self.me))) {
                Poll::Ready(token) => Driven::Ready(token.map(Some)),
                Poll::Pending => Driven::Ready(Some(None)),
            },
            2 => match self.board.drive(at, pin!(receiver.recv_many(tokens, 1 + self.dice.below(5))), polls, swap) {
                Driven::Ready(count) => Driven::Ready((count > 0).then_some(None)),
                Driven::Pending => Driven::Pending,
            },
            _ => match self.board.drive(at, pin!(receiver.recv()), polls, swap) {
                Driven::Ready(token) => Driven::Ready(token.map(Some)),
                Driven::Pending => Driven::Pending,
            },
        };
        match driven {
            Driven::Ready(None) => return true,
            Driven::Ready(Some(token)) => tokens.extend(token),
            Driven::Pending => assert!(polls.is_some(), "a receive sleeps though nobody else runs"),
        }
        if tokens.len() == before {
            shuttle::thread::yield_now();
        }
        false
    }

    fn consume(&mut self, mut receiver: Rx, end: End) -> Vec<Id> {
        let mut tokens = Vec::new();
        while !self.receive(&mut receiver, &mut tokens) {
            assert!(receiver.len() <= PRODUCERS * MESSAGES - tokens.len(), "it counts more than there are");
            match end {
                End::Left(after) if tokens.len() >= after => break,
                End::Closed(after) if tokens.len() >= after => receiver.close(),
                _ => {}
            }
        }
        tokens.iter().map(|token| token.id).collect()
    }
}

fn storm(capacity: usize, seed: u64) {
    let (sender, receiver) = if capacity == usize::MAX {
        let (sender, receiver) = unbounded_channel();
        (Tx::Unbounded(sender), Rx::Unbounded(receiver))
    } else {
        let (sender, receiver) = channel(capacity);
        (Tx::Bounded(sender), Rx::Bounded(receiver))
    };
    let (ledger, tally) = (Ledger::new(), Arc::new(Mutex::new(Tally::default())));
    let end = End::draw(&mut Dice(seed));
    let mut tasks: Vec<Box<dyn FnOnce(&Arc<Board<Queue>>, usize) + Send>> = Vec::new();
    for producer in 0..PRODUCERS {
        let (sender, tally, ledger) = (sender.clone(), tally.clone(), ledger.clone());
        tasks.push(Box::new(move |board, me| {
            let call = board.begin(me, Op::Send(0));
            let sent = Task { board, me, call, dice: Dice(seed + me as u64) }.produce(&sender, &ledger);
            tally.lock().unwrap().sent[producer] = sent;
        }));
    }
    let at_last = tally.clone();
    tasks.push(Box::new(move |board, me| {
        let call = board.begin(me, Op::Recv);
        let received = Task { board, me, call, dice: Dice(seed + me as u64) }.consume(receiver, end);
        at_last.lock().unwrap().received = received;
    }));
    // All handles are the tasks': the board knows of no other thread that might still do something.
    drop(sender);
    together(Queue::new(capacity, PRODUCERS, 1), tasks);
    compare(&tally.lock().unwrap(), end);
    assert_eq!(ledger.unbalanced(), [], "not dropped once, {end:?}");
}

fn compare(tally: &Tally, end: End) {
    for (producer, sent) in tally.sent.iter().enumerate() {
        let own = |id: &Id| usize::from(*id) / MESSAGES == producer;
        let received: Vec<Id> = tally.received.iter().copied().filter(own).collect();
        let all = matches!(end, End::Left(_)) || received.len() == sent.len();
        assert!(all && sent.starts_with(&received), "{end:?}: sent {sent:?}, received {received:?}");
    }
}

const RUNS: usize = 3_000;

#[test]
fn storm_rendezvous() {
    weather(Order::Random, RUNS, |seed| storm(0, seed));
}

#[test]
fn storm_one() {
    weather(Order::Random, RUNS, |seed| storm(1, seed));
}

#[test]
fn storm_two() {
    weather(Order::Random, RUNS, |seed| storm(2, seed));
}

#[test]
fn storm_unbounded() {
    weather(Order::Random, RUNS, |seed| storm(usize::MAX, seed));
}

#[test]
fn storm_by_priorities() {
    for capacity in [0, 1, 2, usize::MAX] {
        weather(Order::Priorities, RUNS / 3, move |seed| storm(capacity, seed));
    }
}
