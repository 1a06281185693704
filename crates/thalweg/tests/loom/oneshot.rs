//! The one-shot channel: everything the one end can do against everything the other end can do.
//!
//! Freeing too early is found too: the channel tells loom when it thinks that nobody else knows of its word any more.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use thalweg::oneshot::error::{RecvError, TryRecvError};
use thalweg::oneshot::{Receiver, Sender, channel};

use crate::support::{Bell, Parcel, block_on, model_deep, poll_with, spawn};

/// What the sender's thread does with it, having waited for the end in some way or not.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Send,
    Drop,
}

const ENDINGS: [Ending; 2] = [Ending::Send, Ending::Drop];

impl Ending {
    /// `Some(true)` if the message was sent, `Some(false)` if it came back.
    fn run(self, sender: Sender<Parcel>) -> Option<bool> {
        match self {
            Ending::Send => Some(sender.send(Parcel::new(1)).is_ok()),
            Ending::Drop => None,
        }
    }
}

type Answer = Result<Parcel, RecvError>;

/// Whether the receiver was told what became of the message.
#[track_caller]
fn fits(answer: &Answer, sent: Option<bool>) {
    assert_eq!(answer.is_ok(), sent == Some(true));
}

fn poll(bell: &Arc<Bell>, receiver: &mut Receiver<Parcel>) -> Poll<Answer> {
    poll_with(bell, Pin::new(receiver))
}

fn poll_closed(bell: &Arc<Bell>, sender: &mut Sender<Parcel>) -> bool {
    sender.poll_closed(&mut Context::from_waker(&Waker::from(bell.clone()))).is_ready()
}

/// Runs `receive` against each way in which the sender can end, with a receiver that is open and one that is closed
/// first. `receive` gets the other thread's result from a closure that waits for it.
fn against_each_ending(receive: impl Fn(Receiver<Parcel>, &dyn Fn() -> Option<bool>) + Copy + Send + Sync + 'static) {
    for ending in ENDINGS {
        for close in [false, true] {
            model_deep(move || {
                let (sender, mut receiver) = channel();
                let thread = std::cell::Cell::new(Some(spawn(move || ending.run(sender))));
                if close {
                    receiver.close();
                }
                receive(receiver, &|| thread.take().expect("asked once").join().unwrap());
            });
        }
    }
}

#[test]
fn ending_against_await() {
    against_each_ending(|receiver, sent| {
        let answer = block_on(receiver);
        fits(&answer, sent());
    });
}

/// Pending means that the bell was rung, or will be, once.
#[test]
fn ending_against_poll() {
    against_each_ending(|mut receiver, sent| {
        let bell = Bell::new();
        match poll(&bell, &mut receiver) {
            Poll::Ready(answer) => fits(&answer, sent()),
            Poll::Pending => {
                let sent = sent();
                assert_eq!(bell.rung(), 1, "it ended, and the receiver does not know");
                let Poll::Ready(answer) = poll(&bell, &mut receiver) else { panic!("woken for nothing") };
                fits(&answer, sent);
            }
        }
    });
}

/// The last waker is the one that counts, whether or not the one before was rung.
#[test]
fn ending_against_polls_with_two_wakers() {
    against_each_ending(|mut receiver, sent| {
        let (first, second) = (Bell::new(), Bell::new());
        for bell in [&first, &second] {
            if let Poll::Ready(answer) = poll(bell, &mut receiver) {
                return fits(&answer, sent());
            }
        }
        let sent = sent();
        assert_eq!((first.rung(), second.rung()), (0, 1), "the last waker is to be rung, and only that");
        let Poll::Ready(answer) = poll(&second, &mut receiver) else { panic!("woken for nothing") };
        fits(&answer, sent);
    });
}

/// And back to the first: what the sender has copied of it must not be taken for what lies there now.
#[test]
fn ending_against_polls_with_three_wakers() {
    against_each_ending(|mut receiver, sent| {
        let bells = [Bell::new(), Bell::new(), Bell::new()];
        for bell in &bells {
            if let Poll::Ready(answer) = poll(bell, &mut receiver) {
                return fits(&answer, sent());
            }
        }
        sent();
        assert_eq!(bells.each_ref().map(|bell| bell.rung()), [0, 0, 1]);
    });
}

