//! Bytes read as the file of a recording, as they are or as damage to one that is whole; then drawn and counted.

use thalweg_diagram::{Options, Part, Scale, chrome_trace, mermaid, svg, text};
use thalweg_recording::{Channel, Event, Handle, Kind, Limits, NO_HANDLE, Recording, Role, Tally, What, Writer};
use thalweg_recording::{json_lines, read, stall_report};

use crate::bytes::Bytes;

/// Reads them and draws what was read.
pub(crate) fn run(bytes: &mut Bytes<'_>) {
    let file = file(bytes);
    let limits = Limits { events: 2_000, others: 1 << 16 };
    let recording = read(&file[..], &limits).unwrap_or_else(|partial| {
        assert!(!partial.problems.is_empty() && partial.to_string().starts_with("the file "));
        partial.recording
    });
    let scale = if file.len().is_multiple_of(2) { Scale::Sequence } else { Scale::Time };
    for part in [Part::Auto, Part::All, Part::LongestWait, Part::Stall] {
        let options = Options { part, rows: 12, scale, ..Options::default() };
        svg(&recording, &options);
        text(&recording, &options);
        mermaid(&recording, &options);
    }
    chrome_trace(&recording, &mut Vec::new()).expect("memory");
    json_lines(&recording, &mut Vec::new()).expect("memory");
    count(&recording);
}

fn count(recording: &Recording) {
    let mut tally = Tally::new();
    recording.channels.iter().for_each(|channel| tally.channel(channel));
    recording.handles.iter().for_each(|handle| tally.handle(handle));
    recording.events.iter().for_each(|event| tally.event(event));
    let snapshot = tally.snapshot(recording.ended);
    stall_report(&snapshot, 0);
    thalweg_diagram::top(&snapshot, None, 80, false);
    assert_eq!(thalweg_diagram::read_snapshot(&snapshot.to_json()), Ok(snapshot));
}

/// The bytes themselves, the same behind the head of a file, or a whole file in which they change places.
fn file(bytes: &mut Bytes<'_>) -> Vec<u8> {
    let how = bytes.below(8);
    let mut file = Vec::new();
    if how > 0 {
        file = whole();
    }
    if how == 1 {
        file.truncate(16);
    }
    if how < 2 {
        file.extend(std::iter::from_fn(|| bytes.next()));
        return file;
    }
    while let (Some(high), Some(low)) = (bytes.next(), bytes.next()) {
        let at = usize::from(high) << 8 | usize::from(low);
        let byte = bytes.below(256) as u8;
        match at.checked_rem(file.len()) {
            // A few cut it or put something in; most change a byte.
            Some(at) if byte == 250 => file.truncate(at),
            Some(at) if byte > 250 => file.insert(at, byte - 251),
            Some(at) => file[at] = byte,
            None => return file,
        }
    }
    file
}

/// A small recording with one event of each kind.
fn whole() -> Vec<u8> {
    let channel = |id, kind| Channel { id, kind, capacity: Some(2), name: None, place: Some("a.rs:3".to_owned()) };
    let handle = |id, channel, role| Handle { id, channel, role, name: Some("b".to_owned()), ordinal: 1 };
    let event = |(number, what): (u32, &What)| {
        let (handle, message) = (if number % 5 == 4 { NO_HANDLE } else { number % 4 + 1 }, Some(u64::from(number / 4)));
        let channel = if handle > 2 { 2 } else { 1 };
        Event { at: u64::from(number) * 700, channel, handle, what: *what, message, aux: number % 3 }
    };
    let recording = Recording {
        channels: vec![channel(1, Kind::Mpmc), channel(2, Kind::Broadcast)],
        handles: vec![
            handle(1, 1, Role::Sender),
            handle(2, 1, Role::Receiver),
            handle(3, 2, Role::Sender),
            handle(4, 2, Role::Receiver),
        ],
        events: (0..).zip(What::ALL.iter().cycle().take(54)).map(event).collect(),
        texts: [((1, 0), "A".to_owned())].into(),
        lost: 3,
        ended: 60_000,
        notes: vec![("program".to_owned(), "p".to_owned())],
    };
    let mut writer = Writer::new(Vec::new()).expect("memory");
    writer.recording(&recording).expect("memory");
    writer.into_inner()
}
