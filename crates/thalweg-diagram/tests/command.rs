//! The command as its users run it: on what is whole, and on what is not.

mod live;
mod made;

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use made::runs;
use thalweg_diagram::{SnapshotError, read_snapshot, top};
use thalweg_recording::Writer;

fn thalweg(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_thalweg")).args(arguments).output().unwrap()
}

fn said(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// A file of a name of its own that holds this.
fn file(name: &str, bytes: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn recorded() -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.recording(&runs::capacity_1()).unwrap();
    writer.into_inner()
}

#[test]
fn a_recording_that_is_cut_is_drawn_as_far_as_it_goes() {
    let whole = recorded();
    let output = thalweg(&["draw", &file("cut.thalweg", &whole[..whole.len() - 20])]);
    assert!(output.status.success());
    let (text, error) = (said(&output.stdout), said(&output.stderr));
    assert!(error.contains("ends in the middle of a piece"), "{error}");
    assert!(text.contains("producer") && text.contains("ends in the middle"), "{text}");
}

#[test]
fn a_damaged_recording_is_drawn_up_to_the_damage() {
    let mut bytes = recorded();
    // The number of some event in the middle of the file is none that there is.
    let events = bytes.windows(4).position(|tag| tag == b"EVTS").unwrap() + 16;
    bytes[events + 8 * 32 + 24] = 99;
    let output = thalweg(&["draw", &file("damaged.thalweg", &bytes)]);
    assert!(output.status.success());
    let (text, error) = (said(&output.stdout), said(&output.stderr));
    assert!(error.contains("is damaged at byte"), "{error}");
    assert!(text.contains("producer") && text.contains("is damaged"), "{text}");
}

#[test]
fn what_is_no_recording_is_refused() {
    let svg = file("picture.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    let output = thalweg(&["draw", &svg]);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(said(&output.stderr).contains("is not a recording"), "{}", said(&output.stderr));
    let output = thalweg(&["draw", "nowhere.thalweg"]);
    assert!(said(&output.stderr).contains("cannot open nowhere.thalweg"));
}

#[test]
fn a_snapshot_is_read_as_it_was_written() {
    let small = [runs::oneshot(), runs::mpsc(), runs::broadcast(), runs::mpmc(), runs::dropped_reply()];
    let all = small.into_iter().chain([runs::deadlock(), runs::slow_consumer(), runs::trouble()]);
    for mut recording in all.chain([runs::pipeline(300, 4)]) {
        for ended in [recording.events.len() / 2, recording.events.len()] {
            recording.events.truncate(ended);
            let snapshot = live::snapshot(&recording);
            assert_eq!(read_snapshot(&snapshot.to_json()), Ok(snapshot));
        }
    }
}

#[test]
fn what_is_no_snapshot_is_told_from_one_that_is_cut() {
    let json = live::snapshot(&runs::deadlock()).to_json();
    for end in 0..json.len() - 2 {
        let read = read_snapshot(json.get(..end).unwrap_or(""));
        assert_eq!(read, Err(SnapshotError::Truncated), "cut at {end}");
    }
    assert_eq!(read_snapshot("<html>"), Err(SnapshotError::Foreign));
    assert_eq!(read_snapshot(&json.replace("\"version\":1", "\"version\":7")), Err(SnapshotError::Version(7)));
    let damaged = |from: &str, to: &str| read_snapshot(&json.replace(from, to)).unwrap_err().to_string();
    assert!(damaged("\"depth\":", "\"deep\":").contains("`channels[0].depth` is no number"));
    assert!(damaged("\"lost\":0", "\"lost\":]").contains("is damaged: it is no JSON"));
}

#[test]
fn top_prints_once_what_a_file_holds() {
    let snapshot = live::snapshot(&runs::deadlock());
    let output = thalweg(&["top", "--once", &file("now.json", snapshot.to_json().as_bytes())]);
    let text = said(&output.stdout);
    assert_eq!(text, top(&snapshot, None, 80, false));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("for a place from factory, which waits to send to receipts"), "{text}");
    let output = thalweg(&["top", "--once", &file("half.json", &snapshot.to_json().as_bytes()[..200])]);
    assert!(!output.status.success());
    assert!(said(&output.stderr).contains("ends in the middle"), "{}", said(&output.stderr));
}

#[test]
fn top_asks_a_program_at_a_port() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let snapshot = live::snapshot(&runs::slow_consumer());
    let json = snapshot.to_json();
    let address = listener.local_addr().unwrap().to_string();
    let program = std::thread::spawn(move || listener.accept().unwrap().0.write_all(json.as_bytes()).unwrap());
    assert_eq!(said(&thalweg(&["top", "--once", &address]).stdout), top(&snapshot, None, 80, false));
    program.join().unwrap();
}

