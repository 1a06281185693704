//! The signal of a blocked thread under loom.

use super::*;
use crate::sync::AtomicUsize;
use loom::sync::Arc;
use loom::thread::spawn;

/// A wake-up at any moment ends the wait, and tells what was done before it. Loom sees a thread that sleeps for ever.
#[test]
fn wake_up_against_going_to_sleep() {
    loom::model(|| {
        let signal = Arc::new(Signal::new());
        let news = Arc::new(AtomicUsize::new(0));
        let (other, write) = (signal.clone(), news.clone());
        let thread = spawn(move || {
            write.store(1, Ordering::Relaxed);
            other.set();
        });
        assert!(signal.wait(None, &Courtesy::default()));
        assert_eq!(news.load(Ordering::Relaxed), 1);
        thread.join().unwrap();
        assert!(!signal.was_woken(), "one wake-up, taken once");
    });
}

/// Two that wake at once are one wake-up or two, and the thread sleeps through neither.
#[test]
fn two_wake_ups() {
    loom::model(|| {
        let signal = Arc::new(Signal::new());
        let threads = [0, 1].map(|_| {
            let other = signal.clone();
            spawn(move || other.set())
        });
        assert!(signal.wait(None, &Courtesy::default()));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        signal.was_woken();
        assert!(!signal.was_woken());
    });
}
