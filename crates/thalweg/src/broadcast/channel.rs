//! One broadcast channel: a ring of messages, and those who wait for it to change.
//!
//! | who waits | for | is woken by |
//! | --- | --- | --- |
//! | receivers | the next message, or the end | a send, or the last sender that leaves |
//! | receivers | a message that another one is cloning | that one, when it gives the message back; a send that writes over it |
//! | senders, of a lossless channel | a free slot | the last reader of that slot, or the last receiver that leaves |
//! | tasks in `closed()` | the last receiver, active or not, to leave | that one |
//!
//! All of them wait in queues that the tail's lock guards. Who waits for a slot marks it, so that its readers look at the
//! tail only when somebody waits.
//!
//! Whenever the tail is free:
//!
//! 1. If a receiver waits, either there is no message for it, or the one there is is lent and marked, or it is being woken.
//! 2. If a sender waits, either the next slot is owed to somebody and marked, or all senders are being woken.
//!
//! While a lock is held no foreign code runs: no waker is cloned, woken or dropped, no message cloned or dropped, nothing
//! allocated.
//!
//! An event wakes all who wait for it, not one. Every receiver is owed every message anyway, and senders so need nobody to
//! pass a wake-up on: one that was woken and is never polled again stops no other.

use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::error::{RecvError, SendError, TryRecvError};
use super::place::Place;
use super::ring::{Cursor, Ring, Tail};
use super::slot::{Due, Found, Loan, MAX_RECEIVERS};
use super::wake::{Queue, each, wake_all};
use crate::coop;
use crate::raw::{Arrival, Budget, Waiter};
use crate::record::{By, Log, Mark, Note};
use crate::sync::{Panic, attempt, resume, step_aside, wake_and_drop_leaving};

/// How often a reader looks again at a message that another is cloning, before it waits for it.
const PATIENCE: u32 = 3;

/// A channel, shared by all its handles.
pub(super) struct Channel<T> {
    pub(super) ring: Ring<T>,
    pub(super) log: Log,
}

// Foreign code never runs while the channel is in disorder, so none can leave it so by a panic.
impl<T> UnwindSafe for Channel<T> {}
impl<T> RefUnwindSafe for Channel<T> {}

/// What became of a message that was to be sent.
pub(super) enum Put<T> {
    /// So many receivers are owed it.
    Sent(usize),
    /// The slot for it is in use.
    Full(T),
    /// It could be sent, but others are to run first.
    Yield(T),
    /// There is no receiver.
    Closed(T),
}

/// What a send does where a message is in its way, or its budget is used up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Writes over the oldest message.
    Over,
    /// Gives up.
    Try,
    /// The same, and counts against the budget of its side.
    Block,
    /// The same, and yields when that is used up.
    Yield,
}

/// How the attempt to start waiting ended.
enum Wait {
    Started,
    /// Things changed: look again.
    LookAgain,
    /// There is no sender left, and no message.
    Closed,
    /// So many messages were written over.
    Lagged(u64),
}

impl<T> Channel<T> {
    /// A channel with one sender and no receiver.
    pub(super) fn new(ring: Ring<T>, log: Log) -> Channel<T> {
        Channel { ring, log }
    }

    /// Adds a message.
    #[inline]
    pub(super) fn put(&self, message: T, manner: Manner, note: Note) -> Put<T> {
        let mut tail = self.ring.take_tail();
        if tail.receivers == 0 {
            note.refused();
            return Put::Closed(message);
        }
        if manner != Manner::Over && !self.ring.has_room(&tail) {
            return Put::Full(message);
        }
        let is_counted = matches!(manner, Manner::Block | Manner::Yield);
        if is_counted && !tail.budget.go_on(|_| Budget::DEFAULT) && manner == Manner::Yield {
            tail.budget.restart();
            return Put::Yield(message);
        }
        // Before: receivers do not need the tail to see it.
        note.sent(tail.sent as usize);
        let _displaced = self.ring.put(&mut tail, message);
        let (receivers, waiting) = (tail.receivers, tail.recvs.len());
        drop(tail);
        wake_all(&self.ring, Queue::Recvs, waiting);
        Put::Sent(receivers)
    }

