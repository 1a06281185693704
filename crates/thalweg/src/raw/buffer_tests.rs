//! The buffer against a `VecDeque`, and what it keeps.

use super::*;
use alloc::collections::VecDeque;
use alloc::rc::Rc;

fn push<T>(buffer: &Buffer<T>, message: T) {
    let mut tail = buffer.tail().take();
    assert!(buffer.has_slot(&mut tail, &mut Some(Block::new())));
    buffer.push(&mut tail, message);
}

fn pop<T>(buffer: &Buffer<T>) -> Option<T> {
    let mut done = None;
    let mut head = buffer.head().take();
    buffer.pop(&mut head, &mut done)
}

fn detach<T>(buffer: &Buffer<T>) -> Chain<T> {
    let mut head = buffer.head().take();
    let mut tail = buffer.tail().take();
    buffer.detach(&mut head, &mut tail)
}

/// A small generator of steps, the same in every run.
fn steps(seed: u32) -> impl FnMut() -> u32 {
    let mut state = seed;
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    }
}

/// Against a `VecDeque`, across blocks, detached chains and (in debug builds) the wrap of positions.
fn behaves_like_a_deque<T: Clone>(seed: u32, message: impl Fn(u32) -> T, is: impl Fn(&T, u32) -> bool) {
    let buffer = Buffer::new(usize::MAX);
    let (mut model, mut next) = (VecDeque::new(), steps(seed));
    for step in 0..2000 {
        let draw = next();
        match draw % 16 {
            0..8 => {
                push(&buffer, message(step));
                model.push_back(step);
            }
            8..15 => match (pop(&buffer), model.pop_front()) {
                (Some(found), Some(expected)) => assert!(is(&found, expected)),
                (found, expected) => assert!(found.is_none() && expected.is_none()),
            },
            _ => {
                let mut chain = detach(&buffer);
                assert_eq!(chain.len(), model.len());
                // Part of the chains are read to their end, part are dropped before.
                for expected in model.drain(..).take(draw as usize / 16 % 200) {
                    assert!(chain.next().is_some_and(|found| is(&found, expected)));
                }
            }
        }
        assert_eq!(buffer.len_at(&buffer.tail().take()), model.len());
    }
}

#[test]
fn behaves_like_a_deque_for_messages_of_many_sizes() {
    for seed in 1..20 {
        behaves_like_a_deque(seed, |step| step, |found, expected| *found == expected);
        behaves_like_a_deque(seed, |_| (), |(), _| true);
        behaves_like_a_deque(seed, |step| [step; 700], |found, expected| found[699] == expected);
    }
}

/// By the size of a message: 2 kB where that is more than eight slots, but never more than 64; else eight up to 8 kB; else one.
#[test]
fn blocks_are_neither_large_nor_of_few_messages() {
    fn of<const SIZE: usize>() -> usize {
        slots_of::<[u8; SIZE]>()
    }
    assert_eq!([of::<0>(), of::<1>(), of::<32>(), of::<33>(), of::<204>(), of::<256>()], [64, 64, 64, 62, 10, 8]);
    assert_eq!([of::<700>(), of::<1024>(), of::<1025>(), of::<4096>(), of::<8192>(), of::<8193>()], [8, 8, 7, 2, 1, 1]);
}

#[test]
fn every_message_is_dropped_once() {
    let counted = Rc::new(());
    for seed in 1..20 {
        behaves_like_a_deque(seed, |_| counted.clone(), |_, _| true);
        assert_eq!(Rc::strong_count(&counted), 1);
    }
}

#[test]
fn a_burst_gives_its_blocks_back() {
    let buffer = Buffer::new(usize::MAX);
    for message in 0..100_000_u64 {
        push(&buffer, message);
    }
    while pop(&buffer).is_some() {}
    let mut kept = 0;
    while let Some(block) = buffer.pool.take() {
        kept += 1;
        drop(block);
    }
    assert_eq!(kept, 2);
}
