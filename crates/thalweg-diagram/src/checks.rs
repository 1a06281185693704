//! What holds for every picture: of runs made by hand, and of recordings that no run would give.

#[path = "../tests/made/mod.rs"]
mod made;

#[path = "trace_checks.rs"]
mod trace;

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use thalweg_recording::{Channel, Event, Handle, Kind, NO_HANDLE, Recording, Role, What};

use crate::arrows::tip;
use crate::options::{Options, Part, Scale, Theme};
use crate::rows::{RowKind, is_drawn};
use crate::svg::Scene;
use crate::{chrome_trace, mermaid, svg, text};
use made::runs;

/// Every run that is made by hand, small and large.
fn runs_made() -> Vec<Recording> {
    vec![
        runs::oneshot(),
        runs::mpsc(),
        runs::broadcast(),
        runs::mpmc(),
        runs::capacity_1(),
        runs::slow_consumer(),
        runs::dropped_reply(),
        runs::deadlock(),
        runs::trouble(),
        runs::pipeline(20, 2),
        runs::pipeline(250, 12),
    ]
}

fn parts() -> impl Strategy<Value = Part> {
    prop_oneof![
        Just(Part::Auto),
        Just(Part::All),
        Just(Part::LongestWait),
        Just(Part::Stall),
        (0..900_u64, 0..900_u64).prop_map(|(from, length)| Part::Time { from, to: from + length }),
        (0..900_u64).prop_map(Part::Last),
        (0..20_u64, 0..20_u64).prop_map(|(first, more)| Part::Messages { first, last: first + more }),
    ]
}

fn options() -> impl Strategy<Value = Options> {
    (parts(), 1..9_usize, any::<bool>(), prop_oneof![Just(5_usize), Just(96)]).prop_map(|(part, fold, time, rows)| {
        let scale = if time { Scale::Time } else { Scale::Sequence };
        Options { part, fold, scale, rows, theme: Theme::Light, ..Options::default() }
    })
}

/// Events in the order of time, and otherwise without sense.
fn nonsense() -> impl Strategy<Value = Recording> {
    let kinds = [Kind::Mpmc, Kind::Mpsc, Kind::Oneshot, Kind::Broadcast, Kind::Watch];
    let channel = (0..kinds.len(), prop::option::of(0..5_u64), prop::option::of("[a-c]{0,2}|.{0,40}"));
    let handle = (0..6_u32, any::<bool>(), prop::option::of("[a-z]{1,3} [0-9]|.{0,40}"));
    let event = (0..40_u64, 0..12_u32, 0..What::ALL.len(), prop::option::of(0..9_u64), 0..4_u32);
    let lists = (vec(channel, 1..7), vec(handle, 1..12), vec(event, 0..160), vec(".{0,30}", 0..3));
    lists.prop_map(move |(channels, handles, events, texts)| {
        let mut recording = Recording::default();
        for (id, (kind, capacity, name)) in (1..).zip(channels) {
            recording.channels.push(Channel { id, kind: kinds[kind], capacity, name, place: Some("a/b.rs:1".into()) });
        }
        let count = recording.channels.len() as u32;
        for (id, (channel, sends, name)) in (1..).zip(handles) {
            let role = if sends { Role::Sender } else { Role::Receiver };
            recording.handles.push(Handle { id, channel: channel % count + 1, role, name, ordinal: id });
        }
        let mut at = 0;
        for (step, handle, what, message, aux) in events {
            at += step;
            let handle = handle % (recording.handles.len() as u32 + 1);
            let of_handle = recording.handles.iter().find(|known| known.id == handle).map(|known| known.channel);
            let channel = of_handle.unwrap_or(1);
            recording.events.push(Event { at, channel, handle, what: What::ALL[what], message, aux });
        }
        recording.ended = at + 7;
        recording.texts = (0..).zip(texts).map(|(message, text)| ((1, message), text)).collect();
        recording
    })
}

