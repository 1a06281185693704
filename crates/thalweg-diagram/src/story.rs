//! What happened, as far as it takes more than one event to see it: waits, depths, and what became of each message.

use std::collections::{BTreeMap, HashMap};

use thalweg_recording::{Event, Kind, Recording, What};

use crate::cast::Cast;

/// A recording with what follows from it.
#[derive(Debug)]
pub(crate) struct Story<'a> {
    pub(crate) recording: &'a Recording,
    pub(crate) cast: Cast,
    /// In the order in which they began.
    pub(crate) waits: Vec<Wait>,
    /// For each lane of channels, after which event how much was in it; each in the order of events.
    pub(crate) depths: HashMap<usize, Vec<(usize, u32)>>,
    /// By channel and message.
    messages: HashMap<(u32, u64), Message>,
    /// The wait that an event ended.
    ended: HashMap<usize, usize>,
}

/// A time in which a handle waited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    pub(crate) lane: usize,
    pub(crate) channel: u32,
    /// For a place, and not for a message.
    pub(crate) sends: bool,
    /// The event with which it began, or none where the recording began in its midst.
    pub(crate) from: usize,
    /// The event that ended it. All events' number where it was never ended.
    pub(crate) to: usize,
    /// The event that told it to look again, the last one of several.
    pub(crate) woken: Option<usize>,
}

/// The events of a message.
#[derive(Clone, Copy, Debug, Default)]
struct Message {
    sent: Option<usize>,
    received: Option<usize>,
    discarded: bool,
}

/// Two years, in nanoseconds.
const LATEST: u64 = 1 << 56;

impl<'a> Story<'a> {
    pub(crate) fn new(recording: &'a Recording, cast: Cast) -> Self {
        let mut story = Self {
            recording,
            cast,
            waits: Vec::new(),
            depths: HashMap::new(),
            messages: HashMap::new(),
            ended: HashMap::new(),
        };
        story.find_messages();
        story.find_waits();
        story.measure_depths();
        story
    }

