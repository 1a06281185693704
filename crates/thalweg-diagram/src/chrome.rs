//! All of a recording in the format of Chrome's traces, which Perfetto opens: for runs too large for a picture.

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Value, json};
use thalweg_recording::{Handle, NO_HANDLE, Recording, What};

use crate::cast::Cast;
use crate::options::Options;
use crate::slices::Slices;
use crate::story::Story;

/// Writes every event as a Chrome trace in JSON: a process a channel, a thread a handle.
///
/// Waits are slices, messages are flows from the send to the receive, and how full a channel is is a counter. A handle at which
/// several wait at a time has more threads, with a number after its name.
pub fn chrome_trace(recording: &Recording, to: &mut impl Write) -> io::Result<()> {
    let every_lane = Options { fold: usize::MAX, ..Options::default() };
    let story = Story::new(recording, Cast::new(recording, &every_lane));
    let mut trace = Trace { to, first: true };
    trace.to.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
    let slices = Slices::new(&story);
    names(recording, &slices, &mut trace)?;
    events(&story, &slices, &mut trace)?;
    for (number, wait) in story.waits.iter().enumerate() {
        let thread = slices.thread(number);
        let name = if wait.sends { "waits for a place" } else { "waits for a message" };
        let time = micros(Slices::waits_for(story.duration(wait)));
        let slice = json!({ "ph": "X", "cat": "wait", "name": name, "pid": wait.channel, "tid": thread });
        trace.put(slice, &[("ts", micros(story.at(wait.from))), ("dur", time)])?;
    }
    for depths in story.depths.values() {
        for (event, depth) in depths.iter().filter(|(event, _)| *event < recording.events.len()) {
            let (at, channel) = (story.at(*event), recording.events[*event].channel);
            let counter = json!({ "ph": "C", "name": "in the channel", "pid": channel, "args": { "messages": depth } });
            trace.put(counter, &[("ts", micros(at))])?;
        }
    }
    trace.to.write_all(b"\n]}\n")
}

fn names(recording: &Recording, slices: &Slices, trace: &mut Trace<'_, impl Write>) -> io::Result<()> {
    for channel in &recording.channels {
        let called = channel.name.as_ref().or(channel.place.as_ref());
        let name = format!("{} {}", channel.kind.name(), called.map_or("", String::as_str));
        let args = json!({ "name": name, "capacity": channel.capacity });
        trace.put(json!({ "ph": "M", "name": "process_name", "pid": channel.id, "args": args }), &[])?;
        // What happens to it and is nobody's doing, such as its end.
        let args = json!({ "name": "the channel" });
        trace.put(json!({ "ph": "M", "name": "thread_name", "pid": channel.id, "tid": 0, "args": args }), &[])?;
    }
    let mut name = |handle: &Handle, thread: u64, end: &str| {
        let name = handle.name.clone().unwrap_or_else(|| format!("{} {}", handle.role.name(), handle.ordinal));
        let name = json!({ "name": format!("{name}{end}") });
        let what = json!({ "ph": "M", "name": "thread_name", "pid": handle.channel, "tid": thread, "args": name });
        trace.put(what, &[])
    };
    recording.handles.iter().try_for_each(|handle| name(handle, handle.id.into(), ""))?;
    let known: HashMap<u32, &Handle> = recording.handles.iter().map(|handle| (handle.id, handle)).collect();
    let mut added = slices.added.iter().filter_map(|(thread, (of, number))| Some((known.get(of)?, thread, number)));
    added.try_for_each(|(handle, thread, number)| name(handle, *thread, &format!(" ({number})")))
}

fn events(story: &Story<'_>, slices: &Slices, trace: &mut Trace<'_, impl Write>) -> io::Result<()> {
    for (number, event) in story.events().iter().enumerate() {
        let at = [("ts", micros(story.at(number)))];
        let handle = if event.handle == NO_HANDLE { 0 } else { event.handle };
        let moves = matches!(event.what, What::Sent | What::SentByPermit | What::Received);
        let name = event.what.name().replace('_', " ");
        let args = json!({ "message": event.message, "aux": event.aux });
        let mut what = json!({ "cat": "event", "name": name, "pid": event.channel, "tid": handle, "args": args });
        what["ph"] = if moves { "X" } else { "i" }.into();
        if moves {
            what["dur"] = micros(slices.moves_for(event.handle, story.at(number)));
        } else {
            what["s"] = "t".into();
        }
        trace.put(what, &at)?;
        if let Some(message) = event.message.filter(|_| moves) {
            let id = format!("{}.{message}", event.channel);
            let phase = if event.what == What::Received { "f" } else { "s" };
            let flow = json!({ "ph": phase, "bp": "e", "cat": "message", "name": "message", "id": id,
                "pid": event.channel, "tid": handle });
            trace.put(flow, &at)?;
        }
    }
    Ok(())
}

/// The format counts in microseconds.
fn micros(nanoseconds: u64) -> Value {
    json!(nanoseconds as f64 / 1e3)
}

struct Trace<'t, W> {
    to: &'t mut W,
    first: bool,
}

impl<W: Write> Trace<'_, W> {
    fn put(&mut self, mut what: Value, more: &[(&str, Value)]) -> io::Result<()> {
        for (key, value) in more {
            what[*key] = value.clone();
        }
        self.to.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        serde_json::to_writer(&mut *self.to, &what).map_err(io::Error::from)
    }
}
