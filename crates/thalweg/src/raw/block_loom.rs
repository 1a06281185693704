//! The pool under loom: one thread lays blocks to rest, another takes them.

use super::*;
use crate::raw::models::{model, spawn};
use loom::sync::Arc;

/// Writes a number into a slot, as the holder of the block may.
fn mark(block: &Block<usize>, number: usize) {
    // SAFETY: a slot of a block that is the caller's.
    let slot = unsafe { slot(block.0, 0).as_ref() };
    // SAFETY: as above.
    slot.with_mut(|slot| unsafe { slot.write(MaybeUninit::new(number)) });
}

fn marked(block: &Block<usize>) -> usize {
    // SAFETY: a slot of a block that is the caller's.
    let slot = unsafe { slot(block.0, 0).as_ref() };
    // SAFETY: as above, and `mark` has written it.
    slot.with_mut(|slot| unsafe { slot.cast::<usize>().read() })
}

fn new(number: usize) -> Block<usize> {
    let block = Block::new();
    mark(&block, number);
    block
}

/// Each block is taken once, as it was left, and none is lost. Loom reports two threads at a block.
#[test]
fn putting_against_taking() {
    model(|| {
        let pool = Arc::new(Pool::new(usize::MAX));
        assert!(pool.put(new(0)).is_none());
        let resting = pool.clone();
        let thread = spawn(move || {
            // Two may lie there: whether the second is kept depends on whether one was taken.
            [1, 2].map(|number| resting.put(new(number)).map(|block| marked(&block)))
        });
        let mut seen = [0; 3];
        for _ in 0..2 {
            if let Some(block) = pool.take() {
                seen[marked(&block)] += 1;
            }
        }
        for refused in thread.join().unwrap().into_iter().flatten() {
            seen[refused] += 1;
        }
        while let Some(block) = pool.take() {
            seen[marked(&block)] += 1;
        }
        assert_eq!(seen, [1; 3]);
    });
}

/// What was taken is put again, by way of the other thread, under another: the one on top stays where the taker saw it.
#[test]
fn blocks_go_round() {
    model(|| {
        let pool = Arc::new(Pool::new(usize::MAX));
        assert!(pool.put(new(0)).is_none());
        let hands = Arc::new(loom::sync::Mutex::new(None));
        let (resting, passed) = (pool.clone(), hands.clone());
        let thread = spawn(move || {
            assert!(resting.put(new(1)).is_none());
            if let Some(block) = passed.lock().unwrap().take() {
                mark(&block, marked(&block) + 10);
                assert!(resting.put(block).is_none());
            }
        });
        let first = pool.take().expect("one lies there from the beginning");
        *hands.lock().unwrap() = Some(first);
        let second = pool.take().map(|block| marked(&block));
        thread.join().unwrap();
        let mut found: alloc::vec::Vec<usize> = second.into_iter().collect();
        found.extend(core::iter::from_fn(|| pool.take()).map(|block| marked(&block)));
        found.extend(hands.lock().unwrap().take().map(|block| marked(&block)));
        found.iter_mut().for_each(|number| *number %= 10);
        found.sort_unstable();
        assert_eq!(found, [0, 1]);
    });
}