/// Every event is in a row, or said to be left out; every bundle counts the messages in it.
fn check_account(recording: &Recording, options: &Options) {
    let scene = Scene::new(recording, options);
    let drawn: u64 = scene.rows.rows.iter().map(|row| row.count).sum();
    assert_eq!(drawn + scene.rows.outside + scene.rows.elsewhere, recording.events.len() as u64);
    let mut end = 0;
    for row in &scene.rows.rows {
        assert!(row.events.start >= end, "rows overlap");
        end = row.events.end;
        let of_row = &recording.events[row.events.clone()];
        let seen = of_row.iter().filter(|event| is_drawn(&scene.story.cast, event)).count() as u64;
        match &row.kind {
            RowKind::One => assert_eq!((row.count, seen), (1, 1)),
            RowKind::Cut => assert_eq!(row.count, of_row.len() as u64),
            RowKind::Pause(_) | RowKind::Open(_) => assert_eq!(row.count, 0),
            RowKind::Again { rows, times, .. } => assert!(row.count == seen && seen == *rows as u64 * times),
            RowKind::Bundle(sheaves) => {
                assert_eq!(row.count, seen);
                let moves = |what| matches!(what, What::Sent | What::SentByPermit | What::Received);
                let moved = of_row.iter().filter(|event| moves(event.what) && event.handle != NO_HANDLE);
                let moved = moved.filter(|event| is_drawn(&scene.story.cast, event)).count() as u64;
                assert_eq!(sheaves.iter().map(|sheaf| sheaf.count).sum::<u64>(), moved);
            }
        }
    }
}

/// Every arrow of a message has its event, and every event that has a row its group in the file.
fn check_arrows(recording: &Recording, options: &Options, file: &roxmltree::Document<'_>) {
    let scene = Scene::new(recording, options);
    let mut expected = Vec::new();
    let mut arrows = 0;
    let mut sheaves_drawn = 0;
    for row in &scene.rows.rows {
        match &row.kind {
            RowKind::One => {
                expected.push(tip(&scene.story, row.events.start));
                let event = recording.events[row.events.start];
                let moves = matches!(event.what, What::Sent | What::SentByPermit | What::Received);
                arrows += usize::from(moves && event.handle != NO_HANDLE);
            }
            RowKind::Bundle(sheaves) => sheaves_drawn += sheaves.len(),
            _ => {}
        }
    }
    let titles: Vec<String> = groups(file).map(|(title, _)| title).collect();
    let clean = |tip: &String| tip.replace(|letter: char| letter.is_control(), "\u{fffd}");
    for tip in &expected {
        assert!(titles.iter().any(|title| clean(title) == clean(tip)), "no group for {tip:?}");
    }
    let class = |node: &roxmltree::Node<'_, '_>| node.attribute("class").unwrap_or("").to_owned();
    let heads = |group: roxmltree::Node<'_, '_>| group.children().any(|node| class(&node) == "head");
    let solid = |group: roxmltree::Node<'_, '_>| {
        group.children().any(|node| matches!(class(&node).as_str(), "arrow" | "arrow thick" | "arrow thicker"))
    };
    let drawn = groups(file).filter(|(_, group)| heads(*group) && solid(*group)).count();
    assert_eq!(drawn, arrows + sheaves_drawn);
}

fn groups<'d>(file: &'d roxmltree::Document<'_>) -> impl Iterator<Item = (String, roxmltree::Node<'d, 'd>)> {
    let of_group = |node: roxmltree::Node<'d, 'd>| {
        let title = node.children().find(|child| child.has_tag_name("title"))?;
        Some((title.text().unwrap_or("").to_owned(), node))
    };
    file.descendants().filter(|node| node.has_tag_name("g")).filter_map(of_group)
}

/// No text on another one or outside the page, by a measure that is not the one used for placing them: letters of the
/// width that they have in the mean.
fn check_labels(file: &roxmltree::Document<'_>) {
    let number = |node: &roxmltree::Node<'_, '_>, key: &str| node.attribute(key).unwrap().parse::<f64>().unwrap();
    let page = file.root_element();
    let mut boxes: Vec<([f64; 4], String)> = Vec::new();
    for node in file.descendants().filter(|node| node.has_tag_name("text")) {
        let text: String =
            node.descendants().filter(|child| child.is_text()).filter_map(|child| child.text()).collect();
        let size = number(&node, "font-size");
        let width = text.chars().count() as f64 * size * 0.52;
        let left = number(&node, "x")
            - match node.attribute("text-anchor") {
                None => 0.0,
                Some("middle") => width / 2.0,
                Some(_) => width,
            };
        let y = number(&node, "y");
        boxes.push(([left, y - size * 0.75, left + width, y + size * 0.2], text));
    }
    for (at, ([left, top, right, bottom], text)) in boxes.iter().enumerate() {
        let inside = *left >= 0.0 && *right <= number(&page, "width") && *bottom <= number(&page, "height");
        assert!(inside, "{text:?} leaves the page");
        for ([other_left, other_top, other_right, other_bottom], other) in &boxes[..at] {
            let apart = left >= other_right || other_left >= right || top >= other_bottom || other_top >= bottom;
            assert!(apart, "{text:?} lies on {other:?}");
        }
    }
}

