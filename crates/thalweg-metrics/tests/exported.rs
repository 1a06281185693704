//! What a real recorder of `metrics` gets.

use std::collections::HashMap;
use std::pin::pin;
use std::task::{Context, Waker};

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use thalweg::record::{Options, Snapshot, name_channel};
use thalweg::{mpmc, mpsc};
use thalweg_metrics::Exporter;
use thalweg_recording::Kind;

/// Name, channel, kind.
type Series = (String, Option<String>, Option<String>);

fn taken(snapshotter: &Snapshotter) -> HashMap<Series, DebugValue> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.map(|(key, _, _, value)| {
        let key = key.key();
        let label = |name| key.labels().find(|label| label.key() == name).map(|label| label.value().to_owned());
        ((key.name().to_owned(), label("channel"), label("kind")), value)
    })
    .collect()
}

fn exporting(run: impl FnOnce(&mut dyn FnMut(&Snapshot) -> HashMap<Series, DebugValue>)) {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let mut exporter = Exporter::new();
        let mut totals: HashMap<Series, u64> = HashMap::new();
        run(&mut |snapshot| {
            exporter.publish(snapshot);
            let mut values = taken(&snapshotter);
            // This recorder tells what was added since it was last asked.
            for (series, value) in &mut values {
                let DebugValue::Counter(count) = value else { continue };
                let total = totals.entry(series.clone()).or_default();
                *total += *count;
                *count = *total;
            }
            values
        });
    });
}

fn counter(values: &HashMap<Series, DebugValue>, name: &str, channel: &str, kind: &str) -> u64 {
    let series = (format!("thalweg_channel_{name}"), Some(channel.to_owned()), Some(kind.to_owned()));
    match values.get(&series) {
        Some(DebugValue::Counter(count)) => *count,
        other => panic!("{series:?} is {other:?}"),
    }
}

fn gauge(values: &HashMap<Series, DebugValue>, name: &str, channel: &str) -> f64 {
    let series = (name.to_owned(), Some(channel.to_owned()), Some("mpmc".to_owned()));
    match values.get(&series) {
        Some(DebugValue::Gauge(value)) => value.0,
        other => panic!("{series:?} is {other:?}"),
    }
}

fn times(values: &HashMap<Series, DebugValue>, name: &str) -> Vec<f64> {
    let series = (format!("thalweg_channel_{name}"), Some("jobs".to_owned()), Some("mpmc".to_owned()));
    match values.get(&series) {
        Some(DebugValue::Histogram(times)) => times.iter().map(|time| time.0).collect(),
        // One that got nothing since it was last looked at is not there.
        None => Vec::new(),
        other => panic!("{series:?} is {other:?}"),
    }
}

