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
