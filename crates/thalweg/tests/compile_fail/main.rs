//! What must not compile, and where the compiler must say so.
//!
//! Each `*.rs` beside this file is a program. A line that ends in `//~ E0277` must have exactly that error, and no other
//! line may have any: a case that fails for another reason fails this test. Only codes are compared, since the words
//! change from compiler to compiler.

#![cfg(not(any(thalweg_loom, thalweg_shuttle)))]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MANIFEST: &str = env!("CARGO_MANIFEST_DIR");

/// A file, a line, and an error code.
type Complaint = (String, usize, String);

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(MANIFEST).join("tests/compile_fail");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_case = |path: &PathBuf| path.extension().is_some_and(|it| it == "rs") && !path.ends_with("main.rs");
    let mut cases: Vec<PathBuf> = entries.filter(is_case).collect();
    cases.sort();
    cases
}

/// The marks in a case. Where something must be said without an error code, the mark is `//~ error`.
fn expected(name: &str, text: &str) -> Vec<Complaint> {
    let marked = |(number, line): (usize, &str)| {
        let (_, code) = line.split_once("//~ ")?;
        Some((name.to_owned(), number + 1, code.trim().to_owned()))
    };
    text.lines().enumerate().filter_map(marked).collect()
}

/// A package with one binary a case, that depends on thalweg as a user's would.
fn package(cases: &[PathBuf]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_fail");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(folder.join("src/bin")).unwrap();
    let manifest = format!(
        "[package]\nname = \"compile-fail\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nthalweg = {{ path = {MANIFEST:?} }}\n[workspace]\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    // The versions that are here already: the test needs no network.
    let lock = Path::new(MANIFEST).join("../../Cargo.lock");
    drop(fs::copy(lock, folder.join("Cargo.lock")));
    for case in cases {
        fs::copy(case, folder.join("src/bin").join(case.file_name().unwrap())).unwrap();
    }
    folder
}

/// All errors, from lines like `src/bin/case.rs:7:5: error[E0277]: ...`.
fn complaints(folder: &Path) -> BTreeSet<Complaint> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["check", "--offline", "--bins", "--keep-going", "--message-format=short", "--color=never"]);
    command.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target")).env_remove("RUSTFLAGS");
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("could not compile `compile-fail`"), "the cases did not come to be compiled:\n{text}");
    let complaint = |line: &str| {
        let (place, error) = line.split_once(": error")?;
        let mut place = place.strip_prefix("src/bin/")?.split(':');
        let (name, number) = (place.next()?.to_owned(), place.next()?.parse().ok()?);
        let code = error.strip_prefix('[').and_then(|error| error.split_once(']')).map_or("error", |(code, _)| code);
        Some((name, number, code.to_owned()))
    };
    text.lines().filter_map(complaint).collect()
}

#[test]
fn the_compiler_says_no() {
    let cases = cases();
    let mut wanted = BTreeSet::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let marks = expected(name, &fs::read_to_string(case).unwrap());
        assert!(!marks.is_empty(), "{name} marks no error");
        wanted.extend(marks);
    }
    assert!(!wanted.is_empty());
    let found = complaints(&package(&cases));
    let missing: Vec<_> = wanted.difference(&found).collect();
    let other: Vec<_> = found.difference(&wanted).collect();
    assert!(missing.is_empty(), "this compiles, and must not: {missing:?}\nother errors: {other:?}");
    assert!(other.is_empty(), "errors of another kind: {other:?}");
}
