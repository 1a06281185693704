//! The live numbers of channels at one moment.

use crate::histogram::Histogram;
use crate::json::{option, quoted};
use crate::model::Channel;

/// The live numbers of a program's channels at one moment. [`Tally`](crate::Tally) makes them out of events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The program's name, where whoever took it said so.
    pub program: Option<String>,
    /// When it was taken, in nanoseconds since the recording began.
    pub at: u64,
    /// How many events were lost before they were counted. Where there are any, counts are too low, and a wait that is
    /// said to go on may have ended.
    pub lost: u64,
    /// How many messages are not in [`Counts::queue_time`], as too many were on their way at once, or their events came
    /// too late.
    pub unmeasured: u64,
    /// The channels that are alive: those with a handle left. In the order of their ids.
    pub channels: Vec<ChannelSnapshot>,
    /// The channels all of whose handles have gone, those of one name or place together.
    pub gone: Vec<GoneChannels>,
}

/// The live numbers of one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelSnapshot {
    /// Which one.
    pub channel: Channel,
    /// Whether it was closed, and why: [`CLOSED_BY_CALL`](crate::CLOSED_BY_CALL) or its sisters.
    pub closed: Option<u32>,
    /// How many messages are in it, places that are reserved included. For a broadcast: how far its slowest receiver is
    /// behind. Always 0 for a watch.
    pub depth: u64,
    /// Who sends.
    pub senders: Side,
    /// Who receives.
    pub receivers: Side,
    /// What has happened so far.
    pub counts: Counts,
}

/// Channels that have gone.
#[derive(Clone, Debug, PartialEq)]
pub struct GoneChannels {
    /// One of them, the first that went.
    pub channel: Channel,
    /// How many they are.
    pub channels: u64,
    /// What happened on all of them.
    pub counts: Counts,
}

/// One end of a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Side {
    /// How many handles it has.
    pub handles: u64,
    /// Who they are, in the order of their ids; not more than [`Side::MOST`] of them.
    pub parties: Vec<Party>,
    /// How many operations wait right now. A handle may have several.
    pub waiting: u64,
    /// Those that have waited longest, the longest first; not more than [`Side::MOST`] of them.
    pub waits: Vec<Waiter>,
}

impl Side {
    /// How many handles and waits are told one by one.
    pub const MOST: usize = 64;
}

/// Who a handle belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Party {
    /// The name that the program gave it, or its role and ordinal.
    pub label: String,
    /// Whether the program named it. Handles of one name are one party, on whatever channel.
    pub named: bool,
}

/// An operation that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// Who waits.
    pub party: Party,
    /// Since when, in nanoseconds since the recording began.
    pub since: u64,
    /// When it was last told to look again, if it was not seen to wait anew since: its task is yet to run.
    pub woken: Option<u64>,
}

/// What has happened on a channel, or on several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Messages that went in.
    pub sent: u64,
    /// Messages that came out. For a broadcast: by each receiver.
    pub received: u64,
    /// Waits that were given up: their futures were dropped, or they met their deadlines.
    pub cancelled: u64,
    /// Messages that receivers of a broadcast were told they missed.
    pub lagged: u64,
    /// Messages that went with the channel, or were taken back.
    pub discarded: u64,
    /// Sends that failed since the channel was closed.
    pub sends_refused: u64,
    /// Receives that found the channel closed and empty.
    pub receives_ended: u64,
    /// Sends and reservations that had to wait.
    pub sends_waited: u64,
    /// Receives that had to wait.
    pub receives_waited: u64,
    /// The greatest depth.
    pub high_water: u64,
    /// How long those sends waited whose wait is over, however it ended.
    pub send_wait: Histogram,
    /// How long those receives waited whose wait is over, however it ended.
    pub receive_wait: Histogram,
    /// How long messages were in the channel.
    pub queue_time: Histogram,
}

impl Counts {
    /// Adds those of another channel. The greatest depth is that of one of them.
    pub fn merge(&mut self, other: &Counts) {
        let sums = self.sums_mut();
        sums.into_iter().zip(other.sums()).for_each(|((_, mine), (_, more))| *mine += more);
        self.high_water = self.high_water.max(other.high_water);
        self.send_wait.merge(&other.send_wait);
        self.receive_wait.merge(&other.receive_wait);
        self.queue_time.merge(&other.queue_time);
    }

