//! Channels whose messages go to one receiver each: what was sent is what was received, each sender's in order.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_lite::future::{block_on, yield_now};
use thalweg::{mpmc, mpsc};

use crate::Came;
use crate::dice::Dice;
use crate::places::{Body, PLACES, Place, Places, give_up, linger};
use crate::shutdown::{Doomed, ENDLESS};
use crate::token::{Ledger, Token};
use crate::watchdog::{Describe, Watchdog};

#[derive(Clone)]
enum Tx {
    Mpmc(mpmc::Sender<Token>),
    Mpsc(mpsc::Sender<Token>),
    Unbounded(mpsc::UnboundedSender<Token>),
}

enum Rx {
    Mpmc(mpmc::Receiver<Token>),
    Mpsc(mpsc::Receiver<Token>),
    Unbounded(mpsc::UnboundedReceiver<Token>),
}

impl Tx {
    async fn send(&self, message: Token) -> bool {
        match self {
            Tx::Mpmc(tx) => tx.send(message).await.is_ok(),
            Tx::Mpsc(tx) => tx.send(message).await.is_ok(),
            Tx::Unbounded(tx) => tx.send(message).is_ok(),
        }
    }

    fn try_send(&self, message: Token) -> bool {
        match self {
            Tx::Mpmc(tx) => tx.try_send(message).is_ok(),
            Tx::Mpsc(tx) => tx.try_send(message).is_ok(),
            Tx::Unbounded(tx) => tx.send(message).is_ok(),
        }
    }

    /// By a permit.
    async fn reserve_and_send(&self, message: Token) -> bool {
        match self {
            Tx::Mpmc(tx) => match tx.reserve().await {
                Ok(permit) => permit.send(message).is_ok(),
                Err(_) => false,
            },
            Tx::Mpsc(tx) => tx.reserve().await.map(|permit| permit.send(message)).is_ok(),
            Tx::Unbounded(tx) => tx.send(message).is_ok(),
        }
    }

    fn send_blocking(&self, message: Token, patience: Option<Duration>) -> bool {
        match (self, patience) {
            (Tx::Mpmc(tx), None) => tx.send_blocking(message).is_ok(),
            (Tx::Mpmc(tx), Some(time)) => tx.send_timeout(message, time).is_ok(),
            (Tx::Mpsc(tx), None) => tx.blocking_send(message).is_ok(),
            (Tx::Mpsc(tx), Some(time)) => tx.blocking_send_timeout(message, time).is_ok(),
            (Tx::Unbounded(tx), _) => tx.send(message).is_ok(),
        }
    }

    /// Its state as one of the senders sees it, as long as there is one.
    fn describe(&self) -> impl Fn() -> Option<String> + Send + use<> {
        let weak: Box<dyn Fn() -> Option<String> + Send> = match self {
            Tx::Mpmc(tx) => {
                let weak = tx.downgrade();
                Box::new(move || {
                    let tx = weak.upgrade()?;
                    let waiting = (tx.waiting_senders(), tx.waiting_receivers());
                    Some(format!("{tx:?}, (senders, receivers) waiting: {waiting:?}"))
                })
            }
            Tx::Mpsc(tx) => {
                let weak = tx.downgrade();
                Box::new(move || Some(format!("{:?}", weak.upgrade()?)))
            }
            Tx::Unbounded(tx) => {
                let weak = tx.downgrade();
                Box::new(move || Some(format!("{:?}", weak.upgrade()?)))
            }
        };
        weak
    }
}

impl Rx {
    /// Of `mpmc` its state as a receiver sees it, which is there also when all senders have gone. With `stays` that is a
    /// receiver of its own, which changes nothing where the others stay to the end.
    fn describe(&self, stays: bool) -> impl Fn() -> Option<String> + Send + use<> {
        let ends = if let Rx::Mpmc(rx) = self { Some((stays.then(|| rx.clone()), rx.downgrade())) } else { None };
        move || {
            let (own, weak) = ends.as_ref()?;
            let rx = own.clone().or_else(|| weak.upgrade())?;
            let waiting = (rx.waiting_senders(), rx.waiting_receivers());
            Some(format!("{rx:?}, (senders, receivers) waiting: {waiting:?}"))
        }
    }

    async fn recv(&mut self) -> Option<Token> {
        match self {
            Rx::Mpmc(rx) => rx.recv().await.ok(),
            Rx::Mpsc(rx) => rx.recv().await,
            Rx::Unbounded(rx) => rx.recv().await,
        }
    }

    async fn recv_many(&mut self, batch: &mut Vec<Token>) -> usize {
        match self {
            Rx::Mpmc(rx) => rx.recv_many(batch, 5).await.unwrap_or(0),
            Rx::Mpsc(rx) => rx.recv_many(batch, 5).await,
            Rx::Unbounded(rx) => rx.recv_many(batch, 5).await,
        }
    }

