//! What an event costs. Run by hand: `cargo test --release -p thalweg-recording --test speed -- --ignored --nocapture`.

use std::time::Instant;

use thalweg_recording::{Channel, Event, Handle, Kind, Role, Tally, What};

/// Each message has four events: two waits, each begun and ended by it.
fn events(count: u64, channels: u64) -> Vec<Event> {
    let event = |at, number: u64, end: u32, what, message, aux| {
        let channel = (number % channels) as u32 + 1;
        Event { at, channel, handle: channel * 2 + end, what, message, aux }
    };
    let of_one = |n: u64| {
        let (at, message, wait) = (n * 400, Some(n / channels), n as u32 + 1);
        [
            event(at, n, 0, What::SendWaits, None, wait),
            event(at + 100, n, 0, What::Sent, message, wait),
            event(at + 150, n, 1, What::ReceiveWaits, None, wait),
            event(at + 300, n, 1, What::Received, message, wait),
        ]
    };
    (0..count).flat_map(of_one).collect()
}

#[test]
#[ignore = "measures"]
fn cost_of_an_event() {
    for (channels, waits) in [(1, true), (1, false), (1_000, true), (1_000, false)] {
        let mut events = events(1_000_000, channels);
        if !waits {
            events.retain(|event| event.message.is_some());
            events.iter_mut().for_each(|event| event.aux = 0);
        }
        // As two threads hand them over, 1,000 at a time.
        let (sends, receives): (Vec<Event>, Vec<Event>) = events.iter().partition(|event| event.handle % 2 == 0);
        let batches: Vec<&[Event]> =
            sends.chunks(1_000).zip(receives.chunks(1_000)).flat_map(|(a, b)| [b, a]).collect();
        let mut tally = Tally::new();
        for id in 1..=channels as u32 {
            tally.channel(&Channel { id, kind: Kind::Mpmc, capacity: Some(4), name: None, place: None });
            for (end, role) in [(0, Role::Sender), (1, Role::Receiver)] {
                tally.handle(&Handle { id: id * 2 + end, channel: id, role, name: None, ordinal: 1 });
            }
        }
        let begun = Instant::now();
        batches.iter().copied().flatten().for_each(|event| tally.event(event));
        let snapshot = tally.snapshot(0);
        let each = begun.elapsed().as_nanos() as f64 / events.len() as f64;
        let begun = Instant::now();
        tally.snapshot(0);
        let taken = begun.elapsed();
        let json = snapshot.to_json().len();
        assert_eq!(snapshot.channels.iter().map(|channel| channel.counts.received).sum::<u64>(), 1_000_000);
        println!("{channels} channels, waits {waits}: {each:.1} ns an event, a snapshot {taken:?}, {json} bytes");
    }
}
