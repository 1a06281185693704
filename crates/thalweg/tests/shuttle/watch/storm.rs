//! The storm: many changes, and receivers that follow them until no sender is left. Each sees newer values only, and the
//! last one in the end.

use std::pin::{Pin, pin};
use std::sync::Arc;

use thalweg::watch::{Receiver, Sender, channel};

use super::model::{Op, Value};
use crate::board::{Board, Driven, together};
use crate::explore::{Order, weather};
use crate::scenario::Dice;

const SENDERS: usize = 2;
const RECEIVERS: usize = 2;
const CHANGES: u64 = 5;

fn change(sender: &Sender<u64>, dice: &mut Dice) {
    // A change that is not made known may be seen and need not: it leaves the count as it is.
    while dice.chance(2) {
        assert!(!sender.send_if_modified(|_| false));
    }
    if dice.chance(4) {
        sender.send_modify(|count| *count += 1);
    } else {
        assert!(sender.send_if_modified(|count| {
            *count += 1;
            true
        }));
    }
}

/// A receiver, and what it saw last.
struct Follower<'a> {
    board: &'a Arc<Board<Value>>,
    me: usize,
    receiver: Receiver<u64>,
    last: u64,
    dice: Dice,
}

impl Follower<'_> {
    /// Follows the value to the end.
    fn follow(mut self) {
        loop {
            let ended = if self.dice.chance(2) { self.wait_for() } else { self.changed() };
            if ended {
                return assert_eq!(self.last, CHANGES * SENDERS as u64, "the last value was not seen");
            }
        }
    }

    /// Polls until ready, or now and then gives up.
    fn drive<F: Future>(
        board: &Arc<Board<Value>>,
        me: usize,
        dice: &mut Dice,
        future: Pin<&mut F>,
    ) -> Option<F::Output> {
        let call = board.begin(me, Op::Look);
        let polls = dice.chance(5).then(|| dice.below(3));
        match board.drive((me, call), future, polls, dice.chance(2)) {
            Driven::Ready(output) => Some(output),
            Driven::Pending => {
                assert!(polls.is_some(), "a receiver sleeps though nobody else runs");
                None
            }
        }
    }

    /// Waits for a newer value, and says whether there will be none.
    fn changed(&mut self) -> bool {
        let Follower { board, me, receiver, dice, .. } = self;
        match Self::drive(board, *me, dice, pin!(receiver.changed())) {
            None => return false,
            Some(Err(_)) => return true,
            Some(Ok(())) => {}
        }
        let count = *self.receiver.borrow_and_update();
        assert!(count > self.last, "{count} after {}", self.last);
        self.last = count;
        false
    }

    /// The same by a condition.
    fn wait_for(&mut self) -> bool {
        let Follower { board, me, receiver, dice, last } = self;
        let mut looked = *last;
        let condition = |count: &u64| {
            assert!(*count >= looked, "{count} after {looked}");
            looked = *count;
            *count > *last
        };
        let count = match Self::drive(board, *me, dice, pin!(receiver.wait_for(condition))) {
            None => return false,
            Some(Err(_)) => return true,
            Some(Ok(count)) => *count,
        };
        self.last = count;
        false
    }
}

fn storm(seed: u64) {
    let (sender, receiver) = channel(0);
    let mut tasks: Vec<Box<dyn FnOnce(&Arc<Board<Value>>, usize) + Send>> = Vec::new();
    for _ in 0..SENDERS {
        let sender = sender.clone();
        tasks.push(Box::new(move |_, me| {
            let mut dice = Dice(seed + me as u64);
            (0..CHANGES).for_each(|_| change(&sender, &mut dice));
        }));
    }
    for _ in 0..RECEIVERS {
        let receiver = receiver.clone();
        tasks.push(Box::new(move |board, me| {
            Follower { board, me, receiver, last: 0, dice: Dice(seed + me as u64) }.follow();
        }));
    }
    drop((sender, receiver));
    together(Value::new(0, SENDERS, &[]), tasks);
}

const RUNS: usize = 3_000;

#[test]
fn storm_by_chance() {
    weather(Order::Random, RUNS, storm);
}

#[test]
fn storm_by_priorities() {
    weather(Order::Priorities, RUNS / 3, storm);
}
