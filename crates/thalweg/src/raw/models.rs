//! What the models of the cellar share. They run under loom, each through every order of its steps within its bounds.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::task::Waker;
use loom::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub(super) use loom::thread::spawn;

/// Runs a model in every order with at most four preemptions, or twice as many as `LOOM_MAX_PREEMPTIONS` allows.
pub(super) fn model(body: impl Fn() + Sync + Send + 'static) {
    check(2, body);
}

/// The same with half as many, for models of more steps.
pub(super) fn model_of_many_steps(body: impl Fn() + Sync + Send + 'static) {
    check(1, body);
}

fn check(times: usize, body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(times * builder.preemption_bound.unwrap_or(2));
    let seconds = std::env::var("THALWEG_LOOM_SECONDS").map_or(2, |value| value.parse().expect("a number"));
    builder.max_duration = Some(Duration::from_secs(seconds));
    builder.check(body);
}

/// Where threads meet that would else do so only by reading. Of each atomic loom remembers the last access alone: where one
/// thread has only read it, and the other reads it and then writes, it does not see that their order matters. So whoever
/// passes here may come before or after the others, and that is all it means: it orders no memory.
pub(super) struct Turnstile(AtomicUsize);

impl Turnstile {
    pub(super) fn new() -> loom::sync::Arc<Turnstile> {
        loom::sync::Arc::new(Turnstile(AtomicUsize::new(0)))
    }

    pub(super) fn pass(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A waker that counts.
pub(super) struct Bell(AtomicUsize);

impl Bell {
    pub(super) fn new() -> Arc<Bell> {
        Arc::new(Bell(AtomicUsize::new(0)))
    }

    pub(super) fn waker(self: &Arc<Bell>) -> Waker {
        Waker::from(self.clone())
    }

    pub(super) fn rung(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// A message that loom misses when it is leaked, and that panics when it is dropped twice. So large that two fill a block.
pub(super) struct Parcel(usize, loom::sync::Arc<usize>);

/// The same, three to a block.
pub(super) struct Letter(Box<loom::alloc::Track<usize>>);

pub(super) trait Message: Send + 'static {
    fn new(number: usize) -> Self;
    fn number(&self) -> usize;
}

impl Message for Parcel {
    fn new(number: usize) -> Parcel {
        Parcel(number, loom::sync::Arc::new(number))
    }

    fn number(&self) -> usize {
        assert_eq!(self.0, *self.1);
        self.0
    }
}

impl Message for Letter {
    fn new(number: usize) -> Letter {
        Letter(Box::new(loom::alloc::Track::new(number)))
    }

    fn number(&self) -> usize {
        *self.0.get_ref()
    }
}
