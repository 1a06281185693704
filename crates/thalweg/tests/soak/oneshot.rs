//! Requests and answers: an answer that was sent arrives or is dropped, one that was not is told of.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use thalweg::oneshot::{self, Receiver, Sender};

use crate::Came;
use crate::dice::Dice;
use crate::places::{PLACES, Place, Places, give_up};
use crate::token::{Ledger, Token};
use crate::watchdog::Watchdog;

/// What each end says: that it sent, and what it received.
#[derive(Clone, Default)]
struct Pair {
    sent: Arc<Mutex<Option<bool>>>,
    received: Arc<Mutex<Option<Option<usize>>>>,
}

async fn answer(mut tx: Sender<Token>, message: Token, pair: Pair, mut dice: Dice) {
    dice.dawdle();
    if dice.chance(4) {
        // Not until it is woken: who asked may wait for this very answer.
        let _ = give_up(tx.closed(), dice.below(2)).await;
    }
    let is_sent = if dice.chance(6) { false } else { tx.send(message).is_ok() };
    *pair.sent.lock().unwrap() = Some(is_sent);
}

async fn ask(mut rx: Receiver<Token>, pair: Pair, mut dice: Dice) {
    dice.dawdle();
    let answer = match dice.below(6) {
        // It leaves: whether the answer was sent is nobody's knowledge.
        0 => return drop(give_up(&mut rx, dice.below(3)).await),
        1 => match give_up(&mut rx, 1).await {
            Some(answer) => answer.ok(),
            None => rx.await.ok(),
        },
        2 => {
            rx.close();
            rx.try_recv().ok()
        }
        _ => rx.await.ok(),
    };
    *pair.received.lock().unwrap() = Some(answer.map(|message| *message.number));
}

fn ask_blocking(mut rx: Receiver<Token>, pair: &Pair, dice: &mut Dice) {
    let in_time = dice.chance(3).then(|| rx.blocking_recv_timeout(Duration::from_micros(dice.below(100) as u64)));
    let answer = match in_time {
        Some(Ok(message)) => Some(message),
        Some(Err(error)) if !matches!(error, oneshot::error::RecvTimeoutError::Timeout) => None,
        _ => rx.blocking_recv().ok(),
    };
    *pair.received.lock().unwrap() = Some(answer.map(|message| *message.number));
}

pub(crate) fn round(dice: &mut Dice, places: &Places, watchdog: &Watchdog) -> Came {
    let (ledger, mut round) = (Ledger::default(), places.round());
    let pairs: Vec<Pair> = (0..5 + dice.below(40)).map(|_| Pair::default()).collect();
    let told = pairs.clone();
    watchdog.watch(format!("{} oneshots", pairs.len()), move || {
        let open = |pair: &&Pair| pair.sent.lock().unwrap().is_none() || pair.received.lock().unwrap().is_none();
        format!("{} of them open, or left by who asked", told.iter().filter(open).count())
    });
    for (number, pair) in pairs.iter().enumerate() {
        let (tx, rx) = oneshot::channel();
        let (message, mut own) = (ledger.token(0, number), dice.fork());
        round.spawn(dice.pick(&PLACES), answer(tx, message, pair.clone(), dice.fork()));
        let (place, pair) = (dice.pick(&PLACES), pair.clone());
        if place == Place::Thread {
            round.block(move || ask_blocking(rx, &pair, &mut own));
        } else {
            round.spawn(place, ask(rx, pair, own));
        }
    }
    round.join(dice);
    watchdog.rest();
    ledger.assert_all_gone();
    let mut came = Vec::new();
    for (number, pair) in pairs.iter().enumerate() {
        let (sent, received) = (pair.sent.lock().unwrap().unwrap(), *pair.received.lock().unwrap());
        if let Some(received) = received {
            assert_eq!(received, sent.then_some(number), "sent: {sent}");
            came.extend(received.map(|number| number as u64));
        }
    }
    Came::of(came.into_iter())
}
