//! Messages in words, where the program gives them.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::task::{Context, Waker};
use std::time::Duration;

use futures_lite::future::block_on;
use thalweg::record::{Options, Recording, texts};
use thalweg::{mpmc, mpsc};
use thalweg_recording::{Limits, read};

use crate::{recorded, turn};

const SOON: Duration = Duration::from_millis(5);
const LIMIT: Duration = Duration::from_secs(20);

/// The texts by the numbers of their messages, of a recording with one channel.
fn told(recording: &Recording) -> Vec<(u64, &str)> {
    recording.texts.iter().map(|((_, message), text)| (*message, &text[..])).collect()
}

#[test]
fn each_way_to_send_tells() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::bounded(4);
        tx.try_send(100).unwrap();
        texts(&tx, |message: &i32| format!("m{message}"));
        block_on(async {
            tx.try_send(1).unwrap();
            let other = tx.clone();
            other.send(2).await.unwrap();
            tx.reserve().await.unwrap().send(3).unwrap();
            assert!(tx.try_send(999).is_err());
            assert_eq!(tx.force_send(4), Ok(Some(100)));
            let mut batch = [5, 6, 7, 8, 9, 10].into();
            let mut sending = pin!(tx.send_many(&mut batch));
            let mut cx = Context::from_waker(Waker::noop());
            for taken in [2, 3] {
                assert!(sending.as_mut().poll(&mut cx).is_pending());
                assert_eq!(rx.try_recv_many(&mut Vec::new(), taken), Ok(taken));
            }
            assert!(sending.as_mut().poll(&mut cx).is_pending());
            assert_eq!(rx.try_recv_many(&mut Vec::new(), 2), Ok(2));
            assert!(sending.as_mut().poll(&mut cx).is_ready());
        });
        rx.try_recv_many(&mut Vec::new(), 2).unwrap();
        tx.send_blocking(11).unwrap();
    });
    let expected: Vec<(u64, String)> = (1..=11).map(|message| (message, format!("m{message}"))).collect();
    let expected: Vec<(u64, &str)> = expected.iter().map(|(message, text)| (*message, &text[..])).collect();
    assert_eq!(told(&recording), expected);
}

#[test]
fn those_of_one_receiver_too() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, mut rx) = mpsc::channel(1);
        texts(&tx, |message: &&str| message.to_uppercase());
        block_on(tx.send("a")).unwrap();
        let mut second = pin!(tx.send("b"));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(second.as_mut().poll(&mut cx).is_pending());
        rx.try_recv().unwrap();
        assert!(second.as_mut().poll(&mut cx).is_ready());
    });
    assert_eq!(told(&recording), [(0, "A"), (1, "B")]);
    let recording = recorded(|| {
        let (tx, _rx) = mpsc::unbounded_channel();
        texts(&tx, |message: &&str| message.to_uppercase());
        tx.send("c").unwrap();
    });
    assert_eq!(told(&recording), [(0, "C")]);
}

#[test]
fn nobody_else_is_asked() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let _turn = turn();
    let ask = |_: &()| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        String::new()
    };
    let (before, _rx) = mpmc::unbounded();
    let recording = recorded(|| {
        texts(&before, ask);
        before.try_send(()).unwrap();
        let (asked, _rx) = mpmc::unbounded();
        texts(&asked, ask);
        // The first one stays.
        texts(&asked, |()| unreachable!());
        let (other, _rx) = mpmc::unbounded();
        other.try_send(()).unwrap();
        asked.try_send(()).unwrap();
    });
    assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    assert_eq!(recording.texts.len(), 1);
}

/// A batch that waits for room again and again: each time no more is asked for than could find room.
#[test]
fn of_a_long_batch_what_finds_room_is_told() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::bounded(2);
        texts(&tx, |message: &u32| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            message.to_string()
        });
        let mut batch = (0..40).collect();
        let (mut sending, mut cx) = (pin!(tx.send_many(&mut batch)), Context::from_waker(Waker::noop()));
        while sending.as_mut().poll(&mut cx).is_pending() {
            let _ = rx.try_recv_many(&mut Vec::new(), 2);
        }
    });
    assert_eq!(recording.texts.len(), 40);
    assert!(ASKED.load(Ordering::Relaxed) <= 3 * 40, "{ASKED:?}");
}

