//! Promise 7 by lot: whatever is mixed with it, a channel never holds more than its capacity, nor takes from an empty one.
//!
//! `model.rs` asks for the smallest channels, with budgets off. Here blocks are filled, left and detached, messages are of
//! no size, large, or larger than a block's worth, permits come in numbers and outlive the close, and budgets are spent.

use std::{collections::VecDeque, num::NonZeroU32};

use thalweg::mpmc::{Permit, Receiver, Sender, TryRecvError, TrySendError};

use crate::harness::*;

/// A message of a size of its own, which may be none.
trait Payload: Sized + std::fmt::Debug {
    fn new(number: u32) -> Self;
    /// What is left of the number.
    fn number(&self) -> u32;
    fn kept(number: u32) -> u32 {
        number
    }
}

impl Payload for () {
    fn new(_number: u32) {}
    fn number(&self) -> u32 {
        0
    }
    fn kept(_number: u32) -> u32 {
        0
    }
}

impl Payload for Box<u32> {
    fn new(number: u32) -> Box<u32> {
        Box::new(number)
    }
    fn number(&self) -> u32 {
        **self
    }
}

#[derive(Debug)]
struct Wide<const N: usize>([Box<u32>; 2], [u8; N]);

impl<const N: usize> Payload for Wide<N> {
    fn new(number: u32) -> Wide<N> {
        Wide([Box::new(number), Box::new(!number)], [number as u8; N])
    }
    fn number(&self) -> u32 {
        assert!(*self.0[0] == !*self.0[1] && self.1.iter().all(|byte| *byte == *self.0[0] as u8), "a torn message");
        *self.0[0]
    }
}

struct Twins<'a, M> {
    random: Random,
    sender: &'a Sender<M>,
    receiver: &'a Receiver<M>,
    capacity: usize,
    queue: VecDeque<u32>,
    permits: Vec<Permit<'a, M>>,
    next: u32,
    closed: bool,
}

