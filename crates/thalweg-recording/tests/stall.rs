//! What a stall report says of three programs that do not go on, and the text form of a snapshot.

use thalweg_recording::{Channel, Event, Handle, Kind, NO_HANDLE, Role, Snapshot, Tally, What, stall_report};

const MS: u64 = 1_000_000;

/// A tally that knows these: channels by kind, capacity and name, and handles by channel, role and name.
fn tally(channels: &[(Kind, u64, &str)], handles: &[(u32, Role, &str)]) -> Tally {
    let mut tally = Tally::new();
    for (id, (kind, capacity, name)) in (1..).zip(channels) {
        let place = Some(format!("src/main.rs:{}", 10 + id));
        let capacity = Some(*capacity);
        tally.channel(&Channel { id, kind: *kind, capacity, name: Some((*name).to_owned()), place });
    }
    for (id, (channel, role, name)) in (1..).zip(handles) {
        let name = Some((*name).to_owned()).filter(|name| !name.is_empty());
        tally.handle(&Handle { id, channel: *channel, role: *role, name, ordinal: 1 });
    }
    tally
}

fn tell(tally: &mut Tally, at: u64, channel: u32, handle: u32, what: What, message: Option<u64>, aux: u32) {
    tally.event(&Event { at: at * MS, channel, handle, what, message, aux });
}

fn deadlock() -> Snapshot {
    let ends = [(1, Role::Sender, "shop"), (1, Role::Receiver, "factory"), (2, Role::Sender, "factory")];
    let handles = [&ends[..], &[(2, Role::Receiver, "shop")]].concat();
    let mut tally = tally(&[(Kind::Mpmc, 2, "orders"), (Kind::Mpmc, 2, "receipts")], &handles);
    for (channel, handle) in [(1, 1), (2, 3)] {
        (0..2).for_each(|n| tell(&mut tally, 1, channel, handle, What::Sent, Some(n), 0));
        tell(&mut tally, 10 + u64::from(channel), channel, handle, What::SendWaits, None, 1);
    }
    tally.snapshot(2_000 * MS)
}

#[test]
fn a_deadlock_is_read_off() {
    let expected = "\
at 2.00 s: 2 operations have waited longer than 1.00 s

orders (mpmc, made at src/main.rs:11) is full: 2 of 2
  shop has waited 1.99 s for a place, since 11.0 ms
  receives there: factory, which has waited 1.99 s for a place in receipts

receipts (mpmc, made at src/main.rs:12) is full: 2 of 2
  factory has waited 1.99 s for a place, since 12.0 ms
  receives there: shop, which has waited 1.99 s for a place in orders

factory and shop wait for each other: a deadlock, unless one of them also waits for something that is no channel here
";
    assert_eq!(stall_report(&deadlock(), 1_000 * MS), expected);
    let mut woken = deadlock();
    woken.channels[1].senders.waits[0].woken = Some(1_990 * MS);
    let text = stall_report(&woken, 1_000 * MS);
    assert!(text.contains("it was woken at 1.99 s, and has not run since") && !text.contains("deadlock"), "{text}");
    assert_eq!(
        stall_report(&deadlock(), 3_000 * MS).lines().next(),
        Some("at 2.00 s: nothing has waited longer than 3.00 s")
    );
}

#[test]
fn a_slow_consumer_is_read_off() {
    let handles = [(1, Role::Sender, "parser"), (1, Role::Receiver, "store")];
    let mut tally = tally(&[(Kind::Mpsc, 1, "parsed")], &handles);
    tell(&mut tally, 0, 1, 1, What::Sent, Some(0), 0);
    for n in 1..9 {
        tell(&mut tally, 10 * n - 9, 1, 1, What::SendWaits, None, 1);
        tell(&mut tally, 10 * n, 1, 2, What::Received, Some(n - 1), 0);
        tell(&mut tally, 10 * n, 1, 1, What::Sent, Some(n), 1);
    }
    tell(&mut tally, 85, 1, 1, What::SendWaits, None, 1);
    let expected = "\
at 100 ms: 1 operation has waited longer than 10.0 ms

parsed (mpsc, made at src/main.rs:11) is full: 1 of 1
  parser has waited 15.0 ms for a place, since 85.0 ms
  receives there: store, which waits on no channel: it is busy, or waits for something else

parsed: 9 of 10 sends had to wait, half of them for 9.00 ms or longer, and 0 of 8 receives: what receives is the slow part \
(store)
";
    assert_eq!(stall_report(&tally.snapshot(100 * MS), 10 * MS), expected);
}

