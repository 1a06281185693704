//! A value that groups of handles share: it goes when no group has a member left.
//!
//! With an `Arc`, which counts all handles, a channel would have to count each handle a second time by its kind. Here the
//! groups' own counts are all that a clone or a drop changes, and only groups that have a member hold a share.
//!
//! | step | the group's count | shares | by whom |
//! | --- | --- | --- | --- |
//! | clone, or join where there are members | + 1 | | a member |
//! | join where there are none | 0 to 1 | + 1, a moment later | a member of another group, which it is until then |
//! | drop | - 1 | | a member |
//! | drop of the last one | 1 to 0 | - 1, after `left` | that member; whoever takes the last share frees the value |
//!
//! Invariants:
//!
//! 1. As long as there is a member there is a share. A group lacks its own only in the moment after it was joined; who
//!    joined it is a member of another, and was before: follow these, and some group has its share.
//! 2. A count falls to zero only by its last member, and what it does after that is to give the share back.

use alloc::boxed::Box;
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::sync::{AtomicU32, Ordering, Tracked, abort};

/// A kind of handles on a `V`.
pub(crate) trait Group<V> {
    /// Where its members are counted: always the same place in the value.
    fn count(value: &V) -> &Count;

    /// The last member has left, and there are others, of other groups, or `is_heard`.
    fn left(value: &V);

    /// Whether `left` is to be called where nobody else is left, too.
    fn is_heard(value: &V) -> bool;
}

#[repr(C)]
struct Shared<V> {
    value: V,
    /// How many groups have a member.
    shares: AtomicU32,
    _tracked: Tracked,
}

/// A handle of the group `G`.
pub(crate) struct Member<V, G: Group<V>> {
    shared: NonNull<Shared<V>>,
    group: PhantomData<fn() -> G>,
}

// SAFETY: a member gives `&V` to its thread, and may be the one that drops the value: as with `Arc`.
unsafe impl<V: Send + Sync, G: Group<V>> Send for Member<V, G> {}
// SAFETY: as above, since from `&Member` other threads can clone a member of their own.
unsafe impl<V: Send + Sync, G: Group<V>> Sync for Member<V, G> {}

/// Shares a value in which both counts are one and all others zero: the first member of either group.
#[inline]
pub(crate) fn share<V, G: Group<V>, H: Group<V>>(value: impl FnOnce() -> V) -> (Member<V, G>, Member<V, H>) {
    // The memory first, then what goes into it: a value that is there before would be copied.
    let mut memory = Box::<Shared<V>>::new_uninit();
    let shared = memory.write(Shared { value: value(), shares: AtomicU32::new(2), _tracked: Tracked::new() });
    debug_assert!(G::count(&shared.value).now() == 1 && H::count(&shared.value).now() == 1);
    let shared = NonNull::from(Box::leak(memory)).cast();
    (Member::counted(shared), Member::counted(shared))
}

impl<V, G: Group<V>> Member<V, G> {
    /// One that its group has counted.
    fn counted(shared: NonNull<Shared<V>>) -> Self {
        Member { shared, group: PhantomData }
    }

    #[inline]
    fn shared(&self) -> &Shared<V> {
        // SAFETY: this is a member, so by invariant 1 there is a share, and the value is there. In `drop`, where it is none
        // any more, the `Share` beside it keeps the value.
        unsafe { self.shared.as_ref() }
    }

    #[inline]
    pub(crate) fn value(&self) -> &V {
        &self.shared().value
    }

    pub(crate) fn is_of_same(&self, other: &Self) -> bool {
        self.shared == other.shared
    }

    /// A member of that group.
    pub(crate) fn join<H: Group<V>>(&self) -> Member<V, H> {
        if H::count(self.value()).add() {
            // Relaxed: as when an `Arc` is cloned, this member keeps the value meanwhile.
            self.shared().shares.fetch_add(1, Ordering::Relaxed);
        }
        Member::counted(self.shared)
    }

    /// A member of that group, if it has any.
    pub(crate) fn join_others<H: Group<V>>(&self) -> Option<Member<V, H>> {
        H::count(self.value()).add_to_some().then(|| Member::counted(self.shared))
    }
}

impl<V, G: Group<V>> Clone for Member<V, G> {
    #[inline]
    fn clone(&self) -> Self {
        let is_first = G::count(self.value()).add();
        debug_assert!(!is_first, "this member is counted");
        Member::counted(self.shared)
    }
}

impl<V, G: Group<V>> Drop for Member<V, G> {
    #[inline]
    fn drop(&mut self) {
        if G::count(self.value()).remove() {
            let share = Share(self.shared);
            if !share.is_last() || G::is_heard(self.value()) {
                G::left(self.value());
            }
        }
    }
}

/// The share of a group whose count has fallen to zero. Given back when `left` panics, too.
struct Share<V>(NonNull<Shared<V>>);

impl<V> Share<V> {
    /// Whether nobody else is left. Relaxed: it only saves a call. A share that a member of this group brought was brought
    /// before that member was counted out, which is seen, and who frees the value acquires by the subtraction.
    fn is_last(&self) -> bool {
        // SAFETY: this share keeps the value.
        unsafe { self.0.as_ref() }.shares.load(Ordering::Relaxed) == 1
    }
}

impl<V> Drop for Share<V> {
    fn drop(&mut self) {
        // SAFETY: as above, up to the subtraction.
        let shares = unsafe { &self.0.as_ref().shares };
        // AcqRel: who frees the value sees what all others did to it before they gave their shares back.
        if shares.fetch_sub(1, Ordering::AcqRel) == 1 {
            // SAFETY: made by `share` from a box. This was the last share, so by invariant 1 no member is left.
            drop(unsafe { Box::from_raw(self.0.as_ptr()) });
        }
    }
}

/// How many members a group has.
pub(crate) struct Count(AtomicU32);

impl Count {
    /// Beyond that many the process ends, as with `Arc`: handles that are forgotten take no memory, and the count must not
    /// come to zero while some are used. Far enough below the greatest number for all threads to pass it at once.
    const MOST: u32 = u32::MAX / 2;

    pub(crate) fn new(count: u32) -> Count {
        Count(AtomicU32::new(count))
    }

    /// One more. Whether it is the first.
    #[inline]
    fn add(&self) -> bool {
        // Relaxed: who adds has a member, which keeps the value; the count tells of nothing else.
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        if before > Count::MOST {
            abort(TOO_MANY);
        }
        before == 0
    }

    /// One more, unless there is none: then `false`.
    fn add_to_some(&self) -> bool {
        // Relaxed: as in `add`.
        let added = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| match count {
            0 => None,
            1..=Count::MOST => Some(count + 1),
            _ => abort(TOO_MANY),
        });
        added.is_ok()
    }

    /// One less. Whether it was the last.
    #[inline]
    fn remove(&self) -> bool {
        // AcqRel: the last one to leave sees what all others of the group did before they left.
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Relaxed: it may be outdated by the time it is read anyway.
    pub(crate) fn now(&self) -> usize {
        self.0.load(Ordering::Relaxed) as usize
    }
}

const TOO_MANY: &str = "a channel has more handles than can be counted: they are made and forgotten in a loop";

#[cfg(all(test, thalweg_loom))]
#[path = "shared_loom.rs"]
mod models;
