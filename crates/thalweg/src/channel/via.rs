//! A channel as one of its handles uses it.

use core::ops::Deref;

use super::Channel;
use crate::raw::{Held, Tail, Waiter};
pub(super) use crate::record::apart;
use crate::record::{By, Nobody, Note, Words};

/// The channel, and who acts. Without the feature `record` it is the reference alone.
///
/// `A` is [`By`], who may be recorded, or [`Nobody`]. What is long is written for both, and chooses once: in the copy
/// for nobody no line asks whether it is to tell.
pub(crate) struct Via<'a, T, A = By> {
    pub(super) channel: &'a Channel<T>,
    by: A,
}

impl<T, A: Copy> Clone for Via<'_, T, A> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, A: Copy> Copy for Via<'_, T, A> {}

impl<T, A> Deref for Via<'_, T, A> {
    type Target = Channel<T>;

    #[inline(always)]
    fn deref(&self) -> &Channel<T> {
        self.channel
    }
}

impl<'a, T> Via<'a, T> {
    #[inline(always)]
    pub(super) fn new(channel: &'a Channel<T>, by: By) -> Self {
        Via { channel, by }
    }

    /// Itself, if what it does is recorded.
    #[inline(always)]
    pub(super) fn recorded(self) -> Result<Self, Via<'a, T, Nobody>> {
        if self.by.is_on() { Ok(self) } else { Err(Via { channel: self.channel, by: Nobody }) }
    }
}

impl<'a, T, A: Copy + Into<By>> Via<'a, T, A> {
    /// Who acts, if it is recorded, in a wait or not.
    #[inline(always)]
    pub(crate) fn note(self, waiter: Option<&Waiter>) -> Note {
        self.by().note(|| waiter.and_then(Waiter::number))
    }

    #[inline(always)]
    pub(crate) fn by(self) -> By {
        self.by.into()
    }

    /// What is told of messages before they are sent, if anything is. Then the tail is let go: the words are foreign code's.
    #[inline(always)]
    pub(super) fn put_into_words(
        self,
        words: &mut Words,
        tail: &mut Option<Held<'_, Tail<T>>>,
        each: impl FnOnce(&mut dyn FnMut(&T)),
    ) {
        let texts = self.channel.log.texts().filter(|texts| self.by().is_on() && texts.are_told());
        if let Some(texts) = texts {
            drop(tail.take());
            // No more than could find room at once, lest a long batch be told again and again.
            let most = self.channel.capacity().filter(|capacity| *capacity > 0).unwrap_or(usize::MAX);
            texts.put_into(words, self.by(), most, each);
        }
    }
}

/// How a channel can be held: by one of its handles, or borrowed from one.
pub(crate) trait Handle<T> {
    fn via(&self) -> Via<'_, T>;
}

impl<T> Handle<T> for Via<'_, T> {
    #[inline(always)]
    fn via(&self) -> Via<'_, T> {
        *self
    }
}
