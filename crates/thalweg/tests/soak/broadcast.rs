//! Every message to every receiver: lossless, all of them in one order; lossy, what was missed is counted.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use thalweg::broadcast::error::{RecvError, RecvTimeoutError};
use thalweg::broadcast::{self, Lossless, Receiver, Sender};

use crate::Came;
use crate::dice::Dice;
use crate::places::{Body, PLACES, Place, Places, give_up, linger};
use crate::shutdown::{Doomed, ENDLESS};
use crate::token::{Ledger, Token};
use crate::watchdog::{Describe, Watchdog};

/// What a receiver heard, and how much it missed.
type Heard = Arc<Mutex<(Vec<u64>, u64)>>;

#[derive(Clone)]
enum Tx {
    Lossy(Sender<Token>),
    Lossless(Sender<Token, Lossless>),
}

impl Tx {
    /// Its state as one of the senders sees it, as long as there is one.
    fn describe(&self) -> Describe {
        let weak: Box<dyn Fn() -> Option<String> + Send> = match self {
            Tx::Lossy(tx) => {
                let weak = tx.downgrade();
                Box::new(move || Some(format!("{:?}", weak.upgrade()?)))
            }
            Tx::Lossless(tx) => {
                let weak = tx.downgrade();
                Box::new(move || Some(format!("{:?}", weak.upgrade()?)))
            }
        };
        Box::new(move || weak().unwrap_or_else(|| "no sender is left".to_owned()))
    }

    fn send_blocking(&self, message: Token, patience: Option<Duration>) -> bool {
        match (self, patience) {
            (Tx::Lossy(tx), _) => tx.send(message).is_ok(),
            (Tx::Lossless(tx), None) => tx.blocking_send(message).is_ok(),
            (Tx::Lossless(tx), Some(time)) => tx.blocking_send_timeout(message, time).is_ok(),
        }
    }
}

/// How long a call that blocks waits, if not for ever.
fn patience(dice: &mut Dice) -> Option<Duration> {
    dice.chance(6).then(|| Duration::from_micros(dice.below(200) as u64))
}

async fn produce(me: usize, tx: Tx, messages: usize, ledger: Ledger, sent: Arc<Mutex<Vec<u64>>>, mut dice: Dice) {
    for number in 0..messages {
        dice.dawdle();
        let message = ledger.token(me, number);
        let id = message.id();
        let is_sent = match &tx {
            Tx::Lossy(tx) => {
                if dice.chance(4) {
                    futures_lite::future::yield_now().await;
                }
                tx.send(message).is_ok()
            }
            Tx::Lossless(tx) if dice.chance(6) => tx.try_send(message).is_ok(),
            Tx::Lossless(tx) if dice.chance(6) => {
                give_up(tx.send(message), dice.below(3)).await.is_some_and(|result| result.is_ok())
            }
            Tx::Lossless(tx) => tx.send(message).await.is_ok(),
        };
        if is_sent {
            sent.lock().unwrap().push(id);
        }
    }
    linger(&mut dice).await;
}

fn produce_blocking(me: usize, tx: &Tx, messages: usize, ledger: &Ledger, sent: &Mutex<Vec<u64>>, dice: &mut Dice) {
    for number in 0..messages {
        dice.dawdle();
        let message = ledger.token(me, number);
        let id = message.id();
        if tx.send_blocking(message, patience(dice)) {
            sent.lock().unwrap().push(id);
        }
    }
    futures_lite::future::block_on(linger(dice));
}

async fn consume(mut rx: Receiver<Token>, heard: Heard, mut dice: Dice) {
    loop {
        dice.dawdle();
        let result = if dice.chance(6) {
            match give_up(rx.recv(), dice.below(3)).await {
                Some(result) => result,
                None => continue,
            }
        } else {
            rx.recv().await
        };
        if note(result, &heard) {
            return;
        }
    }
}

fn consume_blocking(rx: &mut Receiver<Token>, heard: &Heard, dice: &mut Dice) {
    loop {
        dice.dawdle();
        let result = match patience(dice).map(|time| rx.blocking_recv_timeout(time)) {
            None => rx.blocking_recv(),
            Some(Err(RecvTimeoutError::Timeout)) => continue,
            Some(Err(RecvTimeoutError::Lagged(missed))) => Err(RecvError::Lagged(missed)),
            Some(Err(RecvTimeoutError::Closed)) => Err(RecvError::Closed),
            Some(Ok(message)) => Ok(message),
        };
        if note(result, heard) {
            return;
        }
    }
}

/// Whether it ended.
fn note(result: Result<Token, RecvError>, heard: &Heard) -> bool {
    let mut heard = heard.lock().unwrap();
    match result {
        Ok(message) => heard.0.push(message.id()),
        Err(RecvError::Lagged(missed)) => heard.1 += missed,
        Err(RecvError::Closed) => return true,
    }
    false
}

struct Scenario {
    what: String,
    tx: Tx,
    rx: Receiver<Token>,
    senders: usize,
    heard: Vec<Heard>,
    is_lossless: bool,
}

