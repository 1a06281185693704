//! What only damage can have made is drawn all the same.

use thalweg_diagram::{Options, Scale, mermaid, svg, text};
use thalweg_recording::{Channel, Event, Handle, Kind, Recording, Role, What};

/// A fuzzer found it: each wait is as long as a number can tell, and their sum was longer.
#[test]
fn waits_that_add_up_to_more_than_a_number_holds_were_a_panic() {
    let event = |at, what, aux| Event { at, channel: 1, handle: 2, what, message: None, aux };
    let begins = (1..=9).map(|wait| event(0, What::SendWaits, wait));
    let ends = (1..=9).map(|wait| event(u64::MAX - 9 + u64::from(wait), What::Cancelled, wait));
    let recording = Recording {
        channels: vec![Channel { id: 1, kind: Kind::Mpmc, capacity: Some(1), name: None, place: None }],
        handles: vec![Handle { id: 2, channel: 1, role: Role::Sender, name: None, ordinal: 1 }],
        events: begins.chain(ends).collect(),
        ended: u64::MAX,
        ..Recording::default()
    };
    for scale in [Scale::Sequence, Scale::Time] {
        let options = Options { scale, ..Options::default() };
        assert!(svg(&recording, &options).contains("sender"));
        assert!(text(&recording, &options).contains("sender"));
        assert!(mermaid(&recording, &options).contains("sender"));
    }
}

/// Damage that was drawn found it: the first receive was so long before the first send that nothing could be added.
#[test]
fn a_channel_fuller_than_a_number_holds_was_a_panic() {
    let event = |at, handle, what, message| Event { at, channel: 1, handle, what, message: Some(message), aux: 0 };
    let handle = |id, role| Handle { id, channel: 1, role, name: None, ordinal: 1 };
    for kind in [Kind::Mpmc, Kind::Broadcast] {
        let recording = Recording {
            channels: vec![Channel { id: 1, kind, capacity: None, name: None, place: None }],
            handles: vec![handle(2, Role::Sender), handle(3, Role::Receiver)],
            events: vec![event(1, 2, What::Sent, i64::MAX as u64), event(2, 2, What::Sent, u64::MAX)]
                .into_iter()
                .chain([event(3, 3, What::Received, 0), event(4, 3, What::Received, u64::MAX)])
                .collect(),
            ended: 5,
            ..Recording::default()
        };
        assert!(text(&recording, &Options::default()).contains("sender"));
    }
}
