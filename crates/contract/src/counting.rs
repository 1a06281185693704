//! An allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

static ALLOCATIONS: AtomicI64 = AtomicI64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static EXEMPT: Cell<bool> = const { Cell::new(false) };
}

/// What this thread asks for is not counted from now on: it watches, and is no part of the probe.
pub(crate) fn exempt_this_thread() {
    EXEMPT.set(true);
}

fn count(times: i64, bytes: i64) {
    if !EXEMPT.get() {
        ALLOCATIONS.fetch_add(times, Ordering::Relaxed);
        BYTES.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// The system's allocator, and how often and for how many bytes it was asked.
#[derive(Debug)]
pub struct Counting;

// SAFETY: it hands every call on to the system's allocator as it is, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, -(layout.size() as i64));
        // SAFETY: the caller's pointer, which the system's allocator gave for this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What was asked for up to now. Of the whole process: nothing else runs beside a probe that counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    allocations: i64,
    bytes: i64,
}

impl Count {
    pub(crate) fn now() -> Self {
        Self { allocations: ALLOCATIONS.load(Ordering::Relaxed), bytes: BYTES.load(Ordering::Relaxed) }
    }

    /// How often memory was asked for since.
    pub(crate) fn allocations(self) -> i64 {
        Self::now().allocations - self.allocations
    }

    /// How many bytes more are in use than then.
    pub(crate) fn bytes(self) -> i64 {
        Self::now().bytes - self.bytes
    }
}
