//! The storm: many sends and receives, most of them given up after a poll or two. What was sent arrives once, in the
//! order of its sender; what was given up never arrives.

use std::pin::pin;
use std::sync::{Arc, Mutex};

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use thalweg::mpmc::{Receiver, Sender, bounded, unbounded};

use crate::board::{Board, Driven};
use crate::history::{History, Op};
use crate::linearizable::setting;
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

fn produce(board: &Arc<Board>, me: usize, sender: &Sender<Message>, dice: &mut Dice) -> Vec<Message> {
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

fn consume(board: &Arc<Board>, me: usize, receiver: &Receiver<Message>, dice: &mut Dice) -> Vec<Message> {
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
    let nothing = History { capacity, senders: PRODUCERS, receivers: CONSUMERS, calls: Vec::new() };
    let board = Board::new(PRODUCERS + CONSUMERS, nothing);
    let tally = Arc::new(Mutex::new(Tally::default()));
    // All handles are the tasks': the board knows of no other thread that might still do something.
    let senders: Vec<_> = (0..PRODUCERS).map(|_| sender.clone()).collect();
    let receivers: Vec<_> = (0..CONSUMERS).map(|_| receiver.clone()).collect();
    drop((sender, receiver));
    let mut threads = Vec::new();
    for (me, sender) in senders.into_iter().enumerate() {
        let (board, tally) = (board.clone(), tally.clone());
        threads.push(shuttle::thread::spawn(move || {
            let sent = produce(&board, me, &sender, &mut Dice(seed + me as u64));
            tally.lock().unwrap().sent[me] = sent;
            drop(sender);
            board.ended(me);
        }));
    }
    for (consumer, receiver) in receivers.into_iter().enumerate() {
        let (board, tally) = (board.clone(), tally.clone());
        threads.push(shuttle::thread::spawn(move || {
            let me = PRODUCERS + consumer;
            let received = consume(&board, me, &receiver, &mut Dice(seed + me as u64));
            tally.lock().unwrap().received[consumer] = received;
            board.ended(me);
        }));
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
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

fn weather(capacity: usize, scheduler: impl Scheduler + 'static) {
    let mut config = shuttle::Config::new();
    config.stack_size = 0x40000;
    let seed = Arc::new(std::sync::atomic::AtomicU64::new(setting("THALWEG_SHUTTLE_SEED", 1)));
    // Each run rolls its dice anew; shuttle's printed schedule and the count of runs tell which.
    let run = move || storm(capacity, seed.fetch_add(16, std::sync::atomic::Ordering::Relaxed));
    shuttle::Runner::new(scheduler, config).run(run);
}

fn runs() -> usize {
    3_000 * setting("THALWEG_SHUTTLE_FACTOR", 1) as usize
}

fn random() -> RandomScheduler {
    RandomScheduler::new_from_seed(setting("THALWEG_SHUTTLE_SEED", 1), runs())
}

#[test]
fn storm_rendezvous() {
    weather(0, random());
}

#[test]
fn storm_one() {
    weather(1, random());
}

#[test]
fn storm_two() {
    weather(2, random());
}

#[test]
fn storm_unbounded() {
    weather(usize::MAX, random());
}

#[test]
fn storm_by_priorities() {
    for capacity in [0, 1, 2] {
        weather(capacity, PctScheduler::new_from_seed(setting("THALWEG_SHUTTLE_SEED", 1), 3, runs() / 3));
    }
}