    fn recv_blocking(&mut self) -> Option<Token> {
        match self {
            Rx::Mpmc(rx) => rx.recv_blocking().ok(),
            Rx::Mpsc(rx) => rx.blocking_recv(),
            Rx::Unbounded(rx) => rx.blocking_recv(),
        }
    }

    /// Whether it ended, or what came in time.
    fn recv_timeout(&mut self, time: Duration) -> Result<Option<Token>, ()> {
        match self {
            Rx::Mpmc(rx) => match rx.recv_timeout(time) {
                Err(mpmc::RecvTimeoutError::Closed) => Err(()),
                other => Ok(other.ok()),
            },
            Rx::Mpsc(rx) => match rx.blocking_recv_timeout(time) {
                Err(mpsc::error::RecvTimeoutError::Closed) => Err(()),
                other => Ok(other.ok()),
            },
            Rx::Unbounded(rx) => match rx.blocking_recv_timeout(time) {
                Err(mpsc::error::RecvTimeoutError::Closed) => Err(()),
                other => Ok(other.ok()),
            },
        }
    }
}

/// What a task did, seen by the others when it is over.
#[derive(Clone, Default)]
struct Record(Arc<Mutex<Vec<(usize, usize)>>>);

impl Record {
    fn add(&self, from: usize, number: usize) {
        self.0.lock().unwrap().push((from, number));
    }

    fn get(&self) -> Vec<(usize, usize)> {
        self.0.lock().unwrap().clone()
    }
}

/// What is known of a channel whose handles its tasks have, and how far these came.
fn describe(scenario: &Scenario, stays: bool, sent: &[Record], received: &[Record]) -> Describe {
    let (from_rx, from_tx) = (scenario.rxs[0].describe(stays), scenario.txs[0].describe());
    let (sent, received) = (sent.to_vec(), received.to_vec());
    Box::new(move || {
        let state = from_rx().or_else(&from_tx).unwrap_or_else(|| "closed, or no sender is left".to_owned());
        let count = |records: &[Record]| records.iter().map(|record| record.get().len()).collect::<Vec<_>>();
        format!("{state}; each sent {:?} messages, received {:?}", count(&sent), count(&received))
    })
}

fn records(count: usize) -> Vec<Record> {
    (0..count).map(|_| Record::default()).collect()
}

struct Scenario {
    what: String,
    txs: Vec<Tx>,
    rxs: Vec<Rx>,
    messages: usize,
    ledger: Ledger,
}

fn scenario(dice: &mut Dice) -> Scenario {
    let (senders, mut receivers) = (1 + dice.below(4), 1 + dice.below(4));
    let mut capacity = dice.pick(&[0, 1, 1, 2, 7, usize::MAX]);
    let (what, tx, rx) = match dice.below(4) {
        0 => {
            capacity = capacity.clamp(1, 100);
            let (tx, rx) = mpsc::channel(capacity);
            ("mpsc", Tx::Mpsc(tx), Rx::Mpsc(rx))
        }
        1 => {
            let (tx, rx) = mpsc::unbounded_channel();
            capacity = usize::MAX;
            ("mpsc", Tx::Unbounded(tx), Rx::Unbounded(rx))
        }
        _ => {
            let (tx, rx) = if capacity == usize::MAX { mpmc::unbounded() } else { mpmc::bounded(capacity) };
            ("mpmc", Tx::Mpmc(tx), Rx::Mpmc(rx))
        }
    };
    let mut rxs = vec![rx];
    if let Rx::Mpmc(rx) = &rxs[0] {
        let more: Vec<Rx> = (1..receivers).map(|_| Rx::Mpmc(rx.clone())).collect();
        rxs.extend(more);
    } else {
        receivers = 1;
    }
    let messages = 20 + dice.below(200);
    let capacity = if capacity == usize::MAX { "any number".to_owned() } else { capacity.to_string() };
    let what = format!("{what} of {capacity}, {senders} senders of {messages} messages, {receivers} receivers");
    Scenario { what, txs: vec![tx; senders], rxs, messages, ledger: Ledger::default() }
}

async fn produce(me: usize, tx: Tx, messages: usize, ledger: Ledger, record: Record, mut dice: Dice) {
    for number in 0..messages {
        dice.dawdle();
        let message = ledger.token(me, number);
        let is_sent = match dice.below(10) {
            0 => tx.try_send(message),
            1 => give_up(tx.send(message), dice.below(3)).await.unwrap_or(false),
            2 => give_up(tx.reserve_and_send(message), 1 + dice.below(2)).await.unwrap_or(false),
            3 => tx.reserve_and_send(message).await,
            4 => {
                yield_now().await;
                tx.send(message).await
            }
            _ => tx.send(message).await,
        };
        if is_sent {
            record.add(me, number);
        }
    }
    linger(&mut dice).await;
}

