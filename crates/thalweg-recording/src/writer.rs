//! A recording into a file, piece by piece.

use std::io::{self, Write};

use crate::format::{self, EVENT_BYTES, EVENTS_PER_CHUNK};
use crate::model::{Channel, Event, Handle, Recording};

/// Writes a recording, piece by piece, each of which is on its way to the file when the call returns.
///
/// It keeps nothing back, so a program that is stopped loses what it had not handed over and no more. Give it something
/// buffered where pieces are small.
#[derive(Debug)]
pub struct Writer<W> {
    to: W,
    /// The chunk in the making, kept for the next one.
    chunk: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    pub fn new(mut to: W) -> io::Result<Self> {
        let mut head = [0; format::HEAD];
        head[..8].copy_from_slice(&format::MAGIC);
        head[8..12].copy_from_slice(&format::VERSION.to_le_bytes());
        to.write_all(&head)?;
        Ok(Self { to, chunk: Vec::new() })
    }

    /// A channel. It may come after events that name it, in the same file.
    pub fn channel(&mut self, channel: &Channel) -> io::Result<()> {
        self.put(format::CHANNEL, |bytes| format::put_channel(bytes, channel))
    }

    /// A handle. It may come after events that name it, in the same file.
    pub fn handle(&mut self, handle: &Handle) -> io::Result<()> {
        self.put(format::HANDLE, |bytes| format::put_handle(bytes, handle))
    }

    /// Events of a stream, in the order of their time. They go on where the last call for that stream ended.
    pub fn events(&mut self, stream: u32, events: &[Event]) -> io::Result<()> {
        for some in events.chunks(EVENTS_PER_CHUNK) {
            self.put(format::EVENTS, |bytes| {
                bytes.reserve(8 + some.len() * EVENT_BYTES);
                bytes.extend_from_slice(&stream.to_le_bytes());
                bytes.extend_from_slice(&[0; 4]);
                some.iter().for_each(|event| format::put_event(bytes, event));
            })?;
        }
        Ok(())
    }

    /// The text of a message. What is beyond 64 KiB is left out.
    pub fn text(&mut self, channel: u32, message: u64, text: &str) -> io::Result<()> {
        self.put(format::TEXT, |bytes| {
            bytes.extend_from_slice(&channel.to_le_bytes());
            bytes.extend_from_slice(&message.to_le_bytes());
            bytes.extend_from_slice(format::cut(text, format::LONGEST_TEXT).as_bytes());
        })
    }

    /// So many events more were lost.
    pub fn lost(&mut self, count: u64) -> io::Result<()> {
        self.put(format::LOST, |bytes| bytes.extend_from_slice(&count.to_le_bytes()))
    }

    /// A note on the whole, such as `program` or `taken because`.
    pub fn note(&mut self, key: &str, value: &str) -> io::Result<()> {
        self.put(format::NOTE, |bytes| {
            format::put_string(bytes, Some(key));
            format::put_string(bytes, Some(value));
        })
    }

    /// The recording was ended at this time.
    pub fn ended(&mut self, at: u64) -> io::Result<()> {
        self.put(format::ENDS, |bytes| bytes.extend_from_slice(&at.to_le_bytes()))
    }

    /// A whole recording.
    pub fn recording(&mut self, recording: &Recording) -> io::Result<()> {
        recording.notes.iter().try_for_each(|(key, value)| self.note(key, value))?;
        recording.channels.iter().try_for_each(|channel| self.channel(channel))?;
        recording.handles.iter().try_for_each(|handle| self.handle(handle))?;
        self.events(0, &recording.events)?;
        recording.texts.iter().try_for_each(|((channel, message), text)| self.text(*channel, *message, text))?;
        if recording.lost > 0 {
            self.lost(recording.lost)?;
        }
        self.ended(recording.ended)
    }

    /// Hands on what the writer below has kept back.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// What it writes to.
    pub fn into_inner(self) -> W {
        self.to
    }

    fn put(&mut self, tag: [u8; 4], fill: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        self.chunk.clear();
        self.chunk.extend_from_slice(&tag);
        self.chunk.extend_from_slice(&[0; 4]);
        fill(&mut self.chunk);
        // Strings and texts are cut and events split so that no chunk comes near 4 GiB.
        let length = (self.chunk.len() - 8) as u32;
        self.chunk[4..8].copy_from_slice(&length.to_le_bytes());
        self.to.write_all(&self.chunk)
    }
}