fn check_all(recording: &Recording, options: &Options) {
    check_account(recording, options);
    let picture = svg(recording, options);
    let file = roxmltree::Document::parse(&picture).expect("XML");
    check_arrows(recording, options, &file);
    check_labels(&file);
    for line in text(recording, options).lines() {
        assert!(line.chars().count() <= 80, "{line:?} is too long");
    }
    assert!(mermaid(recording, options).len() <= 50_000);
}

#[test]
fn runs_are_drawn_whole_and_legibly() {
    for recording in runs_made() {
        for part in [Part::Auto, Part::All, Part::LongestWait, Part::Stall, Part::Messages { first: 3, last: 9 }] {
            for scale in [Scale::Sequence, Scale::Time] {
                check_all(&recording, &Options { part: part.clone(), scale, ..Options::default() });
            }
        }
    }
}

#[test]
fn waits_that_a_drop_ends_are_told_in_the_same_order_each_time() {
    let mut recording = runs::oneshot();
    let event = Event { what: What::ReceiveWaits, ..recording.events[0] };
    let handle = recording.handles[1].id;
    let waits = (1..40).map(|aux| Event { at: u64::from(aux), aux, handle, ..event });
    let gone = Event { at: 90, what: What::Dropped, handle, aux: 0, ..event };
    recording.events = waits.chain([gone]).collect();
    let tips: Vec<String> = (0..8)
        .map(|_| {
            let scene = Scene::new(&recording, &Options::default());
            tip(&scene.story, recording.events.len() - 1)
        })
        .collect();
    assert!(tips.iter().all(|tip| tip.contains("after a wait of 89 ns")), "{tips:?}");
}

/// It showed the channel as it was after the next event.
#[test]
fn pause_does_not_show_what_comes_after_it() {
    let picture = text(&runs::oneshot(), &Options::default());
    let pause = picture.lines().find(|line| line.contains("without an event")).expect("the consumer waits");
    assert!(!pause.contains('█'), "the message is not sent yet: {picture}");
}

#[test]
fn a_large_run_makes_a_small_picture() {
    let recording = runs::pipeline(12_000, 32);
    assert!(recording.events.len() > 80_000);
    for part in [Part::Auto, Part::All] {
        let options = Options { part, ..Options::default() };
        check_account(&recording, &options);
        let picture = svg(&recording, &options);
        assert!(picture.len() < 200_000, "{} bytes", picture.len());
        check_labels(&roxmltree::Document::parse(&picture).unwrap());
    }
}

/// As long a run as somebody will look at: what is drawn of it is a page, whatever was asked for.
#[test]
#[ignore = "takes minutes unless it is optimised: cargo test --release -p thalweg-diagram --lib -- --ignored"]
fn two_hundred_thousand_messages_are_a_page() {
    let recording = runs::pipeline(100_000, 16);
    let sent = recording.events.iter().filter(|event| event.what == What::Sent).count();
    assert_eq!(sent, 200_000);
    let began = Instant::now();
    let middle = recording.ended / 2;
    let parts = [
        Part::Auto,
        Part::All,
        Part::LongestWait,
        Part::Stall,
        Part::Time { from: middle, to: middle + 50_000 },
        Part::Messages { first: 60_000, last: 60_040 },
    ];
    for part in parts {
        let options = Options { part, ..Options::default() };
        check_account(&recording, &options);
        let picture = svg(&recording, &options);
        assert!(picture.len() < 250_000, "{} bytes for {:?}", picture.len(), options.part);
        let file = roxmltree::Document::parse(&picture).unwrap();
        let height: f64 = file.root_element().attribute("height").unwrap().parse().unwrap();
        assert!(height < 4_000.0, "{height} for {:?}", options.part);
        check_arrows(&recording, &options, &file);
        check_labels(&file);
        let lines = text(&recording, &options);
        assert!(lines.lines().all(|line| line.chars().count() <= 80) && lines.lines().count() < 250, "{lines}");
    }
    // Ten times what it takes optimised on a busy machine; what grows with the square would take hours.
    assert!(began.elapsed() < Duration::from_secs(600), "{:?}", began.elapsed());
}

#[test]
fn a_trace_holds_every_event() {
    for recording in [runs::trouble(), runs::deadlock(), runs::pipeline(20, 2)] {
        let mut trace = Vec::new();
        chrome_trace(&recording, &mut trace).unwrap();
        let trace: serde_json::Value = serde_json::from_slice(&trace).unwrap();
        let of_events = trace["traceEvents"].as_array().unwrap().iter().filter(|event| event["cat"] == "event");
        assert_eq!(of_events.count(), recording.events.len());
    }
}

