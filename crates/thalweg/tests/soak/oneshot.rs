//! Requests and answers: an answer that was sent arrives or is dropped, one that was not is told of.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use thalweg::oneshot::{self, Receiver, Sender};

use crate::Came;
use crate::dice::Dice;
use crate::places::{Body, PLACES, Place, Places, give_up};
use crate::shutdown::Doomed;
use crate::token::{Ledger, Token};
use crate::watchdog::{Describe, Watchdog};

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

fn pairs(count: usize) -> (Vec<Pair>, Describe) {
    let pairs: Vec<Pair> = (0..count).map(|_| Pair::default()).collect();
    let told = pairs.clone();
    let describe = move || {
        let sent: Vec<_> = told.iter().map(|pair| *pair.sent.lock().unwrap()).collect();
        let received: Vec<_> = told.iter().map(|pair| *pair.received.lock().unwrap()).collect();
        format!("by their numbers, none where it is open: sent {sent:?}, received {received:?}")
    };
    (pairs, Box::new(describe))
}

pub(crate) fn round(dice: &mut Dice, places: &Places, watchdog: &Watchdog) -> Came {
    let (ledger, mut round) = (Ledger::default(), places.round(dice));
    let (pairs, describe) = pairs(5 + dice.below(40));
    watchdog.watch(format!("{} oneshots", pairs.len()), &round.open, describe);
    for (number, pair) in pairs.iter().enumerate() {
        let (tx, rx) = oneshot::channel();
        let (message, mut own) = (ledger.token(0, number), dice.fork());
        let body = answer(tx, message, pair.clone(), dice.fork());
        round.spawn(&format!("sender {number}"), dice.pick(&PLACES), body);
        let (place, pair, name) = (dice.pick(&PLACES), pair.clone(), format!("receiver {number}"));
        if place == Place::Thread {
            round.block(&name, move || ask_blocking(rx, &pair, &mut own));
        } else {
            round.spawn(&name, place, ask(rx, pair, own));
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

/// Some answers never come. What was received was sent; who was told that nothing comes is not sent anything.
pub(crate) fn doomed(dice: &mut Dice) -> Doomed {
    let ledger = Ledger::default();
    let (pairs, describe) = pairs(5 + dice.below(40));
    let mut tasks: Vec<(String, Body)> = Vec::new();
    for (number, pair) in pairs.iter().enumerate() {
        let (tx, rx) = oneshot::channel();
        let (message, comes) = (ledger.token(0, number), !dice.chance(3));
        let answer = answer(tx, message, pair.clone(), dice.fork());
        let turns = dice.below(50);
        let body = async move {
            for _ in 0..turns {
                futures_lite::future::yield_now().await;
            }
            if !comes {
                std::future::pending::<()>().await;
            }
            answer.await;
        };
        tasks.push((format!("sender {number}"), Box::pin(body)));
        tasks.push((format!("receiver {number}"), Box::pin(ask(rx, pair.clone(), dice.fork()))));
    }
    let what = format!("{} oneshots", pairs.len());
    let judge = Box::new(move || {
        ledger.assert_all_gone();
        let mut came = Vec::new();
        for (number, pair) in pairs.iter().enumerate() {
            let (sent, received) = (*pair.sent.lock().unwrap(), *pair.received.lock().unwrap());
            match received {
                None => {}
                Some(None) => assert_ne!(sent, Some(true), "sent, and not received"),
                Some(Some(other)) => {
                    assert_eq!((sent, other), (Some(true), number), "received, and never sent");
                    came.push(number as u64);
                }
            }
        }
        Came::of(came.into_iter())
    });
    Doomed { what, describe, tasks, judge }
}
