//! What no test from outside can hit on purpose: a round of the collector in the middle of a step.

use super::*;
use crate::record::ring::{begin, finish, put, put_at};
use std::sync::{Mutex, PoisonError};

static TURN: Mutex<()> = Mutex::new(());

/// A channel without a lock, and two handles of it.
fn collector() -> Collector {
    let mut collector = Collector::new(100, None).unwrap();
    let (id, kind) = (run::next_id(), thalweg_recording::Kind::Oneshot);
    run::tell(News::Channel(Channel { id, kind, capacity: Some(1), name: None, place: None }));
    for role in [thalweg_recording::Role::Sender, thalweg_recording::Role::Receiver] {
        run::tell(News::Handle(Handle { id: run::next_id(), channel: id, role, name: None, ordinal: 1 }));
    }
    collector.collect();
    collector
}

fn handed_on(collector: &mut Collector) -> Vec<What> {
    collector.collect();
    collector.kept.drain(..).map(|event| event.what).collect()
}

#[test]
fn round_in_the_middle_of_a_step_waits_for_its_event() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
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
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
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