#[test]
fn a_dropped_answer_is_read_off() {
    let handles = [
        (1, Role::Sender, "client"),
        (1, Role::Receiver, "actor"),
        (2, Role::Sender, "actor"),
        (2, Role::Receiver, "client"),
        (3, Role::Sender, "actor"),
        (3, Role::Receiver, ""),
    ];
    let channels = [(Kind::Mpsc, 8, "requests"), (Kind::Oneshot, 1, "reply"), (Kind::Oneshot, 1, "reply")];
    let mut tally = tally(&channels, &handles);
    tell(&mut tally, 1, 2, 3, What::Sent, Some(0), 0);
    tell(&mut tally, 1, 2, 3, What::Dropped, None, 0);
    tell(&mut tally, 2, 2, 4, What::Received, Some(0), 0);
    tell(&mut tally, 2, 2, 4, What::Dropped, None, 0);
    tell(&mut tally, 3, 3, 6, What::ReceiveWaits, None, 1);
    tell(&mut tally, 4, 1, 2, What::ReceiveWaits, None, 1);
    let text = stall_report(&tally.snapshot(50 * MS), 10 * MS);
    assert!(text.contains("  receiver 1 has waited 47.0 ms for a message, since 3.00 ms\n"), "{text}");
    assert!(text.contains("  sends there: actor, which has waited 46.0 ms for a message in requests\n"), "{text}");
    tell(&mut tally, 60, 3, 5, What::Dropped, None, 0);
    tell(&mut tally, 60, 3, NO_HANDLE, What::Closed, None, thalweg_recording::LAST_SENDER_WENT);
    tell(&mut tally, 61, 3, 6, What::ReceiveEnded, None, 1);
    tell(&mut tally, 62, 3, 6, What::Dropped, None, 0);
    let text = stall_report(&tally.snapshot(65 * MS), 10 * MS);
    let expected =
        "reply, made at src/main.rs:12: 1 of 2 oneshot channels ended without a message: the sender was dropped";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_snapshot_is_one_object_of_json() {
    let mut snapshot = deadlock();
    snapshot.channels.truncate(1);
    let json = snapshot.to_json();
    let zeros = r#""cancelled":0,"lagged":0,"discarded":0,"sends_refused":0,"receives_ended":0"#;
    let none = r#"{"sum":0,"max":0,"buckets":[]}"#;
    let expected = [
        r#"{"thalweg":"snapshot","version":1,"at":2000000000,"lost":0,"unmeasured":0,"channels":[{"id":1,"kind":"mpmc","#,
        r#""capacity":2,"name":"orders","place":"src/main.rs:11","depth":2,"senders":{"handles":1,"waiting":1,"#,
        r#""parties":[{"label":"shop","named":true}],"waits":[{"label":"shop","named":true,"since":11000000}]},"#,
        r#""receivers":{"handles":1,"waiting":0,"parties":[{"label":"factory","named":true}],"waits":[]},"#,
        r#""sent":2,"received":0,"#,
        zeros,
        r#","sends_waited":1,"receives_waited":0,"high_water":2,"send_wait":"#,
        none,
        r#","receive_wait":"#,
        none,
        r#","queue_time":"#,
        none,
        "}],\"gone\":[]}\n",
    ];
    assert_eq!(json, expected.concat());
}
