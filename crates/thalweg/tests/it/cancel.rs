//! Promise 3: what did not complete did not happen. The table: each future x how far it came x what became of it.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    thread,
};

use thalweg::mpmc::{Receiver, Sender};

use crate::harness::*;

type Subject<'a> = Pin<Box<dyn Future<Output = Vec<usize>> + Send + 'a>>;
type Receiving = for<'a> fn(&'a Receiver<usize>) -> Subject<'a>;
type Sending = for<'a> fn(&'a Sender<usize>) -> Subject<'a>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    NeverPolled,
    PolledOnce,
    Woken,
    Raced,
    Completed,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Dropped,
    Forgotten,
    Moved,
    Rewaked,
}

const STAGES: [Stage; 5] = [Stage::NeverPolled, Stage::PolledOnce, Stage::Woken, Stage::Raced, Stage::Completed];
const FATES: [Fate; 4] = [Fate::Dropped, Fate::Forgotten, Fate::Moved, Fate::Rewaked];

/// Lets the fate happen, and gives back a subject that lives on.
fn meet(fate: Fate, mut subject: Task<Subject<'_>>) -> Option<Task<Subject<'_>>> {
    let probe = subject.probe().clone();
    match fate {
        Fate::Dropped => {
            drop(subject);
            assert_eq!(Arc::strong_count(&probe), 1, "its waker stayed behind");
            return None;
        }
        Fate::Forgotten => {
            subject.forget();
            return None;
        }
        Fate::Rewaked => drop(subject.swap_waker()),
        Fate::Moved => thread::scope(|scope| {
            let elsewhere = scope.spawn(|| {
                subject.swap_waker();
                subject.turn();
            });
            elsewhere.join().unwrap();
        }),
    }
    if fate == Fate::Moved {
        assert_eq!(Arc::strong_count(&probe), 1, "the old waker stayed behind");
    }
    Some(subject)
}

/// A receive in each stage and fate takes what it returns, and nothing else; another receiver has the rest in order.
fn receive_row(kind: Receiving, capacity: usize, stage: Stage, fate: Fate) {
    let (sender, receiver) = channel(capacity);
    let rival = receiver.clone();
    let mut subject = task(kind(&receiver));
    let mut taken = Vec::new();
    let mut sent = 0;
    if stage != Stage::NeverPolled {
        subject.waits();
    }
    if stage == Stage::Completed {
        sender.try_send(0).unwrap();
        taken.extend(subject.finishes());
        sent = 1;
    }
    let mut eater = task(async move {
        let mut eaten = Vec::new();
        while let Ok(message) = rival.recv().await {
            eaten.push(message);
        }
        eaten
    });
    eater.waits();
    if matches!(stage, Stage::Woken | Stage::Raced) {
        sender.try_send(0).unwrap();
        sent = 1;
        assert!(subject.woken() && !eater.woken());
    }
    if stage == Stage::Raced {
        taken.push(receiver.try_recv().unwrap());
        subject.waits();
    }
    let mut survivor = match stage {
        Stage::Completed => {
            if fate == Fate::Forgotten {
                subject.forget();
            }
            None
        }
        _ => meet(fate, subject),
    };
    let mut feeder = task(async move {
        for message in sent..sent + 4 {
            sender.send(message).await.unwrap();
        }
    });
    let mut all: Vec<&mut dyn Runnable> = vec![&mut feeder, &mut eater];
    all.extend(survivor.as_mut().map(|survivor| survivor as &mut dyn Runnable));
    drive(&mut all);
    feeder.output();
    drop(feeder);
    let mut all: Vec<&mut dyn Runnable> = vec![&mut eater];
    all.extend(survivor.as_mut().map(|survivor| survivor as &mut dyn Runnable));
    drive(&mut all);
    let eaten = eater.output();
    assert!(eaten.is_sorted(), "out of order: {eaten:?}");
    taken.extend(eaten);
    taken.extend(survivor.iter_mut().flat_map(|survivor| survivor.output()));
    same_multiset(taken, (0..sent + 4).collect());
}

#[test]
fn receives_take_what_they_return_and_nothing_else() {
    let kinds: [(&str, Receiving); 4] = [
        ("recv", |receiver| Box::pin(async { receiver.recv().await.into_iter().collect() })),
        ("recv_owned", |receiver| Box::pin(async { receiver.recv_owned().await.into_iter().collect() })),
        ("recv_many", |receiver| {
            Box::pin(async {
                let mut batch = Vec::new();
                let _ = receiver.recv_many(&mut batch, 2).await;
                batch
            })
        }),
        ("poll_recv", |receiver| {
            let mut stream = receiver.clone();
            Box::pin(async move { poll_fn(|cx| stream.poll_recv(cx)).await.into_iter().collect() })
        }),
    ];
    for (name, kind) in kinds {
        for capacity in [0, 1, 2, usize::MAX] {
            for stage in STAGES {
                for fate in FATES {
                    println!("{name}, capacity {capacity}, {stage:?}, {fate:?}");
                    receive_row(kind, capacity, stage, fate);
                }
            }
        }
    }
}

/// A send in each stage and fate has sent when it says so, and otherwise never; another sender has the room.
fn send_row(kind: Sending, capacity: usize, stage: Stage, fate: Fate) {
    const STEAL: usize = 50;
    const SUBJECT: usize = 100;
    let (sender, receiver) = filled(capacity, capacity);
    let rival = sender.clone();
    let mut subject = task(kind(&sender));
    let mut expected: Vec<_> = (0..capacity).chain(200..204).collect();
    let mut taken = Vec::new();
    let mut eater = task(async {
        let mut eaten = Vec::new();
        while let Ok(message) = receiver.recv().await {
            eaten.push(message);
        }
        eaten
    });
    let mut feeder = task(async move {
        for message in 200..204 {
            rival.send(message).await.unwrap();
        }
    });
    if stage != Stage::NeverPolled {
        subject.waits();
    }
    feeder.waits();
    if matches!(stage, Stage::Woken | Stage::Raced | Stage::Completed) {
        match capacity {
            0 => eater.waits(),
            _ => taken.push(receiver.try_recv().unwrap()),
        }
        assert!(subject.woken());
    }
    if stage == Stage::Raced {
        sender.try_send(STEAL).unwrap();
        expected.push(STEAL);
        subject.waits();
    }
    let mut survivor = match stage {
        Stage::Completed => {
            assert_eq!(subject.finishes(), [SUBJECT]);
            expected.push(SUBJECT);
            if fate == Fate::Forgotten {
                subject.forget();
            }
            None
        }
        _ => meet(fate, subject),
    };
    let lives = survivor.is_some();
    expected.extend(lives.then_some(SUBJECT));
    let mut all: Vec<&mut dyn Runnable> = vec![&mut eater, &mut feeder];
    all.extend(survivor.as_mut().map(|survivor| survivor as &mut dyn Runnable));
    drive(&mut all);
    feeder.output();
    survivor.iter_mut().for_each(|survivor| assert_eq!(survivor.output(), [SUBJECT]));
    sender.close();
    drive(&mut [&mut eater]);
    let eaten = eater.output();
    let own: Vec<_> = eaten.iter().filter(|message| **message >= 200).collect();
    assert!(own.is_sorted(), "out of order: {eaten:?}");
    taken.extend(eaten);
    same_multiset(taken, expected);
}

#[test]
fn sends_have_sent_when_they_say_so_and_otherwise_never() {
    let kinds: [(&str, usize, Sending); 6] = [
        ("send", 0, |sender| Box::pin(async { sender.send(100).await.map_or(vec![], |()| vec![100]) })),
        ("send_owned", 0, |sender| Box::pin(async { sender.send_owned(100).await.map_or(vec![], |()| vec![100]) })),
        ("send_many", 0, |sender| {
            Box::pin(async {
                let mut batch = VecDeque::from([100]);
                sender.send_many(&mut batch).await.unwrap();
                vec![100]
            })
        }),
        ("reserve", 1, |sender| {
            Box::pin(async {
                sender.reserve().await.unwrap().send(100).unwrap();
                vec![100]
            })
        }),
        ("reserve_owned", 1, |sender| {
            Box::pin(async {
                drop(sender.clone().reserve_owned().await.unwrap().send(100).unwrap());
                vec![100]
            })
        }),
        ("poll_reserve", 1, |sender| {
            let mut sender = sender.clone().into_poll_sender();
            Box::pin(async move {
                poll_fn(|cx| sender.poll_reserve(cx)).await.unwrap();
                sender.send_item(100).unwrap();
                vec![100]
            })
        }),
    ];
    for (name, least, kind) in kinds {
        for capacity in (0..3).filter(|capacity| *capacity >= least) {
            for stage in STAGES {
                for fate in FATES {
                    println!("{name}, capacity {capacity}, {stage:?}, {fate:?}");
                    send_row(kind, capacity, stage, fate);
                }
            }
        }
    }
}
