//! The pictures of recorded runs in `docs`, and in the documentation of each kind: they fail to match when what is recorded changes,
//! or how it is drawn. `cargo xtask pictures` writes them anew.

#[path = "../../examples/article/runs/mod.rs"]
mod runs;

use std::fs;
use std::path::{Path, PathBuf};

use thalweg::record::{Recording, Snapshot};
use thalweg_diagram::{Options, svg, text, top};
use thalweg_recording::{Tally, stall_report};

use crate::turn;

fn record(name: &str) -> Recording {
    let run = runs::ALL.into_iter().find(|run| run.name == name).expect("there is such a run");
    run.record()
}

/// The numbers as they were at that time; at the end where it is later.
fn snapshot(recording: &Recording, at: u64) -> Snapshot {
    let mut tally = Tally::new();
    recording.channels.iter().for_each(|channel| tally.channel(channel));
    recording.handles.iter().for_each(|handle| tally.handle(handle));
    recording.events.iter().filter(|event| event.at <= at).for_each(|event| tally.event(event));
    let program = recording.notes.first().map(|(_, program)| program.clone());
    Snapshot { program, ..tally.snapshot(at.min(recording.ended)) }
}

/// Whether the file holds this; writes it first if the pictures are to be written.
fn holds(path: &Path, text: &str) -> bool {
    if std::env::var_os("THALWEG_PICTURES").is_some_and(|what| what == "write") {
        fs::write(path, text).unwrap();
    }
    fs::read_to_string(path).is_ok_and(|kept| kept == text)
}

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// The file, and the text of it that is current.
fn stale<'a>(files: impl IntoIterator<Item = (PathBuf, &'a str)>) -> Vec<PathBuf> {
    files.into_iter().filter(|(path, text)| !holds(path, text)).map(|(path, _)| path).collect()
}

#[test]
fn pictures_of_runs_are_current() {
    let _turn = turn();
    let mut wrong = Vec::new();
    for run in runs::ALL {
        let recording = run.record();
        let folder = docs("pictures");
        let (picture, lines) = (svg(&recording, &Options::default()), text(&recording, &Options::default()));
        wrong.extend(stale([(folder.join(format!("{}.svg", run.name)), &*picture)]));
        wrong.extend(stale([(folder.join(format!("{}.txt", run.name)), &*lines)]));
        // Beside the text of its kind, which takes it in.
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(run.name);
        if beside.is_dir() {
            let (_, picture) = lines.split_once("\n\n").expect("a title");
            wrong.extend(stale([(beside.join("picture.md"), &*format!("```text\n{}\n```\n", picture.trim_end()))]));
        }
    }
    assert!(wrong.is_empty(), "stale: {wrong:?}; `cargo xtask pictures` draws them anew");
}

#[test]
fn a_run_is_the_same_each_time() {
    let _turn = turn();
    for run in runs::ALL {
        let (one, other) = (run.record(), run.record());
        assert_eq!(one, other, "{}", run.name);
    }
}

/// What the report says of a broken program, and that `docs/observe.md` says the same.
fn reported(name: &str, at: u64, longer_than: u64) -> String {
    let _turn = turn();
    let report = stall_report(&snapshot(&record(name), at), longer_than);
    assert!(fs::read_to_string(docs("observe.md")).unwrap().contains(&report), "not in docs/observe.md:\n{report}");
    report
}

#[test]
fn report_names_the_slow_consumer() {
    let report = reported("slow-consumer", 3_000_000, 500_000);
    assert!(report.contains("receives there: store, which waits on no channel"));
    assert!(report.contains("what receives is the slow part (store)"));
}

#[test]
fn report_names_the_answer_that_never_came() {
    let report = reported("dropped-reply", u64::MAX, 500_000);
    assert!(report.contains("reply 2") && report.contains("the sender was dropped"));
}

#[test]
fn report_names_who_waits_for_whom() {
    let report = reported("deadlock", u64::MAX, 1_000_000_000);
    assert!(report.contains("factory and shop wait for each other: a deadlock"));
}

#[test]
fn numbers_of_a_deadlock_are_current() {
    let _turn = turn();
    let table = top(&snapshot(&record("deadlock"), u64::MAX), None, 80, false);
    assert!(stale([(docs("pictures/top.txt"), &*table)]).is_empty(), "`cargo xtask pictures` draws it anew");
    assert!(fs::read_to_string(docs("observe.md")).unwrap().contains(&table), "not in docs/observe.md:\n{table}");
}
