//! Chrome traces, held against what the format's description asks of each event ("Trace Event Format", which Perfetto and
//! chrome://tracing read).

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use thalweg::{mpmc, record};
use thalweg_recording::{Recording, What};

use super::runs_made;
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

/// Each thread that something happens on has a name.
fn check_names(events: &[Value]) {
    let of = |event: &Value| (event["pid"].as_u64(), event["tid"].as_u64());
    let named: HashSet<_> = events.iter().filter(|event| event["name"] == "thread_name").map(of).collect();
    let threads = events.iter().filter(|event| event["ph"] != "M" && event["ph"] != "C");
    threads.filter(|event| event["tid"] != 0).for_each(|event| assert!(named.contains(&of(event)), "{event}"));
}

#[test]
fn traces_are_of_the_form_that_their_readers_know() {
    for recording in runs_made().into_iter().chain([real()]) {
        let mut trace = Vec::new();
        chrome_trace(&recording, &mut trace).unwrap();
        let trace: Value = serde_json::from_slice(&trace).unwrap();
        assert_eq!(trace["displayTimeUnit"], "ns");
        let events = trace["traceEvents"].as_array().unwrap();
        events.iter().for_each(check_event);
        check_flows(events);
        check_names(events);
        let begun = events.iter().filter(|event| event["ph"] == "s").count();
        let sent = recording.events.iter().filter(|event| matches!(event.what, What::Sent | What::SentByPermit));
        assert_eq!(begun, sent.count());
    }
}
