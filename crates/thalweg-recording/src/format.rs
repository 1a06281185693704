//! The bytes of a file, in both directions. lib.rs describes them.

use crate::model::{Channel, Event, Handle, Kind, Role, What};

pub(crate) const MAGIC: [u8; 8] = *b"thalweg\n";
pub(crate) const VERSION: u32 = 1;
pub(crate) const HEAD: usize = 16;

/// The longest content of a chunk that a reader accepts.
pub(crate) const LONGEST_CHUNK: usize = 16 << 20;
/// So many events a writer puts into one chunk at the most.
pub(crate) const EVENTS_PER_CHUNK: usize = 1 << 16;
/// The longest text that a writer writes; what is longer is cut.
pub(crate) const LONGEST_TEXT: usize = 1 << 16;

pub(crate) const CHANNEL: [u8; 4] = *b"CHAN";
pub(crate) const HANDLE: [u8; 4] = *b"HAND";
pub(crate) const EVENTS: [u8; 4] = *b"EVTS";
pub(crate) const TEXT: [u8; 4] = *b"TEXT";
pub(crate) const LOST: [u8; 4] = *b"LOST";
pub(crate) const NOTE: [u8; 4] = *b"NOTE";
pub(crate) const ENDS: [u8; 4] = *b"ENDS";

pub(crate) const EVENT_BYTES: usize = 32;

const NONE_16: u16 = u16::MAX;
const NONE_64: u64 = u64::MAX;

/// The longest beginning of a text that is at most so many bytes.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

pub(crate) fn put_string(bytes: &mut Vec<u8>, text: Option<&str>) {
    let Some(text) = text else {
        bytes.extend_from_slice(&NONE_16.to_le_bytes());
        return;
    };
    let text = cut(text, usize::from(NONE_16) - 1);
    // What was cut fits.
    bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

pub(crate) fn put_channel(bytes: &mut Vec<u8>, channel: &Channel) {
    bytes.extend_from_slice(&channel.id.to_le_bytes());
    bytes.push(channel.kind as u8);
    bytes.extend_from_slice(&channel.capacity.unwrap_or(NONE_64).to_le_bytes());
    put_string(bytes, channel.name.as_deref());
    put_string(bytes, channel.place.as_deref());
}

pub(crate) fn put_handle(bytes: &mut Vec<u8>, handle: &Handle) {
    bytes.extend_from_slice(&handle.id.to_le_bytes());
    bytes.extend_from_slice(&handle.channel.to_le_bytes());
    bytes.push(handle.role as u8);
    bytes.extend_from_slice(&handle.ordinal.to_le_bytes());
    put_string(bytes, handle.name.as_deref());
}

pub(crate) fn put_event(bytes: &mut Vec<u8>, event: &Event) {
    bytes.extend_from_slice(&event.at.to_le_bytes());
    bytes.extend_from_slice(&event.message.unwrap_or(NONE_64).to_le_bytes());
    bytes.extend_from_slice(&event.channel.to_le_bytes());
    bytes.extend_from_slice(&event.handle.to_le_bytes());
    bytes.extend_from_slice(&[event.what as u8 + 1, 0, 0, 0]);
    bytes.extend_from_slice(&event.aux.to_le_bytes());
}

/// What is left to read of a chunk. Every call gives `None` where the bytes do not suffice or mean nothing.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn string(&mut self) -> Option<Option<String>> {
        let length = self.array().map(u16::from_le_bytes)?;
        if length == NONE_16 {
            return Some(None);
        }
        let bytes = self.take(usize::from(length))?;
        String::from_utf8(bytes.to_vec()).ok().map(Some)
    }

    pub(crate) fn channel(&mut self) -> Option<Channel> {
        let id = self.u32()?;
        let kind = *Kind::ALL.get(usize::from(self.u8()?))?;
        let capacity = Some(self.u64()?).filter(|capacity| *capacity != NONE_64);
        Some(Channel { id, kind, capacity, name: self.string()?, place: self.string()? })
    }

    pub(crate) fn handle(&mut self) -> Option<Handle> {
        let (id, channel) = (self.u32()?, self.u32()?);
        let role = *[Role::Sender, Role::Receiver].get(usize::from(self.u8()?))?;
        let ordinal = self.u32()?;
        Some(Handle { id, channel, role, ordinal, name: self.string()? })
    }

    pub(crate) fn event(&mut self) -> Option<Event> {
        let (at, message) = (self.u64()?, self.u64()?);
        let (channel, handle) = (self.u32()?, self.u32()?);
        let [number, ..] = self.array::<4>()?;
        let aux = self.u32()?;
        let what = *What::ALL.get(usize::from(number).checked_sub(1)?)?;
        Some(Event { at, channel, handle, what, message: Some(message).filter(|m| *m != NONE_64), aux })
    }
}
