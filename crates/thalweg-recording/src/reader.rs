//! A recording out of a file, as far as it can be read.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};

use crate::format::{self, Bytes};
use crate::model::{Channel, Event, Handle, NO_HANDLE, Recording};
use crate::problem::{Partial, Problem};

/// How much of a file is kept, so that a large one does not take all memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most events, at about 40 bytes of memory each.
    pub events: usize,
    /// The most bytes for channels, handles, notes and texts, for each of these.
    pub others: usize,
}

impl Default for Limits {
    /// Eight million events, 320 MB, and 64 MiB of each other kind.
    fn default() -> Self {
        Self { events: 8_000_000, others: 64 << 20 }
    }
}

/// Reads a recording.
///
/// # Errors
///
/// Where anything is wrong with the file; what could be read is in the error. Nothing in a file makes this panic, or take
/// more memory than `limits` allow and the file has bytes.
pub fn read(from: impl Read, limits: &Limits) -> Result<Recording, Box<Partial>> {
    let mut reader = Reader::new(from, limits);
    match reader.everything() {
        Ok(()) => {}
        Err(problem) => reader.problems.push(problem),
    }
    reader.finish()
}

/// What was kept of a kind, and what was not.
#[derive(Default)]
struct Count {
    kept: u64,
    left_out: u64,
    cost: usize,
}

impl Count {
    /// Whether one more is kept, which takes so much of the limit. After the first that was not kept none is.
    fn one(&mut self, cost: usize, limit: usize) -> bool {
        let keeps = self.left_out == 0 && self.cost + cost <= limit;
        if keeps {
            self.kept += 1;
            self.cost += cost;
        } else {
            self.left_out += 1;
        }
        keeps
    }
}

struct Reader<'a, R> {
    from: R,
    limits: &'a Limits,
    /// The byte at which the next chunk begins.
    at: u64,
    chunk: Vec<u8>,
    recording: Recording,
    ended: Option<u64>,
    problems: Vec<Problem>,
    events: Count,
    /// Channels, handles, texts, notes.
    others: [Count; 4],
    /// The last time in each stream.
    clocks: HashMap<u32, u64>,
    stepped_back: u64,
    most_back: u64,
}

impl<'a, R: Read> Reader<'a, R> {
    fn new(from: R, limits: &'a Limits) -> Self {
        Self {
            from,
            limits,
            at: 0,
            chunk: Vec::new(),
            recording: Recording::default(),
            ended: None,
            problems: Vec::new(),
            events: Count::default(),
            others: Default::default(),
            clocks: HashMap::new(),
            stepped_back: 0,
            most_back: 0,
        }
    }

    fn everything(&mut self) -> Result<(), Problem> {
        let head = self.bytes(format::HEAD).map_err(Problem::Io)?;
        if self.chunk.len() < 8 || self.chunk[..8] != format::MAGIC {
            return Err(Problem::Foreign);
        }
        if head < format::HEAD {
            return Err(Problem::Truncated { at: 0 });
        }
        let version = Bytes(&self.chunk[8..]).u32().unwrap_or(0);
        if version != format::VERSION {
            return Err(Problem::Version(version));
        }
        self.at = format::HEAD as u64;
        while self.one_chunk()? {}
        Ok(())
    }

    /// Reads so many bytes into `chunk`, or fewer where the file ends. Takes memory only for what is there.
    fn bytes(&mut self, count: usize) -> io::Result<usize> {
        self.chunk.clear();
        self.from.by_ref().take(count as u64).read_to_end(&mut self.chunk)
    }

    /// Whether there was one.
    fn one_chunk(&mut self) -> Result<bool, Problem> {
        let at = self.at;
        let head = self.bytes(8).map_err(Problem::Io)?;
        if head == 0 {
            return Ok(false);
        }
        let (tag, length) = match *self.chunk {
            [a, b, c, d, ref length @ ..] if head == 8 => ([a, b, c, d], Bytes(length).u32().unwrap_or(0) as usize),
            _ => return Err(Problem::Truncated { at }),
        };
        if length > format::LONGEST_CHUNK {
            return Err(Problem::Damaged { at, why: "a piece claims to be longer than any is" });
        }
        if self.bytes(length).map_err(Problem::Io)? < length {
            // A piece may hold all events of a recording, and each is whole by itself. In other pieces the end may be missed.
            if tag == format::EVENTS {
                let chunk = std::mem::take(&mut self.chunk);
                let _ = self.add_events(Bytes(&chunk));
            }
            return Err(Problem::Truncated { at });
        }
        self.at += 8 + length as u64;
        let chunk = std::mem::take(&mut self.chunk);
        let understood = self.content(tag, Bytes(&chunk));
        self.chunk = chunk;
        understood.ok_or(Problem::Damaged { at, why: "a piece makes no sense" })?;
        Ok(true)
    }

