//! The ring under loom: what is put is taken, once, whole and in order, or there was no room for it.

use super::*;
use alloc::vec::Vec;
use loom::model::Builder;
use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize;
use std::time::Duration;

/// One more than there are slots, so that one is used again.
const EVENTS: usize = SLOTS + 1;

/// In every order with at most four preemptions, or twice as many as `LOOM_MAX_PREEMPTIONS` allows.
fn model(body: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(2 * builder.preemption_bound.unwrap_or(2));
    let seconds = std::env::var("THALWEG_LOOM_SECONDS").map_or(2, |value| value.parse().expect("a number"));
    builder.max_duration = Some(Duration::from_secs(seconds));
    builder.check(body);
}

fn event(number: usize) -> Words {
    [number as u64 + 1; 3]
}

/// What was put by a thread is there for who sees that it has ended.
#[test]
fn who_sees_the_end_has_seen_all() {
    model(|| {
        let ring = Arc::new(Ring::new(0));
        let writer = {
            let ring = ring.clone();
            loom::thread::spawn(move || {
                assert!(ring.put(event(0)) && ring.put(event(1)), "there is room");
                ring.end();
            })
        };
        let mut taken = Vec::new();
        let ended = ring.take(|words| taken.push(words));
        assert!(taken.iter().copied().eq((0..taken.len()).map(event)), "{taken:?}");
        assert!(!ended || taken.len() == 2, "it ended, and what it put is not there");
        writer.join().unwrap();
        assert!(ring.take(|words| taken.push(words)));
        assert_eq!(taken, [event(0), event(1)]);
    });
}

/// A slot is used again only after the reader is done with it.
#[test]
fn a_slot_is_written_anew_after_it_was_read() {
    model(|| {
        let ring = Arc::new(Ring::new(0));
        // What the reader does before it gives the slots back: who uses one again must see it.
        let seen = Arc::new([(); EVENTS].map(|()| AtomicUsize::new(0)));
        let writer = {
            let (ring, seen) = (ring.clone(), seen.clone());
            loom::thread::spawn(move || {
                let mut lost = 0;
                for number in 0..EVENTS {
                    if !ring.put(event(number)) {
                        lost += 1;
                    } else if number >= SLOTS {
                        let before = seen[number - SLOTS].load(Ordering::Relaxed);
                        assert_eq!(before, 1, "the reader has not read what is overwritten");
                    }
                }
                ring.end();
                lost
            })
        };
        let mut taken = Vec::new();
        let take = |taken: &mut Vec<Words>| {
            ring.take(|words| {
                seen[words[0] as usize - 1].store(1, Ordering::Relaxed);
                taken.push(words);
            })
        };
        take(&mut taken);
        let lost = writer.join().unwrap();
        assert!(take(&mut taken));
        assert!(taken.iter().copied().eq((0..EVENTS - lost).map(event)), "{taken:?}, {lost} lost");
        assert!(lost <= 1);
    });
}

/// What a step made seen is there to be taken, or lies after the horizon.
#[test]
fn what_a_step_made_seen_is_told_or_kept_back() {
    model(|| {
        let ring = Arc::new(Ring::new(0));
        let state = Arc::new(AtomicUsize::new(0));
        let writer = {
            let (ring, state) = (ring.clone(), state.clone());
            loom::thread::spawn(move || {
                ring.begin(5);
                state.store(1, Ordering::Release);
                assert!(ring.put(event(0)), "there is room");
                ring.finish();
            })
        };
        let is_seen = state.load(Ordering::Acquire) == 1;
        let horizon = ring.horizon();
        let mut taken = 0;
        ring.take(|_| taken += 1);
        assert!(!is_seen || taken == 1 || horizon < 5, "it was seen, and may be handed on without having been told");
        writer.join().unwrap();
        assert_eq!(ring.horizon(), u64::MAX);
    });
}
