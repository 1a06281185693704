use std::sync::Once;
use thalweg::mpmc;

/// What happens once in a process, where a channel was used by one thread for a while: Linux is asked for a fence.
pub(super) fn asked() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (sender, receiver) = mpmc::bounded(1);
        for n in 0..10_000 {
            sender.try_send(n).unwrap();
            assert_eq!(receiver.try_recv(), Ok(n));
        }
        drop(mpmc::bounded::<u64>(1));
    });
}
