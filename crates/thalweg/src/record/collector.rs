//! Takes the events out of the rings and keeps what was asked for: the last of them, a file of all, and the numbers.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use std::fs::File;
use std::io::{self, BufWriter};
use std::thread;

use thalweg_recording::{Channel, Event, Handle, NO_HANDLE, Recording, Snapshot, Tally, What, Writer};

use super::entry::Entry;
use super::news::{MOST_TEXT, News};
use super::run;

/// How long what is known of a handle is kept after it has gone, for events that come late: 10 s, in nanoseconds.
const GRACE: u64 = 10_000_000_000;
/// But not of more than these.
const MOST_GONE: usize = 1 << 16;

/// So many turns those get that are at a step.
const PATIENCE: u32 = 1_000;

/// What is known of a run.
pub(super) struct Collector {
    began: u64,
    /// The first number of this recording: what is older is not its business.
    first_id: u32,
    keep: usize,
    kept: VecDeque<Event>,
    file: Option<Writer<BufWriter<File>>>,
    /// The file could not be written, and was given up.
    failure: Option<io::Error>,
    tally: Tally,
    channels: BTreeMap<u32, Known>,
    handles: BTreeMap<u32, Handle>,
    /// Handles that have gone, and when.
    gone: VecDeque<(u64, u32)>,
    /// The texts of messages: of which channel, which message, and what. And how long they are together.
    texts: VecDeque<(u32, u64, String)>,
    text_bytes: usize,
    lost: u64,
    /// Taken, but not handed on yet.
    batch: Vec<(u32, Entry)>,
}

/// A channel, and how many of its handles are known.
struct Known {
    channel: Channel,
    handles: usize,
}

impl Collector {
    pub(super) fn new(keep: usize, file: Option<File>) -> io::Result<Collector> {
        let mut file = file.map(|file| Writer::new(BufWriter::new(file))).transpose()?;
        if let (Some(file), Some(program)) = (&mut file, program()) {
            file.note("program", &program)?;
        }
        run::is_listened_to();
        Ok(Collector {
            began: run::now(),
            first_id: run::next_id(),
            keep,
            kept: VecDeque::new(),
            file,
            failure: None,
            tally: Tally::new(),
            channels: BTreeMap::new(),
            handles: BTreeMap::new(),
            gone: VecDeque::new(),
            texts: VecDeque::new(),
            text_bytes: 0,
            lost: 0,
            batch: Vec::new(),
        })
    }

    /// Now, in nanoseconds since the recording began.
    pub(super) fn now(&self) -> u64 {
        run::now().saturating_sub(self.began)
    }

    /// Takes what has come since the last time, but what a step that is not over may have to come before.
    pub(super) fn collect(&mut self) {
        let horizon = self.take();
        self.hand_on_until(horizon);
        self.forget();
    }

    /// The same, up to now: who is at a step gets some turns to finish it.
    fn catch_up(&mut self) {
        let now = run::now();
        for _ in 0..PATIENCE {
            if run::rings().horizon() >= now {
                break;
            }
            thread::yield_now();
        }
        self.collect();
    }

    /// Up to when what was taken is all.
    fn take(&mut self) -> u64 {
        let batch = &mut self.batch;
        let mut rings = run::rings();
        let horizon = rings.horizon();
        rings.retain(|ring| {
            let ended = ring.take(|words| batch.extend(Entry::unpack(words).map(|entry| (ring.stream, entry))));
            !ended
        });
        drop(rings);
        let lost = run::take_lost();
        // After the events: what they are about was told before them.
        run::take_news().into_iter().for_each(|news| self.learn(news));
        if lost > 0 {
            self.lost += lost;
            self.tally.lost(lost);
            self.write(|file| file.lost(lost));
        }
        horizon
    }

    fn hand_on_until(&mut self, horizon: u64) {
        let mut batch = core::mem::take(&mut self.batch);
        batch.sort_by_key(|(_, entry)| entry.at);
        let count = batch.partition_point(|(_, entry)| entry.at <= horizon);
        let mut events: Vec<(u32, Event)> = Vec::with_capacity(count);
        events.extend(batch.drain(..count).filter_map(|(stream, entry)| Some((stream, self.event(entry)?))));
        self.batch = batch;
        self.hand_on(&events);
    }

    fn hand_on(&mut self, events: &[(u32, Event)]) {
        for (_, event) in events {
            self.tally.event(event);
            if event.what == What::Dropped {
                self.gone.push_back((event.at, event.handle));
            }
        }
        let skipped = events.len().saturating_sub(self.keep);
        self.kept.extend(events[skipped..].iter().map(|(_, event)| *event));
        let surplus = self.kept.len().saturating_sub(self.keep);
        self.kept.drain(..surplus);
        // One stream for each collection: within it they stand in the order of their time, and a later one may go back.
        if self.file.is_some() && !events.is_empty() {
            let mut streams: BTreeMap<u32, Vec<Event>> = BTreeMap::new();
            events.iter().for_each(|(stream, event)| streams.entry(*stream).or_default().push(*event));
            self.write(|file| streams.iter().try_for_each(|(stream, events)| file.events(*stream, events)));
            self.write(Writer::flush);
        }
    }

    fn event(&self, entry: Entry) -> Option<Event> {
        let Entry { at, by, what, message, aux } = entry;
        let (channel, handle) = match self.handles.get(&by) {
            Some(handle) => (handle.channel, by),
            None => (self.channels.get(&by)?.channel.id, NO_HANDLE),
        };
        Some(Event { at: at.saturating_sub(self.began), channel, handle, what, message, aux })
    }

