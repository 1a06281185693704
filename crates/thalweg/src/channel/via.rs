//! A channel as one of its handles uses it.

use core::ops::Deref;

use super::Channel;
use crate::raw::{Held, Tail, Waiter};
use crate::record::{By, Note, Words};

/// The channel, and who acts. Without the feature `record` it is the reference alone.
pub(crate) struct Via<'a, T> {
    pub(super) channel: &'a Channel<T>,
    by: By,
}

impl<T> Clone for Via<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Via<'_, T> {}

impl<T> Deref for Via<'_, T> {
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

    /// Who acts, if it is recorded, in a wait or not.
    #[inline(always)]
    pub(crate) fn note(self, waiter: Option<&Waiter>) -> Note {
        self.by.note(|| waiter.and_then(Waiter::number))
    }

    #[inline(always)]
    pub(crate) fn by(self) -> By {
        self.by
    }

    /// What is told of messages before they are sent, if anything is. Then the tail is let go: the words are foreign code's.
    #[inline(always)]
    pub(super) fn put_into_words(
        self,
        words: &mut Words,
        tail: &mut Option<Held<'_, Tail<T>>>,
        each: impl FnOnce(&mut dyn FnMut(&T)),
    ) {
        if self.channel.texts.are_told() {
            drop(tail.take());
            // No more than could find room at once, lest a long batch be told again and again.
            let most = self.channel.capacity().filter(|capacity| *capacity > 0).unwrap_or(usize::MAX);
            self.channel.texts.put_into(words, self.by, most, each);
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