async fn consume(mut rx: Rx, record: Record, mut dice: Dice) {
    let mut batch = Vec::new();
    loop {
        dice.dawdle();
        match dice.below(8) {
            0 => match give_up(rx.recv(), dice.below(3)).await {
                Some(None) => return,
                Some(Some(message)) => record.add(message.from, *message.number),
                None => {}
            },
            1 => {
                if rx.recv_many(&mut batch).await == 0 {
                    return;
                }
                batch.drain(..).for_each(|message| record.add(message.from, *message.number));
            }
            2 => yield_now().await,
            _ => match rx.recv().await {
                Some(message) => record.add(message.from, *message.number),
                None => return,
            },
        }
    }
}

fn produce_blocking(me: usize, tx: &Tx, messages: usize, ledger: &Ledger, record: &Record, dice: &mut Dice) {
    for number in 0..messages {
        dice.dawdle();
        let patience = dice.chance(6).then(|| Duration::from_micros(dice.below(200) as u64));
        if tx.send_blocking(ledger.token(me, number), patience) {
            record.add(me, number);
        }
    }
    block_on(linger(dice));
}

fn consume_blocking(rx: &mut Rx, record: &Record, dice: &mut Dice) {
    loop {
        dice.dawdle();
        if dice.chance(6) {
            match rx.recv_timeout(Duration::from_micros(dice.below(200) as u64)) {
                Err(()) => return,
                Ok(message) => drop(message.map(|message| record.add(message.from, *message.number))),
            }
            continue;
        }
        match rx.recv_blocking() {
            Some(message) => record.add(message.from, *message.number),
            None => return,
        }
    }
}

pub(crate) fn round(dice: &mut Dice, places: &Places, watchdog: &Watchdog) -> Came {
    let scenario = scenario(dice);
    let (sent, received) = (records(scenario.txs.len()), records(scenario.rxs.len()));
    let mut round = places.round(dice);
    watchdog.watch(scenario.what.clone(), &round.open, describe(&scenario, true, &sent, &received));
    let Scenario { txs, rxs, messages, ledger, .. } = scenario;
    for (me, tx) in txs.into_iter().enumerate() {
        let (place, record, ledger) = (dice.pick(&PLACES), sent[me].clone(), ledger.clone());
        let (name, mut own) = (format!("sender {me}"), dice.fork());
        if place == Place::Thread {
            round.block(&name, move || produce_blocking(me, &tx, messages, &ledger, &record, &mut own));
        } else {
            round.spawn(&name, place, produce(me, tx, messages, ledger, record, own));
        }
    }
    for (me, mut rx) in rxs.into_iter().enumerate() {
        let (place, record) = (dice.pick(&PLACES), received[me].clone());
        let (name, mut own) = (format!("receiver {me}"), dice.fork());
        if place == Place::Thread {
            round.block(&name, move || consume_blocking(&mut rx, &record, &mut own));
        } else {
            round.spawn(&name, place, consume(rx, record, own));
        }
    }
    round.join(dice);
    watchdog.rest();
    let (sent, received) = compare(&sent, &received);
    assert_eq!(sent, received, "lost, doubled, or never sent");
    ledger.assert_all_gone();
    Came::of(received.iter().map(|(from, number)| (*from as u64) << 32 | *number as u64))
}

/// All that was sent, and all that was received; each receiver's in the order of each sender.
fn compare(sent: &[Record], received: &[Record]) -> (Vec<(usize, usize)>, Vec<(usize, usize)>) {
    for record in received {
        let record = record.get();
        for from in 0..sent.len() {
            let numbers = record.iter().filter(|message| message.0 == from);
            assert!(numbers.is_sorted(), "out of order: {record:?}");
        }
    }
    let all = |records: &[Record]| {
        let mut all: Vec<_> = records.iter().flat_map(Record::get).collect();
        all.sort_unstable();
        all
    };
    (all(sent), all(received))
}

/// What was received was sent, once, and nothing is left behind.
pub(crate) fn doomed(dice: &mut Dice) -> Doomed {
    let scenario = scenario(dice);
    let (sent, received) = (records(scenario.txs.len()), records(scenario.rxs.len()));
    let describe = describe(&scenario, false, &sent, &received);
    let Scenario { what, txs, rxs, ledger, .. } = scenario;
    let mut tasks: Vec<(String, Body)> = Vec::new();
    for (me, tx) in txs.into_iter().enumerate() {
        let body = produce(me, tx, ENDLESS, ledger.clone(), sent[me].clone(), dice.fork());
        tasks.push((format!("sender {me}"), Box::pin(body)));
    }
    for (me, rx) in rxs.into_iter().enumerate() {
        tasks.push((format!("receiver {me}"), Box::pin(consume(rx, received[me].clone(), dice.fork()))));
    }
    let judge = Box::new(move || {
        let (sent, received) = compare(&sent, &received);
        assert!(received.windows(2).all(|pair| pair[0] < pair[1]), "received twice");
        assert!(received.iter().all(|message| sent.binary_search(message).is_ok()), "received, and never sent");
        ledger.assert_all_gone();
        Came::of(received.iter().map(|(from, number)| (*from as u64) << 32 | *number as u64))
    });
    Doomed { what, describe, tasks, judge }
}