    fn learn(&mut self, news: News) {
        match news {
            News::Channel(channel) if channel.id >= self.first_id => {
                self.tally.channel(&channel);
                self.write(|file| file.channel(&channel));
                self.channels.insert(channel.id, Known { channel, handles: 0 });
            }
            News::Handle(handle) => {
                let Some(known) = self.channels.get_mut(&handle.channel) else { return };
                known.handles += 1;
                self.tally.handle(&handle);
                self.write(|file| file.handle(&handle));
                self.handles.insert(handle.id, handle);
            }
            News::Name(id, name) => {
                let Some(handle) = self.handles.get_mut(&id) else { return };
                handle.name = Some(name);
                let handle = handle.clone();
                self.tally.handle(&handle);
                self.write(|file| file.handle(&handle));
            }
            News::ChannelName(id, name) => {
                let Some(known) = self.handles.get(&id).and_then(|handle| self.channels.get_mut(&handle.channel))
                else {
                    return;
                };
                known.channel.name = Some(name);
                let channel = known.channel.clone();
                self.tally.channel(&channel);
                self.write(|file| file.channel(&channel));
            }
            News::Text(by, message, text) => {
                let Some(channel) = self.handles.get(&by).map(|handle| handle.channel) else { return };
                self.write(|file| file.text(channel, message, &text));
                self.keep_text(channel, message, text);
            }
            News::Gone(by, at) => {
                self.batch.push((0, Entry { at, by, what: What::Dropped, message: None, aux: 0 }));
            }
            News::Channel(_) => {}
        }
    }

    fn keep_text(&mut self, channel: u32, message: u64, text: String) {
        self.text_bytes += text.len();
        self.texts.push_back((channel, message, text));
        while self.texts.len() > self.keep || self.text_bytes > MOST_TEXT {
            let Some((_, _, oldest)) = self.texts.pop_front() else { return };
            self.text_bytes -= oldest.len();
        }
    }

    /// The texts of the messages that what is kept is about.
    fn kept_texts(&self) -> BTreeMap<(u32, u64), String> {
        let of = |event: &Event| event.message.map(|message| (event.channel, message));
        let messages: BTreeSet<(u32, u64)> = self.kept.iter().filter_map(of).collect();
        let texts = self.texts.iter().map(|(channel, message, text)| ((*channel, *message), text.clone()));
        texts.filter(|(message, _)| messages.contains(message)).collect()
    }

    /// Forgets the handles that nothing which is kept is about, and channels without any.
    fn forget(&mut self) {
        let oldest = self.kept.front().map_or(u64::MAX, |event| event.at);
        let before = self.now().saturating_sub(GRACE);
        let is_past = |at: u64, gone: usize| at < oldest && (at < before || gone > MOST_GONE);
        while self.gone.front().is_some_and(|(at, _)| is_past(*at, self.gone.len())) {
            let Some((_, id)) = self.gone.pop_front() else { break };
            let Some(handle) = self.handles.remove(&id) else { continue };
            if let Some(known) = self.channels.get_mut(&handle.channel) {
                known.handles -= 1;
                if known.handles == 0 {
                    self.channels.remove(&handle.channel);
                }
            }
        }
    }

    fn write(&mut self, write: impl FnOnce(&mut Writer<BufWriter<File>>) -> io::Result<()>) {
        if let Some(file) = &mut self.file {
            if let Err(error) = write(file) {
                // Once, and no more: a file with a hole would say what is not so.
                self.failure = Some(error);
                self.file = None;
            }
        }
    }

    /// The last events, and who they are about.
    pub(super) fn recording(&mut self, because: &str) -> Recording {
        self.catch_up();
        let mut recording = Recording {
            channels: self.channels.values().map(|known| known.channel.clone()).collect(),
            handles: self.handles.values().cloned().collect(),
            events: self.kept.iter().copied().collect(),
            texts: self.kept_texts(),
            lost: self.lost,
            ended: self.now(),
            notes: program().map(|program| (String::from("program"), program)).into_iter().collect(),
        };
        recording.notes.push((String::from("taken because"), String::from(because)));
        recording.events.sort_by_key(|event| event.at);
        recording
    }

    pub(super) fn snapshot(&mut self) -> Snapshot {
        self.catch_up();
        Snapshot { program: program(), ..self.tally.snapshot(self.now()) }
    }

    /// Sends that wait: since when the longest does.
    pub(super) fn stalled_since(&mut self) -> Option<u64> {
        self.tally.waits().iter().find(|wait| wait.sends).map(|wait| wait.since)
    }

    /// Ends the file. What went wrong with it, if anything did.
    pub(super) fn end(&mut self) -> io::Result<()> {
        // Of what others do meanwhile, only a part would be found: a receive, and not its send.
        let until = run::now();
        self.catch_up();
        // What is held back still would be lost otherwise.
        self.hand_on_until(until);
        let now = self.now();
        self.write(|file| file.ended(now).and_then(|()| file.flush()));
        self.file = None;
        self.failure.take().map_or(Ok(()), Err)
    }
}

/// The name of the program that runs.
fn program() -> Option<String> {
    let path = std::env::args_os().next()?;
    Some(std::path::Path::new(&path).file_name()?.to_string_lossy().into_owned())
}

#[cfg(test)]
#[path = "collector_tests.rs"]
mod tests;
