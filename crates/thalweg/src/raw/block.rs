//! One block of slots, and the pool where blocks rest between two uses.
//!
//! A block is a header followed by as many slots as fit about two kilobytes, 64 at the most; for larger messages eight,
//! or as many as fit eight kilobytes, or one.
//! Blocks that were read to their end go to the pool, and the tail takes its next block from there: a channel that
//! runs evenly allocates nothing, and one that was once very full gives the rest back.

use alloc::alloc::{alloc, dealloc, handle_alloc_error};
use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::sync::{
    AtomicPtr, AtomicU32, BLOCK_BYTES, Cell, FEW_SLOTS, FEW_SLOTS_BYTES, MOST_SLOTS, Ordering, UnsafeCell,
};

pub(super) type Slot<T> = UnsafeCell<MaybeUninit<T>>;

/// The slots follow in the same allocation; the array without elements gives them their alignment.
#[repr(C)]
pub(super) struct Header<T> {
    /// The block that comes after this one in the channel, or lies under it in the pool.
    pub(super) next: Cell<BlockLink<T>>,
    slots: [Slot<T>; 0],
}

pub(super) type BlockLink<T> = Option<NonNull<Header<T>>>;

/// The slots of a block, for messages of that size.
pub(super) const fn slots_of<T>() -> usize {
    let size = if size_of::<T>() == 0 { 1 } else { size_of::<T>() };
    match (BLOCK_BYTES / size, FEW_SLOTS_BYTES / size) {
        (_, 0) => 1,
        (fitting, _) if fitting > MOST_SLOTS => MOST_SLOTS,
        (fitting, _) if fitting > FEW_SLOTS => fitting,
        (_, few) if few > FEW_SLOTS => FEW_SLOTS,
        (_, few) => few,
    }
}

fn layout_of<T>() -> Layout {
    let slots = Layout::array::<Slot<T>>(slots_of::<T>());
    let whole = slots.and_then(|slots| Layout::new::<Header<T>>().extend(slots));
    whole.expect("a message fits in memory").0.pad_to_align()
}

/// A block that nobody else knows of. Dropping it frees it; it holds no messages.
pub(crate) struct Block<T>(NonNull<Header<T>>);

// SAFETY: an owned block is memory for messages, empty.
unsafe impl<T> Send for Block<T> {}

impl<T> Block<T> {
    #[cold]
    pub(crate) fn new() -> Block<T> {
        let layout = layout_of::<T>();
        // SAFETY: the layout has a header in it, so its size is not zero.
        let memory = unsafe { alloc(layout) };
        let Some(block) = NonNull::new(memory.cast::<Header<T>>()) else { handle_alloc_error(layout) };
        // SAFETY: the memory is ours, large enough and aligned for a header.
        unsafe { block.write(Header { next: Cell::new(None), slots: [] }) };
        for index in 0..slots_of::<T>() {
            // SAFETY: `slot` stays within the allocation; a slot holds no message yet, which `MaybeUninit` allows.
            unsafe { slot(block, index).write(UnsafeCell::new(MaybeUninit::uninit())) };
        }
        Block(block)
    }

    /// Hands the block to a chain or a pool.
    pub(super) fn into_raw(self) -> NonNull<Header<T>> {
        let block = self.0;
        core::mem::forget(self);
        block
    }

    /// Takes a block back from a chain or a pool.
    ///
    /// # Safety
    ///
    /// The block came from `into_raw`, nothing links to it any more, and no message is left in it.
    pub(super) unsafe fn from_raw(block: NonNull<Header<T>>) -> Block<T> {
        Block(block)
    }
}

impl<T> Drop for Block<T> {
    fn drop(&mut self) {
        for index in 0..slots_of::<T>() {
            // SAFETY: `new` wrote each slot, and this is the only owner. The message in it, if there ever was one, was
            // moved out; dropping a `MaybeUninit` drops none.
            unsafe { slot(self.0, index).drop_in_place() };
        }
        // SAFETY: `new` wrote the header, and this is the only owner.
        unsafe { self.0.drop_in_place() };
        // SAFETY: allocated in `new` with the same layout.
        unsafe { dealloc(self.0.as_ptr().cast(), layout_of::<T>()) };
    }
}

