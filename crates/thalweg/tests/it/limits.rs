//! The limits: messages of no size, of a great size, of great alignment, that cannot exist; capacities at both ends of `usize`; no time and all time.

use std::thread;

use thalweg::{
    broadcast,
    mpmc::{self, TryRecvError, TrySendError},
    mpsc, oneshot,
};

use crate::harness::*;

#[test]
fn messages_of_no_size_are_counted_all_the_same() {
    for capacity in [1, 3, 100, usize::MAX] {
        let (sender, receiver) = channel::<()>(capacity);
        let most = capacity.min(1_000);
        (0..most).for_each(|_| sender.try_send(()).unwrap());
        assert_eq!((receiver.len(), sender.try_send(()).is_err()), (most, capacity == most));
        let left = receiver.try_iter().count();
        assert!(left == most || left == most + 1);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    }
    let (sender, receiver) = channel::<()>(0);
    let mut receive = task(receiver.recv());
    receive.waits();
    sender.try_send(()).unwrap();
    assert_eq!(receive.finishes(), Ok(()));
}

/// Without a size, and with a destructor: each runs once.
#[test]
fn messages_of_no_size_are_dropped_once() {
    thread_local!(static DROPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPS.set(DROPS.get() + 1);
        }
    }
    let (sender, receiver) = channel(usize::MAX);
    (0..200).for_each(|_| sender.try_send(Nothing).unwrap());
    receiver.try_iter().take(50).for_each(drop);
    receiver.drain().take(10).for_each(drop);
    assert_eq!(DROPS.get(), 200, "a drain that is dropped drops the rest");
    (0..70).for_each(|_| sender.try_send(Nothing).unwrap());
    drop(receiver);
    assert_eq!(DROPS.get(), 270);
}

/// crossbeam #1146: a block of many messages must not be built on the stack, which has no room for 64. Without
/// optimisation the copies of a single one take half of it, on processors of 32 bits and under ThreadSanitizer more.
#[test]
fn large_messages_fit_a_small_stack() {
    const SIZE: usize = 4 << 10;
    let body = || {
        for capacity in BUFFERED {
            let (sender, receiver) = channel::<[u8; SIZE]>(capacity);
            for byte in 0..3 {
                let _ = sender.try_send([byte; SIZE]);
            }
            assert_eq!(receiver.try_recv().unwrap()[SIZE - 1], 0);
            let mut batch = Vec::new();
            let _ = receiver.try_recv_many(&mut batch, 100);
            (0..40).for_each(|byte| ignore(sender.force_send([byte; SIZE]).is_ok()));
            drop(receiver.drain());
        }
    };
    thread::Builder::new().stack_size(64 * SIZE).spawn(body).unwrap().join().unwrap();
}

/// A megabyte, in a box, on a stack of 128 KiB: by value it could not even be handed to a send there.
#[test]
fn a_boxed_megabyte_fits_a_small_stack() {
    type Megabyte = Box<[u8; 1 << 20]>;
    fn megabyte(byte: u8) -> Megabyte {
        vec![byte; 1 << 20].try_into().unwrap()
    }
    let body = || {
        for capacity in BUFFERED {
            let (sender, receiver) = channel(capacity);
            assert!(task(sender.send(megabyte(1))).finishes().is_ok());
            let displaced = sender.force_send(megabyte(2)).unwrap();
            assert_eq!(displaced.is_some(), capacity == 1);
            let last = receiver.drain().last().unwrap();
            assert_eq!(last[last.len() - 1], 2);
        }
        let (sender, mut receiver) = mpsc::channel(1);
        assert!(task(sender.send(megabyte(3))).finishes().is_ok());
        assert_eq!(task(receiver.recv()).finishes().unwrap()[7], 3);
        let (sender, receiver) = oneshot::channel();
        assert!(sender.send(megabyte(4)).is_ok());
        assert_eq!(task(receiver).finishes().unwrap()[7], 4);
        let (sender, mut receiver) = broadcast::lossless(1);
        assert!(task(sender.send(megabyte(5))).finishes().is_ok());
        assert_eq!(task(receiver.recv()).finishes().unwrap()[7], 5);
    };
    thread::Builder::new().stack_size(128 << 10).spawn(body).unwrap().join().unwrap();
}

