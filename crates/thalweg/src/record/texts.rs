//! The texts of messages, where a program wants them in its recordings.
//!
//! They come from a closure of the program's, which runs before a side of the channel is taken, as all foreign code does.
//! Which messages they belong to is known when these are in, and told when the side is free again.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt;
use core::ops::Range;
use std::sync::OnceLock;

use super::By;
use super::news::News;
use super::{foreign, run};

/// More of a text is left out.
const LONGEST: usize = 1_000;

type Text<T> = Box<dyn Fn(&T) -> String + Send + Sync>;

/// How a channel's messages are put into words, if they are.
// In two boxes: a channel has room for a thin pointer.
pub struct Texts<T>(OnceLock<Box<Text<T>>>);

impl<T> fmt::Debug for Texts<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts").finish_non_exhaustive()
    }
}

impl<T> Texts<T> {
    pub(crate) const fn new() -> Texts<T> {
        Texts(OnceLock::new())
    }

    /// Whether they are.
    #[inline]
    pub(crate) fn are_told(&self) -> bool {
        self.0.get().is_some()
    }

    /// Finds words for the first of the messages that `each` goes through, if there are none left. Runs foreign code.
    #[cold]
    #[inline(never)]
    pub(crate) fn put_into(&self, words: &mut Words, by: By, most: usize, each: impl FnOnce(&mut dyn FnMut(&T))) {
        let Some(text) = self.0.get().filter(|_| words.are_used_up()) else { return };
        let mut texts = VecDeque::new();
        each(&mut |message| {
            if texts.len() < most {
                texts.push_back(words_of(text, message));
            }
        });
        words.0 = Some(Box::new((by, texts)));
    }
}

fn words_of<T>(text: &Text<T>, message: &T) -> String {
    // A send must not fail because somebody looks.
    let mut told = foreign::run(|| text(message)).unwrap_or_else(|| "(no text: it panicked)".to_owned());
    let end = (0..=LONGEST).rev().find(|end| told.is_char_boundary(*end)).unwrap_or(0);
    told.truncate(end);
    // What it was built in may be much longer.
    told.shrink_to_fit();
    told
}

/// Words for messages that are about to be sent, and by whom. Seldom any: then it is a null pointer.
pub(crate) struct Words(Option<Box<(By, VecDeque<String>)>>);

impl Words {
    pub(crate) const NONE: Words = Words(None);

    fn are_used_up(&self) -> bool {
        self.0.as_ref().is_none_or(|words| words.1.is_empty())
    }

    /// The first of them have these numbers. For when the side is free.
    #[inline]
    pub(crate) fn tell(&mut self, messages: Range<usize>) {
        if self.0.is_some() {
            self.tell_some(messages);
        }
    }

    #[cold]
    fn tell_some(&mut self, messages: Range<usize>) {
        let Some((by, texts)) = self.0.as_deref_mut() else { return };
        let told = texts.len().min(messages.len());
        for (message, text) in messages.zip(texts.drain(..told)) {
            let _ = run::tell(News::Text(by.id(), message as u64, text));
        }
    }
}

/// A sender of a channel whose messages can be told. For `thalweg`'s own.
pub trait Sends: sealed::Sends {}

impl<S: sealed::Sends> Sends for S {}

pub(crate) mod sealed {
    use super::Texts;
    use crate::record::named::sealed::Recorded;

    pub trait Sends: Recorded {
        #[doc(hidden)]
        type Message;

        #[doc(hidden)]
        fn texts(&self) -> Option<&Texts<Self::Message>>;
    }
}

/// Has the messages of this sender's channel put into words, for recordings and pictures. What is in messages is not looked
/// at otherwise, so that a recording gives away only what the program means it to.
///
/// Of those that are sent from now on, by any sender of the channel, if the channel is recorded; otherwise, or if that was
/// said before for the same channel, this does nothing. Of `mpmc` and `mpsc`.
///
/// `text` is called before each attempt to send, in the thread that makes it: once for a message that finds room, again when
/// a send that waited has its turn. It runs while nothing is locked, so it may use the channel. If it panics the message is
/// sent all the same, without its text. What is beyond 1,000 bytes is left out.
///
/// ```
/// use thalweg::{mpmc, record};
///
/// let recorder = record::Options::new().start()?;
/// let (tx, _rx) = mpmc::unbounded();
/// record::texts(&tx, |(user, _password): &(&str, &str)| format!("login of {user}"));
/// tx.try_send(("ann", "secret")).unwrap();
/// let recording = recorder.recording();
/// assert!(recording.texts.values().eq(["login of ann"]));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn texts<S: Sends>(sender: &S, text: impl Fn(&S::Message) -> String + Send + Sync + 'static) {
    if let Some(texts) = sender.texts() {
        // Another thread may have been first; then its words are as good.
        let _ = texts.0.set(Box::new(Box::new(text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn of_a_long_batch_no_more_is_asked_for_than_could_find_room() {
        let texts: Texts<u32> = Texts::new();
        assert!(texts.0.set(Box::new(Box::new(|message| format!("m{message}")))).is_ok());
        let mut words = Words(None);
        texts.put_into(&mut words, By::default(), 2, |each| (0..5).for_each(|message| each(&message)));
        assert_eq!(words.0.unwrap().1, ["m0", "m1"]);
    }

    /// All that are kept together had many times the room that is said.
    #[test]
    fn a_text_keeps_not_what_it_was_built_in() {
        let text: Text<()> = Box::new(|()| "x".repeat(1 << 20));
        let told = words_of(&text, &());
        assert_eq!(told.len(), LONGEST);
        assert!(told.capacity() < 2 * LONGEST, "{}", told.capacity());
    }
}
