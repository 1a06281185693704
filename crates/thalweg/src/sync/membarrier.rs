//! A fence for two of which one needs it seldom: Linux's `membarrier` makes all running threads of the process pass a fence.
//!
//! The one that needs it often has `light`, which is no instruction; the other one `heavy`, which is a system call and an
//! interrupt on each processor that runs a thread of the process, measured 0.4 to 10 µs. Together they order as two sequentially consistent
//! fences do. Linux must have been asked once, which takes 10 ms where there are several threads: then a thread of its own
//! does it, and only when a lock is there that would be left to a thread.
//!
//! | state | goes to | by whom |
//! | --- | --- | --- |
//! | unknown | wanted | who would leave a lock to a thread; it holds that lock, and must run nothing foreign |
//! | wanted | asking | the next thread that comes along without a lock |
//! | asking | ready, or never | who asks |
//!
//! Also the numbers of threads. A thread that ends gives its number back, under a lock: so what one thread did comes before
//! what the next one of that number does.

use super::Mark;
use core::sync::atomic::{AtomicU8, Ordering, compiler_fence};
use std::cell::Cell;
use std::io::{Write, stderr};
use std::os::linux::fs::MetadataExt;
use std::sync::{Mutex, PoisonError, TryLockError};
use std::thread::{Builder, yield_now};
use std::vec::Vec;

pub(crate) const IS_BIASED: bool = true;
pub(crate) const IS_COUNTED: bool = IS_BIASED;
/// After how many messages in a row by one thread a lock is left to it. To make them takes longer than to take the lock away again.
/// Few in debug builds, so that tests see it.
pub(crate) const ENOUGH: u16 = if cfg!(debug_assertions) { 16 } else { 4_096 };
/// After how many it is looked again which thread moves them.
pub(crate) const MANY: u16 = if cfg!(debug_assertions) { 4 } else { 64 };

const UNKNOWN: u8 = 0;
const WANTED: u8 = 1;
const ASKING: u8 = 2;
const READY: u8 = 3;
const NEVER: u8 = 4;

static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Those that are free again, and how many have been given out before.
struct Numbers {
    free: Vec<u16>,
    given: u16,
}

static NUMBERS: Mutex<Numbers> = Mutex::new(Numbers { free: Vec::new(), given: 0 });

/// Gives the number back when its thread ends.
struct Lease(u16);

std::thread_local! {
    static MARK: Cell<Mark> = const { Cell::new(Mark::NONE) };
    static LEASE: Cell<Option<Lease>> = const { Cell::new(None) };
}

impl Lease {
    /// None if too many threads have one, or another gets one right now: a poll does not wait for that, and comes again.
    fn new() -> Option<Lease> {
        let mut numbers = match NUMBERS.try_lock() {
            Ok(numbers) => numbers,
            Err(TryLockError::Poisoned(numbers)) => numbers.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let number = numbers.free.pop().or_else(|| {
            let next = numbers.given + 1;
            numbers.given = next.min(Mark::MOST);
            (next <= Mark::MOST).then_some(next)
        });
        number.map(Lease)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // First: what destructors of this thread do from now on they do as any other thread.
        MARK.set(Mark::NONE);
        NUMBERS.lock().unwrap_or_else(PoisonError::into_inner).free.push(self.0);
    }
}

/// This thread's mark.
#[inline]
pub(crate) fn mark() -> Mark {
    MARK.get()
}

/// Gives this thread a number, and asks Linux if somebody wants it. To be called where no lock is held.
#[inline]
pub(crate) fn prepare() {
    // Relaxed: the swap decides.
    if mark() == Mark::NONE || STATE.load(Ordering::Relaxed) == WANTED {
        prepare_slowly();
    }
}

#[cold]
fn prepare_slowly() {
    if mark() == Mark::NONE {
        // It fails where the thread is about to end.
        let _ = LEASE.try_with(|lease| {
            if let Some(new) = Lease::new() {
                MARK.set(Mark::of(new.0));
                lease.set(Some(new));
            }
        });
    }
    // Relaxed: it only keeps others from asking as well.
    if STATE.compare_exchange(WANTED, ASKING, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
        ask();
    }
}

fn ask() {
    // Each thread is a folder there. With a single one it takes less than a microsecond.
    let is_alone = std::fs::metadata("/proc/self/task").is_ok_and(|tasks| tasks.st_nlink() == 3);
    if is_alone {
        register();
    } else if Builder::new().name("thalweg-fence".into()).spawn(register).is_err() {
        STATE.store(NEVER, Ordering::Relaxed);
    }
}

fn register() {
    let is_ready = membarrier(REGISTER_PRIVATE_EXPEDITED);
    // Release: who sees it may rely on it.
    STATE.store(if is_ready { READY } else { NEVER }, Ordering::Release);
}

/// How often the fence is asked for before the process ends.
const TRIES: u32 = 100;
const PRIVATE_EXPEDITED: i32 = 1 << 3;
const REGISTER_PRIVATE_EXPEDITED: i32 = 1 << 4;

#[cfg(target_arch = "x86_64")]
const MEMBARRIER: i64 = 324;
#[cfg(target_arch = "aarch64")]
const MEMBARRIER: i64 = 283;

unsafe extern "C" {
    /// Of the C library that `std` is linked with.
    fn syscall(number: i64, ...) -> i64;
}

fn membarrier(command: i32) -> bool {
    // SAFETY: this call, with a command, no flags and no processor, writes to no memory, whatever it returns.
    unsafe { syscall(MEMBARRIER, command, 0_u32, 0_i32) == 0 }
}

pub(crate) mod fence {
    use super::*;

    /// For who needs it often.
    #[inline]
    pub(crate) fn light() {
        compiler_fence(Ordering::SeqCst);
    }

    /// For who needs it seldom. After `is_ready` only.
    #[cold]
    pub(crate) fn heavy() {
        compiler_fence(Ordering::SeqCst);
        if !(0..TRIES).any(|_| membarrier(PRIVATE_EXPEDITED) || is_asked_again()) {
            end();
        }
        compiler_fence(Ordering::SeqCst);
    }

    /// The kernel was out of memory, or has forgotten that it was asked.
    fn is_asked_again() -> bool {
        yield_now();
        membarrier(REGISTER_PRIVATE_EXPEDITED);
        false
    }

    /// Two threads might be inside. Not by a panic: its hook may use the channel.
    fn end() -> ! {
        let why = "thalweg: Linux granted membarrier and then denied it; build without the feature `membarrier`";
        let _ = writeln!(stderr(), "{why}");
        std::process::abort()
    }

    /// Whether there is such a fence. If nobody has asked yet, somebody will.
    pub(crate) fn is_ready() -> bool {
        // Acquire: see `register`.
        let state = STATE.load(Ordering::Acquire);
        if state == UNKNOWN {
            // Relaxed: it tells nothing else. Who fails sees that another was faster.
            let _ = STATE.compare_exchange(UNKNOWN, WANTED, Ordering::Relaxed, Ordering::Relaxed);
        }
        state == READY
    }
}
