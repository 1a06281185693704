//! Foreign code that panics, where panics can be caught.

use core::task::Waker;
#[cfg(feature = "std")]
use {alloc::boxed::Box, core::any::Any};

/// What a panic carries.
#[cfg(feature = "std")]
pub(crate) struct Panic(Option<Box<dyn Any + Send>>);

/// Without `std` there is none.
#[cfg(not(feature = "std"))]
pub(crate) enum Panic {}

/// Runs foreign code; a panic comes back as an error.
#[cfg(feature = "std")]
pub(crate) fn attempt(foreign: impl FnOnce()) -> Result<(), Panic> {
    std::panic::catch_unwind(core::panic::AssertUnwindSafe(foreign)).map_err(|panic| Panic(Some(panic)))
}

/// Lets a panic go on that `attempt` has caught, unless another one is under way: two at once would end the process.
#[cfg(feature = "std")]
pub(crate) fn resume(mut panic: Panic) {
    if std::thread::panicking() {
        return;
    }
    if let Some(last) = panic.0.take() {
        std::panic::resume_unwind(last);
    }
}

/// Of several panics one goes on, and what the others carry is dropped. Should that panic in its turn, what this one carries
/// is leaked: it might go on for ever.
#[cfg(feature = "std")]
impl Drop for Panic {
    fn drop(&mut self) {
        if let Err(mut next) = attempt(|| drop(self.0.take())) {
            core::mem::forget(next.0.take());
        }
    }
}

/// Runs foreign code. Without `std` nothing can catch a panic.
#[cfg(not(feature = "std"))]
pub(crate) fn attempt(foreign: impl FnOnce()) -> Result<(), Panic> {
    foreign();
    Ok(())
}

/// There is no panic to let go on.
#[cfg(not(feature = "std"))]
pub(crate) fn resume(panic: Panic) {
    match panic {}
}

/// Drops a waker that nobody needs any more, if there is one, before other foreign code is to run.
#[inline]
pub(crate) fn drop_waker(waker: Option<Waker>) -> Result<(), Panic> {
    match waker {
        Some(waker) => attempt(|| drop(waker)),
        None => Ok(()),
    }
}

/// Wakes one and drops another, if there are any. Both, even if the first one panics.
#[inline]
pub(crate) fn wake_and_drop(wakes: Option<Waker>, drops: Option<Waker>) {
    match (wakes, drops) {
        (Some(wakes), None) => wakes.wake(),
        (Some(wakes), Some(drops)) => wake_then_drop(wakes, drops),
        (None, drops) => drop(drops),
    }
}

#[cold]
fn wake_then_drop(wakes: Waker, drops: Waker) {
    let woken = attempt(|| wakes.wake());
    drop(drops);
    woken.unwrap_or_else(resume);
}

/// Wakes one or drops one, if there is any, for who leaves a channel, perhaps because a panic drops it: then a second one
/// goes no further.
#[inline]
pub(crate) fn wake_and_drop_leaving(wakes: Option<Waker>, drops: Option<Waker>) {
    if wakes.is_some() || drops.is_some() {
        wake_and_drop_contained(wakes, drops);
    }
}

/// Apart: those who leave a channel are many, and nearly all of them leave no waker there.
#[cold]
#[inline(never)]
fn wake_and_drop_contained(wakes: Option<Waker>, drops: Option<Waker>) {
    attempt(|| wake_and_drop(wakes, drops)).unwrap_or_else(resume);
}

/// Ends the process, without `std` too: a panic that cannot unwind out of here does.
#[cold]
pub(crate) fn abort(why: &'static str) -> ! {
    extern "C" fn end(why: &&'static str) -> ! {
        panic!("{why}")
    }
    end(&why)
}
