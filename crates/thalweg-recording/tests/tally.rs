//! Events counted, against a recount that looks at all of them anew for each number.

mod played;

use played::{Played, plays, run};
use proptest::collection::vec;
use proptest::prelude::*;
use thalweg_recording::{Channel, Event, Handle, Histogram, Kind, NO_HANDLE, Role, Snapshot, Tally, What};

fn described(played: &Played) -> Tally {
    let mut tally = Tally::new();
    played.channels.iter().for_each(|channel| tally.channel(channel));
    played.handles.iter().for_each(|handle| tally.handle(handle));
    tally
}

fn histogram(times: impl IntoIterator<Item = u64>) -> Histogram {
    let mut histogram = Histogram::default();
    times.into_iter().for_each(|time| histogram.record(time));
    histogram
}

/// The events in the batches of so many threads, each in order, one batch after the other.
fn in_batches(events: &[Event], threads: &[usize], batch: usize) -> Vec<Vec<Event>> {
    let mut lines = [const { Vec::new() }; 4];
    let of = |number: usize| threads.get(number % threads.len().max(1)).copied().unwrap_or(0) % 4;
    events.iter().enumerate().for_each(|(number, event)| lines[of(number)].push(*event));
    let rounds = lines.iter().map(|line: &Vec<Event>| line.len().div_ceil(batch)).max().unwrap_or(0);
    let nth = |line: &[Event], round: usize| line.chunks(batch).nth(round).unwrap_or(&[]).to_vec();
    (0..rounds).flat_map(|round| lines.iter().rev().map(move |line| nth(line, round)).collect::<Vec<_>>()).collect()
}

/// Holds a snapshot against a recount. What was counted in another order is right but for how full it was, and how long
/// those waited whose handle seemed to go before they were served.
fn check(played: &Played, snapshot: &Snapshot, in_order: bool) {
    for channel in &snapshot.channels {
        let events: Vec<&Event> = played.events.iter().filter(|e| e.channel == channel.channel.id).collect();
        let count = |what: What| events.iter().filter(|event| event.what == what).count() as u64;
        let counts = &channel.counts;
        assert_eq!(counts.sent, count(What::Sent));
        assert_eq!(counts.received, count(What::Received));
        assert_eq!(counts.cancelled, count(What::Cancelled));
        assert_eq!(counts.sends_waited, count(What::SendWaits));
        assert_eq!(counts.receives_waited, count(What::ReceiveWaits));
        assert_eq!(counts.lagged + counts.discarded + counts.sends_refused + counts.receives_ended, 0);
        assert_eq!(channel.depth, counts.sent - counts.received);
        let queued = events.iter().filter(|event| event.what == What::Received).map(|event| {
            let sent = events.iter().find(|sent| sent.what == What::Sent && sent.message == event.message).unwrap();
            event.at - sent.at
        });
        assert_eq!(counts.queue_time, histogram(queued));
        let alive = |role: Role| {
            let here = played.handles.iter().filter(|h| h.role == role && h.channel == channel.channel.id);
            here.filter(|h| !events.iter().any(|e| e.what == What::Dropped && e.handle == h.id)).count() as u64
        };
        assert_eq!([channel.senders.handles, channel.receivers.handles], [alive(Role::Sender), alive(Role::Receiver)]);
        for (what, side, took) in [
            (What::SendWaits, &channel.senders, &counts.send_wait),
            (What::ReceiveWaits, &channel.receivers, &counts.receive_wait),
        ] {
            let (mut over, mut open) = (Vec::new(), Vec::new());
            for begun in events.iter().filter(|event| event.what == what) {
                let ends = |event: &&&Event| {
                    let is_its = event.what.ends_wait(event) == begun.aux || event.what == What::Dropped;
                    event.handle == begun.handle && is_its && event.at >= begun.at
                };
                match events.iter().find(ends) {
                    Some(end) => over.push(end.at - begun.at),
                    None => open.push(begun.at),
                }
            }
            assert_eq!(took.count(), over.len() as u64);
            if in_order {
                assert_eq!(took, &histogram(over));
            }
            assert_eq!(side.waiting, open.len() as u64);
            assert_eq!(side.waits.iter().map(|waiter| waiter.since).collect::<Vec<_>>(), open);
        }
        let mut depth: u64 = 0;
        let depths = events.iter().map(|event| {
            depth += u64::from(event.what == What::Sent);
            depth -= u64::from(event.what == What::Received);
            depth
        });
        let highest = depths.max().unwrap_or(0);
        assert!(
            counts.high_water >= channel.depth && counts.high_water <= channel.channel.capacity.unwrap_or(u64::MAX)
        );
        if in_order {
            assert_eq!(counts.high_water, highest);
        }
    }
}

