//! The table of `cancel`, each future x how far it came x what became of it, for the kinds beside `mpmc`.

use std::{future::Future, sync::Arc};

use smol::lock::Mutex;
use thalweg::{broadcast, mpsc, oneshot};

use crate::cancel::{FATES, Fate, Stage, Subject, happen};
use crate::harness::*;

/// A future, how it is helped, and what must be so when it is done (with what it returned) or gone (with nothing).
struct Case {
    subject: Subject<'static>,
    help: Box<dyn FnOnce()>,
    /// Whether it is called after the subject was forgotten, too: not where it had the receiver on loan.
    after: Box<dyn FnOnce(Option<Vec<usize>>)>,
    lends: bool,
}

fn subject(future: impl Future<Output = Vec<usize>> + Send + 'static) -> Subject<'static> {
    Box::pin(future)
}

fn play(name: &str, case: fn() -> Case) {
    for stage in [Stage::NeverPolled, Stage::PolledOnce, Stage::Woken, Stage::Completed] {
        for fate in FATES {
            println!("{name}, {stage:?}, {fate:?}");
            let Case { subject, help, after, lends } = case();
            let (mut subject, mut help) = (task(subject), Some(help));
            let probe = subject.probe().clone();
            if stage != Stage::NeverPolled {
                subject.waits();
            }
            if matches!(stage, Stage::Woken | Stage::Completed) {
                help.take().unwrap()();
                assert!(subject.woken());
            }
            let mut output = None;
            if stage == Stage::Completed {
                output = Some(subject.finishes());
                drop(subject);
            } else if let Some(mut survivor) = happen(fate, subject) {
                help.into_iter().for_each(|help| help());
                drive(&mut [&mut survivor]);
                output = Some(survivor.output());
            } else if fate == Fate::Forgotten && lends {
                continue;
            } else {
                help.into_iter().for_each(|help| help());
            }
            after(output);
            // A receiver that is on loan may keep the place of its future, and with it the waker, until it goes.
            assert!(fate == Fate::Forgotten || Arc::strong_count(&probe) == 1, "its waker stayed behind");
        }
    }
}

/// What one receive has, or what is there for the next one.
fn first_is_one(output: Option<Vec<usize>>, mut next: impl FnMut() -> Option<usize>) {
    assert_eq!(output.map_or_else(&mut next, |got| got.first().copied()), Some(1));
    assert_eq!(next(), None, "there was one");
}

/// The future of a kind that lends its receiver to it, and the receiver.
fn on_loan<R, F>(receiver: R, body: fn(Arc<Mutex<R>>) -> F) -> (Subject<'static>, Arc<Mutex<R>>)
where
    F: Future<Output = Vec<usize>> + Send + 'static,
{
    let receiver = Arc::new(Mutex::new(receiver));
    (subject(body(receiver.clone())), receiver)
}

#[test]
fn receives_of_mpsc() {
    play("recv", || {
        let (sender, receiver) = mpsc::channel(1);
        let (subject, receiver) =
            on_loan(receiver, |receiver| async move { receiver.lock().await.recv().await.into_iter().collect() });
        let help = Box::new(move || sender.try_send(1).unwrap());
        let after = move |output| first_is_one(output, || receiver.try_lock().unwrap().try_recv().ok());
        Case { subject, help, after: Box::new(after), lends: true }
    });
    play("recv_many of unbounded", || {
        let (sender, receiver) = mpsc::unbounded_channel();
        let (subject, receiver) = on_loan(receiver, |receiver| async move {
            let mut many = Vec::new();
            receiver.lock().await.recv_many(&mut many, 2).await;
            many
        });
        let help = Box::new(move || sender.send(1).unwrap());
        let after = move |output| first_is_one(output, || receiver.try_lock().unwrap().try_recv().ok());
        Case { subject, help, after: Box::new(after), lends: true }
    });
}

/// A full channel, of which `help` takes the one message; the subject says [2] when its message 2 was sent.
fn send_of_mpsc(body: fn(mpsc::Sender<usize>) -> Subject<'static>) -> Case {
    let (sender, receiver) = mpsc::channel(1);
    sender.try_send(0).unwrap();
    let receiver = Arc::new(Mutex::new(receiver));
    let helped = receiver.clone();
    let help = Box::new(move || assert_eq!(helped.try_lock().unwrap().try_recv(), Ok(0)));
    let subject = body(sender.clone());
    let after = move |output: Option<Vec<usize>>| {
        let mut receiver = receiver.try_lock().unwrap();
        let sent = output.is_some();
        assert_eq!(sent.then(|| receiver.try_recv().unwrap()), sent.then_some(2));
        assert!(receiver.try_recv().is_err(), "what was not sent does not come");
        assert!(sender.try_send(3).is_ok(), "its place is free");
        assert_eq!(receiver.try_recv(), Ok(3));
    };
    Case { subject, help, after: Box::new(after), lends: false }
}

#[test]
fn sends_of_mpsc() {
    play("send", || {
        send_of_mpsc(|sender| {
            subject(async move {
                sender.send(2).await.unwrap();
                vec![2]
            })
        })
    });
    play("reserve", || {
        send_of_mpsc(|sender| {
            subject(async move {
                sender.reserve().await.unwrap().send(2);
                vec![2]
            })
        })
    });
    play("reserve_many", || {
        send_of_mpsc(|sender| {
            subject(async move {
                sender.reserve_many(1).await.unwrap().for_each(|permit| permit.send(2));
                vec![2]
            })
        })
    });
    play("reserve_owned", || {
        send_of_mpsc(|sender| {
            subject(async move {
                drop(sender.reserve_owned().await.unwrap().send(2));
                vec![2]
            })
        })
    });
}

#[test]
fn of_oneshot() {
    play("recv", || {
        let (sender, receiver) = oneshot::channel();
        let (subject, receiver) =
            on_loan(receiver, |receiver| async move { (&mut *receiver.lock().await).await.into_iter().collect() });
        let help = Box::new(move || sender.send(1).unwrap());
        let after = move |output| first_is_one(output, || receiver.try_lock().unwrap().try_recv().ok());
        Case { subject, help, after: Box::new(after), lends: true }
    });
    play("closed", || {
        let (sender, mut receiver) = oneshot::channel::<u8>();
        let (subject, sender) = on_loan(sender, |sender| async move {
            sender.lock().await.closed().await;
            vec![]
        });
        let help = Box::new(move || receiver.close());
        let after = move |_| assert!(Arc::into_inner(sender).unwrap().into_inner().send(1).is_err());
        Case { subject, help, after: Box::new(after), lends: true }
    });
}

#[test]
fn of_broadcast() {
    play("recv", || {
        let (sender, receiver) = broadcast::channel(2);
        let (subject, receiver) =
            on_loan(receiver, |receiver| async move { receiver.lock().await.recv().await.into_iter().collect() });
        let help = Box::new(move || assert_eq!(sender.send(1), Ok(1)));
        let after = move |output| first_is_one(output, || receiver.try_lock().unwrap().try_recv().ok());
        Case { subject, help, after: Box::new(after), lends: true }
    });
    play("lossless send", || {
        let (sender, receiver) = broadcast::lossless(1);
        sender.try_send(0).unwrap();
        let receiver = Arc::new(Mutex::new(receiver));
        let (helped, own) = (receiver.clone(), sender.clone());
        let subject = subject(async move {
            own.send(1).await.unwrap();
            vec![1]
        });
        let help = Box::new(move || assert_eq!(helped.try_lock().unwrap().try_recv(), Ok(0)));
        let after = move |output: Option<Vec<usize>>| {
            let mut receiver = receiver.try_lock().unwrap();
            assert_eq!(receiver.try_recv().ok(), output.map(|_| 1));
            assert!(sender.try_send(3).is_ok(), "its place is free");
            assert_eq!(receiver.try_recv(), Ok(3));
        };
        Case { subject, help, after: Box::new(after), lends: false }
    });
}

#[cfg(feature = "std")]
#[test]
fn of_watch() {
    use thalweg::watch;

    play("changed", || {
        let (sender, receiver) = watch::channel(0);
        let (subject, receiver) = on_loan(receiver, |receiver| async move {
            receiver.lock().await.changed().await.unwrap();
            vec![]
        });
        let help = Box::new(move || sender.send(1).unwrap());
        let after = move |output: Option<Vec<usize>>| {
            let mut receiver = receiver.try_lock().unwrap();
            let is_told = task(receiver.changed()).finishes().is_ok();
            assert_eq!(is_told, output.is_none(), "told once: by it, or by the next");
            assert_eq!(*receiver.borrow(), 1);
        };
        Case { subject, help, after: Box::new(after), lends: true }
    });
    play("wait_for", || {
        let (sender, receiver) = watch::channel(0);
        let (subject, receiver) = on_loan(receiver, |receiver| async move {
            let mut receiver = receiver.lock().await;
            let value = receiver.wait_for(|value| *value == 1).await.map(|value| *value);
            value.into_iter().collect()
        });
        let help = Box::new(move || sender.send(1).unwrap());
        let after = move |output: Option<Vec<usize>>| {
            let mut receiver = receiver.try_lock().unwrap();
            assert_eq!(output.unwrap_or(vec![1]), [1]);
            assert_eq!(task(receiver.wait_for(|value| *value == 1)).finishes().map(|value| *value), Ok(1));
        };
        Case { subject, help, after: Box::new(after), lends: true }
    });
}

/// Nothing is lost by who waits for the end and goes; the next is told.
#[test]
fn who_waits_for_the_end() {
    play("closed of mpsc", || {
        let (sender, receiver) = mpsc::channel::<usize>(1);
        let own = sender.clone();
        let subject = subject(async move {
            own.closed().await;
            vec![]
        });
        let help = Box::new(move || drop(receiver));
        Case { subject, help, after: Box::new(move |_| task(sender.closed()).finishes()), lends: false }
    });
    play("closed of broadcast", || {
        let (sender, receiver) = broadcast::channel::<usize>(1);
        let own = sender.clone();
        let subject = subject(async move {
            own.closed().await;
            vec![]
        });
        let help = Box::new(move || drop(receiver));
        Case { subject, help, after: Box::new(move |_| task(sender.closed()).finishes()), lends: false }
    });
}
