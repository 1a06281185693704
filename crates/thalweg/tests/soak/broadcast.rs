//! Every message to every receiver: lossless, all of them in one order; lossy, what was missed is counted.

use std::sync::{Arc, Mutex};

use thalweg::broadcast::error::RecvError;
use thalweg::broadcast::{self, Lossless, Receiver, Sender};

use crate::Came;
use crate::dice::Dice;
use crate::places::{PLACES, Place, Places, give_up};
use crate::token::{Ledger, Token};
use crate::watchdog::Watchdog;

/// What a receiver heard, and how much it missed.
type Heard = Arc<Mutex<(Vec<u64>, u64)>>;

#[derive(Clone)]
enum Tx {
    Lossy(Sender<Token>),
    Lossless(Sender<Token, Lossless>),
}

impl Tx {
    fn describe(&self) -> impl Fn() -> String + Send + use<> {
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
        move || weak().unwrap_or_else(|| "no sender is left".to_owned())
    }
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

pub(crate) fn round(dice: &mut Dice, places: &Places, watchdog: &Watchdog) -> Came {
    let (capacity, is_lossless) = (dice.pick(&[1, 2, 3, 16]), dice.chance(2));
    let (tx, rx) = if is_lossless {
        let (tx, rx) = broadcast::lossless(capacity);
        (Tx::Lossless(tx), rx)
    } else {
        let (tx, rx) = broadcast::channel(capacity);
        (Tx::Lossy(tx), rx)
    };
    let (senders, receivers, messages) = (1 + dice.below(3), 1 + dice.below(4), 20 + dice.below(150));
    let kind = if is_lossless { "lossless" } else { "lossy" };
    watchdog.watch(format!("{kind} broadcast of {capacity}, {senders} to {receivers}"), tx.describe());
    let (ledger, mut round) = (Ledger::default(), places.round());
    let sent: Arc<Mutex<Vec<u64>>> = Arc::default();
    let heard: Vec<Heard> = (0..receivers).map(|_| Heard::default()).collect();
    for heard in &heard {
        let (heard, mut rx) = (heard.clone(), rx.resubscribe());
        let (place, own) = (dice.pick(&PLACES), dice.fork());
        if place == Place::Thread {
            round.block(move || while !note(rx.blocking_recv(), &heard) {});
        } else {
            round.spawn(place, consume(rx, heard, own));
        }
    }
    drop(rx);
    for me in 0..senders {
        let (place, own) = (dice.pick(&PLACES), dice.fork());
        round.spawn(place, produce(me, tx.clone(), messages, ledger.clone(), sent.clone(), own));
    }
    drop(tx);
    round.join(dice);
    watchdog.rest();
    ledger.assert_all_gone();
    let sent = sent.lock().unwrap();
    let heard: Vec<(Vec<u64>, u64)> = heard.iter().map(|heard| heard.lock().unwrap().clone()).collect();
    for (numbers, missed) in &heard {
        assert_eq!(numbers.len() as u64 + missed, sent.len() as u64, "neither heard nor told of");
        for from in 0..senders as u64 {
            assert!(numbers.iter().filter(|id| **id >> 32 == from).is_sorted(), "out of order");
        }
        assert!(!is_lossless || *numbers == heard[0].0, "not in one order");
    }
    Came::of(sent.iter().copied())
}
