//! What a running program would say of itself at the end of a recorded run.

use thalweg_recording::{Recording, Snapshot, Tally};

pub(crate) fn snapshot(recording: &Recording) -> Snapshot {
    let mut tally = Tally::new();
    recording.channels.iter().for_each(|channel| tally.channel(channel));
    recording.handles.iter().for_each(|handle| tally.handle(handle));
    recording.events.iter().for_each(|event| tally.event(event));
    Snapshot { program: Some("made".to_owned()), ..tally.snapshot(recording.ended) }
}
