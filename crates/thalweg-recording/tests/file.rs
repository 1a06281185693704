//! Files: what was written is read, and what was not written so is said to be wrong and read as far as it goes.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use thalweg_recording::{Channel, Event, Handle, Kind, Limits, NO_HANDLE, Problem, Recording, Role, What, Writer};
use thalweg_recording::{json_lines, read};

fn written(recording: &Recording) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.recording(recording).unwrap();
    writer.into_inner()
}

/// One channel with two handles, and a few events.
fn small() -> Recording {
    let handle = |id, role| Handle { id, channel: 7, role, name: None, ordinal: 1 };
    let event = |at, handle, what, message| Event { at, channel: 7, handle, what, message, aux: 0 };
    Recording {
        channels: vec![Channel {
            id: 7,
            kind: Kind::Mpsc,
            capacity: None,
            name: None,
            place: Some("a.rs:3".to_owned()),
        }],
        handles: vec![handle(1, Role::Sender), handle(2, Role::Receiver)],
        events: vec![
            event(5, 1, What::Sent, Some(0)),
            event(9, 2, What::Received, Some(0)),
            event(9, NO_HANDLE, What::Closed, None),
        ],
        ended: 20,
        ..Recording::default()
    }
}

/// The problems of a file, and what could be read of it.
fn wrong(bytes: &[u8]) -> (Vec<Problem>, Recording) {
    let partial = read(bytes, &Limits::default()).unwrap_err();
    (partial.problems, partial.recording)
}

fn recordings() -> impl Strategy<Value = Recording> {
    let channel = (0..5_usize, option::of(0..u64::MAX), option::of(".*"), option::of("[a-z/]{1,9}.rs:[0-9]{1,3}"));
    let handle = (any::<prop::sample::Index>(), any::<bool>(), option::of(".*"), any::<u32>());
    let event = (0..1_000_u64, any::<prop::sample::Index>(), 0..What::ALL.len(), option::of(0..u64::MAX), any::<u32>());
    let lists = (vec(channel, 1..5), vec(handle, 1..9), vec(event, 0..80));
    let rest = (btree_map((0..5_u32, any::<u64>()), ".*", 0..4), any::<u64>(), vec((".*", ".*"), 0..3));
    (lists, rest).prop_map(|((channels, handles, events), (texts, lost, notes))| {
        let kinds = [Kind::Mpmc, Kind::Mpsc, Kind::Oneshot, Kind::Broadcast, Kind::Watch];
        let channels: Vec<Channel> = (10..)
            .zip(channels)
            .map(|(id, (kind, capacity, name, place))| Channel { id, kind: kinds[kind], capacity, name, place })
            .collect();
        let handles: Vec<Handle> = (1..)
            .zip(handles)
            .map(|(id, (channel, sends, name, ordinal))| {
                let role = if sends { Role::Sender } else { Role::Receiver };
                Handle { id, channel: channel.get(&channels).id, role, name, ordinal }
            })
            .collect();
        let mut at = 0;
        let events: Vec<Event> = events
            .into_iter()
            .map(|(step, handle, what, message, aux)| {
                at += step;
                let handle = handle.get(&handles);
                Event { at, channel: handle.channel, handle: handle.id, what: What::ALL[what], message, aux }
            })
            .collect();
        Recording { channels, handles, events, texts, lost, ended: at + 1, notes }
    })
}

