//! Why nothing goes on, as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::model::Kind;
use crate::nanoseconds::Nanoseconds;
use crate::snapshot::{ChannelSnapshot, Party, Side, Snapshot, Waiter};

/// So many of those at one end are told of one by one.
const MOST_TOLD: usize = 8;

/// Who has waited longer than so many nanoseconds, on which channel, and what those do who could end it; then what else
/// looks like trouble: tasks that wait for each other, channels that are full most of the time, and answers that never
/// came.
///
/// It knows what a task does elsewhere only by names: give all handles of a task the same one.
pub fn stall_report(snapshot: &Snapshot, longer_than: u64) -> String {
    let report = Report::new(snapshot, longer_than);
    let mut text = report.head();
    for channel in &snapshot.channels {
        report.put_side(&mut text, channel, true);
        report.put_side(&mut text, channel, false);
    }
    let parts = [report.deadlock(), report.slow_receivers(), report.missing_answers()];
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        text.push('\n');
        text.push_str(&part);
    }
    text
}

struct Report<'a> {
    snapshot: &'a Snapshot,
    longer_than: u64,
    /// The waits of each party that has a name.
    waits: BTreeMap<&'a Party, Vec<Place<'a>>>,
}

/// Where a party waits.
#[derive(Clone, Copy)]
struct Place<'a> {
    channel: &'a ChannelSnapshot,
    sends: bool,
    waiter: &'a Waiter,
}

impl<'a> Place<'a> {
    /// The end that could end the wait.
    fn other_end(&self) -> &'a Side {
        if self.sends { &self.channel.receivers } else { &self.channel.senders }
    }
}

impl<'a> Report<'a> {
    fn new(snapshot: &'a Snapshot, longer_than: u64) -> Self {
        let mut waits: BTreeMap<&Party, Vec<Place<'_>>> = BTreeMap::new();
        for channel in &snapshot.channels {
            for (side, sends) in [(&channel.senders, true), (&channel.receivers, false)] {
                for waiter in side.waits.iter().filter(|waiter| waiter.party.named) {
                    waits.entry(&waiter.party).or_default().push(Place { channel, sends, waiter });
                }
            }
        }
        Self { snapshot, longer_than, waits }
    }

    fn waited(&self, waiter: &Waiter) -> Nanoseconds {
        Nanoseconds(self.snapshot.at.saturating_sub(waiter.since))
    }

    fn is_long(&self, waiter: &Waiter) -> bool {
        self.waited(waiter).0 > self.longer_than
    }

    fn head(&self) -> String {
        let sides = self.snapshot.channels.iter().flat_map(|channel| [&channel.senders, &channel.receivers]);
        let long = sides.map(|side| side.waits.iter().filter(|waiter| self.is_long(waiter)).count()).sum();
        let (at, limit) = (Nanoseconds(self.snapshot.at), Nanoseconds(self.longer_than));
        let mut text = match long {
            0 => format!("at {at}: nothing has waited longer than {limit}\n"),
            1 => format!("at {at}: 1 operation has waited longer than {limit}\n"),
            _ => format!("at {at}: {long} operations have waited longer than {limit}\n"),
        };
        if self.snapshot.lost > 0 {
            let _ = writeln!(text, "{} events were lost, so some of it may be over", self.snapshot.lost);
        }
        text
    }

    fn put_side(&self, text: &mut String, channel: &ChannelSnapshot, sends: bool) {
        let (side, what, other) = match sends {
            true => (&channel.senders, "a place", &channel.receivers),
            false => (&channel.receivers, "a message", &channel.senders),
        };
        let long: Vec<&Waiter> = side.waits.iter().filter(|waiter| self.is_long(waiter)).collect();
        if long.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n{} {}", described(channel), filled(channel));
        for waiter in long.iter().take(MOST_TOLD) {
            let (label, waited) = (&waiter.party.label, self.waited(waiter));
            let _ = write!(text, "  {label} has waited {waited} for {what}, since {}", Nanoseconds(waiter.since));
            let _ = match waiter.woken {
                Some(at) => writeln!(text, "; it was woken at {}, and has not run since", Nanoseconds(at)),
                None => writeln!(text),
            };
        }
        put_rest(text, long.len().saturating_sub(MOST_TOLD), "have waited as long or less");
        let could = if sends { "receive" } else { "send" };
        let parties: BTreeSet<&Party> = other.parties.iter().collect();
        if parties.is_empty() {
            let _ = writeln!(text, "  nobody is left to {could}");
        }
        for party in parties.iter().take(MOST_TOLD) {
            let _ = writeln!(text, "  {could}s there: {}", self.what_it_does(party));
        }
        put_rest(text, parties.len().saturating_sub(MOST_TOLD), &format!("could {could}"));
    }

