//! Promise 8: memory is bounded by what is in the channel. Every allocation of this thread is counted.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use thalweg::broadcast;
use thalweg::mpmc::{self, Receiver, Sender};
use thalweg::oneshot;

#[path = "alloc/mpsc.rs"]
mod mpsc;
#[path = "alloc/once.rs"]
mod once;

/// The system's allocator, with a count for each thread: tests that run side by side do not disturb each other.
struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that ends has no counts any more, and needs none.
    let _ = LIVE.try_with(|live| live.set(live.get() + bytes));
    if bytes > 0 {
        let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
    }
}

// SAFETY: the system's allocator, but for the counting, which allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many allocations `body` makes, and by how many bytes the memory in use grows.
fn cost<R>(body: impl FnOnce() -> R) -> (usize, isize, R) {
    once::asked();
    let (calls, live) = (CALLS.get(), LIVE.get());
    let result = body();
    (CALLS.get() - calls, LIVE.get() - live, result)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Sends and receives until blocks are recycled.
fn warmed_up(capacity: usize) -> (Sender<u64>, Receiver<u64>) {
    let (sender, receiver) = mpmc::bounded(capacity);
    for _ in 0..if capacity == 0 { 1_000 } else { 0 } {
        let mut receive = pin!(receiver.recv());
        assert!(poll(receive.as_mut()).is_pending());
        sender.try_send(0).unwrap();
        assert!(poll(receive).is_ready());
    }
    for _ in 0..1_000 {
        while sender.len() < 1_000 && sender.try_send(0).is_ok() {}
        while receiver.try_recv().is_ok() {}
    }
    (sender, receiver)
}

const CAPACITIES: [usize; 6] = [1, 2, 16, 128, 1_000, usize::MAX];

/// With the feature `record` a channel has a number, counts its handles, and knows how to put its messages into words.
const SMALL: isize = if cfg!(feature = "record") { 264 } else { 256 };

#[test]
fn fresh_channel_is_one_small_allocation_at_any_capacity() {
    for capacity in [0, 1, 128, 1 << 20, usize::MAX / 2, usize::MAX - 1, usize::MAX] {
        let (calls, bytes, _channel) = cost(|| mpmc::bounded::<u64>(capacity));
        println!("capacity {capacity}: {calls} allocations, {bytes} bytes");
        assert_eq!(calls, 1);
        assert!(bytes <= SMALL, "capacity {capacity}: {bytes} bytes");
    }
    let (calls, bytes, _channel) = cost(mpmc::unbounded::<[u8; 10_000]>);
    assert!(calls == 1 && bytes <= SMALL, "the message's size does not count: {bytes} bytes");
}

#[test]
fn handles_cost_nothing() {
    let (sender, receiver) = mpmc::bounded::<u64>(4);
    let (calls, ..) = cost(|| (sender.clone(), receiver.clone(), sender.downgrade(), receiver.downgrade().upgrade()));
    assert_eq!(calls, 0);
}

#[test]
fn messages_cost_nothing() {
    for capacity in CAPACITIES {
        let (sender, receiver) = warmed_up(capacity);
        let (calls, ..) = cost(|| {
            for n in 0..10_000 {
                sender.try_send(n).unwrap();
                assert_eq!(receiver.try_recv(), Ok(n));
            }
        });
        assert_eq!(calls, 0, "capacity {capacity}");
    }
}

/// Full and empty in turns, across blocks.
#[test]
fn bursts_within_the_capacity_cost_nothing_once_they_were_there() {
    for capacity in [16, 100] {
        let (sender, receiver) = warmed_up(capacity);
        let (calls, ..) = cost(|| {
            for _ in 0..100 {
                while sender.try_send(1).is_ok() {}
                while receiver.try_recv().is_ok() {}
            }
        });
        assert_eq!(calls, 0, "capacity {capacity}");
    }
}

#[test]
fn messages_in_an_unbounded_channel_share_allocations() {
    let (sender, receiver) = mpmc::unbounded::<u64>();
    let (calls, bytes, ()) = cost(|| (0..10_000).for_each(|n| sender.try_send(n).unwrap()));
    println!("{calls} allocations, {bytes} bytes for 10,000 messages of 8");
    assert!(calls <= 10_000 / 16, "{calls} allocations");
    assert!(bytes <= 2 * 80_000, "{bytes} bytes");
    assert_eq!(receiver.len(), 10_000);
}

#[test]
fn waits_cost_nothing() {
    for capacity in [0, 1, 16] {
        let (sender, receiver) = warmed_up(capacity);
        let (calls, bytes, ()) = cost(|| {
            for n in 0..1_000 {
                let mut receive = pin!(receiver.recv());
                assert!(poll(receive.as_mut()).is_pending());
                sender.try_send(n).unwrap();
                assert_eq!(poll(receive), Poll::Ready(Ok(n)));
            }
            while sender.try_send(0).is_ok() {}
            for n in 0..1_000 {
                if capacity > 0 {
                    let mut send = pin!(sender.send(n));
                    while poll(send.as_mut()).is_pending() {
                        receiver.try_recv().unwrap();
                    }
                    let mut reserve = pin!(sender.reserve());
                    while poll(reserve.as_mut()).is_pending() {
                        receiver.try_recv().unwrap();
                    }
                }
            }
        });
        assert_eq!((calls, bytes), (0, 0), "capacity {capacity}");
    }
}

struct Strong;

impl Wake for Strong {
    fn wake(self: Arc<Self>) {}
}

/// tokio #2325, flume #182: waits that were cancelled leave neither bytes nor wakers behind.
#[test]
fn cancelled_waits_leave_nothing() {
    for capacity in [0, 1] {
        let (sender, receiver) = warmed_up(capacity);
        let held = Arc::new(Strong);
        let waker = Waker::from(held.clone());
        let mut cx = Context::from_waker(&waker);
        let (calls, bytes, ()) = cost(|| {
            for _ in 0..25_000 {
                assert!(pin!(receiver.recv()).poll(&mut cx).is_pending());
            }
            while sender.try_send(0).is_ok() {}
            for n in 0..25_000 {
                assert!(pin!(sender.send(n)).poll(&mut cx).is_pending());
                assert!(pin!(sender.reserve()).poll(&mut cx).is_pending());
                assert!(pin!(sender.closed()).poll(&mut cx).is_pending());
                let mut cancelled = pin!(sender.send(n));
                assert!(cancelled.as_mut().poll(&mut cx).is_pending());
                assert_eq!(cancelled.cancel(), Some(n));
            }
        });
        assert_eq!((calls, bytes), (0, 0), "capacity {capacity}");
        drop(waker);
        assert_eq!(Arc::strong_count(&held), 1, "no waker stayed behind");
    }
}

/// Probe P14: after a stolen wake, 100,000 polls of one future; memory must not move (flume and postage add 240 kB).
#[test]
fn spurious_polls_cost_nothing() {
    let (sender, receiver) = warmed_up(1);
    let mut receive = pin!(receiver.recv());
    assert!(poll(receive.as_mut()).is_pending());
    sender.try_send(1).unwrap();
    receiver.try_recv().unwrap();
    let (calls, bytes, ()) = cost(|| (0..100_000).for_each(|_| assert!(poll(receive.as_mut()).is_pending())));
    assert_eq!((calls, bytes), (0, 0));
    sender.try_send(2).unwrap();
    assert_eq!(poll(receive), Poll::Ready(Ok(2)));
    sender.try_send(3).unwrap();
    let mut send = pin!(sender.send(4));
    assert!(poll(send.as_mut()).is_pending());
    let (calls, bytes, ()) = cost(|| (0..100_000).for_each(|_| assert!(poll(send.as_mut()).is_pending())));
    assert_eq!((calls, bytes), (0, 0));
}

/// A stream waits again and again in the same place.
#[test]
fn stream_costs_its_place_once() {
    let (sender, mut receiver) = warmed_up(16);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(receiver.poll_recv(&mut cx).is_pending());
    let (calls, bytes, ()) = cost(|| {
        for n in 0..1_000 {
            sender.try_send(n).unwrap();
            assert_eq!(receiver.poll_recv(&mut cx), Poll::Ready(Ok(n)));
            assert!(receiver.poll_recv(&mut cx).is_pending());
        }
    });
    assert_eq!((calls, bytes), (0, 0));
}

/// A burst of 100,000 that was received gives its memory back, by whichever door it went.
#[test]
fn drained_burst_gives_its_memory_back() {
    let doors: [fn(&Receiver<u64>); 4] = [
        |receiver| while receiver.try_recv().is_ok() {},
        |receiver| drop(receiver.drain()),
        |receiver| assert_eq!(receiver.drain().count(), 100_000),
        |receiver| {
            let mut batch = Vec::with_capacity(1_000);
            while receiver.try_recv_many(&mut batch, 1_000).is_ok() {
                batch.clear();
            }
        },
    ];
    for (n, door) in doors.into_iter().enumerate() {
        let (sender, receiver) = mpmc::unbounded::<u64>();
        let (calls, bytes, ()) = cost(|| {
            (0..100_000).for_each(|n| sender.try_send(n).unwrap());
            door(&receiver);
        });
        println!("door {n}: {calls} allocations, {bytes} bytes kept");
        assert!(receiver.is_empty() && bytes <= 4 << 10, "door {n}: {bytes} bytes kept");
    }
}

/// A long queue that is never empty, and moves on: memory follows its length, not its history.
#[test]
fn memory_follows_the_length_not_the_history() {
    let (sender, receiver) = mpmc::unbounded::<u64>();
    (0..1_000).for_each(|n| sender.try_send(n).unwrap());
    let (calls, bytes, ()) = cost(|| {
        for n in 0..100_000 {
            sender.try_send(n).unwrap();
            receiver.try_recv().unwrap();
        }
    });
    println!("{calls} allocations, {bytes} bytes");
    assert!(bytes <= 8 << 10, "{bytes} bytes");
    assert!(calls <= 100_000 / 1_000, "{calls} allocations");
}

/// All that was allocated is freed, whatever was in the channel and however it ended.
#[test]
fn everything_is_freed_in_the_end() {
    for capacity in [0, 1, 2, 100, usize::MAX] {
        for end in 0..6 {
            let (_, bytes, ()) = cost(|| {
                let (sender, receiver) = mpmc::bounded::<Box<u64>>(capacity);
                let weak = (sender.downgrade(), receiver.downgrade());
                (0..90).for_each(|n| drop(sender.try_send(Box::new(n))));
                let permit = sender.clone().try_reserve_owned();
                let mut send = Box::pin(sender.send_owned(Box::new(7)));
                let _ = poll(send.as_mut()).is_ready();
                let mut receive = Box::pin(receiver.recv_owned());
                let _ = poll(receive.as_mut()).is_ready();
                let drain = (end == 5).then(|| receiver.drain());
                match end {
                    0 => drop((sender, receiver)),
                    1 => drop((receiver, sender)),
                    2 => drop(sender.close()),
                    3 => drop(receiver.close_and_drain()),
                    4 => drop((permit, receiver.try_recv())),
                    _ => drop(drain),
                }
                drop((send, receive));
                drop(weak);
            });
            assert_eq!(bytes, 0, "capacity {capacity}, end {end}: {bytes} bytes leaked");
        }
    }
}

#[test]
fn permits_and_batches_cost_nothing() {
    let (sender, receiver) = warmed_up(16);
    let mut batch = std::collections::VecDeque::with_capacity(16);
    let mut received = Vec::with_capacity(16);
    let (calls, ..) = cost(|| {
        for n in 0..1_000 {
            sender.try_reserve().unwrap().send(n).unwrap();
            sender.try_reserve_many(4).unwrap().for_each(|permit| permit.send(n).unwrap());
            batch.extend([n, n, n]);
            sender.try_send_many(&mut batch).unwrap();
            receiver.try_recv_many(&mut received, 16).unwrap();
            received.clear();
            sender.force_send(n).unwrap();
            assert_eq!(receiver.try_iter().count(), 1);
        }
    });
    assert_eq!(calls, 0);
}

/// Blocking costs at most what a thread's parking costs once.
#[cfg(feature = "std")]
#[test]
fn blocking_waits_cost_nothing_each() {
    use std::time::Duration;

    let (sender, receiver) = warmed_up(1);
    let _ = receiver.recv_timeout(Duration::ZERO);
    let (calls, bytes, ()) = cost(|| {
        for n in 0..1_000 {
            assert!(receiver.recv_timeout(Duration::ZERO).is_err());
            sender.send_blocking(n).unwrap();
            assert!(sender.send_timeout(n, Duration::ZERO).is_err());
            assert_eq!(receiver.recv_blocking(), Ok(n));
        }
    });
    println!("{calls} allocations");
    assert!(bytes == 0 && calls <= 10, "{calls} allocations, {bytes} bytes");
}

/// The ring of a broadcast channel is allocated when it is made; nothing is after that, but for clones and a stream.
#[test]
fn broadcast_allocates_when_it_is_made() {
    for capacity in [1, 3, 128] {
        let (calls, bytes, (sender, mut one)) = cost(|| broadcast::channel::<u64>(capacity));
        println!("broadcast of capacity {capacity}: {calls} allocations, {bytes} bytes");
        assert_eq!(calls, 2);
        assert!(bytes as usize <= 512 + capacity * 32, "{bytes} bytes");
        let mut two = sender.subscribe();
        let (calls, grown, ()) = cost(|| {
            for n in 0..10_000 {
                assert_eq!(sender.send(n), Ok(2));
                assert_eq!(one.try_recv(), Ok(n));
                let mut wait = pin!(one.recv());
                assert!(poll(wait.as_mut()).is_pending());
                assert!(poll(wait.as_mut()).is_pending());
                if n % 3 == 0 {
                    let _ = two.try_recv();
                }
            }
            drop(two.resubscribe().deactivate().activate());
        });
        assert_eq!((calls, grown), (0, 0), "capacity {capacity}");
        let mut poll_two = || two.poll_recv(&mut Context::from_waker(Waker::noop())).is_ready();
        let (calls, ..) = cost(|| (0..100).filter(|_| poll_two()).count());
        assert_eq!(calls, 1);
    }
    let (sender, mut receiver) = broadcast::lossless::<u64>(2);
    let (calls, grown, ()) = cost(|| {
        for n in 0..10_000 {
            while sender.try_send(n).is_ok() {}
            let mut wait = pin!(sender.send(n));
            assert!(poll(wait.as_mut()).is_pending());
            assert!(receiver.try_recv().is_ok());
            assert!(poll(wait.as_mut()).is_ready() || poll(wait.as_mut()).is_ready());
        }
    });
    assert_eq!((calls, grown), (0, 0));
    let (.., bytes, ()) = cost(|| drop((sender, receiver)));
    assert!(bytes < 0);
}

/// The word, the wakers and the message lie in one allocation, which the later of the two ends gives back.
#[test]
fn oneshot_is_one_allocation_in_all() {
    // What is recorded of a channel lies in it, and with the receiver.
    let (most, words) = if cfg!(feature = "record") { (56, (1, 2)) } else { (48, (1, 1)) };
    let (calls, bytes, (sender, receiver)) = cost(oneshot::channel::<u64>);
    println!("{bytes} bytes for a message of 8");
    assert!(calls == 1 && bytes <= most, "{calls} allocations, {bytes} bytes");
    assert_eq!(
        (size_of_val(&sender), size_of_val(&receiver)),
        (words.0 * size_of::<usize>(), words.1 * size_of::<usize>())
    );
    let (calls, bytes, ()) = cost(move || {
        let (mut sender, mut receiver) = (sender, receiver);
        for _ in 0..1_000 {
            assert!(poll(pin!(sender.closed())).is_pending());
            assert!(poll(Pin::new(&mut receiver)).is_pending());
        }
        sender.send(1).unwrap();
        assert_eq!(poll(Pin::new(&mut receiver)), Poll::Ready(Ok(1)));
        // It is gone although the receiver is not.
        std::mem::forget(receiver);
    });
    assert_eq!((calls, bytes), (0, -most));
}

/// All that was allocated is freed, however it ends.
#[test]
fn oneshot_is_freed_in_the_end() {
    type Ends = (oneshot::Sender<Box<u64>>, oneshot::Receiver<Box<u64>>);
    let endings: [fn(Ends); 8] = [
        |(sender, receiver)| drop((sender, receiver)),
        |(sender, receiver)| drop((receiver, sender)),
        |(sender, receiver)| drop((sender.send(Box::new(1)), receiver)),
        |(sender, receiver)| {
            drop(receiver);
            drop(sender.send(Box::new(1)));
        },
        |(sender, mut receiver)| {
            receiver.close();
            drop((receiver, sender));
        },
        |(sender, mut receiver)| {
            receiver.close();
            drop((sender, receiver));
        },
        |(sender, mut receiver)| {
            receiver.close();
            drop(sender.send(Box::new(1)));
            receiver.try_recv().unwrap_err();
        },
        |(sender, mut receiver)| {
            receiver.close();
            receiver.try_recv().unwrap_err();
            drop(sender);
        },
    ];
    for (n, ending) in endings.into_iter().enumerate() {
        for polled in [false, true] {
            let held = Arc::new(Strong);
            let waker = Waker::from(held.clone());
            let (.., bytes, ()) = cost(|| {
                let (mut sender, mut receiver) = oneshot::channel();
                if polled {
                    let mut cx = Context::from_waker(&waker);
                    assert!(Pin::new(&mut receiver).poll(&mut cx).is_pending());
                    assert!(sender.poll_closed(&mut cx).is_pending());
                }
                ending((sender, receiver));
            });
            assert_eq!(bytes, 0, "ending {n}, polled {polled}: {bytes} bytes leaked");
            assert_eq!(Arc::strong_count(&held), 2, "ending {n}, polled {polled}: a waker leaked");
        }
    }
}

/// A watched value: what it costs to change it, to wait for that, and to be told.
#[cfg(feature = "std")]
#[test]
fn changes_and_waits_of_a_watched_value_cost_nothing() {
    let (calls, _, (sender, mut receiver)) = cost(|| thalweg::watch::channel(0));
    // The standard library's lock is made without one.
    assert_eq!(calls, 1);
    let mut other = receiver.clone();
    let (calls, live, ()) = cost(|| {
        drop((sender.clone(), sender.subscribe(), receiver.clone()));
        for value in 1..1_000 {
            let mut changed = pin!(receiver.changed());
            let mut found = pin!(other.wait_for(|there| *there == value));
            let mut closed = pin!(sender.closed());
            for _ in 0..3 {
                assert!(poll(changed.as_mut()).is_pending() && poll(closed.as_mut()).is_pending());
                assert!(poll(found.as_mut()).is_pending());
            }
            sender.send(value).unwrap();
            assert!(poll(changed).is_ready() && poll(found).is_ready());
        }
    });
    assert_eq!((calls, live), (0, 0));
}