proptest! {
    #[test]
    fn a_tally_counts_as_a_recount_does(plays in plays(), threads in vec(0..4_usize, 1..40), batch in 1..50_usize) {
        let played = run(&plays);
        let end = played.events.last().map_or(0, |event| event.at);
        let mut tally = described(&played);
        in_batches(&played.events, &threads, batch).concat().iter().for_each(|event| tally.event(event));
        let snapshot = tally.snapshot(end);
        prop_assert_eq!(snapshot.lost + snapshot.unmeasured, 0);
        check(&played, &snapshot, true);
    }

    #[test]
    fn so_it_does_when_batches_come_late(plays in plays(), threads in vec(0..4_usize, 1..40), batch in 1..50_usize) {
        let played = run(&plays);
        let end = played.events.last().map_or(0, |event| event.at);
        let mut tally = described(&played);
        for batch in in_batches(&played.events, &threads, batch) {
            batch.iter().for_each(|event| tally.event(event));
            // Whoever asks has all that came so far counted, in whatever order.
            prop_assert!(tally.snapshot(0).channels.len() <= played.channels.len());
        }
        check(&played, &tally.snapshot(end), false);
    }

    #[test]
    fn no_events_make_it_panic(
        events in vec((0..4_u32, 0..6_u32, 0..What::ALL.len(), any::<Option<u64>>(), any::<u32>(), any::<u64>()), 0..300),
        small in any::<bool>(),
    ) {
        let mut tally = Tally::new();
        let kinds = [Kind::Mpmc, Kind::Broadcast, Kind::Watch];
        for (id, kind) in (0..).zip(kinds) {
            tally.channel(&Channel { id, kind, capacity: Some(u64::from(id)).filter(|_| small), name: None, place: None });
            tally.handle(&Handle { id: id * 2 + 1, channel: id, role: Role::Sender, name: None, ordinal: 1 });
            tally.handle(&Handle { id: id * 2 + 2, channel: id, role: Role::Receiver, name: None, ordinal: 1 });
        }
        for (number, (channel, handle, what, message, aux, at)) in events.into_iter().enumerate() {
            let message = message.map(|message| if small { message % 9 } else { message });
            tally.event(&Event { at, channel, handle, what: What::ALL[what], message, aux });
            if number % 7 == 0 {
                thalweg_recording::stall_report(&tally.snapshot(at), 3);
            }
        }
        tally.snapshot(u64::MAX).to_json();
    }

    #[test]
    fn a_histogram_is_right_to_a_factor_of_two(mut times in vec(0..u64::MAX >> 9, 1..200), q in 0.0..=1.0_f64) {
        let all = histogram(times.iter().copied());
        let (first, second) = times.split_at(times.len() / 2);
        let mut merged = histogram(first.iter().copied());
        merged.merge(&histogram(second.iter().copied()));
        prop_assert_eq!(&all, &merged);
        let buckets: Vec<u64> = all.buckets().map(|(_, count)| count).collect();
        prop_assert_eq!(Histogram::from_parts(&buckets, all.sum(), all.max()), Some(all.clone()));
        times.sort();
        let rank = (times.len() as f64 * q).ceil() as usize;
        let exact = times[rank.clamp(1, times.len()) - 1];
        let said = all.quantile(q);
        prop_assert!(said >= exact && said <= all.max() && said / 2 <= exact, "{said} for {exact}");
    }
}

fn channel(id: u32, kind: Kind, capacity: Option<u64>) -> Channel {
    Channel { id, kind, capacity, name: None, place: Some("src/main.rs:7".to_owned()) }
}

fn handle(id: u32, channel: u32, role: Role) -> Handle {
    Handle { id, channel, role, name: None, ordinal: 1 }
}

#[test]
fn channels_that_have_gone_are_sums_and_take_no_memory() {
    let mut tally = Tally::new();
    let mut at = 0;
    for id in 1..=30_000 {
        tally.channel(&channel(id, Kind::Oneshot, Some(1)));
        let ends = [(2 * id, Role::Sender), (2 * id + 1, Role::Receiver)];
        ends.into_iter().for_each(|(end, role)| tally.handle(&handle(end, id, role)));
        let what = [(0, What::Sent), (0, What::Dropped), (1, What::Received), (1, What::Dropped)];
        for (end, what) in what {
            at += 100;
            let message = matches!(what, What::Sent | What::Received).then_some(0);
            tally.event(&Event { at, channel: id, handle: 2 * id + end, what, message, aux: 0 });
        }
    }
    let size = format!("{tally:?}").len();
    let snapshot = tally.snapshot(at);
    assert!(snapshot.channels.is_empty());
    let [gone] = &snapshot.gone[..] else { panic!("{:?}", snapshot.gone) };
    assert_eq!((gone.channels, gone.counts.sent, gone.counts.received), (30_000, 30_000, 30_000));
    assert_eq!(gone.counts.queue_time, histogram(vec![200; 30_000]));
    assert_eq!((snapshot.lost, snapshot.unmeasured), (0, 0));
    // A second later nothing of them is left.
    assert_eq!(tally.snapshot(at + 2_000_000_000).gone, snapshot.gone);
    assert!(format!("{tally:?}").len() < size / 100);
}