#[test]
fn ending_against_poll_again() {
    against_each_ending(|mut receiver, sent| {
        let bell = Bell::new();
        for _ in 0..2 {
            if let Poll::Ready(answer) = poll(&bell, &mut receiver) {
                return fits(&answer, sent());
            }
        }
        sent();
        assert_eq!(bell.rung(), 1);
    });
}

/// M9 and M11: the receiver has been polled and goes while the sender wakes it.
#[test]
fn ending_against_poll_then_drop() {
    against_each_ending(|mut receiver, sent| {
        let bell = Bell::new();
        let told = poll(&bell, &mut receiver).is_ready();
        drop(receiver);
        sent();
        assert!(bell.rung() <= usize::from(!told), "a receiver that was told is not woken");
        assert_eq!(Arc::strong_count(&bell), 1, "its waker stays nowhere");
    });
}

#[test]
fn ending_against_poll_then_close() {
    against_each_ending(|mut receiver, sent| {
        let bell = Bell::new();
        let early = poll(&bell, &mut receiver);
        receiver.close();
        if let Poll::Ready(answer) = early {
            return fits(&answer, sent());
        }
        let Poll::Ready(answer) = poll(&bell, &mut receiver) else { panic!("closed, and still it waits") };
        fits(&answer, sent());
        assert_eq!(Arc::strong_count(&bell), 1, "its waker stays nowhere");
    });
}

/// M11: the receiver has been polled and tries while the sender wakes it.
#[test]
fn ending_against_poll_then_try_recv() {
    against_each_ending(|mut receiver, sent| {
        let bell = Bell::new();
        if let Poll::Ready(answer) = poll(&bell, &mut receiver) {
            return fits(&answer, sent());
        }
        match receiver.try_recv() {
            Err(TryRecvError::Empty) => {
                sent();
                assert_eq!(bell.rung(), 1, "that it tried is no reason not to wake it");
            }
            other => fits(&other.map_err(closed), sent()),
        }
    });
}

fn closed(error: TryRecvError) -> RecvError {
    assert_eq!(error, TryRecvError::Closed);
    // The only way to come by one.
    let (_, receiver) = channel::<Parcel>();
    block_on(receiver).unwrap_err()
}

/// Empty and closed are one look: what was sent before the end is found before the end.
#[test]
fn ending_against_try_recv() {
    against_each_ending(|mut receiver, sent| match receiver.try_recv() {
        Err(TryRecvError::Empty) => {
            let sent = sent();
            fits(&receiver.try_recv().map_err(closed), sent);
        }
        other => fits(&other.map_err(closed), sent()),
    });
}

#[test]
fn ending_against_drop() {
    against_each_ending(|receiver, sent| {
        drop(receiver);
        sent();
    });
}

#[test]
fn ending_against_is_empty() {
    against_each_ending(|mut receiver, sent| {
        if receiver.is_empty() {
            let sent = sent();
            assert_eq!(receiver.is_empty(), sent != Some(true));
        } else {
            receiver.try_recv().expect("it was there");
            assert_eq!((receiver.is_empty(), sent()), (true, Some(true)));
        }
    });
}

/// What the receiver does while the sender waits for its end.
#[derive(Clone, Copy, Debug)]
enum Leaving {
    Close,
    Drop,
    PollThenClose,
    PollThenDrop,
}

const LEAVINGS: [Leaving; 4] = [Leaving::Close, Leaving::Drop, Leaving::PollThenClose, Leaving::PollThenDrop];