/// The place of a slot.
#[inline]
pub(super) fn slot<T>(block: NonNull<Header<T>>, index: usize) -> NonNull<Slot<T>> {
    debug_assert!(index < slots_of::<T>());
    // SAFETY: `slots` lies within the allocation, right behind the header; no reference is made, so the pointer keeps
    // the right to the whole block.
    let first = unsafe { &raw mut (*block.as_ptr()).slots };
    // SAFETY: `layout_of` made room for `slots_of` slots from there on, and `index` is below that number.
    let place = unsafe { first.cast::<Slot<T>>().add(index) };
    // SAFETY: it lies within an allocation.
    unsafe { NonNull::new_unchecked(place) }
}

/// Blocks between two uses: a stack to which only the holder of the head adds and from which only the holder of the
/// tail takes. One taker at a time means that the block on top stays where it is while the taker looks at it.
pub(super) struct Pool<T> {
    top: AtomicPtr<Header<T>>,
    /// How many lie here, about: the stack is changed first, then the count.
    count: AtomicU32,
    /// How many may lie here.
    limit: u32,
}

impl<T> Pool<T> {
    /// A pool that keeps what a channel of that capacity needs to run evenly, within 256 kB (but never less than two
    /// blocks) for one that is bounded, and within two blocks for one that is not.
    pub(super) fn new(capacity: usize) -> Pool<T> {
        let needed = if capacity == usize::MAX { 2 } else { (capacity / slots_of::<T>()).saturating_add(2) };
        let limit = needed.min((256 * 1024 / layout_of::<T>().size()).max(2));
        Pool { top: AtomicPtr::new(core::ptr::null_mut()), count: AtomicU32::new(0), limit: limit as u32 }
    }

    /// Lays a block to rest, or gives it back where enough lie already. For the holder of the head only.
    pub(super) fn put(&self, block: Block<T>) -> Option<Block<T>> {
        // Relaxed: only a limit; only the taker changes it meanwhile, downwards.
        if self.count.load(Ordering::Relaxed) >= self.limit {
            return Some(block);
        }
        let block = block.into_raw();
        let mut top = self.top.load(Ordering::Relaxed);
        loop {
            // SAFETY: the block is ours until the exchange below succeeds.
            unsafe { block.as_ref() }.next.set(NonNull::new(top));
            // Release: the taker sees the block as its last reader left it.
            match self.top.compare_exchange(top, block.as_ptr(), Ordering::Release, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => top = now,
            }
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Takes a block. For the holder of the tail only.
    pub(super) fn take(&self) -> Option<Block<T>> {
        loop {
            // Acquire: the block's `next`, and its slots, as they were left.
            let top = NonNull::new(self.top.load(Ordering::Acquire))?;
            // SAFETY: nobody else takes, so the block stays on the stack and alive until the exchange below.
            let under = unsafe { top.as_ref() }.next.get();
            let under = under.map_or(core::ptr::null_mut(), NonNull::as_ptr);
            // Relaxed: nobody else takes, so that if it succeeds it has found the very store that the load above acquired.
            // What lies under was published when it was put, and this passes that on. It fails only because a block was
            // put on top meanwhile.
            if self.top.compare_exchange(top.as_ptr(), under, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                self.count.fetch_sub(1, Ordering::Relaxed);
                // SAFETY: taken off the stack, so nothing links to it; blocks are put only when read to their end.
                return Some(unsafe { Block::from_raw(top) });
            }
        }
    }
}

impl<T> Drop for Pool<T> {
    fn drop(&mut self) {
        while let Some(block) = self.take() {
            drop(block);
        }
    }
}

#[cfg(all(test, thalweg_loom))]
#[path = "block_loom.rs"]
mod models;
