//! The newest value: each receiver sees values that grow, and the last one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use thalweg::watch::error::RecvTimeoutError;
use thalweg::watch::{self, Receiver, Sender};

use crate::Came;
use crate::dice::Dice;
use crate::places::{Body, PLACES, Place, Places, give_up, linger};
use crate::shutdown::{Doomed, ENDLESS};
use crate::token::{Ledger, Token};
use crate::watchdog::{Describe, Watchdog};

type Seen = Arc<Mutex<Vec<usize>>>;

fn look(rx: &mut Receiver<Token>, seen: &Seen) {
    let number = *rx.borrow_and_update().number;
    seen.lock().unwrap().push(number);
}

async fn follow(mut rx: Receiver<Token>, seen: Seen, mut dice: Dice) {
    loop {
        dice.dawdle();
        let changed = match dice.below(5) {
            0 => give_up(rx.changed(), dice.below(3)).await,
            1 => {
                let next = seen.lock().unwrap().last().map_or(0, |last| last + 1 + dice.below(3));
                Some(rx.wait_for(|value| *value.number >= next).await.map(drop))
            }
            _ => Some(rx.changed().await),
        };
        match changed {
            None => {}
            Some(Ok(())) => look(&mut rx, &seen),
            Some(Err(_)) => return look(&mut rx, &seen),
        }
    }
}

fn follow_blocking(rx: &mut Receiver<Token>, seen: &Seen, dice: &mut Dice) {
    loop {
        dice.dawdle();
        let patience = dice.chance(6).then(|| Duration::from_micros(dice.below(200) as u64));
        let is_over = match patience.map(|time| rx.blocking_changed_timeout(time)) {
            None => rx.blocking_changed().is_err(),
            Some(Err(RecvTimeoutError::Timeout)) => continue,
            Some(changed) => changed.is_err(),
        };
        look(rx, seen);
        if is_over {
            return;
        }
    }
}

/// All senders draw from one counter, so that each new value is greater than the one it takes the place of.
async fn change(tx: Sender<Token>, messages: usize, counter: Arc<AtomicUsize>, ledger: Ledger, mut dice: Dice) {
    for _ in 0..messages {
        dice.dawdle();
        if dice.chance(4) {
            futures_lite::future::yield_now().await;
        }
        tx.send_modify(|value| *value = ledger.token(0, counter.fetch_add(1, Ordering::Relaxed) + 1));
    }
    linger(&mut dice).await;
}

struct Scenario {
    what: String,
    tx: Sender<Token>,
    rx: Receiver<Token>,
    senders: usize,
    seen: Vec<Seen>,
    counter: Arc<AtomicUsize>,
    ledger: Ledger,
}

fn scenario(dice: &mut Dice) -> Scenario {
    let ledger = Ledger::default();
    let (tx, rx) = watch::channel(ledger.token(0, 0));
    let (senders, receivers) = (1 + dice.below(3), 1 + dice.below(4));
    let what = format!("watch, {senders} to {receivers}");
    let seen = (0..receivers).map(|_| Seen::default()).collect();
    Scenario { what, tx, rx, senders, seen, counter: Arc::default(), ledger }
}

/// With a receiver of its own: it would be one too many for nobody, as it holds no sender back.
fn describe(rx: Receiver<Token>, seen: &[Seen]) -> Describe {
    let (rx, seen) = (Mutex::new(rx), seen.to_vec());
    Box::new(move || {
        let last = |seen: &Seen| seen.lock().unwrap().last().copied();
        format!("{:?}; each saw at last {:?}", rx.lock().unwrap(), seen.iter().map(last).collect::<Vec<_>>())
    })
}

pub(crate) fn round(dice: &mut Dice, places: &Places, watchdog: &Watchdog) -> Came {
    let Scenario { what, tx, rx, senders, seen, counter, ledger } = scenario(dice);
    let messages = 20 + dice.below(150);
    let mut round = places.round(dice);
    watchdog.watch(what, &round.open, describe(rx.clone(), &seen));
    for (me, seen) in seen.iter().enumerate() {
        let (mut rx, seen, place, mut own) = (rx.clone(), seen.clone(), dice.pick(&PLACES), dice.fork());
        let name = format!("receiver {me}");
        if place == Place::Thread {
            round.block(&name, move || follow_blocking(&mut rx, &seen, &mut own));
        } else {
            round.spawn(&name, place, follow(rx, seen, own));
        }
    }
    drop(rx);
    for me in 0..senders {
        let (place, own) = (dice.pick(&PLACES), dice.fork());
        let body = change(tx.clone(), messages, counter.clone(), ledger.clone(), own);
        round.spawn(&format!("sender {me}"), place, body);
    }
    drop(tx);
    round.join(dice);
    watchdog.rest();
    ledger.assert_all_gone();
    let last = senders * messages;
    let mut numbers = Vec::new();
    for seen in &seen {
        let seen = seen.lock().unwrap();
        assert!(seen.is_sorted() && seen.last() == Some(&last), "not the last value at last: {seen:?}");
        numbers.extend(seen.iter().map(|number| *number as u64));
    }
    Came::of(numbers.into_iter())
}

/// What was seen was sent, in order.
pub(crate) fn doomed(dice: &mut Dice) -> Doomed {
    let Scenario { what, tx, rx, senders, seen, counter, ledger } = scenario(dice);
    let describe = describe(rx.clone(), &seen);
    let mut tasks: Vec<(String, Body)> = Vec::new();
    for (me, seen) in seen.iter().enumerate() {
        tasks.push((format!("receiver {me}"), Box::pin(follow(rx.clone(), seen.clone(), dice.fork()))));
    }
    for me in 0..senders {
        let body = change(tx.clone(), ENDLESS, counter.clone(), ledger.clone(), dice.fork());
        tasks.push((format!("sender {me}"), Box::pin(body)));
    }
    let judge = Box::new(move || {
        ledger.assert_all_gone();
        let sent = counter.load(Ordering::Relaxed);
        let mut numbers = Vec::new();
        for seen in &seen {
            let seen = seen.lock().unwrap();
            assert!(seen.is_sorted() && seen.last().is_none_or(|last| *last <= sent), "of {sent}: {seen:?}");
            numbers.extend(seen.iter().map(|number| *number as u64));
        }
        Came::of(numbers.into_iter())
    });
    Doomed { what, describe, tasks, judge }
}
