//! The probes on ours, and on channels with one promise broken each. Both as processes, as a probe may hang.

use std::process::Command;

fn runs(argument: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_thalweg-contract")).arg(argument).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.lines().count() > 50, "it did not run: {text}");
}

#[test]
fn every_promise_is_kept_by_ours() {
    runs("--ours");
}

#[test]
fn every_probe_sees_the_defect_made_for_it() {
    runs("--seeded");
}
