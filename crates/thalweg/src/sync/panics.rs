//! Foreign code that panics, where panics can be caught.

use alloc::boxed::Box;
use core::any::Any;

/// What a panic carries.
pub(crate) type Panic = Box<dyn Any + Send>;

/// Runs foreign code; a panic comes back as an error.
#[cfg(feature = "std")]
pub(crate) fn attempt(foreign: impl FnOnce()) -> Result<(), Panic> {
    std::panic::catch_unwind(core::panic::AssertUnwindSafe(foreign))
}

/// Lets a panic go on that `attempt` has caught, unless another one is under way: two at once would end the process.
#[cfg(feature = "std")]
pub(crate) fn resume(panic: Panic) {
    if std::thread::panicking() {
        // Its destructor is foreign code too.
        core::mem::forget(panic);
    } else {
        std::panic::resume_unwind(panic);
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

/// Ends the process, without `std` too: a panic that cannot unwind out of here does.
#[cold]
pub(crate) fn abort(why: &'static str) -> ! {
    extern "C" fn end(why: &&'static str) -> ! {
        panic!("{why}")
    }
    end(&why)
}