/// One recording, since a process has one at a time: all that channels tell arrives, once.
#[test]
fn the_numbers_of_real_channels_arrive() {
    let recorder = Options::new().start().unwrap();
    exporting(|publish| {
        let (tx, rx) = mpmc::bounded(2);
        name_channel("jobs", &tx);
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let mut send = pin!(tx.send(3));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(send.as_mut().poll(&mut cx).is_pending());
        let values = publish(&recorder.snapshot());
        let expected = [("s", 1.0), ("_len", 2.0), ("_capacity", 2.0), ("_senders", 1.0), ("_receivers", 1.0)];
        for (name, value) in expected.into_iter().chain([("_waiting_senders", 1.0), ("_waiting_receivers", 0.0)]) {
            assert_eq!(gauge(&values, &format!("thalweg_channel{name}"), "jobs"), value, "{name}");
        }
        assert_eq!(counter(&values, "sent_total", "jobs", "mpmc"), 2);
        assert_eq!(counter(&values, "sends_waited_total", "jobs", "mpmc"), 1);
        assert!(times(&values, "send_wait_seconds").is_empty(), "it waits still");

        assert_eq!(rx.try_recv(), Ok(1));
        assert!(send.as_mut().poll(&mut cx).is_ready());
        let values = publish(&recorder.snapshot());
        assert_eq!(counter(&values, "sent_total", "jobs", "mpmc"), 3);
        assert_eq!(counter(&values, "received_total", "jobs", "mpmc"), 1);
        assert_eq!(gauge(&values, "thalweg_channel_waiting_senders", "jobs"), 0.0);
        let [wait] = times(&values, "send_wait_seconds")[..] else { panic!("one wait is over") };
        assert!(wait > 0.0 && wait < 60.0, "{wait} s");
        assert_eq!(times(&values, "queue_seconds").len(), 1);
        assert!(times(&publish(&recorder.snapshot()), "queue_seconds").is_empty(), "it is given once");

        // Another of the same name is the same series, one of another kind is not.
        let (second, _second_rx) = mpmc::unbounded();
        name_channel("jobs", &second);
        second.try_send(()).unwrap();
        let (one, _one_rx) = mpsc::channel(1);
        name_channel("jobs", &one);
        one.try_send(()).unwrap();
        let values = publish(&recorder.snapshot());
        assert_eq!(counter(&values, "sent_total", "jobs", "mpmc"), 4);
        assert_eq!(counter(&values, "sent_total", "jobs", "mpsc"), 1);
        assert_eq!(gauge(&values, "thalweg_channel_len", "jobs"), 3.0);
        assert_eq!(gauge(&values, "thalweg_channels", "jobs"), 2.0);
    });
    let (lost, series) = ("thalweg_events_lost_total", &recorder.snapshot());
    exporting(|publish| {
        let lossy = Snapshot { lost: 7, ..series.clone() };
        assert_eq!(publish(&lossy)[&(lost.to_owned(), None, None)], DebugValue::Counter(7));
        assert_eq!(publish(&lossy)[&(lost.to_owned(), None, None)], DebugValue::Counter(7));
    });
}

#[test]
fn what_has_gone_is_counted_on_and_holds_nothing() {
    let channel = thalweg_recording::Channel {
        id: 1,
        kind: Kind::Mpmc,
        capacity: Some(1),
        name: Some("jobs".to_owned()),
        place: None,
    };
    let mut counts = thalweg_recording::Counts::default();
    counts.sent = 5;
    counts.queue_time.record(1_000);
    let alive = thalweg_recording::ChannelSnapshot {
        channel: channel.clone(),
        closed: None,
        depth: 1,
        senders: Default::default(),
        receivers: Default::default(),
        counts: counts.clone(),
    };
    let now = Snapshot { at: 10, channels: vec![alive.clone()], ..Snapshot::default() };
    counts.sent = 6;
    counts.queue_time.record(3_000);
    let gone = thalweg_recording::GoneChannels { channel, channels: 1, counts };
    let later = Snapshot { at: 20, gone: vec![gone], ..Snapshot::default() };
    exporting(|publish| {
        let values = publish(&now);
        assert_eq!(gauge(&values, "thalweg_channel_len", "jobs"), 1.0);
        let [time] = times(&values, "queue_seconds")[..] else { panic!("one") };
        assert!((0.67e-6..1.5e-6).contains(&time), "1 µs is given as {time} s");
        let values = publish(&later);
        assert_eq!(gauge(&values, "thalweg_channel_len", "jobs"), 0.0);
        assert_eq!(counter(&values, "sent_total", "jobs", "mpmc"), 6);
        assert_eq!(times(&values, "queue_seconds").len(), 1, "the second one only");
        // Another recording begins.
        let values = publish(&now);
        assert_eq!(counter(&values, "sent_total", "jobs", "mpmc"), 11);
        // Nothing that was ever given stands for nothing.
        let values = publish(&Snapshot { at: 30, ..Snapshot::default() });
        assert_eq!(gauge(&values, "thalweg_channel_len", "jobs"), 0.0);
    });
}