#[cfg(unix)]
#[test]
fn top_asks_a_program_at_a_socket() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.sock", std::process::id()));
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let snapshot = live::snapshot(&runs::pipeline(300, 4));
    let json = snapshot.to_json();
    let program = std::thread::spawn(move || listener.accept().unwrap().0.write_all(json.as_bytes()).unwrap());
    assert_eq!(said(&thalweg(&["top", "--once", path.to_str().unwrap()]).stdout), top(&snapshot, None, 80, false));
    program.join().unwrap();
    fs::remove_file(&path).unwrap();
    let output = thalweg(&["top", "--once", path.to_str().unwrap()]);
    assert!(said(&output.stderr).contains("cannot read"), "{}", said(&output.stderr));
}

#[test]
fn top_asks_a_program_that_records() {
    let recorder = thalweg::record::Options::new().serve("127.0.0.1:0").start().unwrap();
    let (tx, _rx) = thalweg::mpmc::bounded(2);
    thalweg::record::name_channel("orders", &tx);
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    let shown = |address: &str| said(&thalweg(&["top", "--once", address]).stdout);
    let text = shown(recorder.address().unwrap().to_str().unwrap());
    assert!(text.starts_with("command") && text.contains("1 channel "), "{text}");
    let line = text.lines().find(|line| line.starts_with("orders")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains("mpmc") && line.contains("2/2"), "{line}");
}

#[test]
fn rates_are_those_since_the_look_before() {
    let mut recording = runs::pipeline(300, 4);
    let whole = live::snapshot(&recording);
    recording.events.truncate(recording.events.len() / 2);
    recording.ended = recording.events.last().unwrap().at;
    let half = live::snapshot(&recording);
    let mut now = half.clone();
    now.at += 2_000_000_000;
    now.channels[0].counts.sent += 500;
    assert!(top(&now, Some(&half), 80, false).contains("    250      0 "), "{}", top(&now, Some(&half), 80, false));
    assert!(top(&whole, None, 80, true).contains("2 gone"));
}

/// It was said that the picture goes on for 584 years, or drawn as empty.
#[test]
fn a_time_at_which_nothing_happened_was_an_empty_picture() {
    let path = file("times.thalweg", &recorded());
    let draw = |from: &str, to: &str| thalweg(&["draw", &path, "--from", from, "--to", to]);
    let late = said(&thalweg(&["draw", &path, "--from", "1min"]).stdout);
    assert!(late.contains("the run ended at ") && late.contains(", before 60.0 s"), "{late}");
    let all = said(&thalweg(&["draw", &path, "--from", "0ns"]).stdout);
    assert!(all.contains("from 0 to ") && !all.contains("184467"), "{all}");
    let backward = draw("3us", "2us");
    assert!(!backward.status.success());
    assert!(said(&backward.stderr).contains("--from is after --to"), "{}", said(&backward.stderr));
    let quiet = said(&draw("1ns", "2ns").stdout);
    assert!(quiet.contains("around 1 ns to 2 ns, in which nothing happened") && quiet.contains("─A─"), "{quiet}");
    let nowhere = said(&thalweg(&["draw", &path, "-o", "no/such/folder.svg"]).stderr);
    assert!(nowhere.contains("cannot write no/such/folder.svg"), "{nowhere}");
}

#[test]
fn one_message_was_no_part_of_a_run() {
    let path = file("one.thalweg", &recorded());
    let output = thalweg(&["draw", &path, "--messages", "1"]);
    assert!(output.status.success(), "{}", said(&output.stderr));
    assert_eq!(said(&output.stdout), said(&thalweg(&["draw", &path, "--messages", "1..1"]).stdout));
    let refused = said(&thalweg(&["draw", &path, "--messages", "one"]).stderr);
    assert!(refused.contains("a number such as 12"), "{refused}");
}

#[test]
fn a_file_that_nobody_rewrites_looked_like_one_that_somebody_does() {
    let path = file("old.json", live::snapshot(&runs::deadlock()).to_json().as_bytes());
    let warned = || said(&thalweg(&["top", "--once", &path]).stderr);
    assert_eq!(warned(), "");
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3_600);
    File::options().append(true).open(&path).unwrap().set_modified(an_hour_ago).unwrap();
    assert!(warned().contains("written 60 min ago, its program has ended"), "{}", warned());
}

#[test]
fn what_to_give_was_not_said_where_no_number_was_given() {
    let recording = file("numbers.thalweg", &recorded());
    for (option, value) in [("--limit", "x"), ("--fold", "0"), ("--rows", "-1")] {
        let output = thalweg(&["draw", &recording, &format!("{option}={value}")]);
        let error = said(&output.stderr);
        assert!(
            !output.status.success() && error.contains("give a whole number from 1 on"),
            "{option} {value}: {error}"
        );
    }
    let error = said(&thalweg(&["top", &recording, "--every=x"]).stderr);
    assert!(error.contains("give a whole number of milliseconds, from 50 on"), "{error}");
}

#[test]
fn name_that_nothing_has_was_unfolded_without_a_word() {
    let recording = file("unfold.thalweg", &recorded());
    assert!(thalweg(&["draw", &recording, "--unfold", "producer"]).status.success());
    let output = thalweg(&["draw", &recording, "--unfold", "producre"]);
    let error = said(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(error.contains("\"producre\": nothing in") && error.contains("\"producer\""), "{error}");
}
