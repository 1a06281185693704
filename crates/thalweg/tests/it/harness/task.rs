//! A future in hand: polled when the test says so, its waker counted.

use std::{
    fmt::Debug,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::waker::Probe;

pub(crate) fn task<F: Future>(future: F) -> Task<F> {
    Task { future: Box::pin(future), probe: Probe::new(), fresh: true, output: None }
}

pub(crate) struct Task<F: Future> {
    future: Pin<Box<F>>,
    probe: Arc<Probe>,
    fresh: bool,
    output: Option<F::Output>,
}

impl<F: Future> Task<F> {
    /// One poll.
    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        self.fresh = false;
        self.probe.rest();
        let waker = self.probe.waker();
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// Polls as an executor that has nothing else to do: again as long as it woke itself.
    #[track_caller]
    pub(crate) fn settle(&mut self) -> Poll<F::Output> {
        for _ in 0..10_000 {
            match self.poll() {
                Poll::Pending if self.woken() => {}
                result => return result,
            }
        }
        panic!("it wakes itself for ever");
    }

    /// Settles and asserts that it now waits for another's doing.
    #[track_caller]
    pub(crate) fn waits(&mut self)
    where
        F::Output: Debug,
    {
        if let Poll::Ready(output) = self.settle() {
            panic!("it was to wait, and finished with {output:?}");
        }
    }

    /// Settles and asserts that it finishes.
    #[track_caller]
    pub(crate) fn finishes(&mut self) -> F::Output {
        match self.settle() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it was to finish, and waits"),
        }
    }

    /// Whether it was woken since its last poll began.
    pub(crate) fn woken(&self) -> bool {
        self.probe.woken()
    }

    /// How often its waker was woken altogether.
    pub(crate) fn wakes(&self) -> usize {
        self.probe.wakes()
    }

    pub(crate) fn probe(&self) -> &Arc<Probe> {
        &self.probe
    }

    /// The next poll brings another waker, as when an executor moves a task; here is the one before.
    pub(crate) fn swap_waker(&mut self) -> Arc<Probe> {
        self.fresh = true;
        mem::replace(&mut self.probe, Probe::new())
    }

    pub(crate) fn pinned(&mut self) -> Pin<&mut F> {
        self.future.as_mut()
    }

    /// For an executor that takes it from here.
    pub(crate) fn into_future(self) -> Pin<Box<F>> {
        self.future
    }

    pub(crate) fn forget(self) {
        super::forget(self.future);
    }

    /// What `drive` saw it finish with.
    #[track_caller]
    pub(crate) fn output(&mut self) -> F::Output {
        self.output.take().expect("it was to finish")
    }
}

/// What `drive` can run, whatever it returns.
pub(crate) trait Runnable {
    /// Polls once if there is a reason to; tells whether there was.
    fn turn(&mut self) -> bool;
    fn is_done(&self) -> bool;
}

impl<F: Future> Runnable for Task<F> {
    fn turn(&mut self) -> bool {
        let due = self.output.is_none() && (self.fresh || self.woken());
        if due {
            if let Poll::Ready(output) = self.poll() {
                self.output = Some(output);
            }
        }
        due
    }

    fn is_done(&self) -> bool {
        self.output.is_some()
    }
}

/// An executor: polls whoever was woken, in turn, until nobody is. Who is not in the list is neglected.
#[track_caller]
pub(crate) fn drive(tasks: &mut [&mut dyn Runnable]) {
    for _ in 0..1_000_000 {
        let mut due = false;
        for task in tasks.iter_mut() {
            due |= task.turn();
        }
        if !due {
            return;
        }
    }
    panic!("the tasks wake each other for ever");
}
