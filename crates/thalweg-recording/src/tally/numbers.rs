//! The numbers of one channel.

use crate::model::{Channel, Kind};
use crate::snapshot::{ChannelSnapshot, Counts, Side};

use super::cursors::Cursors;
use super::flight::Flight;

/// So many messages are remembered at the most where each goes to every receiver.
const KEPT_FOR_ALL: u64 = 4_096;

#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) channel: Channel,
    pub(super) counts: Counts,
    pub(super) closed: Option<u32>,
    /// Its senders and its receivers.
    pub(super) alive: [u32; 2],
    /// Whether it was seen to have none left, and is in line to be forgotten.
    pub(super) is_leaving: bool,
    /// Messages that were too many to be remembered, or came too late.
    pub(super) unmeasured: u64,
    flight: Flight,
    /// The receivers, where each message goes to all of them.
    cursors: Cursors,
    /// The first message that was heard of.
    first_sent: u64,
    /// The message after the last one that went in, and after the last one that came out.
    next_sent: Option<u64>,
    next_received: Option<u64>,
    reserved: i64,
}

impl Numbers {
    pub(super) fn new(channel: Channel) -> Self {
        Self {
            channel,
            counts: Counts::default(),
            closed: None,
            alive: [0, 0],
            is_leaving: false,
            unmeasured: 0,
            flight: Flight::default(),
            cursors: Cursors::default(),
            first_sent: 0,
            next_sent: None,
            next_received: None,
            reserved: 0,
        }
    }

    /// Whether each message goes to every receiver.
    pub(super) fn goes_to_all(&self) -> bool {
        matches!(self.channel.kind, Kind::Broadcast | Kind::Watch)
    }

    /// How many messages it remembers.
    pub(super) fn remembered(&self) -> usize {
        self.flight.len()
    }

    /// The message that will be sent next.
    pub(super) fn next(&self) -> u64 {
        self.next_sent.unwrap_or(0)
    }

    /// A message went in. May remember so many more.
    pub(super) fn sent(&mut self, message: Option<u64>, at: u64, by_permit: bool, room: usize) {
        self.counts.sent += 1;
        self.reserved -= i64::from(by_permit);
        let message = message.unwrap_or(self.next());
        self.first_sent = if self.next_sent.is_none() { message } else { self.first_sent.min(message) };
        self.next_sent = self.next_sent.max(Some(message.saturating_add(1)));
        if self.goes_to_all() {
            let keep = self.channel.capacity.map_or(KEPT_FOR_ALL, |capacity| capacity.min(KEPT_FOR_ALL)).max(1);
            self.flight.sent_to_all(message, at, keep as usize, room);
        } else {
            match self.flight.sent(message, at, room) {
                Some(Some(took)) => self.counts.queue_time.record(took),
                Some(None) => {}
                None => self.unmeasured += 1,
            }
        }
        self.fill();
    }

    /// A message came out, to a handle that is alive or not.
    pub(super) fn received(&mut self, handle: u32, alive: bool, message: Option<u64>, at: u64, room: usize) {
        self.counts.received += 1;
        if self.goes_to_all() {
            let took = message.and_then(|message| self.flight.received_by_one(message, at));
            took.into_iter().for_each(|took| self.counts.queue_time.record(took));
            self.unmeasured += u64::from(took.is_none());
            message
                .filter(|_| alive)
                .into_iter()
                .for_each(|message| self.cursors.set(handle, message.saturating_add(1)));
            return;
        }
        let message = message.or(self.next_received).unwrap_or(0);
        self.next_received = self.next_received.max(Some(message.saturating_add(1)));
        let (took, given_up) = self.flight.received(message, at, room);
        took.into_iter().for_each(|took| self.counts.queue_time.record(took));
        self.unmeasured += given_up;
    }

    /// A receiver is there, and was not heard of before: it goes on where that one is, or at the end.
    pub(super) fn joins(&mut self, handle: u32, from: u32) {
        if self.goes_to_all() && self.cursors.get(handle).is_none() {
            let next = self.cursors.get(from).unwrap_or(self.next());
            self.cursors.set(handle, next);
        }
    }

    /// A receiver goes on at this message.
    pub(super) fn skips_to(&mut self, handle: u32, message: Option<u64>) {
        message.into_iter().for_each(|message| self.cursors.set(handle, message));
    }

    pub(super) fn leaves(&mut self, handle: u32) {
        self.cursors.remove(handle);
    }

    /// Messages from this one on went without having been received.
    pub(super) fn discarded(&mut self, first: Option<u64>, count: u32) {
        let count = u64::from(count);
        self.counts.discarded += count;
        let first = first.or(self.next_received).unwrap_or(0);
        if !self.goes_to_all() {
            self.next_received = self.next_received.max(Some(first.saturating_add(count)));
            self.flight.discarded(first, count);
        }
    }

    pub(super) fn reserved(&mut self, places: i64) {
        self.reserved += places;
        self.fill();
    }

    /// A wait is over.
    pub(super) fn waited(&mut self, sends: bool, took: u64) {
        if sends { &mut self.counts.send_wait } else { &mut self.counts.receive_wait }.record(took);
    }

    /// It as it is, but for who is there.
    pub(super) fn snapshot(&self) -> ChannelSnapshot {
        let side = |alive: u32| Side { handles: u64::from(alive), ..Side::default() };
        ChannelSnapshot {
            channel: self.channel.clone(),
            closed: self.closed,
            depth: self.depth(),
            senders: side(self.alive[0]),
            receivers: side(self.alive[1]),
            counts: self.counts.clone(),
        }
    }

    /// What is in it.
    fn depth(&self) -> u64 {
        let depth = match self.channel.kind {
            Kind::Watch => 0,
            Kind::Broadcast => self.cursors.behind(self.next()),
            _ => self.queued(),
        };
        self.at_most_full(depth)
    }

    fn queued(&self) -> u64 {
        let received = self.next_received.unwrap_or(self.first_sent);
        let reserved = u64::try_from(self.reserved).unwrap_or(0);
        self.next().saturating_sub(received) + reserved
    }

    /// More than its capacity it never is: events came in another order.
    fn at_most_full(&self, depth: u64) -> u64 {
        self.channel.capacity.map_or(depth, |capacity| depth.min(capacity))
    }

    fn fill(&mut self) {
        let most = self.counts.high_water;
        let depth = match self.channel.kind {
            Kind::Watch => 0,
            _ if self.channel.capacity == Some(most) => return,
            Kind::Broadcast => self.cursors.behind_if_more(self.next(), most),
            _ => self.queued(),
        };
        self.counts.high_water = most.max(self.at_most_full(depth));
    }
}
