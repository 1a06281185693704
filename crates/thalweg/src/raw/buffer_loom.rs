//! The buffer under loom: one thread at the tail, one at the head, blocks of two or three messages between them.

use super::*;
use crate::raw::models::{Letter, Message, Parcel, Turnstile, model, model_of_many_steps, spawn};
use alloc::vec::Vec;
use loom::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// In how many orders something happened: a model that never comes to its point shows nothing.
struct Seen(AtomicUsize);

impl Seen {
    const fn never() -> Seen {
        Seen(AtomicUsize::new(0))
    }

    fn now(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    #[track_caller]
    fn at_all(&self) {
        assert!(self.0.load(Relaxed) > 0, "in no order");
    }
}

/// Adds a message. Whether the pool had the block for it, if one was needed.
fn push<T: Message>(buffer: &Buffer<T>, number: usize) -> bool {
    let mut tail = buffer.tail().take();
    let mut fresh = None;
    let reused = tail.writer.is_at_end() && buffer.has_slot(&mut tail, &mut fresh);
    if !buffer.has_slot(&mut tail, &mut fresh) {
        fresh = Some(Block::new());
        assert!(buffer.has_slot(&mut tail, &mut fresh));
    }
    buffer.push(&mut tail, T::new(number));
    reused
}

/// Takes a message, the fast way where there is one.
fn pop<T: Message>(buffer: &Buffer<T>) -> Option<usize> {
    let mut done = None;
    let mut head = buffer.head().take();
    if head.is_running() || buffer.renew_head(&mut head) {
        let mut taken = None;
        buffer.pop_running(&mut head, &mut taken);
        return taken.map(|message| message.number());
    }
    buffer.pop(&mut head, &mut done).map(|message| message.number())
}

/// Looks three times.
fn pop_some<T: Message>(buffer: &Buffer<T>, gate: &Turnstile) -> Vec<usize> {
    let mut popped = Vec::new();
    for _ in 0..3 {
        gate.pass();
        popped.extend(pop(buffer));
    }
    popped
}

fn rest<T: Message>(buffer: &Buffer<T>) -> impl Iterator<Item = usize> {
    core::iter::from_fn(|| pop(buffer))
}

fn detach(buffer: &Buffer<Parcel>) -> Chain<Parcel> {
    let mut head = buffer.head().take();
    let mut tail = buffer.tail().take();
    buffer.detach(&mut head, &mut tail)
}

/// Over the end of a block, the first and the next: every message once, in order.
#[test]
fn pushing_against_popping() {
    static BEYOND: Seen = Seen::never();
    assert_eq!(slots_of::<Parcel>(), 2);
    model_of_many_steps(|| {
        let buffer = Arc::new(Buffer::<Parcel>::new(usize::MAX));
        let gate = Turnstile::new();
        let (writer, through) = (buffer.clone(), gate.clone());
        let thread = spawn(move || {
            (0..3).for_each(|number| {
                through.pass();
                push(&writer, number);
            });
        });
        let mut popped = pop_some(&buffer, &gate);
        if popped.len() == 3 {
            BEYOND.now();
        }
        thread.join().unwrap();
        popped.extend(rest(&buffer));
        assert_eq!(popped, [0, 1, 2]);
    });
    BEYOND.at_all();
}

/// The head leaves a block, the tail takes it out of the pool and writes to it again, or finds none there yet.
#[test]
fn blocks_are_used_again() {
    static REUSED: Seen = Seen::never();
    static FRESH: Seen = Seen::never();
    model_of_many_steps(|| {
        let buffer = Arc::new(Buffer::<Parcel>::new(usize::MAX));
        (0..3).for_each(|number| {
            push(&buffer, number);
        });
        let gate = Turnstile::new();
        let (writer, through) = (buffer.clone(), gate.clone());
        let thread = spawn(move || {
            push(&writer, 3);
            through.pass();
            if push(&writer, 4) { REUSED.now() } else { FRESH.now() }
        });
        let mut popped = pop_some(&buffer, &gate);
        assert_eq!(popped, [0, 1, 2]);
        thread.join().unwrap();
        popped.extend(rest(&buffer));
        assert_eq!(popped, [0, 1, 2, 3, 4]);
    });
    REUSED.at_all();
    FRESH.at_all();
}

/// All messages are taken out at once while others come: they are in the chain or in the buffer.
#[test]
fn detaching_against_pushing() {
    static BETWEEN: Seen = Seen::never();
    model(|| {
        let buffer = Arc::new(Buffer::<Parcel>::new(usize::MAX));
        push(&buffer, 0);
        let gate = Turnstile::new();
        let (writer, through) = (buffer.clone(), gate.clone());
        let thread = spawn(move || {
            (1..4).for_each(|number| {
                through.pass();
                push(&writer, number);
            });
        });
        gate.pass();
        let chain = detach(&buffer);
        if (2..4).contains(&chain.len()) {
            BETWEEN.now();
        }
        let mut found: Vec<usize> = chain.map(|message| message.number()).collect();
        thread.join().unwrap();
        found.extend(rest(&buffer));
        assert_eq!(found, [0, 1, 2, 3]);
    });
    BETWEEN.at_all();
}

/// The same while another takes them one by one.
#[test]
fn detaching_against_popping() {
    static BETWEEN: Seen = Seen::never();
    model(|| {
        let buffer = Arc::new(Buffer::<Parcel>::new(usize::MAX));
        (0..3).for_each(|number| {
            push(&buffer, number);
        });
        let gate = Turnstile::new();
        let (reader, through) = (buffer.clone(), gate.clone());
        let thread = spawn(move || pop_some(&reader, &through));
        gate.pass();
        let chain = detach(&buffer);
        if (1..3).contains(&chain.len()) {
            BETWEEN.now();
        }
        let chained: Vec<usize> = chain.map(|message| message.number()).collect();
        let mut found = thread.join().unwrap();
        found.extend(chained);
        assert_eq!(found, [0, 1, 2]);
        assert_eq!(pop(&buffer), None);
    });
    BETWEEN.at_all();
}

/// One that goes ahead of the head reads what is written behind it in its block, without the lock; then come the others.
#[test]
fn going_ahead_against_pushing() {
    static NOTHING: Seen = Seen::never();
    static PART: Seen = Seen::never();
    static WHOLE: Seen = Seen::never();
    assert_eq!(slots_of::<Letter>(), 3);
    model_of_many_steps(|| {
        let buffer = Arc::new(Buffer::<Letter>::new(usize::MAX));
        push(&buffer, 0);
        let gate = Turnstile::new();
        let (writer, through) = (buffer.clone(), gate.clone());
        let thread = spawn(move || {
            (1..4).for_each(|number| {
                through.pass();
                push(&writer, number);
            });
        });
        gate.pass();
        let mut ahead = Ahead::nowhere();
        let mut head = buffer.head().take();
        buffer.pop(&mut head, &mut None).into_iter().for_each(|message| assert_eq!(message.number(), 0));
        // SAFETY: the head catches up before anything else is taken.
        unsafe { buffer.go_ahead(&head, &mut ahead) };
        drop(head);
        let mut found = Vec::new();
        while let Some(message) = buffer.pop_ahead(&mut ahead) {
            found.push(message.number());
        }
        [&NOTHING, &PART, &WHOLE][found.len()].now();
        buffer.catch_up(&mut buffer.head().take(), &mut ahead);
        found.extend(pop(&buffer));
        thread.join().unwrap();
        found.extend(rest(&buffer));
        assert_eq!(found, [1, 2, 3]);
    });
    WHOLE.at_all();
    PART.at_all();
    NOTHING.at_all();
}

/// What was taken ahead is not among what is detached afterwards, while more is written.
#[test]
fn going_ahead_and_then_detaching_against_pushing() {
    model(|| {
        let buffer = Arc::new(Buffer::<Letter>::new(usize::MAX));
        (0..2).for_each(|number| {
            push(&buffer, number);
        });
        let gate = Turnstile::new();
        let (writer, through) = (buffer.clone(), gate.clone());
        let thread = spawn(move || {
            through.pass();
            push(&writer, 2);
        });
        let mut ahead = Ahead::nowhere();
        let mut head = buffer.head().take();
        assert_eq!(buffer.pop(&mut head, &mut None).map(|message| message.number()), Some(0));
        // SAFETY: the head catches up before anything else is taken.
        unsafe { buffer.go_ahead(&head, &mut ahead) };
        drop(head);
        assert_eq!(buffer.pop_ahead(&mut ahead).map(|message| message.number()), Some(1));
        gate.pass();
        buffer.catch_up(&mut buffer.head().take(), &mut ahead);
        let mut found: Vec<usize> = rest(&buffer).collect();
        thread.join().unwrap();
        found.extend(rest(&buffer));
        assert_eq!(found, [2]);
    });
}
