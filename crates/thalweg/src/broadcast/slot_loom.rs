//! One slot under loom: readers at the same message, without the locks of the channel around them.

use super::*;
use alloc::boxed::Box;
use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize as Turnstile;
use loom::thread::spawn;

/// Orders no memory: see `Turnstile` of the models in `raw`, of which another room knows nothing.
fn pass(gate: &Turnstile) {
    gate.fetch_add(1, Ordering::Relaxed);
}

/// A slot with a message that so many are owed.
fn filled(owed: usize) -> Arc<Slot<Box<usize>>> {
    let slot = Arc::new(Slot::new());
    // SAFETY: nobody else knows of the slot.
    unsafe { slot.fill(0, owed, 0, Box::new(7)) };
    slot
}

/// Reads the message, and gives it up. Whether it had it alone.
fn read(slot: &Slot<Box<usize>>, gate: &Turnstile) -> bool {
    // SAFETY: as in a lossless ring; the caller is owed the message.
    match unsafe { slot.read_shared(0) } {
        Found::Last(message, _) => *message == 7,
        Found::Loan(loan) => {
            assert_eq!(loan.message().map(|message| **message), Some(7));
            pass(gate);
            loan.end().0.is_some()
        }
        Found::Lent | Found::Nothing => panic!("it is owed the message"),
    }
}

/// The last of them takes the message out after all others have done with it, and the slot is free for another.
#[test]
fn readers_of_one_message() {
    loom::model(|| {
        let (slot, gate) = (filled(2), Arc::new(Turnstile::new(0)));
        let (other, through) = (slot.clone(), gate.clone());
        let thread = spawn(move || read(&other, &through));
        let was_last = read(&slot, &gate);
        pass(&gate);
        if slot.is_free() && slot.lock().is_none() {
            // SAFETY: the slot is free, and nobody else fills it.
            unsafe { slot.fill(1, 1, LAP, Box::new(8)) };
        }
        assert_ne!(thread.join().unwrap(), was_last);
    });
}

/// One reads while another leaves without having read.
#[test]
fn reading_against_forgoing() {
    loom::model(|| {
        let (slot, gate) = (filled(2), Arc::new(Turnstile::new(0)));
        let (other, through) = (slot.clone(), gate.clone());
        let thread = spawn(move || {
            pass(&through);
            // SAFETY: as in a lossless ring; this one is owed the message, and comes no more.
            unsafe { other.pass_on() }.0.is_some()
        });
        assert_ne!(read(&slot, &gate), thread.join().unwrap());
    });
}
