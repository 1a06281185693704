//! What the models share.

use std::cell::Cell;
use std::future::Future;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize as Count;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

pub(crate) use loom::future::block_on;
use loom::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use loom::thread::spawn;

/// Runs a model in every order within the bounds; or until `THALWEG_LOOM_SECONDS` are over, or two, but loom looks at the
/// clock only every 20,000 orders.
pub(crate) fn model(body: impl Fn() + Sync + Send + 'static) {
    let bound = loom::model::Builder::new().preemption_bound.or(Some(2));
    check(bound, body);
}

/// The same with twice as many preemptions, for models of few steps. Most of those have no more orders than that.
pub(crate) fn model_deep(body: impl Fn() + Sync + Send + 'static) {
    let bound = loom::model::Builder::new().preemption_bound.map_or(4, |bound| 2 * bound);
    check(Some(bound), body);
}

fn check(preemption_bound: Option<usize>, body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemption_bound;
    builder.max_branches = 20_000;
    let seconds = std::env::var("THALWEG_LOOM_SECONDS")
        .map_or(2, |value| value.parse().expect("THALWEG_LOOM_SECONDS is a number"));
    builder.max_duration = Some(Duration::from_secs(seconds));
    let interval = builder.checkpoint_interval;
    let orders = Arc::new(Count::new(0));
    let count = orders.clone();
    builder.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        body();
    });
    say_how_it_ended(orders.load(Ordering::Relaxed), interval);
}

/// A line for `cargo xtask test loom`, past what holds back the output of tests that pass. Loom looks at the clock before
/// every order whose number is a multiple of `interval`, and stops there without a word.
fn say_how_it_ended(orders: usize, interval: usize) {
    thread_local!(static MODELS: Cell<u32> = const { Cell::new(0) });
    let number = MODELS.replace(MODELS.get() + 1) + 1;
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("?");
    let end = if (orders + 1) % interval == 0 { "cut" } else { "complete" };
    // One piece, so that no other test writes in between.
    let line = format!("model {test}#{number}: {orders} orders, {end}\n");
    std::io::stdout().write_all(line.as_bytes()).expect("the output is open");
}

/// Runs a model for each of these capacities.
pub(crate) fn each<const N: usize>(capacities: [usize; N], body: impl Fn(usize) + Copy + Sync + Send + 'static) {
    for capacity in capacities {
        model(move || body(capacity));
    }
}

/// A message that loom misses when it is leaked, and that panics when it is dropped twice.
#[derive(Debug)]
pub(crate) struct Parcel(pub(crate) u32, #[allow(dead_code, reason = "loom looks after it")] loom::sync::Arc<u32>);

// Of this size a block holds two.
const _: () = assert!(size_of::<Parcel>() > 16 && size_of::<Parcel>() <= 24);

impl Parcel {
    pub(crate) fn new(number: u32) -> Parcel {
        Parcel(number, loom::sync::Arc::new(number))
    }
}

/// A waker that counts.
pub(crate) struct Bell(AtomicUsize);

impl Bell {
    pub(crate) fn new() -> Arc<Bell> {
        Arc::new(Bell(AtomicUsize::new(0)))
    }

    pub(crate) fn rung(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

pub(crate) fn poll_with<F: Future>(bell: &Arc<Bell>, future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(bell.clone())))
}

/// Polls so many times, by a waker nobody listens to.
pub(crate) fn poll_times<F: Future>(times: usize, mut future: Pin<&mut F>) -> Option<F::Output> {
    let bell = Bell::new();
    for _ in 0..times {
        if let Poll::Ready(output) = poll_with(&bell, future.as_mut()) {
            return Some(output);
        }
    }
    None
}
