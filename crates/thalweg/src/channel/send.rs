//! The senders' half: everything that puts messages in.

use alloc::collections::VecDeque;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use super::cargo::Cargo;
use super::via::apart;
use super::wait::{
    Look, Unfinished, Wait, look_after, must_yield, out_of_budget, set_aside, share, step_back, wake,
    wake_and_drop_then_look,
};
use super::{Channel, Via};
use crate::coop;
use crate::error::{SendError, TrySendError};
use crate::raw::{Arrival, Block, Budget, CLOSED, Head, Held, Tail, Waiter};
use crate::record::{By, Mark, Words};
use crate::sync::{prepare, wake_and_drop_leaving};

/// The channel is closed.
pub(super) struct Closed;

impl<'a, T> Via<'a, T> {
    #[inline]
    pub(crate) fn try_send(self, message: T) -> Result<(), TrySendError<T>> {
        let mut cargo = Some(message);
        match self.channel.put_running::<false>(&mut cargo, None) {
            Start::Done => Ok(()),
            Start::Not(held) => self.try_send_slowly(cargo, held),
        }
    }

    #[inline(never)]
    fn try_send_slowly(self, mut cargo: Option<T>, held: Option<Held<'_, Tail<T>>>) -> Result<(), TrySendError<T>> {
        match (self.try_put(&mut cargo, held), cargo) {
            (Ok(()), _) | (_, None) => Ok(()),
            (Err(TrySendError::Closed(())), Some(message)) => Err(TrySendError::Closed(message)),
            (Err(TrySendError::Full(())), Some(message)) => Err(TrySendError::Full(message)),
        }
    }

    pub(crate) fn try_send_many(self, messages: &mut VecDeque<T>) -> Result<(), TrySendError<()>> {
        self.try_put(messages, None)
    }

