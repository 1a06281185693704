//! Wakers and `Clone` as foreign code, and wrong use.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use super::{Broadcast, Got, put};
use crate::child::stage;
use crate::hand::{task, waker_that};
use crate::message::{Message, Tally};
use crate::outcome::{Fault, Outcome, ensure};

/// A waker that sends on the channel that wakes it. A lock that is held then hangs.
pub(crate) fn waker_calls_back<B: Broadcast>() -> Outcome {
    let (mut tx, mut rx) = B::open(4);
    let calls = Tally::default();
    let (own, counted) = (Mutex::new(tx.clone()), calls.clone());
    let waker = waker_that(move |woken| {
        if let (true, Ok(mut tx)) = (woken, own.try_lock()) {
            counted.add();
            let _ = B::try_send(&mut tx, Message::plain(2));
            drop(B::subscribe(&tx));
        }
    });
    let mut receive = task(B::recv(&mut rx));
    receive.poll_with(&waker);
    drop(waker);
    stage("a send that wakes a receive, whose waker sends");
    put::<B>(&mut tx, Message::plain(1))?;
    ensure(calls.count() > 0, || "a message did not wake a waiting receive".into())
}

/// A message that sends and receives on its channel when it is cloned. A lock that is held then hangs.
pub(crate) fn clone_calls_back<B: Broadcast>() -> Outcome {
    let (mut tx, rx) = B::open(4);
    let shared = Arc::new(Mutex::new((tx.clone(), B::subscribe(&tx))));
    let own = Arc::downgrade(&shared);
    let message = Message::cloning(1, move || {
        if let Some(shared) = own.upgrade() {
            // Only the first clone calls: the others may be made by its own calls.
            if let Ok(mut both) = shared.try_lock() {
                let (tx, rx) = &mut *both;
                let _ = B::try_send(tx, Message::plain(2));
                let _ = B::try_recv(rx);
            }
        }
    });
    stage("a message that calls the channel when it is cloned");
    put::<B>(&mut tx, message)?;
    let mut rx = rx;
    while let Got::Message(_) = B::try_recv(&mut rx) {}
    drop((tx, rx, shared));
    Ok(())
}

/// A clone that panics harms nobody else: the other receiver has the message, and the channel goes on.
pub(crate) fn clone_panics<B: Broadcast>() -> Outcome {
    let (mut tx, mut one) = B::open(4);
    let mut two = B::subscribe(&tx);
    let made = Tally::default();
    put::<B>(
        &mut tx,
        Message::cloning(1, move || {
            made.add();
            assert!(made.count() > 1, "a clone's own panic");
        }),
    )?;
    stage("a receive whose clone panics");
    let first = catch_unwind(AssertUnwindSafe(|| B::try_recv(&mut one).id()));
    stage("a receive after a clone panicked");
    let second = catch_unwind(AssertUnwindSafe(|| B::try_recv(&mut two).id()));
    ensure(matches!(second, Ok(Some(1))), || {
        format!("one receiver's clone panicked ({first:?}), and the other got {second:?}")
    })?;
    put::<B>(&mut tx, Message::plain(2))?;
    let after = catch_unwind(AssertUnwindSafe(|| B::try_recv(&mut two).id()));
    ensure(matches!(after, Ok(Some(2))), || format!("after a clone's panic the next message became {after:?}"))
}

/// A thread stands still while it clones a message: `try_send` and `try_recv` of others come back.
pub(crate) fn others_inside<B: Broadcast>() -> Outcome {
    let (mut tx, mut one) = B::open(4);
    let mut two = B::subscribe(&tx);
    let (inside, entered) = mpsc::channel::<()>();
    let (leave, left) = mpsc::channel::<()>();
    let (inside, left) = (Mutex::new(inside), Mutex::new(Some(left)));
    put::<B>(
        &mut tx,
        Message::cloning(1, move || {
            // The first clone stands still, and holds no lock of ours over it.
            let left = left.lock().unwrap().take();
            if let Some(left) = left {
                let _ = inside.lock().unwrap().send(());
                let _ = left.recv();
            }
        }),
    )?;
    put::<B>(&mut tx, Message::plain(2))?;
    let receiving = thread::spawn(move || B::try_recv(&mut one).id());
    entered.recv().map_err(|_| Fault::Broken("a receive made no clone while another was to come".into()))?;
    stage("a try_send while another thread clones a message");
    let sent = B::try_send(&mut tx, Message::plain(3)).is_ok();
    stage("a try_recv of another receiver while a thread clones a message");
    // It may say that there is nothing yet: then the message must be there when the other is done with it.
    let beside = B::try_recv(&mut two);
    let _ = leave.send(());
    let first = receiving.join().unwrap();
    let got = if matches!(beside, Got::Empty) { B::try_recv(&mut two).id() } else { beside.id() };
    ensure(sent && got == Some(1) && first == Some(1), || {
        format!(
            "a thread was in a clone: a try_send beside it {}, another receiver got {got:?}",
            if sent { "went" } else { "failed" }
        )
    })
}

/// A handle whose messages must stay on their thread stays there too.
pub(crate) fn rc<B: Broadcast>() -> Outcome {
    let wrong: Vec<_> = B::traits().into_iter().filter(|h| h.carries_rc || h.shares_rc).map(|h| h.name).collect();
    ensure(wrong.is_empty(), || {
        format!("without any unsafe code an `Rc` gets to another thread in {}", wrong.join(", "))
    })
}

/// Handles can be moved, and kept across a panic.
pub(crate) fn auto_traits<B: Broadcast>() -> Outcome {
    let missing: Vec<String> = B::traits()
        .into_iter()
        .flat_map(|handle| {
            let all = [("Unpin", handle.unpin), ("UnwindSafe", handle.unwind_safe)];
            all.into_iter().filter(|(_, has)| !has).map(move |(name, _)| format!("{} is not {name}", handle.name))
        })
        .collect();
    ensure(missing.is_empty(), || missing.join(", "))
}
