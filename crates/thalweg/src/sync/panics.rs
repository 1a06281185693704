//! Foreign code that panics, where panics can be caught.

use alloc::boxed::Box;
use core::any::Any;
use core::mem::ManuallyDrop;
use core::task::Waker;

/// What a panic carries, if it is not the last one. Its destructor is foreign code too, which might panic: it never runs.
pub(crate) struct Panic(#[cfg_attr(not(feature = "std"), expect(dead_code))] ManuallyDrop<Box<dyn Any + Send>>);

/// Runs foreign code; a panic comes back as an error.
#[cfg(feature = "std")]
pub(crate) fn attempt(foreign: impl FnOnce()) -> Result<(), Panic> {
    std::panic::catch_unwind(core::panic::AssertUnwindSafe(foreign)).map_err(|panic| Panic(ManuallyDrop::new(panic)))
}

/// Lets a panic go on that `attempt` has caught, unless another one is under way: two at once would end the process.
#[cfg(feature = "std")]
pub(crate) fn resume(panic: Panic) {
    if !std::thread::panicking() {
        std::panic::resume_unwind(ManuallyDrop::into_inner(panic.0));
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
pub(crate) fn resume(_panic: Panic) {}

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

/// Ends the process, without `std` too: a panic that cannot unwind out of here does.
#[cold]
pub(crate) fn abort(why: &'static str) -> ! {
    extern "C" fn end(why: &&'static str) -> ! {
        panic!("{why}")
    }
    end(&why)
}
