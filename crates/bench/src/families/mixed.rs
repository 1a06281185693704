//! Streams between a thread and a task.

use std::thread;
use std::time::Instant;

use crate::cell::{Cell, Entrants, Length, PER_MESSAGE, Place, Plan};
use crate::channel::{BlockingRx, BlockingTx, Capacity, Channel, Delivery, Rx, Tx, VisitMixed, offers};
use crate::message::{Message, Tally};
use crate::peers;
use crate::runtime::Flavor;

struct Collect {
    capacity: Capacity,
    to_task: bool,
    entrants: Entrants,
}

impl VisitMixed<u64> for Collect {
    fn to_task<C>(&mut self)
    where
        C: Channel<u64, Tx: BlockingTx<u64>, Rx: Rx<u64>>,
    {
        if !self.to_task {
            return;
        }
        let capacity = self.capacity;
        self.entrants.add(C::NAMED, offers::<u64, C>(capacity, 1), move |runtime, messages| {
            let (mut tx, mut rx) = C::open(capacity).ok_or("not offered")?;
            let start = Instant::now();
            let sender = thread::spawn(move || (0..messages).all(|number| tx.put_blocking(number)));
            let receive = async move {
                let mut tally = Tally::default();
                while let Some(message) = rx.take().await.message() {
                    tally.add(&message);
                }
                tally
            };
            let tally = runtime.run(|spawner| async move { spawner.spawn(receive).await });
            let elapsed = start.elapsed();
            let sent = sender.join().map_err(|_| "panic")?;
            assert!(sent, "closed under its sender");
            tally.verify(messages)?;
            Ok(vec![elapsed.as_nanos() as f64 / messages as f64])
        });
    }

    fn to_thread<C>(&mut self)
    where
        C: Channel<u64, Tx: Tx<u64>, Rx: BlockingRx<u64>>,
    {
        if self.to_task {
            return;
        }
        let capacity = self.capacity;
        self.entrants.add(C::NAMED, offers::<u64, C>(capacity, 1), move |runtime, messages| {
            let (mut tx, mut rx) = C::open(capacity).ok_or("not offered")?;
            let start = Instant::now();
            let receiver = thread::spawn(move || {
                let mut tally = Tally::default();
                while let Some(message) = rx.take_blocking() {
                    tally.add(&message);
                }
                tally
            });
            let send = async move {
                for number in 0..messages {
                    assert!(tx.put(number).await.is_ok(), "closed under its sender");
                }
            };
            runtime.run(|spawner| async move { spawner.spawn(send).await });
            let tally = receiver.join().map_err(|_| "panic")?;
            let elapsed = start.elapsed();
            tally.verify(messages)?;
            Ok(vec![elapsed.as_nanos() as f64 / messages as f64])
        });
    }
}

pub(super) fn cells(_: Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (what, to_task) in [("thread to task", true), ("task to thread", false)] {
        for capacity in [Capacity::Bounded(1), Capacity::Bounded(128), Capacity::Unbounded] {
            let mut collect = Collect { capacity, to_task, entrants: Entrants::default() };
            peers::mixed(&mut collect);
            let place = Place::new("mixed", what).capacity(capacity).topology(1, 1).payload(u64::BYTES);
            let length = Length::Timed { most: 100_000 };
            cells.push(Cell::new(place, Flavor::Workers(2), PER_MESSAGE, length, collect.entrants));
        }
    }
    cells
}