    fn content(&mut self, tag: [u8; 4], mut bytes: Bytes<'_>) -> Option<()> {
        let limit = self.limits.others;
        // What an empty one takes, in the order of size.
        let cost = bytes.0.len() + 64;
        match tag {
            format::EVENTS => return self.add_events(bytes),
            format::CHANNEL => {
                let channel = bytes.channel()?;
                if self.others[0].one(cost, limit) {
                    self.recording.channels.push(channel);
                }
            }
            format::HANDLE => {
                let handle = bytes.handle().filter(|handle| handle.id != NO_HANDLE)?;
                if self.others[1].one(cost, limit) {
                    self.recording.handles.push(handle);
                }
            }
            format::TEXT => {
                let key = (bytes.u32()?, bytes.u64()?);
                let text = String::from_utf8(bytes.0.to_vec()).ok()?;
                if self.others[2].one(cost, limit) {
                    self.recording.texts.insert(key, text);
                }
            }
            format::NOTE => {
                let note = (bytes.string()??, bytes.string()??);
                if self.others[3].one(cost, limit) {
                    self.recording.notes.push(note);
                }
            }
            format::LOST => self.recording.lost = self.recording.lost.saturating_add(bytes.u64()?),
            format::ENDS => self.ended = Some(bytes.u64()?),
            // A later writer's, which may be left out.
            [b'a'..=b'z', ..] => {}
            _ => return None,
        }
        Some(())
    }

    fn add_events(&mut self, mut bytes: Bytes<'_>) -> Option<()> {
        let stream = bytes.u32()?;
        bytes.take(4)?;
        let mut last = self.clocks.get(&stream).copied().unwrap_or(0);
        while !bytes.0.is_empty() {
            let mut event = bytes.event()?;
            if event.at < last {
                self.stepped_back += 1;
                self.most_back = self.most_back.max(last - event.at);
                event.at = last;
            }
            last = event.at;
            if self.events.one(1, self.limits.events) {
                self.recording.events.push(event);
            }
            // At once, since the rest of the chunk may make no sense.
            self.clocks.insert(stream, last);
        }
        Some(())
    }

    fn finish(mut self) -> Result<Recording, Box<Partial>> {
        if self.stepped_back > 0 {
            self.problems.push(Problem::Clock { events: self.stepped_back, most: self.most_back });
        }
        let names = ["channels", "handles", "texts", "notes"];
        let counts = names.into_iter().zip(&self.others).chain([("events", &self.events)]);
        for (what, Count { kept, left_out, .. }) in counts {
            if *left_out > 0 {
                self.problems.push(Problem::Limit { what, kept: *kept, left_out: *left_out });
            }
        }
        let mut recording = self.recording;
        let described = leave_out_undescribed(&mut recording);
        if described > 0 {
            self.problems.push(Problem::Orphans { events: described });
        }
        // Stable: within a stream the order of the file is the order of what happened.
        recording.events.sort_by_key(|event| event.at);
        let last = recording.events.last().map_or(0, |event| event.at);
        recording.ended = self.ended.unwrap_or(last).max(last);
        if self.problems.is_empty() {
            Ok(recording)
        } else {
            Err(Box::new(Partial { recording, problems: self.problems }))
        }
    }
}

/// Keeps one of each number, as it was described last, since names may come later; handles of channels that are there, and
/// their events. How many events went.
fn leave_out_undescribed(recording: &mut Recording) -> u64 {
    // Who a number is does not change, only what it is called.
    let same = |a: &Channel, b: &Channel| (a.id, a.kind, a.capacity) == (b.id, b.kind, b.capacity);
    last_of_each(&mut recording.channels, |channel| channel.id, same);
    let channels: HashSet<u32> = recording.channels.iter().map(|channel| channel.id).collect();
    recording.handles.retain(|handle| channels.contains(&handle.channel));
    let same = |a: &Handle, b: &Handle| (a.id, a.channel, a.role) == (b.id, b.channel, b.role);
    last_of_each(&mut recording.handles, |handle| handle.id, same);
    let handles: HashMap<u32, u32> = recording.handles.iter().map(|handle| (handle.id, handle.channel)).collect();
    let before = recording.events.len();
    let fits = |event: &Event| match event.handle {
        NO_HANDLE => channels.contains(&event.channel),
        handle => handles.get(&handle) == Some(&event.channel),
    };
    recording.events.retain(fits);
    (before - recording.events.len()) as u64
}

/// Leaves one of each number, in the place of the first, as the last one that is the same says.
fn last_of_each<T>(all: &mut Vec<T>, id: impl Fn(&T) -> u32, same: impl Fn(&T, &T) -> bool) {
    let mut places: HashMap<u32, usize> = HashMap::new();
    let mut kept: Vec<T> = Vec::with_capacity(all.len());
    for one in all.drain(..) {
        match places.get(&id(&one)) {
            Some(at) if same(&kept[*at], &one) => kept[*at] = one,
            Some(_) => {}
            None => {
                places.insert(id(&one), kept.len());
                kept.push(one);
            }
        }
    }
    *all = kept;
}
