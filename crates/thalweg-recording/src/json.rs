//! A recording as JSON, one object a line, for other tools.

use std::io::{self, Write};

use crate::model::{NO_HANDLE, Recording};

/// Writes a recording as JSON Lines: one object a line, whose first key says what it is.
///
/// Times are nanoseconds. Message numbers beyond 2⁵³ lose digits in readers that take all numbers for floating point.
pub fn json_lines(recording: &Recording, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, r#"{{"recording":1,"ended":{},"lost":{}}}"#, recording.ended, recording.lost)?;
    for (key, value) in &recording.notes {
        writeln!(to, r#"{{"note":{},"value":{}}}"#, quoted(key), quoted(value))?;
    }
    for channel in &recording.channels {
        write!(to, r#"{{"channel":{},"kind":"{}""#, channel.id, channel.kind.name())?;
        write!(to, "{}", option("capacity", channel.capacity.map(|capacity| capacity.to_string())))?;
        write!(to, "{}", option("name", channel.name.as_deref().map(quoted)))?;
        writeln!(to, "{}}}", option("place", channel.place.as_deref().map(quoted)))?;
    }
    for handle in &recording.handles {
        write!(to, r#"{{"handle":{},"channel":{}"#, handle.id, handle.channel)?;
        write!(to, r#","role":"{}","ordinal":{}"#, handle.role.name(), handle.ordinal)?;
        writeln!(to, "{}}}", option("name", handle.name.as_deref().map(quoted)))?;
    }
    for event in &recording.events {
        write!(to, r#"{{"event":"{}","at":{},"channel":{}"#, event.what.name(), event.at, event.channel)?;
        let handle = Some(event.handle).filter(|handle| *handle != NO_HANDLE);
        write!(to, "{}", option("handle", handle.map(|handle| handle.to_string())))?;
        write!(to, "{}", option("message", event.message.map(|message| message.to_string())))?;
        writeln!(to, "{}}}", option("aux", Some(event.aux).filter(|aux| *aux != 0).map(|aux| aux.to_string())))?;
    }
    for ((channel, message), text) in &recording.texts {
        writeln!(to, r#"{{"text":{},"channel":{channel},"message":{message}}}"#, quoted(text))?;
    }
    Ok(())
}

/// A further key of an object, unless there is no value.
pub(crate) fn option(key: &str, value: Option<String>) -> String {
    value.map_or(String::new(), |value| format!(r#","{key}":{value}"#))
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            letter if letter.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