impl<M: Payload> Twins<'_, M> {
    fn room(&self) -> usize {
        match self.capacity {
            0 => 0,
            limit => limit - self.queue.len() - self.permits.len(),
        }
    }

    fn message(&mut self) -> (u32, M) {
        self.next += 1;
        (M::kept(self.next), M::new(self.next))
    }

    /// A burst in one direction: mostly longer than a run.
    fn burst(&mut self) {
        let length = [1, 3, 20, 90][self.random.below(4) as usize];
        let way = self.random.below(4);
        for _ in 0..length {
            match way {
                0 => self.try_send(),
                1 => self.try_recv(),
                2 => self.poll_send(),
                _ => self.poll_recv(),
            }
        }
    }

    fn try_send(&mut self) {
        let (number, message) = self.message();
        let room = self.room();
        match self.sender.try_send(message) {
            Ok(()) => {
                assert!(room > 0 && !self.closed, "sent without room");
                self.queue.push_back(number);
            }
            Err(TrySendError::Full(message)) => assert!(room == 0 && !self.closed && message.number() == number),
            Err(TrySendError::Closed(message)) => assert!(self.closed && message.number() == number),
        }
    }

    fn poll_send(&mut self) {
        let (number, message) = self.message();
        let room = self.room();
        let mut send = task(self.sender.send(message));
        if room > 0 && !self.closed {
            assert!(send.finishes().is_ok());
            self.queue.push_back(number);
        } else if self.closed {
            assert_eq!(send.finishes().unwrap_err().0.number(), number);
        } else {
            send.waits();
        }
    }

    fn expected(&mut self) -> Result<u32, TryRecvError> {
        let ended = self.closed && self.permits.is_empty();
        self.queue.pop_front().ok_or(if ended { TryRecvError::Closed } else { TryRecvError::Empty })
    }

    fn try_recv(&mut self) {
        let expected = self.expected();
        assert_eq!(self.receiver.try_recv().map(|message| message.number()), expected);
    }

    fn poll_recv(&mut self) {
        let mut recv = task(self.receiver.recv());
        match self.expected() {
            Ok(number) => assert_eq!(recv.finishes().unwrap().number(), number),
            Err(TryRecvError::Closed) => assert!(recv.finishes().is_err()),
            Err(TryRecvError::Empty) => recv.waits(),
        }
    }

    fn many(&mut self) {
        let count = 1 + self.random.below(40) as usize;
        if self.random.chance(2) {
            let mut batch = Vec::new();
            let expected: Vec<_> = self.queue.drain(..count.min(self.queue.len())).collect();
            assert_eq!(self.receiver.try_recv_many(&mut batch, count).unwrap_or(0), expected.len());
            assert!(batch.iter().map(M::number).eq(expected));
            return;
        }
        let room = if self.closed { 0 } else { self.room() };
        let (numbers, mut batch): (Vec<_>, VecDeque<_>) = (0..count).map(|_| self.message()).unzip();
        let sent = room.min(count);
        assert_eq!(self.sender.try_send_many(&mut batch).is_ok(), sent == count);
        assert_eq!(batch.len(), count - sent);
        self.queue.extend(&numbers[..sent]);
    }

    fn force_send(&mut self) {
        let (number, message) = self.message();
        let full = self.room() == 0;
        match self.sender.force_send(message) {
            Err(error) => assert!(self.closed && error.0.number() == number),
            Ok(None) => {
                assert!(!full && !self.closed);
                self.queue.push_back(number);
            }
            Ok(Some(displaced)) => {
                assert!(full && !self.closed);
                self.queue.push_back(number);
                let oldest = if self.capacity == 0 || self.queue.len() == 1 {
                    self.queue.pop_back()
                } else {
                    self.queue.pop_front()
                };
                assert_eq!(Some(displaced.number()), oldest);
            }
        }
    }

    fn permit(&mut self) {
        let taken = !self.permits.is_empty() && self.random.chance(2);
        if taken {
            let at = self.random.below(self.permits.len() as u64) as usize;
            let permit = self.permits.swap_remove(at);
            if self.random.chance(3) {
                return drop(permit);
            }
            let (number, message) = self.message();
            permit.send(message).expect("a receiver is left");
            self.queue.push_back(number);
            return;
        }
        let (count, room) = (1 + self.random.below(3) as usize, self.room());
        match self.sender.try_reserve_many(count) {
            Ok(permits) => {
                assert!(room >= count && !self.closed, "reserved without room");
                self.permits.extend(permits);
            }
            Err(_) => assert!(room < count || self.closed),
        }
    }

    fn step(&mut self) {
        match self.random.below(16) {
            0..6 => self.burst(),
            6..8 => self.many(),
            8 => self.force_send(),
            9..13 => self.permit(),
            13 => assert!(self.receiver.drain().map(|message| message.number()).eq(self.queue.drain(..))),
            14 if self.random.chance(30) => {
                self.closed = true;
                self.sender.close();
            }
            _ => {
                let budget = NonZeroU32::new(self.random.below(20) as u32);
                self.sender.set_budget(budget);
                self.receiver.set_budget(budget);
            }
        }
        assert_eq!((self.sender.len(), self.sender.reserved()), (self.queue.len(), self.permits.len()));
        assert_eq!((self.sender.waiting_senders(), self.sender.waiting_receivers()), (0, 0));
    }
}

fn run<M: Payload>(seed: u64, steps: usize) {
    for capacity in [0, 1, 2, 3, 63, 64, 65, 129, usize::MAX] {
        let (sender, receiver) = channel::<M>(capacity);
        let mut twins = Twins {
            random: Random::new(seed),
            sender: &sender,
            receiver: &receiver,
            capacity,
            queue: VecDeque::new(),
            permits: Vec::new(),
            next: 0,
            closed: false,
        };
        (0..steps).for_each(|_| twins.step());
        let Twins { permits, queue, .. } = twins;
        drop(permits);
        assert!(receiver.try_iter().map(|message| message.number()).eq(queue));
    }
}

/// `THALWEG_SEEDS` asks for more runs.
#[test]
fn no_mixture_oversteps_the_capacity() {
    let seeds = std::env::var("THALWEG_SEEDS").map_or(12, |value| value.parse().expect("THALWEG_SEEDS is a number"));
    for seed in 0..seeds {
        run::<()>(seed, 60);
        run::<Box<u32>>(seed, 60);
        run::<Wide<600>>(seed, 40);
        run::<Wide<2100>>(seed, 40);
    }
}
