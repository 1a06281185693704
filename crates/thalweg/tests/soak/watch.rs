//! The newest value: each receiver sees values that grow, and the last one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use thalweg::watch::{self, Receiver, Sender};

use crate::Came;
use crate::dice::Dice;
use crate::places::{PLACES, Place, Places, give_up};
use crate::token::{Ledger, Token};
use crate::watchdog::Watchdog;

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

fn follow_blocking(rx: &mut Receiver<Token>, seen: &Seen) {
    while rx.blocking_changed().is_ok() {
        look(rx, seen);
    }
    look(rx, seen);
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
}

pub(crate) fn round(dice: &mut Dice, places: &Places, watchdog: &Watchdog) -> Came {
    let ledger = Ledger::default();
    let (tx, rx) = watch::channel(ledger.token(0, 0));
    let (senders, receivers, messages) = (1 + dice.below(3), 1 + dice.below(4), 20 + dice.below(150));
    // A receiver would be one too many for nobody: it holds no sender back.
    let extra = Mutex::new(rx.clone());
    watchdog.watch(format!("watch, {senders} to {receivers}"), move || format!("{:?}", extra.lock().unwrap()));
    let mut round = places.round();
    let seen: Vec<Seen> = (0..receivers).map(|_| Seen::default()).collect();
    for seen in &seen {
        let (mut rx, seen, place, own) = (rx.clone(), seen.clone(), dice.pick(&PLACES), dice.fork());
        if place == Place::Thread {
            round.block(move || follow_blocking(&mut rx, &seen));
        } else {
            round.spawn(place, follow(rx, seen, own));
        }
    }
    drop(rx);
    let counter = Arc::new(AtomicUsize::new(0));
    for _ in 0..senders {
        let (place, own) = (dice.pick(&PLACES), dice.fork());
        round.spawn(place, change(tx.clone(), messages, counter.clone(), ledger.clone(), own));
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
