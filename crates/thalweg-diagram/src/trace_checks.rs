//! Chrome traces, held against what the format's description asks of each event ("Trace Event Format", which Perfetto and
//! chrome://tracing read).

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::future::Future;
use std::task::{Context, Waker};

use serde_json::Value;
use thalweg::{mpmc, record};
use thalweg_recording::{Limits, Recording, What, read};

use super::{made::runs, runs_made};
use crate::chrome_trace;

/// A run of real channels, in which two messages go from thread to thread and one stays.
fn real() -> Recording {
    let recorder = record::Options::new().start().unwrap();
    let (tx, rx) = mpmc::bounded(1);
    let (tx, rx) = (record::named("\"quoted\"", tx), record::named("worker", rx));
    std::thread::scope(|scope| {
        scope.spawn(|| (0..3).for_each(|number| tx.send_blocking(number).unwrap()));
        scope.spawn(|| (0..2).for_each(|number| assert_eq!(rx.recv_blocking(), Ok(number))));
    });
    drop(tx);
    recorder.recording()
}

/// Three wait at one handle, of which the second gives up last, while a fourth tries.
fn crowded() -> Recording {
    let recorder = record::Options::new().start().unwrap();
    let (tx, _rx) = mpmc::bounded(1);
    tx.try_send(0).unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    let mut sends: Vec<_> = (1..4).map(|number| Box::pin(tx.send(number))).collect();
    sends.iter_mut().for_each(|send| assert!(send.as_mut().poll(&mut cx).is_pending()));
    let last = sends.remove(1);
    drop(sends);
    assert!(tx.try_send(9).is_err());
    drop(last);
    recorder.recording()
}

/// More than a thousand messages of a run on two processors.
fn main_job() -> Recording {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pictures/checksum-run.thalweg");
    read(File::open(path).unwrap(), &Limits::default()).unwrap()
}

/// Waits that begin right behind a message, and messages at one time.
fn dense() -> Recording {
    let mut recording = runs::capacity_1();
    for (number, event) in recording.events.iter_mut().enumerate() {
        event.at = number as u64 * 7 / 2;
    }
    recording
}

/// What all events of a phase must have beside `ph`, `pid` and `tid`.
fn asked(phase: &str) -> &'static [&'static str] {
    match phase {
        "X" => &["name", "cat", "ts", "dur"],
        "i" => &["name", "cat", "ts", "s"],
        "s" | "f" => &["name", "cat", "ts", "id"],
        "C" => &["name", "ts", "args"],
        "M" => &["name", "args"],
        other => panic!("there is no phase {other}"),
    }
}

fn check_event(event: &Value) {
    let phase = event["ph"].as_str().unwrap();
    assert!(event["pid"].is_u64(), "{event}");
    // Counters and names of processes belong to no thread.
    assert!(event["tid"].is_u64() || phase == "C" || event["name"] == "process_name", "{event}");
    for key in asked(phase) {
        let fits = match *key {
            "ts" | "dur" => event[key].as_f64().is_some_and(|time| time >= 0.0),
            "s" => ["g", "p", "t"].iter().any(|scope| event[key] == *scope),
            "args" => event[key].is_object(),
            _ => event[key].is_string(),
        };
        assert!(fits, "`{key}` in {event}");
    }
    let args = &event["args"];
    match phase {
        "C" => assert!(args.as_object().unwrap().values().all(Value::is_number), "{event}"),
        "M" => {
            assert!(event["name"] == "process_name" || event["name"] == "thread_name", "{event}");
            assert!(args["name"].is_string(), "{event}");
        }
        // Else a flow would lead to the next slice that begins there, and not to the one that it is about.
        "f" => assert_eq!(event["bp"], "e", "{event}"),
        _ => {}
    }
}

