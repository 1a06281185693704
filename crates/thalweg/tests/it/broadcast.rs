//! Broadcast: every message to every receiver, in tokio's dialect and beyond it.

use std::{
    num::NonZeroU32,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
};

use futures_core::{
    future::FusedFuture,
    stream::{FusedStream, Stream},
};
use futures_lite::future::{block_on, poll_once};
use thalweg::broadcast::{
    Lossless, Receiver, Sender, channel,
    error::{Lagged, RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError},
    lossless,
};

use crate::harness::*;

/// How many messages are alive, and how many were made by cloning.
#[derive(Default)]
struct Book {
    alive: AtomicUsize,
    clones: AtomicUsize,
}

struct Page(u32, Arc<Book>);

impl Page {
    fn new(number: u32, book: &Arc<Book>) -> Page {
        book.alive.fetch_add(1, SeqCst);
        Page(number, book.clone())
    }
}

impl Clone for Page {
    fn clone(&self) -> Page {
        self.1.clones.fetch_add(1, SeqCst);
        Page::new(self.0, &self.1)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.1.alive.fetch_sub(1, SeqCst);
    }
}

fn numbers<T: Clone>(receiver: &mut Receiver<T>) -> Vec<Result<T, TryRecvError>> {
    std::iter::from_fn(|| match receiver.try_recv() {
        Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        result => Some(result),
    })
    .collect()
}

/// tokio #6015: a capacity that was rounded up kept more than was asked for.
#[test]
fn capacity_is_exact() {
    for capacity in [1, 2, 3, 5, 7, 100] {
        let (sender, mut receiver) = channel(capacity);
        assert_eq!((sender.capacity(), receiver.capacity()), (capacity, capacity));
        assert!(sender.is_empty() && receiver.is_empty());
        (0..capacity).for_each(|number| assert_eq!(sender.send(number), Ok(1)));
        assert_eq!((sender.len(), receiver.len(), receiver.missed()), (capacity, capacity, 0));
        assert!(!sender.is_empty() && !receiver.is_empty());
        assert_eq!(sender.send(capacity), Ok(1));
        assert_eq!((sender.len(), receiver.len(), receiver.missed()), (capacity, capacity + 1, 1));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Lagged(1)));
        assert!(numbers(&mut receiver).into_iter().map(Result::unwrap).eq(1..=capacity));

        let (sender, mut receiver) = lossless(capacity);
        (0..capacity).for_each(|number| assert_eq!(sender.try_send(number), Ok(1)));
        assert_eq!(sender.try_send(capacity), Err(TrySendError::Full(capacity)));
        assert_eq!(receiver.try_recv(), Ok(0));
        assert_eq!(sender.try_send(capacity), Ok(1));
        assert_eq!(sender.try_send(capacity), Err(TrySendError::Full(capacity)));
    }
}

/// However far a receiver falls behind, over any number of laps: what it got and missed is what was sent.
#[test]
fn lag_is_exact() {
    for capacity in [1, 2, 3, 8] {
        for behind in 0..5 * capacity as u64 {
            let (sender, mut receiver) = channel(capacity);
            for _round in 0..3 {
                (0..behind).for_each(|number| assert!(sender.send(number).is_ok()));
                let missed = behind.saturating_sub(capacity as u64);
                if missed > 0 {
                    assert_eq!(receiver.missed(), missed);
                    assert_eq!(receiver.try_recv(), Err(TryRecvError::Lagged(missed)));
                }
                assert!(numbers(&mut receiver).into_iter().map(Result::unwrap).eq(missed..behind));
            }
        }
    }
}

#[test]
fn capacity_must_be_possible() {
    for capacity in [0, usize::MAX / 2 + 1, usize::MAX] {
        panics(|| channel::<()>(capacity));
        panics(|| lossless::<()>(capacity));
        panics(|| Sender::<()>::new(capacity));
        panics(|| Sender::<(), Lossless>::lossless(capacity));
    }
}

