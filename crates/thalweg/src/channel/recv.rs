//! The receivers' half: everything that takes messages out.

use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use super::via::apart;
use super::wait::{
    Look, Unfinished, Wait, look_after, must_yield, out_of_budget, set_aside, share, step_back, then_look, wake,
    wake_and_drop_then_look, wake_each,
};
use super::{Channel, Via};
use crate::coop;
use crate::error::{RecvError, TryRecvError};
use crate::raw::{Arrival, CLOSED, Chain, Head, Held, Waiter};
use crate::record::{By, Mark};
use crate::sync::{attempt, prepare, resume, wake_and_drop_leaving};

/// Most messages taken in one hold of the lock, where they are small.
const BATCH: usize = 16;
/// The size up to which messages are small, in bytes: the batch lies on the stack for a moment.
const SMALL: usize = 256;

impl<'a, T> Via<'a, T> {
    #[inline]
    pub(crate) fn try_recv(self) -> Result<T, TryRecvError> {
        let mut taken = None;
        match self.channel.take_running::<false>(None, |head| self.buffer.pop_running(head, &mut taken)) {
            Ok(()) => taken.ok_or(TryRecvError::Empty),
            Err(held) => self.try_recv_slowly(held),
        }
    }

    #[inline(never)]
    pub(super) fn try_recv_slowly(self, mut held: Option<Held<'_, Head<T>>>) -> Result<T, TryRecvError> {
        loop {
            let look = match self.recorded() {
                Ok(by_one) => apart(|| by_one.look_to_take(None, held.take())),
                Err(by_nobody) => by_nobody.look_to_take(None, held.take()),
            };
            match look {
                Look::Done(message) => return Ok(message),
                Look::StepBack | Look::Join | Look::Nothing if !self.is_closed() => {
                    return Err(TryRecvError::Empty);
                }
                Look::StepBack | Look::Join | Look::Nothing => {
                    // Closed and empty must be seen in one instant: what came before the close is not to be lost.
                    let tail = self.buffer.tail().take();
                    if self.buffer.len_at(&tail) > 0 {
                        continue;
                    }
                    if tail.reserved() > 0 {
                        return Err(TryRecvError::Empty);
                    }
                    self.note(None).ended();
                    return Err(TryRecvError::Closed);
                }
            }
        }
    }

    pub(crate) fn try_recv_many<E: Extend<T>>(self, buffer: &mut E, limit: usize) -> Result<usize, TryRecvError> {
        if limit == 0 {
            return Ok(0);
        }
        let first = self.try_recv()?;
        buffer.extend(Some(first));
        Ok(1 + self.take_more(buffer, limit - 1))
    }

    #[inline(always)]
    pub(crate) fn poll_recv(self, waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        if coop::IS_SHARED || !waiter.is_new() {
            return self.poll_take(waiter, cx, None, |_| ());
        }
        let mut taken = None;
        match self.channel.take_running::<true>(None, |head| self.buffer.pop_running(head, &mut taken)) {
            Ok(()) => Poll::Ready(taken.ok_or(RecvError)),
            Err(held) => self.poll_take(waiter, cx, held, |_| ()),
        }
    }

    /// `linking` sees the waker that goes into the queue, under the lock.
    #[inline(always)]
    pub(super) fn poll_take(
        self,
        waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
        held: Option<Held<'a, Head<T>>>,
        linking: impl FnMut(&Waker),
    ) -> Poll<Result<T, RecvError>> {
        match self.recorded() {
            Ok(by_one) => by_one.take_or_wait(waiter, cx, held, linking),
            Err(by_nobody) => by_nobody.take_or_wait(waiter, cx, held, linking),
        }
    }

