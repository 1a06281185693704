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

pub(crate) type Subject<'a> = Pin<Box<dyn Future<Output = Vec<usize>> + Send + 'a>>;
type Receiving = for<'a> fn(&'a Receiver<usize>) -> Subject<'a>;
type Sending = for<'a> fn(&'a Sender<usize>) -> Subject<'a>;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    NeverPolled,
    PolledOnce,
    Woken,
    Raced,
    Completed,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    Dropped,
    Forgotten,
    Moved,
    Rewaked,
    /// It goes with its executor.
    ShutDown,
}

const STAGES: [Stage; 5] = [Stage::NeverPolled, Stage::PolledOnce, Stage::Woken, Stage::Raced, Stage::Completed];
pub(crate) const FATES: [Fate; 5] = [Fate::Dropped, Fate::Forgotten, Fate::Moved, Fate::Rewaked, Fate::ShutDown];

/// An executor takes it, polls it unless it was woken, and is shut down.
fn shut_down_with(subject: Task<Subject<'_>>) {
    let executor = smol::Executor::new();
    let woken = subject.woken();
    let task = executor.spawn(subject.into_future());
    assert_eq!(!woken && executor.try_tick(), !woken);
    assert!(!task.is_finished(), "nobody has helped it");
    task.detach();
    drop(executor);
}

/// Lets the fate happen, and gives back a subject that lives on. Who does not, or has another waker, leaves none behind.
fn meet<'a>(fate: Fate, subject: Task<Subject<'a>>) -> Option<Task<Subject<'a>>> {
    let probe = subject.probe().clone();
    let survivor = happen(fate, subject);
    let keeps = matches!(fate, Fate::Forgotten | Fate::Rewaked);
    assert!(keeps || Arc::strong_count(&probe) == 1, "its waker stayed behind");
    survivor
}

pub(crate) fn happen<'a>(fate: Fate, mut subject: Task<Subject<'a>>) -> Option<Task<Subject<'a>>> {
    match fate {
        Fate::Dropped => return None,
        Fate::Forgotten => {
            subject.forget();
            return None;
        }
        Fate::ShutDown => {
            shut_down_with(subject);
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
    let kinds: [(&str, usize, Sending); 7] = [
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
        ("reserve_many", 1, |sender| {
            Box::pin(async {
                sender.reserve_many(1).await.unwrap().for_each(|permit| permit.send(100).unwrap());
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

/// Who waits for the close, in each stage and fate, is told of it, or is gone without a trace; the next one is told.
#[test]
fn who_waits_for_the_close_is_told_or_gone() {
    let stages = [Stage::NeverPolled, Stage::PolledOnce, Stage::Woken, Stage::Completed];
    let kinds: [fn(&Sender<usize>, &Receiver<usize>) -> Subject<'static>; 2] = [
        |sender, _| {
            let sender = sender.clone();
            Box::pin(async move {
                sender.closed().await;
                vec![]
            })
        },
        |_, receiver| {
            let receiver = receiver.clone();
            Box::pin(async move {
                receiver.closed().await;
                vec![]
            })
        },
    ];
    for (kind, stage) in kinds.iter().flat_map(|kind| stages.map(|stage| (kind, stage))) {
        for (fate, capacity) in FATES.into_iter().flat_map(|fate| [0, 1, usize::MAX].map(|capacity| (fate, capacity))) {
            println!("capacity {capacity}, {stage:?}, {fate:?}");
            let (sender, receiver) = channel(capacity);
            let (mut subject, mut other) = (task(kind(&sender, &receiver)), task(sender.closed()));
            if stage != Stage::NeverPolled {
                subject.waits();
            }
            other.waits();
            if matches!(stage, Stage::Woken | Stage::Completed) {
                sender.close();
                assert!(subject.woken());
            }
            let survivor = if stage == Stage::Completed {
                subject.finishes();
                None
            } else {
                meet(fate, subject)
            };
            sender.close();
            other.finishes();
            if let Some(mut survivor) = survivor {
                drive(&mut [&mut survivor]);
                survivor.output();
            }
            assert_eq!(sender.try_send(1).unwrap_err().into_inner(), 1);
        }
    }
}
