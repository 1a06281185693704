//! Without the feature `record`: messages have no texts.

use core::convert::Infallible;
use core::marker::PhantomData;
use core::ops::Range;

use super::By;

/// How a channel's messages are put into words, if they are.
pub(crate) struct Texts<T>(Infallible, PhantomData<fn(T)>);

impl<T> Texts<T> {
    /// Whether they are.
    #[inline(always)]
    pub(crate) fn are_told(&self) -> bool {
        match self.0 {}
    }

    /// Finds words for the first of the messages that `each` goes through.
    #[inline(always)]
    pub(crate) fn put_into(&self, _words: &mut Words, _by: By, _most: usize, _each: impl FnOnce(&mut dyn FnMut(&T))) {}
}

/// Words for messages that are about to be sent.
pub(crate) struct Words;

impl Words {
    pub(crate) const NONE: Words = Words;

    /// The first of them have these numbers. For when the side is free.
    #[inline(always)]
    pub(crate) fn tell(&mut self, _messages: Range<usize>) {}
}
