//! Recorded channels as resources of tokio-console.
#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

use std::collections::{BTreeMap, HashMap};

use thalweg_recording::{ChannelSnapshot, Side, Snapshot};
use tracing::{Span, trace, trace_span};

/// Gives snapshots to the subscriber of `tracing` that is set, in the form that `console-subscriber` looks for.
#[derive(Debug, Default)]
pub struct Console {
    /// What was given of the channels that are alive, by their ids.
    resources: HashMap<u32, Resource>,
}

/// A channel as the console knows it. The console counts it as gone when its span is dropped.
#[derive(Debug)]
struct Resource {
    span: Span,
    label: String,
    given: BTreeMap<&'static str, u64>,
    who: BTreeMap<&'static str, String>,
}

impl Console {
    /// One that has given nothing yet.
    pub fn new() -> Console {
        Console::default()
    }

    /// Tells of channels that are new, of what has changed on the others, and of those that have gone.
    pub fn publish(&mut self, snapshot: &Snapshot) {
        let mut before = std::mem::take(&mut self.resources);
        for channel in &snapshot.channels {
            let id = channel.channel.id;
            // What a resource is called is told once: one that was named since is a new one.
            let known = before.remove(&id).filter(|resource| resource.label == channel.channel.label());
            let mut resource = known.unwrap_or_else(|| Resource::new(channel));
            resource.update(channel);
            self.resources.insert(id, resource);
        }
    }
}

impl Resource {
    fn new(channel: &ChannelSnapshot) -> Resource {
        let channel = &channel.channel;
        let place = channel.place.as_deref().unwrap_or_default();
        let (file, line) = place.rsplit_once(':').unwrap_or((place, "0"));
        let line: u64 = line.parse().unwrap_or(0);
        let label = channel.label();
        // The names are those that console-subscriber looks for.
        let span = trace_span!(
            parent: None,
            "runtime.resource",
            concrete_type = &label[..],
            kind = channel.kind.name(),
            is_internal = false,
            inherits_child_attrs = false,
            loc.file = file,
            loc.line = line,
            loc.col = 1_u64,
        );
        Resource { span, label, given: BTreeMap::new(), who: BTreeMap::new() }
    }

    fn update(&mut self, channel: &ChannelSnapshot) {
        let Resource { span, given, who, .. } = self;
        // An attribute belongs to the resource whose span is entered.
        let _entered = span.enter();
        let (senders, receivers) = (&channel.senders, &channel.receivers);
        let mut is_new = |name, value| given.insert(name, value) != Some(value);
        const TARGET: &str = "runtime::resource::state_update";
        if is_new("len", channel.depth) {
            trace!(target: TARGET, len = channel.depth, len.op = "override");
        }
        if let Some(capacity) = channel.channel.capacity.filter(|capacity| is_new("capacity", *capacity)) {
            trace!(target: TARGET, capacity, capacity.op = "override");
        }
        if is_new("sent", channel.counts.sent) {
            trace!(target: TARGET, sent = channel.counts.sent, sent.op = "override");
        }
        if is_new("received", channel.counts.received) {
            trace!(target: TARGET, received = channel.counts.received, received.op = "override");
        }
        if is_new("senders", senders.handles) {
            trace!(target: TARGET, senders = senders.handles, senders.op = "override");
        }
        if is_new("receivers", receivers.handles) {
            trace!(target: TARGET, receivers = receivers.handles, receivers.op = "override");
        }
        if channel.closed.is_some() && is_new("closed", 1) {
            trace!(target: TARGET, closed = true, closed.op = "override");
        }
        let mut are_others = |name, now: &str| who.insert(name, now.to_owned()).as_deref() != Some(now);
        // The console sorts attributes by name and shows six of a resource: these are to be among them.
        let sending = waiting(senders);
        if are_others("sending", &sending) {
            trace!(target: TARGET, awaiting_place = &sending[..], awaiting_place.op = "override");
        }
        let receiving = waiting(receivers);
        if are_others("receiving", &receiving) {
            trace!(target: TARGET, awaiting_message = &receiving[..], awaiting_message.op = "override");
        }
    }
}

/// Who waits, the first few by name.
fn waiting(side: &Side) -> String {
    const FEW: usize = 3;
    let mut named: Vec<&str> = side.waits.iter().take(FEW).map(|waiter| &waiter.party.label[..]).collect();
    let more = side.waiting.saturating_sub(named.len() as u64);
    let more = format!("{more} more");
    if !more.starts_with("0 ") {
        named.push(&more);
    }
    if named.is_empty() { "nobody".to_owned() } else { named.join(", ") }
}
