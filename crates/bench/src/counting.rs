//! An allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static ALLOCATED: AtomicU64 = AtomicU64::new(0);
static FREED: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, and how often and for how many bytes it was asked.
#[derive(Debug)]
pub struct Counting;

// SAFETY: it hands every call on to the system's allocator as it is, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        ALLOCATED.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        FREED.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller's pointer, which the system's allocator gave for this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What was asked for up to now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    allocations: u64,
    bytes: i64,
}

impl Count {
    pub(crate) fn now() -> Self {
        let bytes = ALLOCATED.load(Ordering::Relaxed).wrapping_sub(FREED.load(Ordering::Relaxed)) as i64;
        Self { allocations: ALLOCATIONS.load(Ordering::Relaxed), bytes }
    }

    /// How often memory was asked for since then.
    pub(crate) fn allocations_since(self, start: Self) -> f64 {
        (self.allocations - start.allocations) as f64
    }

    /// How many bytes more are in use than then.
    pub(crate) fn bytes_since(self, start: Self) -> f64 {
        (self.bytes - start.bytes) as f64
    }
}