    #[inline(always)]
    pub(crate) fn poll_send(
        self,
        message: &mut Option<T>,
        waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<T>>> {
        let mut held = None;
        if !coop::IS_SHARED && waiter.is_new() {
            match self.channel.put_running::<true>(message, None) {
                Start::Done => return Poll::Ready(Ok(())),
                Start::Not(tail) => held = tail,
            }
        }
        match self.recorded() {
            Ok(by_one) => by_one.send_or_wait(message, waiter, cx, held),
            Err(by_nobody) => by_nobody.send_or_wait(message, waiter, cx, held),
        }
    }

    pub(crate) fn poll_send_many(
        self,
        messages: &mut VecDeque<T>,
        waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<()>>> {
        self.poll_put(messages, waiter, cx, None).map_err(|Closed| SendError(()))
    }

    /// Adds the message, and makes room by taking the oldest out where there is none. Where there is none to take out
    /// either, the message itself comes back.
    pub(crate) fn force_send(self, message: T) -> Result<Option<T>, SendError<T>> {
        let (mut fresh, mut done) = (None, None);
        let mut words = Words::NONE;
        self.put_into_words(&mut words, &mut None, |look| look(&message));
        loop {
            let mut head = self.buffer.head().take();
            let mut tail = self.buffer.tail().take();
            if tail.has(CLOSED) {
                self.note(None).refused();
                return Err(SendError(message));
            }
            let full = self.room(&tail) == 0;
            if full && (self.buffer.capacity() == 0 || self.buffer.len_at(&tail) == 0) {
                return Ok(Some(message));
            }
            if !self.buffer.has_slot(&mut tail, &mut fresh) {
                drop((head, tail));
                fresh = Some(Block::new());
                continue;
            }
            let displaced = if full { self.displace(&mut head, &mut done) } else { None };
            let number = tail.position().count();
            self.note(None).sent(number);
            let waker = self.push(&mut tail, message);
            // The head last: in between the channel looks fuller than it is, and never empty.
            drop(tail);
            drop(head);
            words.tell(number..number + 1);
            wake(waker);
            return Ok(displaced);
        }
    }

    pub(super) fn try_put<C: Cargo<T>>(
        self,
        cargo: &mut C,
        held: Option<Held<'_, Tail<T>>>,
    ) -> Result<(), TrySendError<()>> {
        let look = match self.recorded() {
            Ok(by_one) => apart(|| by_one.look_to_put(cargo, None, held)),
            Err(by_nobody) => by_nobody.look_to_put(cargo, None, held),
        };
        match look {
            Look::Done(Ok(())) => Ok(()),
            Look::Done(Err(Closed)) => Err(TrySendError::Closed(())),
            Look::StepBack | Look::Join | Look::Nothing => Err(TrySendError::Full(())),
        }
    }

    #[inline]
    pub(super) fn poll_put<C: Cargo<T>>(
        self,
        cargo: &mut C,
        waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
        held: Option<Held<'_, Tail<T>>>,
    ) -> Poll<Result<(), Closed>> {
        match self.recorded() {
            Ok(by_one) => apart(|| by_one.put_or_wait(cargo, waiter, cx, held)),
            Err(by_nobody) => by_nobody.put_or_wait(cargo, waiter, cx, held),
        }
    }
}

impl<'a, T, A: Copy + Into<By>> Via<'a, T, A> {
    /// A send that did not succeed at once.
    #[inline(never)]
    fn send_or_wait(
        self,
        message: &mut Option<T>,
        mut waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
        mut held: Option<Held<'a, Tail<T>>>,
    ) -> Poll<Result<(), SendError<T>>> {
        if message.is_none() {
            // The hook for panics may use the channel.
            drop(held);
            panic!("a send future was polled after it had completed");
        }
        if waiter.is_first() && !coop::IS_SHARED {
            match self.channel.put_running::<true>(message, Some(waiter.as_mut())) {
                Start::Done => return Poll::Ready(Ok(())),
                Start::Not(tail) => held = tail,
            }
        }
        let result = ready!(self.put_or_wait(message, waiter, cx, held));
        Poll::Ready(match (result, message.take()) {
            (Err(Closed), Some(message)) => Err(SendError(message)),
            _ => Ok(()),
        })
    }

    /// The one place where senders wait.
    fn put_or_wait<C: Cargo<T>>(
        self,
        cargo: &mut C,
        mut waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
        mut held: Option<Held<'_, Tail<T>>>,
    ) -> Poll<Result<(), Closed>> {
        if waiter.is_staying() && held.is_none() && self.stays_for_room(waiter.as_mut()) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Poll::Ready(proceeding) = coop::proceed(waiter.is_of_thread(), cx) else {
            drop(held);
            out_of_budget(self.buffer.tail(), waiter, self.buffer.capacity() != 0);
            return Poll::Pending;
        };
        let mut lingered = false;
        loop {
            let seen = self.buffer.head().position();
            let look = match held.take() {
                Some(tail) if !tail.is_running() && self.was_full(&tail) => self.found_full(tail, false),
                held => self.look_to_put(cargo, Some(waiter.as_mut()), held),
            };
            let joins = matches!(look, Look::Join);
            match look {
                Look::Done(result) => {
                    self.finish_sender(waiter);
                    proceeding.made_progress();
                    return Poll::Ready(result);
                }
                Look::StepBack => {
                    self.buffer.send_pace().rest();
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Look::Nothing if !lingered && self.poll_lingers_to_put(&waiter, seen) => {
                    lingered = true;
                }
                Look::Nothing | Look::Join => match self.wait_to_put(cargo.least(), joins, waiter.as_mut(), cx) {
                    Wait::LookAgain | Wait::Closed => continue,
                    Wait::Started => return Poll::Pending,
                    Wait::Awake => {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                },
            }
        }
    }

    /// Looks at the tail, which may be in hand, and puts in what there is room for. Without a waiter it takes any room,
    /// and never steps back.
    #[inline]
    fn look_to_put<C: Cargo<T>>(
        self,
        cargo: &mut C,
        mut waiter: Option<Pin<&mut Waiter>>,
        mut held: Option<Held<'_, Tail<T>>>,
    ) -> Look<Result<(), Closed>> {
        let (mut fresh, mut words, mut moved) = (None, Words::NONE, false);
        loop {
            self.put_into_words(&mut words, &mut held, |look| cargo.each(look));
            let mut tail = held.take().unwrap_or_else(|| self.buffer.tail().take());
            let note = self.note(waiter.as_deref());
            if tail.has(CLOSED) {
                note.refused();
                return Look::Done(Err(Closed));
            }
            if cargo.is_loaded() {
                return Look::Done(Ok(()));
            }
            let least = cargo.least();
            let aside = set_aside(|| self.send_turns(), &waiter, self.buffer.capacity() != 0, || self.witness());
            let room = self.room(&tail);
            if room < least {
                return self.found_full(tail, waiter.is_none());
            }
            if room - least < aside {
                drop(tail);
                return step_back(waiter, self.witness());
            }
            if C::WRITES && !self.buffer.has_slot(&mut tail, &mut fresh) {
                drop(tail);
                fresh = Some(Block::new());
                continue;
            }
            if must_yield(&mut tail, &mut waiter, moved, |waiter, several| self.senders_share(waiter, several)) {
                return Look::StepBack;
            }
            let from = tail.position().count();
            let waker = cargo.load(&self, &mut tail, room - aside, note);
            let messages = from..tail.position().count();
            let loaded = cargo.is_loaded();
            if let Some(waiter) = waiter.as_mut().filter(|waiter| loaded && waiter.arrival() == Arrival::Woken) {
                tail.use_turn();
                waiter.as_mut().stand_down();
            }
            drop(tail);
            words.tell(messages);
            if loaded {
                let unfinished = Unfinished::new(|| waiter.map_or((), |waiter| self.finish_sender(waiter)));
                wake(waker);
                unfinished.leave_to_caller();
                return Look::Done(Ok(()));
            }
            moved = true;
            wake(waker);
        }
    }

    /// Starts to wait for room, unless there is some now. A turn is given up only together with taking a place in the
    /// queue: until then it is the promise that somebody will look. One that joins leaves what was handed to others.
    fn wait_to_put(self, least: usize, joins: bool, mut waiter: Pin<&mut Waiter>, cx: &Context<'_>) -> Wait {
        prepare();
        let waker = cx.waker().clone();
        let mut next = None;
        let mut head = self.buffer.head().take();
        let tail = self.buffer.tail().take();
        let room = self.room(&tail);
        let closed = tail.has(CLOSED);
        let queued = self.buffer.len_at(&tail);
        // The head stays in hand: whoever makes room from now on must come here to wake somebody.
        drop(tail);
        let aside = if joins { self.send_turns() } else { 0 };
        if closed || room.checked_sub(least).is_some_and(|left| left >= aside) {
            drop(head);
            return Wait::LookAgain;
        }
        if room == 0 && self.stays_awake(waiter.as_mut(), self.buffer.send_pace(), head.waiting(), || self.send_turns())
        {
            return Wait::Awake;
        }
        let arrival = waiter.arrival();
        if arrival == Arrival::Woken {
            // What was too little for this one may be enough for one that came after it; those before had their chance.
            next = if room > 0 { head.wake_after(waiter.as_mut()) } else { None };
            head.take_turn_back();
            waiter.as_mut().stand_down();
            waiter.as_mut().calm_down();
        }
        if arrival == Arrival::Free {
            self.buffer.send_pace().rest();
        }
        waiter.as_mut().settle();
        if joins {
            waiter.as_mut().defer(self.witness());
        }
        let old = head.link(waiter.as_mut(), waker);
        if arrival != Arrival::Linked && self.by().is_on() {
            waiter.as_mut().belongs_to(Mark::new(self.by()));
            self.note(Some(&waiter)).send_waits();
        }
        if queued == 0 && waiter.is_anxious() {
            // No receiver could help it: it sleeps, and must not pass for one that watches.
            head.set_watching(waiter.as_mut(), false);
            waiter.as_mut().calm_down();
        }
        drop(head);
        let wait = wake_and_drop_then_look(next, old, cx, || self.look_after_receivers(queued, arrival, waiter, cx));
        wait.awake_if(joins)
    }

    /// Of one that waits, and came as `arrival` where so many were `queued`.
    #[inline]
    fn look_after_receivers(self, queued: usize, arrival: Arrival, waiter: Pin<&mut Waiter>, cx: &Context<'_>) -> Wait {
        if queued == 0 || (arrival == Arrival::Linked && !waiter.is_anxious() && waiter.is_witness(self.witness())) {
            return Wait::Started;
        }
        let (turns, witness) = (|| self.recv_turns(), || self.witness());
        look_after(self.buffer.head(), self.buffer.tail(), turns, witness, |tail| self.wake_receiver(tail), waiter, cx)
    }
}

impl<T> Channel<T> {
    /// Lets the tail run. Where each event is to be recorded it takes step by step.
    #[inline]
    fn renew_tail(&self, tail: &mut Held<'_, Tail<T>>) -> bool {
        !self.log.is_on() && self.buffer.renew_tail(tail)
    }

    /// Whether, just after the run could not be renewed, that was for want of room.
    #[inline]
    fn was_full(&self, tail: &Held<'_, Tail<T>>) -> bool {
        !self.log.is_on() && self.buffer.was_full(tail)
    }

    /// Puts the message in, if nothing stands in its way.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(super) fn put_at_once(&self, message: &mut Option<T>) -> bool {
        matches!(self.put_running::<false>(message, None), Start::Done)
    }

    /// A whole send where nothing stands in its way: the channel is open, there is room and a slot at hand, and budget left.
    /// If that is not so nothing is changed, and the tail, if it was free, stays in hand for a closer look.
    #[inline(always)]
    fn put_running<const CHARGED: bool>(
        &self,
        message: &mut Option<T>,
        woken: Option<Pin<&mut Waiter>>,
    ) -> Start<'_, Tail<T>> {
        let Some(mut tail) = self.buffer.tail().take_open() else { return Start::Not(None) };
        if (!tail.is_running() && !self.renew_tail(&mut tail)) || (CHARGED && !tail.budget.may_go_on()) {
            return Start::Not(Some(tail));
        }
        if !self.buffer.push_from(&mut tail, message) {
            return Start::Not(Some(tail));
        }
        tail.budget.charge(u32::from(CHARGED));
        if let Some(mut waiter) = woken {
            tail.use_turn();
            waiter.as_mut().stand_down();
            waiter.finish();
        }
        if tail.anyone_waits() {
            self.announce(tail);
        }
        Start::Done
    }

    /// Adds a message and gives a turn to the first receiver that waits.
    #[inline]
    pub(super) fn push(&self, tail: &mut Held<'_, Tail<T>>, message: T) -> Option<Waker> {
        self.buffer.push(tail, message);
        let waker = self.wake_receiver(tail);
        debug_assert!(self.is_announced(tail), "a message is there and a receiver waits, but none was woken");
        waker
    }

    /// Wakes a receiver for a message that was just added by the short way, which no channel goes that is recorded.
    #[inline(never)]
    fn announce(&self, mut tail: Held<'_, Tail<T>>) {
        debug_assert!(!self.log.is_on(), "the wake-up would have to be told");
        let waker = self.give_receiver_turn(&mut tail);
        debug_assert!(self.is_announced(&mut tail), "a message is there and a receiver waits, but none was woken");
        drop(tail);
        wake(waker);
    }

    /// Takes the oldest message out, for a new one.
    fn displace(&self, head: &mut Held<'_, Head<T>>, done: &mut Option<Block<T>>) -> Option<T> {
        self.log.note().discarded(head.position().count(), 1);
        self.buffer.pop(head, done)
    }

    /// Takes a sender that will not come again out of its queue, passes its turn on if it had one, and finishes it.
    pub(crate) fn leave_senders(&self, mut waiter: Pin<&mut Waiter>) {
        if waiter.arrival() == Arrival::Free {
            return waiter.finish();
        }
        let mut next = None;
        let mut head = self.buffer.head().take();
        let own = head.unlink(waiter.as_mut());
        if waiter.arrival() == Arrival::Woken {
            next = self.wake_sender(&mut head);
            head.take_turn_back();
            waiter.as_mut().stand_down();
        }
        drop(head);
        // Before foreign code, whose panic would leave it half done.
        waiter.finish();
        wake_and_drop_leaving(next, own);
    }

    /// Invariant 2. The turns are read first: a turn is given up only after what it was used for is taken.
    fn is_announced(&self, tail: &mut Held<'_, Tail<T>>) -> bool {
        self.recv_turns() > 0 || !tail.anyone_waits() || self.buffer.len_at(tail) == 0
    }

    /// Of a pair at work on two processors the receiver follows close behind: while the sender yields it catches up, and the next it
    /// takes is a handful.
    #[cold]
    fn senders_share(&self, waiter: &Waiter, several: bool) -> u32 {
        if self.is_pair() {
            return Budget::DEFAULT;
        }
        let anyone_waits = self.buffer.head().anyone_waits();
        share(self.sender_count(), self.buffer.capacity(), waiter, self.send_turns(), anyone_waits, several)
    }

    /// There is no room. Who only tries wakes a receiver if one sleeps all the same: it cannot come back to see whether
    /// those who were woken before have come.
    #[cold]
    fn found_full<R>(&self, mut tail: Held<'_, Tail<T>>, tries: bool) -> Look<R> {
        if !self.is_one_streak(self.buffer.send_pace()) {
            tail.budget.restart();
        }
        let stuck = tries && self.buffer.len_at(&tail) > 0;
        let waker = if stuck { self.wake_receiver(&mut tail) } else { None };
        drop(tail);
        wake(waker);
        Look::Nothing
    }

    /// The operation is complete: leaves the queue, and passes on a turn that it got meanwhile and has no use for.
    #[inline]
    fn finish_sender(&self, waiter: Pin<&mut Waiter>) {
        if waiter.is_staying() {
            self.buffer.send_pace().stayed(false);
        }
        if waiter.arrival() == Arrival::Free {
            return waiter.finish();
        }
        self.leave_senders(waiter);
    }
}

/// How a fast attempt ended.
enum Start<'a, S> {
    Done,
    /// It was not for the fast one. The side, if it was free, is still in hand.
    Not(Option<Held<'a, S>>),
}
