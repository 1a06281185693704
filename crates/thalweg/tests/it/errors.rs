//! Errors: they hold the message, say what is the matter in a few words, and ask nothing of `T`.

use std::error::Error;

use thalweg::mpmc::*;

struct Opaque;

/// Whether a text is as the house writes errors: lower case, without a full stop.
fn house_style(error: &(dyn Error + '_)) -> String {
    let text = error.to_string();
    assert!(!text.is_empty() && !text.ends_with('.') && text == text.to_lowercase(), "{text}");
    let shown = format!("{error:?}");
    assert!(!shown.is_empty() && !shown.contains("Opaque"), "a message is shown, or nothing: {shown}");
    text
}

#[test]
fn every_error_has_its_own_words() {
    let errors: [Box<dyn Error>; 9] = [
        Box::new(SendError(Opaque)),
        Box::new(TrySendError::Full(Opaque)),
        Box::new(TrySendError::Closed(Opaque)),
        Box::new(SendTimeoutError::Timeout(Opaque)),
        Box::new(SendTimeoutError::Closed(Opaque)),
        Box::new(RecvError),
        Box::new(TryRecvError::Empty),
        Box::new(TryRecvError::Closed),
        Box::new(RecvTimeoutError::Timeout),
    ];
    let texts: Vec<_> = errors.iter().map(|error| house_style(&**error)).collect();
    assert_ne!(texts[1], texts[2]);
    assert_ne!(texts[3], texts[4]);
    assert_ne!(texts[6], texts[7]);
    assert_ne!(house_style(&RecvTimeoutError::Closed), texts[8]);
}

#[test]
fn every_error_gives_its_message_back() {
    assert_eq!(SendError(1).into_inner(), 1);
    assert_eq!((TrySendError::Full(2).into_inner(), TrySendError::Closed(3).into_inner()), (2, 3));
    assert_eq!((SendTimeoutError::Timeout(4).into_inner(), SendTimeoutError::Closed(5).into_inner()), (4, 5));
}

#[test]
fn every_error_can_be_asked() {
    let full = TrySendError::Full(());
    let closed = TrySendError::Closed(());
    assert_eq!((full.is_full(), full.is_closed(), closed.is_full(), closed.is_closed()), (true, false, false, true));
    let timeout = SendTimeoutError::Timeout(());
    let closed = SendTimeoutError::Closed(());
    assert!(timeout.is_timeout() && !timeout.is_closed() && closed.is_closed() && !closed.is_timeout());
    assert!(TryRecvError::Empty.is_empty() && !TryRecvError::Empty.is_closed());
    assert!(TryRecvError::Closed.is_closed() && !TryRecvError::Closed.is_empty());
    assert!(RecvTimeoutError::Timeout.is_timeout() && !RecvTimeoutError::Timeout.is_closed());
    assert!(RecvTimeoutError::Closed.is_closed() && !RecvTimeoutError::Closed.is_timeout());
}

/// Copied and compared where the message can be.
#[test]
fn errors_are_values() {
    fn copy<E: Copy + Eq>(error: E) -> bool {
        let other = error;
        other == error
    }
    assert!(copy(SendError(1)) && copy(TrySendError::Full(1)) && copy(SendTimeoutError::Timeout(1)));
    assert!(copy(RecvError) && copy(TryRecvError::Empty) && copy(RecvTimeoutError::Timeout));
    assert_ne!(TrySendError::Full(1), TrySendError::Closed(1));
}
