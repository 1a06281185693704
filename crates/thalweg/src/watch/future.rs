//! The futures.
//!
//! 1. A future that has ended, or is dropped, is in no queue.
//! 2. What a receiver has seen is written down last: a poll that panics on the way has told it nothing. But a value that
//!    a closure looks at counts as seen before it does.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use futures_core::future::FusedFuture;
use pin_project_lite::pin_project;

use super::error::RecvError;
use super::receiver::Sight;
use super::shared::Shared;
use super::value::Ref;
use crate::coop;
use crate::raw::Waiter;

pin_project! {
    /// A receiver that waits: what it shares, what it has seen, and its place in the queue.
    pub(super) struct Watching<'a, T> {
        // `None` once the future has ended.
        shared: Option<&'a Shared<T>>,
        sight: &'a mut Sight,
        #[pin]
        waiter: Waiter,
    }

    impl<T> PinnedDrop for Watching<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(shared) = this.shared {
                this.sight.wait.cancelled();
                shared.leave_news(this.waiter);
            }
        }
    }
}

impl<'a, T> Watching<'a, T> {
    pub(super) fn new(shared: &'a Shared<T>, sight: &'a mut Sight) -> Self {
        Watching { shared: Some(shared), sight, waiter: Waiter::new() }
    }

    pub(super) fn for_thread(shared: &'a Shared<T>, sight: &'a mut Sight) -> Self {
        Watching { shared: Some(shared), sight, waiter: Waiter::for_thread() }
    }

    /// The time for it was up.
    pub(super) fn timed_out(self: Pin<&mut Self>) {
        self.project().sight.wait.timed_out();
    }

    fn has_ended(&self) -> bool {
        self.shared.is_none()
    }

    pub(super) fn poll_changed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), RecvError>> {
        let this = self.project();
        let Some(shared) = *this.shared else { polled_after_completion() };
        let proceeding = ready!(coop::proceed(this.waiter.is_of_thread(), cx));
        ready!(this.sight.streak.poll_next(&this.waiter, cx));
        let by = this.sight.wait.by();
        let Poll::Ready(news) = shared.poll_news(this.sight.seen, this.waiter, by, cx) else {
            this.sight.waits();
            return Poll::Pending;
        };
        *this.shared = None;
        let changed = this.sight.learn(news);
        proceeding.made_progress();
        Poll::Ready(changed)
    }

    /// Looks at each value in turn until one pleases. `waits`: the value of the version last seen did not.
    fn poll_pleased(
        self: Pin<&mut Self>,
        mut pleases: impl FnMut(&T) -> bool,
        waits: &mut bool,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Ref<'a, T>, RecvError>> {
        let mut this = self.project();
        let Some(shared) = *this.shared else { polled_after_completion() };
        let proceeding = ready!(coop::proceed(this.waiter.is_of_thread(), cx));
        let result = loop {
            if *waits {
                match shared.poll_news(this.sight.seen, this.waiter.as_mut(), this.sight.wait.by(), cx) {
                    Poll::Ready(Ok(_)) => *waits = false,
                    Poll::Ready(Err(closed)) => {
                        this.sight.wait.ended();
                        break Err(closed);
                    }
                    Poll::Pending => {
                        this.sight.waits();
                        return Poll::Pending;
                    }
                }
            }
            // Each value that is looked at counts: one poll does not run after a busy sender for ever.
            ready!(this.sight.streak.poll_next(&this.waiter, cx));
            let (value, version) = shared.read();
            let has_changed = this.sight.see(version);
            *waits = true;
            if pleases(&value) {
                break Ok(Ref::new(value, has_changed));
            }
        };
        *this.shared = None;
        proceeding.made_progress();
        Poll::Ready(result)
    }
}

#[cold]
fn polled_after_completion() -> ! {
    panic!("future polled after completion")
}

pin_project! {
    /// The future of [`Receiver::changed`](super::Receiver::changed).
    ///
    /// It resolves to `Ok(())` once the value is one that the receiver has not seen, which it then has, or to the
    /// error once no sender is left and the receiver has seen the last value.
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct Changed<'a, T> {
        #[pin]
        watching: Watching<'a, T>,
    }
}

pin_project! {
    /// The future of [`Receiver::wait_for`](super::Receiver::wait_for).
    ///
    /// It resolves to the first value that it sees and that the closure agrees to, or to the error once no sender is
    /// left and the closure did not agree to the last value.
    ///
    /// # Panics
    ///
    /// When polled after completion. A poll in which the closure panics passes the panic on; the value that the
    /// closure panicked over counts as seen, and may still be waited for from there.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct WaitFor<'a, T, F> {
        #[pin]
        watching: Watching<'a, T>,
        pleases: F,
        // The closure has seen the value of the version last seen.
        waits: bool,
    }
}

pin_project! {
    /// The future of [`Sender::closed`](super::Sender::closed).
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "futures do nothing unless polled or awaited"]
    pub struct Closed<'a, T> {
        // `None` once the future has ended.
        shared: Option<&'a Shared<T>>,
        #[pin]
        waiter: Waiter,
    }

    impl<T> PinnedDrop for Closed<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(shared) = this.shared {
                shared.leave_interest(this.waiter);
            }
        }
    }
}

impl<'a, T> Changed<'a, T> {
    pub(super) fn new(shared: &'a Shared<T>, sight: &'a mut Sight) -> Self {
        Changed { watching: Watching::new(shared, sight) }
    }
}

impl<'a, T, F> WaitFor<'a, T, F> {
    pub(super) fn new(shared: &'a Shared<T>, sight: &'a mut Sight, pleases: F) -> Self {
        WaitFor { watching: Watching::new(shared, sight), pleases, waits: false }
    }
}

impl<'a, T> Closed<'a, T> {
    pub(super) fn new(shared: &'a Shared<T>) -> Self {
        Closed { shared: Some(shared), waiter: Waiter::new() }
    }
}

impl<T> Future for Changed<'_, T> {
    type Output = Result<(), RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().watching.poll_changed(cx)
    }
}

impl<'a, T, F: FnMut(&T) -> bool> Future for WaitFor<'a, T, F> {
    type Output = Result<Ref<'a, T>, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.watching.poll_pleased(this.pleases, this.waits, cx)
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let Some(shared) = *this.shared else { polled_after_completion() };
        let proceeding = ready!(coop::proceed(this.waiter.is_of_thread(), cx));
        ready!(shared.poll_closed(this.waiter, cx));
        *this.shared = None;
        proceeding.made_progress();
        Poll::Ready(())
    }
}

impl<T> FusedFuture for Changed<'_, T> {
    fn is_terminated(&self) -> bool {
        self.watching.has_ended()
    }
}

impl<T, F: FnMut(&T) -> bool> FusedFuture for WaitFor<'_, T, F> {
    fn is_terminated(&self) -> bool {
        self.watching.has_ended()
    }
}

impl<T> FusedFuture for Closed<'_, T> {
    fn is_terminated(&self) -> bool {
        self.shared.is_none()
    }
}

/// What the `Debug` of every future prints.
fn describe(name: &str, ended: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct(name).field("ended", &ended).finish_non_exhaustive()
}

impl<T> fmt::Debug for Changed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("Changed", self.watching.has_ended(), f)
    }
}

impl<T, F> fmt::Debug for WaitFor<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("WaitFor", self.watching.has_ended(), f)
    }
}

impl<T> fmt::Debug for Closed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("Closed", self.shared.is_none(), f)
    }
}