/// A flow begins and ends in a slice of its thread, or it is not shown; it does not end before it began.
fn check_flows(events: &[Value]) {
    let place = |event: &Value| (event["pid"].as_u64(), event["tid"].as_u64());
    let mut slices: HashMap<_, Vec<(f64, f64)>> = HashMap::new();
    for slice in events.iter().filter(|event| event["ph"] == "X") {
        let (at, takes) = (slice["ts"].as_f64().unwrap(), slice["dur"].as_f64().unwrap());
        slices.entry(place(slice)).or_default().push((at, at + takes));
    }
    let mut begun: HashMap<&str, f64> = HashMap::new();
    for flow in events.iter().filter(|event| event["ph"] == "s" || event["ph"] == "f") {
        let at = flow["ts"].as_f64().unwrap();
        let held = slices[&place(flow)].iter().any(|(from, to)| *from <= at && at <= *to);
        assert!(held, "no slice holds {flow}");
        let id = flow["id"].as_str().unwrap();
        if flow["ph"] == "s" {
            assert_eq!(begun.insert(id, at), None, "it begins twice: {flow}");
        } else {
            assert!(begun.get(id).is_none_or(|before| *before <= at), "it ends before it begins: {flow}");
        }
    }
}

/// Of one thread, a slice ends before another begins, or lies within it: what overlaps is not shown, says Perfetto, and flows do not
/// hang on it, says Chrome. They count in floating point, in which two times that should be one differ.
fn check_nesting(events: &[Value]) {
    // As Chrome's viewer has it: in milliseconds since the first event.
    let milliseconds = |time: &Value| time.as_f64().unwrap() / 1e3;
    let times = events.iter().filter(|event| event["ph"] != "M").map(|event| milliseconds(&event["ts"]));
    let began = times.reduce(f64::min).unwrap_or(0.0);
    let mut slices: HashMap<_, Vec<(f64, f64)>> = HashMap::new();
    for slice in events.iter().filter(|event| event["ph"] == "X") {
        let (from, takes) = (milliseconds(&slice["ts"]) - began, milliseconds(&slice["dur"]));
        let place = (slice["pid"].as_u64(), slice["tid"].as_u64());
        slices.entry(place).or_default().push((from, from + takes));
    }
    for (place, mut slices) in slices {
        slices.sort_by(|one, other| one.0.total_cmp(&other.0).then(other.1.total_cmp(&one.1)));
        let mut open: Vec<f64> = Vec::new();
        for (from, to) in slices {
            while open.pop_if(|end| *end <= from).is_some() {}
            assert!(
                open.last().is_none_or(|end| to <= *end),
                "{from} to {to} ends outside of what it is in, at {place:?}"
            );
            open.push(to);
        }
    }
}

/// Whatever was recorded.
pub(crate) fn check_slices(recording: &Recording) {
    let mut trace = Vec::new();
    chrome_trace(recording, &mut trace).unwrap();
    let trace: Value = serde_json::from_slice(&trace).unwrap();
    check_nesting(trace["traceEvents"].as_array().unwrap());
}

/// Each thread that something happens on has a name.
fn check_names(events: &[Value]) {
    let of = |event: &Value| (event["pid"].as_u64(), event["tid"].as_u64());
    let named: HashSet<_> = events.iter().filter(|event| event["name"] == "thread_name").map(of).collect();
    let threads = events.iter().filter(|event| event["ph"] != "M" && event["ph"] != "C");
    threads.for_each(|event| assert!(named.contains(&of(event)), "{event}"));
}

#[test]
fn traces_are_of_the_form_that_their_readers_know() {
    for recording in runs_made().into_iter().chain([real(), crowded(), dense(), main_job()]) {
        let mut trace = Vec::new();
        chrome_trace(&recording, &mut trace).unwrap();
        let trace: Value = serde_json::from_slice(&trace).unwrap();
        assert_eq!(trace["displayTimeUnit"], "ns");
        let events = trace["traceEvents"].as_array().unwrap();
        events.iter().for_each(check_event);
        check_flows(events);
        check_nesting(events);
        check_names(events);
        let begun = events.iter().filter(|event| event["ph"] == "s").count();
        let sent = recording.events.iter().filter(|event| matches!(event.what, What::Sent | What::SentByPermit));
        assert_eq!(begun, sent.count());
    }
}
