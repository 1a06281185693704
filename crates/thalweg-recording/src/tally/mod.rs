//! Events folded into live numbers.
//!
//! Events wait in a line until there are many, or somebody asks; then they are put into the order of their time and
//! counted. So batches of several threads may come in any order, and depths are right all the same. What comes later than
//! that is counted too, but a depth may be wrong for a moment.

mod cursors;
mod flight;
mod gone;
mod handles;
mod ids;
mod numbers;
mod waits;

use std::collections::VecDeque;

use crate::model::{Channel, Event, Handle, Role, What};
use crate::snapshot::{ChannelSnapshot, Party, Side, Snapshot, Waiter};

use gone::Gone;
use handles::{GRACE, Handles};
use ids::ById;
use numbers::Numbers;
pub use waits::Wait;
use waits::{Begun, Waits};

/// So many events wait at the most until they are put in order: more fit no cache, and cost up to twice as much each.
const MOST_PENDING: usize = 1 << 13;
/// So many messages on their way are remembered, in all channels together.
const MOST_REMEMBERED: usize = 1 << 19;
/// So many channels that have gone are kept apart, for events that come late.
const MOST_LEAVING: usize = 1 << 12;

/// Counts the events of a running program, for [`Snapshot`]s.
///
/// Describe a channel and a handle before their events, or at least before the next [`snapshot`](Self::snapshot). Events
/// may come in batches of several threads, one after the other; within about 4,000 events it puts them into the order of
/// their time. What comes later is counted as well, but [`Counts::high_water`](crate::Counts::high_water) may be too high. A handle is alive from its description to its [`What::Dropped`], and a channel as long as a handle is.
///
/// Its memory is bounded: it grows with the channels, handles and waits that there are, but not with how many there were.
///
/// ```
/// use thalweg_recording::*;
///
/// let mut tally = Tally::new();
/// tally.channel(&Channel { id: 1, kind: Kind::Mpmc, capacity: Some(1), name: Some("jobs".into()), place: None });
/// tally.handle(&Handle { id: 1, channel: 1, role: Role::Sender, name: Some("parser".into()), ordinal: 1 });
/// tally.handle(&Handle { id: 2, channel: 1, role: Role::Receiver, name: Some("store".into()), ordinal: 1 });
/// let event = |at, what, message, aux| Event { at, channel: 1, handle: 1, what, message, aux };
/// tally.event(&event(10, What::Sent, Some(0), 0));
/// tally.event(&event(20, What::SendWaits, None, 1));
///
/// let snapshot = tally.snapshot(2_000_000_000);
/// let jobs = &snapshot.channels[0];
/// assert_eq!((jobs.depth, jobs.senders.waiting), (1, 1));
/// assert!(stall_report(&snapshot, 1_000_000_000).contains("parser has waited 2.00 s for a place"));
/// ```
#[derive(Debug, Default)]
pub struct Tally {
    pending: Vec<Event>,
    channels: ById<u32, Numbers>,
    handles: Handles,
    waits: Waits,
    /// How many messages on their way are remembered.
    remembered: usize,
    /// Channels without a handle, since when, in the order in which that was heard.
    leaving: VecDeque<(u64, u32)>,
    gone: Gone,
    lost: u64,
    /// Of channels that have gone.
    unmeasured: u64,
    /// The newest time that was heard of.
    now: u64,
}

impl Tally {
    /// One that has counted nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A channel is there, or has another name.
    pub fn channel(&mut self, channel: &Channel) {
        let known = self.channels.entry(channel.id).or_insert_with(|| Numbers::new(channel.clone()));
        known.channel.clone_from(channel);
    }

    /// A handle is there, or has another name. Its channel was described before.
    pub fn handle(&mut self, handle: &Handle) {
        let is_new = self.handles.add(handle);
        if let Some(numbers) = self.channels.get_mut(&handle.channel).filter(|_| is_new) {
            numbers.alive[handle.role as usize] += 1;
        }
    }

    /// Something happened.
    pub fn event(&mut self, event: &Event) {
        if self.pending.len() == MOST_PENDING {
            self.settle(MOST_PENDING / 2);
        }
        self.pending.push(*event);
    }