/// The last to read a message gets it, the others clones; then it is gone.
#[test]
fn last_reader_gets_the_message_itself() {
    fn check<M>(sender: &Sender<Page, M>, send: impl Fn(Page) -> usize) {
        let book = Arc::default();
        let mut receivers: Vec<_> = (0..3).map(|_| sender.subscribe()).collect();
        for round in 0..4 {
            assert_eq!(send(Page::new(round, &book)), 3);
        }
        assert_eq!((sender.len(), book.alive.load(SeqCst), book.clones.load(SeqCst)), (4, 4, 0));
        for (n, receiver) in receivers.iter_mut().enumerate() {
            assert_eq!(receiver.try_recv().ok().map(|page| page.0), Some(0));
            assert_eq!(book.clones.load(SeqCst), if n < 2 { n + 1 } else { 2 });
        }
        assert_eq!((sender.len(), book.alive.load(SeqCst)), (3, 3));
        // Who leaves counts as one who has read.
        receivers.truncate(2);
        assert_eq!(receivers[1].try_recv().ok().map(|page| page.0), Some(1));
        assert_eq!(receivers[0].try_recv().ok().map(|page| page.0), Some(1));
        assert_eq!((sender.len(), book.alive.load(SeqCst), book.clones.load(SeqCst)), (2, 2, 3));
        receivers.truncate(1);
        assert_eq!((sender.len(), book.alive.load(SeqCst)), (2, 2));
        receivers.clear();
        assert_eq!((sender.len(), sender.is_empty(), book.alive.load(SeqCst)), (0, true, 0));
    }
    // Once more in the same slots: a slot knows odd laps from even ones.
    let sender = Sender::new(4);
    (0..2).for_each(|_| check(&sender, |page| sender.send(page).ok().unwrap()));
    let sender = Sender::lossless(4);
    (0..2).for_each(|_| check(&sender, |page| sender.try_send(page).ok().unwrap()));
}

/// What is written over is dropped by the send, also when nobody has read it.
#[test]
fn what_is_written_over_is_dropped() {
    let book = Arc::default();
    let (sender, receiver) = channel(2);
    for number in 0..10 {
        assert!(sender.send(Page::new(number, &book)).is_ok());
        assert_eq!(book.alive.load(SeqCst), (number as usize + 1).min(2));
    }
    drop(sender);
    assert_eq!(book.alive.load(SeqCst), 2);
    drop(receiver);
    assert_eq!((book.alive.load(SeqCst), book.clones.load(SeqCst)), (0, 0));
}

/// The channel itself may go first: handles in any order.
#[test]
fn handles_go_in_any_order() {
    let book = Arc::default();
    let (sender, receiver) = lossless(2);
    let other = sender.subscribe();
    assert!(sender.try_send(Page::new(0, &book)).is_ok());
    let inactive = receiver.deactivate();
    drop((sender, other));
    assert_eq!(book.alive.load(SeqCst), 0);
    let mut receiver = inactive.activate();
    assert_eq!(receiver.try_recv().err(), Some(TryRecvError::Closed));
}

/// What was to be returned is not dropped when the end of the function panics: a handle was left behind, and with it the
/// channel.
#[test]
fn deactivating_that_panicked_left_a_handle_behind() {
    #[derive(Clone)]
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "it goes off");
        }
    }
    let (sender, receiver) = channel(2);
    assert!(sender.send(Bomb).is_ok());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver.deactivate()))).is_err());
    task(sender.closed()).finishes();
}

#[test]
fn sending_to_nobody_gives_the_message_back() {
    let (sender, receiver) = channel(1);
    let inactive = receiver.deactivate();
    assert_eq!(sender.send(1), Err(SendError(1)));
    drop(inactive);
    assert_eq!(sender.send(1).map_err(SendError::into_inner), Err(1));
    let mut receiver = sender.subscribe();
    assert_eq!(sender.send(2), Ok(1));
    assert_eq!(receiver.try_recv(), Ok(2));

    let sender = Sender::lossless(1);
    assert_eq!(sender.try_send(1), Err(TrySendError::Closed(1)));
    assert_eq!(task(sender.send(1)).finishes(), Err(SendError(1)));
}

#[test]
fn receivers_get_the_rest_and_then_the_end() {
    let (sender, mut receiver) = channel(2);
    let other = sender.clone();
    let mut late = sender.subscribe();
    let mut recv = task(late.recv());
    recv.waits();
    drop(sender);
    assert!(!recv.woken() && !receiver.is_closed());
    assert_eq!(other.send(1), Ok(2));
    drop(other);
    assert!(receiver.is_closed());
    assert_eq!(recv.finishes(), Ok(1));
    drop(recv);
    assert_eq!(task(late.recv()).finishes(), Err(RecvError::Closed));
    assert_eq!((receiver.try_recv(), receiver.try_recv()), (Ok(1), Err(TryRecvError::Closed)));
    let mut again = receiver.resubscribe();
    assert_eq!(again.try_recv(), Err(TryRecvError::Closed));
    assert!(again.same_channel(&receiver));
}

