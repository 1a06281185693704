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
