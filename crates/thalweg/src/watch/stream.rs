//! The values as a stream.

use alloc::boxed::Box;
use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};
use futures_core::stream::{FusedStream, Stream};

use super::receiver::Receiver;
use crate::coop;
use crate::raw::Waiter;

/// The values of a watch channel as a stream of clones, from [`Receiver::into_stream`].
///
/// It yields the newest value whenever there is one that was not yielded yet, and ends when no sender is left and the
/// last value was. A slow reader misses values, never the last one.
///
/// The value is cloned while it is locked for reading, as by `receiver.borrow().clone()`: its `Clone` must not change
/// the value of this channel. If it panics the value counts as not yielded.
///
/// The stream is `Unpin`, and its place in the queue is allocated with it.
///
/// ```
/// use futures_lite::{StreamExt, future::block_on};
///
/// let (tx, mut rx) = thalweg::watch::channel(1);
/// rx.mark_changed(); // begin with the value that is there
/// let mut values = rx.into_stream();
/// assert_eq!(block_on(values.next()), Some(1));
/// tx.send(2).unwrap();
/// tx.send(3).unwrap();
/// drop(tx);
/// assert_eq!(block_on(values.collect::<Vec<_>>()), [3]);
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Values<T> {
    receiver: Receiver<T>,
    waiter: Pin<Box<Waiter>>,
    // `None` was returned.
    ended: bool,
}

impl<T> Values<T> {
    pub(super) fn new(receiver: Receiver<T>) -> Self {
        Values { receiver, waiter: Box::pin(Waiter::new()), ended: false }
    }
}

impl<T: Clone> Stream for Values<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Values { receiver: Receiver { shared, sight }, waiter, ended } = &mut *self;
        if *ended {
            return Poll::Ready(None);
        }
        let proceeding = ready!(coop::proceed(false, cx));
        ready!(sight.streak.poll_next(&waiter.as_mut(), cx));
        let Poll::Ready(news) = shared.poll_news(sight.seen, waiter.as_mut(), sight.wait.by(), cx) else {
            sight.waits();
            return Poll::Pending;
        };
        let copy = news.ok().map(|_| {
            let (value, version) = shared.read();
            let copy = value.clone();
            sight.see(version);
            copy
        });
        *ended = copy.is_none();
        if *ended {
            sight.wait.ended();
        }
        proceeding.made_progress();
        Poll::Ready(copy)
    }
}

/// Terminated only after it has returned `None`, so that a `select!` loop neither skips the end nor spins on it.
impl<T: Clone> FusedStream for Values<T> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<T> Drop for Values<T> {
    fn drop(&mut self) {
        self.receiver.sight.wait.cancelled();
        self.receiver.shared.leave_news(self.waiter.as_mut());
    }
}

impl<T> fmt::Debug for Values<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("receiver", &self.receiver).field("ended", &self.ended).finish()
    }
}