    /// So many events more were lost.
    pub fn lost(&mut self, events: u64) {
        self.lost = self.lost.saturating_add(events);
    }

    /// The waits that go on after all that was told so far, the longest first.
    pub fn waits(&mut self) -> Vec<Wait> {
        self.settle(usize::MAX);
        let mut waits: Vec<Wait> = self.waits.iter().copied().collect();
        waits.sort_by_key(|wait| (wait.since, wait.handle));
        waits
    }

    /// The wait that has gone on longest.
    pub fn longest_wait(&mut self) -> Option<Wait> {
        self.settle(usize::MAX);
        self.waits.iter().min_by_key(|wait| (wait.since, wait.handle)).copied()
    }

    /// The numbers as they are after all that was told so far. `at` is now.
    pub fn snapshot(&mut self, at: u64) -> Snapshot {
        let waits = self.waits();
        self.now = self.now.max(at);
        self.part_with_gone();
        let mut gone = self.gone.clone();
        let mut channels: ById<u32, ChannelSnapshot> = ById::default();
        for (id, numbers) in &self.channels {
            if numbers.is_leaving && numbers.alive == [0, 0] {
                gone.add(numbers);
            } else {
                channels.insert(*id, numbers.snapshot());
            }
        }
        self.put_sides(&mut channels, &waits);
        let mut channels: Vec<ChannelSnapshot> = channels.into_values().collect();
        channels.sort_by_key(|channel| channel.channel.id);
        let unmeasured = self.unmeasured + self.channels.values().map(|numbers| numbers.unmeasured).sum::<u64>();
        Snapshot { program: None, at: self.now, lost: self.lost, unmeasured, channels, gone: gone.groups }
    }

    /// Who is at each channel, and who waits there.
    fn put_sides(&self, channels: &mut ById<u32, ChannelSnapshot>, waits: &[Wait]) {
        let mut handles: Vec<&Handle> = self.handles.alive().collect();
        handles.sort_by_key(|handle| handle.id);
        for handle in handles {
            let Some(channel) = channels.get_mut(&handle.channel) else { continue };
            let side = side(channel, handle.role == Role::Sender);
            if side.parties.len() < Side::MOST {
                side.parties.push(party(handle));
            }
        }
        for wait in waits {
            let Some(channel) = channels.get_mut(&wait.channel) else { continue };
            let side = side(channel, wait.sends);
            side.waiting += 1;
            if side.waits.len() < Side::MOST {
                let unknown = || Party { label: format!("handle {}", wait.handle), named: false };
                let party = self.handles.get(wait.handle).map_or_else(unknown, party);
                side.waits.push(Waiter { party, since: wait.since, woken: wait.woken });
            }
        }
    }

    /// Counts the oldest of what waits.
    fn settle(&mut self, most: usize) {
        let mut pending = std::mem::take(&mut self.pending);
        // Stable: events of one thread keep their order. And fast for a few batches that are each in order.
        pending.sort_by_key(|event| event.at);
        let count = most.min(pending.len());
        pending[..count].iter().for_each(|event| self.count(event));
        pending.drain(..count);
        self.pending = pending;
        self.part_with_gone();
    }