fn scenario(dice: &mut Dice) -> Scenario {
    let (capacity, is_lossless) = (dice.pick(&[1, 2, 3, 16]), dice.chance(2));
    let (tx, rx) = if is_lossless {
        let (tx, rx) = broadcast::lossless(capacity);
        (Tx::Lossless(tx), rx)
    } else {
        let (tx, rx) = broadcast::channel(capacity);
        (Tx::Lossy(tx), rx)
    };
    let (senders, receivers) = (1 + dice.below(3), 1 + dice.below(4));
    let kind = if is_lossless { "lossless" } else { "lossy" };
    let what = format!("{kind} broadcast of {capacity}, {senders} to {receivers}");
    let heard = (0..receivers).map(|_| Heard::default()).collect();
    Scenario { what, tx, rx, senders, heard, is_lossless }
}

pub(crate) fn round(dice: &mut Dice, places: &Places, watchdog: &Watchdog) -> Came {
    let Scenario { what, tx, rx, senders, heard, is_lossless } = scenario(dice);
    let messages = 20 + dice.below(150);
    let (ledger, mut round) = (Ledger::default(), places.round(dice));
    let sent: Arc<Mutex<Vec<u64>>> = Arc::default();
    for (me, heard) in heard.iter().enumerate() {
        let (heard, mut rx) = (heard.clone(), rx.resubscribe());
        let (place, mut own, name) = (dice.pick(&PLACES), dice.fork(), format!("receiver {me}"));
        if place == Place::Thread {
            round.block(&name, move || consume_blocking(&mut rx, &heard, &mut own));
        } else {
            round.spawn(&name, place, consume(rx, heard, own));
        }
    }
    // It is owed nothing, and is there when the senders have gone.
    let (rx, told) = (rx.deactivate(), heard.clone());
    let describe = Box::new(move || format!("{:?}; {}", rx.activate_cloned(), progress(&told)));
    watchdog.watch(what, &round.open, describe);
    for me in 0..senders {
        let (tx, ledger, sent, name) = (tx.clone(), ledger.clone(), sent.clone(), format!("sender {me}"));
        let (place, mut own) = (dice.pick(&PLACES), dice.fork());
        if place == Place::Thread {
            round.block(&name, move || produce_blocking(me, &tx, messages, &ledger, &sent, &mut own));
        } else {
            round.spawn(&name, place, produce(me, tx, messages, ledger, sent, own));
        }
    }
    drop(tx);
    round.join(dice);
    watchdog.rest();
    ledger.assert_all_gone();
    let sent = sent.lock().unwrap();
    let heard = all_heard(&heard, senders);
    for (numbers, missed) in &heard {
        assert_eq!(numbers.len() as u64 + missed, sent.len() as u64, "neither heard nor told of");
        assert!(!is_lossless || *numbers == heard[0].0, "not in one order");
    }
    Came::of(sent.iter().copied())
}

fn progress(heard: &[Heard]) -> String {
    let count = |heard: &Heard| heard.lock().unwrap().0.len();
    format!("each heard {:?} messages", heard.iter().map(count).collect::<Vec<_>>())
}

/// What each heard, in the order of each sender, and how much it missed.
fn all_heard(heard: &[Heard], senders: usize) -> Vec<(Vec<u64>, u64)> {
    let heard: Vec<(Vec<u64>, u64)> = heard.iter().map(|heard| heard.lock().unwrap().clone()).collect();
    for (numbers, _) in &heard {
        for from in 0..senders as u64 {
            let numbers: Vec<u64> = numbers.iter().copied().filter(|id| *id >> 32 == from).collect();
            assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "out of order, or twice: {numbers:?}");
        }
    }
    heard
}

/// What was heard was sent; lossless, it is the beginning of one order; lossy, it and what was missed are no more than
/// was sent.
pub(crate) fn doomed(dice: &mut Dice) -> Doomed {
    let Scenario { what, tx, rx, senders, heard, is_lossless } = scenario(dice);
    let (of_tx, told) = (tx.describe(), heard.clone());
    let describe = Box::new(move || format!("{}; {}", of_tx(), progress(&told)));
    let (ledger, sent): (Ledger, Arc<Mutex<Vec<u64>>>) = Default::default();
    let mut tasks: Vec<(String, Body)> = Vec::new();
    for (me, heard) in heard.iter().enumerate() {
        tasks.push((format!("receiver {me}"), Box::pin(consume(rx.resubscribe(), heard.clone(), dice.fork()))));
    }
    for me in 0..senders {
        let body = produce(me, tx.clone(), ENDLESS, ledger.clone(), sent.clone(), dice.fork());
        tasks.push((format!("sender {me}"), Box::pin(body)));
    }
    let judge = Box::new(move || {
        ledger.assert_all_gone();
        let sent: HashSet<u64> = sent.lock().unwrap().iter().copied().collect();
        let heard = all_heard(&heard, senders);
        let longest = heard.iter().map(|heard| &heard.0).max_by_key(|numbers| numbers.len()).unwrap();
        for (numbers, missed) in &heard {
            assert!(numbers.iter().all(|id| sent.contains(id)), "heard, and never sent");
            assert!(numbers.len() as u64 + missed <= sent.len() as u64, "more missed than there was");
            assert!(!is_lossless || longest.starts_with(numbers), "not in one order");
            assert!(!is_lossless || *missed == 0, "lossless, and missed {missed}");
        }
        Came::of(longest.iter().copied())
    });
    Doomed { what, describe, tasks, judge }
}
