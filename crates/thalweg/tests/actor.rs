//! The example `actor` from end to end: the program, what it reads and what it prints.

mod example;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

fn example() -> &'static PathBuf {
    static EXAMPLE: OnceLock<PathBuf> = OnceLock::new();
    EXAMPLE.get_or_init(|| example::built("actor", &[]))
}

/// Runs the program on this input. A run that hangs is a failure too.
fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(example())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("it hangs on\n{input}");
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

#[track_caller]
fn says(arguments: &[&str], input: &str, expected: &str) {
    let output = run(arguments, input);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn requests_are_answered_in_their_order() {
    let input = "add ann 5\nget ann\nadd bob 1\nadd ann -7\nget ann\nget bob\nget carl\n";
    let expected = "1: holds 5\n2: holds 5\n3: holds 1\n4: holds -2\n5: holds -2\n6: holds 1\n7: holds 0\n\
                    answered 7, broken off 0, skipped 0\n";
    for capacity in ["0", "1", "4", "100"] {
        says(&["--capacity", capacity], input, expected);
    }
    says(&[], "", "answered 0, broken off 0, skipped 0\n");
}

#[test]
fn an_asker_that_leaves_has_its_work_broken_off() {
    example();
    let begin = Instant::now();
    let input = "add ann 5\nadd ann 1 effort 50000 within 50\nget ann\n";
    says(&[], input, "1: holds 5\n2: gave up after 50 ms\n3: holds 5\nanswered 2, broken off 1, skipped 0\n");
    assert!(begin.elapsed() < Duration::from_secs(10), "the third waited for work that nobody wanted");
}

#[test]
fn an_asker_that_leaves_the_queue_is_skipped() {
    let input = "add ann 5 effort 400\nadd ann 1 within 20\nget ann\n";
    says(&[], input, "1: holds 5\n2: gave up after 20 ms\n3: holds 5\nanswered 2, broken off 0, skipped 1\n");
}

/// One who was not let in yet, and has left: its request never reaches the actor.
#[test]
fn an_asker_that_leaves_before_it_was_let_in_did_not_ask() {
    let input = "add ann 5 effort 400\nget ann\nadd ann 1 within 20\nget ann\n";
    let expected = "1: holds 5\n2: holds 5\n3: gave up after 20 ms\n4: holds 5\nanswered 3, broken off 0, skipped 0\n";
    says(&["--capacity", "1"], input, expected);
}

#[test]
fn an_actor_that_goes_leaves_nobody_waiting() {
    example();
    let begin = Instant::now();
    let gone = "no answer: the actor has gone\n";
    let unasked = "was not asked: the actor has gone\n";
    let expected = format!("1: holds 5\n2: {gone}3: {gone}4: {unasked}answered 1, broken off 0, skipped 0\n");
    says(&["--capacity", "1"], "add ann 5 effort 50\nquit effort 50\nget ann\nget ann\n", &expected);
    assert!(begin.elapsed() < Duration::from_secs(9), "they waited until their patience was at its end");
}

#[test]
fn what_it_does_not_understand_it_says() {
    for (input, complaint) in [
        ("get ann\nput ann\n", "line 2: there is no request `put`"),
        ("get\n", "line 1: a name is missing"),
        ("add ann much\n", "line 1: `much` is no amount"),
        ("get ann within\n", "line 1: a number of milliseconds is missing"),
        ("get ann soon 1\n", "line 1: there is no `soon`"),
    ] {
        let output = run(&[], input);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("actor: {complaint}\n"));
    }
}