proptest! {
    #[test]
    fn what_was_written_is_read(recording in recordings()) {
        prop_assert_eq!(read(&written(&recording)[..], &Limits::default()).unwrap(), recording);
    }

    #[test]
    fn a_file_cut_anywhere_is_read_to_its_last_whole_piece(recording in recordings(), cut in any::<prop::sample::Index>()) {
        let whole = written(&recording);
        let cut = &whole[..cut.index(whole.len())];
        // A cut between two pieces cannot be seen.
        let read = match read(cut, &Limits::default()) {
            Ok(read) => read,
            Err(partial) => {
                prop_assert!(!partial.problems.is_empty());
                partial.recording
            }
        };
        prop_assert!(recording.channels.starts_with(&read.channels));
        prop_assert!(recording.handles.starts_with(&read.handles));
        prop_assert!(recording.events.starts_with(&read.events));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes[..], &Limits::default());
        let mut file = written(&Recording::default());
        file.extend_from_slice(&bytes);
        let _ = read(&file[..], &Limits::default());
    }

    #[test]
    fn no_changed_byte_makes_it_panic(
        recording in recordings(), changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
    ) {
        let mut file = written(&recording);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        match read(&file[..], &Limits::default()) {
            Ok(read) => json_lines(&read, &mut Vec::new()).unwrap(),
            Err(partial) => {
                prop_assert!(partial.to_string().starts_with("the file "));
                json_lines(&partial.recording, &mut Vec::new()).unwrap();
            }
        }
    }

    #[test]
    fn streams_are_merged_by_time(times in vec((0..3_u32, 0..50_u64), 0..60)) {
        let mut file = Writer::new(Vec::new()).unwrap();
        let empty = Recording { events: Vec::new(), ..small() };
        file.recording(&empty).unwrap();
        let mut clocks = [0; 3];
        let mut all = Vec::new();
        for (stream, step) in times {
            let clock = &mut clocks[stream as usize];
            *clock += step;
            let event = Event { at: *clock, aux: stream, ..small().events[0] };
            file.events(stream, &[event]).unwrap();
            all.push(event);
        }
        let read = read(&file.into_inner()[..], &Limits::default()).unwrap();
        prop_assert!(read.events.is_sorted_by_key(|event| event.at));
        for stream in 0..3 {
            let of = |events: &[Event]| events.iter().filter(|e| e.aux == stream).copied().collect::<Vec<_>>();
            prop_assert_eq!(of(&read.events), of(&all));
        }
    }
}

#[test]
fn an_event_is_32_bytes() {
    let one = small();
    let mut two = one.clone();
    two.events.push(Event { at: 19, ..one.events[0] });
    assert_eq!(written(&two).len() - written(&one).len(), 32);
}

#[test]
fn a_foreign_file_is_told_from_a_damaged_one() {
    for bytes in [&b""[..], b"thalwe", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", &[0; 40]] {
        let (problems, recording) = wrong(bytes);
        assert!(matches!(problems[..], [Problem::Foreign]), "{problems:?}");
        assert_eq!(recording, Recording::default());
    }
    let mut file = written(&small());
    file[16 + 8 + 4] = 99; // the channel's kind
    let (problems, recording) = wrong(&file);
    assert!(matches!(problems[0], Problem::Damaged { at: 16, .. }), "{problems:?}");
    assert!(recording.events.is_empty());
}

/// All events of a recording may be in one piece, and the reader left out the whole piece.
#[test]
fn a_cut_in_the_events_kept_none_of_them() {
    let mut recording = small();
    recording.events = (0..100).map(|at| Event { at, ..recording.events[0] }).collect();
    let whole = written(&recording);
    // The end of the file is 8 bytes of time, behind 8 of its piece's head.
    let events_end = whole.len() - 16;
    assert_eq!(&whole[events_end..][..4], b"ENDS");
    for (cut, kept) in [(1, 99), (32, 99), (33, 98), (50 * 32, 50), (100 * 32, 0), (100 * 32 + 8, 0)] {
        let (problems, read) = wrong(&whole[..events_end - cut]);
        assert!(matches!(problems[..], [Problem::Truncated { .. }]), "{cut}: {problems:?}");
        assert_eq!(read.events, recording.events[..kept], "{cut} bytes fewer");
    }
}

#[test]
fn another_version_is_named() {
    let mut file = written(&small());
    file[8] = 2;
    let partial = read(&file[..], &Limits::default()).unwrap_err();
    assert!(matches!(partial.problems[..], [Problem::Version(2)]));
    assert!(partial.to_string().contains("version 2"), "{partial}");
}

#[test]
fn a_clock_that_goes_back_is_said_and_the_order_kept() {
    let mut recording = small();
    recording.events[1].at = 2;
    let (problems, read) = wrong(&written(&recording));
    assert!(matches!(problems[..], [Problem::Clock { events: 1, most: 3 }]), "{problems:?}");
    let whats: Vec<What> = read.events.iter().map(|event| event.what).collect();
    assert_eq!(whats, [What::Sent, What::Received, What::Closed]);
    assert_eq!(read.events[1].at, 5);
}

