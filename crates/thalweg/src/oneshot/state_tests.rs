//! What takes too many wakers to be seen from outside.

use super::*;
use crate::record::Nobody;
use alloc::sync::Arc;
use alloc::task::Wake;

#[derive(Default)]
struct Bell {
    rung: AtomicUsize,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.fetch_add(1, Ordering::Relaxed);
    }
}

fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(bell.clone());
    (bell, waker)
}

fn gate(word: usize) -> Gate {
    Gate { word: AtomicUsize::new(word), sender: WakerCell::new(), receiver: WakerCell::new(), pair: Pair::new() }
}

fn poll(gate: &Gate, waker: &Waker) -> Poll<()> {
    gate.poll(&gate.receiver, RECEIVER_WAITS, waker, Beginner::NOBODY)
}

/// The stamp does not begin anew: who would put in one waker too many is woken at once, and leaves nothing.
#[test]
fn stamp_is_used_up_once() {
    let last = usize::MAX & !(STAMP - 1);
    let gate = gate(last - STAMP);
    let ((first, one), (second, two)) = (bell(), bell());
    assert!(poll(&gate, &one).is_pending());
    assert_eq!(gate.look(), last | RECEIVER_WAITS);
    assert_eq!(Arc::strong_count(&first), 3);
    assert!(poll(&gate, &one).is_pending(), "the one that lies there stays");
    for times in 1..4 {
        assert!(poll(&gate, &two).is_pending());
        assert_eq!(second.rung.load(Ordering::Relaxed), times);
        assert_eq!((gate.look(), Arc::strong_count(&first), Arc::strong_count(&second)), (last, 2, 2));
    }
    assert_eq!(first.rung.load(Ordering::Relaxed), 0);
    assert!(poll(&gate, &one).is_pending());
    assert_eq!(first.rung.load(Ordering::Relaxed), 1, "it lay there once, and does no more");
    let Ok(Wakers { sender: None, receiver: None }) = gate.leave_open(SENT) else { panic!("nobody waits") };
    assert!(poll(&gate, &two).is_ready());
}

/// The message, the end, and the wakers that were there: the word alone tells.
#[test]
fn each_state_is_left_as_the_table_says() {
    for (word, next, found) in [
        (OPEN, CLOSED, CLOSED),
        (OPEN, LEFT, LEFT),
        (OPEN, DROPPED, DROPPED),
        (CLOSED, LEFT, LEFT),
        (CLOSED, DROPPED, DROPPED),
        (SENT, LEFT, SENT),
        (DROPPED, LEFT, DROPPED),
        (LEFT, DROPPED, LEFT),
    ] {
        let gate = gate(word);
        assert_eq!(gate.go(next, Nobody.step()).is_ok(), matches!(word, OPEN | CLOSED));
        assert_eq!(gate.look(), found);
    }
}