    fn count(&mut self, event: &Event) {
        self.now = self.now.max(event.at);
        let Some(numbers) = self.channels.get_mut(&event.channel) else {
            self.lost += 1;
            return;
        };
        let Event { at, handle, message, aux, .. } = *event;
        let before = numbers.remembered();
        let room = MOST_REMEMBERED - self.remembered.min(MOST_REMEMBERED);
        match event.what {
            What::Sent => numbers.sent(message, at, false, room),
            What::SentByPermit => numbers.sent(message, at, true, room),
            What::Received => {
                let alive = numbers.goes_to_all() && self.handles.is_alive(handle);
                numbers.received(handle, alive, message, at, room);
            }
            What::Discarded => numbers.discarded(message, aux),
            What::Reserved => numbers.reserved(i64::from(aux)),
            What::PermitReturned => numbers.reserved(-i64::from(aux)),
            What::SendWaits | What::ReceiveWaits => return self.begin_wait(event),
            What::Woken => self.waits.wake(handle, aux, at),
            What::Cancelled | What::TimedOut => numbers.counts.cancelled += 1,
            What::SendRefused => numbers.counts.sends_refused += 1,
            What::ReceiveEnded => numbers.counts.receives_ended += 1,
            What::Closed => drop(numbers.closed.get_or_insert(aux)),
            What::Lagged => {
                numbers.counts.lagged += u64::from(aux);
                numbers.skips_to(handle, message.filter(|_| self.handles.is_alive(handle)));
                self.waits.end_all(handle, at, |sends, took| numbers.waited(sends, took));
            }
            What::Created | What::Cloned => return self.join(event),
            What::Dropped => return self.leave(event),
        }
        self.remembered = self.remembered + numbers.remembered() - before;
        let wait = event.what.ends_wait(event);
        if wait != 0 {
            let over = self.waits.end(handle, wait, at);
            over.into_iter().for_each(|(sends, took)| numbers.waited(sends, took));
        }
    }

    fn begin_wait(&mut self, event: &Event) {
        let Event { at, channel, handle, aux, .. } = *event;
        let sends = event.what == What::SendWaits;
        self.join(event);
        let Some(numbers) = self.channels.get_mut(&channel) else { return };
        let wait = Wait { channel, handle, sends, since: at, woken: None };
        // One without a number cannot be followed.
        let begun = if aux == 0 { Begun::Goes } else { self.waits.begin(aux, wait) };
        match begun {
            Begun::Again => return,
            Begun::Over(took) => numbers.waited(sends, took),
            Begun::Goes => {
                if let Some(gone) = self.handles.gone(handle) {
                    self.waits.end_all(handle, gone, |sends, took| numbers.waited(sends, took));
                }
            }
        }
        *(if sends { &mut numbers.counts.sends_waited } else { &mut numbers.counts.receives_waited }) += 1;
    }

    /// A receiver of a broadcast is there.
    fn join(&mut self, event: &Event) {
        let Some(numbers) = self.channels.get_mut(&event.channel).filter(|numbers| numbers.goes_to_all()) else {
            return;
        };
        let from = if event.what == What::Cloned { event.aux } else { event.handle };
        let listens = self.handles.get(event.handle).is_some_and(|handle| handle.role == Role::Receiver);
        if listens && self.handles.is_alive(event.handle) {
            numbers.joins(event.handle, from);
        }
    }

    /// A handle went.
    fn leave(&mut self, event: &Event) {
        let Some(numbers) = self.channels.get_mut(&event.channel) else { return };
        numbers.leaves(event.handle);
        self.waits.end_all(event.handle, event.at, |sends, took| numbers.waited(sends, took));
        let Some(handle) = self.handles.remove(event.handle, event.at) else { return };
        let Some(numbers) = self.channels.get_mut(&handle.channel) else { return };
        let alive = &mut numbers.alive[handle.role as usize];
        *alive = alive.saturating_sub(1);
        if numbers.alive == [0, 0] && !numbers.is_leaving {
            numbers.is_leaving = true;
            self.leaving.push_back((event.at, numbers.channel.id));
        }
    }

    fn part_with_gone(&mut self) {
        self.handles.forget(self.now);
        while let Some((at, id)) = self.leaving.front().copied() {
            if at.saturating_add(GRACE) >= self.now && self.leaving.len() <= MOST_LEAVING {
                return;
            }
            self.leaving.pop_front();
            let Some(numbers) = self.channels.get_mut(&id) else { continue };
            // A handle may have been described since.
            numbers.is_leaving = false;
            if numbers.alive == [0, 0] {
                self.gone.add(numbers);
                self.unmeasured += numbers.unmeasured;
                self.remembered -= numbers.remembered();
                self.channels.remove(&id);
            }
        }
    }
}

fn party(handle: &Handle) -> Party {
    Party { label: handle.label(), named: handle.name.is_some() }
}

fn side(channel: &mut ChannelSnapshot, sends: bool) -> &mut Side {
    if sends { &mut channel.senders } else { &mut channel.receivers }
}