    fn what_it_does(&self, party: &Party) -> String {
        if !party.named {
            return format!("{}, of which no more is known: give it a name", party.label);
        }
        let Some(places) = self.waits.get(party) else {
            return format!("{}, which waits on no channel: it is busy, or waits for something else", party.label);
        };
        let waits = places.iter().take(2).map(|place| {
            let what = if place.sends { "a place" } else { "a message" };
            let channel = place.channel.channel.label();
            format!("has waited {} for {what} in {channel}", self.waited(place.waiter))
        });
        format!("{}, which {}", party.label, waits.collect::<Vec<_>>().join(" and "))
    }

    /// Those who wait only for each other.
    fn deadlock(&self) -> String {
        let mut stuck: BTreeSet<&Party> = self.waits.keys().copied().collect();
        loop {
            let helped: Vec<&Party> = stuck
                .iter()
                .filter(|party| self.waits[*party].iter().any(|place| may_end(place, &stuck)))
                .copied()
                .collect();
            if helped.is_empty() {
                break;
            }
            stuck.retain(|party| !helped.contains(party));
        }
        let who: Vec<&str> = stuck.iter().map(|party| party.label.as_str()).collect();
        let unless = "unless one of them also waits for something that is no channel here";
        match who[..] {
            [] => String::new(),
            [one] => format!("{one} waits for itself: a deadlock, {unless}\n"),
            [one, other] => format!("{one} and {other} wait for each other: a deadlock, {unless}\n"),
            _ => format!("these wait for each other: a deadlock, {unless}: {}\n", who.join(", ")),
        }
    }

    /// Channels where most sends have to wait and few receives.
    fn slow_receivers(&self) -> String {
        let mut text = String::new();
        for channel in &self.snapshot.channels {
            let counts = &channel.counts;
            // With those that go on.
            let (sends, receives) =
                (counts.sent + channel.senders.waiting, counts.received + channel.receivers.waiting);
            let slow = counts.sent >= 4 && counts.sends_waited * 2 > sends;
            if !slow || counts.receives_waited * 2 > receives {
                continue;
            }
            let receivers: BTreeSet<&str> =
                channel.receivers.parties.iter().map(|party| party.label.as_str()).collect();
            let _ = writeln!(
                text,
                "{}: {} of {} sends had to wait, half of them for {} or longer, and {} of {} receives: what receives is \
                 the slow part ({})",
                channel.channel.label(),
                counts.sends_waited,
                sends,
                Nanoseconds(counts.send_wait.quantile(0.5)),
                counts.receives_waited,
                receives,
                receivers.into_iter().take(MOST_TOLD).collect::<Vec<_>>().join(", "),
            );
        }
        text
    }

    /// Oneshots that ended without a message, as their receivers were told.
    fn missing_answers(&self) -> String {
        let here = self.snapshot.channels.iter().map(|channel| (&channel.channel, 1, &channel.counts));
        let gone = self.snapshot.gone.iter().map(|gone| (&gone.channel, gone.channels, &gone.counts));
        let mut text = String::new();
        for (channel, channels, counts) in here.chain(gone) {
            if channel.kind == Kind::Oneshot && counts.receives_ended > 0 {
                let place = channel.place.as_ref().filter(|_| channel.name.is_some());
                let made = place.map_or(String::new(), |place| format!(", made at {place}"));
                let _ = writeln!(
                    text,
                    "{}{made}: {} of {channels} oneshot {} ended without a message: the sender was dropped",
                    channel.label(),
                    counts.receives_ended,
                    if channels == 1 { "channel" } else { "channels" },
                );
            }
        }
        text
    }
}

/// Whether anybody can end a wait who is not stuck.
fn may_end(place: &Place<'_>, stuck: &BTreeSet<&Party>) -> bool {
    let other = place.other_end();
    // Without anybody there the channel closes, which ends it as well.
    let all_known = other.handles > 0 && other.parties.len() as u64 == other.handles;
    place.waiter.woken.is_some() || !all_known || other.parties.iter().any(|party| !stuck.contains(party))
}

fn described(channel: &ChannelSnapshot) -> String {
    let made = channel.channel.place.as_ref().filter(|_| channel.channel.name.is_some());
    let made = made.map_or(String::new(), |place| format!(", made at {place}"));
    format!("{} ({}{made})", channel.channel.label(), channel.channel.kind.name())
}

fn filled(channel: &ChannelSnapshot) -> String {
    let closed = if channel.closed.is_some() { " and closed" } else { "" };
    match (channel.channel.capacity, channel.depth) {
        _ if channel.channel.kind == Kind::Watch => format!("is at version {}{closed}", channel.counts.sent),
        (Some(0), _) => format!("holds nothing: each send waits for a receive{closed}"),
        (Some(capacity), depth) if depth >= capacity => format!("is full{closed}: {depth} of {capacity}"),
        (_, 0) => format!("is empty{closed}"),
        (Some(capacity), depth) => format!("holds {depth} of {capacity}{closed}"),
        (None, depth) => format!("holds {depth}{closed}"),
    }
}

fn put_rest(text: &mut String, count: usize, what: &str) {
    if count > 0 {
        let _ = writeln!(text, "  {count} more {what}");
    }
}
