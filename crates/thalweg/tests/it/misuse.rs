//! Promise 13: safe to use wrongly. Whatever is forgotten leaks at most; sizes are what they are said to be.

use std::collections::VecDeque;

#[cfg(not(feature = "record"))]
use thalweg::{mpmc::*, mpsc};

use crate::harness::{CAPACITIES, Ledger, Runnable, channel, drive, filled, forget, ignore, panics, task};

#[cfg(not(feature = "record"))]
const WORD: usize = size_of::<usize>();

/// A sender is a pointer. A future of small messages fits a cache line. With the feature `record` both say who acts, too.
#[cfg(not(feature = "record"))]
#[test]
fn sizes_are_as_said() {
    assert_eq!((size_of::<Sender<[u8; 100]>>(), size_of::<Option<Sender<u8>>>()), (WORD, WORD));
    // One more for its life as a stream.
    assert_eq!((size_of::<Receiver<u64>>(), size_of::<Option<Receiver<u8>>>()), (2 * WORD, 2 * WORD));
    assert_eq!((size_of::<WeakSender<u64>>(), size_of::<WeakReceiver<u64>>()), (WORD, WORD));
    assert_eq!(size_of::<Permit<'_, u64>>(), WORD);
    assert_eq!((size_of::<mpsc::Receiver<u64>>(), size_of::<mpsc::UnboundedReceiver<u64>>()), (WORD, WORD));
    let futures = [
        ("Send", size_of::<Send<'_, u64>>()),
        ("OwnedSend", size_of::<OwnedSend<u64>>()),
        ("Recv", size_of::<Recv<'_, u64>>()),
        ("OwnedRecv", size_of::<OwnedRecv<u64>>()),
        ("Reserve", size_of::<Reserve<'_, u64>>()),
        ("ReserveOwned", size_of::<ReserveOwned<u64>>()),
        ("Closed", size_of::<Closed<'_, u64>>()),
    ];
    println!("{futures:?}");
    for (name, size) in futures {
        assert!(size <= 8 * WORD, "{name}: {size} bytes");
    }
    assert!(size_of::<Recv<'_, [u8; 1000]>>() <= 8 * WORD, "a receive does not hold the message");
}

/// Whatever is forgotten, the rest goes on, at any capacity.
#[test]
fn forgotten_futures_stop_nobody() {
    for capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity);
        for polled in [false, true] {
            let mut receives = [task(receiver.recv()), task(receiver.recv())];
            let mut owned = task(receiver.recv_owned());
            let mut closed = task(receiver.closed());
            if polled {
                receives.iter_mut().for_each(|receive| receive.waits());
                owned.waits();
                closed.waits();
                sender.try_send(0).unwrap();
            }
            receives.into_iter().for_each(|receive| receive.forget());
            owned.forget();
            closed.forget();
        }
        let mut sends = [task(sender.send(1)), task(sender.send(2))];
        sends.iter_mut().for_each(|send| ignore(send.turn()));
        let [forgotten, mut kept] = sends;
        forgotten.forget();
        let mut eater = task(async {
            let mut eaten = Vec::new();
            while let Ok(message) = receiver.recv().await {
                eaten.push(message);
            }
            eaten
        });
        drive(&mut [&mut eater, &mut kept]);
        let mut feeder = task(async {
            for message in 10..20 {
                sender.send(message).await.unwrap();
            }
            sender.close();
        });
        drive(&mut [&mut feeder, &mut eater, &mut kept]);
        feeder.output();
        let eaten = eater.output();
        assert_eq!(kept.output(), Ok(()), "the forgotten ones kept it waiting");
        assert!(eaten.contains(&2), "capacity {capacity}: {eaten:?}");
        assert!(eaten.ends_with(&(10..20).collect::<Vec<_>>()), "capacity {capacity}: {eaten:?}");
    }
}

/// crossbeam 64eed3d5, tokio #8021: a forgotten permit keeps its room, and nothing else goes wrong; not even when the channel is freed.
#[test]
fn forgotten_permits_cost_their_rooms() {
    let ledger = Ledger::new();
    let (sender, receiver) = channel(5);
    forget(sender.try_reserve().unwrap());
    forget(sender.try_reserve_many(2).unwrap());
    forget(sender.clone().try_reserve_owned().unwrap());
    assert_eq!((sender.reserved(), sender.free_capacity()), (4, Some(1)));
    sender.try_send(ledger.message()).unwrap();
    assert!(sender.try_send(ledger.message()).unwrap_err().is_full());
    assert_eq!(receiver.try_recv().unwrap().id, 0);
    assert!(sender.close() && sender.is_closed());
    assert!(sender.try_send(ledger.message()).unwrap_err().is_closed());
    drop((sender, receiver));
    ledger.all_dropped_once();
}

/// A handle forgotten keeps the channel open; its messages are forgotten with it.
#[test]
fn forgotten_handles_leak_and_break_nothing() {
    for capacity in CAPACITIES {
        let ledger = Ledger::new();
        let (sender, receiver) = channel(capacity);
        forget(sender.clone());
        forget(receiver.clone());
        forget((sender.downgrade(), receiver.downgrade()));
        let _ = sender.try_send(ledger.message());
        drop(receiver);
        assert!(!sender.is_closed());
        let _ = sender.try_send(ledger.message());
        drop(sender);
        assert!((0..ledger.built()).all(|id| ledger.drops_of(id) <= 1));
    }
}

#[test]
fn forgotten_batches_leak_and_break_nothing() {
    let (sender, receiver) = filled(4, 4);
    forget(receiver.drain());
    sender.try_send(5).unwrap();
    assert_eq!(receiver.try_recv(), Ok(5));
    let mut batch: VecDeque<usize> = (0..9).collect();
    let mut send = task(sender.send_many(&mut batch));
    send.waits();
    drop(send);
    assert_eq!(batch.len(), 5);
    assert_eq!(receiver.try_iter().count(), 4);
}

/// Polled once more after it was done: a panic, not a second message and not a hang.
#[test]
fn polling_a_finished_future_panics() {
    let (sender, receiver) = channel::<usize>(4);
    let mut send = task(sender.send(1));
    send.finishes().unwrap();
    panics(|| send.poll());
    let mut owned = task(sender.send_owned(1));
    owned.finishes().unwrap();
    panics(|| owned.poll());
    let mut receive = task(receiver.recv());
    receive.finishes().unwrap();
    panics(|| receive.poll());
    let mut receive = task(receiver.recv_owned());
    receive.finishes().unwrap();
    panics(|| receive.poll());
    let mut reserve = task(sender.clone().reserve_owned());
    drop(reserve.finishes().unwrap());
    panics(|| reserve.poll());
    let mut reserve = task(sender.reserve());
    drop(reserve.finishes().unwrap());
    panics(|| reserve.poll());
    assert_eq!((sender.len(), sender.reserved(), sender.waiting_senders()), (0, 0, 0));
    let mut cancelled = task(sender.send(1));
    assert_eq!(cancelled.pinned().cancel(), Some(1));
    panics(|| cancelled.poll());
    assert_eq!(sender.len(), 0);
}

#[test]
fn polling_a_refused_future_panics() {
    let (sender, receiver) = channel::<usize>(1);
    receiver.close();
    let mut send = task(sender.send(1));
    send.finishes().unwrap_err();
    panics(|| send.poll());
    let mut receive = task(receiver.recv());
    receive.finishes().unwrap_err();
    panics(|| receive.poll());
}

/// Debug shows the state, for any message, and never a message.
#[test]
fn debug_shows_state_and_no_messages() {
    struct Secret;
    let (sender, receiver) = channel(3);
    sender.try_send(Secret).ok().unwrap();
    let permit = sender.try_reserve().unwrap();
    let shown = format!(
        "{sender:?} {receiver:?} {:?} {:?} {permit:?} {:?} {:?} {:?} {:?}",
        sender.downgrade(),
        receiver.downgrade(),
        sender.send(Secret),
        receiver.recv(),
        sender.reserve(),
        sender.closed(),
    );
    assert!(!shown.contains("Secret"), "{shown}");
    for part in ["Sender", "Receiver", "Send", "Recv", "Permit", "Closed"] {
        assert!(shown.contains(part), "{shown}");
    }
}
