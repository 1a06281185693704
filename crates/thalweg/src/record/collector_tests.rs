//! What no test from outside can hit on purpose: a round of the collector in the middle of a step.

use super::*;
use crate::record::entry::{begin, finish, put, put_at};

/// It knows of a channel without a lock, and of two handles. No recording is on: that would be one of all tests beside these.
fn collector() -> Collector {
    let mut collector = Collector::new(100, None).unwrap();
    let (id, kind) = (run::next_id(), thalweg_recording::Kind::Oneshot);
    collector.learn(News::Channel(Channel { id, kind, capacity: Some(1), name: None, place: None }));
    for role in [thalweg_recording::Role::Sender, thalweg_recording::Role::Receiver] {
        collector.learn(News::Handle(Handle { id: run::next_id(), channel: id, role, name: None, ordinal: 1 }));
    }
    collector
}

fn handed_on(collector: &mut Collector) -> Vec<What> {
    collector.collect();
    collector.kept.drain(..).map(|event| event.what).collect()
}

#[test]
fn round_in_the_middle_of_a_step_waits_for_its_event() {
    let _turn = run::Turn::take();
    let mut collector = collector();
    let ids: Vec<u32> = collector.handles.keys().copied().collect();
    put(ids[0], What::Created, None, 0);
    let at = begin();
    // The message is in the channel, and somebody has it already.
    let receiver = ids[1];
    thread::spawn(move || put(receiver, What::Received, Some(0), 0)).join().unwrap();
    assert_eq!(handed_on(&mut collector), [What::Created]);
    assert_eq!(handed_on(&mut collector), []);
    put_at(at, ids[0], What::Sent, Some(0), 0);
    assert_eq!(handed_on(&mut collector), [], "it may have more to tell");
    finish();
    assert_eq!(handed_on(&mut collector), [What::Sent, What::Received]);
}

/// Nobody waits for ever for a thread that was stopped in the middle of a step, and nothing is lost by it.
#[test]
fn end_in_the_middle_of_a_step() {
    let _turn = run::Turn::take();
    let mut collector = collector();
    let ids: Vec<u32> = collector.handles.keys().copied().collect();
    let at = begin();
    put(ids[1], What::Received, Some(0), 0);
    collector.end().unwrap();
    assert_eq!(collector.kept.drain(..).map(|event| event.what).collect::<Vec<_>>(), [What::Received]);
    put_at(at, ids[0], What::Sent, Some(0), 0);
    finish();
    assert_eq!(handed_on(&mut collector), [What::Sent]);
}

/// A channel that outlived its recording left a ring of each thread that used it, for ever.
#[test]
fn threads_that_end_after_the_recording_leave_no_ring() {
    let _turn = run::Turn::take();
    let rings = || {
        let mut count = 0;
        run::rings().retain(|_| {
            count += 1;
            true
        });
        count
    };
    let before = rings();
    (0..100).for_each(|_| thread::spawn(|| put(1, What::Created, None, 0)).join().unwrap());
    // Threads of other tests come and go.
    assert!(rings() < before + 50);
}

/// No more words are kept than events, nor more of them than there is room for; the oldest go first.
#[test]
fn old_words_make_room_for_new_ones() {
    let _turn = run::Turn::take();
    let mut collector = collector();
    let of = |collector: &Collector| (collector.texts.len(), collector.text_bytes, collector.texts[0].1);
    (0..300).for_each(|message| collector.keep_text(1, message, String::from("ab")));
    assert_eq!(of(&collector), (100, 200, 200));
    collector.keep_text(1, 300, "a".repeat(MOST_TEXT - 100));
    assert_eq!(of(&collector), (51, MOST_TEXT, 250));
}

/// What is known of a handle stays for a while after it has gone, for events that come late, and for as long as an event
/// is kept that it may be in. But too many do not stay, and when all of its handles are forgotten nor does a channel.
#[test]
fn handles_that_went_are_forgotten_where_they_are_many() {
    let _turn = run::Turn::take();
    let mut collector = collector();
    let channel = *collector.channels.keys().next().unwrap();
    let ids: Vec<u32> = collector.handles.keys().copied().collect();
    // However long this takes, nothing is forgotten for its age.
    let late = u64::MAX - 1;
    let event = |handle, what, at| (0, Event { at, channel, handle, what, message: None, aux: 0 });
    let gone = |handle, at| event(handle, What::Dropped, at);
    let strangers: Vec<_> = (0..MOST_GONE as u32).map(|number| gone(u32::MAX - number, late)).collect();
    let left = |collector: &mut Collector| {
        collector.forget();
        (collector.handles.len(), collector.channels.len(), collector.gone.len())
    };
    collector.hand_on(&[event(ids[0], What::Created, 0), gone(ids[0], late)]);
    collector.kept.clear();
    assert_eq!(left(&mut collector), (2, 1, 1), "something of it may come late");
    collector.hand_on(&strangers);
    collector.kept[0].at = 0;
    assert_eq!(left(&mut collector), (2, 1, MOST_GONE + 1), "an event is kept that it may be in");
    collector.kept[0].at = late;
    assert_eq!(left(&mut collector), (2, 1, MOST_GONE + 1), "it may be in one of the same time");
    collector.kept.clear();
    assert_eq!(left(&mut collector), (1, 1, MOST_GONE));
    collector.hand_on(&[gone(ids[1], late)]);
    collector.hand_on(&strangers);
    collector.kept.clear();
    assert_eq!(left(&mut collector), (0, 0, MOST_GONE));
}

#[test]
fn handle_that_went_just_now_is_not_forgotten() {
    let _turn = run::Turn::take();
    let mut collector = collector();
    let handle = *collector.handles.keys().next().unwrap();
    collector.gone.push_back((0, handle));
    collector.forget();
    assert_eq!((collector.handles.len(), collector.gone.len()), (2, 1));
}

#[test]
fn channels_of_before_are_not_learned() {
    let _turn = run::Turn::take();
    let mut collector = collector();
    let before = Channel { id: collector.first_id - 1, ..collector.channels.values().next().unwrap().channel.clone() };
    collector.learn(News::Channel(before));
    assert_eq!(collector.channels.len(), 1);
}

#[test]
fn a_file_does_not_grow_while_nothing_happens() {
    let _turn = run::Turn::take();
    let path = tempfile::NamedTempFile::new().unwrap();
    let mut collector = Collector::new(100, Some(path.reopen().unwrap())).unwrap();
    let mut size = |rounds: usize| {
        (0..rounds).for_each(|_| collector.collect());
        collector.write(Writer::flush);
        std::fs::metadata(path.path()).unwrap().len()
    };
    assert_eq!(size(1), size(100));
}
