//! Permits: places taken for messages yet to come.
//!
//! A permit is a count at the tail. It takes room like a message, and sending through it neither waits nor finds the channel
//! full or, until the last receiver leaves, closed.

use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use super::cargo::Cargo;
use super::send::Closed;
use super::wait::wake_each;
use super::{Channel, Handle, Via};
use crate::error::{SendError, TrySendError};
use crate::raw::{ABANDONED, Block, CLOSED, Held, MAX_LEN, Tail, Waiter};
use crate::record::{Note, Words};

/// Places for so many messages: all at once, or none.
struct Places(usize);

impl<T> Cargo<T> for Places {
    const WRITES: bool = false;

    fn least(&self) -> usize {
        self.0
    }

    fn load(&mut self, _channel: &Channel<T>, tail: &mut Held<'_, Tail<T>>, _room: usize, note: Note) -> Option<Waker> {
        note.reserved(self.0);
        tail.reserve(core::mem::take(&mut self.0));
        None
    }

    fn is_loaded(&self) -> bool {
        self.0 == 0
    }
}

/// Places that are being taken. If foreign code panics before they are handed out they are given back.
struct Taking<'a, T> {
    channel: Via<'a, T>,
    n: usize,
    places: Places,
}

impl<T> Drop for Taking<'_, T> {
    fn drop(&mut self) {
        if self.places.0 == 0 {
            self.channel.release(self.n);
        }
    }
}

/// One place, given back when it is dropped.
pub(crate) struct Room<T, C: Handle<T>> {
    /// `None` once the place is used or given back.
    channel: Option<C>,
    message: PhantomData<fn() -> T>,
}

impl<T, C: Handle<T>> Room<T, C> {
    /// A place that was reserved in that channel.
    pub(crate) fn new(channel: C) -> Self {
        Room { channel: Some(channel), message: PhantomData }
    }

    pub(crate) fn channel(&self) -> &C {
        self.channel.as_ref().expect(HAS_PLACE)
    }

    /// Sends into the place. From here on it is the channel's business, also if the send fails.
    pub(crate) fn send(mut self, message: T) -> (C, Result<(), SendError<T>>) {
        let channel = self.channel.take().expect(HAS_PLACE);
        let sent = channel.via().send_reserved(message);
        (channel, sent)
    }

    pub(crate) fn release(mut self) -> C {
        let channel = self.channel.take().expect(HAS_PLACE);
        channel.via().release(1);
        channel
    }
}

const HAS_PLACE: &str = "a permit has its place until it is used";

impl<T, C: Handle<T>> Drop for Room<T, C> {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.via().release(1);
        }
    }
}

/// Places that were reserved together; those that were not handed out are given back.
pub(crate) struct Rooms<'a, T> {
    channel: Via<'a, T>,
    left: usize,
}

impl<'a, T> Rooms<'a, T> {
    pub(crate) fn new(channel: Via<'a, T>, count: usize) -> Self {
        Rooms { channel, left: count }
    }
}

impl<'a, T> Iterator for Rooms<'a, T> {
    type Item = Room<T, Via<'a, T>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(Room::new(self.channel))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for Rooms<'_, T> {}

impl<T> FusedIterator for Rooms<'_, T> {}

impl<T> Drop for Rooms<'_, T> {
    fn drop(&mut self) {
        self.channel.release(self.left);
    }
}

impl<T> Via<'_, T> {
    pub(crate) fn try_reserve(self, n: usize) -> Result<(), TrySendError<()>> {
        self.try_put(&mut Places(n), None)
    }

    /// Takes places for so many messages. More than the channel can ever have fails at once, as if it were closed.
    pub(crate) fn poll_reserve(
        self,
        n: usize,
        waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<()>>> {
        if self.buffer.capacity() != 0 && n > self.buffer.capacity().min(MAX_LEN) {
            return Poll::Ready(Err(SendError(())));
        }
        let mut taking = Taking { channel: self, n, places: Places(n) };
        let result = self.poll_put(&mut taking.places, waiter, cx, None);
        taking.n = 0;
        result.map_err(|Closed| SendError(()))
    }

    /// Sends through a permit, which is used up. Fails only when no receiver is left.
    pub(crate) fn send_reserved(self, message: T) -> Result<(), SendError<T>> {
        let (mut fresh, mut words) = (None, Words::NONE);
        self.put_into_words(&mut words, &mut None, |look| look(&message));
        loop {
            let mut tail = self.buffer.tail().take();
            if tail.has(ABANDONED) {
                tail.release(1);
                let note = self.note(None);
                note.returned(1);
                note.refused();
                return Err(SendError(message));
            }
            if !self.buffer.has_slot(&mut tail, &mut fresh) {
                drop(tail);
                fresh = Some(Block::new());
                continue;
            }
            tail.release(1);
            let was_last = tail.has(CLOSED) && tail.reserved() == 0;
            let number = tail.position().count();
            self.note(None).sent_by_permit(number);
            let mut first = self.push(&mut tail, message);
            let mut others = 0..if was_last { tail.waiting() } else { 0 };
            drop(tail);
            words.tell(number..number + 1);
            let mut next = || others.next().and_then(|_| self.wake_receiver(&mut self.buffer.tail().take()));
            wake_each(usize::MAX, || first.take().or_else(&mut next));
            return Ok(());
        }
    }

    /// Gives places back that no message took.
    pub(crate) fn release(self, n: usize) {
        if n == 0 {
            return;
        }
        let mut tail = self.buffer.tail().take();
        tail.release(n);
        self.note(None).returned(n);
        let receivers = if tail.has(CLOSED) && tail.reserved() == 0 { tail.waiting() } else { 0 };
        drop(tail);
        // A sender that saw the places taken has its waker in the queue before it lets go of the head, so it is seen.
        let (mut receivers, mut senders) = (0..receivers, 0..n);
        wake_each(usize::MAX, || {
            let receiver = receivers.next().and_then(|_| self.wake_receiver(&mut self.buffer.tail().take()));
            receiver.or_else(|| senders.next().and_then(|_| self.wake_sender(&mut self.buffer.head().take())))
        });
    }
}