#[test]
fn more_messages_than_are_remembered_are_counted_and_said() {
    let mut tally = Tally::new();
    tally.channel(&channel(1, Kind::Mpmc, None));
    tally.handle(&handle(1, 1, Role::Sender));
    let many = 600_000;
    let event = |at, what| Event { at, channel: 1, handle: 1, what, message: Some(at % many), aux: 0 };
    (0..many).for_each(|at| tally.event(&event(at, What::Sent)));
    let snapshot = tally.snapshot(many);
    assert_eq!((snapshot.channels[0].depth, snapshot.unmeasured), (many, many - (1 << 19)));
    (many..2 * many).for_each(|at| tally.event(&event(at, What::Received)));
    let snapshot = tally.snapshot(2 * many);
    let counts = &snapshot.channels[0].counts;
    assert_eq!((counts.received, counts.high_water, snapshot.channels[0].depth), (many, many, 0));
    assert_eq!((counts.queue_time.count(), counts.queue_time.max()), (1 << 19, many));
}

#[test]
fn a_broadcast_is_as_full_as_its_slowest_receiver_is_behind() {
    let mut tally = Tally::new();
    tally.channel(&channel(1, Kind::Broadcast, Some(4)));
    let all = [(1, Role::Sender), (2, Role::Receiver), (3, Role::Receiver)];
    all.into_iter().for_each(|(id, role)| tally.handle(&handle(id, 1, role)));
    let event = |at, handle, what, message, aux| Event { at, channel: 1, handle, what, message, aux };
    tally.event(&event(0, 2, What::Created, None, 0));
    tally.event(&event(0, 3, What::Cloned, None, 2));
    (0..3).for_each(|message| tally.event(&event(10 + message, 1, What::Sent, Some(message), 0)));
    (0..3).for_each(|message| tally.event(&event(20 + message, 2, What::Received, Some(message), 0)));
    let depth = |tally: &mut Tally| {
        let channel = tally.snapshot(0).channels.remove(0);
        (channel.depth, channel.counts.high_water)
    };
    assert_eq!(depth(&mut tally), (3, 3));
    (3..9).for_each(|message| tally.event(&event(30 + message, 1, What::Sent, Some(message), 0)));
    assert_eq!(depth(&mut tally), (4, 4));
    tally.event(&event(50, 3, What::Lagged, Some(5), 5));
    (5..9).for_each(|message| tally.event(&event(50 + message, 3, What::Received, Some(message), 0)));
    tally.event(&event(60, 2, What::Dropped, None, 0));
    assert_eq!(depth(&mut tally), (0, 4));
    let snapshot = tally.snapshot(0);
    assert_eq!((snapshot.channels[0].counts.lagged, snapshot.channels[0].receivers.handles), (5, 1));
}

#[test]
fn permits_take_places_and_a_closed_channel_says_why() {
    let mut tally = Tally::new();
    tally.channel(&channel(1, Kind::Mpmc, Some(4)));
    tally.handle(&handle(1, 1, Role::Sender));
    let event = |at, handle, what, message, aux| Event { at, channel: 1, handle, what, message, aux };
    tally.event(&event(1, 1, What::Reserved, None, 3));
    tally.event(&event(2, 1, What::SentByPermit, Some(0), 0));
    assert_eq!(tally.snapshot(0).channels[0].depth, 3);
    tally.event(&event(3, 1, What::PermitReturned, None, 2));
    tally.event(&event(4, NO_HANDLE, What::Closed, None, 2));
    tally.event(&event(5, NO_HANDLE, What::Discarded, Some(0), 1));
    let snapshot = tally.snapshot(0);
    let channel = &snapshot.channels[0];
    assert_eq!((channel.depth, channel.counts.high_water, channel.closed), (0, 3, Some(2)));
    assert_eq!((channel.counts.sent, channel.counts.discarded), (1, 1));
}

#[test]
fn what_nobody_described_is_lost_and_said_so() {
    let mut tally = Tally::new();
    tally.event(&Event { at: 1, channel: 1, handle: 1, what: What::Sent, message: Some(0), aux: 0 });
    tally.lost(4);
    assert_eq!(tally.snapshot(9), Snapshot { at: 9, lost: 5, ..Snapshot::default() });
}