#[test]
fn what_is_handed_over_is_told() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::rendezvous();
        texts(&tx, |message: &u32| message.to_string());
        let mut receiving = pin!(rx.recv());
        assert!(receiving.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        tx.try_send(7).unwrap();
    });
    assert_eq!(told(&recording), [(0, "7")]);
}

/// It is foreign code: the channel is not locked, and its panic is not the sender's.
#[test]
fn what_tells_may_ask_the_channel_back_and_panic() {
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::bounded(1);
        let (same, sends) = (tx.clone(), tx.clone());
        texts(&tx, move |message: &u32| match message {
            1 => panic!("this one is meant"),
            2 => {
                sends.try_send(20).unwrap();
                String::new()
            }
            _ => format!("{message}, with {} before it", same.len()),
        });
        tx.try_send(0).unwrap();
        assert_eq!(rx.try_recv(), Ok(0));
        tx.try_send(1).unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
        // Its text takes the one place.
        assert!(tx.try_send(2).unwrap_err().is_full());
        assert_eq!(rx.try_recv(), Ok(20));
        block_on(tx.reserve()).unwrap().send(3).unwrap();
        assert_eq!(tx.force_send(4), Ok(Some(3)));
        drop(rx);
    });
    let expected = [
        (0, "0, with 0 before it"),
        (1, "(no text: it panicked)"),
        (2, "20, with 0 before it"),
        (3, "3, with 0 before it"),
        (4, "4, with 1 before it"),
    ];
    assert_eq!(told(&recording), expected);
}

#[test]
fn texts_are_in_the_file_cut_where_they_are_long() {
    let _turn = turn();
    let path = tempfile::NamedTempFile::new().unwrap();
    let recorder = Options::new().keep(2).capture(path.path()).start().unwrap();
    let (tx, _rx) = mpmc::unbounded();
    texts(&tx, |length: &usize| "x".repeat(*length) + "\u{20ac}\u{20ac}");
    for length in [3, 998, 1] {
        tx.try_send(length).unwrap();
    }
    let kept = recorder.recording();
    assert_eq!(told(&kept), [(1, &*"x".repeat(998)), (2, "x\u{20ac}\u{20ac}")], "of the events that are kept");
    recorder.finish().unwrap();
    let recording = read(std::fs::File::open(path.path()).unwrap(), &Limits::default()).unwrap();
    assert_eq!(told(&recording), [(0, "xxx\u{20ac}\u{20ac}"), (1, &*"x".repeat(998)), (2, "x\u{20ac}\u{20ac}")]);
}

#[test]
fn what_a_closure_panics_with_ended_the_send_when_it_was_dropped() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("this one is meant, too");
        }
    }
    let _turn = turn();
    let recording = recorded(|| {
        let (tx, rx) = mpmc::bounded(1);
        texts(&tx, |_: &i32| std::panic::panic_any(Panics));
        tx.try_send(1).unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
    });
    assert_eq!(told(&recording), [(0, "(no text: it panicked)")]);
}

/// A clone that was made when the recorder could take no more of them. Its channel is recorded, and it is not.
#[test]
fn sender_that_is_not_recorded_is_not_asked_for_words() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let _turn = turn();
    let (tell, told) = channel();
    let (go_on, goes_on) = channel();
    let holds_up = move |_: &str| {
        tell.send(()).unwrap();
        goes_on.recv_timeout(LIMIT).unwrap();
    };
    let recorder = Options::new().on_stall(SOON, holds_up).start().unwrap();
    let (tx, rx) = mpmc::bounded(1);
    texts(&tx, |number: &u32| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        number.to_string()
    });
    tx.try_send(0).unwrap();
    let mut clones = Vec::new();
    {
        let mut send = pin!(tx.send(1));
        assert!(send.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        told.recv_timeout(LIMIT).unwrap();
        // More than anybody is told of in the meantime.
        clones.extend((0..100_000).map(|_| tx.clone()));
        go_on.send(()).unwrap();
    }
    let (asked, last) = (ASKED.load(Ordering::Relaxed), clones.pop().unwrap());
    assert_eq!(rx.try_recv(), Ok(0));
    last.try_send(2).unwrap();
    assert_eq!(ASKED.load(Ordering::Relaxed), asked);
    drop(clones);
    recorder.finish().unwrap();
}