#[test]
fn an_absurd_length_takes_no_memory() {
    let mut file = written(&small());
    file.extend_from_slice(b"EVTS\xff\xff\xff\xff");
    let (problems, read) = wrong(&file);
    assert!(matches!(problems[..], [Problem::Damaged { .. }]), "{problems:?}");
    assert_eq!(read, small());
}

#[test]
fn more_events_than_fit_are_counted() {
    let limits = Limits { events: 2, ..Limits::default() };
    let partial = read(&written(&small())[..], &limits).unwrap_err();
    assert!(matches!(partial.problems[..], [Problem::Limit { what: "events", kept: 2, left_out: 1 }]));
    assert_eq!(partial.recording.events, small().events[..2]);
    let limits = Limits { others: 100, ..Limits::default() };
    let partial = read(&written(&small())[..], &limits).unwrap_err();
    assert!(matches!(partial.problems[0], Problem::Limit { what: "handles", kept: 1, left_out: 1 }));
}

#[test]
fn events_of_nobody_known_are_left_out_and_counted() {
    let mut recording = small();
    recording.events.push(Event { channel: 8, ..recording.events[2] });
    recording.events.push(Event { handle: 3, ..recording.events[2] });
    let (problems, read) = wrong(&written(&recording));
    assert!(matches!(problems[..], [Problem::Orphans { events: 2 }]), "{problems:?}");
    assert_eq!(read, small());
}

#[test]
fn a_later_writers_pieces_are_left_out() {
    let mut file = written(&small());
    file.extend_from_slice(b"more\x02\0\0\0ab");
    assert_eq!(read(&file[..], &Limits::default()).unwrap(), small());
}

#[test]
fn a_device_that_fails_is_named() {
    struct Fails;
    impl std::io::Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("no such sector"))
        }
    }
    let file = written(&small());
    let partial = read(std::io::Read::chain(&file[..], Fails), &Limits::default()).unwrap_err();
    assert!(partial.to_string().contains("no such sector"), "{partial}");
    assert_eq!(partial.recording, small());
}

#[test]
fn json_has_a_line_for_each_thing() {
    let mut recording = small();
    recording.texts.insert((7, 0), "a \"b\"\n\u{1}".to_owned());
    let mut text = Vec::new();
    json_lines(&recording, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let expected = r#"{"recording":1,"ended":20,"lost":0}
{"channel":7,"kind":"mpsc","place":"a.rs:3"}
{"handle":1,"channel":7,"role":"sender","ordinal":1}
{"handle":2,"channel":7,"role":"receiver","ordinal":1}
{"event":"sent","at":5,"channel":7,"handle":1,"message":0}
{"event":"received","at":9,"channel":7,"handle":2,"message":0}
{"event":"closed","at":9,"channel":7}
{"text":"a \"b\"\n\u0001","channel":7,"message":0}
"#;
    assert_eq!(text, expected);
}

/// Names are often given after the first description was written; the reader kept the first.
#[test]
fn the_last_description_of_a_number_counts_if_it_is_of_the_same() {
    let channel = |kind, name: &str| Channel { id: 1, kind, capacity: Some(1), name: Some(name.into()), place: None };
    let handle = |channel, name: &str| Handle {
        id: 2,
        channel,
        role: Role::Sender,
        name: (!name.is_empty()).then(|| name.into()),
        ordinal: 1,
    };
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.channel(&channel(Kind::Mpmc, "first")).unwrap();
    writer.handle(&handle(1, "")).unwrap();
    writer.handle(&handle(1, "parser")).unwrap();
    writer.channel(&channel(Kind::Mpmc, "jobs")).unwrap();
    // What is said of something else under these numbers is none of them.
    writer.channel(&channel(Kind::Watch, "other")).unwrap();
    writer.handle(&handle(7, "other")).unwrap();
    writer.ended(1).unwrap();
    let recording = read(&writer.into_inner()[..], &Limits::default()).unwrap();
    assert_eq!(recording.channels, [channel(Kind::Mpmc, "jobs")]);
    assert_eq!(recording.handles, [handle(1, "parser")]);
}