/// Runs `watch` on the sender against each way in which the receiver can leave. The message is not sent meanwhile, and
/// afterwards cannot be.
fn against_each_leaving(watch: impl Fn(&mut Sender<Parcel>, &dyn Fn()) + Copy + Send + Sync + 'static) {
    for leaving in LEAVINGS {
        for ending in ENDINGS {
            model_deep(move || {
                let (mut sender, mut receiver) = channel();
                let thread = spawn(move || {
                    let bell = Bell::new();
                    if matches!(leaving, Leaving::PollThenClose | Leaving::PollThenDrop) {
                        assert!(poll(&bell, &mut receiver).is_pending(), "nothing was sent");
                    }
                    let kept = if matches!(leaving, Leaving::Close | Leaving::PollThenClose) {
                        receiver.close();
                        Some(receiver)
                    } else {
                        drop(receiver);
                        None
                    };
                    assert_eq!(bell.rung(), 0, "nobody has sent, nobody has dropped the sender");
                    kept
                });
                let thread = std::cell::Cell::new(Some(thread));
                let kept = std::cell::Cell::new(None);
                watch(&mut sender, &|| kept.set(thread.take().expect("asked once").join().unwrap()));
                assert!(sender.is_closed());
                assert!(ending.run(sender) != Some(true), "sent to nobody");
                if let Some(receiver) = kept.take() {
                    block_on(receiver).unwrap_err();
                }
            });
        }
    }
}

#[test]
fn closed_against_leaving() {
    against_each_leaving(|sender, left| {
        block_on(sender.closed());
        left();
    });
}

#[test]
fn poll_closed_against_leaving() {
    against_each_leaving(|sender, left| {
        let bell = Bell::new();
        let told = poll_closed(&bell, sender);
        left();
        assert_eq!(bell.rung(), usize::from(!told));
        assert!(told || poll_closed(&bell, sender), "woken for nothing");
        assert_eq!(Arc::strong_count(&bell), 1, "its waker stays nowhere");
    });
}

#[test]
fn poll_closed_with_two_wakers_against_leaving() {
    against_each_leaving(|sender, left| {
        let (first, second) = (Bell::new(), Bell::new());
        let told = poll_closed(&first, sender) || poll_closed(&second, sender);
        left();
        if !told {
            assert_eq!((first.rung(), second.rung()), (0, 1));
        }
    });
}

#[test]
fn is_closed_against_leaving() {
    against_each_leaving(|sender, left| {
        let early = sender.is_closed();
        left();
        assert!(sender.is_closed() || !early);
    });
}

/// Both ends put their wakers in at once, and then the one or the other ends it.
#[test]
fn both_wait() {
    for ending in ENDINGS {
        for wakers in [1, 2] {
            model_deep(move || {
                let (mut sender, mut receiver) = channel();
                let thread = spawn(move || {
                    let bells = [Bell::new(), Bell::new()];
                    let told = bells[..wakers].iter().any(|bell| poll_closed(bell, &mut sender));
                    let sent = ending.run(sender);
                    assert!(!(told && sent == Some(true)));
                    assert!(bells.iter().all(|bell| Arc::strong_count(bell) == 1), "its waker stays nowhere");
                    sent
                });
                let bells = [Bell::new(), Bell::new()];
                let early = bells[..wakers].iter().find_map(|bell| match poll(bell, &mut receiver) {
                    Poll::Ready(answer) => Some(answer),
                    Poll::Pending => None,
                });
                let sent = thread.join().unwrap();
                match early {
                    Some(answer) => fits(&answer, sent),
                    None => {
                        assert_eq!(bells[wakers - 1].rung(), 1);
                        fits(&block_on(receiver), sent);
                    }
                }
            });
        }
    }
}

/// The sender waits and ends while the receiver, which waits too, leaves.
#[test]
fn both_wait_and_go() {
    for ending in ENDINGS {
        model_deep(move || {
            let (mut sender, mut receiver) = channel();
            let thread = spawn(move || {
                let bell = Bell::new();
                let _ = poll_closed(&bell, &mut sender);
                ending.run(sender);
                bell
            });
            let bell = Bell::new();
            let told = poll(&bell, &mut receiver).is_ready();
            drop(receiver);
            let other = thread.join().unwrap();
            assert!(bell.rung() <= usize::from(!told) && other.rung() <= 1);
            assert_eq!((Arc::strong_count(&bell), Arc::strong_count(&other)), (1, 1), "no waker stays anywhere");
        });
    }
}