#[test]
fn aligned_messages_stay_aligned() {
    #[repr(align(128))]
    #[derive(Debug)]
    struct Aligned(u8);
    for capacity in BUFFERED {
        let (sender, receiver) = channel(capacity);
        for n in 0..100u8 {
            sender.try_send(Aligned(n)).unwrap();
            let _ = sender.try_send(Aligned(n));
            let message = receiver.try_recv().unwrap();
            assert_eq!((&raw const message).addr() % 128, 0);
            assert_eq!(message.0, n);
            receiver.drain().for_each(|message| assert_eq!((message.0, (&raw const message).addr() % 128), (n, 0)));
        }
    }
}

/// A channel of what cannot be: nothing is ever sent, the rest works.
#[test]
fn messages_that_cannot_exist() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel::<std::convert::Infallible>(capacity);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        let mut receive = task(receiver.recv());
        receive.waits();
        assert_eq!(receiver.drain().count(), 0);
        if capacity > 0 {
            drop(sender.try_reserve().unwrap());
        }
        drop(sender);
        assert!(receive.finishes().is_err());
    }
}

fn uses_a_huge_capacity<T: Default>(capacity: usize) {
    let (sender, receiver) = mpmc::bounded(capacity);
    (0..100).for_each(|_| assert!(sender.try_send(T::default()).is_ok()));
    assert_eq!(receiver.len(), 100);
    assert!(!sender.is_full());
    if capacity < usize::MAX {
        assert_eq!((sender.capacity(), sender.free_capacity()), (Some(capacity), Some(capacity - 100)));
    }
    assert_eq!(receiver.try_iter().count(), 100);
    let permit = sender.try_reserve().ok().unwrap();
    assert_eq!(sender.reserved(), 1);
    drop(permit);
    assert!(task(sender.send(T::default())).finishes().is_ok());
}

/// tokio #3188, crossbeam #1301: capacities at which counters overflow, of messages of any size.
#[test]
fn huge_capacities_work() {
    for capacity in [
        usize::MAX,
        usize::MAX - 1,
        usize::MAX / 2 + 1,
        usize::MAX / 2,
        usize::MAX / 4,
        1 << (usize::BITS / 2),
        1 << 20,
    ] {
        uses_a_huge_capacity::<()>(capacity);
        uses_a_huge_capacity::<u8>(capacity);
        uses_a_huge_capacity::<[u64; 30]>(capacity);
        uses_a_huge_capacity::<String>(capacity);
    }
}

/// Of messages so large that each has a block to itself: how many blocks to keep did not fit a `usize`.
#[test]
fn blocks_to_keep_overflowed_at_a_huge_capacity() {
    type Huge = [[u64; 32]; 32];
    for capacity in [usize::MAX, usize::MAX - 1, usize::MAX - 2] {
        uses_a_huge_capacity::<Huge>(capacity);
    }
}

/// Permits as many as fit, and not one more; sums must not wrap.
#[test]
fn huge_reservations_do_not_overflow() {
    let (sender, _receiver) = mpmc::unbounded::<u8>();
    let first = sender.try_reserve().unwrap();
    for n in [usize::MAX, usize::MAX - 1, usize::MAX / 2 + 1] {
        let many = sender.try_reserve_many(n);
        let granted = many.as_ref().map_or(0, |many| many.len());
        assert!(granted == 0 || granted == n);
        assert_eq!(sender.reserved(), 1 + granted, "counted as given");
        drop(many);
        assert_eq!(sender.reserved(), 1);
    }
    drop(first);
    assert_eq!(sender.try_send(1), Ok(()));
    let (sender, _receiver) = mpmc::bounded::<u8>(10);
    let _permit = sender.try_reserve().unwrap();
    assert!(sender.try_reserve_many(usize::MAX).is_err());
    assert_eq!(sender.try_send(1), Ok(()));
}