    pub(crate) fn events(&self) -> &'a [Event] {
        &self.recording.events
    }

    /// When an event happened. After the last one: when the recording ended. A time that only damage can have made counts as the
    /// latest, so that one can calculate with times.
    pub(crate) fn at(&self, event: usize) -> u64 {
        let at = self.events().get(event).map_or(self.recording.ended, |event| event.at);
        at.min(LATEST)
    }

    pub(crate) fn duration(&self, wait: &Wait) -> u64 {
        self.at(wait.to).saturating_sub(self.at(wait.from))
    }

    /// Whether it was not over when the recording ended.
    pub(crate) fn is_open(&self, wait: &Wait) -> bool {
        wait.to == self.events().len()
    }

    /// The wait that an event ended.
    pub(crate) fn wait_ended_by(&self, event: usize) -> Option<&Wait> {
        self.ended.get(&event).map(|wait| &self.waits[*wait])
    }

    /// How long a message was in its channel until somebody had it.
    pub(crate) fn queued(&self, event: &Event) -> Option<u64> {
        let message = self.messages.get(&(event.channel, event.message?))?;
        Some(self.at(message.received?).saturating_sub(self.at(message.sent?)))
    }

    /// Whether a message was sent and nobody has had it by the end.
    pub(crate) fn is_unreceived(&self, event: &Event) -> bool {
        let key = event.message.map(|message| (event.channel, message));
        key.and_then(|key| self.messages.get(&key)).is_some_and(|m| m.sent.is_some() && m.received.is_none())
    }

    /// How many messages are in the channels at the end, for all that is known.
    pub(crate) fn left_in_channels(&self) -> u64 {
        let kinds: HashMap<u32, Kind> = self.recording.channels.iter().map(|c| (c.id, c.kind)).collect();
        let counts = |channel: &u32| !matches!(kinds.get(channel), Some(Kind::Broadcast | Kind::Watch) | None);
        let left = |message: &Message| message.sent.is_some() && message.received.is_none() && !message.discarded;
        self.messages.iter().filter(|((channel, _), message)| counts(channel) && left(message)).count() as u64
    }

    /// How many messages were sent or received.
    pub(crate) fn message_count(&self) -> u64 {
        self.messages.len() as u64
    }

    /// The events of these messages, from the first to the last of them.
    pub(crate) fn events_of(&self, first: u64, last: u64) -> Option<(usize, usize)> {
        let of_range = self.messages.iter().filter(|((_, message), _)| (first..=last).contains(message));
        let ends = of_range.flat_map(|(_, message)| [message.sent, message.received]).flatten();
        ends.fold(None, |range, event| {
            let (low, high) = range.unwrap_or((event, event));
            Some((low.min(event), high.max(event)))
        })
    }

    fn find_messages(&mut self) {
        for (number, event) in self.recording.events.iter().enumerate() {
            let Some(message) = event.message else {
                continue;
            };
            match event.what {
                What::Sent | What::SentByPermit => {
                    self.messages.entry((event.channel, message)).or_default().sent = Some(number);
                }
                What::Received => {
                    let entry = self.messages.entry((event.channel, message)).or_default();
                    entry.received = entry.received.or(Some(number));
                }
                What::Discarded => self.discard(event.channel, message, event.aux),
                _ => {}
            }
        }
    }

    /// Counts only messages that were seen, however many the event claims.
    fn discard(&mut self, channel: u32, first: u64, count: u32) {
        for message in (first..first.saturating_add(u64::from(count))).take(self.messages.len()) {
            if let Some(message) = self.messages.get_mut(&(channel, message)) {
                message.discarded = true;
            }
        }
    }

    fn find_waits(&mut self) {
        let mut open: HashMap<(u32, u32), usize> = HashMap::new();
        let never = self.events().len();
        for (number, event) in self.recording.events.iter().enumerate() {
            match event.what {
                What::SendWaits | What::ReceiveWaits => {
                    let Some(lane) = self.cast.handle(event.handle) else {
                        continue;
                    };
                    // One that was woken in vain and waits again has waited all the time.
                    open.entry((event.handle, event.aux)).or_insert_with(|| {
                        let sends = event.what == What::SendWaits;
                        self.waits.push(Wait {
                            lane,
                            channel: event.channel,
                            sends,
                            from: number,
                            to: never,
                            woken: None,
                        });
                        self.waits.len() - 1
                    });
                }
                What::Woken => {
                    if let Some(wait) = open.get(&(event.handle, event.aux)) {
                        self.waits[*wait].woken = Some(number);
                    }
                }
                What::Dropped | What::Lagged => {
                    let (waits, ended) = (&mut self.waits, &mut self.ended);
                    open.retain(|(handle, _), wait| {
                        let ends = *handle == event.handle;
                        if ends {
                            waits[*wait].to = number;
                            // Of several the first, whatever the map's order.
                            ended
                                .entry(number)
                                .and_modify(|first: &mut usize| *first = (*first).min(*wait))
                                .or_insert(*wait);
                        }
                        !ends
                    });
                }
                what => {
                    let key = (event.handle, what.ends_wait(event));
                    if ends_waits(what)
                        && let Some(wait) = open.remove(&key)
                    {
                        self.waits[wait].to = number;
                        self.ended.insert(number, wait);
                    }
                }
            }
        }
    }

    fn measure_depths(&mut self) {
        for lane in 0..self.cast.lanes.len() {
            let kind = self.cast.lanes[lane].channel.as_ref().map(|pipe| pipe.kind);
            let depths = match kind {
                None | Some(Kind::Watch) => continue,
                Some(Kind::Broadcast) => self.depths_of_broadcast(lane),
                Some(_) => self.depths_of_queue(lane),
            };
            self.depths.insert(lane, depths);
        }
    }

    fn events_on(&self, lane: usize) -> impl Iterator<Item = (usize, &'a Event)> {
        let here = move |event: &Event| self.cast.channel(event.channel) == Some(lane);
        self.recording.events.iter().enumerate().filter(move |(_, event)| here(event))
    }

    /// Places that are taken, by messages and by permits.
    fn depths_of_queue(&self, lane: usize) -> Vec<(usize, u32)> {
        let first_of = |is: fn(What) -> bool| {
            self.events_on(lane).filter(|(_, event)| is(event.what)).find_map(|(_, event)| event.message)
        };
        let first_sent = first_of(|what| matches!(what, What::Sent | What::SentByPermit));
        let first_received = first_of(|what| what == What::Received);
        // What was there before the recording began: messages in one order, the first of which goes first.
        let before = match (first_sent, first_received, self.cast.lanes[lane].members) {
            (Some(sent), Some(received), 1) => sent.saturating_sub(received),
            _ => 0,
        };
        let mut depth = i64::try_from(before).unwrap_or(0);
        let mut depths = vec![(0, clamp(depth))];
        for (number, event) in self.events_on(lane) {
            let change = match event.what {
                What::Sent => 1,
                What::Received => -1,
                What::Reserved => i64::from(event.aux),
                What::PermitReturned | What::Discarded => -i64::from(event.aux),
                _ => continue,
            };
            depth = depth.saturating_add(change);
            depths.push((number, clamp(depth)));
        }
        depths
    }

    /// How far the slowest receiver is behind.
    fn depths_of_broadcast(&self, lane: usize) -> Vec<(usize, u32)> {
        let capacity = self.cast.lanes[lane].channel.as_ref().and_then(|pipe| pipe.capacity).unwrap_or(u64::MAX);
        let mut next = self.events_on(lane).find_map(|(_, event)| event.message).unwrap_or(0);
        let mut cursors: HashMap<u32, u64> = HashMap::new();
        let mut receivers: BTreeMap<u64, u32> = BTreeMap::new();
        for handle in &self.recording.handles {
            let listens = handle.role == thalweg_recording::Role::Receiver;
            if listens && self.cast.channel(handle.channel) == Some(lane) {
                cursors.insert(handle.id, u64::MAX);
            }
        }
        let mut depths = vec![(0, 0)];
        for (number, event) in self.events_on(lane) {
            let listens = cursors.contains_key(&event.handle);
            match (event.what, event.message) {
                (What::Sent | What::SentByPermit, Some(message)) => next = message.saturating_add(1),
                (What::Created | What::ReceiveWaits, _) if listens => {
                    set(&mut cursors, &mut receivers, event.handle, Some(next));
                }
                (What::Cloned, _) if listens => {
                    let as_that = cursors.get(&event.aux).copied().filter(|at| *at != u64::MAX).unwrap_or(next);
                    set(&mut cursors, &mut receivers, event.handle, Some(as_that));
                }
                (What::Received, Some(message)) if listens => {
                    set(&mut cursors, &mut receivers, event.handle, Some(message.saturating_add(1)));
                }
                (What::Lagged, Some(message)) if listens => {
                    set(&mut cursors, &mut receivers, event.handle, Some(message));
                }
                (What::Dropped, _) if listens => set(&mut cursors, &mut receivers, event.handle, None),
                _ => continue,
            }
            let slowest = receivers.keys().next().copied().unwrap_or(next);
            let depth = next.saturating_sub(slowest).min(capacity);
            depths.push((number, clamp(i64::try_from(depth).unwrap_or(i64::MAX))));
        }
        depths
    }
}

fn clamp(depth: i64) -> u32 {
    u32::try_from(depth.max(0)).unwrap_or(u32::MAX)
}

fn ends_waits(what: What) -> bool {
    matches!(
        what,
        What::Sent
            | What::SentByPermit
            | What::Received
            | What::Cancelled
            | What::TimedOut
            | What::Reserved
            | What::SendRefused
            | What::ReceiveEnded
    )
}

/// Moves a receiver's next message; `u64::MAX` is one that was not heard of.
fn set(cursors: &mut HashMap<u32, u64>, receivers: &mut BTreeMap<u64, u32>, handle: u32, to: Option<u64>) {
    let old = match to {
        Some(to) => cursors.insert(handle, to),
        None => cursors.insert(handle, u64::MAX),
    };
    if let Some(old) = old.filter(|old| *old != u64::MAX)
        && let Some(count) = receivers.get_mut(&old)
    {
        *count -= 1;
        if *count == 0 {
            receivers.remove(&old);
        }
    }
    if let Some(to) = to {
        *receivers.entry(to).or_default() += 1;
    }
}