#[test]
fn counts() {
    let (sender, receiver) = lossless::<()>(1);
    let weak = sender.downgrade();
    let other = sender.clone();
    assert_eq!((sender.strong_count(), weak.strong_count(), receiver.sender_strong_count()), (2, 2, 2));
    let second = weak.clone();
    assert_eq!((sender.weak_count(), weak.weak_count(), receiver.sender_weak_count()), (2, 2, 2));
    drop((other, second));
    assert_eq!((sender.strong_count(), sender.weak_count()), (1, 1));
    let upgraded = weak.upgrade().unwrap();
    assert!(upgraded.same_channel(&sender) && !upgraded.same_channel(&Sender::lossless(1)));
    drop((sender, upgraded));
    assert!(weak.upgrade().is_none() && receiver.is_closed());
    assert!(!receiver.same_channel(&channel(1).1));
    assert_eq!(format!("{receiver:?}"), "Receiver { len: 0, capacity: 1, senders: 0, receivers: 1, .. }");
}

/// Not to starve its neighbours a task yields now and then; how often can be set.
#[test]
fn a_busy_channel_yields() {
    let (sender, mut receiver) = lossless(1);
    for (budget, expected) in [(NonZeroU32::new(128), 5..=10), (NonZeroU32::new(10), 80..=110), (None, 0..=0)] {
        sender.set_budget(budget);
        let mut pending = 0;
        for number in 0..1_000 {
            let mut send = task(sender.send(number));
            while send.poll().is_pending() {
                assert!(send.woken());
                pending += 1;
            }
            drop(send);
            assert_eq!(receiver.try_recv(), Ok(number));
        }
        assert!(expected.contains(&pending), "sends yielded {pending} times, with {budget:?}");
        receiver.set_budget(budget);
        pending = 0;
        for number in 0..1_000 {
            assert!(sender.try_send(number).is_ok());
            let mut recv = task(receiver.recv());
            while recv.poll().is_pending() {
                assert!(recv.woken());
                pending += 1;
            }
        }
        // tokio's own budget does not count outside of its runtime.
        assert!(expected.contains(&pending), "receives yielded {pending} times, with {budget:?}");
    }
}

/// Who only tries uses up nobody's budget.
#[test]
fn trying_is_not_charged() {
    let (sender, mut receiver) = lossless(1);
    for number in 0..128 {
        assert_eq!(sender.try_send(number), Ok(1));
        assert_eq!(receiver.try_recv(), Ok(number));
    }
    assert!(task(sender.send(128)).poll().is_ready());
    assert!(task(receiver.recv()).poll().is_ready());
}

#[test]
fn futures_end_once() {
    let (sender, mut receiver) = lossless(1);
    let mut send = Box::pin(sender.send(1));
    assert!(!send.is_terminated());
    assert_eq!(block_on(&mut send), Ok(1));
    assert!(send.is_terminated());
    panics(|| block_on(&mut send));
    let mut recv = Box::pin(receiver.recv());
    assert!(!recv.is_terminated());
    assert_eq!(block_on(&mut recv), Ok(1));
    assert!(recv.is_terminated());
    panics(|| block_on(&mut recv));
    drop(recv);
    assert_eq!(sender.try_send(2), Ok(1));
    assert_eq!(receiver.try_recv(), Ok(2));
    let mut closed = Box::pin(sender.closed());
    assert!(block_on(poll_once(&mut closed)).is_none() && !closed.is_terminated());
    drop(receiver);
    block_on(&mut closed);
    assert!(closed.is_terminated());
    panics(|| block_on(&mut closed));
}

