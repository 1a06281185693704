//! Wakers as foreign code, and wrong use.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use super::Oneshot;
use crate::child::stage;
use crate::hand::{task, waker_that};
use crate::message::{Ledger, Message, Tally};
use crate::outcome::{Fault, Outcome, ensure, not_offered};

/// A waker that receives from the channel that wakes it, or drops its receiver. A lock that is held then hangs.
pub(crate) fn waker_calls_back<O: Oneshot>() -> Outcome {
    for drops in [true, false] {
        let calls = Tally::default();
        let (tx, rx) = O::open();
        let slot = Arc::new(Mutex::new(Some(rx)));
        let (own, counted) = (Arc::clone(&slot), calls.clone());
        let waker = waker_that(move |woken| {
            // The receiver may drop its own waker while this runs.
            if let (true, Ok(mut rx)) = (woken, own.try_lock()) {
                counted.add();
                if drops {
                    drop(rx.take());
                } else if let Some(rx) = &mut *rx {
                    task(O::recv(rx)).poll();
                }
            }
        });
        let mut rx = slot.lock().unwrap();
        task(O::recv(rx.as_mut().unwrap())).poll_with(&waker);
        drop(rx);
        stage(if drops { "a send whose waker drops the receiver" } else { "a send whose waker receives" });
        let _ = O::send(tx, Message::plain(1));
        // Where a dropped receive takes its waker with it there is nobody to call back.
        let _ = calls.count();
    }
    Ok(())
}

/// A waker that panics harms nobody: the message is there.
pub(crate) fn waker_panics<O: Oneshot>() -> Outcome {
    let (tx, mut rx) = O::open();
    let mut receive = task(O::recv(&mut rx));
    receive.poll_with(&waker_that(|woken| assert!(!woken, "a waker's own panic")));
    let ledger = Ledger::default();
    let message = ledger.message();
    let _ = catch_unwind(AssertUnwindSafe(|| O::send(tx, message).is_ok()));
    stage("a receive after its waker panicked");
    let got =
        catch_unwind(AssertUnwindSafe(|| receive.settle())).unwrap_or(false) && receive.output().flatten().is_some();
    drop(receive);
    let _ = catch_unwind(AssertUnwindSafe(|| drop(rx)));
    ensure(got, || "the waker panicked as the message came, and it was not there".into())?;
    ensure(ledger.alive() == 0 && ledger.dropped_twice() == 0, || "the message was not dropped once".into())
}

/// A thread stands still in a waker that the channel called: a `try_recv` beside it comes back.
pub(crate) fn others_inside<O: Oneshot>() -> Outcome {
    if !O::TRY_RECV {
        return not_offered("it has no try_recv");
    }
    let (tx, mut rx) = O::open();
    let (inside, entered) = mpsc::channel::<()>();
    let (leave, left) = mpsc::channel::<()>();
    let (inside, left) = (Mutex::new(inside), Mutex::new(left));
    let waker = waker_that(move |woken| {
        if woken {
            let _ = inside.lock().unwrap().send(());
            let _ = left.lock().unwrap().recv();
        }
    });
    let mut receive = task(O::recv(&mut rx));
    receive.poll_with(&waker);
    std::mem::forget(receive);
    drop(waker);
    let sending = thread::spawn(move || drop(O::send(tx, Message::plain(1))));
    entered.recv().map_err(|_| Fault::Broken("a message did not wake a waiting receive".into()))?;
    stage("a try_recv while another thread is in a waker that the channel called");
    let got = O::try_recv(&mut rx).is_ok();
    let _ = leave.send(());
    sending.join().unwrap();
    ensure(got, || "a thread in a waker made a try_recv of another fail".into())
}

/// A handle whose message must stay on its thread stays there too.
pub(crate) fn rc<O: Oneshot>() -> Outcome {
    let wrong: Vec<_> = O::traits().into_iter().filter(|handle| handle.carries_rc).map(|handle| handle.name).collect();
    ensure(wrong.is_empty(), || {
        format!("without any unsafe code an `Rc` gets to another thread in {}", wrong.join(", "))
    })
}

/// What may be sent may be sent, moved and kept across a panic.
pub(crate) fn auto_traits<O: Oneshot>() -> Outcome {
    let missing: Vec<String> = O::traits()
        .into_iter()
        .flat_map(|handle| {
            let all = [("Send", handle.send), ("Unpin", handle.unpin), ("UnwindSafe", handle.unwind_safe)];
            all.into_iter().filter(|(_, has)| !has).map(move |(name, _)| format!("{} is not {name}", handle.name))
        })
        .collect();
    ensure(missing.is_empty(), || missing.join(", "))
}

/// A receive that is forgotten while it waits leaks at most.
pub(crate) fn forget<O: Oneshot>() -> Outcome {
    let ledger = Ledger::default();
    let (tx, mut rx) = O::open();
    let mut receive = task(O::recv(&mut rx));
    receive.settle();
    receive.forget();
    let _ = O::send(tx, ledger.message());
    drop(rx);
    ensure(ledger.dropped_twice() == 0, || "a message was dropped twice".into())
}
