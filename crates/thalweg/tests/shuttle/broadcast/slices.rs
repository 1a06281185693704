//! The global order, put together from what the receivers got: each of them has a contiguous slice of it, with gaps
//! exactly as large as it was told.
//!
//! Who read to the end of the channel got the last messages there were. So the length of its log says where it began.

use std::collections::HashMap;

/// Who sent it, and which of its messages it is.
pub(super) type Message = (usize, usize);

/// From one stamp of the clock to a later one.
pub(super) type Span = (u64, u64);

pub(super) enum Entry {
    Got(Message),
    Missed(u64),
}

/// What one receiver got.
pub(super) struct Life {
    /// The call that made it.
    pub(super) made: Span,
    pub(super) log: Vec<Entry>,
    /// It read on until there was nothing more to come.
    pub(super) to_the_end: bool,
}

/// What happened, known to the test only.
#[derive(Default)]
pub(super) struct Journal {
    pub(super) clock: u64,
    pub(super) sent: Vec<(Message, Span)>,
    pub(super) lives: Vec<Life>,
}

impl Journal {
    pub(super) fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Whether there is a global order of which all receivers got their slice.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut order = Order { messages: vec![None; self.sent.len()], numbers: HashMap::new() };
        for life in self.lives.iter().filter(|life| life.to_the_end) {
            let Some(begin) = order.messages.len().checked_sub(life.len()) else {
                return Err("a receiver got more than was sent".to_owned());
            };
            self.place(&mut order, life, begin)?;
        }
        for life in self.lives.iter().filter(|life| !life.to_the_end) {
            if let Some(begin) = order.begin_of(life)? {
                self.place(&mut order, life, begin)?;
            }
        }
        self.check_times(&order)
    }

    fn place(&self, order: &mut Order, life: &Life, begin: usize) -> Result<(), String> {
        order.place(life, begin)?;
        let count = |is: &dyn Fn(Span) -> bool| self.sent.iter().filter(|(_, span)| is(*span)).count();
        let before = count(&|sent| sent.1 < life.made.0);
        let until = count(&|sent| sent.0 < life.made.1);
        if begin < before || begin > until {
            return Err(format!("a receiver began at {begin}, and was made between {before} and {until}"));
        }
        Ok(())
    }

    /// One sender's messages stand in its order, and no message before one that was sent when it began.
    fn check_times(&self, order: &Order) -> Result<(), String> {
        for (first, span) in &self.sent {
            for (second, later) in &self.sent {
                let numbers = order.numbers.get(first).zip(order.numbers.get(second));
                if span.1 < later.0 && numbers.is_some_and(|(first, second)| first > second) {
                    return Err(format!("{first:?} was sent before {second:?}, and stands behind it"));
                }
            }
        }
        Ok(())
    }
}

impl Life {
    /// How many messages it got or missed.
    fn len(&self) -> usize {
        self.log.iter().map(Entry::len).sum()
    }
}

impl Entry {
    fn len(&self) -> usize {
        if let Entry::Missed(n) = self { *n as usize } else { 1 }
    }
}

/// Which message is which in the global order, as far as it is known.
struct Order {
    messages: Vec<Option<Message>>,
    numbers: HashMap<Message, usize>,
}

impl Order {
    fn place(&mut self, life: &Life, begin: usize) -> Result<(), String> {
        let mut number = begin;
        for entry in &life.log {
            if let Entry::Got(message) = entry {
                let Some(place) = self.messages.get_mut(number) else {
                    return Err("a receiver got more than was sent".to_owned());
                };
                if place.replace(*message).is_some_and(|other| other != *message)
                    || self.numbers.insert(*message, number).is_some_and(|other| other != number)
                {
                    return Err(format!("{message:?} is number {number} for one receiver and not for another"));
                }
            }
            number += entry.len();
        }
        Ok(())
    }

    /// Where a receiver began that left early, if any of its messages is known.
    fn begin_of(&self, life: &Life) -> Result<Option<usize>, String> {
        let mut passed = 0;
        for entry in &life.log {
            if let Entry::Got(message) = entry {
                if let Some(number) = self.numbers.get(message) {
                    let begin = number.checked_sub(passed);
                    return begin.map(Some).ok_or_else(|| "a receiver missed more than was sent".to_owned());
                }
            }
            passed += entry.len();
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::Entry::{Got, Missed};
    use super::*;

    /// One sender's three messages, one after the other, and what receivers made between the first and the second got.
    fn journal(lives: Vec<(Vec<Entry>, bool)>) -> Journal {
        let sent = vec![((0, 0), (0, 1)), ((0, 1), (10, 11)), ((0, 2), (20, 21))];
        let life = |(log, to_the_end)| Life { made: (4, 5), log, to_the_end };
        Journal { clock: 0, sent, lives: lives.into_iter().map(life).collect() }
    }

    fn to_the_end(log: Vec<Entry>) -> Journal {
        journal(vec![(log, true)])
    }

    #[test]
    fn slices_are_accepted() {
        assert_eq!(to_the_end(vec![Got((0, 1)), Got((0, 2))]).check(), Ok(()));
        assert_eq!(to_the_end(vec![Missed(1), Got((0, 2))]).check(), Ok(()));
        let two = journal(vec![(vec![Got((0, 1)), Got((0, 2))], true), (vec![Got((0, 1))], false), (vec![], false)]);
        assert_eq!(two.check(), Ok(()));
    }

    #[test]
    fn anything_else_is_not() {
        let bad = [
            to_the_end(vec![Got((0, 2))]),
            to_the_end(vec![Got((0, 1))]),
            to_the_end(vec![Missed(2), Got((0, 2))]),
            to_the_end(vec![Got((0, 0)), Got((0, 1)), Got((0, 2))]),
            to_the_end(vec![Got((0, 2)), Got((0, 1))]),
            to_the_end(vec![Missed(4)]),
            to_the_end(vec![Got((0, 1)), Got((0, 1))]),
            journal(vec![(vec![Missed(1), Got((0, 2))], true), (vec![Got((0, 2))], false)]),
            journal(vec![(vec![Got((0, 1)), Got((0, 2))], true), (vec![Got((0, 2)), Got((0, 1))], false)]),
        ];
        for (number, journal) in bad.iter().enumerate() {
            assert!(journal.check().is_err(), "number {number} was accepted");
        }
    }
}