#[test]
fn receivers_are_streams() {
    fn next<T: Clone>(receiver: &mut Receiver<T>, probe: &Arc<Probe>) -> Poll<Option<Result<T, Lagged>>> {
        probe.rest();
        Pin::new(receiver).poll_next(&mut Context::from_waker(&probe.waker()))
    }
    let (sender, mut receiver) = channel(2);
    let (one, two) = (Probe::new(), Probe::new());
    assert!(next(&mut receiver, &one).is_pending());
    let mut receiver = Box::new(receiver); // it may be moved while it waits
    assert!(next(&mut receiver, &two).is_pending());
    (0..3).for_each(|number| assert!(sender.send(number).is_ok()));
    assert_eq!((one.wakes(), two.wakes()), (0, 1));
    assert_eq!(next(&mut receiver, &two), Poll::Ready(Some(Err(Lagged(1)))));
    assert_eq!(next(&mut receiver, &two), Poll::Ready(Some(Ok(1))));
    assert_eq!(receiver.try_recv(), Ok(2));
    assert!(next(&mut receiver, &two).is_pending());
    drop(sender);
    assert!(two.woken() && !receiver.is_terminated());
    assert_eq!(next(&mut receiver, &two), Poll::Ready(None));
    assert!(receiver.is_terminated());
    assert_eq!(next(&mut receiver, &two), Poll::Ready(None));
    // One that waits as a stream and is dropped leaves nothing behind.
    let (sender, mut receiver) = channel(2);
    assert!(next(&mut receiver, &one).is_pending());
    drop(receiver);
    assert_eq!((sender.send(0), Arc::strong_count(&one)), (Err(SendError(0)), 1));
}

/// 10,000 spurious polls leave one entry, and one that was woken comes off clean.
#[test]
fn spurious_polls() {
    let (sender, mut receiver) = channel(1);
    let mut recv = task(receiver.recv());
    for _ in 0..10_000 {
        let _ = recv.swap_waker();
        assert!(recv.poll().is_pending());
    }
    assert!(sender.send(1).is_ok());
    assert_eq!((recv.wakes(), recv.finishes()), (1, Ok(1)));
}

/// Handles and futures show the state, for any message, and never a message.
#[test]
fn whatever_is_printed_says_what_it_is() {
    #[derive(Clone)]
    struct Secret;
    let (sender, mut receiver) = lossless(2);
    assert!(sender.try_send(Secret).is_ok());
    assert_eq!(format!("{sender:?}"), "Sender { len: 1, capacity: 2, senders: 1, receivers: 1, .. }");
    assert_eq!(format!("{:?}", sender.downgrade()), "WeakSender { .. }");
    let mut send = Box::pin(sender.send(Secret));
    assert_eq!(format!("{send:?}"), "Send { ended: false, .. }");
    assert!(block_on(&mut send).is_ok());
    assert_eq!(format!("{send:?}"), "Send { ended: true, .. }");
    let mut recv = Box::pin(receiver.recv());
    assert_eq!(format!("{recv:?}"), "Recv { ended: false, .. }");
    assert!(block_on(&mut recv).is_ok());
    assert_eq!(format!("{recv:?}"), "Recv { ended: true, .. }");
    drop(recv);
    let mut closed = Box::pin(sender.closed());
    assert_eq!(format!("{closed:?}"), "Closed { ended: false, .. }");
    let inactive = receiver.deactivate();
    assert_eq!(format!("{inactive:?}"), "InactiveReceiver { .. }");
    drop(inactive);
    block_on(&mut closed);
    assert_eq!(format!("{closed:?}"), "Closed { ended: true, .. }");
}

#[test]
fn errors_speak_as_tokio_does() {
    assert_eq!(SendError(()).to_string(), "channel closed");
    assert_eq!(RecvError::Closed.to_string(), "channel closed");
    assert_eq!(RecvError::Lagged(3).to_string(), "channel lagged by 3");
    assert_eq!(TryRecvError::Empty.to_string(), "channel empty");
    assert_eq!(TryRecvError::Closed.to_string(), "channel closed");
    assert_eq!(TryRecvError::Lagged(3).to_string(), "channel lagged by 3");
    assert_eq!(RecvTimeoutError::Timeout.to_string(), "timed out while the channel was empty");
    assert_eq!(RecvTimeoutError::Closed.to_string(), "channel closed");
    assert_eq!(RecvTimeoutError::Lagged(3).to_string(), "channel lagged by 3");
    assert_eq!(Lagged(3).to_string(), "channel lagged by 3");
    assert_eq!(format!("{:?}", SendError(Waker::noop())), "SendError(..)");
    assert_eq!(TryRecvError::from(RecvError::from(Lagged(1))), TryRecvError::Lagged(1));
    assert!(SendTimeoutError::from(SendError(1)).is_closed() && TrySendError::from(SendError(1)).is_closed());
}
