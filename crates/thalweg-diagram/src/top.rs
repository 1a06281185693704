//! A snapshot as a table for terminals.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use thalweg_recording::{ChannelSnapshot, Nanoseconds, Party, Side, Snapshot};

use crate::say;

/// What all columns but the name take, with the blanks between them.
const OTHER_COLUMNS: usize = 62;
const BAR: usize = 6;

/// The channels of a running program as a table of so many columns: those first where somebody waits, each with a line
/// that says who waits for whom. Rates are since the snapshot `before`, or since the start.
///
/// `thalweg top` shows this.
pub fn top(snapshot: &Snapshot, before: Option<&Snapshot>, width: usize, colour: bool) -> String {
    let table = Table { snapshot, before, width: width.max(OTHER_COLUMNS + 8), colour, waits: waits(snapshot) };
    let mut text = table.head();
    let mut channels: Vec<&ChannelSnapshot> = snapshot.channels.iter().collect();
    let longest = |side: &Side| side.waits.first().map_or(0, |waiter| snapshot.at.saturating_sub(waiter.since) + 1);
    channels.sort_by_key(|c| (Reverse(longest(&c.senders)), Reverse(longest(&c.receivers)), c.channel.id));
    channels.into_iter().for_each(|channel| table.put_channel(&mut text, channel));
    text
}

struct Table<'a> {
    snapshot: &'a Snapshot,
    before: Option<&'a Snapshot>,
    width: usize,
    colour: bool,
    /// What each party with a name waits for.
    waits: HashMap<&'a Party, String>,
}

fn waits(snapshot: &Snapshot) -> HashMap<&Party, String> {
    let mut waits = HashMap::new();
    for channel in &snapshot.channels {
        for (side, what) in [(&channel.senders, "to send to"), (&channel.receivers, "to receive from")] {
            for waiter in side.waits.iter().filter(|waiter| waiter.party.named) {
                waits.entry(&waiter.party).or_insert_with(|| format!("{what} {}", channel.channel.label()));
            }
        }
    }
    waits
}

impl Table<'_> {
    fn head(&self) -> String {
        let Snapshot { at, lost, channels, gone, .. } = self.snapshot;
        let count = |side: fn(&ChannelSnapshot) -> &Side| channels.iter().map(|c| side(c).waiting).sum::<u64>();
        let mut said = vec![
            format!("at {}", Nanoseconds(*at)),
            say::things(channels.len() as u64, "channel"),
            format!("{} waiting to send", say::count(count(|c| &c.senders))),
            format!("{} to receive", say::count(count(|c| &c.receivers))),
        ];
        self.snapshot.program.iter().for_each(|program| said.insert(0, program.clone()));
        let went: u64 = gone.iter().map(|gone| gone.channels).sum();
        said.extend((went > 0).then(|| format!("{} gone", say::count(went))));
        said.extend((*lost > 0).then(|| format!("{} events lost", say::count(*lost))));
        let mut text = format!("{}\n", say::cut(&said.join(" · "), self.width));
        let columns = ["channel", "kind", "depth", "sent/s", "recv/s", "s/r", "p99 wait s/r"].map(str::to_owned);
        self.put_row(&mut text, &columns, "1");
        text
    }

    fn put_row(&self, text: &mut String, columns: &[String; 7], style: &str) {
        let [name, kind, depth, sent, received, waiting, p99] = columns;
        let name_width = self.width - OTHER_COLUMNS;
        let name = say::cut(name, name_width);
        let row = format!("{name:name_width$} {kind:9} {depth:16} {sent:>6} {received:>6} {waiting:>5} {p99:>14}");
        self.put_line(text, &row, style);
    }

    fn put_line(&self, text: &mut String, line: &str, style: &str) {
        let line = say::cut(line, self.width);
        let line = line.trim_end();
        let _ = match self.colour && !style.is_empty() {
            true => writeln!(text, "\x1b[{style}m{line}\x1b[0m"),
            false => writeln!(text, "{line}"),
        };
    }

    fn put_channel(&self, text: &mut String, channel: &ChannelSnapshot) {
        let before = self.before.and_then(|before| {
            before
                .channels
                .iter()
                .find(|before| before.channel.id == channel.channel.id)
                .map(|c| (before.at, &c.counts))
        });
        let since = before.map_or(0, |(at, _)| at);
        let rate = |now: u64, then: u64| {
            let seconds = self.snapshot.at.saturating_sub(since) as f64 / 1e9;
            if seconds > 0.0 {
                say::brief((now.saturating_sub(then) as f64 / seconds).round() as u64)
            } else {
                "-".to_owned()
            }
        };
        let counts = &channel.counts;
        let (sent, received) = before.map_or((0, 0), |(_, counts)| (counts.sent, counts.received));
        let p99 = |histogram: &thalweg_recording::Histogram| match histogram.count() {
            0 => "-".to_owned(),
            _ => say::time(histogram.quantile(0.99)).replace(' ', ""),
        };
        let columns = [
            channel.channel.label(),
            channel.channel.kind.name().to_owned(),
            depth(channel),
            rate(counts.sent, sent),
            rate(counts.received, received),
            format!("{}/{}", say::brief(channel.senders.waiting), say::brief(channel.receivers.waiting)),
            format!("{}/{}", p99(&counts.send_wait), p99(&counts.receive_wait)),
        ];
        self.put_row(text, &columns, "");
        self.put_waits(text, &channel.senders, "place", &channel.receivers);
        self.put_waits(text, &channel.receivers, "message", &channel.senders);
    }

    /// Who waits, and what those do who could end it.
    fn put_waits(&self, text: &mut String, side: &Side, what: &str, other: &Side) {
        let Some(first) = side.waits.first() else { return };
        let more = if side.waiting > 1 { format!(" +{}", say::count(side.waiting - 1)) } else { String::new() };
        let waited = Nanoseconds(self.snapshot.at.saturating_sub(first.since));
        let parties: BTreeSet<&Party> = other.parties.iter().collect();
        let doing = |party: &&Party| match (party.named, self.waits.get(*party)) {
            (true, Some(waits)) => format!("{}, which waits {waits}", party.label),
            _ => party.label.clone(),
        };
        let whom: Vec<String> = parties.iter().take(3).map(doing).collect();
        let from = match whom.is_empty() {
            true => "from nobody: that end is gone".to_owned(),
            false => format!("from {}", whom.join("; ")),
        };
        let line = format!("  {}{more}: {waited} for a {what} {from}", first.party.label);
        let line = if parties.len() > 3 { format!("{line}; +{}", parties.len() - 3) } else { line };
        self.put_line(text, &line, if what == "place" { "33" } else { "36" });
    }
}

/// How full it is, as a bar and in numbers.
fn depth(channel: &ChannelSnapshot) -> String {
    let end = if channel.closed.is_some() { "x" } else { "" };
    match channel.channel.capacity {
        Some(capacity) if capacity > 0 => {
            let filled = (channel.depth.min(capacity) as u128 * BAR as u128).div_ceil(u128::from(capacity)) as usize;
            let bar = format!("{}{}", "█".repeat(filled), "░".repeat(BAR - filled));
            format!("{bar} {}/{}{end}", say::brief(channel.depth), say::brief(capacity))
        }
        Some(_) => format!("{} 0/0{end}", " ".repeat(BAR)),
        None => format!("{} {}/∞{end}", " ".repeat(BAR), say::brief(channel.depth)),
    }
}
