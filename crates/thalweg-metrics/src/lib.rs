//! The numbers of recorded channels, for the `metrics` facade.
#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

use std::collections::HashMap;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use thalweg_recording::{Channel, ChannelSnapshot, Counts, Histogram, Kind, Snapshot};

const GAUGES: [(&str, &str); 6] = [
    ("thalweg_channels", "channels of this name"),
    ("thalweg_channel_len", "messages in them, reserved places included"),
    ("thalweg_channel_senders", "handles that send"),
    ("thalweg_channel_receivers", "handles that receive"),
    ("thalweg_channel_waiting_senders", "sends that wait"),
    ("thalweg_channel_waiting_receivers", "receives that wait"),
];
const CAPACITY: &str = "thalweg_channel_capacity";
const HISTOGRAMS: [(&str, &str); 3] = [
    ("thalweg_channel_send_wait_seconds", "how long sends waited whose wait is over"),
    ("thalweg_channel_receive_wait_seconds", "how long receives waited whose wait is over"),
    ("thalweg_channel_queue_seconds", "how long messages were in the channel"),
];
const LOST: &str = "thalweg_events_lost_total";

/// Gives snapshots to the recorder of `metrics` that is installed.
///
/// Counters and histograms get what is new since the snapshot before, so each recording needs one exporter, and one is
/// enough.
#[derive(Debug, Default)]
pub struct Exporter {
    /// What was given so far, by the labels.
    given: HashMap<(String, Kind), Counts>,
    lost: u64,
    at: u64,
}

/// The channels of one name and kind.
#[derive(Default)]
struct Sum {
    gauges: [u64; GAUGES.len()],
    capacity: Option<u64>,
    counts: Counts,
}

impl Exporter {
    /// One that has given nothing yet. Tells the recorder what the names mean.
    pub fn new() -> Exporter {
        GAUGES.iter().for_each(|(name, what)| describe_gauge!(*name, Unit::Count, *what));
        describe_gauge!(CAPACITY, Unit::Count, "how many messages they may hold, where all have a limit");
        for (name, _) in Counts::default().sums() {
            describe_counter!(total(name), Unit::Count, format!("{}, so far", name.replace('_', " ")));
        }
        HISTOGRAMS.iter().for_each(|(name, what)| describe_histogram!(*name, Unit::Seconds, *what));
        describe_counter!(LOST, Unit::Count, "events that were lost before they were counted");
        Exporter::default()
    }

    /// Gives these numbers to the recorder.
    ///
    /// Channels of one name and kind are one series. A series stays when its channels have gone: its gauges are 0 then.
    pub fn publish(&mut self, snapshot: &Snapshot) {
        if snapshot.at < self.at {
            // Of another recording, which counts from 0.
            self.given.values_mut().for_each(|counts| *counts = Counts::default());
            self.lost = 0;
        }
        self.at = snapshot.at;
        counter!(LOST).increment(snapshot.lost.saturating_sub(self.lost));
        self.lost = snapshot.lost;
        let known = self.given.keys().map(|labels| (labels.clone(), Sum::default()));
        let mut sums: HashMap<(String, Kind), Sum> = known.collect();
        let labels = |channel: &Channel| (channel.label(), channel.kind);
        for gone in &snapshot.gone {
            sums.entry(labels(&gone.channel)).or_default().counts.merge(&gone.counts);
        }
        for channel in &snapshot.channels {
            sums.entry(labels(&channel.channel)).or_default().add(channel);
        }
        for ((channel, kind), sum) in sums {
            sum.publish(&channel, kind, self.given.entry((channel.clone(), kind)).or_default());
        }
    }
}

impl Sum {
    fn add(&mut self, channel: &ChannelSnapshot) {
        let (senders, receivers) = (&channel.senders, &channel.receivers);
        let more = [1, channel.depth, senders.handles, receivers.handles, senders.waiting, receivers.waiting];
        let first = self.gauges[0] == 0;
        self.gauges.iter_mut().zip(more).for_each(|(gauge, more)| *gauge += more);
        let so_far = if first { Some(0) } else { self.capacity };
        self.capacity = so_far.zip(channel.channel.capacity).map(|(so_far, more)| so_far.saturating_add(more));
        self.counts.merge(&channel.counts);
    }

    fn publish(self, channel: &str, kind: Kind, given: &mut Counts) {
        let labels = [("channel", channel.to_owned()), ("kind", kind.name().to_owned())];
        for ((name, _), value) in GAUGES.into_iter().zip(self.gauges) {
            gauge!(name, &labels).set(value as f64);
        }
        if let Some(capacity) = self.capacity {
            gauge!(CAPACITY, &labels).set(capacity as f64);
        }
        for ((name, now), (_, before)) in self.counts.sums().into_iter().zip(given.sums()) {
            // Less than before: they were renamed, or the tally had too many names.
            counter!(total(name), &labels).increment(now.saturating_sub(before));
        }
        let of = |counts: &Counts| [&counts.send_wait, &counts.receive_wait, &counts.queue_time].map(Histogram::clone);
        for ((name, _), (now, before)) in HISTOGRAMS.into_iter().zip(of(&self.counts).into_iter().zip(of(given))) {
            let histogram = histogram!(name, &labels);
            let before = before.buckets().map(|(_, count)| count).chain(std::iter::repeat(0));
            for ((longest, count), before) in now.buckets().zip(before) {
                let new = usize::try_from(count.saturating_sub(before)).unwrap_or(usize::MAX);
                if new > 0 {
                    histogram.record_many(middle(longest), new);
                }
            }
        }
        *given = self.counts;
    }
}

/// In seconds, the middle of the times up to `longest` nanoseconds and from half of that.
fn middle(longest: u64) -> f64 {
    longest as f64 * 0.75 / 1e9
}

fn total(name: &str) -> String {
    format!("thalweg_channel_{name}_total")
}
