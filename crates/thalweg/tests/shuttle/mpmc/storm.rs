//! The storm: many sends and receives, most of them given up after a poll or two. What was sent arrives once, in the
//! order of its sender; what was given up never arrives.

use std::pin::pin;
use std::sync::{Arc, Mutex};

use thalweg::mpmc::{Receiver, Sender, bounded, unbounded};

use super::model::{Op, Queue};
use crate::board::{Board, Driven, together};
use crate::explore::{Order, weather};
use crate::scenario::Dice;

const PRODUCERS: usize = 2;
const CONSUMERS: usize = 2;
const MESSAGES: usize = 5;

/// Who sent it, and which of its messages it is.
type Message = (usize, usize);

/// What happened, known to the test only.
#[derive(Default)]
struct Tally {
    sent: [Vec<Message>; PRODUCERS],
    received: [Vec<Message>; CONSUMERS],
}

fn produce(board: &Arc<Board<Queue>>, me: usize, sender: &Sender<Message>, dice: &mut Dice) -> Vec<Message> {
    let mut sent = Vec::new();
    let call = board.begin(me, Op::Send(0));
    for number in 0..MESSAGES {
        let mut message = Some((me, number));
        // Half of the messages are given up for good when their send is.
        let stubborn = dice.chance(4);
        while let Some(next) = message.take() {
            let polls = dice.chance(5).then(|| dice.below(3));
            let mut send = pin!(sender.send(next));
            match board.drive((me, call), send.as_mut(), polls, dice.chance(2)) {
                Driven::Ready(result) => {
                    result.expect("a receiver is left");
                    sent.push(next);
                }
                Driven::Pending => {
                    assert!(polls.is_some(), "a send sleeps though nobody else runs: {sender:?}");
                    let back = if dice.chance(4) { send.as_mut().cancel() } else { Some(next) };
                    assert_eq!(back, Some(next));
                    message = back.filter(|_| stubborn);
                }
            }
        }
    }
    sent
}

fn consume(board: &Arc<Board<Queue>>, me: usize, receiver: &Receiver<Message>, dice: &mut Dice) -> Vec<Message> {
    let mut received = Vec::new();
    let call = board.begin(me, Op::Recv);
    loop {
        let polls = dice.chance(5).then(|| dice.below(3));
        match board.drive((me, call), pin!(receiver.recv()), polls, dice.chance(2)) {
            Driven::Ready(Ok(message)) => received.push(message),
            Driven::Ready(Err(_)) => return received,
            Driven::Pending => assert!(polls.is_some(), "a receive sleeps though nobody else runs: {receiver:?}"),
        }
    }
}

fn storm(capacity: usize, seed: u64) {
    let (sender, receiver) = if capacity == usize::MAX { unbounded() } else { bounded(capacity) };
    let tally = Arc::new(Mutex::new(Tally::default()));
    let mut tasks: Vec<Box<dyn FnOnce(&Arc<Board<Queue>>, usize) + Send>> = Vec::new();
    for producer in 0..PRODUCERS {
        let (sender, tally) = (sender.clone(), tally.clone());
        tasks.push(Box::new(move |board, me| {
            let sent = produce(board, me, &sender, &mut Dice(seed + me as u64));
            tally.lock().unwrap().sent[producer] = sent;
        }));
    }
    for consumer in 0..CONSUMERS {
        let (receiver, tally) = (receiver.clone(), tally.clone());
        tasks.push(Box::new(move |board, me| {
            let received = consume(board, me, &receiver, &mut Dice(seed + me as u64));
            tally.lock().unwrap().received[consumer] = received;
        }));
    }
    // All handles are the tasks': the board knows of no other thread that might still do something.
    drop((sender, receiver));
    together(Queue::new(capacity, PRODUCERS, CONSUMERS), tasks);
    compare(&tally.lock().unwrap());
}

fn compare(tally: &Tally) {
    for received in &tally.received {
        for producer in 0..PRODUCERS {
            let numbers = received.iter().filter(|message| message.0 == producer);
            assert!(numbers.is_sorted(), "out of order: {received:?}");
        }
    }
    let mut sent: Vec<Message> = tally.sent.concat();
    let mut received: Vec<Message> = tally.received.concat();
    sent.sort_unstable();
    received.sort_unstable();
    assert_eq!(sent, received, "lost, doubled, or never sent");
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
    for capacity in [0, 1, 2] {
        weather(Order::Priorities, RUNS / 3, move |seed| storm(capacity, seed));
    }
}
