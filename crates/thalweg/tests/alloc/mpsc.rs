//! What the channel with one receiver allocates.

use std::pin::pin;

use thalweg::mpsc;

use crate::{cost, poll};

/// tokio's keeps 8.7 kB for one slot of 256 bytes. The receiver's place to wait lies in the channel.
#[test]
fn idle_mpsc_is_small() {
    let (calls, bytes, (sender, mut receiver)) = cost(|| mpsc::channel::<[u8; 256]>(1));
    println!("{calls} allocation, {bytes} bytes");
    let most = if cfg!(feature = "record") { 368 } else { 352 };
    assert!(calls == 1 && bytes <= most, "{calls} allocations, {bytes} bytes");
    let (calls, bytes, ()) = cost(|| {
        for _ in 0..1_000 {
            assert!(poll(pin!(receiver.recv())).is_pending());
        }
    });
    assert_eq!((calls, bytes), (0, 0), "a recv that is made anew allocates nothing");
    let mut pass = |messages: usize| {
        cost(|| {
            for _ in 0..messages {
                assert!(poll(pin!(receiver.recv())).is_pending());
                sender.try_send([0; 256]).unwrap();
                assert!(poll(pin!(receiver.recv())).is_ready());
            }
        })
    };
    let (.., used, ()) = pass(100);
    assert!(used <= 5 << 10, "{used} bytes kept");
    let (calls, bytes, ()) = pass(1_000);
    assert_eq!((calls, bytes), (0, 0));
}

/// tokio #7355, #4321: a burst that was received gives its memory back, by whichever door it went.
#[test]
fn drained_mpsc_burst_gives_its_memory_back() {
    let doors: [fn(&mut mpsc::UnboundedReceiver<u64>); 3] = [
        |receiver| while receiver.try_recv().is_ok() {},
        |receiver| {
            while !receiver.is_empty() {
                let _ = poll(pin!(receiver.recv())).is_ready();
            }
        },
        |receiver| {
            let mut batch = Vec::with_capacity(1_000);
            while !receiver.is_empty() {
                let _ = poll(pin!(receiver.recv_many(&mut batch, 1_000))).is_ready();
                batch.clear();
            }
        },
    ];
    for (n, door) in doors.into_iter().enumerate() {
        let (sender, mut receiver) = mpsc::unbounded_channel::<u64>();
        let (.., bytes, ()) = cost(|| {
            (0..100_000).for_each(|n| sender.send(n).unwrap());
            door(&mut receiver);
        });
        println!("door {n}: {bytes} bytes kept");
        assert!(receiver.is_empty() && bytes <= 5 << 10, "door {n}: {bytes} bytes kept");
        let (.., bytes, ()) = cost(|| {
            (0..100_000).for_each(|n| sender.send(n).unwrap());
            receiver.close();
            drop(receiver);
        });
        assert!(bytes <= 0, "door {n}: {bytes} bytes kept without a receiver");
    }
}

/// All that was allocated is freed, whatever was in the channel and in whatever order its ends went.
#[test]
fn mpsc_is_freed_in_the_end() {
    for capacity in [0, 1, 2, 100, usize::MAX] {
        for end in 0..6 {
            let (.., bytes, ()) = cost(|| {
                let (sender, mut receiver) = mpsc::channel::<Box<u64>>(capacity);
                let weak = sender.downgrade();
                (0..90).for_each(|n| drop(sender.try_send(Box::new(n))));
                let permit = sender.clone().try_reserve_owned();
                let mut reserve = Box::pin(sender.clone().reserve_owned());
                let _ = poll(reserve.as_mut()).is_ready();
                for _ in 0..100 {
                    let _ = poll(pin!(receiver.recv())).is_ready();
                }
                match end {
                    0 => drop((sender, receiver)),
                    1 => drop((receiver, sender)),
                    2 => receiver.close(),
                    3 => drop((receiver, permit.map(|permit| permit.send(Box::new(7))))),
                    4 => drop((permit, receiver.try_recv())),
                    _ => drop((reserve, receiver)),
                }
                drop(weak);
            });
            assert_eq!(bytes, 0, "capacity {capacity}, end {end}: {bytes} bytes leaked");
        }
    }
}