/// Texts that differ at their ends were all cut to the same, for the word `after`.
#[test]
fn a_text_is_not_cut_for_a_word_that_its_colour_says() {
    let mut recording = runs::capacity_1();
    let messages = recording.events.iter().filter_map(|event| event.message.map(|message| (event.channel, message)));
    recording.texts = messages.map(|message| (message, format!("file 122{:03}", message.1))).collect();
    let picture = svg(&recording, &Options::default());
    assert!(
        picture.contains("file 122001<tspan") && picture.contains(">46.4 µs<") && !picture.contains('…'),
        "{picture}"
    );
}

/// Also where a sender waited for places the frame was blue, which is for messages; and nothing said what it is.
#[test]
fn the_frame_of_a_share_had_the_colour_of_a_wait_for_messages() {
    let said = "In a dotted frame a bar is as wide";
    let whole = Options { part: Part::All, ..Options::default() };
    let picture = svg(&runs::pipeline(2_000, 4), &whole);
    let file = roxmltree::Document::parse(&picture).unwrap();
    let shares = file.descendants().filter(|node| {
        let title = node.children().find(|child| child.has_tag_name("title"));
        title.and_then(|title| title.text()).is_some_and(|text| text.contains("of this time for places"))
    });
    let frames: Vec<_> = shares.filter_map(|share| share.children().rfind(|node| node.is_element())).collect();
    assert!(!frames.is_empty());
    assert!(frames.iter().all(|frame| frame.attribute("class") == Some("life later")));
    assert!(picture.contains(said));
    assert!(!svg(&runs::capacity_1(), &whole).contains(said), "each wait is drawn for itself");
}

/// In rows of many events one that was woken was drawn as if it waited on, between two parts of the same wait that were drawn rightly.
#[test]
fn one_that_was_woken_waited_on_where_rows_were_left_out() {
    let mut recording = runs::oneshot();
    let [sender, receiver] = [recording.handles[0].id, recording.handles[1].id];
    let event = |at, handle, what, message| Event { at, handle, what, message, aux: 1, ..recording.events[0] };
    // The one waits for a tenth of the time and is woken, the other does much meanwhile.
    let mut events = vec![event(0, receiver, What::ReceiveWaits, None), event(100, receiver, What::Woken, None)];
    events.extend((0..400).map(|n| event(100 + 2 * n, sender, What::Reserved, Some(0))));
    events.push(event(1_000, receiver, What::ReceiveEnded, None));
    recording.ended = 1_000;
    recording.events = events;
    let picture = svg(&recording, &Options { part: Part::All, rows: 5, ..Options::default() });
    let said: Vec<&str> = picture.lines().filter(|line| line.contains("woken and not run")).collect();
    assert!(said.iter().any(|line| line.contains("0 % for messages; woken and not run 100 %")), "{said:?}");
    assert!(said.iter().all(|line| !line.contains("100 % for messages")), "{said:?}");
}

#[test]
fn what_is_left_out_is_said() {
    let mut recording = runs::pipeline(2_000, 4);
    recording.lost = 17;
    recording.notes.push((crate::PROBLEM.to_owned(), "The recording is cut.".to_owned()));
    let options = Options::default();
    for said in ["17 events were lost", "The recording is cut.", "are not drawn"] {
        assert!(svg(&recording, &options).contains(said), "{said}");
        assert!(text(&recording, &options).contains(said), "{said}");
        assert!(mermaid(&recording, &options).contains(said), "{said}");
    }
}

/// It said: 1 channel with fewer events are not drawn.
#[test]
fn one_thing_that_is_left_out_was_more_than_one() {
    let mut recording = runs::oneshot();
    recording.lost = 1;
    let last = recording.events.last().expect("it has some").at;
    let all_but_one = Options { part: Part::Time { from: 0, to: last - 1 }, ..Options::default() };
    let said = Scene::new(&recording, &all_but_one).left_out().join(" ");
    assert!(said.contains("1 event of") && said.contains("this part is not drawn."), "{said}");
    assert!(said.contains("1 event was lost"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn nonsense_is_drawn_too(recording in nonsense(), options in options()) {
        check_all(&recording, &options);
        trace::check_slices(&recording);
    }

    #[test]
    fn any_part_of_a_run_is_drawn(files in 1..60_usize, workers in 1..20_usize, options in options()) {
        check_all(&runs::pipeline(files, workers), &options);
    }
}