    /// Waits for a message, then takes what else is there.
    pub(crate) fn poll_recv_many<E: Extend<T>>(
        self,
        buffer: &mut E,
        limit: usize,
        waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, RecvError>> {
        if limit == 0 {
            return Poll::Ready(Ok(0));
        }
        let first = ready!(self.poll_recv(waiter, cx))?;
        buffer.extend(Some(first));
        Poll::Ready(Ok(1 + self.take_more(buffer, limit - 1)))
    }

    /// Takes all that is queued at this moment.
    pub(crate) fn drain(self) -> Chain<T> {
        let mut head = self.buffer.head().take();
        let mut tail = self.buffer.tail().take();
        self.note(None).received(head.position().count(), self.buffer.len_at(&tail));
        let chain = self.buffer.detach(&mut head, &mut tail);
        drop((head, tail));
        if self.buffer.capacity() != 0 {
            wake_each(chain.len(), || self.wake_sender(&mut self.buffer.head().take()));
        }
        chain
    }

    /// Takes up to `limit` of the messages that are there now, without waiting. What comes while the caller's buffer
    /// takes them in is left for the next call, so that it ends.
    pub(super) fn take_more<E: Extend<T>>(self, buffer: &mut E, limit: usize) -> usize {
        let limit = limit.min(self.len());
        let mut taken = 0;
        while taken < limit {
            let left = limit - taken;
            let batch = if size_of::<T>() <= SMALL {
                self.take_batch::<BATCH, E>(buffer, left)
            } else {
                self.take_batch::<1, E>(buffer, left)
            };
            if batch == 0 {
                break;
            }
            taken += batch;
        }
        taken
    }

    /// Takes a run of messages in one hold of the lock, and hands them on after it.
    fn take_batch<const N: usize, E: Extend<T>>(self, buffer: &mut E, limit: usize) -> usize {
        let mut batch = [const { None }; N];
        let (mut taken, mut freed) = (0, [const { None }; N]);
        let mut head = self.buffer.head().take();
        let most = self.buffer.found_at(&head).min(limit).min(N);
        self.note(None).received(head.position().count(), most);
        for (message, done) in batch.iter_mut().zip(&mut freed).take(most) {
            *message = self.buffer.pop(&mut head, done);
            taken += 1;
        }
        let waiting = if self.buffer.capacity() == 0 { 0 } else { head.waiting().min(taken) };
        drop(head);
        drop(freed);
        // The senders first, since the buffer may take its time; yet a waker that panics must not cost the batch.
        let woken = attempt(|| wake_each(waiting, || self.wake_sender(&mut self.buffer.head().take())));
        buffer.extend(batch.into_iter().flatten());
        if let Err(panic) = woken {
            resume(panic);
        }
        taken
    }
}

impl<'a, T, A: Copy + Into<By>> Via<'a, T, A> {
    /// The one place where receivers wait.
    #[inline(never)]
    fn take_or_wait(
        self,
        mut waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
        mut held: Option<Held<'a, Head<T>>>,
        mut linking: impl FnMut(&Waker),
    ) -> Poll<Result<T, RecvError>> {
        if waiter.is_staying() && held.is_none() && self.stays_for_message(waiter.as_mut()) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Poll::Ready(proceeding) = coop::proceed(waiter.is_of_thread(), cx) else {
            drop(held);
            out_of_budget(self.buffer.head(), waiter, self.buffer.capacity() != 0);
            return Poll::Pending;
        };
        let (mut runs, mut lingered) = (held.is_none() && waiter.is_first(), false);
        loop {
            if core::mem::take(&mut runs) {
                let (mut taken, woken) = (None, if waiter.is_first() { Some(waiter.as_mut()) } else { None });
                match self.channel.take_running::<true>(woken, |head| self.buffer.pop_running(head, &mut taken)) {
                    Ok(()) => {
                        debug_assert!(waiter.is_new());
                        proceeding.made_progress();
                        return Poll::Ready(taken.ok_or(RecvError));
                    }
                    Err(head) => held = head,
                }
            }
            let look = match held.take() {
                Some(head) if !head.is_running() && self.was_empty(&head) => self.found_empty(head, false),
                held => self.look_to_take(Some(waiter.as_mut()), held),
            };
            let joins = matches!(look, Look::Join);
            match look {
                Look::Done(message) => {
                    self.finish_receiver(waiter);
                    proceeding.made_progress();
                    return Poll::Ready(Ok(message));
                }
                Look::StepBack => {
                    self.buffer.recv_pace().rest();
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Look::Nothing if !lingered && self.poll_lingers_to_take(&waiter) => {
                    lingered = true;
                    runs = waiter.is_new() || waiter.is_first();
                }
                Look::Nothing | Look::Join => match self.wait_to_take(joins, waiter.as_mut(), cx, &mut linking) {
                    Wait::LookAgain => continue,
                    Wait::Started if !lingered && self.lingers_to_be_met(&waiter) => lingered = true,
                    Wait::Started => return Poll::Pending,
                    Wait::Awake => {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Wait::Closed => {
                        self.note(Some(&waiter)).ended();
                        self.finish_receiver(waiter);
                        proceeding.made_progress();
                        return Poll::Ready(Err(RecvError));
                    }
                },
            }
        }
    }

    /// Looks at the head, which may be in hand, and takes a message. Without a waiter it takes any, and never steps back.
    #[inline]
    fn look_to_take(self, mut waiter: Option<Pin<&mut Waiter>>, held: Option<Held<'_, Head<T>>>) -> Look<T> {
        let has_buffer = self.buffer.capacity() != 0;
        let mut done = None;
        let mut head = held.unwrap_or_else(|| self.buffer.head().take());
        let aside = set_aside(|| self.recv_turns(), &waiter, has_buffer, || self.witness());
        let found = self.buffer.found_at(&head);
        if found == 0 {
            return self.found_empty(head, waiter.is_none());
        }
        if found <= aside {
            drop(head);
            return step_back(waiter, self.witness());
        }
        if must_yield(&mut head, &mut waiter, false, |waiter, several| self.receivers_share(waiter, several)) {
            return Look::StepBack;
        }
        let own = self.withdraw(&mut waiter);
        self.note(waiter.as_deref()).received(head.position().count(), 1);
        let message = self.buffer.pop(&mut head, &mut done);
        if let Some(waiter) = &mut waiter {
            if waiter.arrival() == Arrival::Woken {
                head.use_turn();
                waiter.as_mut().stand_down();
            }
        }
        let waker = if has_buffer { self.wake_sender(&mut head) } else { None };
        drop(head);
        drop(done);
        let unfinished = Unfinished::new(|| waiter.map_or((), |waiter| self.finish_receiver(waiter)));
        drop(own);
        wake(waker);
        unfinished.leave_to_caller();
        message.map_or(Look::Nothing, Look::Done)
    }

    /// Starts to wait for a message, unless there is one now, or none can come. A turn is given up only together with
    /// taking a place in the queue: until then it is the promise that somebody will look. One that joins leaves what was handed to others.
    fn wait_to_take(
        self,
        joins: bool,
        mut waiter: Pin<&mut Waiter>,
        cx: &Context<'_>,
        linking: impl FnOnce(&Waker),
    ) -> Wait {
        prepare();
        let waker = cx.waker().clone();
        let mut tail = self.buffer.tail().take();
        let found = self.buffer.len_at(&tail);
        let closed = tail.has(CLOSED) && tail.reserved() == 0;
        let aside = if joins { self.recv_turns() } else { 0 };
        if found > aside || closed {
            drop(tail);
            return match found {
                0 => Wait::Closed,
                // The last ones, handed to others: nobody else will come to be waited for.
                _ if found <= aside => Wait::Awake,
                _ => Wait::LookAgain,
            };
        }
        if self.stays_awake(waiter.as_mut(), self.buffer.recv_pace(), tail.waiting(), || self.recv_turns()) {
            return Wait::Awake;
        }
        let arrival = waiter.arrival();
        if arrival == Arrival::Woken {
            tail.take_turn_back();
            waiter.as_mut().stand_down();
            waiter.as_mut().calm_down();
        }
        // At a rendezvous it lingers in the queue, which is no end of a row.
        if arrival == Arrival::Free && self.buffer.capacity() != 0 {
            self.buffer.recv_pace().rest();
        }
        waiter.as_mut().settle();
        if joins {
            waiter.as_mut().defer(self.witness());
        }
        linking(&waker);
        let old = tail.link(waiter.as_mut(), waker);
        if arrival != Arrival::Linked && self.by().is_on() {
            waiter.as_mut().belongs_to(Mark::new(self.by()));
            self.note(Some(&waiter)).receive_waits();
        }
        drop(tail);
        wake_and_drop_then_look(None, old, cx, || self.look_after_senders(arrival, waiter, cx)).awake_if(joins)
    }

    /// Of one that waits, and came as `arrival`.
    #[inline]
    fn look_after_senders(self, arrival: Arrival, waiter: Pin<&mut Waiter>, cx: &Context<'_>) -> Wait {
        if arrival == Arrival::Linked && !waiter.is_anxious() && waiter.is_witness(self.witness()) {
            return Wait::Started;
        }
        let (senders, receivers) = (self.buffer.head(), self.buffer.tail());
        let (turns, witness) = (|| self.send_turns(), || self.witness());
        let look = || look_after(receivers, senders, turns, witness, |head| self.wake_sender(head), waiter, cx);
        if self.buffer.capacity() == 0 && arrival != Arrival::Linked {
            // It is this receiver that makes room. The lock was let go before: a sender that saw no receiver is in its
            // queue before it lets go of the head.
            then_look(|| self.offer(senders.take()), cx, look)
        } else {
            look()
        }
    }
}

impl<T> Channel<T> {
    /// Lets the head run. Where each event is to be recorded it takes step by step.
    #[inline]
    fn renew_head(&self, head: &mut Held<'_, Head<T>>) -> bool {
        !self.log.is_on() && self.buffer.renew_head(head)
    }

    /// Whether, just after the run could not be renewed, that was for want of messages.
    #[inline]
    fn was_empty(&self, head: &Held<'_, Head<T>>) -> bool {
        !self.log.is_on() && self.buffer.was_empty(head)
    }

    /// A message, if nothing stands in the way of taking it.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(super) fn take_at_once(&self) -> Option<T> {
        let mut taken = None;
        let done = self.take_running::<false>(None, |head| self.buffer.pop_running(head, &mut taken));
        done.ok().and(taken)
    }

    /// A whole receive where nothing stands in its way: a message lies in the block at hand, and there is budget left. If
    /// that is not so nothing is changed, and the head, if it was free, stays in hand for a closer look. `take` takes one
    /// message or more. Who was `woken` has finished before it wakes others, whose wakers may panic.
    #[inline(always)]
    pub(super) fn take_running<const CHARGED: bool>(
        &self,
        woken: Option<Pin<&mut Waiter>>,
        take: impl FnOnce(&mut Held<'_, Head<T>>) -> bool,
    ) -> Result<(), Option<Held<'_, Head<T>>>> {
        let Some(mut head) = self.buffer.head().take_open() else { return Err(None) };
        if (!head.is_running() && !self.renew_head(&mut head)) || (CHARGED && !head.budget.may_go_on()) {
            return Err(Some(head));
        }
        if !take(&mut head) {
            return Err(Some(head));
        }
        head.budget.charge(u32::from(CHARGED));
        if let Some(mut waiter) = woken {
            head.use_turn();
            waiter.as_mut().stand_down();
            waiter.finish();
        }
        if head.anyone_waits() {
            self.offer(head);
        }
        Ok(())
    }

    /// Wakes a sender for the place that was just freed.
    #[inline(never)]
    fn offer(&self, head: Held<'_, Head<T>>) {
        if self.log.is_on() { self.offer_recorded(head) } else { self.offer_to_first(head) }
    }

    /// Apart: with a call in the midst of it the other way would have to keep everything aside.
    #[cold]
    #[inline(never)]
    fn offer_recorded(&self, head: Held<'_, Head<T>>) {
        head.tell_first();
        self.offer_to_first(head);
    }

    #[inline(always)]
    fn offer_to_first(&self, mut head: Held<'_, Head<T>>) {
        let waker = self.give_sender_turn(&mut head);
        drop(head);
        wake(waker);
    }

    /// Takes a receiver that will not come again out of its queue, passes its turn on if there is use for it, and finishes it.
    pub(crate) fn leave_receivers(&self, mut waiter: Pin<&mut Waiter>) {
        if waiter.arrival() == Arrival::Free {
            return waiter.finish();
        }
        let mut next = None;
        let mut tail = self.buffer.tail().take();
        let own = tail.unlink(waiter.as_mut());
        if waiter.arrival() == Arrival::Woken {
            if self.buffer.len_at(&tail) > 0 {
                next = self.wake_receiver(&mut tail);
            }
            tail.take_turn_back();
            waiter.as_mut().stand_down();
        }
        drop(tail);
        // Before foreign code, whose panic would leave it half done.
        waiter.finish();
        wake_and_drop_leaving(next, own);
    }

    /// At capacity 0 a receiver that has a message waits no more, and must not be taken for one that does.
    #[inline]
    fn withdraw(&self, waiter: &mut Option<Pin<&mut Waiter>>) -> Option<Waker> {
        match waiter {
            Some(waiter) if self.buffer.capacity() == 0 && waiter.arrival() == Arrival::Linked => {
                self.buffer.tail().take().unlink(waiter.as_mut())
            }
            _ => None,
        }
    }

    #[cold]
    fn receivers_share(&self, waiter: &Waiter, several: bool) -> u32 {
        let anyone_waits = self.buffer.tail().anyone_waits();
        share(self.receiver_count(), self.buffer.capacity(), waiter, self.recv_turns(), anyone_waits, several)
    }

    /// There is no message. Who only tries wakes a sender if one sleeps all the same: it cannot come back to see whether
    /// those who were woken before have come. At capacity 0 no sender could help one that does not wait.
    #[cold]
    fn found_empty(&self, mut head: Held<'_, Head<T>>, tries: bool) -> Look<T> {
        if !self.is_one_streak(self.buffer.recv_pace()) {
            head.budget.restart();
        }
        let stuck = tries && self.buffer.capacity() != 0;
        let waker = if stuck { self.wake_sender(&mut head) } else { None };
        drop(head);
        wake(waker);
        Look::Nothing
    }

    /// The operation is complete: leaves the queue, and passes on a turn that it got meanwhile and has no use for.
    #[inline]
    fn finish_receiver(&self, waiter: Pin<&mut Waiter>) {
        if waiter.is_staying() {
            self.buffer.recv_pace().stayed(false);
        }
        if waiter.arrival() == Arrival::Free {
            return waiter.finish();
        }
        self.leave_receivers(waiter);
    }
}