    /// Those that are sums, by name.
    pub fn sums(&self) -> [(&'static str, u64); 9] {
        [
            ("sent", self.sent),
            ("received", self.received),
            ("cancelled", self.cancelled),
            ("lagged", self.lagged),
            ("discarded", self.discarded),
            ("sends_refused", self.sends_refused),
            ("receives_ended", self.receives_ended),
            ("sends_waited", self.sends_waited),
            ("receives_waited", self.receives_waited),
        ]
    }

    /// Those that are sums, in the same order, to change them.
    pub fn sums_mut(&mut self) -> [(&'static str, &mut u64); 9] {
        [
            ("sent", &mut self.sent),
            ("received", &mut self.received),
            ("cancelled", &mut self.cancelled),
            ("lagged", &mut self.lagged),
            ("discarded", &mut self.discarded),
            ("sends_refused", &mut self.sends_refused),
            ("receives_ended", &mut self.receives_ended),
            ("sends_waited", &mut self.sends_waited),
            ("receives_waited", &mut self.receives_waited),
        ]
    }
}

impl Snapshot {
    /// The version of the text that [`to_json`](Self::to_json) gives.
    pub const VERSION: u32 = 1;

    /// It as one JSON object on one line, as `thalweg top` reads it from a file or a socket.
    ///
    /// Times are nanoseconds. `buckets` are those of [`Histogram`], from the first one on. What is none is left out.
    pub fn to_json(&self) -> String {
        let mut json = format!(r#"{{"thalweg":"snapshot","version":{},"at":{}"#, Self::VERSION, self.at);
        json.push_str(&format!(r#","lost":{},"unmeasured":{}"#, self.lost, self.unmeasured));
        put(&mut json, "program", self.program.as_deref().map(quoted));
        list(&mut json, "channels", &self.channels, ChannelSnapshot::put_json);
        list(&mut json, "gone", &self.gone, |gone, json| {
            json.push('{');
            put_channel(json, &gone.channel);
            json.push_str(&format!(r#","channels":{}"#, gone.channels));
            gone.counts.put_json(json);
            json.push('}');
        });
        json.push_str("}\n");
        json
    }
}

impl ChannelSnapshot {
    fn put_json(&self, json: &mut String) {
        json.push('{');
        put_channel(json, &self.channel);
        put(json, "closed", self.closed.map(|why| why.to_string()));
        json.push_str(&format!(r#","depth":{}"#, self.depth));
        for (name, side) in [("senders", &self.senders), ("receivers", &self.receivers)] {
            json.push_str(&format!(r#","{name}":{{"handles":{},"waiting":{}"#, side.handles, side.waiting));
            list(json, "parties", &side.parties, |party, json| {
                json.push('{');
                put_party(json, party);
                json.push('}');
            });
            list(json, "waits", &side.waits, |waiter, json| {
                json.push('{');
                put_party(json, &waiter.party);
                json.push_str(&format!(r#","since":{}"#, waiter.since));
                put(json, "woken", waiter.woken.map(|at| at.to_string()));
                json.push('}');
            });
            json.push('}');
        }
        self.counts.put_json(json);
        json.push('}');
    }
}

impl Counts {
    fn put_json(&self, json: &mut String) {
        for (name, count) in self.sums() {
            json.push_str(&format!(r#","{name}":{count}"#));
        }
        json.push_str(&format!(r#","high_water":{}"#, self.high_water));
        let histograms =
            [("send_wait", &self.send_wait), ("receive_wait", &self.receive_wait), ("queue_time", &self.queue_time)];
        for (name, histogram) in histograms {
            json.push_str(&format!(r#","{name}":{{"sum":{},"max":{}"#, histogram.sum(), histogram.max()));
            let counts: Vec<u64> = histogram.buckets().map(|(_, count)| count).collect();
            list(json, "buckets", &counts, |count, json| json.push_str(&count.to_string()));
            json.push('}');
        }
    }
}

fn put_channel(json: &mut String, channel: &Channel) {
    json.push_str(&format!(r#""id":{},"kind":"{}""#, channel.id, channel.kind.name()));
    put(json, "capacity", channel.capacity.map(|capacity| capacity.to_string()));
    put(json, "name", channel.name.as_deref().map(quoted));
    put(json, "place", channel.place.as_deref().map(quoted));
}

fn put_party(json: &mut String, party: &Party) {
    json.push_str(&format!(r#""label":{},"named":{}"#, quoted(&party.label), party.named));
}

fn put(json: &mut String, key: &str, value: Option<String>) {
    json.push_str(&option(key, value));
}

fn list<T>(json: &mut String, key: &str, of: &[T], one: impl Fn(&T, &mut String)) {
    json.push_str(&format!(r#","{key}":["#));
    for (number, item) in of.iter().enumerate() {
        if number > 0 {
            json.push(',');
        }
        one(item, json);
    }
    json.push(']');
}
