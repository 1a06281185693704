//! Wakers that count what is done to them, and run a hook at each call: one that panics, or one that calls the channel back.

use std::{
    mem::ManuallyDrop,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{RawWaker, RawWakerVTable, Waker},
};

/// What the channel did with a waker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Clone,
    Wake,
    WakeByRef,
    Drop,
}

type Hook = Arc<dyn Fn(Call) + Send + Sync>;

/// The far side of a waker.
#[derive(Default)]
pub(crate) struct Probe {
    wakes: AtomicUsize,
    woken: AtomicBool,
    hook: Mutex<Option<Hook>>,
}

impl Probe {
    pub(crate) fn new() -> Arc<Probe> {
        Arc::default()
    }

    pub(crate) fn waker(self: &Arc<Probe>) -> Waker {
        let data = Arc::into_raw(self.clone()).cast();
        // SAFETY: `TABLE` takes exactly the pointers that `Arc::into_raw` made, and `Probe` is Send and Sync.
        unsafe { Waker::from_raw(RawWaker::new(data, &TABLE)) }
    }

    /// Runs `hook` at every later call, until `disarm`. Without a lock held, so it may do anything.
    pub(crate) fn arm(&self, hook: impl Fn(Call) + Send + Sync + 'static) {
        *self.hook.lock().unwrap() = Some(Arc::new(hook));
    }

    pub(crate) fn disarm(&self) {
        let hook = self.hook.lock().unwrap().take();
        drop(hook);
    }

    pub(crate) fn wakes(&self) -> usize {
        self.wakes.load(SeqCst)
    }

    /// Whether it was woken since the last `rest`.
    pub(crate) fn woken(&self) -> bool {
        self.woken.load(SeqCst)
    }

    pub(crate) fn rest(&self) {
        self.woken.store(false, SeqCst);
    }

    fn called(&self, call: Call) {
        if matches!(call, Call::Wake | Call::WakeByRef) {
            self.woken.store(true, SeqCst);
            self.wakes.fetch_add(1, SeqCst);
        }
        let hook = self.hook.lock().unwrap().clone();
        if let Some(hook) = hook {
            hook(call);
        }
    }
}

static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// # Safety
/// `data` came from `Arc::into_raw` and its count is owned by the caller.
unsafe fn owned(data: *const ()) -> Arc<Probe> {
    // SAFETY: promised by the caller.
    unsafe { Arc::from_raw(data.cast()) }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the table is used with the pointers of `Probe::waker` only; the count stays with the original.
    let probe = ManuallyDrop::new(unsafe { owned(data) });
    probe.called(Call::Clone);
    RawWaker::new(Arc::into_raw(Arc::clone(&probe)).cast(), &TABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: `wake` consumes the waker, and with it the count.
    let probe = unsafe { owned(data) };
    probe.called(Call::Wake);
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the count stays with the waker.
    let probe = ManuallyDrop::new(unsafe { owned(data) });
    probe.called(Call::WakeByRef);
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: `drop` consumes the waker, and with it the count.
    let probe = unsafe { owned(data) };
    probe.called(Call::Drop);
}