#[test]
fn limits_of_batches() {
    let (sender, receiver) = filled(usize::MAX, 100);
    let mut batch = Vec::new();
    assert_eq!(receiver.try_recv_many(&mut batch, usize::MAX), Ok(100));
    assert_eq!(receiver.try_recv_many(&mut batch, usize::MAX), Err(TryRecvError::Empty));
    drop(sender);
}

/// Capacity one is one, with all operations at their smallest.
#[test]
fn smallest_buffer() {
    let (sender, receiver) = channel(1);
    for n in 0..1_000 {
        sender.try_send(n).unwrap();
        assert_eq!(sender.try_send(n), Err(TrySendError::Full(n)));
        assert!(sender.is_full() && !sender.is_empty());
        assert_eq!(receiver.try_recv(), Ok(n));
        assert!(!sender.is_full() && sender.is_empty());
    }
}

/// crossbeam #802: use while a thread's locals are torn down.
#[test]
fn thread_local_teardown_may_use_a_channel() {
    struct Last(mpmc::Sender<usize>);
    impl Drop for Last {
        fn drop(&mut self) {
            #[cfg(feature = "std")]
            self.0.send_blocking(1).unwrap();
            self.0.try_send(2).unwrap();
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) });
    let (sender, receiver) = channel(4);
    thread::spawn(move || LAST.set(Some(Last(sender)))).join().unwrap();
    assert_eq!(receiver.try_iter().last(), Some(2));
    assert!(receiver.is_closed());
}

/// The same of the other kinds, by handles of both ends.
#[cfg(feature = "std")]
#[test]
fn thread_local_teardown_may_use_each_kind() {
    use std::{any::Any, cell::RefCell, time::Duration};
    use thalweg::watch;

    struct Last<F: FnMut()>(F);
    impl<F: FnMut()> Drop for Last<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    const SHORT: Duration = Duration::from_millis(1);
    thread_local!(static LAST: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) });
    let (done, told) = mpmc::unbounded();
    let at_the_end = |mut body: Box<dyn FnMut() + Send>| {
        let done = done.clone();
        let at_the_end = move || {
            body();
            done.try_send(()).unwrap();
        };
        let body = move || LAST.with_borrow_mut(|all| all.push(Box::new(Last(at_the_end))));
        thread::spawn(body).join().unwrap();
        assert_eq!(told.try_recv(), Ok(()), "it came to its end");
    };
    let (sender, mut receiver) = mpsc::channel(2);
    at_the_end(Box::new(move || {
        sender.blocking_send(1).unwrap();
        assert_eq!(receiver.blocking_recv(), Some(1));
        assert!(receiver.blocking_recv_timeout(SHORT).is_err());
    }));
    let (sender, mut receiver) = broadcast::lossless(1);
    at_the_end(Box::new(move || {
        sender.blocking_send(1).unwrap();
        assert!(sender.blocking_send_timeout(2, SHORT).is_err());
        assert_eq!(receiver.blocking_recv(), Ok(1));
        assert!(receiver.blocking_recv_timeout(SHORT).is_err());
    }));
    let (sender, mut receiver) = watch::channel(0);
    at_the_end(Box::new(move || {
        sender.send(1).unwrap();
        receiver.blocking_changed().unwrap();
        assert!(receiver.blocking_changed_timeout(SHORT).is_err());
    }));
    let mut ends = Some(oneshot::channel());
    at_the_end(Box::new(move || {
        let (sender, mut receiver) = ends.take().unwrap();
        assert!(receiver.blocking_recv_timeout(SHORT).is_err());
        sender.send(1).unwrap();
        assert_eq!(receiver.blocking_recv(), Ok(1));
    }));
}