    /// The one place where senders wait.
    pub(super) fn poll_send(
        &self,
        message: &mut Option<T>,
        mut waiter: Pin<&mut Waiter>,
        by: By,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, SendError<T>>> {
        let proceeding = ready!(coop::proceed(waiter.is_of_thread(), cx));
        let may_yield = !waiter.is_of_thread() && !waiter.has_yielded();
        let manner = if may_yield { Manner::Yield } else { Manner::Block };
        while let Some(taken) = message.take() {
            let result = match self.put(taken, manner, by.note(|| waiter.number())) {
                Put::Sent(receivers) => Ok(receivers),
                Put::Closed(rest) => Err(SendError(rest)),
                Put::Yield(rest) => {
                    *message = Some(rest);
                    waiter.yields();
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Put::Full(rest) => {
                    *message = Some(rest);
                    if self.wait_for_room(waiter.as_mut(), by, cx) {
                        return Poll::Pending;
                    }
                    continue;
                }
            };
            self.finish(waiter, Queue::Sends);
            proceeding.made_progress();
            return Poll::Ready(result);
        }
        panic!("a send future was polled after it had completed");
    }

    /// Starts to wait for room, unless there is some now, or nobody to send to.
    fn wait_for_room(&self, mut waiter: Pin<&mut Waiter>, by: By, cx: &mut Context<'_>) -> bool {
        let waker = cx.waker().clone();
        let mut tail = self.ring.take_tail();
        tail.budget.restart();
        if tail.receivers == 0 || !self.ring.want_room(&tail) {
            return false;
        }
        let arrival = waiter.arrival();
        if arrival == Arrival::Woken {
            // It goes back to its old place.
            waiter.as_mut().stand_down();
        }
        let old = tail.sends.link(waiter.as_mut(), waker);
        if arrival != Arrival::Linked {
            waiter.as_mut().belongs_to(Mark::new(by));
            by.note(|| waiter.number()).send_waits();
        }
        drop(tail);
        drop(old);
        true
    }

    /// Receives at the cursor, which moves on if it succeeds, and to the oldest message if it had lagged.
    pub(super) fn try_recv(&self, place: &mut Place) -> Result<T, TryRecvError>
    where
        T: Clone,
    {
        loop {
            if let Some(message) = self.take(place) {
                return Ok(message);
            }
            let tail = self.ring.take_tail();
            let missed = self.ring.catch_up(&tail, &mut place.cursor);
            if missed > 0 {
                place.wait.lagged(missed, place.cursor.next);
                return Err(TryRecvError::Lagged(missed));
            }
            if tail.sent == place.cursor.next {
                if tail.senders > 0 {
                    return Err(TryRecvError::Empty);
                }
                place.wait.ended();
                return Err(TryRecvError::Closed);
            }
            drop(tail);
            if self.ring.is_lent(&place.cursor) {
                return Err(TryRecvError::Empty);
            }
        }
    }

    /// The one place where receivers wait.
    #[inline]
    pub(super) fn poll_recv(
        &self,
        place: &mut Place,
        mut waiter: Pin<&mut Waiter>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>>
    where
        T: Clone,
    {
        let proceeding = ready!(coop::proceed(waiter.is_of_thread(), cx));
        if !place.budget.go_on(|_| Budget::DEFAULT) && !waiter.is_of_thread() {
            place.budget.restart();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let result = loop {
            if let Some(message) = self.take(place) {
                break Ok(message);
            }
            match self.wait_for_message(place, waiter.as_mut(), cx) {
                Wait::Started => {
                    place.budget.restart();
                    return Poll::Pending;
                }
                Wait::LookAgain => {}
                Wait::Closed => break Err(RecvError::Closed),
                Wait::Lagged(missed) => break Err(RecvError::Lagged(missed)),
            }
        };
        self.finish(waiter, Queue::Recvs);
        proceeding.made_progress();
        Poll::Ready(result)
    }

    /// Starts to wait for the message at the cursor, unless it can be had now, or never.
    fn wait_for_message(&self, place: &mut Place, mut waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Wait {
        let waker = cx.waker().clone();
        let mut tail = self.ring.take_tail();
        let missed = self.ring.catch_up(&tail, &mut place.cursor);
        if missed > 0 {
            place.wait.lagged(missed, place.cursor.next);
            return Wait::Lagged(missed);
        }
        let is_there = tail.sent != place.cursor.next;
        if is_there && !self.ring.want_back(&tail, &place.cursor) {
            return Wait::LookAgain;
        }
        if !is_there && tail.senders == 0 {
            place.wait.ended();
            return Wait::Closed;
        }
        let arrival = waiter.arrival();
        if arrival == Arrival::Woken {
            // It goes to the end, so that who wakes all that wait now never meets one twice.
            waiter.as_mut().stand_down();
            waiter.as_mut().finish();
        }
        let old = tail.recvs.link(waiter.as_mut(), waker);
        if arrival != Arrival::Linked {
            waiter.as_mut().belongs_to(Mark::alone(place.wait.by()));
            place.wait.by().alone().receive_waits();
            place.wait.goes_on();
        }
        drop(tail);
        drop(old);
        Wait::Started
    }

    /// Takes the message at the cursor if it is there: the last reader the message itself, the others a clone.
    #[inline]
    fn take(&self, place: &mut Place) -> Option<T>
    where
        T: Clone,
    {
        let Place { cursor, wait, .. } = place;
        let mut round = 0;
        loop {
            match self.ring.read(cursor) {
                Found::Last(message, due) => {
                    wait.received(cursor.next);
                    self.ring.advance(cursor);
                    self.tell(due);
                    return Some(message);
                }
                Found::Loan(loan) => {
                    let loan = Borrowed { channel: self, loan: Some(loan) };
                    wait.received(cursor.next);
                    // Now: it is read, also if cloning it panics.
                    self.ring.advance(cursor);
                    let message = loan.loan.as_ref().and_then(Loan::message).cloned();
                    // By name: what is about to be returned leaks where a destructor at the end panics (rust #47949).
                    drop(loan);
                    return message;
                }
                Found::Lent if round < PATIENCE => {
                    step_aside(round, 0);
                    round += 1;
                }
                Found::Lent | Found::Nothing => return None,
            }
        }
    }

    #[inline]
    fn tell(&self, due: Due) {
        if due.receivers || due.senders {
            self.tell_slowly(due);
        }
    }

    #[cold]
    fn tell_slowly(&self, due: Due) {
        let tail = self.ring.take_tail();
        let receivers = if due.receivers { tail.recvs.len() } else { 0 };
        let senders = if due.senders { tail.sends.len() } else { 0 };
        drop(tail);
        each([&mut || wake_all(&self.ring, Queue::Recvs, receivers), &mut || {
            wake_all(&self.ring, Queue::Sends, senders);
        }]);
    }

    /// The operation is complete.
    #[inline]
    fn finish(&self, waiter: Pin<&mut Waiter>, queue: Queue) {
        if !waiter.is_new() {
            self.leave(waiter, queue);
        }
    }

    /// Takes an operation that does not wait any more out of its queue.
    pub(super) fn leave(&self, mut waiter: Pin<&mut Waiter>, queue: Queue) {
        let mut own = None;
        if waiter.arrival() == Arrival::Linked {
            own = queue.of(&mut self.ring.take_tail()).unlink(waiter.as_mut());
        }
        if waiter.arrival() == Arrival::Woken {
            waiter.as_mut().stand_down();
        }
        waiter.finish();
        wake_and_drop_leaving(None, own);
    }

    pub(super) fn poll_closed(&self, mut waiter: Pin<&mut Waiter>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut tail = self.ring.take_tail();
        if is_closed(&tail) {
            drop(tail);
            drop(waker);
            self.finish(waiter, Queue::Closers);
            return Poll::Ready(());
        }
        if waiter.arrival() == Arrival::Woken {
            waiter.as_mut().stand_down();
            waiter.as_mut().finish();
        }
        let old = tail.closers.link(waiter, waker);
        drop(tail);
        drop(old);
        Poll::Pending
    }

    /// One receiver more, which will get what is sent from now on.
    pub(super) fn subscribe(&self) -> Cursor {
        let mut tail = self.ring.take_tail();
        assert!(tail.receivers < MAX_RECEIVERS, "too many receivers");
        tail.receivers += 1;
        self.ring.end(&tail)
    }

    /// One receiver less. What it was owed is given up, and dropped if nobody else is owed it.
    pub(super) fn unsubscribe(&self, mut cursor: Cursor) {
        let mut tail = self.ring.take_tail();
        tail.receivers -= 1;
        self.ring.catch_up(&tail, &mut cursor);
        let until = tail.sent;
        let (left, closed) = (tail.receivers, is_closed(&tail));
        drop(tail);
        let due = Due { receivers: false, senders: left == 0 };
        if let Some(panic) = (Leaving { channel: self, cursor, until, due, closed }).run() {
            resume(panic);
        }
    }

    /// One sender less. If it was the last, the receivers are told.
    pub(super) fn sender_left(&self) {
        let mut tail = self.ring.take_tail();
        tail.senders -= 1;
        let waiting = if tail.senders == 0 { tail.recvs.len() } else { 0 };
        if tail.senders == 0 {
            self.log.note().last_sender_went();
        }
        drop(tail);
        wake_all(&self.ring, Queue::Recvs, waiting);
    }

    /// One inactive handle less. If that was the last of those who could receive, `closed()` is told.
    pub(super) fn inactive_left(&self) {
        let mut tail = self.ring.take_tail();
        tail.inactive -= 1;
        let closed = is_closed(&tail);
        drop(tail);
        if closed {
            self.tell_closed();
        }
    }

    /// There is nobody who receives: tells those who wait for that.
    fn tell_closed(&self) {
        let waiting = self.ring.take_tail().closers.len();
        wake_all(&self.ring, Queue::Closers, waiting);
    }
}

/// Whether nobody is there who receives, or could.
fn is_closed(tail: &Tail) -> bool {
    tail.receivers == 0 && tail.inactive == 0
}

/// A message that a reader clones. Dropping it gives the message back, whatever happens.
struct Borrowed<'a, T> {
    channel: &'a Channel<T>,
    loan: Option<Loan<'a, T>>,
}

impl<T> Drop for Borrowed<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        let Some(loan) = self.loan.take() else { return };
        let (rest, due) = loan.end();
        if rest.is_some() || due.receivers || due.senders {
            self.channel.end_loan(rest, due);
        }
    }
}

impl<T> Channel<T> {
    /// Nobody else is owed the message, or somebody waits for it.
    #[cold]
    fn end_loan(&self, mut rest: Option<T>, due: Due) {
        each([&mut || self.tell(due), &mut || drop(rest.take())]);
    }
}

/// A receiver that goes. Who waits to send is told before the message is dropped that was in the way, whose destructor may take
/// its time; who waits for the last receiver to go, when nothing is left. If one panics the others are given up still.
struct Leaving<'a, T> {
    channel: &'a Channel<T>,
    cursor: Cursor,
    until: u64,
    due: Due,
    closed: bool,
}

impl<T> Leaving<'_, T> {
    fn run(&mut self) -> Option<Panic> {
        let mut panic = None;
        let mut run = |foreign: &mut dyn FnMut()| {
            if let Err(caught) = attempt(foreign) {
                panic = Some(caught);
            }
        };
        let channel = self.channel;
        let due = core::mem::take(&mut self.due);
        run(&mut || channel.tell(due));
        while self.cursor.next < self.until {
            let (mut message, due) = channel.ring.forgo(&self.cursor);
            channel.ring.advance(&mut self.cursor);
            if due.senders {
                run(&mut || channel.tell(due));
            }
            if message.is_some() {
                run(&mut || drop(message.take()));
            }
        }
        if core::mem::take(&mut self.closed) {
            run(&mut || channel.tell_closed());
        }
        panic
    }
}

impl<T> Drop for Leaving<'_, T> {
    fn drop(&mut self) {
        self.run();
    }
}
